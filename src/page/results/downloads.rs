//! The buttons beside Run once there is something to take away: the result as it is by default, every other form of it,
//! and a link.

use leptos::prelude::*;

use crate::page::results::export_menu::ExportMenu;
use crate::page::results::save::save_file;
use crate::page::share::dialog::ShareButton;
use crate::page::state::outcome;
use crate::page::state::{AppState, app};

/// The buttons.
#[component]
pub(in crate::page) fn Downloads() -> impl IntoView {
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
        save_file(state, &outcome.name, "application/json", &outcome.json);
    }
}
