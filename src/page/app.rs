//! The page's frame: header, what Run does and how it stands, the form, what was found now and before.

use leptos::prelude::*;

use super::header::Header;
use super::history::History;
use super::notices::Notices;
use super::state::{AppState, app};
use crate::page::compare::compare_view::CompareView;
use crate::page::results::charts::Charts;
use crate::page::results::definitions::Definitions;
use crate::page::results::errors::Failures;
use crate::page::results::requests_table::RequestsTable;
use crate::page::results::summary::SummaryTable;
use crate::page::results::sweep_view::{SweepNote, SweepView};
use crate::page::results::token_card::TokenCard;
use crate::page::results::verdict::{ClientCard, VerdictCard};
use crate::page::results::welcome::Welcome;
use crate::page::running::live_panel::LivePanel;
use crate::page::running::run_panel::RunPanel;
use crate::page::setup::form::Setup;
use crate::page::setup::link_ask::LinkAskCard;
use crate::page::setup::preview::Preview;
use crate::page::share::shared::SharedNote;
use crate::page::state::effects;
use crate::view::session::Phase;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let state = AppState::new();
    provide_context(state);
    effects::install(state);
    view! {
        <a class="skip" href="#run" on:click=move |event| {
            // The fragment is the settings'; a skip link must not change it.
            event.prevent_default();
            // A button that is disabled takes no focus.
            super::browser::focus(if state.phase.with_untracked(Phase::is_busy) { "run-title" } else { "run" });
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

/// What was found: the workload, the run as it goes, its results, or several side by side; and what was found before.
#[component]
fn Bench() -> impl IntoView {
    let state = app();
    let comparing = Memo::new(move |_| state.compared.with(|compared| !compared.is_empty()));
    let has_run = move || state.run.with(Option::is_some) && !comparing.get();
    let sweeping = Memo::new(move |_| state.shows_sweep() && !comparing.get());
    // Between the runs of a sweep the live charts keep their place.
    let live = Memo::new(move |_| {
        state.phase.with(|phase| matches!(phase, Phase::Running | Phase::Stopping)) || state.chain.with(Option::is_some)
    });
    let nothing = move || !live.get() && !comparing.get() && !sweeping.get() && state.run.with(Option::is_none);
    let preview = move || nothing() && state.workload.with(Option::is_some);
    let empty = move || nothing() && state.workload.with(Option::is_none);
    view! {
        <div class="bench">
            <Show when=move || live.get()>
                <LivePanel/>
            </Show>
            <Show when=preview>
                <Preview/>
            </Show>
            <Show when=empty>
                <History/>
                <Welcome/>
            </Show>
            <Show when=move || comparing.get()>
                <CompareView/>
            </Show>
            <Show when=move || sweeping.get()>
                <SweepView/>
            </Show>
            <Show when=has_run>
                <Results/>
            </Show>
            <Show when=move || { has_run() || comparing.get() || (sweeping.get() && !live.get()) }>
                <History/>
            </Show>
        </div>
    }
}

#[component]
fn Results() -> impl IntoView {
    view! {
        <SweepNote/>
        <SharedNote/>
        <VerdictCard/>
        <Failures/>
        <SummaryTable/>
        <Definitions/>
        <TokenCard/>
        <Charts/>
        <RequestsTable/>
        <ClientCard/>
    }
}
