//! What one event of a stream says, as the readers of the backends write it, and whether it reports an error.

use super::assembly::{Assembly, KINDS, Source, slot};
use super::error::{excerpt, in_event, is_said, words};
use super::sse::{End, Offer, Verdict};
use crate::record::{EventKind, Failure, FailureKind, Reply, Usage};

/// What a backend writes one event into.
pub(super) struct Frame<'a> {
    reply: &'a mut Reply,
    assembly: &'a mut Assembly,
    /// Characters that the event brought, by kind of token.
    chars: [u32; KINDS],
    tokens: Option<u32>,
    has_choice: bool,
    has_usage: bool,
    has_error: bool,
    gave_up: bool,
    error: Option<String>,
}

/// What an event came to.
pub(super) struct Brought {
    pub(super) kind: EventKind,
    pub(super) chars: u32,
    pub(super) tokens_so_far: Option<u32>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(reply: &'a mut Reply, assembly: &'a mut Assembly) -> Self {
        Self {
            reply,
            assembly,
            chars: [0; KINDS],
            tokens: None,
            has_choice: false,
            has_usage: false,
            has_error: false,
            gave_up: false,
            error: None,
        }
    }

    /// The event has a choice, be it without text.
    pub(super) fn choice(&mut self) {
        self.has_choice = true;
    }

    /// The event adds to the answer, or repeats what another field said.
    pub(super) fn add(&mut self, kind: EventKind, source: Source, bytes: &[u8]) {
        let chars = self.assembly.add(kind, source, bytes, self.reply);
        let known = &mut self.chars[slot(kind)];
        *known = known.saturating_add(chars);
    }

    /// The event has the text so far, or, from some servers of the same kind, the text that it adds. Its token count goes
    /// before ([`Self::usage`]).
    pub(super) fn text_so_far(&mut self, source: Source, bytes: &[u8]) {
        let chars = self.assembly.so_far(source, bytes, self.tokens, self.reply);
        let known = &mut self.chars[slot(EventKind::Text)];
        *known = known.saturating_add(chars);
    }

    /// The event has the whole text, at the end.
    pub(super) fn whole_text(&mut self, bytes: &[u8]) {
        let chars = self.assembly.whole(bytes, self.reply);
        let known = &mut self.chars[slot(EventKind::Text)];
        *known = known.saturating_add(chars);
    }

    /// The event reports token counts, where it has any; a count that it leaves out stays as it was.
    pub(super) fn usage(&mut self, usage: Usage) {
        if usage == Usage::default() {
            return;
        }
        self.has_usage = true;
        self.tokens = usage.completion_tokens;
        let known = self.reply.usage.get_or_insert_default();
        known.prompt_tokens = usage.prompt_tokens.or(known.prompt_tokens);
        known.completion_tokens = usage.completion_tokens.or(known.completion_tokens);
    }

    /// The server says why it stopped; an empty word says that it did not.
    pub(super) fn finish_reason(&mut self, reason: &str) {
        if !reason.is_empty() {
            self.gave_up |= ["error", "abort"].iter().any(|word| reason.eq_ignore_ascii_case(word));
            self.reply.finish_reason = Some(reason.to_owned());
        }
    }

    /// The event has a field for errors that is not null.
    pub(super) fn suspect_error(&mut self) {
        self.has_error = true;
    }

    /// The event reports an error.
    pub(super) fn error(&mut self, message: &str) {
        self.error = Some(excerpt(message));
    }

    /// What the event came to, and the error that it reports, if it does. `data` is its JSON.
    pub(super) fn end(mut self, data: &[u8]) -> (Brought, Option<String>) {
        let (kind, chars) = self.kind();
        let suspected = self.has_error || self.gave_up || kind == EventKind::Other;
        let found = if suspected { in_event(data) } else { None };
        let reason = || {
            let reason = self.reply.finish_reason.as_deref().filter(|_| self.gave_up)?;
            Some(format!("The server ended the answer with finish reason '{reason}'"))
        };
        let error = found.or(self.error.take()).or_else(reason);
        (Brought { kind, chars, tokens_so_far: self.tokens }, error)
    }

    fn kind(&self) -> (EventKind, u32) {
        let tokens = [EventKind::Text, EventKind::Reasoning, EventKind::ToolCall, EventKind::Refusal];
        let brought = tokens.into_iter().map(|kind| (kind, self.chars[slot(kind)])).find(|(_, chars)| *chars > 0);
        brought.unwrap_or(match self {
            Self { has_choice: true, .. } => (EventKind::Empty, 0),
            Self { has_usage: true, .. } => (EventKind::Usage, 0),
            _ => (EventKind::Other, 0),
        })
    }
}

/// An event that is called an error is one, JSON or not, unless it says nothing: none then.
pub(super) fn named_error(offer: Offer<'_>) -> Result<Option<Verdict>, Failure> {
    let text = String::from_utf8_lossy(offer.data);
    let json = serde_json::from_str::<serde_json::Value>(&text);
    match json {
        Err(_) if offer.end == End::Open => Ok(Some(Verdict::Left)),
        Ok(json) if !is_said(&json) => Ok(None),
        _ => Err(Failure { kind: FailureKind::ServerError, message: words(&text) }),
    }
}
