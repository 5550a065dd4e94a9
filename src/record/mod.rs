//! The raw record of one request: every event of its stream with its time, and what the client knows of its own
//! delay. Every figure, chart and definition is computed from records afterwards; nothing here is derived.
//!
//! Times are milliseconds on the load worker's monotonic clock, counted from the run's start (t0).

pub mod client;

use serde::{Deserialize, Serialize};

/// All that is known of one request.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Record {
    /// Place in the workload, from 0.
    pub index: u32,
    /// Tokens of the prompt, as the workload counted them.
    pub prompt_len: u32,
    /// Output tokens that the request asks for.
    pub asked_output_len: u32,
    /// When the schedule wanted it sent.
    pub intended_ms: f64,
    /// When it was sent (the call of `fetch`); none if it never was. See [`Record::left_ms`].
    pub sent_ms: Option<f64>,
    /// When the browser had taken it over (the return of `fetch`).
    pub handed_ms: Option<f64>,
    /// When the response's headers were seen.
    pub headers_ms: Option<f64>,
    /// When the outcome was known.
    pub end_ms: Option<f64>,
    /// Requests of ours in flight when this one was sent, itself not counted.
    pub in_flight_at_send: u32,
    /// Which lane (base URL) carried it, from 0.
    pub lane: u16,
    /// HTTP status, if headers came.
    pub status: Option<u16>,
    /// What came back.
    pub reply: Reply,
    /// How it ended.
    pub outcome: Outcome,
    /// Tokens of `reply.text`, counted with the tokenizer after the run, without special tokens.
    pub output_tokens: Option<u32>,
    /// The browser's own timing of the transfer, where it gives one.
    pub network: Option<NetworkTiming>,
    /// What happened to the client meanwhile that makes this record doubtful.
    pub taints: Vec<Taint>,
}

impl Record {
    /// Whether the request completed.
    pub fn succeeded(&self) -> bool {
        self.outcome == Outcome::Completed
    }

    /// When the request left, which is what latencies count from: as the browser saw it, where the server lets the
    /// browser tell; else when the browser had taken it over, with all that it did from then until it sent. None if it was
    /// never sent.
    pub fn left_ms(&self) -> Option<f64> {
        let (sent_ms, headers_ms) = (self.sent_ms?, self.headers_ms.unwrap_or(f64::INFINITY));
        let handed_ms = self.handed_ms.filter(|at_ms| (sent_ms..=headers_ms).contains(at_ms));
        Some(self.told_left_ms().or(handed_ms).unwrap_or(sent_ms))
    }

    /// When the request left, as the browser tells it, if it does and that can be: after the send, and not after the
    /// answer.
    pub fn told_left_ms(&self) -> Option<f64> {
        let (sent_ms, headers_ms) = (self.sent_ms?, self.headers_ms?);
        let told_ms = self.network.as_ref()?.request_start_ms;
        told_ms.filter(|at_ms| (sent_ms..=headers_ms).contains(at_ms))
    }

    /// The failure, if it failed.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

/// What a server's response brought, as its backend's decoder read it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reply {
    /// Every event of the stream in order of arrival, those without text too.
    pub events: Vec<Event>,
    /// The generated text, whole.
    pub text: String,
    /// The reasoning text, whole, where the server sends it apart.
    pub reasoning: String,
    /// Token counts as the server reports them.
    pub usage: Option<Usage>,
    /// Why the server stopped, in its own word ("stop", "length").
    pub finish_reason: Option<String>,
}

/// One event of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When the read that completed it returned.
    pub at_ms: f64,
    /// Which read of this response completed it, from 0: events of one read share one time, and the gap between
    /// them is unknown, not zero.
    pub read: u32,
    /// What it brought.
    pub kind: EventKind,
    /// Unicode characters of text (or reasoning) that it added.
    pub chars: u32,
    /// Output tokens so far, where the server says so in the event.
    pub tokens_so_far: Option<u32>,
}

/// What an event of a stream brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// Generated text.
    Text,
    /// Reasoning text, sent apart from the answer.
    Reasoning,
    /// A choice without text: a role, an empty delta, a finish reason.
    Empty,
    /// Usage alone, without a choice.
    Usage,
    /// The end mark (`[DONE]`).
    Done,
}

