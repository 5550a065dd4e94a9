//! Text as a file for the person.

use crate::page::browser;
use crate::page::state::{AppState, Tone};

/// Saves text as a file, and says so where the browser did not take it.
pub(in crate::page) fn save_file(state: AppState, name: &str, mime: &str, text: &str) {
    if browser::download(name, mime, text).is_err() {
        state.say(Tone::Bad, format!("The browser did not take the file {name}."));
    }
}
