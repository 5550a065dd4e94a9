//! Reading values off a chart: by pointing at it, or with the arrow keys once it has the focus. What is read stands in a
//! line below the chart; while nothing is pointed at, that line says what the chart shows as a whole. All values stand in
//! a list that opens below.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent};

use crate::chart::{Chart, Spot};
use crate::page::parts::items;
use crate::page::results::requests_table::select_request;
use crate::page::state::app;

/// A chart's drawing, the line below it and the list of its values.
#[component]
pub(in crate::page) fn Reading(label: &'static str, chart: Memo<Chart>) -> impl IntoView {
    let state = app();
    let drawing: NodeRef<html::Div> = NodeRef::new();
    // The spot that is read, by its place among the chart's.
    let at = RwSignal::new(None::<usize>);
    let spot = Memo::new(move |_| chart.with(|chart| chart.spots.get(at.get()?).cloned()));
    let point = move |event: &MouseEvent| at.set(chart.with_untracked(|chart| spot_under(drawing, chart, event)));
    let open = move || {
        if let Some(index) = spot.get_untracked().and_then(|spot| spot.request) {
            select_request(state, index);
        }
    };
    let press = move |event: KeyboardEvent| {
        let count = chart.with_untracked(|chart| chart.spots.len());
        match event.key().as_str() {
            "Escape" => at.set(None),
            "Enter" => open(),
            key => match after_key(key, at.get_untracked(), count) {
                Some(place) => at.set(Some(place)),
                None => return,
            },
        }
        event.prevent_default();
    };
    let click = move |event: MouseEvent| {
        point(&event);
        open();
    };
    let line = move || spot.get().map_or_else(|| chart.with(|chart| chart.summary.clone()), |spot| spot.text);
    let count = move || chart.with(|chart| chart.spots.len().max(1)).to_string();
    // The SVG is our own chart room's, which escapes what it writes.
    view! {
        <div class="readable">
            <div
                node_ref=drawing
                class="drawing"
                class:opens=move || spot.with(|spot| spot.as_ref().is_some_and(|spot| spot.request.is_some()))
                role="slider"
                tabindex="0"
                aria-label=label
                aria-valuemin="1"
                aria-valuemax=count
                aria-valuenow=move || at.get().map_or(1, |place| place + 1).to_string()
                aria-valuetext=line
                on:pointermove=move |event| point(&event)
                on:pointerleave=move |_| at.set(None)
                on:keydown=press
                on:blur=move |_| at.set(None)
                on:click=click
            >
                <div inner_html=move || chart.with(|chart| chart.svg.clone())></div>
                {move || spot.get().map(|spot| chart.with(|chart| frame(chart, &spot)))}
            </div>
            <p class="reading help" class:value=move || spot.with(Option::is_some)>{line}</p>
            <Values chart=chart/>
        </div>
    }
}

/// Every value as a list, made when it is asked for.
#[component]
fn Values(chart: Memo<Chart>) -> impl IntoView {
    let open = RwSignal::new(false);
    let values = move || {
        let texts = |chart: &Chart| chart.spots.iter().map(|spot| spot.text.clone()).collect();
        items(if open.get() { chart.with(texts) } else { Vec::new() })
    };
    view! {
        <details
            class="values"
            on:toggle=move |event| {
                let details = event.target().and_then(|target| target.dyn_into::<Element>().ok());
                open.set(details.is_some_and(|details| details.has_attribute("open")));
            }
        >
            <summary>"Values"</summary>
            <ol tabindex="0">{values}</ol>
        </details>
    }
}

/// A frame around a spot, over the drawing and of its size.
fn frame(chart: &Chart, spot: &Spot) -> impl IntoView + use<> {
    let (width, height) = (chart.size.width_px, chart.size.height_px);
    view! {
        <svg class="spot-frame" viewBox=format!("0 0 {width} {height}") width=width height=height aria-hidden="true">
            <rect x=spot.left_px y=spot.top_px width=spot.width_px height=spot.height_px></rect>
        </svg>
    }
}

/// The spot under the pointer. The drawing may be shown smaller than it was drawn.
fn spot_under(drawing: NodeRef<html::Div>, chart: &Chart, event: &MouseEvent) -> Option<usize> {
    let shown = drawing.get_untracked()?.query_selector("svg.chart").ok()??.get_bounding_client_rect();
    let scale = f64::from(chart.size.width_px) / shown.width();
    let from_left = f64::from(event.client_x()) - shown.left();
    let from_top = f64::from(event.client_y()) - shown.top();
    chart.spot_at((from_left * scale, from_top * scale))
}

/// The spot that a key leads to from here; `None` if the key leads nowhere.
fn after_key(key: &str, here: Option<usize>, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let forward = |by: usize| here.map_or(0, |here| (here + by).min(last));
    let back = |by: usize| here.map_or(last, |here| here.saturating_sub(by));
    match key {
        "ArrowRight" | "ArrowUp" => Some(forward(1)),
        "ArrowLeft" | "ArrowDown" => Some(back(1)),
        "PageUp" => Some(forward(10)),
        "PageDown" => Some(back(10)),
        "Home" => Some(0),
        "End" => Some(last),
        _ => None,
    }
}
