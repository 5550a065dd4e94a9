//! The charts of a result. Each is drawn as SVG text by our own chart room, for the width that it has on the page, and
//! drawn again when that changes.

use std::sync::Arc;
use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::requests_table::select_request;
use super::run::Shown;
use super::state::app;
use crate::chart::{self, Size, Span};
use crate::metrics::RequestTimes;

/// How long the window must rest before charts are drawn anew.
const RESIZE_REST: Duration = Duration::from_millis(150);
/// Width from which two charts stand side by side, px.
const TWO_COLUMNS_PX: u32 = 700;
/// Space between two charts and inside their cards, px.
const GAP_PX: u32 = 16;
const PADDING_PX: u32 = 32;

/// All charts.
#[component]
pub(super) fn Charts() -> impl IntoView {
    let state = app();
    let room: NodeRef<html::Section> = NodeRef::new();
    let width_px = RwSignal::new(0_u32);
    let measure = move || {
        if let Some(section) = room.get_untracked() {
            width_px.set(section.client_width().max(0) as u32);
        }
    };
    Effect::new(move |_| {
        if room.get().is_some() {
            measure();
        }
    });
    let resting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    let listener = window_event_listener(leptos::ev::resize, move |_| {
        let next = set_timeout_with_handle(measure, RESIZE_REST).ok();
        if let Some(before) = resting.try_update_value(|resting| std::mem::replace(resting, next)).flatten() {
            before.clear();
        }
    });
    on_cleanup(move || listener.remove());

    let two_columns = Memo::new(move |_| width_px.get() >= TWO_COLUMNS_PX);
    let half = Memo::new(move |_| {
        let all = width_px.get();
        let column = if two_columns.get() { (all - GAP_PX) / 2 } else { all };
        column.saturating_sub(PADDING_PX)
    });
    let whole = Memo::new(move |_| width_px.get().saturating_sub(PADDING_PX));
    let has_records = move || {
        state.run.with(|run| {
            run.as_ref().is_some_and(|shown| shown.result.own.as_ref().is_some_and(|own| !own.records.is_empty()))
        })
    };
    view! {
        <section class="charts" class:two-columns=move || two_columns.get() node_ref=room aria-labelledby="charts-title">
            <h2 id="charts-title">"Distributions"</h2>
            <div class="chart-grid">
                <Chart width=half height_px=240 draw=|shown, size| latencies("Time to first token (TTFT)", shown, size, |t| t.ttft_s)/>
                <Chart width=half height_px=240 draw=|shown, size| latencies("Time per output token (TPOT)", shown, size, |t| t.tpot_s)/>
                <Chart width=half height_px=240 draw=inter_token/>
                <Chart width=half height_px=240 draw=|shown, size| latencies("End-to-end latency (E2EL)", shown, size, |t| t.latency_s)/>
            </div>
            <Show when=has_records>
                <h2>"Over time"</h2>
                <div class="chart-grid">
                    <Chart width=half height_px=220 draw=tokens_over_time/>
                    <Chart width=half height_px=220 draw=in_flight/>
                    <Chart width=half height_px=220 draw=requests_over_time/>
                    <Chart width=half height_px=220 draw=ttft_over_time/>
                </div>
                <Chart width=whole height_px=0 draw=timeline/>
            </Show>
        </section>
    }
}

/// One chart in its card, whose height is there before the chart is.
#[component]
fn Chart(width: Memo<u32>, height_px: u32, draw: fn(&Shown, Size) -> String) -> impl IntoView {
    let state = app();
    let svg = Memo::new(move |_| {
        let width_px = width.get();
        let shown: Option<Arc<Shown>> = state.run.get();
        shown.filter(|_| width_px > 0).map(|shown| draw(&shown, Size { width_px, height_px })).unwrap_or_default()
    });
    let open_request = move |event: web_sys::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let index = target.and_then(|target| target.get_attribute("data-request")).and_then(|text| text.parse().ok());
        if let Some(index) = index {
            select_request(index);
        }
    };
    // The SVG is our own chart room's, which escapes what it writes.
    view! {
        <div
            class="card chart"
            style:min-height=format!("{}px", height_px + PADDING_PX)
            on:click=open_request
            inner_html=move || svg.get()
        ></div>
    }
}

fn latencies(title: &str, shown: &Shown, size: Size, of: fn(&RequestTimes) -> Option<f64>) -> String {
    let done = shown.result.requests.iter().map(|row| &row.times).filter(|times| times.succeeded);
    let values_ms: Vec<f64> = done.filter_map(of).map(|value_s| value_s * 1000.0).collect();
    chart::distribution(title, &values_ms, size)
}

fn inter_token(shown: &Shown, size: Size) -> String {
    let done = shown.result.requests.iter().map(|row| &row.times).filter(|times| times.succeeded);
    let values_ms: Vec<f64> = done.flat_map(|times| times.itls_s.iter().map(|value_s| value_s * 1000.0)).collect();
    chart::distribution("Inter-token latency (ITL)", &values_ms, size)
}

/// The raw records and the run's end in ms; empty for a result without them.
fn records(shown: &Shown) -> (&[crate::record::Record], f64) {
    let records = shown.result.own.as_ref().map(|own| own.records.as_slice()).unwrap_or_default();
    (records, shown.result.figures.duration_s.unwrap_or_default() * 1000.0)
}

fn tokens_over_time(shown: &Shown, size: Size) -> String {
    let (records, end_ms) = records(shown);
    chart::rate_over_time("Output tokens a second", "tokens", &chart::text_tokens(records), end_ms, size)
}

fn requests_over_time(shown: &Shown, size: Size) -> String {
    let (records, end_ms) = records(shown);
    let ends: Vec<(f64, f64)> = records.iter().filter_map(|record| Some((record.end_ms?, 1.0))).collect();
    chart::rate_over_time("Requests ended a second", "requests", &ends, end_ms, size)
}

fn in_flight(shown: &Shown, size: Size) -> String {
    chart::in_flight("Requests in flight", &Span::all(records(shown).0), size)
}

fn ttft_over_time(shown: &Shown, size: Size) -> String {
    chart::scatter_over_time("TTFT over time", &chart::ttfts(records(shown).0), size)
}

fn timeline(shown: &Shown, size: Size) -> String {
    let spans = Span::all(records(shown).0);
    let size = Size { height_px: chart::timeline_height_px(spans.len()), ..size };
    chart::timeline("Every request, from its send to its last token", &spans, size)
}
