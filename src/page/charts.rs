//! The charts of a result. Each is drawn as SVG text by our own chart room, for the width that it has on the page, and
//! drawn again when that changes.

use std::sync::Arc;
use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

use super::chart_reading::Reading;
use super::state::app;
use crate::export::charts::{ChartData, ChartKind};

/// How long the window must rest before charts are drawn anew.
const RESIZE_REST: Duration = Duration::from_millis(150);
/// Width from which two charts stand side by side, px.
const TWO_COLUMNS_PX: u32 = 700;
/// Space between two charts and inside their cards, px.
const GAP_PX: u32 = 16;
const PADDING_PX: u32 = 34;
/// Height of the line below a chart, px.
const READING_PX: u32 = 28;

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
    let has_times =
        Memo::new(move |_| state.charts.with(|charts| charts.as_ref().is_some_and(|data| data.has_times())));
    let chart = move |kind: ChartKind| {
        view! { <Chart kind=kind width=if kind == ChartKind::Timeline { whole } else { half }/> }
    };
    view! {
        <section class="charts" class:two-columns=move || two_columns.get() node_ref=room aria-labelledby="charts-title">
            <h2 id="charts-title">"Distributions"</h2>
            <div class="chart-grid">{ChartKind::DISTRIBUTIONS.map(chart)}</div>
            <h2>"Over time"</h2>
            <Show
                when=move || has_times.get()
                fallback=|| view! { <p class="help">"This result says nothing of when its requests were sent, so there are no charts over time."</p> }
            >
                <div class="chart-grid over-time">{ChartKind::OVER_TIME.map(chart)}</div>
            </Show>
        </section>
    }
}

/// One chart in its card, whose height is there before the chart is.
#[component]
fn Chart(kind: ChartKind, width: Memo<u32>) -> impl IntoView {
    let state = app();
    let svg = Memo::new(move |_| {
        let width_px = width.get();
        let data: Option<Arc<ChartData>> = state.charts.get();
        data.filter(|_| width_px > 0).map(|data| kind.draw(&data, width_px)).unwrap_or_default()
    });
    let height_px = move || {
        let height_px = state.charts.with(|data| data.as_ref().map_or(0, |data| kind.height_px(data)));
        format!("{}px", height_px + PADDING_PX + READING_PX)
    };
    view! {
        <div class="card chart" class:wide=kind == ChartKind::Timeline style:min-height=height_px>
            <Reading kind=kind svg=svg/>
        </div>
    }
}
