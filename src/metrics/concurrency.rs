//! How much went on at once: requests in flight by a sweep line, output tokens in each second, and the steady part of
//! a run, found as SGLang finds it and as vLLM's Rust client does.

use serde::{Deserialize, Serialize};

use super::stats::Stats;
use super::{Metric, RequestTimes};
use crate::record::Record;

/// When requests were in flight: (from, to) in s from the run's start.
pub type Span = (f64, f64);

/// The spans of all requests that were sent and have ended, failed ones too.
pub fn spans(records: &[Record]) -> Vec<Span> {
    let span = |record: &Record| Some((record.left_ms()? / 1000.0, record.end_ms? / 1000.0));
    records.iter().filter_map(span).collect()
}

/// Changes of the number in flight: (when, number from then on). Where a start and an end fall together the end is
/// taken first, so that a request which replaces another does not count as one more.
fn steps(spans: &[Span]) -> Vec<(f64, u32)> {
    let mut changes: Vec<(f64, i8)> = spans.iter().flat_map(|&(from, to)| [(from, 1), (to.max(from), -1)]).collect();
    changes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut in_flight = 0_u32;
    let step = |(at, change): (f64, i8)| {
        in_flight = in_flight.saturating_add_signed(change.into());
        (at, in_flight)
    };
    changes.into_iter().map(step).collect()
}

/// Most requests in flight at once.
pub fn max_concurrent(spans: &[Span]) -> u32 {
    steps(spans).into_iter().map(|(_, in_flight)| in_flight).max().unwrap_or(0)
}

/// When the completed requests' output tokens came: (s from the run's start, tokens) of each event. Tokens, not chunks:
/// they are shared among a request's events by the characters that each brought.
fn each_arrival(records: &[Record], times: &[RequestTimes], mut take: impl FnMut(f64, f64)) {
    for (record, times) in records.iter().zip(times) {
        let tokens = if times.succeeded { f64::from(times.output_len.unwrap_or(0)) } else { 0.0 };
        let chars: f64 = record.reply.events.iter().map(|event| f64::from(event.chars)).sum();
        for event in &record.reply.events {
            if event.chars > 0 {
                take(event.at_ms / 1000.0, tokens * f64::from(event.chars) / chars);
            }
        }
    }
}

/// Output tokens of the completed requests in each second of the run, from its start.
pub fn tokens_by_second(records: &[Record], times: &[RequestTimes]) -> Vec<f64> {
    let mut seconds = Vec::new();
    each_arrival(records, times, |at_s, tokens| {
        let second = at_s.clamp(0.0, LONGEST_RUN_S) as usize;
        if second >= seconds.len() {
            seconds.resize(second + 1, 0.0);
        }
        seconds[second] += tokens;
    });
    seconds
}

/// A month; times beyond it come from a broken file.
const LONGEST_RUN_S: f64 = 31.0 * 24.0 * 3600.0;

/// How a steady window was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SteadyRule {
    /// The longest stretch with at least 95 % of the peak in flight (SGLang).
    LongestPlateau,
    /// From the first time that 95 % of the concurrency limit was in flight to the last (vLLM's Rust client).
    FirstToLast,
}

/// The steady part of a run, and its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SteadyWindow {
    /// How it was found.
    pub rule: SteadyRule,
    /// Its start, in s from the run's start.
    pub start_s: f64,
    /// Its end.
    pub end_s: f64,
    /// Requests in flight that it asks for.
    pub threshold: u32,
    /// Completed requests that were sent in it.
    pub started: u32,
    /// Completed requests that ended in it.
    pub completed: u32,
    /// Completed requests that ended in it, per second.
    pub request_throughput: f64,
    /// Output tokens that came in it, per second.
    pub output_throughput: f64,
    /// TTFT of the completed requests that were sent in it.
    pub ttft: Stats,
    /// TPOT of the same.
    pub tpot: Stats,
    /// Whether it is too short to rely on: below 10 s, or below a tenth of the run.
    pub too_short: bool,
}

/// The share of the peak (or of the limit) that counts as steady.
const STEADY_SHARE: f64 = 0.95;

