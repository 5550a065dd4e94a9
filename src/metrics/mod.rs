//! From records to figures, under named definitions. Pure arithmetic: the same records always give the same figures,
//! and every statistic equals NumPy's to the last bit.

pub mod concurrency;
pub mod definitions;
mod options;
pub mod stats;
mod truth;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::{FailureKind, Outcome, Record};
pub use concurrency::{SteadyRule, SteadyWindow};
pub use definitions::{Definition, RequestTimes};
pub use options::{Limit, Metric, MetricOptions};
pub use stats::Stats;
pub use truth::{TOLERANCE as TOKEN_TOLERANCE, TokenTruth};

/// The figures of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Whose definitions they follow.
    pub definition: Definition,
    /// Requests that completed.
    pub completed: u32,
    /// Requests that failed.
    pub failed: u32,
    /// Requests that were neither sent to their end nor failed, because the run was stopped.
    pub stopped: u32,
    /// From the start to the last outcome (and the last wait of the schedule), in s.
    pub duration_s: f64,
    /// Prompt tokens of the completed requests.
    pub total_input_tokens: u64,
    /// Output tokens of the completed requests, counted as the definition says.
    pub total_output_tokens: u64,
    /// Completed requests per second.
    pub request_throughput: f64,
    /// Prompt tokens per second.
    pub input_throughput: f64,
    /// Output tokens per second.
    pub output_throughput: f64,
    /// Prompt and output tokens per second.
    pub total_token_throughput: f64,
    /// Good requests per second, where limits are given.
    pub request_goodput: Option<f64>,
    /// Good requests, where limits are given.
    pub good_requests: Option<u32>,
    /// Time to first token, from the send.
    pub ttft: Stats,
    /// Time to the first token or the first bit of reasoning.
    pub ttft_any: Stats,
    /// Time per output token after the first, one value a request.
    pub tpot: Stats,
    /// Inter-token latency, pooled over all requests.
    pub itl: Stats,
    /// Of the pooled latencies, those between events of one read: unknown, and 0 in the figures.
    pub itl_unknown_gaps: u64,
    /// End-to-end latency, from the send.
    pub e2el: Stats,
    /// Time to first token from the intended send.
    pub ttft_from_intended: Stats,
    /// End-to-end latency from the intended send.
    pub e2el_from_intended: Stats,
    /// Lateness of the sends against the schedule, of every request that was sent.
    pub schedule_delay: Stats,
    /// Requests sent per second between the first send and the last; none below two sends.
    pub achieved_rate: Option<f64>,
    /// Most output tokens (not chunks) in one second of the run.
    pub max_output_tokens_per_s: f64,
    /// Most requests in flight at once.
    pub max_concurrent_requests: u32,
    /// The steady part of the run, by each rule that finds one.
    pub steady: Vec<SteadyWindow>,
    /// Failed requests by kind.
    pub failures: BTreeMap<FailureKind, u32>,
    /// Token counts side by side.
    pub tokens: TokenTruth,
}

/// What each record comes to, in the records' order.
pub fn times(records: &[Record], options: &MetricOptions) -> Vec<RequestTimes> {
    records.iter().map(|record| definitions::request_times(record, options.definition, options.backend)).collect()
}

/// The figures of a run of `duration_s`.
pub fn summarize(records: &[Record], duration_s: f64, options: &MetricOptions) -> Summary {
    summarize_both(records, &times(records, options), duration_s, options)
}

/// The same, where what each record comes to is known already.
pub fn summarize_both(records: &[Record], times: &[RequestTimes], duration_s: f64, options: &MetricOptions) -> Summary {
    let mut summary = summarize_times(times, duration_s, options);
    let seconds = concurrency::tokens_by_second(records, times);
    summary.max_output_tokens_per_s = seconds.into_iter().fold(0.0, f64::max);
    summary.max_concurrent_requests = concurrency::max_concurrent(&concurrency::spans(records));
    summary.steady =
        concurrency::steady_windows(records, times, options.max_concurrency, duration_s, &options.percentiles);
    summary.tokens = TokenTruth::of(records);
    summary.failed = 0;
    for record in records {
        match &record.outcome {
            Outcome::Failed(failure) => {
                summary.failed += 1;
                *summary.failures.entry(failure.kind).or_default() += 1;
            }
            Outcome::Pending | Outcome::Stopped => summary.stopped += 1,
            Outcome::Completed => {}
        }
    }
    summary
}

/// The figures that follow from what each request comes to; those that need its events are left at zero. A request
/// that did not complete counts as failed.
pub fn summarize_times(times: &[RequestTimes], duration_s: f64, options: &MetricOptions) -> Summary {
    let done: Vec<&RequestTimes> = times.iter().filter(|times| times.succeeded).collect();
    let total = |len: fn(&RequestTimes) -> Option<u32>| done.iter().filter_map(|t| len(t)).map(u64::from).sum::<u64>();
    let each = |value: fn(&RequestTimes) -> Option<f64>| -> Vec<f64> { done.iter().filter_map(|t| value(t)).collect() };
    let stats = |values_s: &[f64]| Stats::of_seconds(values_s, &options.percentiles);
    let per_s = |count: f64| if duration_s > 0.0 { count / duration_s } else { 0.0 };

    let (total_input, total_output) = (total(|t| t.prompt_len), total(|t| t.output_len));
    let itls: Vec<f64> = done.iter().flat_map(|t| t.itls_s.iter().copied()).collect();
    let delays: Vec<f64> = times.iter().filter_map(|t| t.delay_s).collect();
    let good = (!options.goodput.is_empty())
        .then(|| done.iter().filter(|t| options.goodput.iter().all(|limit| limit.is_met(t))).count());
    Summary {
        definition: options.definition,
        completed: done.len() as u32,
        failed: (times.len() - done.len()) as u32,
        duration_s,
        total_input_tokens: total_input,
        total_output_tokens: total_output,
        request_throughput: per_s(done.len() as f64),
        input_throughput: per_s(total_input as f64),
        output_throughput: per_s(total_output as f64),
        total_token_throughput: per_s((total_input + total_output) as f64),
        request_goodput: good.map(|good| per_s(good as f64)),
        good_requests: good.map(|good| good as u32),
        ttft: stats(&each(|t| t.ttft_s)),
        ttft_any: stats(&each(|t| t.first_any_s)),
        tpot: stats(&each(|t| t.tpot_s)),
        itl: stats(&itls),
        itl_unknown_gaps: done.iter().map(|t| u64::from(t.unknown_gaps)).sum(),
        e2el: stats(&each(|t| t.latency_s)),
        ttft_from_intended: stats(&each(|t| Some(t.ttft_s? + t.delay_s?))),
        e2el_from_intended: stats(&each(|t| Some(t.latency_s? + t.delay_s?))),
        schedule_delay: stats(&delays),
        achieved_rate: achieved_rate(times),
        ..Summary::default()
    }
}

fn achieved_rate(times: &[RequestTimes]) -> Option<f64> {
    let sent = || times.iter().filter_map(|times| times.sent_s);
    let (first, last) = (sent().reduce(f64::min)?, sent().reduce(f64::max)?);
    let gaps = sent().count() - 1;
    (last > first).then(|| gaps as f64 / (last - first))
}
