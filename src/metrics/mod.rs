//! From records to figures, under named definitions. Which latencies there are is one table ([`Metric`]). Pure arithmetic:
//! the same records always give the same figures, and every statistic equals NumPy's to the last bit.

pub mod concurrency;
mod definitions;
mod explained;
mod options;
pub mod over_time;
mod per_metric;
mod request_times;
pub mod stats;
mod streams;
mod table;
mod truth;

use std::collections::BTreeMap;

use crate::record::{EventKind, FailureKind, Outcome, Record};
pub use concurrency::{SteadyRule, SteadyWindow};
pub use definitions::Definition;
pub use options::{Limit, MetricOptions};
pub use over_time::RequestSpan;
pub use per_metric::PerMetric;
pub use request_times::{RequestTimes, tpot_s};
pub use stats::Stats;
pub use streams::{StreamTraits, remark};
pub use table::{LimitRule, Metric, Place, Read, Row};
pub use truth::{TOLERANCE as TOKEN_TOLERANCE, TokenTruth};

/// The figures of a run.
#[derive(Debug, Clone, PartialEq, Default)]
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
    /// The latencies, from the send.
    pub latencies: PerMetric<Stats>,
    /// Time to the first token of any kind: text, reasoning, a tool call, a refusal.
    pub ttft_any: Stats,
    /// Gaps between tokens of any kind, pooled over all requests; of no value where all tokens are text.
    pub itl_any: Stats,
    /// Of the inter-token latencies, those between events of one read: unknown, and 0 in the figures.
    pub itl_unknown_gaps: u64,
    /// Time to first token from the intended send.
    pub ttft_from_intended: Stats,
    /// End-to-end latency from the intended send.
    pub e2el_from_intended: Stats,
    /// Lateness of the sends against the schedule, of every request that was sent.
    pub schedule_delay: Stats,
    /// Requests sent per second between the first send and the last; none below two sends, and of less than a second.
    pub achieved_rate: Option<f64>,
    /// Most output tokens (not chunks) in one second of the run; none of a run of less than a second.
    pub max_output_tokens_per_s: Option<f64>,
    /// Most requests in flight at once.
    pub max_concurrent_requests: u32,
    /// The steady part of the run, by each rule that finds one.
    pub steady: Vec<SteadyWindow>,
    /// Failed requests by kind.
    pub failures: BTreeMap<FailureKind, u32>,
    /// Token counts side by side.
    pub tokens: TokenTruth,
    /// What the streams were like.
    pub streams: StreamTraits,
}

/// What each record comes to, in the records' order.
pub fn times(records: &[Record], options: &MetricOptions) -> Vec<RequestTimes> {
    records.iter().map(|record| request_times::request_times(record, options.definition, options.backend)).collect()
}

/// The figures of a run of `duration_s`.
pub fn summarize(records: &[Record], duration_s: f64, options: &MetricOptions) -> Summary {
    summarize_both(records, &times(records, options), duration_s, options)
}

/// The same, where what each record comes to is known already.
pub fn summarize_both(records: &[Record], times: &[RequestTimes], duration_s: f64, options: &MetricOptions) -> Summary {
    let mut summary = summarize_times(times, duration_s, options);
    let peak = || concurrency::tokens_by_second(records, times).into_iter().fold(0.0, f64::max);
    summary.max_output_tokens_per_s = (duration_s >= LEAST_RATE_S).then(peak);
    summary.itl_any = itl_any(records, &options.percentiles);
    summary.max_concurrent_requests = concurrency::max_concurrent(&concurrency::spans(records));
    summary.steady =
        concurrency::steady_windows(records, times, options.max_concurrency, duration_s, &options.percentiles);
    summary.tokens = TokenTruth::of(records);
    summary.streams = StreamTraits::of(records);
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
    let stats = |values_s: Vec<f64>| Stats::of_seconds(values_s, &options.percentiles);
    let per_s = |count: f64| if duration_s > 0.0 { count / duration_s } else { 0.0 };

    let (total_input, total_output) = (total(|t| t.prompt_len), total(|t| t.output_len));
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
        latencies: PerMetric::from_fn(|metric| stats(metric.values_s(times.iter()))),
        ttft_any: stats(each(|t| t.first_any_s)),
        itl_unknown_gaps: done.iter().map(|t| u64::from(t.unknown_gaps)).sum(),
        ttft_from_intended: stats(each(|t| Some(t.ttft_s? + t.late_s()?))),
        e2el_from_intended: stats(each(|t| Some(t.latency_s? + t.late_s()?))),
        schedule_delay: stats(delays),
        achieved_rate: achieved_rate(times),
        ..Summary::default()
    }
}

/// The shortest time that a rate is given for: the second that it is per, in s.
pub const LEAST_RATE_S: f64 = 1.0;

/// The gaps between tokens of any kind, where some are no text.
fn itl_any(records: &[Record], percentiles: &[f64]) -> Stats {
    let beside = |record: &Record| record.reply.events.iter().any(|e| e.kind.is_token() && e.kind != EventKind::Text);
    if !records.iter().any(beside) {
        return Stats::default();
    }
    Stats::of_seconds(records.iter().flat_map(request_times::gaps_of_any_s).collect(), percentiles)
}