/// The steady windows of a run, by each rule that finds one.
pub fn steady_windows(
    records: &[Record],
    times: &[RequestTimes],
    max_concurrency: Option<u32>,
    duration_s: f64,
    percentiles: &[f64],
) -> Vec<SteadyWindow> {
    let steps = settled(&steps(&spans(records)));
    let peak = steps.iter().map(|(_, in_flight)| *in_flight).max().unwrap_or(0);
    let threshold = |of: u32| ((f64::from(of) * STEADY_SHARE).ceil() as u32).max(1);
    let plateau =
        longest_plateau(&steps, threshold(peak)).map(|span| (SteadyRule::LongestPlateau, threshold(peak), span));
    let crossing = max_concurrency.and_then(|limit| {
        first_to_last(&steps, threshold(limit)).map(|span| (SteadyRule::FirstToLast, threshold(limit), span))
    });
    let window = |(rule, threshold, (start_s, end_s)): (SteadyRule, u32, Span)| {
        let within = |at_ms: Option<f64>| at_ms.is_some_and(|at_ms| (start_s..=end_s).contains(&(at_ms / 1000.0)));
        let done = || records.iter().zip(times).filter(|(_, times)| times.succeeded);
        let started: Vec<&RequestTimes> =
            done().filter(|(record, _)| within(record.left_ms())).map(|(_, times)| times).collect();
        let completed = done().filter(|(record, _)| within(record.end_ms)).count() as u32;
        let length_s = end_s - start_s;
        let stats = |metric: Metric| Stats::of_seconds(metric.values_s(started.iter().copied()), percentiles);
        SteadyWindow {
            rule,
            start_s,
            end_s,
            threshold,
            started: started.len() as u32,
            completed,
            request_throughput: f64::from(completed) / length_s,
            output_throughput: tokens_between(records, times, start_s, end_s) / length_s,
            ttft: stats(Metric::Ttft),
            tpot: stats(Metric::Tpot),
            too_short: length_s < f64::max(10.0, 0.1 * duration_s),
        }
    };
    [plateau, crossing].into_iter().flatten().map(window).collect()
}

/// Output tokens whose events came between two times.
fn tokens_between(records: &[Record], times: &[RequestTimes], start_s: f64, end_s: f64) -> f64 {
    let mut between = 0.0;
    each_arrival(records, times, |at_s, tokens| {
        if (start_s..=end_s).contains(&at_s) {
            between += tokens;
        }
    });
    between
}

/// The number in flight after all that happened at each instant: a dip that lasts no time is no dip.
fn settled(steps: &[(f64, u32)]) -> Vec<(f64, u32)> {
    let last_at = |i: usize| steps.get(i + 1).is_none_or(|next| next.0 > steps[i].0);
    (0..steps.len()).filter(|&i| last_at(i)).map(|i| steps[i]).collect()
}

fn longest_plateau(steps: &[(f64, u32)], threshold: u32) -> Option<Span> {
    let mut best: Option<Span> = None;
    let mut since: Option<f64> = None;
    for &(at, in_flight) in steps {
        match (since, in_flight >= threshold) {
            (None, true) => since = Some(at),
            (Some(from), false) => {
                if best.is_none_or(|(start, end)| at - from > end - start) {
                    best = Some((from, at));
                }
                since = None;
            }
            _ => {}
        }
    }
    best.filter(|(start, end)| end > start)
}

fn first_to_last(steps: &[(f64, u32)], threshold: u32) -> Option<Span> {
    let start = steps.iter().find(|(_, in_flight)| *in_flight >= threshold)?.0;
    let mut end = start;
    for pair in steps.windows(2) {
        if pair[0].1 >= threshold && pair[1].1 < threshold {
            end = pair[1].0;
        }
    }
    (end > start).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Outcome;

    #[test]
    fn a_request_that_replaces_another_is_not_one_more() {
        assert_eq!(max_concurrent(&[(0.0, 1.0), (1.0, 2.0), (0.5, 1.5)]), 2);
        assert_eq!(max_concurrent(&[]), 0);
    }

    #[test]
    fn the_request_that_opens_a_window_is_in_it() {
        let record = |sent_ms: f64| Record {
            sent_ms: Some(sent_ms),
            handed_ms: Some(sent_ms + 0.5),
            end_ms: Some(sent_ms + 200.0),
            outcome: Outcome::Completed,
            ..Record::default()
        };
        let times = RequestTimes { succeeded: true, ..RequestTimes::default() };
        let windows = steady_windows(&[record(100.0), record(299.5)], &[times.clone(), times], Some(1), 1.0, &[]);
        for window in &windows {
            assert_eq!((window.started, window.completed), (2, 2), "{window:?}");
        }
        assert_eq!(windows.len(), 2);
    }

    #[test]
    fn the_plateau_outlasts_a_swap_but_not_a_dip() {
        let steady = |spans: &[Span]| longest_plateau(&settled(&steps(spans)), 2);
        assert_eq!(steady(&[(0.0, 5.0), (0.0, 2.0), (2.0, 5.0)]), Some((0.0, 5.0)));
        assert_eq!(steady(&[(0.0, 5.0), (0.0, 2.0), (2.5, 5.0)]), Some((2.5, 5.0)));
        assert_eq!(steady(&[(0.0, 5.0)]), None);
    }

    #[test]
    fn first_to_last_spans_the_dips() {
        let steps = settled(&steps(&[(0.0, 5.0), (1.0, 2.0), (2.5, 4.0)]));
        assert_eq!(first_to_last(&steps, 2), Some((1.0, 4.0)));
        assert_eq!(first_to_last(&steps, 3), None);
    }
}
