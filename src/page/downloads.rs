//! What can be taken away from a result: the JSON, a table of requests, the summary as text.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::state::{AppState, Tone, app};
use super::{browser, outcome};
use crate::result::{RunResult, csv, file_name, markdown, report};

/// The buttons beside Run, once there is something to take away.
#[component]
pub(super) fn Downloads() -> impl IntoView {
    let state = app();
    let has_run = move || state.run.with(Option::is_some) && !state.is_busy();
    let dry = move || {
        let made = |prepared: &Option<std::sync::Arc<crate::load::protocol::Prepared>>| {
            prepared.as_ref().is_some_and(|prepared| prepared.dry_run)
        };
        !has_run() && !state.is_busy() && state.workload.with(made)
    };
    view! {
        <Show when=move || has_run() || dry()>
            <button type="button" class="button large" on:click=move |_| download_outcome(state)>
                "Download result"
            </button>
        </Show>
        <Show when=has_run>
            <details class="menu">
                <summary class="button large">"More formats"</summary>
                <div class="menu-items">
                    <button type="button" on:click=move |_| download_csv(state)>"Requests as CSV"</button>
                    <button type="button" on:click=move |_| copy_text(state, "Markdown", |result| markdown::table(&[result]))>
                        "Copy as Markdown"
                    </button>
                    <button
                        type="button"
                        on:click=move |_| {
                            copy_text(state, "text", |result| report::table(result, report::TableOptions { e2el: true }));
                        }
                    >
                        "Copy as text"
                    </button>
                </div>
            </details>
        </Show>
    }
}

fn download_outcome(state: AppState) {
    if let Some(outcome) = outcome::on_show(state) {
        hand_out(state, &outcome.name, "application/json", &outcome.json);
    }
}

fn download_csv(state: AppState) {
    if let Some(shown) = state.run.get_untracked() {
        let name = file_name(&shown.result.about, shown.result.own.as_deref());
        let name = format!("{}.csv", name.trim_end_matches(".json"));
        hand_out(state, &name, "text/csv", &csv::requests(&shown.result));
    }
}

fn hand_out(state: AppState, name: &str, mime: &str, text: &str) {
    if browser::download(name, mime, text).is_err() {
        state.say(Tone::Bad, format!("The browser did not take the file {name}."));
    }
}

fn copy_text(state: AppState, what: &'static str, make: fn(&RunResult) -> String) {
    let Some(shown) = state.run.get_untracked() else { return };
    let text = make(&shown.result);
    spawn_local(async move {
        match browser::copy(&text).await {
            Ok(()) => state.say(Tone::Good, format!("The summary is on the clipboard as {what}.")),
            Err(_) => state.say(Tone::Bad, "The browser does not let this page write to the clipboard."),
        }
    });
}
