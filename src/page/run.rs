//! A run put together from what the workers sent, or from what was kept of it: records in the workload's order, as a
//! result.

use std::sync::Arc;

use crate::export::charts::ChartData;
use crate::metrics::{Definition, MetricOptions};
use crate::protocol::BUILD;
use crate::protocol::run::Finished;
use crate::record::Record;
use crate::record::client::Calibration;
use crate::record::client::ClientReport;
use crate::result::kept::{self, Head, KeptError, Tail};
use crate::result::{self, Figures, Own, RunResult, WorkloadFacts};
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
    /// Its figures under the reference's definitions, where it was shown under those before.
    pub reference: Option<Arc<Figures>>,
    /// What its charts show, where it came as a link's summary, which has no requests to draw them from.
    pub shared: Option<Arc<ChartData>>,
}

impl Shown {
    /// A result that was read from a file.
    pub fn from_file(result: RunResult, file: &str) -> Self {
        let partial = result.own.as_ref().is_some_and(|own| own.partial);
        let partial = partial.then(|| "The run did not come to its end.".to_owned());
        Self { result, partial, file: Some(file.to_owned()), reference: None, shared: None }
    }

    /// Whether another is the same result of the same file: what was run, and every figure.
    pub fn is_same(&self, other: &Self) -> bool {
        let identity = |shown: &Self| {
            let records = shown.result.own.as_ref().map(|own| own.records.len());
            (shown.result.tool, shown.result.requests.len(), records)
        };
        identity(self) == identity(other)
            && self.file == other.file
            && self.result.about == other.result.about
            && self.result.figures == other.result.figures
    }

    /// The smallest step of the clock that its times were taken with, ms; of another tool's result a fine one.
    pub fn clock_step_ms(&self) -> f64 {
        self.result.clock_step_ms()
    }

    /// Itself with its figures under other definitions; none without raw records.
    pub fn under(&self, definition: Definition) -> Option<Self> {
        let own = self.result.own.as_ref()?;
        let was_reference = own.summary.definition == Definition::Reference;
        let reference = was_reference.then(|| Arc::new(self.result.figures.clone()));
        Some(Self {
            result: self.result.under(&MetricOptions { definition, ..options(&own.settings) })?,
            partial: self.partial.clone(),
            file: self.file.clone(),
            reference: reference.or_else(|| self.reference.clone()),
            shared: self.shared.clone(),
        })
    }

    /// Its figures under the reference's definitions; none without raw records.
    pub fn reference_figures(&self) -> Option<Arc<Figures>> {
        let settings = &self.result.own.as_ref()?.settings;
        self.reference.clone().or_else(|| self.result.figures_under(&options(settings)).map(Arc::new))
    }

    /// Whether its charts over time can be drawn.
    pub fn has_times(&self) -> bool {
        let sent = |own: &Own| own.records.iter().any(|record| record.sent_ms.is_some());
        let drawn_from_records = || self.result.own.as_deref().is_some_and(sent);
        self.shared.as_ref().map_or_else(drawn_from_records, |charts| charts.has_times())
    }

    /// What its charts show.
    pub fn charts(&self) -> Arc<ChartData> {
        self.shared.clone().unwrap_or_else(|| Arc::new(ChartData::of(&self.result)))
    }
}

/// What a run of this page left behind.
#[derive(Debug, Clone, Default)]
pub struct Left {
    /// What was known when it began.
    pub head: Head,
    /// Every record that arrived, in any order, with its tokens where they were counted.
    pub records: Vec<Record>,
    /// What only its end knew.
    pub tail: Tail,
}

/// The head of a run that begins.
pub fn head(settings: Settings, date: String, workload: &WorkloadSummary, calibration: Option<Calibration>) -> Head {
    let workload = WorkloadFacts {
        sha256: Some(workload.sha256.clone()).filter(|hash| !hash.is_empty()),
        requests: Some(workload.requests),
        repeated_prompts: Some(workload.repeated_prompts),
        repeated_prefixes: Some(workload.repeated_prefixes),
    };
    Head { build: BUILD.to_owned(), settings, date, sweep: None, workload, calibration }
}

/// The tail of a run that ended, with the tokens that its records came to. `partial` says why it is not whole, if it is
/// not.
pub fn tail(finished: Finished, partial: Option<String>, records: &[Record]) -> Tail {
    let Finished { duration_s, client, .. } = finished;
    // A worker that was lost told nothing of itself, which is not to say that all was well with it.
    let client = Some(client).filter(|client| *client != ClientReport::default());
    let places = records.iter().map(|record| record.index as usize + 1).max().unwrap_or(0);
    let mut output_tokens = vec![None; places];
    for record in records {
        output_tokens[record.index as usize] = record.output_tokens;
    }
    Tail { duration_s, partial, output_tokens, client }
}

