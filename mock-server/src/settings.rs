//! The names of the mock's settings: `--ttft-ms 20` on the command line and `mock?ttft_ms=20` as a request's model are the
//! same setting, read by the same function.

use std::str::FromStr;

use crate::config::{Config, Transport};
use crate::cors::Cors;
use crate::faults::Fault;
use crate::text::TextSource;

/// Where a setting can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// For the whole server, when it starts.
    Server,
    /// For a single request too, by its model.
    Request,
}

/// Every setting. Dashes in a name count as underscores.
pub const SETTINGS: &[(&str, Scope)] = &[
    ("host", Scope::Server),
    ("port", Scope::Server),
    ("transport", Scope::Server),
    ("http2_max_streams", Scope::Server),
    ("worker_threads", Scope::Server),
    ("slots", Scope::Server),
    ("api_key", Scope::Server),
    ("models", Scope::Server),
    ("strict_models", Scope::Server),
    ("require_json", Scope::Server),
    ("mii_path", Scope::Server),
    ("cors", Scope::Server),
    ("preflight_max_age_s", Scope::Server),
    ("timing_allow_origin", Scope::Server),
    ("ttft_ms", Scope::Request),
    ("itl_ms", Scope::Request),
    ("tokens_per_chunk", Scope::Request),
    ("jitter", Scope::Request),
    ("seed", Scope::Request),
    ("headers_at_once", Scope::Request),
    ("text", Scope::Request),
    ("eos_after", Scope::Request),
    ("reasoning_tokens", Scope::Request),
    ("role_at_once", Scope::Request),
    ("finish_with_last_token", Scope::Request),
    ("crlf", Scope::Request),
    ("comment_every", Scope::Request),
    ("event_lines", Scope::Request),
    ("split_bytes", Scope::Request),
    ("split_gap_ms", Scope::Request),
    ("join_events", Scope::Request),
    ("fault", Scope::Request),
    ("fault_every", Scope::Server),
];

/// A setting that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No setting has this name.
    #[error("the mock has no setting “{0}”; --help lists them")]
    Unknown(String),
    /// The value does not suit the setting.
    #[error("invalid value “{value}” for the mock's setting “{name}”: expected {expected}")]
    Value {
        /// The setting.
        name: String,
        /// What was given.
        value: String,
        /// What it takes, as a noun phrase.
        expected: &'static str,
    },
    /// The setting is the server's, and a single request cannot change it.
    #[error("the mock's setting “{0}” holds for the whole server; a request's model cannot change it")]
    NotPerRequest(String),
}

/// The scope of a setting, by its name with underscores; None when there is no such setting.
fn scope(name: &str) -> Option<Scope> {
    SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, scope)| *scope)
}

impl Config {
    /// Changes one setting by name (`ttft_ms`; dashes count as underscores).
    ///
    /// # Errors
    /// When there is no such setting, or the value does not suit it.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SettingError> {
        let name = &name.replace('-', "_");
        if scope(name).is_none() {
            return Err(SettingError::Unknown(name.clone()));
        }
        match name.as_str() {
            "host" => self.host = parse(name, value, "an IP address")?,
            "port" => self.port = parse(name, value, "a port")?,
            "transport" => self.transport = transport(name, value)?,
            "http2_max_streams" => self.http2_max_streams = Some(parse(name, value, "a whole number")?),
            "worker_threads" => self.worker_threads = parse(name, value, "a whole number")?,
            "slots" => self.slots = Some(parse(name, value, "a whole number")?),
            "api_key" => self.api_key = Some(value.into()),
            "models" => self.models = value.split(',').map(Into::into).collect(),
            "strict_models" => self.strict_models = switch(name, value)?,
            "require_json" => self.require_json = switch(name, value)?,
            "mii_path" => self.mii_path = Some(value.into()),
            "cors" => self.cors = cors(name, value)?,
            "preflight_max_age_s" => self.preflight_max_age_s = Some(parse(name, value, "whole seconds")?),
            "timing_allow_origin" => self.timing_allow_origin = switch(name, value)?,
            "ttft_ms" => self.ttft_ms = duration_ms(name, value)?,
            "itl_ms" => self.itl_ms = duration_ms(name, value)?,
            "tokens_per_chunk" => self.tokens_per_chunk = parse(name, value, "a whole number")?,
            "jitter" => self.jitter = share(name, value)?,
            "seed" => self.seed = parse(name, value, "a whole number")?,
            "headers_at_once" => self.headers_at_once = switch(name, value)?,
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
            "fault" => self.fault = Some(parse(name, value, Fault::EXPECTED)?),
            "fault_every" => self.fault_every = Some(fault_every(name, value)?),
            _ => return Err(SettingError::Unknown(name.clone())),
        }
        Ok(())
    }

    /// This configuration for the n-th generation (from 1), as changed by its model's suffix
    /// (`mock?fault=stall&ttft_ms=10`), and the model's name without that.
    ///
    /// # Errors
    /// When the suffix names a setting that does not exist, or that a request cannot change.
    pub(crate) fn for_request(&self, model: &str, number: usize) -> Result<(Self, String), SettingError> {
        let mut config = self.clone();
        if let Some((every, fault)) = self.fault_every
            && number.is_multiple_of(every)
        {
            config.fault = Some(fault);
        }
        let (name, suffix) = model.split_once('?').unwrap_or((model, ""));
        for pair in suffix.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, "on"));
            match scope(&key.replace('-', "_")) {
                Some(Scope::Server) => return Err(SettingError::NotPerRequest(key.into())),
                Some(Scope::Request) | None => config.set(key, value)?,
            }
        }
        Ok((config.usable(), name.into()))
    }
}

