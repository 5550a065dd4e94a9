//! What happened when in a run, as plain values: each request's span, and each arrival of tokens. Charts over time are
//! drawn from these.

use crate::record::{Outcome, Record};

/// When a request was due, sent, answered and over; in ms from the run's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RequestSpan {
    /// The request's place in the workload, from 0.
    pub index: u32,
    /// When the schedule wanted it sent.
    pub intended_ms: f64,
    /// When it left.
    pub sent_ms: f64,
    /// When its first token of any kind arrived; `None` if none did.
    pub first_token_ms: Option<f64>,
    /// When its outcome was known; `None` while it is in flight.
    pub end_ms: Option<f64>,
    /// Whether it failed or was stopped.
    pub failed: bool,
}

impl RequestSpan {
    /// The span of a record; `None` if the request was never sent.
    pub fn of(record: &Record) -> Option<Self> {
        let first = record.reply.events.iter().find(|event| event.kind.is_token());
        Some(Self {
            index: record.index,
            intended_ms: record.intended_ms,
            sent_ms: record.left_ms()?,
            first_token_ms: first.map(|event| event.at_ms),
            end_ms: record.end_ms,
            failed: matches!(record.outcome, Outcome::Failed(_) | Outcome::Stopped),
        })
    }

    /// Time from the send to the first token of any kind, in ms.
    pub fn ttft_ms(&self) -> Option<f64> {
        Some(self.first_token_ms? - self.sent_ms)
    }
}

/// The spans of all requests that were sent, in the records' order.
pub fn request_spans(records: &[Record]) -> Vec<RequestSpan> {
    records.iter().filter_map(RequestSpan::of).collect()
}

/// Output tokens as they arrived: (ms from the run's start, how many). A request's tokens, once they are counted, are
/// shared out among its events by their characters; until then each event counts as one.
pub fn token_arrivals(records: &[Record]) -> Vec<(f64, f64)> {
    let mut arrivals = Vec::with_capacity(records.iter().map(|record| record.reply.events.len()).sum());
    for record in records {
        let events = record.reply.events.iter().filter(|event| event.kind.is_token());
        let chars: u32 = events.clone().map(|event| event.chars).sum();
        let per_char = record.output_tokens.filter(|_| chars > 0).map(|count| f64::from(count) / f64::from(chars));
        arrivals.extend(events.map(|event| {
            let tokens = per_char.map_or(1.0, |per_char| per_char * f64::from(event.chars));
            (event.at_ms, tokens)
        }));
    }
    arrivals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, EventKind, Failure, FailureKind, Reply};

    /// A record of a request sent at 10 ms, with events of (when, kind, characters).
    fn record(events: &[(f64, EventKind, u32)], output_tokens: Option<u32>) -> Record {
        let event = |(at_ms, kind, chars): &(f64, EventKind, u32)| Event {
            at_ms: *at_ms,
            read: 0,
            kind: *kind,
            chars: *chars,
            tokens_so_far: None,
        };
        Record {
            index: 3,
            intended_ms: 9.0,
            sent_ms: Some(10.0),
            end_ms: Some(100.0),
            reply: Reply { events: events.iter().map(event).collect(), ..Reply::default() },
            outcome: Outcome::Completed,
            output_tokens,
            ..Record::default()
        }
    }

    #[test]
    fn the_first_token_is_the_first_text_or_reasoning() {
        let events = [(20.0, EventKind::Empty, 0), (30.0, EventKind::Reasoning, 4), (40.0, EventKind::Text, 4)];
        let mut record = record(&events, None);
        let span = RequestSpan {
            index: 3,
            intended_ms: 9.0,
            sent_ms: 10.0,
            first_token_ms: Some(30.0),
            end_ms: Some(100.0),
            failed: false,
        };
        assert_eq!(request_spans(std::slice::from_ref(&record)), [span]);
        assert_eq!(span.ttft_ms(), Some(20.0));
        record.outcome = Outcome::Failed(Failure { kind: FailureKind::Broken, message: String::new() });
        assert_eq!(RequestSpan::of(&record).map(|span| span.failed), Some(true));
        record.sent_ms = None;
        assert_eq!(RequestSpan::of(&record), None);
    }

    #[test]
    fn tokens_are_shared_out_by_characters_once_they_are_counted() {
        let events = [(20.0, EventKind::Text, 12), (30.0, EventKind::Text, 4), (31.0, EventKind::Done, 0)];
        assert_eq!(token_arrivals(&[record(&events, None)]), [(20.0, 1.0), (30.0, 1.0)]);
        assert_eq!(token_arrivals(&[record(&events, Some(8))]), [(20.0, 6.0), (30.0, 2.0)]);
        let silent = [(20.0, EventKind::Text, 0)];
        assert_eq!(token_arrivals(&[record(&silent, Some(8))]), [(20.0, 1.0)]);
    }
}