/// Token counts as a server reports them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: Option<u32>,
    /// Tokens generated.
    pub completion_tokens: Option<u32>,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Outcome {
    /// Not yet: it waits, or it is in flight.
    #[default]
    Pending,
    /// The response came to its proper end.
    Completed,
    /// It failed; what had arrived is kept.
    Failed(Failure),
    /// The run was stopped before it ended.
    Stopped,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind, for counting.
    pub kind: FailureKind,
    /// A sentence with the server's own words, where it gave any.
    pub message: String,
}

/// The kinds of failure that are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// `fetch` failed before headers: refused, DNS, CORS, permission; the browser does not say which.
    Unreachable,
    /// The server answered with an error status.
    HttpStatus,
    /// The response is not of the kind that was asked for (content type, no stream).
    WrongContent,
    /// The stream broke off.
    Broken,
    /// The stream held something that is not of its protocol.
    Malformed,
    /// The server reported an error inside the stream.
    ServerError,
    /// The stream ended without a token.
    Empty,
    /// The request's time limit passed.
    Timeout,
    /// The request could not be made.
    BadRequest,
}

impl FailureKind {
    /// The kind as a person would say it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Unreachable => "Server not reached",
            Self::HttpStatus => "Error status",
            Self::WrongContent => "Not a token stream",
            Self::Broken => "Stream broke off",
            Self::Malformed => "Unreadable stream",
            Self::ServerError => "Error in the stream",
            Self::Empty => "No token received",
            Self::Timeout => "Timed out",
            Self::BadRequest => "Request not made",
        }
    }
}

/// The browser's Resource Timing of one fetch, in milliseconds from t0; what the server does not allow us to see is
/// none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct NetworkTiming {
    /// The fetch began.
    pub fetch_start_ms: f64,
    /// The connection was begun and made; equal when one was reused.
    pub connect_ms: Option<(f64, f64)>,
    /// The request's first byte was about to leave.
    pub request_start_ms: Option<f64>,
    /// The response's first byte was there.
    pub response_start_ms: Option<f64>,
    /// The response's last byte was there.
    pub response_end_ms: f64,
    /// "http/1.1", "h2", "h3".
    pub protocol: Option<String>,
}

/// Something that happened to the client during a request and makes its times doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taint {
    /// The page was hidden.
    Hidden,
    /// The page was frozen, or the machine slept.
    Frozen,
    /// The worker's event loop was held up.
    Lag,
    /// The browser held the request back before it sent it.
    BrowserQueue,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_leaves_when_the_browser_says_so_if_that_can_be() {
        let record = |headers_ms, request_start_ms| Record {
            sent_ms: Some(10.0),
            headers_ms,
            network: Some(NetworkTiming { request_start_ms, ..NetworkTiming::default() }),
            ..Record::default()
        };
        assert_eq!(record(Some(30.0), Some(12.5)).left_ms(), Some(12.5));
        assert_eq!(record(Some(30.0), None).left_ms(), Some(10.0));
        // Before the send, after the answer, or of a request that nothing came back of: not this request's.
        assert_eq!(record(Some(30.0), Some(9.0)).left_ms(), Some(10.0));
        assert_eq!(record(Some(30.0), Some(31.0)).left_ms(), Some(10.0));
        assert_eq!(record(None, Some(12.5)).left_ms(), Some(10.0));
        // Where it does not say, the browser has it from the end of the call on.
        let handed = |request_start_ms| Record { handed_ms: Some(10.7), ..record(Some(30.0), request_start_ms) };
        assert_eq!([handed(Some(10.5)), handed(None)].map(|record| record.left_ms()), [Some(10.5), Some(10.7)]);
        // What cannot be is not believed.
        for (handed_ms, headers_ms) in [(1e300, Some(30.0)), (-5000.0, Some(30.0)), (30.1, Some(30.0)), (9.0, None)] {
            let strange = Record { handed_ms: Some(handed_ms), ..record(headers_ms, None) };
            assert_eq!(strange.left_ms(), Some(10.0), "{handed_ms}");
        }
        assert_eq!(Record { handed_ms: Some(5.0), ..Record::default() }.left_ms(), None);
    }
}
