//! One request from its send to its outcome, over a transport and a clock. The traits that the browser and the
//! tests implement stand here; nothing in this file knows which of them it runs on.

use std::cell::RefCell;
use std::pin::pin;

use futures_util::future::{Either, select};

use super::lanes::Lanes;
use super::runner::Counters;
use crate::backend::{Decoder, error_text};
use crate::record::{Event, EventKind, Failure, FailureKind, Outcome, Record};
use crate::settings::BackendKind;

/// A monotonic clock, in ms from any origin.
pub trait Clock {
    /// The time now.
    fn now_ms(&self) -> f64;
    /// Returns at `at_ms`, as exactly as the clock can; at once when that is past.
    fn sleep_until(&self, at_ms: f64) -> impl Future<Output = ()>;
    /// Returns at `at_ms` or some ms later, at no cost meanwhile. For time limits.
    fn nap_until(&self, at_ms: f64) -> impl Future<Output = ()>;
    /// Returns at once, but after all that already waits to run.
    fn turn(&self) -> impl Future<Output = ()>;
}

/// What sends requests.
pub trait Transport {
    /// A request under way.
    type Call: Call;
    /// Request `index` of the workload will be sent soon: what can be made of it before its time is made. It may be told
    /// several times, and need not be.
    fn expect(&self, _index: usize) {}
    /// Sends request `index` of the workload over `lane`. Failures come out of the call.
    fn start(&self, index: usize, lane: u16) -> Self::Call;
    /// Sends the `nth` request outside of the run: the test request is the 0th, warm-ups follow.
    fn start_outside(&self, nth: u32, lane: u16) -> Self::Call;
    /// Finds out what the server's connections carry, once the test request has shown that it answers. Before that, lane
    /// 0 is the one that there is.
    fn connect(&self) -> impl Future<Output = Lanes>;
    /// Opens the `nth` connection of `lane` before the run, as well as it can. The 0th goes ahead of the others, and brings
    /// what they need not bring again, as a CORS preflight.
    fn warm(&self, lane: u16, nth: u32) -> impl Future<Output = ()>;
    /// How many exchanges with the server one that is not the 0th takes.
    fn exchanges_a_knock(&self) -> f64;
}

/// A request under way. Dropping it aborts it.
pub trait Call {
    /// When it was sent, on the transport's clock.
    fn sent_ms(&self) -> f64;
    /// When sending it was done with, on the transport's clock.
    fn handed_ms(&self) -> f64;
    /// Waits for the response's head.
    fn head(&mut self) -> impl Future<Output = Result<Head, Failure>>;
    /// Waits for the next bytes of the body; none at its end.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Chunk<'_>>, Failure>>;
}

/// A response's head.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// HTTP status.
    pub status: u16,
    /// When it was seen, on the transport's clock.
    pub at_ms: f64,
}

/// Bytes of a body that one read brought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chunk<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// When the read returned, on the transport's clock.
    pub at_ms: f64,
}

/// Bytes of an error response that are read and kept.
const MAX_ERROR_BODY: usize = 16 * 1024;
/// After the stream's end mark, how long its connection may take to close before it is dropped, in ms.
const CLOSING_MS: f64 = 2000.0;

/// What every exchange of a run shares.
pub(super) struct Desk<'a, C> {
    /// The clock.
    pub(super) clock: &'a C,
    /// The kind of server.
    pub(super) backend: BackendKind,
    /// Time limit of a request from its send, ms.
    pub(super) timeout_ms: f64,
    /// The run's start on the clock; times in records count from it.
    pub(super) t0_ms: f64,
    /// Where events are counted; none for requests outside the records.
    pub(super) counters: Option<&'a Counters>,
}

