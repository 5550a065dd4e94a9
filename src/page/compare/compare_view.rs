//! Results side by side: what was set differently, the figures with their differences from the baseline and how far these
//! may be chance, and the distributions laid over one another.

use leptos::html;
use leptos::prelude::*;

use crate::chart::{Chart, ChartKind, RunLatencies, list};
use crate::page::parts::table_scroll;
use crate::page::results::chart_reading::Reading;
use crate::page::results::chart_room::{ChartRoom, PADDING_PX};
use crate::page::results::picture::{CHART_PX, chart_buttons};
use crate::page::state::{Compared, app};
use crate::result::compare::{Change, Comparison, FigureRow, Named, SettingRow, compare};
use crate::view::compare_words::{difference, interval, meaning, value};
use crate::view::history_entry::Gist;

/// What results are called side by side; each has the colour of its place in the charts.
const NAMES: [&str; 4] = ["A", "B", "C", "D"];

/// The comparison.
#[component]
pub(in crate::page) fn CompareView() -> impl IntoView {
    let state = app();
    let comparison = move || {
        state.compared.with(|compared| {
            let named: Vec<Named<'_>> =
                NAMES.iter().zip(compared).map(|(name, one)| Named { name, result: &one.shown.result }).collect();
            compare(&named, state.baseline.get())
        })
    };
    view! {
        <section class="compare" aria-labelledby="compare-title">
            <div class="row between">
                <h2 id="compare-title" tabindex="-1">"Comparison"</h2>
                <button type="button" class="button small" on:click=move |_| state.compared.set(Vec::new())>
                    "Close comparison"
                </button>
            </div>
            <Results/>
            {move || tables(&comparison())}
            <Distributions/>
        </section>
    }
}

