//! One request in full: its times, every event of its stream, and what came back.

use leptos::prelude::*;

use crate::format::{count, decimals_for_step, duration_at_step, fixed};
use crate::page::state::{AppState, app};
use crate::page::{browser, parts};
use crate::record::{Outcome, Record, StreamEnd};

/// Events that are listed; a longer stream says how many more it has.
const MOST_EVENTS: usize = 200;

/// The chosen request; none while none is chosen, or the result has no records.
#[component]
pub(in crate::page) fn RequestDetail() -> impl IntoView {
    let state = app();
    move || {
        let index = state.selected.get()?;
        let shown = state.run.get()?;
        let step_ms = shown.clock_step_ms();
        let record = shown.result.own.as_ref()?.records.iter().find(|record| record.index == index)?;
        Some(view! {
            <section
                id="request-detail"
                class="detail"
                tabindex="-1"
                aria-labelledby="detail-title"
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        close_request(state, index);
                    }
                }
            >
                <div class="row between">
                    <h3 id="detail-title">{format!("Request {index}")}</h3>
                    <button type="button" class="link-button" on:click=move |_| close_request(state, index)>
                        "Close"
                    </button>
                </div>
                {parts::facts("facts", facts(record, step_ms))}
                {events(record, decimals_for_step(step_ms))}
                {text(record)}
            </section>
        })
    }
}

fn facts(record: &Record, step_ms: f64) -> Vec<(&'static str, String)> {
    let since_send = |at_ms: Option<f64>| Some(duration_at_step(at_ms? - record.left_ms()?, step_ms));
    let mut facts = vec![("Due", format!("{} s", fixed(record.intended_ms / 1000.0, 3)))];
    let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    add("Sent", record.sent_ms.map(|at_ms| format!("{} s", fixed(at_ms / 1000.0, 3))));
    let held_ms = record.left_ms().zip(record.sent_ms).map(|(left_ms, sent_ms)| left_ms - sent_ms);
    // Where the browser does not tell, it is known only when it had taken the request over.
    let name = if record.told_left_ms().is_some() { "Left after" } else { "Taken over after" };
    add(name, held_ms.map(|held_ms| duration_at_step(held_ms, step_ms)));
    add("Headers after", since_send(record.headers_ms));
    add("End after", since_send(record.end_ms));
    add("Status", record.status.map(|status| status.to_string()));
    add("In flight at send", Some(record.in_flight_at_send.to_string()));
    add("Prompt tokens", Some(count(record.prompt_len.into())));
    add("Asked output tokens", Some(count(record.asked_output_len.into())));
    add("Output tokens", record.output_tokens.map(|tokens| count(tokens.into())));
    let usage = record.reply.usage.and_then(|usage| usage.completion_tokens);
    add("As the server counts", usage.map(|tokens| count(tokens.into())));
    add("Beside the text", record.other_output_tokens.map(|tokens| format!("{} tokens", count(tokens.into()))));
    add("Finish reason", record.reply.finish_reason.clone());
    add("Stream ended with", record.reply.end.map(|end| ended_with(end).to_owned()));
    add("Prompt", record.reply.prompt_echoed.then(|| "came back before the answer, and was removed".to_owned()));
    add("Protocol", record.network.as_ref().and_then(|network| network.protocol.clone()));
    let outcome = match &record.outcome {
        Outcome::Pending => "Not ended".to_owned(),
        Outcome::Completed => "Completed".to_owned(),
        Outcome::Failed(failure) => format!("{}: {}", failure.kind.label(), failure.message),
        Outcome::Stopped => "Stopped".to_owned(),
    };
    add("Outcome", Some(outcome));
    facts
}

fn ended_with(end: StreamEnd) -> &'static str {
    match end {
        StreamEnd::Done => "[DONE]",
        StreamEnd::FinishReason => "a finish reason, without [DONE]",
        StreamEnd::Usage => "usage, without [DONE] or a finish reason",
        StreamEnd::Body => "the response itself",
        StreamEnd::Unmarked => "no mark: neither [DONE] nor a finish reason nor usage",
    }
}

fn events(record: &Record, decimals: usize) -> impl IntoView + use<> {
    let left_ms = record.left_ms().unwrap_or_default();
    let mut before_ms = left_ms;
    let rows: Vec<_> = record
        .reply
        .events
        .iter()
        .take(MOST_EVENTS)
        .map(|event| {
            let gap_ms = event.at_ms - before_ms;
            before_ms = event.at_ms;
            view! {
                <tr>
                    <td>{fixed(event.at_ms - left_ms, decimals)}</td>
                    <td>{fixed(gap_ms, decimals)}</td>
                    <td>{event.read}</td>
                    <td>{event.chars}</td>
                    <td class="outcome">{event.kind.label()}</td>
                </tr>
            }
        })
        .collect();
    let more = record.reply.events.len().saturating_sub(MOST_EVENTS);
    let table = view! {
        <table class="rows">
            <thead>
                <tr>
                    <th scope="col">"After send " <span class="unit">"ms"</span></th>
                    <th scope="col">"Gap " <span class="unit">"ms"</span></th>
                    <th scope="col">"Read"</th>
                    <th scope="col">"Characters"</th>
                    <th scope="col" class="outcome">"Brought"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    };
    view! {
        {parts::table_scroll("table-scroll events", "Events", table.into_any())}
        {(more > 0).then(|| view! { <p class="help">{format!("and {} more", count(more as u64))}</p> })}
    }
}

fn text(record: &Record) -> impl IntoView + use<> {
    let reply = &record.reply;
    let texts = [
        ("What came back", &reply.text),
        ("Reasoning", &reply.reasoning),
        ("Tool calls", &reply.tool_calls),
        ("Refusal", &reply.refusal),
    ];
    let shown = |(title, text): (&'static str, &String)| {
        (!text.is_empty()).then(|| {
            view! {
                <details>
                    <summary>{title}</summary>
                    <pre class="text">{text.clone()}</pre>
                </details>
            }
        })
    };
    texts.map(shown).collect_view()
}

/// Closes the detail; the focus goes back to the request's row, or where that is on another page to the table.
pub(in crate::page) fn close_request(state: AppState, index: u32) {
    state.selected.set(None);
    let row = row_id(index);
    let is_there = document().get_element_by_id(&row).is_some();
    browser::focus(if is_there { &row } else { "requests-title" });
}

/// The id of a request's row in the table.
pub(in crate::page) fn row_id(index: u32) -> String {
    format!("request-{index}")
}
