//! Every form in which a result can be taken away: JSON with more or less in it, tables, a report, the charts.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::browser;
use super::downloads::hand_out;
use super::parts::{menu_group, menu_line, small_button, tick};
use super::picture::{CHART_PX, chart_buttons};
use super::run::Shown;
use super::state::{AppState, Tone, app};
use crate::export::charts::ChartKind;
use crate::export::html::report;
use crate::export::{csv, markdown, report as text_report};
use crate::result::{RunResult, WriteOptions, file_name, to_json};

/// Width that the timeline is drawn for as a file, px.
const TIMELINE_PX: u32 = 1200;

/// The menu.
#[component]
pub(super) fn ExportMenu() -> impl IntoView {
    let state = app();
    let menu: NodeRef<html::Details> = NodeRef::new();
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
    // A shared summary has no requests to write.
    let has_requests =
        Memo::new(move |_| state.run.with(|run| run.as_ref().is_some_and(|shown| shown.shared.is_none())));
    let json = (RwSignal::new(WriteOptions::default().records), RwSignal::new(WriteOptions::default().texts));
    let chosen = RwSignal::new(ChartKind::Ttft);
    view! {
        <details class="menu" node_ref=menu on:keydown=on_key>
            <summary class="button large" id="export">"Export"</summary>
            <div class="menu-items">
                {move || has_requests.get().then(|| json_group(state, json))}
                {move || tables_group(state, has_requests.get())}
                {report_group(state)}
                {chart_group(state, chosen)}
            </div>
        </details>
    }
}

/// The result JSON, with a choice of what is in it.
fn json_group(state: AppState, (records, texts): (RwSignal<bool>, RwSignal<bool>)) -> AnyView {
    let save = move || {
        let options = WriteOptions { records: records.get_untracked(), texts: texts.get_untracked() };
        if let Some(shown) = state.run.get_untracked() {
            hand_out(state, &name(&shown, ".json"), "application/json", &to_json(&shown.result, options));
        }
    };
    let ticks = vec![tick("Raw records, with every event", records), tick("Generated texts", texts)];
    let button = small_button("Download", "Download result JSON".into(), save);
    menu_group("Result JSON", vec![menu_line(ticks.into_any(), vec![button])])
}

/// A table that can be taken away: what it is, its file's ending and type, and how it is made.
type Table = (&'static str, &'static str, &'static str, fn(&RunResult) -> String);

const CSV: Table = ("Requests, as CSV", ".csv", "text/csv", csv::requests);
const MARKDOWN: Table = ("Summary, as Markdown", ".md", "text/markdown", |result| markdown::table(&[result]));
const TEXT: Table = ("Summary, as the Python client prints it", ".txt", "text/plain", |result| {
    text_report::table(result, text_report::TableOptions { e2el: true })
});

fn tables_group(state: AppState, has_requests: bool) -> AnyView {
    let line = |(label, ending, mime, make): Table| {
        let save = small_button("Download", format!("Download {label}"), move || download(state, ending, mime, make));
        let copy = (mime != CSV.2).then(|| small_button("Copy", format!("Copy {label}"), move || copy(state, make)));
        menu_line(label.into_any(), copy.into_iter().chain([save]).collect())
    };
    let tables = [has_requests.then_some(CSV), Some(MARKDOWN), Some(TEXT)];
    menu_group("Tables", tables.into_iter().flatten().map(line).collect())
}

fn report_group(state: AppState) -> AnyView {
    let about = "Figures, charts and settings in one file".into_any();
    let button = small_button("Download HTML", "Download report as HTML".into(), move || download_report(state));
    menu_group("Report", vec![menu_line(about, vec![button])])
}

/// Any chart as a picture.
fn chart_group(state: AppState, chosen: RwSignal<ChartKind>) -> AnyView {
    let kinds = move || {
        let kinds = |shown: &Arc<Shown>| ChartKind::all_of(shown.has_times()).collect::<Vec<_>>();
        state.run.with(|shown| shown.as_ref().map(kinds)).unwrap_or_default()
    };
    let choose = move |event| {
        let word = event_target_value(&event);
        chosen.set(kinds().into_iter().find(|kind| kind.word() == word).unwrap_or(ChartKind::Ttft));
    };
    let option = |kind: ChartKind| view! { <option value=kind.word()>{kind.title()}</option> };
    let select = view! {
        <select aria-label="Chart" prop:value=move || chosen.get().word() on:change=choose>
            {move || kinds().into_iter().map(option).collect_view()}
        </select>
    };
    let draw = Callback::new(move |()| drawn(state, chosen.get_untracked()));
    let buttons = chart_buttons(state, "chart", draw);
    menu_group("Chart", vec![menu_line(select.into_any(), buttons)])
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

/// The name of a chart's file, without its ending, and the chart.
fn drawn(state: AppState, kind: ChartKind) -> Option<(String, String)> {
    let (shown, data): (Arc<Shown>, _) = (state.run.get_untracked()?, state.charts.get_untracked()?);
    let width_px = if kind == ChartKind::Timeline { TIMELINE_PX } else { CHART_PX };
    Some((name(&shown, &format!("-{}", kind.word())), kind.draw(&data, width_px)))
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
