//! What the charts of results are drawn from: computed once from a result, and of one size however long the run was, so
//! that they are the same on the page, in a report and behind a shared link.

use super::curve::Curve;
use super::distribution::Distribution;
use super::steps::Steps;
use crate::metrics::over_time::{request_spans, token_arrivals};
use crate::metrics::{Metric, RequestSpan};
use crate::result::RunResult;

/// All that the charts of a result show.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartData {
    /// How the values of each latency are distributed.
    pub latencies: Vec<(Metric, Distribution)>,
    /// Output tokens per second.
    pub tokens: Steps,
    /// Requests in flight.
    pub in_flight: Steps,
    /// Requests that ended, per second.
    pub ended: Steps,
    /// The requests' spans; behind a shared link some of them.
    pub spans: Vec<RequestSpan>,
    /// How many spans there were.
    pub all_spans: u32,
}

impl ChartData {
    /// What the charts of a result show. Without its raw records it has distributions alone.
    pub fn of(result: &RunResult) -> Self {
        let records = result.own.as_ref().map(|own| own.records.as_slice()).unwrap_or_default();
        let end_ms = result.figures.duration_s.unwrap_or_default() * 1000.0;
        let spans = request_spans(records);
        let ends: Vec<(f64, f64)> = records.iter().filter_map(|record| Some((record.end_ms?, 1.0))).collect();
        Self {
            latencies: of_each_latency(result, Distribution::of_durations),
            tokens: Steps::rate(&token_arrivals(records), end_ms),
            in_flight: Steps::in_flight(&spans),
            ended: Steps::rate(&ends, end_ms),
            all_spans: u32::try_from(spans.len()).unwrap_or(u32::MAX),
            spans,
        }
    }

    /// How a latency's values are distributed; of no values where it is not known.
    pub fn latency(&self, metric: Metric) -> &Distribution {
        static NONE: Distribution = Distribution::NONE;
        of(metric, &self.latencies).unwrap_or(&NONE)
    }

    /// Whether the result kept when things happened, and not only how long they took.
    pub fn has_times(&self) -> bool {
        !self.spans.is_empty()
    }

    /// A title that says so where not all requests are there.
    pub(super) fn titled(&self, title: &str) -> String {
        let some = self.spans.len();
        if some == self.all_spans as usize {
            title.to_owned()
        } else {
            format!("{title}: {some} of {}", self.all_spans)
        }
    }
}

/// A result's latencies, for laying them over those of others.
#[derive(Debug, Clone, PartialEq)]
pub struct RunLatencies {
    /// What the result is called among the others.
    pub name: String,
    latencies: Vec<(Metric, Curve)>,
}

impl RunLatencies {
    /// The latencies of a result's successful requests.
    pub fn of(name: &str, result: &RunResult) -> Self {
        Self { name: name.to_owned(), latencies: of_each_latency(result, Curve::of_durations) }
    }

    /// A latency's curve; of no values where it is not known.
    pub(super) fn latency(&self, metric: Metric) -> &Curve {
        static NONE: Curve = Curve::NONE;
        of(metric, &self.latencies).unwrap_or(&NONE)
    }
}

fn of<T>(metric: Metric, latencies: &[(Metric, T)]) -> Option<&T> {
    latencies.iter().find(|(known, _)| *known == metric).map(|(_, of)| of)
}

/// Something made of each latency's values (in ms) of the successful requests.
fn of_each_latency<T>(result: &RunResult, make: fn(Vec<f64>) -> T) -> Vec<(Metric, T)> {
    let values_ms = |metric: &Metric| {
        let times = result.requests.iter().map(|row| &row.times);
        (*metric, make(metric.values_s(times).into_iter().map(|value_s| value_s * 1000.0).collect()))
    };
    Metric::ALL.iter().map(values_ms).collect()
}