impl<C: Clock> Desk<'_, C> {
    /// The time since t0, ms.
    pub(super) fn now_ms(&self) -> f64 {
        self.clock.now_ms() - self.t0_ms
    }

    /// Follows a call that was just sent to its outcome; `record` holds at any time what is known so far, so that
    /// dropping this future loses nothing.
    pub(super) async fn follow(&self, call: impl Call, record: &RefCell<Record>) {
        let sent_ms = record.borrow().sent_ms.unwrap_or_default();
        let limit = self.clock.nap_until(self.t0_ms + sent_ms + self.timeout_ms);
        let outcome = match select(pin!(self.read(call, record)), pin!(limit)).await {
            Either::Left((Ok(()), _)) => Outcome::Completed,
            Either::Left((Err(failure), _)) => Outcome::Failed(failure),
            Either::Right(_) => Outcome::Failed(self.timed_out(&record.borrow())),
        };
        let mut record = record.borrow_mut();
        record.end_ms = Some(self.now_ms());
        record.outcome = outcome;
    }

    fn timed_out(&self, record: &Record) -> Failure {
        let seconds = self.timeout_ms / 1000.0;
        let so_far = match (record.status, record.reply.events.len()) {
            (None, _) => "the server had not answered".to_owned(),
            (Some(_), 0) => "no event of the stream had come".to_owned(),
            (Some(_), events) => format!("the stream was not over; {events} events had come"),
        };
        let message = format!("Given up after the time limit of {seconds} s (request-timeout-sec): {so_far}.");
        Failure { kind: FailureKind::Timeout, message }
    }

    async fn read(&self, mut call: impl Call, record: &RefCell<Record>) -> Result<(), Failure> {
        let head = call.head().await?;
        {
            let mut record = record.borrow_mut();
            record.status = Some(head.status);
            record.headers_ms = Some(head.at_ms - self.t0_ms);
        }
        if !(200..300).contains(&head.status) {
            return Err(self.error_status(head.status, call).await);
        }
        self.stream(call, record).await
    }

    async fn error_status(&self, status: u16, mut call: impl Call) -> Failure {
        let mut body = Vec::new();
        while body.len() < MAX_ERROR_BODY {
            match call.chunk().await {
                Ok(Some(chunk)) => {
                    let room = MAX_ERROR_BODY - body.len();
                    body.extend_from_slice(&chunk.bytes[..chunk.bytes.len().min(room)]);
                }
                // What came of the body is told; that its rest is missing changes nothing.
                Ok(None) | Err(_) => break,
            }
        }
        let words = error_text(status, &String::from_utf8_lossy(&body));
        Failure { kind: FailureKind::HttpStatus, message: format!("Status {status}: {words}") }
    }

    async fn stream(&self, mut call: impl Call, record: &RefCell<Record>) -> Result<(), Failure> {
        let mut decoder = Decoder::new(self.backend);
        let mut read = 0;
        while let Some(chunk) = call.chunk().await? {
            let done = {
                let reply = &mut record.borrow_mut().reply;
                let known = reply.events.len();
                let fed = decoder.feed(chunk.bytes, chunk.at_ms - self.t0_ms, read, reply);
                self.count_text(&reply.events[known..]);
                fed?;
                reply.events.last().is_some_and(|event| event.kind == EventKind::Done)
            };
            read += 1;
            if done {
                self.close(&mut call).await;
                break;
            }
        }
        decoder.finish(&mut record.borrow_mut().reply)
    }

    fn count_text(&self, events: &[Event]) {
        if let Some(counters) = self.counters {
            let texts = events.iter().filter(|event| matches!(event.kind, EventKind::Text | EventKind::Reasoning));
            counters.text_events.set(counters.text_events.get() + texts.count() as u64);
        }
    }

    /// Reads on to the body's end, so that the connection can be used again; what happens there can no longer change
    /// the outcome.
    async fn close(&self, call: &mut impl Call) {
        let drain = async { while let Ok(Some(_)) = call.chunk().await {} };
        select(pin!(drain), pin!(self.clock.nap_until(self.clock.now_ms() + CLOSING_MS))).await;
    }
}
