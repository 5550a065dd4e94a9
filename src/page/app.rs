//! The page's frame: header, what Run does and how it stands, the form, and what was found.

use leptos::prelude::*;

use super::charts::Charts;
use super::definitions::Definitions;
use super::effects;
use super::errors::Failures;
use super::form::Setup;
use super::header::Header;
use super::link_ask::LinkAskCard;
use super::live_panel::LivePanel;
use super::notices::Notices;
use super::preview::Preview;
use super::requests_table::RequestsTable;
use super::run_panel::RunPanel;
use super::session::Phase;
use super::shared::SharedNote;
use super::state::{AppState, app};
use super::summary::SummaryTable;
use super::token_card::TokenCard;
use super::verdict::{ClientCard, VerdictCard};
use super::welcome::Welcome;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let state = AppState::new();
    provide_context(state);
    effects::install(state);
    view! {
        <a class="skip" href="#run" on:click=|event| {
            // The fragment is the settings'; a skip link must not change it.
            event.prevent_default();
            super::browser::focus("run");
        }>
            "Skip to Run"
        </a>
        <Header/>
        <main class="layout">
            <div class="lead">
                <Notices/>
                <LinkAskCard/>
                <RunPanel/>
            </div>
            <Setup/>
            <Bench/>
        </main>
        <footer class="footer">
            <p>
                "Streamgauge runs in this page alone. Prompts go to the server that you name, and nowhere else."
            </p>
        </footer>
    }
}

/// What was found: the workload, the run as it goes, or its results.
#[component]
fn Bench() -> impl IntoView {
    let state = app();
    let has_run = move || state.run.with(Option::is_some);
    let live = Memo::new(move |_| state.phase.with(|phase| matches!(phase, Phase::Running | Phase::Stopping)));
    let preview = move || !live.get() && !has_run() && state.workload.with(Option::is_some);
    let empty = move || !live.get() && !has_run() && state.workload.with(Option::is_none);
    view! {
        <div class="bench">
            <Show when=move || live.get()>
                <LivePanel/>
            </Show>
            <Show when=preview>
                <Preview/>
            </Show>
            <Show when=empty>
                <Welcome/>
            </Show>
            <Show when=has_run>
                <Results/>
            </Show>
        </div>
    }
}

#[component]
fn Results() -> impl IntoView {
    view! {
        <SharedNote/>
        <VerdictCard/>
        <SummaryTable/>
        <Definitions/>
        <TokenCard/>
        <Failures/>
        <Charts/>
        <RequestsTable/>
        <ClientCard/>
    }
}
