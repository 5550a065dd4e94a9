//! Every form in which a result can be taken away: JSON with more or less in it, tables, a report, the charts.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::browser;
use super::downloads::hand_out;
use super::picture::png;
use super::run::Shown;
use super::state::{AppState, Tone, app};
use crate::chart::{self, Theme};
use crate::export::charts::ChartKind;
use crate::export::html::report;
use crate::result::{RunResult, WriteOptions, csv, file_name, markdown, report as text_report, to_json};

/// Widths that a chart is drawn for as a file, px.
const CHART_PX: u32 = 800;
const TIMELINE_PX: u32 = 1200;

/// The menu.
#[component]
pub(super) fn ExportMenu() -> impl IntoView {
    let state = app();
    let menu: NodeRef<html::Details> = NodeRef::new();
    let has_requests = move || state.run.with(|run| run.as_ref().is_some_and(|shown| shown.shared.is_none()));
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            close();
            browser::focus("export");
        }
    };
    // A click elsewhere closes the menu, as menus do.
    let listener = window_event_listener(leptos::ev::pointerdown, move |event| {
        let inside = || menu.get_untracked()?.contains(event.target()?.dyn_ref()).then_some(());
        if inside().is_none() {
            close();
        }
    });
    on_cleanup(move || listener.remove());
    view! {
        <details class="menu" node_ref=menu on:keydown=on_key>
            <summary class="button large" id="export">"Export"</summary>
            <div class="menu-items">
                <Show when=has_requests>
                    <JsonItem/>
                </Show>
                <div class="menu-group">
                    <h3>"Tables"</h3>
                    <Show when=has_requests>
                        <div class="menu-line">
                            <span>"Requests, as CSV"</span>
                            <button type="button" class="button small" aria-label="Download requests as CSV" on:click=move |_| download(state, ".csv", "text/csv", csv::requests)>
                                "Download"
                            </button>
                        </div>
                    </Show>
                    <TableItem label="Summary, as Markdown" file=".md" mime="text/markdown" make=|result| markdown::table(&[result])/>
                    <TableItem
                        label="Summary, as the Python client prints it"
                        file=".txt"
                        mime="text/plain"
                        make=|result| text_report::table(result, text_report::TableOptions { e2el: true })
                    />
                </div>
                <div class="menu-group">
                    <h3>"Report"</h3>
                    <div class="menu-line">
                        <span>"Figures, charts and settings in one file"</span>
                        <button type="button" class="button small" aria-label="Download report as HTML" on:click=move |_| download_report(state)>
                            "Download HTML"
                        </button>
                    </div>
                </div>
                <ChartItem/>
            </div>
        </details>
    }
}

/// The result JSON, with a choice of what is in it.
#[component]
fn JsonItem() -> impl IntoView {
    let state = app();
    let default = WriteOptions::default();
    let (records, texts) = (RwSignal::new(default.records), RwSignal::new(default.texts));
    let check = |label: &'static str, on: RwSignal<bool>| {
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=move || on.get() on:change=move |event| on.set(event_target_checked(&event))/>
                {label}
            </label>
        }
    };
    let save = move |_| {
        let options = WriteOptions { records: records.get_untracked(), texts: texts.get_untracked() };
        if let Some(shown) = state.run.get_untracked() {
            hand_out(state, &name(&shown, ".json"), "application/json", &to_json(&shown.result, options));
        }
    };
    view! {
        <div class="menu-group">
            <h3>"Result JSON"</h3>
            <div class="menu-line">
                <span>
                    {check("Raw records, with every event", records)}
                    {check("Generated texts", texts)}
                </span>
                <button type="button" class="button small" aria-label="Download result JSON" on:click=save>"Download"</button>
            </div>
        </div>
    }
}

/// A summary that can be copied and downloaded.
#[component]
fn TableItem(
    label: &'static str,
    file: &'static str,
    mime: &'static str,
    make: fn(&RunResult) -> String,
) -> impl IntoView {
    let state = app();
    view! {
        <div class="menu-line">
            <span>{label}</span>
            <span class="row">
                <button type="button" class="button small" aria-label=format!("Copy {label}") on:click=move |_| copy(state, make)>"Copy"</button>
                <button type="button" class="button small" aria-label=format!("Download {label}") on:click=move |_| download(state, file, mime, make)>
                    "Download"
                </button>
            </span>
        </div>
    }
}

