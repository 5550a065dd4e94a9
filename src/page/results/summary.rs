//! The figures of a result: the few that are read first, then the reference's whole table, with E2EL.

use leptos::prelude::*;

use crate::page::parts::table_scroll;
use crate::page::state::app;
use crate::result::Figures;
use crate::result::tables;
use crate::result::tables::{LatencyTable, Line, Tile};

/// Headline figures and both tables.
#[component]
pub(in crate::page) fn SummaryTable() -> impl IntoView {
    let state = app();
    move || {
        let shown = state.run.get()?;
        let figures = shown.result.figures.clone();
        let mut latencies = tables::latencies(&figures, shown.clock_step_ms());
        if let Some(own) = &shown.result.own {
            latencies.add_tokens_of_any_kind(&own.summary, shown.clock_step_ms());
        }
        Some(view! {
            <section class="summary" aria-labelledby="summary-title">
                <h2 id="summary-title" class="visually-hidden">"Figures"</h2>
                {headline(&figures, shown.clock_step_ms())}
                <div class="card">
                    {latency_table(latencies)}
                    {totals_tables(&figures)}
                </div>
            </section>
        })
    }
}

fn headline(figures: &Figures, step_ms: f64) -> impl IntoView + use<> {
    let tile = |tile: Tile| {
        view! {
            <div class="tile">
                <dt>{tile.name}</dt>
                <dd>
                    <span class="figure">{tile.value}</span>
                    <span class="help">{tile.note}</span>
                </dd>
            </div>
        }
    };
    view! { <dl class="tiles">{tables::headline(figures, step_ms).into_iter().map(tile).collect_view()}</dl> }
}

fn latency_table(table: LatencyTable) -> impl IntoView + use<> {
    let rows = table
        .rows
        .into_iter()
        .map(|(short, long, cells)| {
            view! {
                <tr>
                    <th scope="row">
                        <abbr title=long>{short}</abbr>
                        <span class="help">{long}</span>
                    </th>
                    {cells.into_iter().map(|value| view! { <td>{value}</td> }).collect_view()}
                </tr>
            }
        })
        .collect_view();
    let table = view! {
        <table class="figures">
            <caption>"Latencies in ms"</caption>
            <thead>
                <tr>
                    <th scope="col">"Metric"</th>
                    {table.heads.into_iter().map(|head| view! { <th scope="col">{head}</th> }).collect_view()}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    };
    table_scroll("table-scroll", "Latencies", table.into_any())
}

fn totals_tables(figures: &Figures) -> impl IntoView + use<> {
    view! {
        <div class="totals-pair">
            {named_table("Totals", tables::totals(figures))}
            {named_table("Throughput", tables::rates(figures))}
        </div>
    }
}

fn named_table(caption: &'static str, lines: Vec<Line>) -> impl IntoView {
    let rows = lines
        .into_iter()
        .map(|(name, value, unit)| {
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td>{value}</td>
                    <td class="unit">{unit}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="totals">
            <caption>{caption}</caption>
            <tbody>{rows}</tbody>
        </table>
    }
}
