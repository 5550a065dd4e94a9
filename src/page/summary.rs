//! The figures of a result: the few that are read first, then the reference's whole table, with E2EL.

use leptos::prelude::*;

use super::format::{count, decimals_for_step, digits, duration_at_step, fixed};
use super::state::app;
use crate::metrics::Metric;
use crate::result::{Figures, StatFigures};

/// What stands where a file has no figure.
const MISSING: &str = "–";

/// Headline figures and both tables.
#[component]
pub(super) fn SummaryTable() -> impl IntoView {
    let state = app();
    move || {
        let shown = state.run.get()?;
        let figures = shown.result.figures.clone();
        Some(view! {
            <section class="summary" aria-labelledby="summary-title">
                <h2 id="summary-title" class="visually-hidden">"Figures"</h2>
                {headline(&figures, shown.clock_step_ms())}
                <div class="card">
                    {latency_table(&figures, decimals_for_step(shown.clock_step_ms()))}
                    {totals_tables(&figures)}
                </div>
            </section>
        })
    }
}

fn headline(figures: &Figures, step_ms: f64) -> impl IntoView + use<> {
    let tile = |name: &'static str, value: String, note: String| {
        view! {
            <div class="tile">
                <dt>{name}</dt>
                <dd>
                    <span class="figure">{value}</span>
                    <span class="help">{note}</span>
                </dd>
            </div>
        }
    };
    let latency = move |stats: &StatFigures| {
        let p99 =
            stats.percentile_ms(99.0).map_or_else(String::new, |p99| format!("p99 {}", duration_at_step(p99, step_ms)));
        (stats.median_ms.map_or_else(|| MISSING.into(), |median| duration_at_step(median, step_ms)), p99)
    };
    let (ttft, ttft_p99) = latency(&figures.ttft);
    let (tpot, tpot_p99) = latency(&figures.tpot);
    let (e2el, e2el_p99) = latency(&figures.e2el);
    let throughput = figures.output_throughput.map_or_else(|| MISSING.into(), |rate| digits(rate, 3));
    let requests =
        figures.request_throughput.map_or_else(String::new, |rate| format!("{} requests/s", digits(rate, 3)));
    view! {
        <dl class="tiles">
            {tile("Median TTFT", ttft, ttft_p99)}
            {tile("Median TPOT", tpot, tpot_p99)}
            {tile("Median E2EL", e2el, e2el_p99)}
            {tile("Output tokens/s", throughput, requests)}
        </dl>
    }
}

const METRICS: [(Metric, &str, &str); 4] = [
    (Metric::Ttft, "TTFT", "Time to first token"),
    (Metric::Tpot, "TPOT", "Time per output token, without the first"),
    (Metric::Itl, "ITL", "Inter-token latency"),
    (Metric::E2el, "E2EL", "End-to-end latency"),
];

fn latency_table(figures: &Figures, decimals: usize) -> impl IntoView + use<> {
    let mut percentiles: Vec<f64> =
        METRICS.iter().flat_map(|(metric, ..)| figures.stats(*metric).percentiles_ms.iter().map(|(p, _)| *p)).collect();
    percentiles.sort_unstable_by(f64::total_cmp);
    percentiles.dedup();
    // The median has a column of its own.
    percentiles.retain(|p| *p != 50.0);
    let show = move |value: Option<f64>| value.map_or_else(|| MISSING.to_owned(), |value| fixed(value, decimals));
    let rows = METRICS
        .map(|(metric, short, long)| {
            let stats = figures.stats(metric);
            let values = [stats.mean_ms, stats.median_ms, stats.std_ms].map(show);
            let high: Vec<String> = percentiles.iter().map(|p| show(stats.percentile_ms(*p))).collect();
            view! {
                <tr>
                    <th scope="row">
                        <abbr title=long>{short}</abbr>
                        <span class="help">{long}</span>
                    </th>
                    {values.into_iter().chain(high).map(|value| view! { <td>{value}</td> }).collect_view()}
                    <td>{stats.count.map_or_else(|| MISSING.to_owned(), count)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Latencies">
            <table class="figures">
                <caption>"Latencies in ms"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Metric"</th>
                        <th scope="col">"Mean"</th>
                        <th scope="col">"Median"</th>
                        <th scope="col">"Std dev"</th>
                        {percentiles.iter().map(|p| view! { <th scope="col">{format!("P{p}")}</th> }).collect_view()}
                        <th scope="col">"Values"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn totals_tables(figures: &Figures) -> impl IntoView + use<> {
    let whole = |value: Option<u64>| value.map_or_else(|| MISSING.to_owned(), count);
    let real = |value: Option<f64>| value.map_or_else(|| MISSING.to_owned(), |value| fixed(value, 2));
    let totals = vec![
        ("Successful requests", whole(figures.completed), ""),
        ("Failed requests", whole(figures.failed), ""),
        ("Benchmark duration", real(figures.duration_s), "s"),
        ("Total input tokens", whole(figures.total_input_tokens), ""),
        ("Total generated tokens", whole(figures.total_output_tokens), ""),
        ("Peak requests in flight", whole(figures.max_concurrent_requests), ""),
    ];
    let mut rates = vec![
        ("Request throughput", real(figures.request_throughput), "req/s"),
        ("Input token throughput", real(figures.input_throughput), "tok/s"),
        ("Output token throughput", real(figures.output_throughput), "tok/s"),
        ("Total token throughput", real(figures.total_token_throughput), "tok/s"),
        ("Peak output tokens in a second", real(figures.max_output_tokens_per_s), "tok/s"),
    ];
    if figures.request_goodput.is_some() {
        rates.insert(1, ("Request goodput", real(figures.request_goodput), "req/s"));
    }
    view! {
        <div class="totals-pair">
            {named_table("Totals", totals)}
            {named_table("Throughput", rates)}
        </div>
    }
}

fn named_table(caption: &'static str, rows: Vec<(&'static str, String, &'static str)>) -> impl IntoView {
    let rows = rows
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