/// The result of a run that the browser kept. Its pieces are taken one after the other.
///
/// # Errors
/// When its pieces cannot be read.
pub fn from_pieces(pieces: impl IntoIterator<Item: AsRef<str>>) -> Result<Shown, KeptError> {
    let mut kept = kept::read(pieces)?;
    let cut_off = || Tail {
        duration_s: last_outcome_s(&kept.records),
        partial: Some("It was cut off: its page was closed, reloaded or broke during the run.".to_owned()),
        ..Tail::default()
    };
    let tail = kept.tail.unwrap_or_else(cut_off);
    for record in &mut kept.records {
        record.output_tokens = tail.output_tokens.get(record.index as usize).copied().flatten();
    }
    let mut shown = Left { head: kept.head, records: kept.records, tail }.into_shown();
    shown.result.set_text_hashes(kept.text_hashes);
    Ok(shown)
}

impl Left {
    /// Puts the result together.
    pub fn into_shown(mut self) -> Shown {
        self.records.sort_by_key(|record| record.index);
        let options = options(&self.head.settings);
        let run = result::Run {
            date: self.head.date,
            build: self.head.build,
            duration_s: self.tail.duration_s,
            partial: self.tail.partial.is_some(),
            sweep: self.head.sweep,
            workload: self.head.workload,
            client: self.tail.client,
            calibration: self.head.calibration,
            records: self.records,
            settings: self.head.settings,
        };
        let result = RunResult::from_run(run, &options);
        Shown { result, partial: self.tail.partial, file: None, reference: None, shared: None }
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
    use crate::record::{Event, EventKind, Outcome, Reply};

    #[test]
    fn records_are_put_in_order() {
        let record = |index, end_ms| Record { index, end_ms: Some(end_ms), ..Record::default() };
        let records = vec![record(1, 2500.0), record(0, 900.0)];
        assert_eq!(last_outcome_s(&records), 2.5);
        let tail = Tail { partial: Some("It was stopped.".into()), ..Tail::default() };
        let shown = Left { records, tail, ..Left::default() }.into_shown();
        let own = shown.result.own.unwrap();
        assert_eq!(own.records.iter().map(|record| record.index).collect::<Vec<_>>(), [0, 1]);
        assert!(own.partial);
    }

    #[test]
    fn a_kept_run_gives_the_figures_that_it_gave_when_it_ended() {
        let event = |at_ms: f64, read| Event { at_ms, read, kind: EventKind::Text, chars: 4, tokens_so_far: None };
        let record = |index: u32| Record {
            index,
            sent_ms: Some(f64::from(index) * 10.0),
            end_ms: Some(f64::from(index) * 10.0 + 300.0),
            outcome: Outcome::Completed,
            reply: Reply {
                events: vec![event(120.0, 0), event(151.5, 1)],
                text: format!("text {index}"),
                ..Reply::default()
            },
            ..Record::default()
        };
        let records: Vec<Record> = (0..20).rev().map(record).collect();
        let counted =
            records.iter().cloned().map(|record| Record { output_tokens: Some(2), ..record }).collect::<Vec<_>>();
        let left = Left {
            head: head(Settings::demo(), "20251125-101112".into(), &WorkloadSummary::default(), None),
            tail: tail(Finished { duration_s: 0.5, ..Finished::default() }, None, &counted),
            records: counted,
        };
        let mut pieces = vec![kept::head(left.head.clone())];
        // Tokens are counted after the last record was written.
        pieces.extend(records.chunks(7).map(kept::records));
        let cut_off = from_pieces(pieces.iter().map(String::as_str)).unwrap();
        assert!(cut_off.partial.unwrap().contains("cut off"));
        let own = cut_off.result.own.unwrap();
        assert!(own.partial && own.client.is_none() && own.verdict.is_none(), "nothing is known of the client");
        pieces.push(kept::tail(left.tail.clone()));
        let (then, now) = (left.into_shown(), from_pieces(pieces.iter().map(String::as_str)).unwrap());
        assert_eq!(now.result.figures, then.result.figures);
        assert_eq!(now.result.about, then.result.about);
        let hashes =
            |shown: &Shown| shown.result.requests.iter().map(|row| row.text_sha256.clone()).collect::<Vec<_>>();
        assert_eq!(hashes(&now), hashes(&then));
        assert!(now.result.requests.iter().all(|row| row.text.is_none()), "texts are not kept");
        assert_eq!(now.partial, None);
    }
}
