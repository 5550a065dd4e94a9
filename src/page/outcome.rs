//! What a run, or a dry run, came to, as JSON: for the person as a file, and for the address that a link names.

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Map, Value, json};

use super::session::Phase;
use super::state::{AppState, Tone};
use super::sweep::results;
use crate::protocol::prepare::Prepared;
use crate::result::sweep::sweep_json;
use crate::result::{WriteOptions, file_name, sweep_file_name, to_json};
use crate::settings::{FLAGS, Settings};

/// A file to hand out.
pub(super) struct Outcome {
    /// Its name.
    pub(super) name: String,
    /// Its JSON.
    pub(super) json: String,
}

/// The outcome on show: the result, or the dry run's; none if there is neither.
pub(super) fn on_show(state: AppState) -> Option<Outcome> {
    if let Some(shown) = state.run.get_untracked() {
        let name = file_name(&shown.result.about, shown.result.own.as_deref());
        return Some(Outcome { name, json: to_json(&shown.result, WriteOptions::default()) });
    }
    if let Some(outcome) = swept(state) {
        return Some(outcome);
    }
    let prepared = state.workload.get_untracked()?;
    let json = dry_run(&prepared)?;
    Some(Outcome { name: "dry-run.json".into(), json: json.to_string() })
}

/// The sweep on show, with why it has fewer runs than it should; none if there is none.
fn swept(state: AppState) -> Option<Outcome> {
    let error = state.phase.with_untracked(|phase| match phase {
        Phase::Failed(error) => Some(error.message.clone()),
        Phase::Aborted => Some("It was stopped before its end.".to_owned()),
        _ => None,
    });
    state.swept.with_untracked(|swept| {
        let first = &swept.first()?.shown.result;
        let json = sweep_json(&results(swept), error.as_deref(), WriteOptions::default())?;
        let key = first.own.as_ref()?.sweep.as_ref()?.key;
        Some(Outcome { name: sweep_file_name(&first.about, first.own.as_deref(), key), json })
    })
}

/// The workload and schedule as the contract has them; none if this was no dry run.
fn dry_run(prepared: &Prepared) -> Option<Value> {
    let outcome = || {
        json!({
            "requests": prepared.requests,
            "intervals_s": prepared.intervals_s,
            "settings": every_flag(&Settings { dry_run: false, ..prepared.settings.clone() }),
        })
    };
    prepared.settings.dry_run.then(outcome)
}

/// Every setting by its flag: a text, a list where it may repeat, null where it is unset.
fn every_flag(settings: &Settings) -> Map<String, Value> {
    let value = |values: Vec<String>| match values.as_slice() {
        [] => Value::Null,
        [one] => one.as_str().into(),
        several => several.into(),
    };
    FLAGS.iter().map(|flag| (flag.key.to_owned(), value((flag.get)(settings)))).collect()
}

/// Sends the outcome, or why there is none, to where the link wants it, if it does and may.
pub(super) fn report(state: AppState, error: Option<String>) {
    if state.link_waits.get_untracked() {
        return;
    }
    let Some(target) = state.link_ask.with_untracked(|ask| ask.report_to.clone()) else { return };
    let body = match (on_show(state), error) {
        (Some(outcome), _) => outcome.json,
        (None, error) => json!({ "error": error.unwrap_or_else(|| "It was stopped.".into()) }).to_string(),
    };
    spawn_local(async move {
        match put(&target, body).await {
            Ok(()) => state.say(Tone::Good, format!("The outcome was sent to {target}.")),
            Err(why) => state.say(Tone::Bad, format!("The outcome could not be sent to {target}: {why}.")),
        }
    });
}

async fn put(target: &str, body: String) -> Result<(), String> {
    let request = Request::put(target).header("content-type", "application/json").body(body);
    let response = request.map_err(|error| error.to_string())?.send().await.map_err(|error| error.to_string())?;
    if response.ok() { Ok(()) } else { Err(format!("it answered {} {}", response.status(), response.status_text())) }
}
