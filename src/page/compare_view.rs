//! Results side by side: what was set differently, the figures with their differences from the baseline and how far these
//! may be chance, and the distributions laid over one another.

use leptos::html;
use leptos::prelude::*;

use super::chart_room::ChartRoom;
use super::compare_words::{difference, interval, meaning, value};
use super::history::entry::Gist;
use super::parts::table_scroll;
use super::picture::{CHART_PX, chart_buttons};
use super::state::{Compared, app};
use crate::chart::{self, Size};
use crate::export::charts::ChartKind;
use crate::result::compare::{Change, Comparison, FigureRow, Named, SettingRow, compare};

/// What results are called side by side; each has the colour of its place in the charts.
const NAMES: [&str; 4] = ["A", "B", "C", "D"];

/// The comparison.
#[component]
pub(super) fn CompareView() -> impl IntoView {
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

/// The latencies of all requests, one curve a result.
#[component]
fn Distributions() -> impl IntoView {
    let room: NodeRef<html::Section> = NodeRef::new();
    let ChartRoom { two_columns, half, .. } = ChartRoom::of(room);
    view! {
        <section class="charts" class:two-columns=move || two_columns.get() node_ref=room aria-labelledby="overlays-title">
            <h2 id="overlays-title">"Distributions"</h2>
            <div class="chart-grid">
                {ChartKind::DISTRIBUTIONS.map(|kind| overlay(half, kind)).collect_view()}
            </div>
        </section>
    }
}

/// One chart in its card, whose height is there before the chart is.
fn overlay(width: Memo<u32>, kind: ChartKind) -> impl IntoView {
    const HEIGHT_PX: u32 = 260;
    let state = app();
    let collect = move |one: &Compared| {
        let times = one.shown.result.requests.iter().map(|row| &row.times);
        let values_s = kind.metric().map(|metric| metric.values_s(times)).unwrap_or_default();
        values_s.into_iter().map(|value_s| value_s * 1000.0).collect::<Vec<_>>()
    };
    let draw = move |width_px: u32| {
        let values: Vec<Vec<f64>> = state.compared.with(|compared| compared.iter().map(collect).collect());
        let runs: Vec<(&str, &[f64])> = NAMES.iter().copied().zip(values.iter().map(Vec::as_slice)).collect();
        chart::overlay(kind.title(), &runs, Size { width_px, height_px: HEIGHT_PX })
    };
    let svg = move || if width.get() == 0 { String::new() } else { draw(width.get()) };
    let file = move |()| Some((format!("comparison-{}", kind.word()), untrack(|| draw(CHART_PX))));
    // The SVG is our own chart room's, which escapes what it writes.
    view! {
        <div class="card chart">
            <div style:min-height=format!("{HEIGHT_PX}px") inner_html=svg></div>
            <div class="row chart-files">{chart_buttons(state, kind.title(), Callback::new(file))}</div>
        </div>
    }
}
