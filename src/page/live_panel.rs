//! The run while it goes: TTFT, tokens a second and requests in flight, redrawn at most twice a second from bounded
//! series, in a room that keeps its size. Drawing takes processor time from the measurement, so the numbers above go faster
//! than the charts where there is time for both.

use leptos::html;
use leptos::prelude::*;

use super::chart_room::ChartRoom;
use super::live::Live;
use super::state::app;
use crate::chart::{Series, Size, scatter_over_time, sparkline};

const SMALL: Size = Size { width_px: 300, height_px: 112 };
const WIDE_HEIGHT_PX: u32 = 240;

/// From one drawing to the next, ms.
const REDRAW_MS: f64 = 500.0;

/// A drawing of the run as it goes, made anew at every redraw.
fn drawn(draw: impl Fn(&Live) -> String + Send + Sync + 'static) -> Memo<String> {
    let state = app();
    let redraw = Memo::new(move |_| state.live.with(|live| (live.progress.elapsed_ms / REDRAW_MS) as u64));
    Memo::new(move |_| {
        redraw.get();
        state.live.with_untracked(&draw)
    })
}

/// The live charts.
#[component]
pub(super) fn LivePanel() -> impl IntoView {
    let room: NodeRef<html::Section> = NodeRef::new();
    let ChartRoom { whole, .. } = ChartRoom::of(room);
    view! {
        <section class="live" node_ref=room aria-label="The run as it goes">
            <LiveChart title="TTFT" unit="ms" series=|live| &live.ttft_ms/>
            <LiveChart title="Tokens a second" unit="tokens/s" series=|live| &live.tokens_per_s/>
            <LiveChart title="In flight" unit="requests" series=|live| &live.in_flight/>
            <LiveTtfts width=whole/>
        </section>
    }
}

#[component]
fn LiveChart(title: &'static str, unit: &'static str, series: fn(&Live) -> &Series) -> impl IntoView {
    // The SVG is our own chart room's, which escapes what it writes.
    let svg = drawn(move |live| sparkline(title, unit, series(live), SMALL));
    view! { <div class="card chart live-chart" inner_html=move || svg.get()></div> }
}

/// The TTFT of every request, or of an even choice once they are many.
#[component]
fn LiveTtfts(width: Memo<u32>) -> impl IntoView {
    let svg = drawn(move |live| match width.get() {
        0 => String::new(),
        width_px => {
            let size = Size { width_px, height_px: WIDE_HEIGHT_PX };
            scatter_over_time("TTFT by request", live.points(), size)
        }
    });
    view! { <div class="card chart live-wide" inner_html=move || svg.get()></div> }
}
