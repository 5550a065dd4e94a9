//! The `streamgauge` key of the result JSON. Field names here are the file's; the README's table of the format follows
//! them. Settings are written as their flags, so that a file reads like the URL that made it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::sweep::SweepPlace;
use super::{Own, RunResult, Verdict, WorkloadFacts, WriteOptions};
use crate::metrics::{Definition, Stats, SteadyWindow, Summary, TokenTruth};
use crate::record::client::Calibration;
use crate::record::client::ClientReport;
use crate::record::{Event, EventKind, Failure, FailureKind, NetworkTiming, Outcome, Record, Reply, Taint, Usage};
use crate::settings::{FLAGS, Settings, flag};

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
    /// Values behind TTFT, TPOT, ITL and E2EL.
    pub counts: [u32; 4],
    pub stopped: u32,
    pub good_requests: Option<u32>,
    pub achieved_rate: Option<f64>,
    pub ttft_any: Stats,
    pub ttft_from_intended: Stats,
    pub e2el_from_intended: Stats,
    pub schedule_delay: Stats,
    pub itl_unknown_gaps: u64,
    pub steady: Vec<SteadyWindow>,
    pub failures: BTreeMap<FailureKind, u32>,
    pub tokens: TokenTruth,
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
    usage: Option<Usage>,
    finish_reason: Option<String>,
    text_sha256: Option<String>,
    /// Only where texts were asked for.
    reasoning: Option<String>,
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

#[derive(Debug, Default, Serialize, Deserialize)]
struct Events {
    at_ms: Vec<f64>,
    read: Vec<u32>,
    /// One letter an event: t(ext), r(easoning), e(mpty), u(sage), d(one).
    kind: String,
    chars: Vec<u32>,
    /// Null where no event says it.
    tokens_so_far: Option<Vec<Option<u32>>>,
}

const KINDS: [(char, EventKind); 5] = [
    ('t', EventKind::Text),
    ('r', EventKind::Reasoning),
    ('e', EventKind::Empty),
    ('u', EventKind::Usage),
    ('d', EventKind::Done),
];

/// The kind of event that a letter stands for.
pub(crate) fn kind_of(letter: char) -> Option<EventKind> {
    KINDS.iter().find(|(known, _)| *known == letter).map(|(_, kind)| *kind)
}

/// What keys mean that other tools fill otherwise, or that have no unit in their name.
const KEYS_EXPLAINED: [(&str, &str); 4] = [
    ("max_output_tokens_per_s", "Output tokens, not chunks, in the fullest second of the run."),
    ("start_times", "When each request was sent, in seconds from the run's start."),
    ("queue_times", "How much later than intended each request was sent, in seconds."),
    ("generated_texts", "Empty where texts were left out; their SHA-256 stands with the records."),
];

/// SHA-256 of a text's UTF-8 bytes, in lower-case hex.
pub(crate) fn sha256(text: &str) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    Sha256::digest(text.as_bytes()).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Settings whose headers and addresses give no secret away. An API key is no setting; this is for keys that were put
/// where they do not belong.
pub fn without_secrets(mut settings: Settings) -> Settings {
    let secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["auth", "key", "token", "secret", "cookie", "password"].iter().any(|word| name.contains(word))
    };
    for header in &mut settings.header {
        if let Some((name, _)) = header.split_once('=').filter(|(name, _)| secret(name)) {
            *header = format!("{name}=***");
        }
    }
    settings.base_url = settings.base_url.map(|urls| {
        let without_user = |url: &str| match url.split_once("://") {
            Some((scheme, rest)) => {
                let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
                format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or(host))
            }
            None => url.to_owned(),
        };
        let urls = urls.split(|c: char| c == ',' || c.is_whitespace()).filter(|url| !url.is_empty());
        urls.map(without_user).collect::<Vec<_>>().join(" ")
    });
    settings
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
            figures: Extra::of(summary),
            records: options.records.then(|| {
                records().map(|(record, row)| WireRecord::new(record, row.text_sha256.clone(), options.texts)).collect()
            }),
        }
    }
}

/// The flags that differ from the defaults, without secrets.
pub(crate) fn flags_of(settings: Settings) -> BTreeMap<String, Vec<String>> {
    let (settings, default) = (without_secrets(settings), Settings::default());
    let differing = FLAGS.iter().filter(|flag| (flag.get)(&settings) != (flag.get)(&default));
    // One by one: to collect a map sorts its keys, by code of their own.
    let mut flags = BTreeMap::new();
    flags.extend(differing.map(|flag| (flag.key.to_owned(), (flag.get)(&settings))));
    flags
}

