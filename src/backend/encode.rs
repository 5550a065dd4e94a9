//! From settings and a prompt to the HTTP request: what all kinds of servers have in common.

use serde_json::{Map, Value};

use super::backend;
use crate::settings::{self, BackendKind, LengthField, Settings, simulated_headers};

/// A JSON object, its fields in the order of their making.
pub(super) type Fields = Map<String, Value>;

/// A request, but for its address (see [`targets`](super::targets)) and the API key; the method is POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The headers, `Content-Type` among them.
    pub headers: Vec<(String, String)>,
    /// The JSON body.
    pub body: String,
}

/// Why no request can be made of these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The API wants a model's name.
    #[error("Model (model) is empty, and {backend} needs one. Choose one from the server's list, or type its name.")]
    NoModel {
        /// The backend.
        backend: BackendKind,
    },
    /// More than one answer, where only one can be streamed.
    #[error("Best of (best-of) must be 1 for {backend}, which makes one answer a request.")]
    BestOf {
        /// The backend.
        backend: BackendKind,
    },
    /// Beam search.
    #[error(
        "Beam search (use-beam-search) cannot be streamed, so it has no TTFT or ITL to measure: turn it off. \
         To send it all the same, put the server's own field for it into Extra body (extra-body)."
    )]
    BeamSearch,
    /// An option that the server's API has no field for.
    #[error("{option} does not exist for {backend}: leave it empty, or use Extra body (extra-body).")]
    Unsupported {
        /// The option's label and flag.
        option: String,
        /// The backend.
        backend: BackendKind,
    },
    /// A name for the length that the server's API does not have.
    #[error("Length field (length-field) must be max_tokens or none for {backend}, which knows no other name for it.")]
    LengthField {
        /// The backend.
        backend: BackendKind,
    },
    /// A number that JSON cannot carry.
    #[error("{option} must be a finite number.")]
    NotFinite {
        /// The option's label and flag.
        option: String,
    },
    /// The extra body is no JSON object.
    #[error("Extra body (extra-body) must be a JSON object: {reason}.")]
    ExtraBody {
        /// What the JSON parser says.
        reason: String,
    },
    /// A header that cannot be sent.
    #[error("Header (header) \"{header}\" {reason}.")]
    Header {
        /// The header's name, or the whole when it has none.
        header: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl EncodeError {
    /// The flag at fault.
    pub fn key(&self) -> &'static str {
        let named = |option: &str| settings::names(option.rsplit_once('(')?.1.strip_suffix(')')?);
        match self {
            Self::NoModel { .. } => "model",
            Self::BestOf { .. } => "best-of",
            Self::BeamSearch => "use-beam-search",
            Self::Unsupported { option, .. } | Self::NotFinite { option } => {
                named(option).map_or("extra-body", |(key, _)| key)
            }
            Self::LengthField { .. } => "length-field",
            Self::ExtraBody { .. } => "extra-body",
            Self::Header { .. } => "header",
        }
    }
}

/// Makes the request for one prompt, without the API key (see [`authorization`]).
///
/// # Errors
/// When a setting cannot be said to this kind of server; the sentence names it.
pub fn encode(settings: &Settings, prompt: &str, output_len: u32) -> Result<HttpRequest, EncodeError> {
    if settings.use_beam_search {
        return Err(EncodeError::BeamSearch);
    }
    let mut body = backend(settings.backend).body(&Ask { settings, prompt, output_len })?;
    if let Some(extra) = &settings.extra_body {
        let extra =
            serde_json::from_str(extra).map_err(|error| EncodeError::ExtraBody { reason: error.to_string() })?;
        merge(&mut body, extra);
    }
    let body = Value::Object(body).to_string();
    let mut headers = headers(&settings.header)?;
    headers.extend(simulated_headers(settings));
    Ok(HttpRequest { headers, body })
}

/// What is wrong with an API key that no header can carry, in a sentence; none if nothing is.
pub fn key_problem(key: &str) -> Option<String> {
    let bad = key.trim().chars().find(|c| !is_of_header(*c))?;
    let which = if bad.is_control() { "a line break or another control character".into() } else { format!("{bad:?}") };
    Some(format!(
        "The API key holds {which}, which no header can carry: it is likely more or something else than the key. Copy it again."
    ))
}

/// Whether a header's value may hold this character.
fn is_of_header(c: char) -> bool {
    c == '\t' || (!c.is_control() && u32::from(c) <= 0xFF)
}

/// The header that carries an API key, if there is one. It is apart from [`encode`], so that what is shown of a request
/// cannot show the key.
pub fn authorization(kind: BackendKind, key: Option<&str>) -> Option<(String, String)> {
    let key = key.map(str::trim).filter(|key| !key.is_empty())?;
    Some(backend(kind).authorization(key))
}