/// Any chart as a picture.
#[component]
fn ChartItem() -> impl IntoView {
    let state = app();
    let chosen = RwSignal::new(ChartKind::Ttft);
    let kinds = move || {
        state
            .charts
            .with(|data| data.as_ref().map(|data| ChartKind::all_of(data).collect::<Vec<_>>()))
            .unwrap_or_default()
    };
    let choose = move |event| {
        let word = event_target_value(&event);
        chosen.set(kinds().into_iter().find(|kind| kind.word() == word).unwrap_or(ChartKind::Ttft));
    };
    let options = move || {
        kinds().into_iter().map(|kind| view! { <option value=kind.word()>{kind.title()}</option> }).collect_view()
    };
    view! {
        <div class="menu-group">
            <h3 id="export-chart">"Chart"</h3>
            <div class="menu-line">
                <select aria-labelledby="export-chart" prop:value=move || chosen.get().word() on:change=choose>{options}</select>
                <span class="row">
                    <button type="button" class="button small" aria-label="Download chart as SVG" on:click=move |_| download_svg(state, chosen.get_untracked())>"SVG"</button>
                    <button type="button" class="button small" aria-label="Download chart as PNG" on:click=move |_| download_png(state, chosen.get_untracked())>"PNG"</button>
                </span>
            </div>
        </div>
    }
}

/// The result's file name with another ending.
fn name(shown: &Shown, ending: &str) -> String {
    let name = file_name(&shown.result.about, shown.result.own.as_deref());
    format!("{}{ending}", name.trim_end_matches(".json"))
}

fn download(state: AppState, ending: &str, mime: &str, make: fn(&RunResult) -> String) {
    if let Some(shown) = state.run.get_untracked() {
        hand_out(state, &name(&shown, ending), mime, &make(&shown.result));
    }
}

fn download_report(state: AppState) {
    if let (Some(shown), Some(charts)) = (state.run.get_untracked(), state.charts.get_untracked()) {
        let html = report(&shown.result, &charts, shown.partial.as_deref());
        hand_out(state, &name(&shown, ".html"), "text/html", &html);
    }
}

/// The chart as a file of its own, and the file's name without its ending; in light colours, which print.
fn drawn(state: AppState, kind: ChartKind) -> Option<(String, String)> {
    let (shown, data): (Arc<Shown>, _) = (state.run.get_untracked()?, state.charts.get_untracked()?);
    let width_px = if kind == ChartKind::Timeline { TIMELINE_PX } else { CHART_PX };
    let svg = chart::export(&kind.draw(&data, width_px), Theme::Light);
    Some((svg, name(&shown, &format!("-{}", kind.word()))))
}

fn download_svg(state: AppState, kind: ChartKind) {
    if let Some((svg, name)) = drawn(state, kind) {
        hand_out(state, &format!("{name}.svg"), "image/svg+xml", &svg);
    }
}

fn download_png(state: AppState, kind: ChartKind) {
    let Some((svg, name)) = drawn(state, kind) else { return };
    spawn_local(async move {
        let saved = match png(&svg).await {
            Ok(picture) => browser::download_blob(&format!("{name}.png"), &picture),
            Err(error) => Err(error),
        };
        if saved.is_err() {
            state.say(Tone::Bad, "The browser did not make a picture of this chart. Take it as SVG.");
        }
    });
}

fn copy(state: AppState, make: fn(&RunResult) -> String) {
    let Some(shown) = state.run.get_untracked() else { return };
    let text = make(&shown.result);
    spawn_local(async move {
        match browser::copy(&text).await {
            Ok(()) => state.say(Tone::Good, "The summary is on the clipboard."),
            Err(_) => state.say(Tone::Bad, "The browser does not let this page write to the clipboard."),
        }
    });
}
