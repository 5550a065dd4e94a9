//! A summary that came with a link, of a run or of a sweep: opened without any server in between, and said to be what
//! it is.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::format::date;
use super::packing;
use super::run::Shown;
use super::state::{AppState, Tone, app};
use crate::export::link::SharedError;
use crate::export::link::{Summarised, from_text};
use crate::export::shared::{self, Opened};
use crate::export::shared_sweep;
use crate::settings::Settings;

/// Shows the summary that a link's text holds, or says why it cannot.
pub(super) fn open(state: AppState, text: String, settings: Settings) {
    spawn_local(async move {
        if let Err(error) = show(state, &text, &settings).await {
            state.say(Tone::Bad, error.to_string());
        }
    });
}

async fn show(state: AppState, text: &str, settings: &Settings) -> Result<(), SharedError> {
    let (of, compressed) = from_text(text)?;
    let bytes = packing::inflate(&compressed).await?;
    match of {
        Summarised::Run => state.show_listed(Arc::new(shown(shared::decode(&bytes, settings)?))),
        Summarised::Sweep => state.show_shared_sweep(shared_sweep::decode(&bytes, settings)?),
    }
    Ok(())
}

fn shown(opened: Opened) -> Shown {
    let partial = opened.partial.then(|| "The run was stopped before its end.".to_owned());
    Shown { result: opened.result, partial, file: None, reference: None, shared: Some(Arc::new(opened.charts)) }
}

/// What a shared summary is, and what it lacks; nothing for another result.
#[component]
pub(super) fn SharedNote() -> impl IntoView {
    let state = app();
    move || {
        let shown = state.run.get()?;
        let charts = shown.shared.as_ref()?;
        let partial = shown.partial.clone().map(|why| format!(" {why}")).unwrap_or_default();
        let date = shown.result.about.date.as_deref().map(|stamp| format!(" of {}", date(stamp))).unwrap_or_default();
        let times = shared::times_in_words(charts).map(|times| format!(", and {times}")).unwrap_or_default();
        let text = format!(
            "Someone else's run{date}, as its link has it: figures, verdict and charts{times}.{partial} Nobody vouches for \
             them but whoever sent the link. Missing are the single requests with their events, prompts, outputs and \
             errors, and so the result JSON, the CSV, and the figures under other definitions."
        );
        Some(view! {
            <section class="notice shared-note" aria-label="Shared summary">
                <p><strong>"Shared summary. "</strong> {text}</p>
            </section>
        })
    }
}
