//! Results from files: picked in the header, or dropped anywhere on the page.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DragEvent, File, HtmlInputElement};

use super::run::Shown;
use super::session::Event;
use super::state::{AppState, Tone, app};
use crate::result::import::{MAX_BYTES, from_json};

/// The way to a result in a file.
#[component]
pub(super) fn OpenButton() -> impl IntoView {
    let state = app();
    let pick: NodeRef<html::Input> = NodeRef::new();
    view! {
        <button
            type="button"
            class="button small"
            disabled=move || state.is_busy()
            on:click=move |_| {
                if let Some(input) = pick.get_untracked() {
                    input.click();
                }
            }
        >
            "Open result…"
        </button>
        <input
            node_ref=pick
            type="file"
            id="pick-result"
            class="visually-hidden"
            tabindex="-1"
            aria-label="Open a result file"
            accept=".json,.jsonl,application/json"
            on:change=move |event| {
                if let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) {
                    if let Some(file) = input.files().and_then(|files| files.get(0)) {
                        open(state, file);
                    }
                    input.set_value("");
                }
            }
        />
    }
}

/// Takes files that are dropped where no field wants them; without this the browser would leave the page for them.
pub(super) fn take_drops(state: AppState) {
    window_event_listener(leptos::ev::dragover, |event: DragEvent| event.prevent_default());
    window_event_listener(leptos::ev::drop, move |event: DragEvent| {
        event.prevent_default();
        if let Some(file) = event.data_transfer().and_then(|transfer| transfer.files()).and_then(|files| files.get(0)) {
            open(state, file);
        }
    });
}

/// Reads a file and shows what it holds.
fn open(state: AppState, file: File) {
    if untrack(|| state.is_busy()) {
        state.say(Tone::Info, "A run is going on. Open the file when it has ended.");
        return;
    }
    let name = file.name();
    if file.size() > MAX_BYTES as f64 {
        state.say(Tone::Bad, format!("{name} is too large for a result. A dataset goes on its field in the form."));
        return;
    }
    spawn_local(async move {
        let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
        let read = text.ok_or_else(|| "The browser could not read it.".to_owned());
        match read.and_then(|text| from_json(&text).map_err(|error| error.to_string())) {
            Ok(mut results) => {
                if results.len() > 1 {
                    let text = format!("{name} holds {} results; the last one is shown.", results.len());
                    state.say(Tone::Info, text);
                }
                if let Some(result) = results.pop() {
                    show(state, Shown { result, partial: None, file: Some(name), shared: None });
                }
            }
            Err(why) => state.say(Tone::Bad, format!("{name} is not shown. {why}")),
        }
    });
}

fn show(state: AppState, shown: Shown) {
    state.selected.set(None);
    state.run.set(Some(Arc::new(shown)));
    state.dispatch(Event::Opened);
}
