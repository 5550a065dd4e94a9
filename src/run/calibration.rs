//! The page measured against itself: what it adds to the times of streams whose truth is known. The simulated server
//! answers as many streams as the run will have, at the pace that the real server showed, and logs when it gave each
//! event away. Both sides count from their own sight of a request, so their clocks need not agree, and what the
//! simulator itself is late by is in its log and not counted.
//!
//! Its streams do not pass through the browser's network process, so it is the least that the page adds.

use serde::{Deserialize, Serialize};

use super::forecast::Pace;
use crate::dataset::Request;
use crate::metrics::stats::{percentile, sorted};
use crate::record::client::Calibration;
use crate::record::{EventKind, Record};
use crate::run::forecast::PlanReport;
use crate::settings::{BackendKind, Settings};

/// How the page is to be loaded.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CalibrationJob {
    /// The page's address.
    pub page_url: String,
    /// Streams at once.
    pub streams: u32,
    /// All are sent within this time, evenly, ms; 0: at once.
    pub spread_ms: f64,
    /// The simulator's time to first token, ms.
    pub ttft_ms: f64,
    /// Its time between tokens, ms.
    pub itl_ms: f64,
    /// Tokens of a stream.
    pub tokens: u32,
}

/// The simulator's own log of one request.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Truth {
    /// The request's prompt, by which it is found.
    pub prompt: String,
    /// When each token was given away, ms from the request's arrival.
    pub sent_ms: Vec<f64>,
}

/// Streams that are calibrated with, at most; the simulator shares the machine.
const MAX_STREAMS: u32 = 400;
/// Requests that are calibrated with, at least; with fewer streams they follow each other.
const MIN_REQUESTS: u32 = 20;
/// How long the paced part takes, about, ms.
const PACED_MS: f64 = 1000.0;
/// Tokens of a stream, at least.
const LEAST_TOKENS: f64 = 3.0;
/// Sends are spread over this long at most, ms: a slower schedule has less to show.
const MAX_SPREAD_MS: f64 = 400.0;
/// Streams of the part in which events come as fast as they can.
pub const FLOOD_STREAMS: u32 = 4;
/// How long that part takes, ms.
pub const FLOOD_MS: f64 = 300.0;
/// Both parts together must end in this time, ms; a machine that needs longer is judged by what it did until then.
pub const LIMIT_MS: f64 = 4000.0;

impl CalibrationJob {
    /// A load like the planned one, small enough to take about a second.
    pub fn new(plan: &PlanReport, settings: &Settings, page_url: String) -> Self {
        let streams = plan.streams_in_use().clamp(1, MAX_STREAMS);
        let rate = settings.request_rate;
        let spread_ms = if rate.is_finite() { f64::from(streams) * 1000.0 / rate } else { 0.0 };
        let rounds = f64::from(MIN_REQUESTS.div_ceil(streams));
        let request_ms = PACED_MS / rounds;
        let Pace { first_ms, gap_ms, took_ms } = plan.pace;
        let ttft_ms = first_ms.unwrap_or(took_ms).clamp(20.0, 200.0).min(request_ms / 2.0);
        let itl_ms = gap_ms.unwrap_or(20.0).clamp(5.0, 50.0).min((request_ms - ttft_ms) / LEAST_TOKENS);
        Self {
            page_url,
            streams,
            spread_ms: spread_ms.min(MAX_SPREAD_MS),
            ttft_ms,
            itl_ms,
            tokens: ((request_ms - ttft_ms) / itl_ms).clamp(LEAST_TOKENS, 100.0) as u32,
        }
    }

    /// The settings of the paced part.
    pub fn settings(&self) -> Settings {
        Settings {
            backend: BackendKind::Openai,
            simulated_server: true,
            model: Some("simulated".into()),
            simulated_ttft_ms: self.ttft_ms,
            simulated_itl_ms: self.itl_ms,
            simulated_jitter: 0.0,
            simulated_slots: u32::MAX,
            max_concurrency: Some(self.streams),
            header: vec!["x-simulated-log=1".into()],
            ..Settings::default()
        }
    }

