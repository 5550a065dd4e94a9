//! The figures of a result as the tables that a person reads, on the page and in a report alike: every cell is text, no
//! finer than the clock, and what a file lacks is a dash.

use super::{Figures, StatFigures};
use crate::format::{count, decimals_for_step, digits, duration_at_step, fixed};
use crate::metrics::{Metric, Summary};

/// What stands where there is no figure.
pub const MISSING: &str = "–";

/// A figure that is read first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// What it is.
    pub name: &'static str,
    /// The figure.
    pub value: String,
    /// What belongs beside it; may be empty.
    pub note: String,
}

/// The figures that are read first. Times are no finer than the clock's step.
pub fn headline(figures: &Figures, step_ms: f64) -> Vec<Tile> {
    let at_step = |value_ms| duration_at_step(value_ms, step_ms);
    let latency = |metric: Metric| {
        let stats = &figures.latencies[metric];
        Tile {
            name: metric.row().statistics[1],
            value: stats.median_ms.map_or_else(missing, at_step),
            note: stats.percentile_ms(99.0).map(|p99| format!("p99 {}", at_step(p99))).unwrap_or_default(),
        }
    };
    let mut tiles: Vec<Tile> = Metric::standard_per_request().map(latency).collect();
    tiles.push(Tile {
        name: "Output tokens/s",
        value: figures.output_throughput.map_or_else(missing, |rate| digits(rate, 3)),
        note: figures.request_throughput.map(|r| format!("{} requests/s", digits(r, 3))).unwrap_or_default(),
    });
    tiles
}

/// The latencies, in ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatencyTable {
    /// The heads of the columns after the metric's name.
    pub heads: Vec<String>,
    /// A row a metric: short name, long name, cells.
    pub rows: Vec<(&'static str, &'static str, Vec<String>)>,
}

/// The standard latencies, and those others that have values: mean, median, deviation, every percentile that one of them has, and how many values there were.
pub fn latencies(figures: &Figures, step_ms: f64) -> LatencyTable {
    let decimals = decimals_for_step(step_ms);
    let shown: Vec<(Metric, &StatFigures)> =
        figures.latencies.iter().filter(|(metric, stats)| metric.is_standard() || !stats.is_missing()).collect();
    let mut percentiles: Vec<f64> =
        shown.iter().flat_map(|(_, stats)| stats.percentiles_ms.iter().map(|(p, _)| *p)).collect();
    percentiles.sort_unstable_by(f64::total_cmp);
    percentiles.dedup();
    // The median has a column of its own.
    percentiles.retain(|p| *p != 50.0);
    let mut heads: Vec<String> = ["Mean", "Median", "Std dev"].map(str::to_owned).into();
    heads.extend(percentiles.iter().map(|p| format!("P{p}")));
    heads.push("Values".to_owned());
    let row = |(metric, stats): (Metric, &StatFigures)| {
        (metric.label(), metric.row().name, cells(stats, &percentiles, decimals))
    };
    LatencyTable { heads, rows: shown.into_iter().map(row).collect() }
}

/// The cells of a row of the latency table.
fn cells(stats: &StatFigures, percentiles: &[f64], decimals: usize) -> Vec<String> {
    let show = |value: Option<f64>| value.map_or_else(missing, |value| fixed(value, decimals));
    let mut cells: Vec<String> = [stats.mean_ms, stats.median_ms, stats.std_ms].map(show).into();
    cells.extend(percentiles.iter().map(|p| show(stats.percentile_ms(*p))));
    cells.push(stats.count.map_or_else(missing, count));
    cells
}

impl LatencyTable {
    /// Adds TTFT and ITL of tokens of any kind (text, reasoning, tool calls, refusals) where some were no text, which
    /// the definition on show may leave out.
    pub fn add_tokens_of_any_kind(&mut self, summary: &Summary, step_ms: f64) {
        let (ttft, itl) = (&summary.ttft_any, &summary.itl_any);
        if itl.count == 0 && ttft.count <= summary.latencies[Metric::Ttft].count {
            return;
        }
        let percentiles: Vec<f64> = self.heads.iter().filter_map(|head| head.strip_prefix('P')?.parse().ok()).collect();
        let row = |short, long, stats| {
            (short, long, cells(&StatFigures::from(stats), &percentiles, decimals_for_step(step_ms)))
        };
        self.rows.push(row("TTFT, any", "Time to first token of any kind: text, reasoning, tool call, refusal", ttft));
        self.rows.push(row("ITL, any", "Inter-token latency between tokens of any kind", itl));
    }
}

/// A line of a table of names: name, value, unit.
pub type Line = (&'static str, String, &'static str);

/// Counts and lengths.
pub fn totals(figures: &Figures) -> Vec<Line> {
    vec![
        ("Successful requests", whole(figures.completed), ""),
        ("Failed requests", whole(figures.failed), ""),
        ("Benchmark duration", real(figures.duration_s), "s"),
        ("Total input tokens", whole(figures.total_input_tokens), ""),
        ("Total generated tokens", whole(figures.total_output_tokens), ""),
        ("Peak requests in flight", whole(figures.max_concurrent_requests), ""),
    ]
}

/// Throughputs; goodput where limits were given.
pub fn rates(figures: &Figures) -> Vec<Line> {
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
    rates
}

fn missing() -> String {
    MISSING.to_owned()
}

fn whole(value: Option<u64>) -> String {
    value.map_or_else(missing, count)
}

fn real(value: Option<f64>) -> String {
    value.map_or_else(missing, |value| fixed(value, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{PerMetric, Stats};

    #[test]
    fn what_a_file_lacks_is_a_dash_and_no_time_is_finer_than_the_clock() {
        let ttft = StatFigures {
            count: Some(3),
            median_ms: Some(12.345),
            percentiles_ms: vec![(50.0, 12.345), (99.0, 20.0)],
            ..StatFigures::default()
        };
        let figures = Figures { completed: Some(1234), latencies: [(Metric::Ttft, ttft)].into(), ..Figures::default() };
        let table = latencies(&figures, 0.1);
        assert_eq!(table.heads, ["Mean", "Median", "Std dev", "P99", "Values"]);
        assert_eq!(table.rows[0].2, ["–", "12.3", "–", "20.0", "3"]);
        assert_eq!(table.rows[1].2, ["–"; 5]);
        assert_eq!(headline(&figures, 0.1)[0].note, "p99 20.0 ms");
        assert_eq!(totals(&figures)[0].1, "1,234");
        assert_eq!(rates(&figures).len(), 5);
    }

    #[test]
    fn tokens_that_are_no_text_have_rows_of_their_own() {
        let of = |count, mean_ms| Stats { count, mean_ms, ..Stats::default() };
        let mut table = latencies(&Figures::default(), 0.1);
        let latencies = PerMetric::from([(Metric::Ttft, of(4, 9.0))]);
        let text = Summary { latencies, ttft_any: of(4, 9.0), ..Summary::default() };
        table.add_tokens_of_any_kind(&text, 0.1);
        assert_eq!(table.rows.len(), 4);
        let tools = Summary { ttft_any: of(4, 100.0), itl_any: of(12, 40.0), ..Summary::default() };
        table.add_tokens_of_any_kind(&tools, 0.1);
        let added: Vec<_> = table.rows[4..].iter().map(|(short, _, cells)| (*short, &*cells[0], &*cells[3])).collect();
        assert_eq!(added, [("TTFT, any", "100.0", "4"), ("ITL, any", "40.0", "12")]);
    }
}
