//! The buttons beside Run once there is something to take away: the result as it is by default, every other form of it,
//! and a link.

use leptos::prelude::*;

use super::export_menu::ExportMenu;
use super::share::ShareButton;
use super::state::{AppState, Tone, app};
use super::{browser, outcome};

/// The buttons.
#[component]
pub(super) fn Downloads() -> impl IntoView {
    let state = app();
    let has_run = move || state.run.with(Option::is_some) && !state.is_busy();
    let has_file = move || !state.is_busy() && has_outcome(state);
    view! {
        <Show when=has_file>
            <button type="button" class="button large" on:click=move |_| download_outcome(state)>
                "Download result"
            </button>
        </Show>
        <Show when=has_run>
            <ExportMenu/>
        </Show>
        <Show when=move || !state.is_busy()>
            <ShareButton/>
        </Show>
    }
}

/// Whether there is a result with its requests, or a dry run's workload.
fn has_outcome(state: AppState) -> bool {
    let whole = state.run.with(|run| run.as_ref().map(|shown| shown.shared.is_none()));
    whole.unwrap_or_else(|| {
        (state.shows_sweep() && state.shared_sweep.with(Option::is_none))
            || state.workload.with(|prepared| prepared.as_ref().is_some_and(|prepared| prepared.settings.dry_run))
    })
}

fn download_outcome(state: AppState) {
    if let Some(outcome) = outcome::on_show(state) {
        hand_out(state, &outcome.name, "application/json", &outcome.json);
    }
}

/// Gives text to the person as a file, and says so where the browser did not take it.
pub(super) fn hand_out(state: AppState, name: &str, mime: &str, text: &str) {
    if browser::download(name, mime, text).is_err() {
        state.say(Tone::Bad, format!("The browser did not take the file {name}."));
    }
}
