//! The `streamgauge` key of the result JSON. Field names here are the file's; the README's table of the format follows
//! them. Settings are written as their flags, so that a file reads like the URL that made it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::flags::flags_of;
use super::sweep::SweepPlace;
use super::wire_events::Events;
use super::{Figures, Own, RunResult, StatFigures, Verdict, WorkloadFacts, WriteOptions};
use crate::metrics::{Definition, Metric, Stats, SteadyWindow, StreamTraits, Summary, TokenTruth};
use crate::record::client::Calibration;
use crate::record::client::ClientReport;
use crate::record::{Event, Failure, FailureKind, NetworkTiming, Outcome, Record, Reply, StreamEnd, Taint, Usage};

/// All of the key.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Block {
    pub version: String,
    pub build: String,
    /// Flags and their values, those that differ from the defaults.
    pub settings: BTreeMap<String, Vec<String>>,
    pub partial: bool,
    /// Its place in a sweep; not written if it was no sweep's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepPlace>,
    /// Whose definitions the figures follow.
    pub definition: Definition,
    /// What they say of each metric.
    #[serde(default)]
    pub definitions: BTreeMap<String, String>,
    #[serde(default)]
    pub workload: WorkloadFacts,
    #[serde(default)]
    pub schedule: Schedule,
    #[serde(default)]
    pub connections: Connections,
    /// What the client was found to add, before the run; null where that was not measured.
    #[serde(default)]
    pub calibration: Option<Calibration>,
    pub verdict: Option<Verdict>,
    pub client: Option<ClientReport>,
    #[serde(default)]
    pub figures: Extra,
    /// The raw records; null if they were left out.
    pub records: Option<Vec<WireRecord>>,
}

/// When requests were due.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Schedule {
    /// Each request's intended time, in s from the run's start.
    pub intended_s: Vec<f64>,
}

/// How requests travelled.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Connections {
    /// Addresses of the server, as they were given.
    pub base_urls: u32,
    /// Lanes that requests were spread over: host names, each with the streams that it carries.
    pub lanes: Option<u32>,
    /// Streams that the planned connections carry at once.
    pub streams_that_fit: Option<u32>,
    /// Streams that the schedule was expected to want at its peak.
    pub wanted_streams: Option<u32>,
    /// HTTP versions seen, with the number of requests that used each.
    pub protocols: BTreeMap<String, u32>,
}

/// Figures that neither the reference nor vLLM has.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Extra {
    /// Values behind the standard latencies.
    pub counts: [u32; 4],
    /// The other latencies, by their words; missing in results of versions that had none.
    pub latencies: BTreeMap<String, StatFigures>,
    pub stopped: u32,
    pub good_requests: Option<u32>,
    pub achieved_rate: Option<f64>,
    pub ttft_any: Stats,
    pub itl_any: Stats,
    pub ttft_from_intended: Stats,
    pub e2el_from_intended: Stats,
    pub schedule_delay: Stats,
    pub itl_unknown_gaps: u64,
    pub steady: Vec<SteadyWindow>,
    pub failures: BTreeMap<FailureKind, u32>,
    pub tokens: TokenTruth,
    pub streams: StreamTraits,
}

/// One raw record; its events as columns.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WireRecord {
    index: u32,
    prompt_len: u32,
    asked_output_len: u32,
    intended_ms: f64,
    sent_ms: Option<f64>,
    /// Missing in results of versions that did not record it.
    handed_ms: Option<f64>,
    headers_ms: Option<f64>,
    end_ms: Option<f64>,
    in_flight_at_send: u32,
    lane: u16,
    status: Option<u16>,
    outcome: WireOutcome,
    failure: Option<Failure>,
    output_tokens: Option<u32>,
    /// Of reasoning, tool calls and refusals; not written where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    other_output_tokens: Option<u32>,
    usage: Option<Usage>,
    finish_reason: Option<String>,
    /// Missing in results of versions that did not record it.
    stream_end: Option<StreamEnd>,
    /// Written where it is so.
    #[serde(default, skip_serializing_if = "is_not")]
    prompt_echoed: bool,
    text_sha256: Option<String>,
    /// Only where texts were asked for, as the two after it, which are written where there are any.
    reasoning: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tool_calls: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    network: Option<NetworkTiming>,
    taints: Vec<Taint>,
    events: Events,
    /// The events, where they were lifted out of the text.
    #[serde(skip)]
    lifted: Option<Vec<Event>>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireOutcome {
    Completed,
    Failed,
    Stopped,
    Pending,
}

