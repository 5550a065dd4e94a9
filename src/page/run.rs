//! A run put together from what the workers sent: records in the workload's order, as a result.

use std::sync::Arc;

use crate::export::charts::ChartData;
use crate::load::calibration::Calibration;
use crate::load::protocol::{BUILD, Finished};
use crate::metrics::MetricOptions;
use crate::record::Record;
use crate::result::{self, RunResult, WorkloadFacts};
use crate::settings::Settings;
use crate::workload::WorkloadSummary;

/// A result on show.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The result.
    pub result: RunResult,
    /// Why it is not whole, in a sentence, if it is not.
    pub partial: Option<String>,
    /// The file that it was read from; none for a run of this page.
    pub file: Option<String>,
    /// What its charts show, where it came as a link's summary, which has no requests to draw them from.
    pub shared: Option<Arc<ChartData>>,
}

impl Shown {
    /// The smallest step of the clock that its times were taken with, ms; of another tool's result a fine one.
    pub fn clock_step_ms(&self) -> f64 {
        self.result.clock_step_ms()
    }

    /// What its charts show.
    pub fn charts(&self) -> Arc<ChartData> {
        self.shared.clone().unwrap_or_else(|| Arc::new(ChartData::of(&self.result)))
    }
}

/// What a run of this page left behind.
#[derive(Debug, Clone, Default)]
pub struct Left {
    /// What it was asked with.
    pub settings: Settings,
    /// Local time of t0, as `YYYYmmdd-HHMMSS`.
    pub date: String,
    /// Every record that arrived, in any order, with its tokens where they were counted.
    pub records: Vec<Record>,
    /// What only its end knew.
    pub finished: Finished,
    /// What the browser was found to add before it; none where it was not measured.
    pub calibration: Option<Calibration>,
    /// What was to be sent.
    pub workload: WorkloadSummary,
}

impl Left {
    /// Puts the result together. `partial` says why it is not whole, if it is not.
    pub fn into_shown(mut self, partial: Option<String>) -> Shown {
        self.records.sort_by_key(|record| record.index);
        let options = options(&self.settings);
        let run = result::Run {
            date: self.date,
            build: BUILD.to_owned(),
            duration_s: self.finished.duration_s,
            partial: partial.is_some(),
            workload: WorkloadFacts {
                sha256: Some(self.workload.sha256).filter(|hash| !hash.is_empty()),
                requests: Some(self.workload.requests),
                repeated_prompts: Some(self.workload.repeated_prompts),
                repeated_prefixes: Some(self.workload.repeated_prefixes),
            },
            client: Some(self.finished.client),
            calibration: self.calibration,
            records: self.records,
            settings: self.settings,
        };
        Shown { result: RunResult::from_run(run, &options), partial, file: None, shared: None }
    }
}

/// The time of the last outcome, in s, for a run whose end was not told.
pub fn last_outcome_s(records: &[Record]) -> f64 {
    records.iter().filter_map(|record| record.end_ms).fold(0.0, f64::max) / 1000.0
}

/// How figures are computed. Options that cannot be read were refused before the run; the defaults stand in for them.
pub fn options(settings: &Settings) -> MetricOptions {
    MetricOptions::from_settings(settings)
        .unwrap_or_else(|_| MetricOptions { backend: settings.backend, ..MetricOptions::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_put_in_order() {
        let record = |index, end_ms| Record { index, end_ms: Some(end_ms), ..Record::default() };
        let records = vec![record(1, 2500.0), record(0, 900.0)];
        assert_eq!(last_outcome_s(&records), 2.5);
        let shown = Left { records, ..Left::default() }.into_shown(Some("It was stopped.".into()));
        let own = shown.result.own.unwrap();
        assert_eq!(own.records.iter().map(|record| record.index).collect::<Vec<_>>(), [0, 1]);
        assert!(own.partial);
    }
}
