//! The charts of a result, as the list of charts has them. Each is drawn for the width that it has on the page, and drawn
//! again when that changes.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

use crate::chart::{ChartData, ChartKind, list};
use crate::page::results::chart_reading::Reading;
use crate::page::results::chart_room::{ChartRoom, PADDING_PX};
use crate::page::state::app;

/// Height of the line below a chart, px.
const READING_PX: u32 = 28;

/// All charts.
#[component]
pub(in crate::page) fn Charts() -> impl IntoView {
    let state = app();
    let room: NodeRef<html::Section> = NodeRef::new();
    let ChartRoom { two_columns, half, whole, .. } = ChartRoom::of(room);
    // The figures are on show before the charts are drawn.
    let figures_shown = RwSignal::new(false);
    let after_frame = move || {
        // The page may show something else by then.
        let _ = figures_shown.try_set(true);
    };
    request_animation_frame(move || set_timeout(after_frame, Duration::ZERO));
    let has_times = Memo::new(move |_| state.run.with(|shown| shown.as_ref().is_some_and(|shown| shown.has_times())));
    let chart = move |kind: ChartKind<ChartData>| {
        let width = if kind.whole_width { whole } else { half };
        view! { <ChartCard kind=kind width=width draws=figures_shown/> }
    };
    view! {
        <section class="charts" class:two-columns=move || two_columns.get() node_ref=room aria-labelledby="charts-title">
            <h2 id="charts-title">"Distributions"</h2>
            <div class="chart-grid">{list::distributions().map(chart).collect_view()}</div>
            <h2>"Over time"</h2>
            <Show
                when=move || has_times.get()
                fallback=|| view! { <p class="help">"This result says nothing of when its requests were sent, so there are no charts over time."</p> }
            >
                <div class="chart-grid over-time">{list::OVER_TIME.map(chart)}</div>
            </Show>
        </section>
    }
}

/// One chart in its card, whose height is there before the chart is.
#[component]
fn ChartCard(kind: ChartKind<ChartData>, width: Memo<u32>, draws: RwSignal<bool>) -> impl IntoView {
    let state = app();
    let data = move || if draws.get() { state.charts.get() } else { None };
    let chart = Memo::new(move |_| {
        let width_px = width.get();
        data().filter(|_| width_px > 0).map(|data| kind.draw(&data, width_px)).unwrap_or_default()
    });
    let height_px = move || format!("{}px", kind.height_px(&data().unwrap_or_default()) + PADDING_PX + READING_PX);
    view! {
        <div class="card chart" class:wide=kind.whole_width style:min-height=height_px>
            <Reading label=kind.label chart=chart/>
        </div>
    }
}
