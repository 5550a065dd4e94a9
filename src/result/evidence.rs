//! What a run is judged by, and what several checks take from it.

use super::WorkloadFacts;
use crate::metrics::stats::sorted;
use crate::metrics::{Metric, Summary};
use crate::record::client::{Calibration, ClientReport};
use crate::record::{Record, Taint};
use crate::settings::Settings;

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What was asked for.
    pub settings: &'a Settings,
    /// What the worker measured of itself.
    pub client: &'a ClientReport,
    /// What it was found to add before the run.
    pub calibration: Option<&'a Calibration>,
    /// The workload.
    pub workload: &'a WorkloadFacts,
    /// Every record, in the workload's order.
    pub records: &'a [Record],
    /// The figures made from them.
    pub summary: &'a Summary,
}

impl Evidence<'_> {
    pub(super) fn sent(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| record.sent_ms.is_some())
    }

    /// How many of the sent requests have this taint: (those, all sent).
    pub(super) fn tainted(&self, taint: Taint) -> (usize, usize) {
        (self.sent().filter(|record| record.taints.contains(&taint)).count(), self.sent().count())
    }

    /// Requests that may be in flight at once, and whether the person set that.
    pub(super) fn limit(&self) -> Option<(u32, bool)> {
        let fit = Some(self.client.streams_that_fit).filter(|fit| *fit > 0);
        match (fit, self.settings.max_concurrency) {
            (Some(fit), Some(asked)) if asked > fit => Some((fit, false)),
            (_, Some(asked)) => Some((asked, true)),
            (Some(fit), None) => Some((fit, false)),
            (None, None) => None,
        }
    }

    /// Of each record, whether the connections were full when it came due. Requests go in order, so that the ones before
    /// it that had not ended then were in flight, or waited too.
    pub(super) fn waited(&self) -> Vec<bool> {
        let Some((limit, _)) = self.limit() else { return vec![false; self.records.len()] };
        let ends = sorted(self.records.iter().filter_map(|record| record.end_ms).collect());
        let ended_by = |at_ms: f64| ends.partition_point(|end_ms| *end_ms <= at_ms);
        let full =
            |before: usize, record: &Record| before.saturating_sub(ended_by(record.intended_ms)) >= limit as usize;
        self.records.iter().enumerate().map(|(i, record)| record.sent_ms.is_some() && full(i, record)).collect()
    }

    /// Lateness of the sends that waited for no stream, sorted, ms. A load that is to go all at once has no schedule to
    /// be late against.
    pub(super) fn delays_ms(&self) -> Vec<f64> {
        if !self.settings.request_rate.is_finite() {
            return Vec::new();
        }
        let waited = self.waited();
        let delay = |(record, waited): (&Record, bool)| Some(record.sent_ms? - record.intended_ms).filter(|_| !waited);
        sorted(self.records.iter().zip(waited).filter_map(delay).collect())
    }

    pub(super) fn median_itl_ms(&self) -> f64 {
        self.summary.latencies[Metric::Itl].median_ms
    }
}

pub(super) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// "3 of 500 requests", "None of 500 requests".
pub(super) fn of(part: usize, whole: usize) -> String {
    let part = if part == 0 { "None".to_owned() } else { part.to_string() };
    format!("{part} of {whole} requests")
}
