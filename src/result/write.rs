//! The result JSON: the reference's keys in its order, then vLLM's of today that the reference lacks, then
//! `streamgauge` with what only we know. Arrays are aligned with the workload; times in them are seconds.

use serde::Serialize;

use super::python::Dict;
use super::{Own, RequestRow, RunResult, StatFigures, wire};
use crate::metrics::{Metric, MetricOptions, Place};

/// What goes into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteOptions {
    /// The raw records, with every event.
    pub records: bool,
    /// The generated texts. Without them `generated_texts` holds empty strings, and hashes stand with the records.
    pub texts: bool,
}

impl Default for WriteOptions {
    /// With records, without texts.
    fn default() -> Self {
        Self { records: true, texts: false }
    }
}

/// The result as the contract's JSON.
pub fn to_json(result: &RunResult, options: WriteOptions) -> String {
    let mut dict = Dict::default();
    let gaps = Gaps::Null;
    about_keys(&mut dict, result);
    figure_keys(&mut dict, result, gaps);
    array_keys(&mut dict, &result.requests, gaps, options.texts);
    vllm_keys(&mut dict, result);
    if let Some(own) = result.own.as_deref() {
        dict.set("streamgauge", &wire::Block::new(result, own, options));
    }
    dict.finish()
}

/// The result as the reference writes it, byte for byte: its keys alone, and its zeros for what has no value.
pub fn to_reference_json(result: &RunResult) -> String {
    let mut dict = Dict::default();
    about_keys(&mut dict, result);
    figure_keys(&mut dict, result, Gaps::Zero);
    array_keys(&mut dict, &result.requests, Gaps::Zero, true);
    dict.finish()
}

/// What stands for a number that there is not.
#[derive(Clone, Copy)]
enum Gaps {
    Null,
    Zero,
}

impl Gaps {
    fn fill(self, value: Option<f64>) -> Option<f64> {
        match self {
            Self::Null => value,
            Self::Zero => Some(value.unwrap_or(0.0)),
        }
    }
}

/// A rate as the reference has it: a number, or "inf".
#[derive(Serialize)]
#[serde(untagged)]
enum Rate {
    Number(Option<f64>),
    All(&'static str),
}

fn rate(value: Option<f64>) -> Rate {
    if value == Some(f64::INFINITY) { Rate::All("inf") } else { Rate::Number(value) }
}

fn about_keys(dict: &mut Dict, result: &RunResult) {
    let about = &result.about;
    dict.set("date", &about.date);
    dict.set("backend", &about.backend);
    dict.set("model_id", &about.model_id);
    dict.set("tokenizer_id", &about.tokenizer_id);
    dict.set("best_of", &about.best_of);
    dict.set("use_beam_search", &about.use_beam_search);
    dict.set("num_prompts", &about.num_prompts);
    for (key, value) in &about.metadata {
        dict.set(key, value);
    }
    dict.set("request_rate", &rate(about.request_rate));
}

fn figure_keys(dict: &mut Dict, result: &RunResult, gaps: Gaps) {
    let figures = &result.figures;
    dict.set("duration", &figures.duration_s);
    dict.set("completed", &figures.completed);
    dict.set("total_input_tokens", &figures.total_input_tokens);
    dict.set("total_output_tokens", &figures.total_output_tokens);
    dict.set("request_throughput", &figures.request_throughput);
    dict.set("input_throughput", &figures.input_throughput);
    dict.set("output_throughput", &figures.output_throughput);
    let of_reference = |metric: &Metric| matches!(metric.row().place, Place::Reference(_));
    for metric in Metric::ALL.iter().copied().filter(of_reference) {
        let stats = &figures.latencies[metric];
        stat_keys(dict, metric, stats, gaps);
        let p99 = stats.percentile_ms(99.0);
        dict.set(&format!("p99_{}_ms", metric.word()), &gaps.fill(p99));
    }
}

fn stat_keys(dict: &mut Dict, metric: Metric, stats: &StatFigures, gaps: Gaps) {
    let word = metric.word();
    dict.set(&format!("mean_{word}_ms"), &gaps.fill(stats.mean_ms));
    dict.set(&format!("median_{word}_ms"), &gaps.fill(stats.median_ms));
    dict.set(&format!("std_{word}_ms"), &gaps.fill(stats.std_ms));
}

fn array_keys(dict: &mut Dict, rows: &[RequestRow], gaps: Gaps, texts: bool) {
    let kept_text = |row: &RequestRow| row.text.clone().filter(|_| texts).unwrap_or_default();
    dict.set("input_lens", &column(rows, |row| row.times.prompt_len));
    dict.set("output_lens", &column(rows, |row| row.times.output_len));
    dict.set("ttfts", &column(rows, |row| gaps.fill(row.times.ttft_s)));
    dict.set("itls", &column(rows, |row| row.times.itls_s.as_slice()));
    dict.set("generated_texts", &column(rows, kept_text));
    dict.set("errors", &column(rows, |row| row.error.as_deref().unwrap_or_default()));
}

fn column<'a, T>(rows: &'a [RequestRow], value: impl Fn(&'a RequestRow) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// vLLM's keys that the reference lacks, in vLLM's order.
fn vllm_keys(dict: &mut Dict, result: &RunResult) {
    let (about, figures, rows) = (&result.about, &result.figures, &result.requests);
    dict.set("endpoint_type", &about.backend);
    dict.set("label", &about.label);
    dict.set("burstiness", &about.burstiness);
    dict.set("max_concurrency", &about.max_concurrency);
    let own = result.own.as_deref();
    if let Some(settings) = own.map(|own| &own.settings).filter(|settings| settings.ramp_up_strategy.is_some()) {
        dict.set("ramp_up_strategy", &settings.ramp_up_strategy);
        dict.set("ramp_up_start_rps", &settings.ramp_up_start_rps);
        dict.set("ramp_up_end_rps", &settings.ramp_up_end_rps);
    }
    dict.set("failed", &figures.failed);
    dict.set("request_goodput", &figures.request_goodput);
    dict.set("total_token_throughput", &figures.total_token_throughput);
    dict.set("latencies", &column(rows, |row| row.times.latency_s));
    dict.set("start_times", &column(rows, |row| row.times.sent_s));
    dict.set("queue_times", &column(rows, |row| row.times.delay_s));
    dict.set("max_output_tokens_per_s", &figures.max_output_tokens_per_s);
    dict.set("max_concurrent_requests", &figures.max_concurrent_requests);
    dict.set("rtfx", &None::<f64>);
    for metric in chosen_metrics(own) {
        let stats = &figures.latencies[metric];
        stat_keys(dict, metric, stats, Gaps::Null);
        for (percentile, value) in &stats.percentiles_ms {
            dict.set(&format!("p{percentile}_{}_ms", metric.word()), value);
        }
    }
}

/// The metrics that get a block, in vLLM's order.
fn chosen_metrics(own: Option<&Own>) -> Vec<Metric> {
    let options = own.and_then(|own| MetricOptions::from_settings(&own.settings).ok());
    options.map_or_else(|| Metric::STANDARD.to_vec(), |options| options.percentile_metrics)
}