fn is_not(flag: &bool) -> bool {
    !*flag
}

/// What keys mean that other tools fill otherwise, or that have no unit in their name.
const KEYS_EXPLAINED: [(&str, &str); 4] = [
    (
        "max_output_tokens_per_s",
        "Output tokens, not chunks, in the fullest second of the run; null of a run below 1 s.",
    ),
    ("start_times", "When each request was sent, in seconds from the run's start."),
    ("queue_times", "How much later than intended each request was sent, in seconds."),
    ("generated_texts", "Empty where texts were left out; their SHA-256 stands with the records."),
];

/// SHA-256 of a text's UTF-8 bytes, in lower-case hex.
pub(crate) fn sha256(text: &str) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    Sha256::digest(text.as_bytes()).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

impl Block {
    pub(crate) fn new(result: &RunResult, own: &Own, options: WriteOptions) -> Self {
        let summary = &own.summary;
        let records = || own.records.iter().zip(&result.requests);
        Self {
            version: own.version.clone(),
            build: own.build.clone(),
            settings: flags_of(own.settings.clone()),
            partial: own.partial,
            sweep: own.sweep.clone(),
            definition: summary.definition,
            definitions: summary
                .definition
                .explained()
                .into_iter()
                .chain(KEYS_EXPLAINED)
                .map(|(metric, sentence)| (metric.to_owned(), sentence.to_owned()))
                .collect(),
            workload: own.workload.clone(),
            schedule: Schedule { intended_s: own.records.iter().map(|record| record.intended_ms / 1000.0).collect() },
            connections: Connections::of(own),
            calibration: own.calibration,
            verdict: own.verdict.clone(),
            client: own.client.clone(),
            figures: Extra::of(summary, &result.figures),
            records: options.records.then(|| {
                records().map(|(record, row)| WireRecord::new(record, row.text_sha256.clone(), options.texts)).collect()
            }),
        }
    }
}

impl Connections {
    fn of(own: &Own) -> Self {
        let mut protocols = BTreeMap::new();
        for protocol in own.records.iter().filter_map(|record| record.network.as_ref()?.protocol.clone()) {
            *protocols.entry(protocol).or_default() += 1;
        }
        let told = |count: fn(&ClientReport) -> u32| own.client.as_ref().map(count);
        Self {
            base_urls: u32::try_from(own.settings.base_urls().len().max(1)).unwrap_or(u32::MAX),
            lanes: told(|client| client.lanes),
            streams_that_fit: told(|client| client.streams_that_fit),
            wanted_streams: told(|client| client.wanted_streams),
            protocols,
        }
    }
}

impl Extra {
    fn of(summary: &Summary, figures: &Figures) -> Self {
        Self {
            counts: Metric::STANDARD.map(|metric| summary.latencies[metric].count),
            latencies: figures.further().into_iter().collect(),
            stopped: summary.stopped,
            good_requests: summary.good_requests,
            achieved_rate: summary.achieved_rate,
            ttft_any: summary.ttft_any.clone(),
            itl_any: summary.itl_any.clone(),
            ttft_from_intended: summary.ttft_from_intended.clone(),
            e2el_from_intended: summary.e2el_from_intended.clone(),
            schedule_delay: summary.schedule_delay.clone(),
            itl_unknown_gaps: summary.itl_unknown_gaps,
            steady: summary.steady.clone(),
            failures: summary.failures.clone(),
            tokens: summary.tokens.clone(),
            streams: summary.streams,
        }
    }

