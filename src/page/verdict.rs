//! How far the client itself can be trusted in a run: the verdict with its reasons, and the numbers behind it.

use leptos::prelude::*;

use super::format::{count, digits, duration_at_step, duration_ms, fixed, plural};
use super::plan_words::{self, Fact};
use super::state::app;
use crate::metrics::Summary;
use crate::record::client::{ClientReport, Visibility};
use crate::result::{Own, Reason, Verdict, VerdictLevel};

/// The verdict, at the head of a result that has one.
#[component]
pub(super) fn VerdictCard() -> impl IntoView {
    let state = app();
    move || state.run.with(|run| run.as_ref()?.result.own.as_ref()?.verdict.as_ref().map(verdict_view))
}

/// What was measured of the client; nothing for another tool's result, which says nothing of its client.
#[component]
pub(super) fn ClientCard() -> impl IntoView {
    let state = app();
    move || {
        let own = state.run.get().and_then(|shown| shown.result.own.clone())?;
        Some(view! {
            <section class="card client" aria-labelledby="client-title">
                <h2 id="client-title">"How the client did"</h2>
                {fact_list(facts(&own))}
            </section>
        })
    }
}

/// Facts as a list: name, value, and what it means.
pub(super) fn fact_list(facts: Vec<Fact>) -> AnyView {
    let item = |(name, value, note): Fact| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value} <span class="help">{note}</span></dd>
            </div>
        }
    };
    view! { <dl class="facts">{facts.into_iter().map(item).collect_view()}</dl> }.into_any()
}

fn verdict_view(verdict: &Verdict) -> impl IntoView + use<> {
    let class = match verdict.level {
        VerdictLevel::Trusted => "verdict good",
        VerdictLevel::Marginal => "verdict marginal",
        VerdictLevel::NotTrusted => "verdict bad",
    };
    let say = |reason: &Reason| view! { <li>{reason.text.clone()}</li> };
    let doubts = verdict.doubts().map(say).collect_view();
    let others = verdict.reasons.iter().filter(|reason| reason.level == VerdictLevel::Trusted).map(say).collect_view();
    let calm = if verdict.level == VerdictLevel::Trusted { "What was looked at" } else { "What was in order" };
    view! {
        <section class=class aria-labelledby="verdict-title">
            <p class="verdict-eyebrow">"This measurement is"</p>
            <h2 id="verdict-title" class="verdict-word">{verdict.level.label().to_lowercase()}</h2>
            <ul>{doubts}</ul>
            <details>
                <summary>{calm}</summary>
                <ul>{others}</ul>
            </details>
        </section>
    }
}

/// What was measured of the client: (name, value, what it means).
fn facts(own: &Own) -> Vec<Fact> {
    let step_ms = own.client.as_ref().map_or(0.0, |client| client.clock_step_ms);
    let mut facts = schedule_facts(&own.summary, step_ms);
    if let Some(calibration) = &own.calibration {
        facts.extend(plan_words::added(calibration));
    }
    if let Some(client) = &own.client {
        facts.extend(client_facts(client, &own.summary));
    }
    facts
}

fn schedule_facts(summary: &Summary, step_ms: f64) -> Vec<Fact> {
    let delay = &summary.schedule_delay;
    let p99 = delay.percentiles_ms.iter().find(|(p, _)| *p == 99.0).map_or(0.0, |(_, value)| *value);
    let mut facts = vec![(
        "Sends behind schedule",
        format!("{} median, {} p99", duration_at_step(delay.median_ms, step_ms), duration_at_step(p99, step_ms)),
        String::new(),
    )];
    if let Some(rate) = summary.achieved_rate {
        facts.push(("Rate achieved", format!("{} a second", digits(rate, 3)), "between first and last send".into()));
    }
    if summary.itl_unknown_gaps > 0 {
        let gaps = plural(summary.itl_unknown_gaps, "token gap");
        facts.push(("Tokens in one read", gaps, "arrived together, so the time between them is unknown".into()));
    }
    facts
}

fn client_facts(client: &ClientReport, summary: &Summary) -> Vec<Fact> {
    let (p50, p99, max) = client.event_loop_lag_ms;
    let at_step = |value_ms| duration_at_step(value_ms, client.clock_step_ms);
    let isolated = if client.cross_origin_isolated { "isolated page" } else { "page is not isolated" };
    let mut facts = vec![
        (
            "Event loop lag",
            format!("{} p50, {} p99, {} at most", at_step(p50), at_step(p99), at_step(max)),
            String::new(),
        ),
        ("Clock step", format!("{} ms", fixed(client.clock_step_ms, 3)), isolated.into()),
    ];
    if client.streams_that_fit > 0 {
        let most = count(summary.max_concurrent_requests.into());
        facts.push((
            "Streams at once",
            format!("{most} used, {} fit", count(client.streams_that_fit.into())),
            format!("over {}", plural(client.lanes.max(1).into(), "lane")),
        ));
    }
    let hidden_ms: f64 = client
        .visibility
        .iter()
        .filter(|(_, _, which)| *which != Visibility::Visible)
        .map(|(from_ms, to_ms, _)| to_ms - from_ms)
        .sum();
    if hidden_ms > 0.0 {
        facts.push(("Page hidden or frozen", duration_ms(hidden_ms), "during the run".into()));
    }
    if !client.user_agent.is_empty() {
        facts.push(("Browser", client.user_agent.clone(), String::new()));
    }
    facts
}