/// Which results these are, and which of them is the baseline.
#[component]
fn Results() -> impl IntoView {
    let state = app();
    let card = move |(place, one): (usize, &Compared)| {
        let words = Gist::of(&one.shown.result).words();
        view! {
            <label class="compared-result">
                {badge(place)}
                <span class="compared-words">
                    <span class="compared-title">{one.title.clone()}</span>
                    <span class="help">{words}</span>
                </span>
                <span class="compared-base">
                    <input
                        type="radio"
                        name="baseline"
                        prop:checked=move || state.baseline.get() == place
                        on:change=move |_| state.baseline.set(place)
                    />
                    "Baseline"
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="compared-results">
            <legend class="visually-hidden">"Results, and which of them is the baseline"</legend>
            {move || state.compared.with(|compared| compared.iter().enumerate().map(card).collect_view())}
        </fieldset>
    }
}

/// A result's name in its colour.
fn badge(place: usize) -> impl IntoView {
    view! { <span class=format!("letter letter-{}", place + 1)>{NAMES.get(place).copied().unwrap_or_default()}</span> }
}

fn tables(comparison: &Comparison) -> impl IntoView + use<> {
    let warnings = comparison.warnings.iter().map(|text| view! { <li>{text.clone()}</li> }).collect_view();
    let warned = !comparison.warnings.is_empty();
    view! {
        {warned.then(|| view! { <ul class="notice marginal doubts" role="status">{warnings}</ul> })}
        {figures_table(&comparison.figures)}
        {settings_table(&comparison.settings)}
    }
}

fn figures_table(rows: &[FigureRow]) -> impl IntoView + use<> {
    let state = app();
    let (count, step_ms) = state.compared.with_untracked(|compared| {
        (compared.len(), compared.iter().map(|one| one.shown.clock_step_ms()).fold(0.0, f64::max))
    });
    let body = rows.iter().map(|row| figure_row(row, step_ms)).collect_view();
    let foot = "An interval holds the difference of what the servers would show in many such runs with 95 % confidence \
                (bootstrap over the requests). Where it holds zero, the difference may be chance. Figures that are one \
                number a run have none.";
    view! {
        <div class="card">
            {scroll_table("Figures", "compare-figures", count, body)}
            <p class="help">{foot}</p>
        </div>
    }
}

fn figure_row(row: &FigureRow, step_ms: f64) -> AnyView {
    let figure = row.figure;
    let change_view = |change: &Change| {
        let meaning = meaning(figure, change);
        let word = meaning.word().map(|word| view! { <span class="change-word">{word}</span> });
        view! {
            <span class=meaning.class()>{difference(figure, change, step_ms)} " " {word}</span>
            {interval(figure, change, step_ms).map(|text| view! { <span class="change-interval">{text}</span> })}
        }
    };
    let cells = row.values.iter().zip(&row.changes).map(|(known, change)| {
        let change = change.as_ref().map(change_view);
        view! {
            <td>
                <span class="compared-value">{value(figure, *known, step_ms)}</span>
                {change}
            </td>
        }
    });
    let cells = cells.collect_view();
    view! {
        <tr>
            <th scope="row">{figure.label} <span class="unit">{figure.unit}</span></th>
            {cells}
        </tr>
    }
    .into_any()
}

fn settings_table(rows: &[SettingRow]) -> impl IntoView + use<> {
    let count = app().compared.with_untracked(Vec::len);
    let row = |row: &SettingRow| {
        let cells = row.values.iter().map(|value| view! { <td>{value.clone().unwrap_or_else(|| "–".into())}</td> });
        let cells = cells.collect_view();
        view! {
            <tr>
                <th scope="row">{row.label}</th>
                {cells}
            </tr>
        }
        .into_any()
    };
    let none = rows.is_empty();
    let body = rows.iter().map(row).collect_view();
    view! {
        <div class="card">
            {if none {
                view! { <p class="help">"No setting that the results tell of differs."</p> }.into_any()
            } else {
                scroll_table("Settings that differ", "compare-settings", count, body)
            }}
        </div>
    }
}

/// A table with a column a result, which scrolls sideways where there is no room.
fn scroll_table(caption: &'static str, class: &'static str, count: usize, body: Vec<AnyView>) -> AnyView {
    let heads = (0..count).map(|place| view! { <th scope="col">{badge(place)}</th> }).collect_view();
    let table = view! {
        <table class=class style=format!("--columns:{count}")>
            <caption>{caption}</caption>
            <thead>
                <tr>
                    <td></td>
                    {heads}
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    };
    table_scroll("table-scroll", caption, table.into_any())
}

/// The latencies of all requests, one curve per result.
#[component]
fn Distributions() -> impl IntoView {
    let state = app();
    let room: NodeRef<html::Section> = NodeRef::new();
    let ChartRoom { two_columns, half, .. } = ChartRoom::of(room);
    let runs = Memo::new(move |_| {
        let latencies = |(name, one): (&&str, &Compared)| RunLatencies::of(name, &one.shown.result);
        state.compared.with(|compared| NAMES.iter().zip(compared).map(latencies).collect::<Vec<_>>())
    });
    let cards = list::comparisons().map(|kind| view! { <Overlay kind=kind runs=runs width=half/> }).collect_view();
    view! {
        <section class="charts" class:two-columns=move || two_columns.get() node_ref=room aria-labelledby="overlays-title">
            <h2 id="overlays-title">"Distributions"</h2>
            <div class="chart-grid">{cards}</div>
        </section>
    }
}

/// One chart in its card, whose height is there before the chart is.
#[component]
fn Overlay(kind: ChartKind<[RunLatencies]>, runs: Memo<Vec<RunLatencies>>, width: Memo<u32>) -> impl IntoView {
    let state = app();
    let draw = move |width_px: u32| runs.with(|runs| kind.draw(runs, width_px));
    let chart = Memo::new(move |_| match width.get() {
        0 => Chart::default(),
        width_px => draw(width_px),
    });
    let file = move |()| Some((format!("comparison-{}", kind.name), untrack(|| draw(CHART_PX))));
    let height_px = move || format!("{}px", runs.with(|runs| kind.height_px(runs)) + PADDING_PX);
    view! {
        <div class="card chart" style:min-height=height_px>
            <Reading label=kind.label chart=chart/>
            <div class="row chart-files">{chart_buttons(state, kind.label, Callback::new(file))}</div>
        </div>
    }
}
