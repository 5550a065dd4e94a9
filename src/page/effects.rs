//! The page's edges: its address, the tab's title and `<html data-run-state>`, the tab being closed, hidden or frozen.

use std::time::Duration;

use super::browser;
use super::form_state::Form;
use super::history;
use super::live::Live;
use super::locality::LinkAsk;
use super::open_file::{open_addresses, take_drops};
use super::session::{Goal, Phase};
use super::shared;
use super::state::{AppState, Tone};
use crate::record::client::Visibility;
use crate::settings::Settings;
use leptos::prelude::*;

/// How long the form must rest before the address follows it.
const ADDRESS_REST: Duration = Duration::from_millis(300);

/// Reads the address, and follows what happens from now on.
pub(super) fn install(state: AppState) {
    show_phase(state);
    follow_form(state);
    guard_tab(state);
    take_drops(state);
    history::reload(state);
    window_event_listener(leptos::ev::hashchange, move |_| read_address(state));
    read_address(state);
}

/// Takes settings from the address, and does what a link asks for where it may.
fn read_address(state: AppState) {
    if state.phase.with_untracked(Phase::is_busy) {
        state.say(Tone::Info, "The address was changed during a run. It is read when you open it again afterwards.");
        return;
    }
    let fragment = browser::fragment();
    match Settings::from_fragment(&fragment) {
        Ok(settings) => take_settings(state, settings),
        Err(errors) => {
            let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
            state.link_ask.set(LinkAsk { report_to: report_target(&fragment), ..LinkAsk::default() });
            state.link_waits.set(needs_a_click(state, &[]));
            state.refuse(format!("The address cannot be read, so nothing is run. {}", text.join(" ")));
        }
    }
}

fn take_settings(state: AppState, mut settings: Settings) {
    let ask = LinkAsk {
        autorun: std::mem::take(&mut settings.autorun),
        report_to: settings.report_to.take(),
        dry_run: std::mem::take(&mut settings.dry_run),
    };
    let shared = settings.shared.take();
    let results = std::mem::take(&mut settings.result);
    let targets = settings.base_urls();
    if state.form.with_untracked(|form| form.settings.base_urls() != targets)
        && state.api_key.with_untracked(|key| !key.is_empty())
    {
        // A link must not be able to send a key, typed for one server, to another.
        state.api_key.set(String::new());
        state.say(Tone::Info, "The address names another server, so the API key was forgotten.");
    }
    state.parked.set(if settings.simulated_server { Form::own_server() } else { Settings::demo() });
    state.form.set(Form::from(settings.clone()));
    state.tried.set(false);
    state.edited();
    if shared.is_none() && results.is_empty() {
        load_ahead(state);
    }
    if let Some(text) = shared {
        shared::open(state, text, settings);
    }
    state.link_ask.set(ask);
    state.link_waits.set(needs_a_click(state, &targets));
    if state.link_ask.with_untracked(|ask| ask.autorun) && !state.link_waits.get_untracked() {
        obey(state);
    }
    if !results.is_empty() {
        open_addresses(state, results);
    }
}

/// Starts the worker that prepares once the page has been drawn, so that its program loads while the form is filled in. A
/// link to results has no need of it.
fn load_ahead(state: AppState) {
    request_animation_frame(move || set_timeout(move || state.expect_work(), Duration::ZERO));
}

fn needs_a_click(state: AppState, targets: &[String]) -> bool {
    state.link_ask.with_untracked(|ask| ask.needs_a_click(&browser::page_host(), targets, browser::same_origin))
}

/// Does what the link asks for.
pub(super) fn obey(state: AppState) {
    state.link_waits.set(false);
    let ask = state.link_ask.get_untracked();
    if ask.autorun {
        state.ask(if ask.dry_run { Goal::DryRun } else { Goal::Run });
    }
}

/// Where a fragment that cannot be read wants its outcome.
fn report_target(fragment: &str) -> Option<String> {
    let pairs = fragment.trim_start_matches('#').split('&');
    let only: Vec<&str> = pairs.filter(|pair| pair.starts_with("report-to=")).collect();
    Settings::from_fragment(&only.join("&")).ok()?.report_to
}

/// Keeps title and `data-run-state` in step with the phase.
fn show_phase(state: AppState) {
    Effect::new(move |_| {
        let word = state.phase.with(Phase::word);
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-run-state", word);
        }
    });
    let title = Memo::new(move |_| {
        // In steps, for each change goes to the browser's own process.
        let percent = state.live.with(|live| (Live::share(live) * 20.0) as u32 * 5);
        let title = state.phase.with(|phase| phase.title(percent));
        let run = state.chain.with(|chain| chain.as_ref().map(|chain| format!("{} · ", chain.words())));
        run.unwrap_or_default() + &title
    });
    Effect::new(move |_| document().set_title(&title.read()));
}

/// Keeps the address in step with the form, as long as the form makes sense.
fn follow_form(state: AppState) {
    let fragment =
        Memo::new(move |_| state.form.with(|form| form.errors().is_empty().then(|| form.settings.to_fragment())));
    let resting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    Effect::new(move |before: Option<()>| {
        let fragment = fragment.get();
        let first = before.is_none();
        resting.update_value(|resting| {
            if let Some(resting) = resting.take() {
                resting.clear();
            }
            // At the start the address is as its reader left it: an address that cannot be read stays to be mended.
            if let (Some(fragment), false) = (fragment, first) {
                *resting = set_timeout_with_handle(move || browser::set_fragment(&fragment), ADDRESS_REST).ok();
            }
        });
    });
}

/// Asks before a running tab is closed, and tells the worker when it is hidden or frozen.
fn guard_tab(state: AppState) {
    window_event_listener(leptos::ev::beforeunload, move |event| {
        if state.phase.with_untracked(Phase::is_sending) || state.chain.with_untracked(Option::is_some) {
            event.prevent_default();
            event.set_return_value("The run would be cut off.");
        }
    });
    window_event_listener_untyped("visibilitychange", move |_| {
        let visibility = browser::visibility();
        state.tell_visibility(visibility);
        if visibility == Visibility::Visible && !state.phase.with_untracked(Phase::is_busy) {
            history::reload(state);
        }
    });
    window_event_listener_untyped("resume", move |_| state.tell_visibility(browser::visibility()));
    window_event_listener_untyped("freeze", move |_| state.tell_visibility(Visibility::Frozen));
}