/// The settings of such flags; a flag that this version does not know is passed over.
pub(crate) fn settings_of(flags: &BTreeMap<String, Vec<String>>) -> Settings {
    let mut settings = Settings::default();
    for (key, values) in flags {
        let Some(flag) = flag(key) else { continue };
        (flag.clear)(&mut settings);
        for value in values {
            // A value that this version refuses leaves the default.
            let _ = (flag.set)(&mut settings, value);
        }
    }
    settings
}

impl Connections {
    fn of(own: &Own) -> Self {
        let mut protocols = BTreeMap::new();
        for protocol in own.records.iter().filter_map(|record| record.network.as_ref()?.protocol.clone()) {
            *protocols.entry(protocol).or_default() += 1;
        }
        let told = |count: fn(&ClientReport) -> u32| own.client.as_ref().map(count);
        Self {
            base_urls: u32::try_from(own.settings.base_urls().len()).unwrap_or(u32::MAX),
            lanes: told(|client| client.lanes),
            streams_that_fit: told(|client| client.streams_that_fit),
            wanted_streams: told(|client| client.wanted_streams),
            protocols,
        }
    }
}

impl Extra {
    fn of(summary: &Summary) -> Self {
        Self {
            counts: [&summary.ttft, &summary.tpot, &summary.itl, &summary.e2el].map(|stats| stats.count),
            stopped: summary.stopped,
            good_requests: summary.good_requests,
            achieved_rate: summary.achieved_rate,
            ttft_any: summary.ttft_any.clone(),
            ttft_from_intended: summary.ttft_from_intended.clone(),
            e2el_from_intended: summary.e2el_from_intended.clone(),
            schedule_delay: summary.schedule_delay.clone(),
            itl_unknown_gaps: summary.itl_unknown_gaps,
            steady: summary.steady.clone(),
            failures: summary.failures.clone(),
            tokens: summary.tokens.clone(),
        }
    }

    /// Puts the figures where they came from.
    pub(crate) fn fill(self, summary: &mut Summary) {
        summary.stopped = self.stopped;
        summary.good_requests = self.good_requests;
        summary.ttft_any = self.ttft_any;
        summary.ttft_from_intended = self.ttft_from_intended;
        summary.e2el_from_intended = self.e2el_from_intended;
        summary.schedule_delay = self.schedule_delay;
        summary.itl_unknown_gaps = self.itl_unknown_gaps;
        summary.steady = self.steady;
        summary.failures = self.failures;
        summary.tokens = self.tokens;
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
            usage: record.reply.usage,
            finish_reason: record.reply.finish_reason.clone(),
            text_sha256,
            reasoning: texts.then(|| record.reply.reasoning.clone()),
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
            usage: self.usage,
            finish_reason: self.finish_reason,
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
            network: self.network,
            taints: self.taints,
        };
        Ok((record, self.text_sha256))
    }
}

impl Events {
    fn of(events: &[Event]) -> Self {
        let letter =
            |kind: EventKind| KINDS.iter().find(|(_, known)| *known == kind).map_or('e', |(letter, _)| *letter);
        let says_tokens = events.iter().any(|event| event.tokens_so_far.is_some());
        Self {
            at_ms: events.iter().map(|event| event.at_ms).collect(),
            read: events.iter().map(|event| event.read).collect(),
            kind: events.iter().map(|event| letter(event.kind)).collect(),
            chars: events.iter().map(|event| event.chars).collect(),
            tokens_so_far: says_tokens.then(|| events.iter().map(|event| event.tokens_so_far).collect()),
        }
    }

    fn into_events(self) -> Result<Vec<Event>, &'static str> {
        let kinds: Option<Vec<EventKind>> = self.kind.chars().map(kind_of).collect();
        let kinds = kinds.ok_or("events.kind has a letter that is none of t, r, e, u, d")?;
        let n = self.at_ms.len();
        let tokens = self.tokens_so_far.unwrap_or_else(|| vec![None; n]);
        if [self.read.len(), kinds.len(), self.chars.len(), tokens.len()] != [n; 4] {
            return Err("the columns of events are not of one length");
        }
        let event = |i: usize| Event {
            at_ms: self.at_ms[i],
            read: self.read[i],
            kind: kinds[i],
            chars: self.chars[i],
            tokens_so_far: tokens[i],
        };
        Ok((0..n).map(event).collect())
    }
}