    /// Puts the figures where they came from.
    pub(crate) fn fill(self, summary: &mut Summary) {
        summary.stopped = self.stopped;
        summary.good_requests = self.good_requests;
        summary.ttft_any = self.ttft_any;
        summary.itl_any = self.itl_any;
        summary.ttft_from_intended = self.ttft_from_intended;
        summary.e2el_from_intended = self.e2el_from_intended;
        summary.schedule_delay = self.schedule_delay;
        summary.itl_unknown_gaps = self.itl_unknown_gaps;
        summary.steady = self.steady;
        summary.failures = self.failures;
        summary.tokens = self.tokens;
        summary.streams = self.streams;
        summary.achieved_rate = self.achieved_rate;
    }
}

impl WireRecord {
    pub(crate) fn new(record: &Record, text_sha256: Option<String>, texts: bool) -> Self {
        let (outcome, failure) = match &record.outcome {
            Outcome::Completed => (WireOutcome::Completed, None),
            Outcome::Failed(failure) => (WireOutcome::Failed, Some(failure.clone())),
            Outcome::Stopped => (WireOutcome::Stopped, None),
            Outcome::Pending => (WireOutcome::Pending, None),
        };
        Self {
            index: record.index,
            prompt_len: record.prompt_len,
            asked_output_len: record.asked_output_len,
            intended_ms: record.intended_ms,
            sent_ms: record.sent_ms,
            handed_ms: record.handed_ms,
            headers_ms: record.headers_ms,
            end_ms: record.end_ms,
            in_flight_at_send: record.in_flight_at_send,
            lane: record.lane,
            status: record.status,
            outcome,
            failure,
            output_tokens: record.output_tokens,
            other_output_tokens: record.other_output_tokens,
            usage: record.reply.usage,
            finish_reason: record.reply.finish_reason.clone(),
            stream_end: record.reply.end,
            prompt_echoed: record.reply.prompt_echoed,
            text_sha256,
            reasoning: texts.then(|| record.reply.reasoning.clone()),
            tool_calls: Some(record.reply.tool_calls.clone()).filter(|text| texts && !text.is_empty()),
            refusal: Some(record.reply.refusal.clone()).filter(|text| texts && !text.is_empty()),
            network: record.network.clone(),
            taints: record.taints.clone(),
            events: Events::of(&record.reply.events),
            lifted: None,
        }
    }

    /// Gives records the events that were lifted out of their text; `false` if those are not of these records.
    pub(crate) fn take_events(records: &mut [Self], lifted: Vec<Vec<Event>>) -> bool {
        let fit = records.len() == lifted.len();
        for (record, events) in records.iter_mut().zip(lifted) {
            record.lifted = Some(events);
        }
        fit
    }

    /// The record, with the text that the file has of it, and the text's hash.
    pub(crate) fn into_record(self, text: Option<String>) -> Result<(Record, Option<String>), &'static str> {
        let outcome = match (self.outcome, self.failure) {
            (WireOutcome::Completed, _) => Outcome::Completed,
            (WireOutcome::Failed, Some(failure)) => Outcome::Failed(failure),
            (WireOutcome::Failed, None) => return Err("outcome is \"failed\", but there is no failure"),
            (WireOutcome::Stopped, _) => Outcome::Stopped,
            (WireOutcome::Pending, _) => Outcome::Pending,
        };
        let reply = Reply {
            events: match self.lifted {
                Some(events) => events,
                None => self.events.into_events()?,
            },
            text: text.unwrap_or_default(),
            reasoning: self.reasoning.unwrap_or_default(),
            tool_calls: self.tool_calls.unwrap_or_default(),
            refusal: self.refusal.unwrap_or_default(),
            usage: self.usage,
            finish_reason: self.finish_reason,
            end: self.stream_end,
            prompt_echoed: self.prompt_echoed,
        };
        let record = Record {
            index: self.index,
            prompt_len: self.prompt_len,
            asked_output_len: self.asked_output_len,
            intended_ms: self.intended_ms,
            sent_ms: self.sent_ms,
            handed_ms: self.handed_ms,
            headers_ms: self.headers_ms,
            end_ms: self.end_ms,
            in_flight_at_send: self.in_flight_at_send,
            lane: self.lane,
            status: self.status,
            reply,
            outcome,
            output_tokens: self.output_tokens,
            other_output_tokens: self.other_output_tokens,
            network: self.network,
            taints: self.taints,
        };
        Ok((record, self.text_sha256))
    }
}
