//! Everything that can be set about the mock, in one struct, and one table of names for it: `--ttft-ms 20` on the command
//! line and `mock?ttft_ms=20` as a request's model are the same setting, read by the same function.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

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

/// A setting that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No setting has this name.
    #[error("the mock has no setting “{0}”; --help lists them")]
    Unknown(String),
    /// The value does not suit the setting.
    #[error("“{value}” is no value for the mock's setting “{name}”: {wanted} is wanted")]
    Value {
        /// The setting.
        name: String,
        /// What was given.
        value: String,
        /// What it takes.
        wanted: &'static str,
    },
    /// The setting is the server's, and a single request cannot change it.
    #[error("the mock's setting “{0}” holds for the whole server; a request's model cannot change it")]
    NotPerRequest(String),
    /// A flag stands at the end without its value.
    #[error("the mock's flag “{0}” needs a value after it")]
    NoValue(String),
}

/// Settings that a request's model may carry; all others are the server's.
const PER_REQUEST: [&str; 18] = [
    "ttft_ms",
    "itl_ms",
    "tokens_per_chunk",
    "jitter",
    "seed",
    "headers_at_once",
    "text",
    "eos_after",
    "reasoning_tokens",
    "role_at_once",
    "finish_with_last_token",
    "crlf",
    "comment_every",
    "event_lines",
    "split_bytes",
    "join_events",
    "split_gap_ms",
    "fault",
];

impl Config {
    /// Sets one setting by name (`ttft_ms`; dashes count as underscores).
    ///
    /// # Errors
    /// When there is no such setting, or the value does not suit it.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        let name = &name.replace('-', "_");
        match name.as_str() {
            "host" => self.host = parse(name, value, "an IP address")?,
            "port" => self.port = parse(name, value, "a port")?,
            "ttft_ms" => self.ttft_ms = duration_ms(name, value)?,
            "itl_ms" => self.itl_ms = duration_ms(name, value)?,
            "tokens_per_chunk" => self.tokens_per_chunk = parse(name, value, "a whole number")?,
            "jitter" => self.jitter = share(name, value)?,
            "seed" => self.seed = parse(name, value, "a whole number")?,
            "slots" => self.slots = Some(parse(name, value, "a whole number")?),
            "headers_at_once" => self.headers_at_once = switch(name, value)?,
            "cors" => self.cors = cors(name, value)?,
            "preflight_max_age_s" => self.preflight_max_age_s = Some(parse(name, value, "whole seconds")?),
            "tao" | "timing_allow_origin" => self.timing_allow_origin = switch(name, value)?,
            "transport" => self.transport = transport(name, value)?,
            "http2_max_streams" => self.http2_max_streams = Some(parse(name, value, "a whole number")?),
            "api_key" => self.api_key = Some(value.into()),
            "models" => self.models = value.split(',').map(Into::into).collect(),
            "strict_models" => self.strict_models = switch(name, value)?,
            "require_json" => self.require_json = switch(name, value)?,
            "text" => self.text = text(value),
            "eos_after" => self.eos_after = Some(parse(name, value, "a whole number")?),
            "reasoning_tokens" => self.reasoning_tokens = parse(name, value, "a whole number")?,
            "role_at_once" => self.role_at_once = switch(name, value)?,
            "finish_with_last_token" => self.finish_with_last_token = switch(name, value)?,
            "crlf" => self.framing.crlf = switch(name, value)?,
            "comment_every" => self.framing.comment_every = Some(parse(name, value, "a whole number")?),
            "event_lines" => self.framing.event_lines = switch(name, value)?,
            "split_bytes" => self.framing.split_bytes = Some(parse(name, value, "a whole number")?),
            "split_gap_ms" => self.framing.split_gap_ms = duration_ms(name, value)?,
            "join_events" => self.framing.join_events = parse(name, value, "a whole number")?,
            "fault" => self.fault = Some(parse(name, value, Fault::WANTED)?),
            "fault_every" => self.fault_every = Some(fault_every(name, value)?),
            "mii_path" => self.mii_path = Some(value.into()),
            "worker_threads" => self.worker_threads = parse(name, value, "a whole number")?,
            _ => return Err(ConfigError::Unknown(name.clone())),
        }
        Ok(())
    }

    /// With counts of at least one where none would mean nothing.
    pub(crate) fn usable(mut self) -> Self {
        self.tokens_per_chunk = self.tokens_per_chunk.max(1);
        self.framing.join_events = self.framing.join_events.max(1);
        self.worker_threads = self.worker_threads.max(1);
        self.slots = self.slots.map(|slots| slots.max(1));
        self
    }

    /// A configuration from a command line's words, without the program's name: `--ttft-ms 20 --cors off`.
    ///
    /// # Errors
    /// When a flag is not known, has no value, or a value does not suit it.
    pub fn from_args(args: impl IntoIterator<Item = String>) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        let mut args = args.into_iter();
        while let Some(flag) = args.next() {
            let name = flag.strip_prefix("--").ok_or_else(|| ConfigError::Unknown(flag.clone()))?;
            let value = args.next().ok_or_else(|| ConfigError::NoValue(flag.clone()))?;
            config.set(name, &value)?;
        }
        Ok(config.usable())
    }

    /// This configuration for the n-th generation (from 1), as changed by its model's suffix
    /// (`mock?fault=stall&ttft_ms=10`), and the model's name without that.
    ///
    /// # Errors
    /// When the suffix names a setting that there is not, or that a request cannot change.
    pub(crate) fn for_request(&self, model: &str, number: usize) -> Result<(Self, String), ConfigError> {
        let mut config = self.clone();
        if let Some((every, fault)) = self.fault_every
            && number.is_multiple_of(every)
        {
            config.fault = Some(fault);
        }
        let (name, suffix) = model.split_once('?').unwrap_or((model, ""));
        for pair in suffix.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, "on"));
            if !PER_REQUEST.contains(&key.replace('-', "_").as_str()) {
                return Err(ConfigError::NotPerRequest(key.into()));
            }
            config.set(key, value)?;
        }
        Ok((config.usable(), name.into()))
    }
}

