//! The reference's text table, byte for byte, and after it what vLLM's has more: the end-to-end latency.

use std::fmt::Write;

use crate::metrics::Metric;
use crate::result::{RunResult, StatFigures};

/// What the table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableOptions {
    /// Adds the end-to-end latency, in vLLM's words.
    pub e2el: bool,
}

/// The table, ending in a line feed. A figure that the result lacks is `-`; a metric of which there was no value is 0,
/// as the reference prints it.
pub fn table(result: &RunResult, options: TableOptions) -> String {
    let figures = &result.figures;
    let mut out = String::new();
    rule(&mut out, " Serving Benchmark Result ", '=');
    count(&mut out, "Successful requests:", figures.completed);
    number(&mut out, "Benchmark duration (s):", figures.duration_s);
    count(&mut out, "Total input tokens:", figures.total_input_tokens);
    count(&mut out, "Total generated tokens:", figures.total_output_tokens);
    number(&mut out, "Request throughput (req/s):", figures.request_throughput);
    number(&mut out, "Input token throughput (tok/s):", figures.input_throughput);
    number(&mut out, "Output token throughput (tok/s):", figures.output_throughput);
    let mut sections = vec![
        (Metric::Ttft, "TTFT", "Time to First Token"),
        (Metric::Tpot, "TPOT", "Time per Output Token (excl. 1st token)"),
        (Metric::Itl, "ITL", "Inter-token Latency"),
    ];
    if options.e2el {
        sections.push((Metric::E2el, "E2EL", "End-to-end Latency"));
    }
    for (metric, short, title) in sections {
        rule(&mut out, title, '-');
        let stats = figures.stats(metric);
        number(&mut out, &format!("Mean {short} (ms):"), or_zero(stats, stats.mean_ms));
        number(&mut out, &format!("Median {short} (ms):"), or_zero(stats, stats.median_ms));
        number(&mut out, &format!("P99 {short} (ms):"), or_zero(stats, stats.percentile_ms(99.0)));
    }
    rule(&mut out, "", '=');
    out
}

fn or_zero(stats: &StatFigures, value: Option<f64>) -> Option<f64> {
    if stats.count == Some(0) { Some(value.unwrap_or(0.0)) } else { value }
}

fn rule(out: &mut String, title: &str, fill: char) {
    let width = 50_usize.saturating_sub(title.chars().count());
    out.extend(std::iter::repeat_n(fill, width / 2));
    out.push_str(title);
    out.extend(std::iter::repeat_n(fill, width - width / 2));
    out.push('\n');
}

fn count(out: &mut String, name: &str, value: Option<u64>) {
    line(out, name, &value.map_or_else(missing, |value| value.to_string()));
}

fn number(out: &mut String, name: &str, value: Option<f64>) {
    line(out, name, &value.map_or_else(missing, |value| format!("{value:.2}")));
}

fn missing() -> String {
    "-".to_owned()
}

fn line(out: &mut String, name: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{name:<40} {value:<10}");
}
