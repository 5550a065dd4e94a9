//! A workload before it is sent: how many requests, how long, what was passed over and why, the first prompts, and the
//! request that the first one becomes.

use leptos::prelude::*;

use super::format::{bytes, count, duration_s, plural};
use super::instrument::InstrumentCard;
use super::parts;
use super::state::app;
use crate::backend::encode;
use crate::chart::{Size, lengths};
use crate::protocol::prepare::PrepareCost;
use crate::settings::Settings;
use crate::workload::WorkloadSummary;

const SIZE: Size = Size { width_px: 420, height_px: 220 };

/// The workload on show.
#[component]
pub(super) fn Preview() -> impl IntoView {
    let state = app();
    move || {
        let prepared = state.workload.get()?;
        let summary = &prepared.summary;
        let settings = state.form.with_untracked(|form| form.settings.clone());
        let facts = facts(summary).into_iter().chain([made(&prepared.cost)]).collect();
        // Both SVGs are our own chart room's, which escapes what it writes.
        Some(view! {
            <section
                class="preview"
                aria-labelledby="preview-title"
                data-memory-bytes=prepared.cost.memory_bytes
            >
                <h2 id="preview-title">"The workload"</h2>
                <div class="card">
                    {parts::facts("facts", facts)}
                    {dropped(summary)}
                </div>
                <InstrumentCard/>
                <div class="chart-grid">
                    <div class="card chart" inner_html=lengths("Prompt lengths", &summary.prompt_lens, SIZE)></div>
                    <div class="card chart" inner_html=lengths("Output lengths asked for", &summary.output_lens, SIZE)></div>
                </div>
                {first_request(summary, &settings)}
                {first_prompts(summary)}
            </section>
        })
    }
}

fn facts(summary: &WorkloadSummary) -> Vec<(&'static str, String)> {
    let tokens = |lens: &[u32]| count(lens.iter().copied().map(u64::from).sum());
    let mut facts = vec![("Requests", count(summary.requests.into()))];
    facts.extend(summary.dataset_entries.map(|entries| ("Entries in the dataset", count(entries.into()))));
    facts.push(("Prompt tokens", tokens(&summary.prompt_lens)));
    facts.push(("Output tokens asked for", tokens(&summary.output_lens)));
    let at_once = summary.schedule_span_s == 0.0;
    facts.push((
        "Sends take",
        if at_once { "no time: all at once".into() } else { duration_s(summary.schedule_span_s) },
    ));
    if summary.repeated_prompts > 0 {
        let repeated = plural(summary.repeated_prompts.into(), "request");
        facts.push(("Repeated prompts", format!("{repeated}; a prefix cache makes these too fast")));
    }
    if summary.repeated_prefixes > 0 {
        let begun = plural(summary.repeated_prefixes.into(), "request");
        facts.push(("Repeated beginnings", format!("{begun}; a prefix cache spares the server their shared part")));
    }
    facts.push(("Workload SHA-256", summary.sha256.chars().take(16).collect()));
    facts
}

/// What making the workload took.
fn made(cost: &PrepareCost) -> (&'static str, String) {
    let PrepareCost { preparing_ms, memory_bytes } = *cost;
    ("Made in", format!("{}, with {} of memory", duration_s(preparing_ms / 1e3), bytes(memory_bytes as f64)))
}

fn dropped(summary: &WorkloadSummary) -> Option<impl IntoView + use<>> {
    let all: u64 = summary.dropped.iter().map(|(_, times)| u64::from(*times)).sum();
    let reasons: Vec<String> =
        summary.dropped.iter().map(|(why, times)| format!("{} {why}", count((*times).into()))).collect();
    (all > 0).then(|| view! { <p class="help">{format!("Passed over: {}.", reasons.join(", "))}</p> })
}

/// The request as it will be sent, without the key.
fn first_request(summary: &WorkloadSummary, settings: &Settings) -> Option<impl IntoView + use<>> {
    let (prompt, len) = (summary.first_prompts.first()?, *summary.output_lens.first()?);
    let text = match encode(settings, prompt, len) {
        Ok(request) => {
            let headers: Vec<String> =
                request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
            let base = settings.base_urls().into_iter().next().unwrap_or_default();
            format!("POST {base}{}\n{}\n{}", request.path, headers.concat(), pretty(&request.body))
        }
        Err(error) => error.to_string(),
    };
    Some(view! {
        <details class="card">
            <summary>"The first request, as it will be sent"</summary>
            <pre class="text">{text}</pre>
        </details>
    })
}

fn pretty(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| json.to_owned())
}

fn first_prompts(summary: &WorkloadSummary) -> impl IntoView + use<> {
    let prompts = summary
        .first_prompts
        .iter()
        .enumerate()
        .map(|(place, prompt)| {
            let lens = (summary.prompt_lens.get(place), summary.output_lens.get(place));
            let head = match lens {
                (Some(prompt), Some(output)) => format!("Prompt {place}: {prompt} tokens in, {output} out"),
                _ => format!("Prompt {place}"),
            };
            view! {
                <details class="card">
                    <summary>{head}</summary>
                    <pre class="text">{prompt.clone()}</pre>
                </details>
            }
        })
        .collect_view();
    view! { <div class="prompts">{prompts}</div> }
}