fn bad(name: &str, value: &str, wanted: &'static str) -> ConfigError {
    ConfigError::Value { name: name.into(), value: value.into(), wanted }
}

fn parse<T: FromStr>(name: &str, value: &str, wanted: &'static str) -> Result<T, ConfigError> {
    value.parse().map_err(|_| bad(name, value, wanted))
}

fn duration_ms(name: &str, value: &str) -> Result<f64, ConfigError> {
    let wanted = "a number of milliseconds, 0 or more,";
    let number: f64 = parse(name, value, wanted)?;
    if (0.0..=86_400_000.0).contains(&number) { Ok(number) } else { Err(bad(name, value, wanted)) }
}

fn share(name: &str, value: &str) -> Result<f64, ConfigError> {
    let wanted = "a share from 0 to 1";
    let number: f64 = parse(name, value, wanted)?;
    if (0.0..=1.0).contains(&number) { Ok(number) } else { Err(bad(name, value, wanted)) }
}

fn switch(name: &str, value: &str) -> Result<bool, ConfigError> {
    match value {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err(bad(name, value, "on or off")),
    }
}

fn cors(name: &str, value: &str) -> Result<Cors, ConfigError> {
    match value {
        "on" | "*" => Ok(Cors::Any),
        "off" => Ok(Cors::Off),
        "without-authorization" => Ok(Cors::WithoutAuthorization),
        origins if origins.contains("://") => Ok(Cors::Origins(origins.split(',').map(Into::into).collect())),
        _ => Err(bad(name, value, "on, off, without-authorization, or origins with commas between,")),
    }
}

fn transport(name: &str, value: &str) -> Result<Transport, ConfigError> {
    match value {
        "plain" => Ok(Transport::Plain),
        "tls" => Ok(Transport::Tls),
        "http2" => Ok(Transport::Http2),
        _ => Err(bad(name, value, "plain, tls or http2")),
    }
}

fn text(value: &str) -> TextSource {
    match value {
        "english" => TextSource::default(),
        "multibyte" => TextSource::multibyte(),
        words => TextSource::new(words.split(',')),
    }
}

fn fault_every(name: &str, value: &str) -> Result<(usize, Fault), ConfigError> {
    let wanted = "N,FAULT with N of at least 1";
    let (every, fault) = value.split_once(',').ok_or_else(|| bad(name, value, wanted))?;
    let every: usize = parse(name, every, wanted)?;
    if every == 0 { Err(bad(name, value, wanted)) } else { Ok((every, parse(name, fault, Fault::WANTED)?)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_model_suffixes_are_one_language() {
        let args = "--ttft-ms 20 --cors off --fault-every 3,status:429 --transport http2".split(' ').map(String::from);
        let config = Config::from_args(args).unwrap();
        assert_eq!((config.ttft_ms, config.cors.clone(), config.transport), (20.0, Cors::Off, Transport::Http2));
        assert_eq!(config.fault_every, Some((3, Fault::Status { code: 429 })));
        let (request, model) = config.for_request("org/mock?ttft-ms=5&fault=stall:2", 3).unwrap();
        assert_eq!(
            (request.ttft_ms, request.fault, model.as_str()),
            (5.0, Some(Fault::Stall { after: 2 }), "org/mock")
        );
        assert_eq!(config.for_request("mock", 2).unwrap(), (config.clone(), "mock".to_owned()));
        assert_eq!(config.for_request("mock", 6).unwrap().0.fault, Some(Fault::Status { code: 429 }));
    }

    #[test]
    fn what_cannot_be_taken_is_named() {
        let mut config = Config::default();
        assert!(matches!(config.set("speed", "1"), Err(ConfigError::Unknown(name)) if name == "speed"));
        for (name, value) in
            [("ttft_ms", "-1"), ("jitter", "2"), ("cors", "maybe"), ("fault", "flood"), ("itl_ms", "NaN")]
        {
            assert!(matches!(config.set(name, value), Err(ConfigError::Value { .. })), "{name}={value}");
        }
        assert!(matches!(config.for_request("m?port=1", 1), Err(ConfigError::NotPerRequest(_))));
        assert!(matches!(Config::from_args(["--port".to_owned()]), Err(ConfigError::NoValue(_))));
    }

    #[test]
    fn every_per_request_setting_is_one() {
        for name in PER_REQUEST {
            assert!(!matches!(Config::default().set(name, "?"), Err(ConfigError::Unknown(_))), "{name}");
        }
    }
}
