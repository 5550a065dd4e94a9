//! What each server says and understands, one file a server kind, from the servers' own documentation. A new kind is a
//! file and its line in [`for_path`].

mod chat;
mod completions;
mod mii;
mod sglang;
mod tgi;
mod triton;

use serde_json::{Value, json};

use crate::text::TextSource;

/// A server's way of speaking.
pub(crate) trait Dialect: Send + Sync {
    /// What a body asks for.
    ///
    /// # Errors
    /// What this server would object to, in words.
    fn wish(&self, body: &Value) -> Result<Wish, String>;

    /// The status of such an objection.
    fn objection_status(&self) -> u16 {
        400
    }

    /// The field name before an event's data, as this server writes it.
    fn prefix(&self) -> &'static str {
        "data: "
    }

    /// Whether tokens that come together are still an event each.
    fn one_event_a_token(&self) -> bool {
        false
    }

    /// Events before the first token.
    fn opening(&self, _job: &Job) -> Vec<Value> {
        Vec::new()
    }

    /// The event that brings some tokens.
    fn delta(&self, job: &Job, part: &Part<'_>) -> Value;

    /// Events after the last token.
    fn closing(&self, _job: &Job) -> Vec<Value> {
        Vec::new()
    }

    /// The last mark of a stream, where there is one.
    fn done(&self) -> Option<&'static str> {
        None
    }

    /// The whole answer where it is not streamed.
    fn whole(&self, job: &Job) -> Value;

    /// An error, as a body or as an event.
    fn error(&self, status: u16, message: &str) -> Value;
}

/// What a request asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Wish {
    /// The prompt as text; a chat's messages with line ends between.
    pub(crate) prompt: String,
    /// Tokens of the prompt: words, or the ids that were given.
    pub(crate) prompt_tokens: usize,
    pub(crate) max_tokens: usize,
    pub(crate) stream: bool,
    pub(crate) ignore_eos: bool,
    /// Whether a chunk with the token counts ends the stream.
    pub(crate) include_usage: bool,
    /// Whether every chunk carries the counts so far.
    pub(crate) continuous_usage: bool,
    /// Whether events repeat the text so far (Triton).
    pub(crate) accumulate: bool,
    /// Whether details are wished for (TGI).
    pub(crate) details: bool,
}

/// An answer that is to be given.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// The generation's number, from 1.
    pub(crate) number: usize,
    pub(crate) created_unix_s: u64,
    pub(crate) model: String,
    pub(crate) wish: Wish,
    /// Tokens of the answer; `usize::MAX` if it has no end.
    pub(crate) total: usize,
    /// How many of them, from the first, are reasoning.
    pub(crate) reasoning: usize,
    /// Whether the answer ended by itself, before the wished number of tokens.
    pub(crate) stopped: bool,
    pub(crate) finish_with_last_token: bool,
    pub(crate) text: TextSource,
}

/// Tokens that leave together.
pub(crate) struct Part<'a> {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) text: &'a str,
    /// The answer's text up to and with this part.
    pub(crate) so_far: &'a str,
    /// Whether the answer ends with it.
    pub(crate) last: bool,
}

impl Job {
    /// The finish reason in OpenAI's words.
    fn finish_reason(&self) -> &'static str {
        if self.stopped { "stop" } else { "length" }
    }

    /// The token counts in OpenAI's words, after so many tokens.
    fn usage(&self, completion: usize) -> Value {
        json!({
            "prompt_tokens": self.wish.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.wish.prompt_tokens + completion,
        })
    }
}

/// Who answers at a path, and whether the path alone says that the answer is streamed.
pub(crate) fn for_path(
    path: &str,
    mii_path: Option<&str>,
    body: &Value,
) -> Option<(&'static dyn Dialect, Option<bool>)> {
    let triton = path.starts_with("/v2/models/");
    match path {
        "/v1/completions" => Some((&completions::Completions, None)),
        "/v1/chat/completions" => Some((&chat::Chat, None)),
        "/generate_stream" => Some((&tgi::Tgi, Some(true))),
        // TGI and SGLang share a path, and name the prompt differently.
        "/generate" if body.get("inputs").is_some() => Some((&tgi::Tgi, Some(false))),
        "/generate" => Some((&sglang::Sglang, None)),
        _ if triton && path.ends_with("/generate_stream") => Some((&triton::Triton, Some(true))),
        _ if triton && path.ends_with("/generate") => Some((&triton::Triton, Some(false))),
        _ if path.starts_with("/mii/") || Some(path) == mii_path => Some((&mii::Mii, Some(false))),
        _ => None,
    }
}

/// OpenAI's error object, as vLLM fills it in.
pub(crate) fn openai_error(status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "AuthenticationError",
        404 => "NotFoundError",
        429 => "RateLimitError",
        400..=499 => "BadRequestError",
        _ => "InternalServerError",
    };
    json!({ "error": { "message": message, "type": kind, "param": null, "code": status } })
}

/// Words of a text, which stand for its tokens.
fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// A whole number that may be left out.
///
/// # Errors
/// When it is there and not a whole number of at least 0.
fn count(body: &Value, names: &[&str], default: usize) -> Result<usize, String> {
    let Some((name, value)) = names.iter().find_map(|name| body.get(name).filter(|v| !v.is_null()).map(|v| (name, v)))
    else {
        return Ok(default);
    };
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| format!("{name} must be a whole number of at least 0, but is {value}"))
}

/// A switch that may be left out.
fn flag(body: &Value, name: &str) -> bool {
    body.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// A prompt that is a text, a list of one text, or a list of token ids: its text and its tokens.
///
/// # Errors
/// When it is missing or anything else.
fn prompt(value: Option<&Value>, name: &str) -> Result<(String, usize), String> {
    match value {
        Some(Value::String(text)) => Ok((text.clone(), words(text))),
        Some(Value::Array(items)) => match items.as_slice() {
            [Value::String(text)] => Ok((text.clone(), words(text))),
            ids if !ids.is_empty() && ids.iter().all(Value::is_u64) => Ok((String::new(), ids.len())),
            _ => Err(format!("{name} must be one text or the ids of one")),
        },
        _ => Err(format!("{name} is required")),
    }
}
