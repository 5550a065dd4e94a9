//! Everything that can be configured about the mock, in one struct. `settings` has the names for it.

use std::net::{IpAddr, Ipv4Addr};

use crate::cors::Cors;
use crate::faults::Fault;
use crate::framing::Framing;
use crate::text::TextSource;

/// How the mock serves. `Config { ttft_ms: 20.0, ..Config::default() }` is the usual way to one.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The address to listen on. Default 127.0.0.1.
    pub host: IpAddr,
    /// The port; 0 takes a free one. Default 0.
    pub port: u16,
    /// From a request's start to its first token, ms. The start is its arrival, or the moment that it left the queue.
    pub ttft_ms: f64,
    /// Between one chunk of tokens and the next, ms. Deadlines are absolute: start + ttft + k·itl.
    pub itl_ms: f64,
    /// Tokens in a chunk. Default 1.
    pub tokens_per_chunk: usize,
    /// Share by which the time to the first token and every gap vary, uniformly up and down. Default 0.
    pub jitter: f64,
    /// Seed of the jitter.
    pub seed: u64,
    /// Requests served at once; more wait in a queue. Default: no limit.
    pub slots: Option<usize>,
    /// Whether answers begin (status and headers) at once, or with the first token.
    pub headers_at_once: bool,
    /// Which pages may read the answers.
    pub cors: Cors,
    /// How long a browser may remember a preflight, s; none sends no such header.
    pub preflight_max_age_s: Option<u32>,
    /// Whether `Timing-Allow-Origin: *` is sent.
    pub timing_allow_origin: bool,
    /// Plain HTTP/1.1, or TLS with a certificate of its own.
    pub transport: Transport,
    /// Streams that an HTTP/2 connection carries at once; none leaves it to the HTTP library (200).
    pub http2_max_streams: Option<u32>,
    /// The key that requests must carry as `Authorization: Bearer KEY`.
    pub api_key: Option<String>,
    /// What `/v1/models` lists.
    pub models: Vec<String>,
    /// Whether a model that is not listed is refused.
    pub strict_models: bool,
    /// Whether a body that is not sent as `application/json` is refused, as most servers do.
    pub require_json: bool,
    /// What is said.
    pub text: TextSource,
    /// The answer ends after this many tokens, unless the request says `ignore_eos`.
    pub eos_after: Option<usize>,
    /// So many of a chat answer's first tokens are reasoning.
    pub reasoning_tokens: usize,
    /// Whether a chat's role chunk comes at once, or with the first token.
    pub role_at_once: bool,
    /// Whether the last token's chunk carries the finish reason (vLLM's habit), or a chunk of its own.
    pub finish_with_last_token: bool,
    /// How events become bytes.
    pub framing: Framing,
    /// What goes wrong with every request.
    pub fault: Option<Fault>,
    /// What goes wrong with every n-th request (n, 2n, …, counted from 1).
    pub fault_every: Option<(usize, Fault)>,
    /// One more path that answers as DeepSpeed-MII does, beside `/mii/…`.
    pub mii_path: Option<String>,
    /// Threads that serve. Default 2.
    pub worker_threads: usize,
}

/// What the connections speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// HTTP/1.1 without TLS.
    #[default]
    Plain,
    /// HTTP/1.1 over TLS.
    Tls,
    /// HTTP/2 over TLS, HTTP/1.1 for clients that do not offer it.
    Http2,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            ttft_ms: 50.0,
            itl_ms: 10.0,
            tokens_per_chunk: 1,
            jitter: 0.0,
            seed: 0,
            slots: None,
            headers_at_once: true,
            cors: Cors::default(),
            preflight_max_age_s: Some(600),
            timing_allow_origin: false,
            transport: Transport::default(),
            http2_max_streams: None,
            api_key: None,
            models: vec!["mock".into()],
            strict_models: false,
            require_json: true,
            text: TextSource::default(),
            eos_after: None,
            reasoning_tokens: 0,
            role_at_once: true,
            finish_with_last_token: false,
            framing: Framing::default(),
            fault: None,
            fault_every: None,
            mii_path: None,
            worker_threads: 2,
        }
    }
}

impl Config {
    /// With counts of at least one where none would mean nothing.
    pub(crate) fn usable(mut self) -> Self {
        self.tokens_per_chunk = self.tokens_per_chunk.max(1);
        self.framing.join_events = self.framing.join_events.max(1);
        self.worker_threads = self.worker_threads.max(1);
        self.slots = self.slots.map(|slots| slots.max(1));
        self
    }
}
