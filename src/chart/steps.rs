//! A value for each bin of time: all that a stepped line is drawn from. No drawing.

use serde::{Deserialize, Serialize};

use super::bins::{self, MOST_READ_BINS, drawable};
use crate::metrics::RequestSpan;

/// Most bins along the time axis.
const MOST_BINS: usize = 120;
/// Shortest bin of a rate, ms.
const LEAST_BIN_MS: f64 = 200.0;

/// A value for each bin of time: of one size however long the run was. The default is of nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Steps {
    pub(super) end_ms: f64,
    /// Of every bin but the last, which ends with the run.
    width_ms: f64,
    pub(super) values: Vec<f32>,
}

impl Steps {
    /// The most requests in flight in each bin, from the sends and ends of requests.
    pub fn in_flight(spans: &[RequestSpan]) -> Self {
        let ends = spans.iter().map(|span| span.end_ms.unwrap_or(span.sent_ms)).filter(|at| drawable(*at));
        Self::of(&peaks(spans, ends.fold(0.0, f64::max)))
    }

    /// Something that happens over time as a rate per second: (when in ms, how much) of each; `end_ms` is where the run
    /// ends.
    pub fn rate(events: &[(f64, f64)], end_ms: f64) -> Self {
        if events.is_empty() {
            return Self::default();
        }
        // Bins that hold a few events each; narrower ones would show single arrivals, not a rate.
        let least_ms = (end_ms * 4.0 / events.len() as f64).max(LEAST_BIN_MS);
        let bins = bins::over_time(events, end_ms, MOST_BINS / 2, least_ms);
        let per_second = |(from, to, sum): (f64, f64, f64)| (from, to, sum / ((to - from) / 1000.0));
        Self::of(&bins.into_iter().map(per_second).collect::<Vec<_>>())
    }

    fn of(bins: &[(f64, f64, f64)]) -> Self {
        Self {
            end_ms: bins.last().map_or(0.0, |(_, to, _)| *to),
            width_ms: bins.first().map_or(0.0, |(from, to, _)| to - from),
            values: bins.iter().map(|(.., value)| *value as f32).collect(),
        }
    }

    /// (from, to, value) of each bin.
    pub(super) fn bins(&self) -> Vec<(f64, f64, f64)> {
        let edge = |i: usize| if i == self.values.len() { self.end_ms } else { i as f64 * self.width_ms };
        self.values.iter().enumerate().map(|(i, value)| (edge(i), edge(i + 1), f64::from(*value))).collect()
    }

    /// The highest value; 0 of nothing.
    pub(super) fn highest(&self) -> f64 {
        self.values.iter().copied().map(f64::from).fold(0.0, f64::max)
    }

    /// Whether it can be drawn: for one that was read from outside.
    pub fn is_sound(&self) -> bool {
        let before_last_ms = self.width_ms * self.values.len().saturating_sub(1) as f64;
        let values = || self.values.iter().all(|value| *value >= 0.0 && drawable(f64::from(*value)));
        let times = || drawable(self.end_ms) && self.width_ms > 0.0 && before_last_ms < self.end_ms;
        self.values.is_empty() || (self.values.len() <= MOST_READ_BINS && times() && values())
    }
}

/// The most requests in flight in each bin of time, as (from_ms, to_ms, count).
fn peaks(spans: &[RequestSpan], end_ms: f64) -> Vec<(f64, f64, f64)> {
    // Only a span with an end, or one still in flight, changes the count; ends sort before sends at the same time.
    let mut changes: Vec<(f64, i32)> = spans.iter().map(|span| (span.sent_ms, 1)).collect();
    changes.extend(spans.iter().filter_map(|span| span.end_ms).map(|end| (end, -1)));
    changes.retain(|(at, _)| drawable(*at));
    changes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut steps = bins::over_time(&[], end_ms, MOST_BINS, 1.0);
    let mut changes = changes.into_iter().peekable();
    let mut now = 0;
    let last = steps.len().saturating_sub(1);
    for (i, (_, to, most)) in steps.iter_mut().enumerate() {
        let mut peak = now;
        while let Some((_, change)) = changes.next_if(|(at, _)| *at < *to || i == last) {
            now += change;
            peak = peak.max(now);
        }
        *most = f64::from(peak);
    }
    steps
}