fn achieved_rate(times: &[RequestTimes]) -> Option<f64> {
    let sent = || times.iter().filter_map(|times| times.sent_s);
    let (first, last) = (sent().reduce(f64::min)?, sent().reduce(f64::max)?);
    let gaps = sent().count() - 1;
    (last - first >= LEAST_RATE_S).then(|| gaps as f64 / (last - first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, Failure, Reply, Usage};

    /// Due at `at_ms`, sent 5 ms late, two text events of 3 and 1 characters at 100 and 300 ms from the send, over at
    /// 400; four tokens.
    fn done(at_ms: f64) -> Record {
        let sent = at_ms + 5.0;
        let event =
            |after_ms: f64, read, kind, chars| Event { at_ms: sent + after_ms, read, kind, chars, tokens_so_far: None };
        Record {
            prompt_len: 10,
            intended_ms: at_ms,
            sent_ms: Some(sent),
            end_ms: Some(sent + 400.0),
            output_tokens: Some(4),
            outcome: Outcome::Completed,
            reply: Reply {
                events: vec![
                    event(100.0, 0, EventKind::Text, 3),
                    event(300.0, 1, EventKind::Text, 1),
                    event(400.0, 2, EventKind::Done, 0),
                ],
                usage: Some(Usage { prompt_tokens: Some(10), completion_tokens: Some(8) }),
                ..Reply::default()
            },
            ..Record::default()
        }
    }

    fn failed(kind: FailureKind) -> Record {
        let outcome = Outcome::Failed(Failure { kind, message: String::new() });
        Record { sent_ms: Some(0.0), end_ms: Some(1000.0), outcome, ..Record::default() }
    }

    #[test]
    fn counts_times_and_totals_of_a_small_run() {
        let records = [
            done(0.0),
            done(800.0),
            failed(FailureKind::Broken),
            failed(FailureKind::Broken),
            failed(FailureKind::Timeout),
            Record::default(),
        ];
        let goodput =
            vec![Limit { metric: Metric::Ttft, limit_ms: 100.5 }, Limit { metric: Metric::Tpot, limit_ms: 100.5 }];
        let options = MetricOptions { goodput, ..MetricOptions::default() };
        let summary = summarize(&records, 2.0, &options);
        assert_eq!((summary.completed, summary.failed, summary.stopped), (2, 3, 1));
        assert_eq!(summary.failures, BTreeMap::from([(FailureKind::Broken, 2), (FailureKind::Timeout, 1)]));
        assert_eq!((summary.total_input_tokens, summary.total_output_tokens), (20, 8));
        assert_eq!((summary.request_goodput, summary.good_requests), (Some(1.0), Some(2)));
        let [ttft, e2el, itl] = [Metric::Ttft, Metric::E2el, Metric::Itl].map(|metric| &summary.latencies[metric]);
        let means = [ttft, &summary.ttft_from_intended, e2el, &summary.e2el_from_intended];
        assert_eq!(means.map(|stats| stats.mean_ms.round()), [100.0, 105.0, 400.0, 405.0]);
        assert_eq!((summary.schedule_delay.count, itl.mean_ms.round()), (5, 200.0));
        // Three tokens of the first request came at 105 ms and three of the second at 905, one each at 305 and 1105.
        assert_eq!((summary.max_output_tokens_per_s, summary.max_concurrent_requests), (Some(7.0), 4));
        assert_eq!((summary.tokens.compared, summary.tokens.differing_share()), (2, Some(1.0)));
    }

    #[test]
    fn a_limit_that_is_missed_makes_no_good_request() {
        let options = |limit_ms| MetricOptions {
            goodput: vec![Limit { metric: Metric::E2el, limit_ms }],
            ..MetricOptions::default()
        };
        assert_eq!(summarize(&[done(0.0)], 1.0, &options(399.0)).request_goodput, Some(0.0));
        assert_eq!(summarize(&[done(0.0)], 1.0, &options(401.0)).request_goodput, Some(1.0));
        assert_eq!(summarize(&[done(0.0)], 1.0, &MetricOptions::default()).request_goodput, None);
    }

    #[test]
    fn the_steady_part_has_figures_of_its_own() {
        let records: Vec<Record> = (0..100_u32).map(|i| done(f64::from(i) * 200.0)).collect();
        let options = MetricOptions { max_concurrency: Some(2), ..MetricOptions::default() };
        let steady = summarize(&records, 20.4, &options).steady;
        let rules: Vec<SteadyRule> = steady.iter().map(|window| window.rule).collect();
        assert_eq!(rules, [SteadyRule::LongestPlateau, SteadyRule::FirstToLast]);
        assert!((steady[0].request_throughput - 5.0).abs() < 0.1, "{steady:?}");
        assert!((steady[0].output_throughput - 20.0).abs() < 0.5 && !steady[0].too_short, "{steady:?}");
        assert_eq!(steady[0].ttft.mean_ms.round(), 100.0);
    }
}
