//! What the mock knows to be true: for every request when it arrived, and when each chunk of tokens was handed to the
//! socket. Writing it costs one uncontended lock a chunk, so that it does not disturb what it records.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Clock;
use crate::connection::Connection;

/// One request. Times are ms since the mock's start.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RequestLog {
    /// Order of arrival, from 0.
    pub id: usize,
    /// When headers and body had been read.
    pub arrival_ms: f64,
    /// When it left the queue, which is its arrival where there was none.
    pub start_ms: f64,
    /// The client's port: requests that share it shared a connection.
    pub connection: u16,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub http_version: String,
    /// `POST`, or `OPTIONS` for a preflight.
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, null where it was none.
    pub body: Value,
    /// Whether it asked for a text, in whatever way it ended.
    pub is_generation: bool,
    /// The prompt; a chat's messages with line ends between.
    pub prompt: String,
    /// Tokens that it asked for.
    pub max_tokens: usize,
    /// The status that was answered, 0 if none was.
    pub status: u16,
    /// What was made to go wrong, in the words of the `fault` setting.
    pub fault: Option<String>,
    /// Each chunk of tokens that was sent.
    pub chunks: Vec<ChunkLog>,
    /// The text that was sent, reasoning before content.
    pub text: String,
    /// When the answer ended, in whatever way; none while it goes on.
    pub end_ms: Option<f64>,
    /// Whether the client went away before the end.
    pub client_gone: bool,
}

/// Tokens that left together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChunkLog {
    /// When it was to be sent.
    pub due_ms: f64,
    /// When it was handed to the HTTP connection, which writes it to the socket at once.
    pub at_ms: f64,
    /// Tokens in it.
    pub tokens: u32,
}

impl RequestLog {
    /// Tokens sent.
    pub fn tokens_sent(&self) -> u32 {
        self.chunks.iter().map(|chunk| chunk.tokens).sum()
    }

    /// From arrival to the first token, ms.
    pub fn ttft_ms(&self) -> Option<f64> {
        self.chunks.first().map(|chunk| chunk.at_ms - self.arrival_ms)
    }

    /// The gaps between chunks, ms.
    pub fn gaps_ms(&self) -> Vec<f64> {
        self.chunks.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms).collect()
    }
}

/// The log as `GET /mock/log` gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogFile {
    /// The mock's start as Unix time, ms: add it to any time of a request.
    pub start_unix_ms: f64,
    /// Now, ms since the start.
    pub now_ms: f64,
    /// Every request since the start or the last `DELETE /mock/log`.
    pub requests: Vec<RequestLog>,
}

/// How busy the mock is, as `GET /mock/stats` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Generations that have arrived and not ended, those in the queue too.
    pub in_flight: usize,
    /// The most of them at any time.
    pub max_in_flight: usize,
    /// Generations so far.
    pub generations: usize,
}

/// All requests, and the count of those in flight.
pub(crate) struct Journal {
    clock: Clock,
    entries: Mutex<Vec<Arc<Mutex<RequestLog>>>>,
    ids: AtomicUsize,
    in_flight: AtomicUsize,
    max_in_flight: AtomicUsize,
    generations: AtomicUsize,
}

impl Journal {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            entries: Mutex::default(),
            ids: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            max_in_flight: AtomicUsize::new(0),
            generations: AtomicUsize::new(0),
        }
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<RequestLog> {
        let entries = lock(&self.entries).clone();
        entries.iter().map(|entry| lock(entry).clone()).collect()
    }

    /// The log as it is served.
    pub(crate) fn file(&self) -> LogFile {
        let requests = self.requests();
        LogFile { start_unix_ms: self.clock.start_unix_ms(), now_ms: self.clock.now_ms(), requests }
    }

    /// Forgets the requests so far, and the most in flight.
    pub(crate) fn clear(&self) {
        lock(&self.entries).clear();
        self.max_in_flight.store(self.in_flight.load(Relaxed), Relaxed);
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            in_flight: self.in_flight.load(Relaxed),
            max_in_flight: self.max_in_flight.load(Relaxed),
            generations: self.generations.load(Relaxed),
        }
    }

    /// Notes a request that generates nothing: a preflight, a list of models.
    pub(crate) fn note_plain<B>(&self, request: &Request<B>) {
        let now_ms = self.clock.now_ms();
        self.push(RequestLog { arrival_ms: now_ms, start_ms: now_ms, end_ms: Some(now_ms), ..seen(request) });
    }

    /// Notes a generation that has just arrived, and its number (from 1). The ticket's end is the request's.
    pub(crate) fn open(self: &Arc<Self>, request: RequestLog) -> (Ticket, usize) {
        let number = self.generations.fetch_add(1, Relaxed) + 1;
        let now = self.in_flight.fetch_add(1, Relaxed) + 1;
        self.max_in_flight.fetch_max(now, Relaxed);
        let entry = self.push(RequestLog { is_generation: true, ..request });
        (Ticket { journal: Arc::clone(self), entry }, number)
    }

    fn push(&self, mut request: RequestLog) -> Arc<Mutex<RequestLog>> {
        request.id = self.ids.fetch_add(1, Relaxed);
        let entry = Arc::new(Mutex::new(request));
        lock(&self.entries).push(Arc::clone(&entry));
        entry
    }
}

/// What a request's head says, for its log.
pub(crate) fn seen<B>(request: &Request<B>) -> RequestLog {
    RequestLog {
        connection: request.extensions().get::<Connection>().map_or(0, |connection| connection.peer_port),
        http_version: format!("{:?}", request.version()),
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        headers: headers(request.headers()),
        ..RequestLog::default()
    }
}

fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// A request in flight. Dropped before [`Ticket::finish`], it says that the client went away.
pub(crate) struct Ticket {
    journal: Arc<Journal>,
    entry: Arc<Mutex<RequestLog>>,
}

impl Ticket {
    /// Changes the request's log.
    pub(crate) fn note(&self, change: impl FnOnce(&mut RequestLog)) {
        change(&mut lock(&self.entry));
    }

    /// Notes a chunk that is handed over now.
    pub(crate) fn note_chunk(&self, due_ms: f64, tokens: u32, text: &str) {
        let at_ms = self.journal.clock.now_ms();
        self.note(|log| {
            log.chunks.push(ChunkLog { due_ms, at_ms, tokens });
            log.text.push_str(text);
        });
    }

    /// The answer ended as the mock meant it to.
    pub(crate) fn finish(&self) {
        let now_ms = self.journal.clock.now_ms();
        self.note(|log| log.end_ms = Some(now_ms));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let now_ms = self.journal.clock.now_ms();
        self.note(|log| {
            log.client_gone = log.end_ms.is_none();
            log.end_ms.get_or_insert(now_ms);
        });
        self.journal.in_flight.fetch_sub(1, Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
