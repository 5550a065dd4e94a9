//! Reading values off a chart: by pointing at it, or with the arrow keys once it has the focus. What is read stands in a
//! line below the chart; while nothing is pointed at, that line says what the chart shows as a whole. All values stand in
//! a list that opens below.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use super::parts::items;
use super::requests_table::select_request;
use super::state::{AppState, app};
use crate::export::charts::ChartKind;

/// A chart's drawing and the line below it.
#[component]
pub(super) fn Reading(kind: ChartKind, svg: Memo<String>) -> impl IntoView {
    let state = app();
    let drawing: NodeRef<html::Div> = NodeRef::new();
    // The place that is read, and what it says.
    let at = RwSignal::new(None::<(usize, String)>);
    let count = RwSignal::new(0_usize);
    let read = move |place: usize| {
        let spots = spots(drawing);
        if let Some(spot) = spots.get(place) {
            mark(&spots, Some(place));
            count.set(spots.len());
            at.set(Some((place, said(spot))));
        }
    };
    let forget = move || {
        mark(&spots(drawing), None);
        at.set(None);
    };
    let point = move |event: web_sys::PointerEvent| match event
        .target()
        .and_then(|target| place_of(drawing, &target.unchecked_into()))
    {
        Some(place) => read(place),
        None => forget(),
    };
    let press = move |event: KeyboardEvent| {
        let last = spots(drawing).len().saturating_sub(1);
        let here = at.with_untracked(|at| at.as_ref().map(|(place, _)| *place));
        match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => read(here.map_or(0, |here| (here + 1).min(last))),
            "ArrowLeft" | "ArrowDown" => read(here.map_or(last, |here| here.saturating_sub(1))),
            "PageUp" => read(here.map_or(0, |here| (here + 10).min(last))),
            "PageDown" => read(here.map_or(last, |here| here.saturating_sub(10))),
            "Home" => read(0),
            "End" => read(last),
            "Escape" => forget(),
            "Enter" => open(state, drawing, here),
            _ => return,
        }
        event.prevent_default();
    };
    let click = move |event: web_sys::MouseEvent| {
        let place = event.target().and_then(|target| place_of(drawing, &target.unchecked_into()));
        open(state, drawing, place);
    };
    let line = move || at.get().map_or_else(|| gist(&svg.read()), |(_, text)| text);
    // The SVG is our own chart room's, which escapes what it writes.
    view! {
        <div
            node_ref=drawing
            class="drawing"
            role="slider"
            tabindex="0"
            aria-label=kind.title()
            aria-valuemin="1"
            aria-valuemax=move || count.get().max(1).to_string()
            aria-valuenow=move || at.with(|at| at.as_ref().map_or(1, |(place, _)| place + 1)).to_string()
            aria-valuetext=line
            on:pointermove=point
            on:pointerleave=move |_| forget()
            on:keydown=press
            on:blur=move |_| forget()
            on:click=click
            inner_html=move || svg.get()
        ></div>
        <p class="reading help" class:value=move || at.with(Option::is_some)>{line}</p>
        <Values drawing=drawing svg=svg/>
    }
}

/// Every value as a list, made when it is asked for.
#[component]
fn Values(drawing: NodeRef<html::Div>, svg: Memo<String>) -> impl IntoView {
    let open = RwSignal::new(false);
    let values = move || {
        svg.track();
        let said = if open.get() { spots(drawing).iter().map(said).collect() } else { Vec::new() };
        items(said)
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

/// The places where a value can be read off.
fn spots(drawing: NodeRef<html::Div>) -> Vec<Element> {
    let found = drawing.get_untracked().and_then(|drawing| drawing.query_selector_all(".spots rect").ok());
    let Some(found) = found else { return Vec::new() };
    (0..found.length()).filter_map(|i| found.get(i)?.dyn_into().ok()).collect()
}

/// Which place an element of the drawing is.
fn place_of(drawing: NodeRef<html::Div>, element: &Element) -> Option<usize> {
    let spot = element.closest(".spots rect").ok().flatten()?;
    // The browser's own tooltip would cover what the line below says; its text moves out of the browser's reach.
    if let Some(title) = spot.first_element_child() {
        let _ = spot.set_attribute("data-say", &title.text_content().unwrap_or_default());
        title.remove();
    }
    spots(drawing).iter().position(|known| *known == spot)
}

fn said(spot: &Element) -> String {
    spot.get_attribute("data-say").or_else(|| spot.text_content()).unwrap_or_default()
}

fn mark(spots: &[Element], place: Option<usize>) {
    for (i, spot) in spots.iter().enumerate() {
        let _ = if Some(i) == place { spot.set_attribute("class", "at") } else { spot.remove_attribute("class") };
    }
}

/// Opens the request that a place stands for, if it does.
fn open(state: AppState, drawing: NodeRef<html::Div>, place: Option<usize>) {
    let spots = spots(drawing);
    let index = place.and_then(|place| spots.get(place)?.get_attribute("data-request")?.parse().ok());
    if let Some(index) = index {
        select_request(state, index);
    }
}

/// What a chart shows as a whole, in its own words.
fn gist(svg: &str) -> String {
    let gist = svg.split_once("<desc>").and_then(|(_, rest)| rest.split_once("</desc>"));
    let escaped = gist.map_or("", |(gist, _)| gist);
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    plain.iter().fold(escaped.to_owned(), |text, (from, to)| text.replace(from, to))
}
