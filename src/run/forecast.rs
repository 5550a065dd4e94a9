//! What a run will ask of the client, told from its schedule and from how the server answered one test request: streams at
//! its peak, and events a second. A server under load is slower than for one request, so it is the least to reckon with.

use serde::{Deserialize, Serialize};

use crate::dataset::Request;
use crate::metrics::stats::sorted;
use crate::record::{EventKind, Record};

/// How the server answered the test request.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Pace {
    /// From the send to the end, ms.
    pub took_ms: f64,
    /// From the send to the first event with text, ms; none if there was none.
    pub first_ms: Option<f64>,
    /// Mean gap between events with text, ms; none for fewer than two.
    pub gap_ms: Option<f64>,
}

impl Pace {
    /// The pace of this record.
    pub fn of(record: &Record) -> Self {
        let sent_ms = record.sent_ms.unwrap_or_default();
        let is_text = |kind| matches!(kind, EventKind::Text | EventKind::Reasoning);
        let mut texts = record.reply.events.iter().filter(|event| is_text(event.kind)).map(|event| event.at_ms);
        let first_ms = texts.next();
        let (gaps, last_ms) = texts.fold((0, first_ms), |(gaps, _), at_ms| (gaps + 1, Some(at_ms)));
        let gap = |(first_ms, last_ms): (f64, f64)| (last_ms - first_ms) / f64::from(gaps);
        Self {
            took_ms: record.end_ms.unwrap_or(sent_ms) - sent_ms,
            first_ms: first_ms.map(|at_ms| at_ms - sent_ms),
            gap_ms: first_ms.zip(last_ms).filter(|_| gaps > 0).map(gap),
        }
    }

    /// How long a request for this many tokens takes at this pace, ms.
    fn request_ms(&self, output_len: u32) -> f64 {
        match (self.first_ms, self.gap_ms) {
            (Some(first_ms), Some(gap_ms)) => first_ms + gap_ms * f64::from(output_len.saturating_sub(1)),
            _ => self.took_ms,
        }
    }

    /// Events a second that so many streams bring.
    pub fn events_per_s(&self, streams: u32) -> f64 {
        self.gap_ms.filter(|gap_ms| *gap_ms > 0.0).map_or(0.0, |gap_ms| f64::from(streams) * 1000.0 / gap_ms)
    }
}

/// Requests under way at once at the peak of this schedule, when the server keeps its pace and none has to wait.
/// `intended_ms` ascends.
pub fn peak_streams(pace: &Pace, requests: &[Request], intended_ms: &[f64]) -> u32 {
    let ends = requests.iter().zip(intended_ms).map(|(request, at_ms)| at_ms + pace.request_ms(request.output_len));
    let ends_ms = sorted(ends.collect());
    let mut ended = 0;
    let under_way = intended_ms.iter().enumerate().map(|(sent, at_ms)| {
        ended += ends_ms[ended..].iter().take_while(|end_ms| **end_ms <= *at_ms).count();
        (sent + 1).saturating_sub(ended) as u32
    });
    under_way.max().unwrap_or(0)
}

/// What was found out about server and connections before a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PlanReport {
    /// The addresses that requests go to, one a lane.
    pub lanes: Vec<String>,
    /// How many base URLs they belong to.
    pub base_urls: u32,
    /// HTTP versions that the browser told of; none where it does not tell.
    pub protocols: Vec<String>,
    /// Streams that the lanes carry at once.
    pub streams_that_fit: u32,
    /// Requests under way at once at the schedule's peak, if each is answered as the test request was.
    pub wanted_streams: u32,
    /// How that was.
    pub pace: Pace,
}

impl PlanReport {
    /// Streams at once, as far as they fit.
    pub fn streams_in_use(&self) -> u32 {
        self.wanted_streams.min(self.streams_that_fit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, Reply};

    fn requests(output_lens: &[u32]) -> Vec<Request> {
        output_lens.iter().map(|len| Request { prompt: String::new(), prompt_len: 1, output_len: *len }).collect()
    }

    fn record(texts_ms: &[f64]) -> Record {
        let event =
            |at_ms: &f64| Event { at_ms: *at_ms, read: 0, kind: EventKind::Text, chars: 1, tokens_so_far: None };
        let reply = Reply { events: texts_ms.iter().map(event).collect(), ..Reply::default() };
        Record { sent_ms: Some(10.0), end_ms: Some(210.0), reply, ..Record::default() }
    }

    #[test]
    fn a_pace_is_of_the_events_with_text() {
        let pace = Pace::of(&record(&[60.0, 70.0, 90.0]));
        assert_eq!(pace, Pace { took_ms: 200.0, first_ms: Some(50.0), gap_ms: Some(15.0) });
        assert_eq!(pace.events_per_s(30), 2000.0);
        let one = Pace::of(&record(&[60.0]));
        assert_eq!((one.first_ms, one.gap_ms, one.events_per_s(9)), (Some(50.0), None, 0.0));
        assert_eq!(Pace::of(&record(&[])), Pace { took_ms: 200.0, ..Pace::default() });
    }

    #[test]
    fn the_peak_counts_what_overlaps() {
        let pace = Pace { took_ms: 0.0, first_ms: Some(50.0), gap_ms: Some(10.0) };
        // They last 50, 140 and 50 ms.
        let three = requests(&[1, 10, 1]);
        assert_eq!(peak_streams(&pace, &three, &[0.0, 50.0, 100.0]), 2);
        assert_eq!(peak_streams(&pace, &three, &[0.0, 0.0, 0.0]), 3);
        assert_eq!(peak_streams(&pace, &three, &[0.0, 100.0, 300.0]), 1);
        assert_eq!(peak_streams(&pace, &[], &[]), 0);
    }

    #[test]
    fn without_a_stream_a_request_takes_as_long_as_the_test_did() {
        let pace = Pace { took_ms: 100.0, ..Pace::default() };
        assert_eq!(peak_streams(&pace, &requests(&[5; 4]), &[0.0, 40.0, 80.0, 120.0]), 3);
    }
}