fn bad(name: &str, value: &str, expected: &'static str) -> SettingError {
    SettingError::Value { name: name.into(), value: value.into(), expected }
}

fn parse<T: FromStr>(name: &str, value: &str, expected: &'static str) -> Result<T, SettingError> {
    value.parse().map_err(|_| bad(name, value, expected))
}

fn duration_ms(name: &str, value: &str) -> Result<f64, SettingError> {
    let expected = "a number of milliseconds, 0 or more";
    let number: f64 = parse(name, value, expected)?;
    if (0.0..=86_400_000.0).contains(&number) { Ok(number) } else { Err(bad(name, value, expected)) }
}

fn share(name: &str, value: &str) -> Result<f64, SettingError> {
    let expected = "a number from 0 to 1";
    let number: f64 = parse(name, value, expected)?;
    if (0.0..=1.0).contains(&number) { Ok(number) } else { Err(bad(name, value, expected)) }
}

fn switch(name: &str, value: &str) -> Result<bool, SettingError> {
    match value {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err(bad(name, value, "on or off")),
    }
}

fn cors(name: &str, value: &str) -> Result<Cors, SettingError> {
    match value {
        "on" | "*" => Ok(Cors::Any),
        "off" => Ok(Cors::Off),
        "without-authorization" => Ok(Cors::WithoutAuthorization),
        origins if origins.contains("://") => Ok(Cors::Origins(origins.split(',').map(Into::into).collect())),
        _ => Err(bad(name, value, "on, off, without-authorization, or origins separated by commas")),
    }
}

fn transport(name: &str, value: &str) -> Result<Transport, SettingError> {
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

fn fault_every(name: &str, value: &str) -> Result<(usize, Fault), SettingError> {
    let expected = "N,FAULT with N of at least 1";
    let (every, fault) = value.split_once(',').ok_or_else(|| bad(name, value, expected))?;
    let every: usize = parse(name, every, expected)?;
    if every == 0 { Err(bad(name, value, expected)) } else { Ok((every, parse(name, fault, Fault::EXPECTED)?)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requests_model_can_change_its_settings() {
        let mut config = Config::default();
        for (name, value) in [("ttft-ms", "20"), ("cors", "off"), ("fault-every", "3,status:429")] {
            config.set(name, value).unwrap();
        }
        assert_eq!((config.ttft_ms, config.cors.clone()), (20.0, Cors::Off));
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
    fn what_is_refused_is_named() {
        let mut config = Config::default();
        assert!(matches!(config.set("speed", "1"), Err(SettingError::Unknown(name)) if name == "speed"));
        for (name, value) in
            [("ttft_ms", "-1"), ("jitter", "2"), ("cors", "maybe"), ("fault", "flood"), ("itl_ms", "NaN")]
        {
            let error = config.set(name, value).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(value) && error.contains("expected"), "{error}");
        }
        assert!(matches!(config.for_request("m?port=1", 1), Err(SettingError::NotPerRequest(_))));
        assert!(matches!(config.for_request("m?speed=1", 1), Err(SettingError::Unknown(_))));
    }

    #[test]
    fn every_setting_of_the_list_can_be_set() {
        for (name, _) in SETTINGS {
            assert!(!matches!(Config::default().set(name, "?"), Err(SettingError::Unknown(_))), "{name}");
        }
    }
}
