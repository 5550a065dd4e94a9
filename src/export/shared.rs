//! The summary of a run that a link carries: figures, verdict and chart data as bytes, before they are compressed. It
//! holds no prompt, no output, no server's word, and of names only what was ticked. What is read comes from anybody:
//! sizes are bounded, and what cannot be drawn is refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::charts::ChartData;
use super::link::{LinkParts, SharedError};
use crate::chart::{Distribution, Span, Steps};
use crate::metrics::{Definition, Metric, Stats, Summary, TokenTruth};
use crate::record::FailureKind;
use crate::record::client::Calibration;
use crate::record::client::ClientReport;
use crate::result::{
    About, Figures, Own, Reason, RunResult, Tool, Verdict, VerdictLevel, WorkloadFacts, without_secrets,
};
use crate::settings::Settings;

/// The most bytes that a summary is read of, after it was inflated.
pub const MOST_BYTES: usize = 64 << 10;
/// The most requests whose times go into a summary.
const MOST_SPANS: usize = 80;
/// The most characters of a name or a sentence.
const MOST_CHARS: usize = 300;
/// The most reasons of a verdict, percentiles of a metric, and the like.
const MOST_ITEMS: usize = 64;
/// Times of requests are kept in steps of this many ms, as fine as browsers' clocks.
const STEP_MS: f64 = 0.1;

/// What travels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wire {
    tool: Tool,
    about: About,
    figures: Figures,
    ours: Option<Ours>,
    partial: bool,
    spreads: [Distribution; 4],
    courses: [Steps; 3],
    spans: Vec<WireSpan>,
    all_spans: u32,
}

/// What travels of a result of ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ours {
    version: String,
    definition: Definition,
    workload: WorkloadFacts,
    client: Option<ClientReport>,
    calibration: Option<Calibration>,
    verdict: Option<(VerdictLevel, Vec<(VerdictLevel, String)>)>,
    schedule_delay: Stats,
    achieved_rate: Option<f64>,
    itl_unknown_gaps: u64,
    failures: BTreeMap<FailureKind, u32>,
    tokens: TokenTruth,
}

/// A request's times in steps; of optional ones, 0 is none and the rest is one more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct WireSpan {
    /// From the index before.
    index: u32,
    /// From the intended time before.
    intended: i32,
    late: u32,
    first: u32,
    end: u32,
    failed: bool,
}

/// A summary as bytes.
///
/// # Errors
/// None for these types in practice; postcard's own where it finds one.
pub fn encode(
    result: &RunResult,
    charts: &ChartData,
    partial: bool,
    parts: LinkParts,
) -> Result<Vec<u8>, postcard::Error> {
    let about = &result.about;
    let short = |text: &Option<String>| text.as_deref().map(shortened);
    let wire = Wire {
        tool: result.tool,
        about: About {
            label: short(&about.label),
            model_id: short(&about.model_id),
            tokenizer_id: short(&about.tokenizer_id).filter(|_| parts.files),
            metadata: Vec::new(),
            ..about.clone()
        },
        figures: result.figures.clone(),
        ours: result.own.as_deref().map(Ours::of),
        partial,
        spreads: [&charts.ttft, &charts.tpot, &charts.itl, &charts.e2el].map(Clone::clone),
        courses: [&charts.tokens, &charts.in_flight, &charts.ended].map(Clone::clone),
        spans: wire_spans(&charts.spans),
        all_spans: charts.all_spans,
    };
    postcard::to_stdvec(&wire)
}

/// What a summary with these charts holds, for a person to read before it is copied.
pub fn in_words(charts: &ChartData) -> Vec<String> {
    let mut items = vec!["All figures, with the verdict and what the client measured of itself".to_owned()];
    items.push("The distributions of TTFT, TPOT, ITL and E2EL, as bars".to_owned());
    if let Some(times) = times_in_words(charts) {
        items.push("The course of tokens, requests and concurrency over time".to_owned());
        items.push(format!("Of single requests: {times}"));
    }
    items
}

/// Which requests' times a summary holds; none if the result has none.
pub fn times_in_words(charts: &ChartData) -> Option<String> {
    let (some, all) = (charts.spans.len().min(MOST_SPANS), charts.all_spans);
    let which = if some == all as usize { format!("all {all}") } else { format!("{some} of {all}") };
    charts.has_times().then(|| format!("when {which} requests were sent, answered and ended"))
}

/// A summary that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The result, without requests and records.
    pub result: RunResult,
    /// What its charts show.
    pub charts: ChartData,
    /// Whether the run was stopped or broke off.
    pub partial: bool,
}

/// A summary from bytes of unknown origin, with the settings that came beside it.
///
/// # Errors
/// When they are no summary, or hold what cannot be shown.
pub fn decode(bytes: &[u8], settings: &Settings) -> Result<Opened, SharedError> {
    if bytes.len() > MOST_BYTES {
        return Err(SharedError::TooLong);
    }
    let wire: Wire = postcard::from_bytes(bytes).map_err(|_| SharedError::CutOff)?;
    if !wire.is_sound() {
        return Err(SharedError::Unsound);
    }
    let [ttft, tpot, itl, e2el] = wire.spreads;
    let [tokens, in_flight, ended] = wire.courses;
    let spans = spans(&wire.spans);
    let all_spans = wire.all_spans.max(spans.len() as u32);
    let own = wire.ours.map(|ours| Box::new(ours.into_own(settings, &wire.figures, wire.partial)));
    Ok(Opened {
        result: RunResult { tool: wire.tool, about: wire.about, figures: wire.figures, requests: Vec::new(), own },
        charts: ChartData { ttft, tpot, itl, e2el, tokens, in_flight, ended, spans, all_spans },
        partial: wire.partial,
    })
}