/// What a backend makes a body from.
pub(super) struct Ask<'a> {
    pub(super) settings: &'a Settings,
    pub(super) prompt: &'a str,
    pub(super) output_len: u32,
}

impl<'a> Ask<'a> {
    /// The model's name, for APIs that need one.
    pub(super) fn model(&self) -> Result<&'a str, EncodeError> {
        self.settings.model.as_deref().ok_or(EncodeError::NoModel { backend: self.settings.backend })
    }

    /// Refuses `best-of` above 1.
    pub(super) fn one_answer(&self) -> Result<(), EncodeError> {
        if self.settings.best_of > 1 { Err(EncodeError::BestOf { backend: self.settings.backend }) } else { Ok(()) }
    }

    /// The field with the output length, where one is sent, for a kind of server that has one name for it.
    pub(super) fn length(&self, name: &str) -> Result<Option<(String, Value)>, EncodeError> {
        match self.settings.length_field {
            LengthField::MaxTokens => Ok(Some((name.to_owned(), self.output_len.into()))),
            LengthField::MaxCompletionTokens => Err(EncodeError::LengthField { backend: self.settings.backend }),
            LengthField::None => Ok(None),
        }
    }

    /// The same under OpenAI's names.
    pub(super) fn openai_length(&self) -> Option<(String, Value)> {
        let field = self.settings.length_field;
        (field != LengthField::None).then(|| (field.word().to_owned(), self.output_len.into()))
    }

    /// The temperature, or the reference's for this backend.
    pub(super) fn temperature(&self, usual: f64) -> Result<Value, EncodeError> {
        number("temperature", self.settings.temperature.unwrap_or(usual))
    }

    /// The other sampling options that are set, under vLLM's names for them.
    pub(super) fn options(&self) -> Result<Vec<(String, Value)>, EncodeError> {
        let s = self.settings;
        let mut options = Vec::new();
        let reals = [
            ("top_p", s.top_p),
            ("min_p", s.min_p),
            ("frequency_penalty", s.frequency_penalty),
            ("presence_penalty", s.presence_penalty),
            ("repetition_penalty", s.repetition_penalty),
        ];
        for (name, value) in reals {
            if let Some(value) = value {
                options.push((name.to_owned(), number(name, value)?));
            }
        }
        let others = [
            ("top_k", s.top_k.map(Value::from)),
            ("logprobs", s.logprobs.map(Value::from)),
            ("ignore_eos", s.ignore_eos.then_some(Value::Bool(true))),
        ];
        options.extend(others.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Ok(options)
    }

    /// The error for an option, by the name that [`Self::options`] gave it.
    pub(super) fn unsupported(&self, name: &str) -> EncodeError {
        EncodeError::Unsupported { option: spoken(name), backend: self.settings.backend }
    }
}

fn number(name: &str, value: f64) -> Result<Value, EncodeError> {
    let finite = serde_json::Number::from_f64(value).map(Value::Number);
    finite.ok_or_else(|| EncodeError::NotFinite { option: spoken(name) })
}

/// An option as a message names it: "Top p (top-p)".
fn spoken(name: &str) -> String {
    let key = name.replace('_', "-");
    settings::names(&key).map_or_else(|| key.clone(), |(key, label)| format!("{label} ({key})"))
}

/// Merges an object into another as JSON Merge Patch does (RFC 7396): objects key by key, null removes, all else is
/// replaced.
fn merge(into: &mut Fields, from: Fields) {
    for (key, value) in from {
        match value {
            Value::Null => drop(into.shift_remove(&key)),
            Value::Object(new) => {
                let old = into.entry(key).or_insert(Value::Null);
                if !old.is_object() {
                    *old = Value::Object(Fields::new());
                }
                if let Value::Object(old) = old {
                    merge(old, new);
                }
            }
            value => drop(into.insert(key, value)),
        }
    }
}

/// `Content-Type`, and the headers of the settings.
fn headers(given: &[String]) -> Result<Vec<(String, String)>, EncodeError> {
    let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    for pair in given {
        let (name, value) = pair.split_once('=').ok_or_else(|| bad_header(pair, "must be NAME=VALUE"))?;
        let (name, value) = (name.trim(), value.trim());
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(bad_header(name, "has a character in its name that no header may have"));
        }
        if !value.chars().all(is_of_header) {
            return Err(bad_header(name, "has a character in its value that no header may have"));
        }
        if ["authorization", "proxy-authorization", "x-api-key", "api-key"].contains(&&*name.to_ascii_lowercase()) {
            return Err(bad_header(name, "would put a key into the address and the result: use the API key field"));
        }
        headers.retain(|(old, _)| !old.eq_ignore_ascii_case(name));
        headers.push((name.to_owned(), value.to_owned()));
    }
    Ok(headers)
}

fn bad_header(header: &str, reason: &'static str) -> EncodeError {
    EncodeError::Header { header: header.to_owned(), reason }
}