    /// The settings of the part in which events come as fast as they can.
    pub fn flood_settings(&self) -> Settings {
        Settings { simulated_ttft_ms: 0.0, simulated_itl_ms: 0.0, header: Vec::new(), ..self.settings() }
    }

    /// The requests of the paced part.
    pub fn requests(&self) -> Vec<Request> {
        (0..self.streams.max(MIN_REQUESTS)).map(|index| request(index, self.tokens)).collect()
    }

    /// The requests of the other part; none comes to its end.
    pub fn flood_requests(&self) -> Vec<Request> {
        (0..FLOOD_STREAMS).map(|index| request(index, 100_000)).collect()
    }

    /// When the requests of the paced part are due, ms.
    pub fn intended_ms(&self) -> Vec<f64> {
        let requests = self.streams.max(MIN_REQUESTS);
        (0..requests).map(|index| self.spread_ms * f64::from(index) / f64::from(requests)).collect()
    }
}

fn request(index: u32, output_len: u32) -> Request {
    Request { prompt: prompt(index), prompt_len: 2, output_len }
}

/// Tells a request to the simulator's log.
fn prompt(index: u32) -> String {
    format!("calibration {index}")
}

/// Holds the records of the paced part against the simulator's log; none where there is nothing to compare.
pub fn compare(
    job: &CalibrationJob,
    records: &[Record],
    log: &[Truth],
    sustained_events_per_s: f64,
) -> Option<Calibration> {
    let mut added_ms = Vec::new();
    let mut off_ms = Vec::new();
    for record in records {
        let prompt = prompt(record.index);
        // A calibration that was broken off may have left entries of the same name: the latest is meant.
        let Some(truth) = log.iter().rfind(|truth| truth.prompt == prompt) else { continue };
        let seen_ms = seen_ms(record);
        if let (Some(seen_ms), Some(true_ms)) = (seen_ms.first(), truth.sent_ms.first()) {
            added_ms.push(seen_ms - true_ms);
        }
        let gaps = |times_ms: &[f64]| times_ms.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
        let pairs = gaps(&seen_ms).into_iter().zip(gaps(&truth.sent_ms));
        off_ms.extend(pairs.map(|(seen_ms, true_ms)| (seen_ms - true_ms).abs()));
    }
    if added_ms.is_empty() {
        return None;
    }
    let requests = added_ms.len() as u32;
    let [p50, p99] = percentiles(added_ms);
    let [off_p50, off_p99] = percentiles(off_ms);
    Some(Calibration {
        streams: job.streams,
        requests,
        events_per_s: events_per_s(records),
        ttft_added_p50_ms: p50,
        ttft_added_p99_ms: p99,
        itl_off_p50_ms: off_p50,
        itl_off_p99_ms: off_p99,
        sustained_events_per_s,
    })
}

fn texts_ms(record: &Record) -> impl Iterator<Item = f64> {
    record.reply.events.iter().filter(|event| event.kind == EventKind::Text).map(|event| event.at_ms)
}

/// When each token was seen, ms from when the request left.
fn seen_ms(record: &Record) -> Vec<f64> {
    let left_ms = record.left_ms().unwrap_or_default();
    texts_ms(record).map(|at_ms| at_ms - left_ms).collect()
}

fn percentiles(values: Vec<f64>) -> [f64; 2] {
    let values = sorted(values);
    [50.0, 99.0].map(|rank| percentile(&values, rank))
}