impl Wire {
    fn is_sound(&self) -> bool {
        let about = &self.about;
        let texts = [&about.date, &about.backend, &about.label, &about.model_id, &about.tokenizer_id];
        texts.into_iter().flatten().all(|text| is_short(text))
            && about.metadata.is_empty()
            && has_few_percentiles(&self.figures)
            && self.spreads.iter().all(Distribution::is_sound)
            && self.courses.iter().all(Steps::is_sound)
            && self.spans.len() <= MOST_SPANS
            && self.ours.as_ref().is_none_or(Ours::is_sound)
    }
}

impl Ours {
    fn of(own: &Own) -> Self {
        let summary = &own.summary;
        let reasons = |verdict: &Verdict| {
            let reasons = verdict.reasons.iter().take(MOST_ITEMS);
            (verdict.level, reasons.map(|reason| (reason.level, shortened(&reason.text))).collect())
        };
        Self {
            version: own.version.clone(),
            definition: summary.definition,
            workload: own.workload.clone(),
            client: own.client.as_ref().map(|client| ClientReport {
                visibility: client.visibility.iter().take(MOST_ITEMS).copied().collect(),
                user_agent: String::new(),
                ..client.clone()
            }),
            calibration: own.calibration,
            verdict: own.verdict.as_ref().map(reasons),
            schedule_delay: summary.schedule_delay.clone(),
            achieved_rate: summary.achieved_rate,
            itl_unknown_gaps: summary.itl_unknown_gaps,
            failures: summary.failures.clone(),
            tokens: summary.tokens.clone(),
        }
    }

    fn is_sound(&self) -> bool {
        let reasons = self.verdict.iter().flat_map(|(_, reasons)| reasons);
        let client =
            self.client.iter().all(|client| client.visibility.len() <= MOST_ITEMS && is_short(&client.user_agent));
        client
            && is_short(&self.version)
            && self.workload.sha256.as_deref().is_none_or(is_short)
            && self.schedule_delay.percentiles_ms.len() <= MOST_ITEMS
            && reasons.clone().count() <= MOST_ITEMS
            && reasons.into_iter().all(|(_, text)| is_short(text))
    }

    fn into_own(self, settings: &Settings, figures: &Figures, partial: bool) -> Own {
        let count = |value: Option<u64>| u32::try_from(value.unwrap_or(0)).unwrap_or(u32::MAX);
        let reason = |(level, text)| Reason { level, text, measure: String::new(), value: 0.0, threshold: 0.0 };
        let verdict = |(level, reasons): (VerdictLevel, Vec<_>)| Verdict {
            level,
            reasons: reasons.into_iter().map(reason).collect(),
        };
        Own {
            version: self.version,
            build: String::new(),
            settings: without_secrets(settings.clone()),
            partial,
            sweep: None,
            workload: self.workload,
            client: self.client,
            calibration: self.calibration,
            verdict: self.verdict.map(verdict),
            summary: Summary {
                definition: self.definition,
                completed: count(figures.completed),
                failed: count(figures.failed),
                max_concurrent_requests: count(figures.max_concurrent_requests),
                schedule_delay: self.schedule_delay,
                achieved_rate: self.achieved_rate,
                itl_unknown_gaps: self.itl_unknown_gaps,
                failures: self.failures,
                tokens: self.tokens,
                ..Summary::default()
            },
            records: Default::default(),
        }
    }
}

/// Whether no metric has more percentiles than a person would ask for.
pub(super) fn has_few_percentiles(figures: &Figures) -> bool {
    Metric::ALL.iter().all(|metric| figures.stats(*metric).percentiles_ms.len() <= MOST_ITEMS)
}

fn is_short(text: &str) -> bool {
    text.chars().count() <= MOST_CHARS
}

fn shortened(text: &str) -> String {
    text.chars().take(MOST_CHARS).collect()
}

/// At most [`MOST_SPANS`] of the spans, evenly chosen, as steps from one to the next.
fn wire_spans(spans: &[Span]) -> Vec<WireSpan> {
    let kept = spans.len().min(MOST_SPANS);
    let chosen = (0..kept).map(|i| &spans[i * spans.len() / kept]);
    let steps = |ms: f64| (ms / STEP_MS).round().clamp(0.0, 4e9) as u32;
    let after_send = |span: &Span, at: Option<f64>| at.map_or(0, |at| steps(at - span.sent_ms).saturating_add(1));
    let (mut index, mut intended) = (0, 0);
    let mut wire = |span: &Span| {
        let due = (span.intended_ms / STEP_MS).round().clamp(0.0, 2e9) as i32;
        let one = WireSpan {
            index: span.index.wrapping_sub(index),
            intended: due.wrapping_sub(intended),
            late: steps(span.sent_ms - span.intended_ms),
            first: after_send(span, span.first_token_ms),
            end: after_send(span, span.end_ms),
            failed: span.failed,
        };
        (index, intended) = (span.index, due);
        one
    };
    chosen.map(&mut wire).collect()
}

fn spans(wire: &[WireSpan]) -> Vec<Span> {
    let (mut index, mut intended) = (0_u32, 0_i32);
    let mut span = |wire: &WireSpan| {
        index = index.wrapping_add(wire.index);
        intended = intended.wrapping_add(wire.intended);
        let intended_ms = f64::from(intended) * STEP_MS;
        let sent_ms = intended_ms + f64::from(wire.late) * STEP_MS;
        let after_send = |steps: u32| steps.checked_sub(1).map(|steps| sent_ms + f64::from(steps) * STEP_MS);
        Span {
            index,
            intended_ms,
            sent_ms,
            first_token_ms: after_send(wire.first),
            end_ms: after_send(wire.end),
            failed: wire.failed,
        }
    };
    wire.iter().map(&mut span).collect()
}
