//! What the mock asks of each server kind: how it reads a request's body, and how it words an answer.

use serde_json::{Value, json};

use crate::text::TextSource;

/// One kind of server.
pub(crate) trait Dialect: Send + Sync {
    /// What a body asks for.
    ///
    /// # Errors
    /// Why this server would refuse the body, in words.
    fn params(&self, body: &Value) -> Result<Params, String>;

    /// The status of such a refusal.
    fn bad_request_status(&self) -> u16 {
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
pub(crate) struct Params {
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
    /// Whether details are asked for (TGI).
    pub(crate) details: bool,
}

/// An answer that is to be given.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// The generation's number, from 1.
    pub(crate) number: usize,
    pub(crate) created_unix_s: u64,
    pub(crate) model: String,
    pub(crate) params: Params,
    /// Tokens of the answer; `usize::MAX` if it has no end.
    pub(crate) total: usize,
    /// How many of them, from the first, are reasoning.
    pub(crate) reasoning: usize,
    /// Whether the answer ended by itself, before the requested number of tokens.
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
    pub(super) fn finish_reason(&self) -> &'static str {
        if self.stopped { "stop" } else { "length" }
    }

    /// The token counts in OpenAI's words, after so many tokens.
    pub(super) fn usage(&self, completion: usize) -> Value {
        json!({
            "prompt_tokens": self.params.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.params.prompt_tokens + completion,
        })
    }
}