/// Between the first event of all and the last.
fn events_per_s(records: &[Record]) -> f64 {
    let (mut count, mut first_ms, mut last_ms) = (0u32, f64::INFINITY, 0.0f64);
    for at_ms in records.iter().flat_map(texts_ms) {
        (count, first_ms, last_ms) = (count + 1, first_ms.min(at_ms), last_ms.max(at_ms));
    }
    if last_ms > first_ms { f64::from(count) * 1000.0 / (last_ms - first_ms) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, Reply};

    fn plan(streams: u32, pace: Pace) -> PlanReport {
        PlanReport { streams_that_fit: 240, wanted_streams: streams, pace, ..PlanReport::default() }
    }

    fn pace() -> Pace {
        Pace { took_ms: 1500.0, first_ms: Some(50.0), gap_ms: Some(10.0) }
    }

    #[test]
    fn the_load_is_like_the_planned_one() {
        let at_once = CalibrationJob::new(&plan(100, pace()), &Settings::default(), "p".into());
        assert_eq!((at_once.streams, at_once.spread_ms), (100, 0.0));
        assert_eq!((at_once.ttft_ms, at_once.itl_ms, at_once.tokens), (50.0, 10.0, 95));
        assert_eq!((at_once.requests().len(), at_once.intended_ms()), (100, vec![0.0; 100]));

        let paced = Settings { request_rate: 50.0, ..Settings::default() };
        let few = CalibrationJob::new(&plan(10, pace()), &paced, "p".into());
        assert_eq!((few.streams, few.spread_ms, few.requests().len()), (10, 200.0, 20));
        assert_eq!(few.intended_ms()[10], 100.0);
        // Two rounds in a second.
        assert_eq!(few.ttft_ms + few.itl_ms * f64::from(few.tokens), 500.0);
    }

    #[test]
    fn extremes_stay_within_a_few_seconds() {
        let slow = Pace { took_ms: 60_000.0, first_ms: Some(20_000.0), gap_ms: Some(900.0) };
        for (streams, pace) in [(0, slow), (1, slow), (900, slow), (1, Pace::default())] {
            let job = CalibrationJob::new(&plan(streams, pace), &Settings::default(), "p".into());
            let rounds = f64::from(MIN_REQUESTS.div_ceil(job.streams));
            let took_ms = rounds * (job.ttft_ms + job.itl_ms * f64::from(job.tokens)) + job.spread_ms;
            assert!((1..=MAX_STREAMS).contains(&job.streams) && took_ms < 1500.0, "{took_ms} {job:?}");
            assert_eq!(job.settings().check(), []);
            assert_eq!(job.flood_settings().check(), []);
        }
        let limited = PlanReport { streams_that_fit: 6, wanted_streams: 100, pace: pace(), ..PlanReport::default() };
        assert_eq!(CalibrationJob::new(&limited, &Settings::default(), "p".into()).streams, 6);
    }

    fn record(index: u32, sent_ms: f64, seen_ms: &[f64]) -> Record {
        let event = |seen_ms: &f64| Event {
            at_ms: sent_ms + seen_ms,
            read: 0,
            kind: EventKind::Text,
            chars: 1,
            tokens_so_far: None,
        };
        let reply = Reply { events: seen_ms.iter().map(event).collect(), ..Reply::default() };
        Record { index, sent_ms: Some(sent_ms), reply, ..Record::default() }
    }

    fn truth(index: u32, sent_ms: &[f64]) -> Truth {
        Truth { prompt: prompt(index), sent_ms: sent_ms.to_vec() }
    }

    #[test]
    fn only_what_the_page_adds_is_counted() {
        let job = CalibrationJob { streams: 2, ..CalibrationJob::default() };
        // The simulator was late by 30 ms with a token, which is no fault of the page's; the page was late by 8 ms with one.
        let records = [record(0, 0.0, &[53.0, 63.0, 103.0]), record(1, 7.0, &[55.0, 73.0, 75.0])];
        let log = [truth(1, &[50.0, 60.0, 70.0]), truth(0, &[50.0, 60.0, 100.0])];
        let found = compare(&job, &records, &log, 9000.0).expect("a calibration");
        assert_eq!((found.requests, found.streams, found.sustained_events_per_s), (2, 2, 9000.0));
        assert_eq!(found.ttft_added_p50_ms, 4.0);
        assert!((found.ttft_added_p99_ms - 4.98).abs() < 1e-9);
        assert_eq!(found.itl_off_p50_ms, 4.0);
        assert!((found.itl_off_p99_ms - 8.0).abs() < 0.01, "{found:?}");
        assert_eq!(found.events_per_s, 6.0 / 0.05);
    }

    #[test]
    fn nothing_to_compare_is_no_calibration() {
        let job = CalibrationJob::default();
        assert_eq!(compare(&job, &[record(0, 0.0, &[])], &[truth(0, &[])], 1.0), None);
        assert_eq!(compare(&job, &[record(0, 0.0, &[5.0])], &[truth(1, &[5.0])], 1.0), None);
    }
}
