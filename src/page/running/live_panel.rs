//! The run while it goes: TTFT, tokens a second and requests in flight, redrawn at most twice a second from bounded
//! series, in a room that keeps its size. Drawing takes processor time from the measurement, so the numbers above go faster
//! than the charts where there is time for both.

use leptos::html;
use leptos::prelude::*;

use crate::chart::{Chart, ChartKind, Series, list};
use crate::page::results::chart_room::ChartRoom;
use crate::page::state::app;
use crate::view::live::Live;

/// From one drawing to the next, ms.
const REDRAW_MS: f64 = 500.0;

/// The live charts.
#[component]
pub(in crate::page) fn LivePanel() -> impl IntoView {
    let room: NodeRef<html::Section> = NodeRef::new();
    let ChartRoom { three_columns, third, whole, .. } = ChartRoom::of(room);
    let spark = move |kind: ChartKind<Series>, series: fn(&Live) -> &Series| {
        live_chart("card chart live-chart", third, move |live, width_px| kind.draw(series(live), width_px))
    };
    view! {
        <section
            class="live"
            class:three-columns=move || three_columns.get()
            node_ref=room
            aria-label="The run as it goes"
        >
            {spark(list::LIVE_TTFT, |live| &live.ttft_ms)}
            {spark(list::LIVE_TOKENS, |live| &live.tokens_per_s)}
            {spark(list::LIVE_IN_FLIGHT, |live| &live.in_flight)}
            {live_chart("card chart live-wide", whole, |live, width_px| list::LIVE_REQUESTS.draw(live.points(), width_px))}
        </section>
    }
}

/// A chart of the run as it goes, drawn anew at every redraw and for the width that it has.
fn live_chart(
    class: &'static str,
    width: Memo<u32>,
    draw: impl Fn(&Live, u32) -> Chart + Send + Sync + 'static,
) -> impl IntoView {
    let state = app();
    let redraw = Memo::new(move |_| state.live.with(|live| (live.progress.elapsed_ms / REDRAW_MS) as u64));
    let svg = Memo::new(move |_| {
        redraw.get();
        match width.get() {
            0 => String::new(),
            width_px => state.live.with_untracked(|live| draw(live, width_px)).svg,
        }
    });
    // The SVG is our own chart room's, which escapes what it writes.
    view! { <div class=class inner_html=move || svg.get()></div> }
}
