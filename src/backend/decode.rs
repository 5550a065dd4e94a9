//! From a response's bytes to a [`Reply`]: the rules that hold for every kind of server.
//!
//! A response is a stream of events, or one JSON document (a server that does not stream, or was told not to): its first
//! character tells. Nothing that a server may rightly send is a failure: comments, event names, usage alone, no end mark.

use super::cumulative::Cumulative;
use super::error::{excerpt, in_event, words};
use super::sse::{End, LIMIT_BYTES, Offer, SseReader, TooLong, Verdict};
use super::wire::{Unreadable, char_count};
use super::{Read, reader};
use crate::record::{Event, EventKind, Failure, FailureKind, Reply, Usage};
use crate::settings::BackendKind;

/// Reads the body of one response. After a failure there is nothing more to feed; what was read is in the reply.
pub struct Decoder {
    read: Read,
    format: Format,
    cumulative: Cumulative,
    /// When the last read returned, and its number.
    last: (f64, u32),
}

/// What the body turned out to be.
enum Format {
    /// Nothing but white space came yet.
    Unknown,
    /// Server-sent events.
    Events(SseReader),
    /// One JSON document, as far as it has come.
    Document(Vec<u8>),
}

impl Decoder {
    /// A decoder for one response of such a server.
    pub fn new(kind: BackendKind) -> Self {
        let cumulative = Cumulative::default();
        Self { read: reader(kind), format: Format::Unknown, cumulative, last: (0.0, 0) }
    }

    /// Takes the bytes of one read into the reply: `at_ms` is when it returned, `read` its number from 0.
    ///
    /// # Errors
    /// When the server reports an error in the stream, or the stream is not of its protocol.
    pub fn feed(&mut self, bytes: &[u8], at_ms: f64, read: u32, reply: &mut Reply) -> Result<(), Failure> {
        self.last = (at_ms, read);
        if matches!(self.format, Format::Unknown) {
            match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => return Ok(()),
                Some(b'{' | b'[') => self.format = Format::Document(Vec::new()),
                Some(_) => self.format = Format::Events(SseReader::new()),
            }
        }
        let mut taker = Taker { read: self.read, cumulative: &mut self.cumulative, last: self.last, reply };
        match &mut self.format {
            Format::Unknown => Ok(()),
            Format::Events(reader) => reader.feed(bytes, &mut |offer| taker.take(offer)),
            Format::Document(json) if json.len() + bytes.len() > LIMIT_BYTES => Err(TooLong.into()),
            Format::Document(json) => {
                json.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// The body has ended. What only its end completes has the time of the last read.
    ///
    /// # Errors
    /// When it ended in the middle of an event, or brought no token.
    pub fn finish(&mut self, reply: &mut Reply) -> Result<(), Failure> {
        let cumulative = &mut self.cumulative;
        let mut taker = Taker { read: self.read, cumulative, last: self.last, reply };
        let mut foreign = None;
        match &mut self.format {
            Format::Unknown => {}
            Format::Events(reader) => {
                reader.finish(&mut |offer| taker.take(offer))?;
                foreign = reader.stray();
            }
            Format::Document(json) => {
                taker.take(Offer { data: json, name: b"", end: End::Cut })?;
                foreign = Some(json);
            }
        }
        check_content(reply, foreign)
    }
}

/// A response that brought no token has failed, whatever else it brought. `foreign` is the start of what may be of
/// another protocol: it is, if the response had no choice either.
fn check_content(reply: &Reply, foreign: Option<&[u8]>) -> Result<(), Failure> {
    if reply.events.iter().any(|event| matches!(event.kind, EventKind::Text | EventKind::Reasoning)) {
        return Ok(());
    }
    let has_choice = reply.events.iter().any(|event| event.kind == EventKind::Empty);
    if let (false, Some(foreign)) = (has_choice, foreign) {
        let start = excerpt(String::from_utf8_lossy(foreign).trim());
        let message = format!("The response is not a stream of tokens: it begins with {start:?}");
        return Err(Failure { kind: FailureKind::WrongContent, message });
    }
    let message = match &reply.finish_reason {
        Some(reason) => format!("The stream ended without a token (finish reason: {reason})"),
        None => "The stream ended without a token".to_owned(),
    };
    Err(Failure { kind: FailureKind::Empty, message })
}

/// Takes what one read brought.
struct Taker<'a> {
    read: Read,
    cumulative: &'a mut Cumulative,
    /// When the read returned, and its number.
    last: (f64, u32),
    reply: &'a mut Reply,
}

impl Taker<'_> {
    fn take(&mut self, offer: Offer<'_>) -> Result<Verdict, Failure> {
        if offer.data.trim_ascii() == b"[DONE]" {
            self.push(EventKind::Done, 0, None);
            return Ok(Verdict::Taken);
        }
        if offer.name == b"error" {
            return named_error(offer);
        }
        let mut frame = Frame::new(self.reply, self.cumulative);
        if let Err(unreadable) = (self.read)(offer.data, &mut frame) {
            return if offer.end == End::Open { Ok(Verdict::Left) } else { Err(unreadable.failure(offer)) };
        }
        let (kind, chars, tokens) = (frame.kind(), frame.chars(), frame.tokens);
        let error = if frame.may_be_error() { in_event(offer.data) } else { frame.error.take() };
        if let Some(message) = error {
            return Err(Failure { kind: FailureKind::ServerError, message });
        }
        self.push(kind, chars, tokens);
        Ok(Verdict::Taken)
    }

    fn push(&mut self, kind: EventKind, chars: u32, tokens_so_far: Option<u32>) {
        let (at_ms, read) = self.last;
        self.reply.events.push(Event { at_ms, read, kind, chars, tokens_so_far });
    }
}

/// An event that is called an error is one, JSON or not.
fn named_error(offer: Offer<'_>) -> Result<Verdict, Failure> {
    let text = String::from_utf8_lossy(offer.data);
    if offer.end == End::Open && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
        return Ok(Verdict::Left);
    }
    Err(Failure { kind: FailureKind::ServerError, message: words(&text) })
}

impl Unreadable {
    /// The failure of an event that has ended and could not be read.
    fn failure(&self, offer: Offer<'_>) -> Failure {
        let text = excerpt(String::from_utf8_lossy(offer.data).trim());
        if self.incomplete && offer.end == End::Cut {
            let message = format!("The stream broke off in the middle of an event: {text}");
            return Failure { kind: FailureKind::Broken, message };
        }
        let message = format!("The stream holds an event that cannot be read ({}): {text}", self.reason);
        Failure { kind: FailureKind::Malformed, message }
    }
}

impl From<TooLong> for Failure {
    fn from(error: TooLong) -> Self {
        Self { kind: FailureKind::Malformed, message: error.to_string() }
    }
}

/// What a backend writes one event into.
pub(super) struct Frame<'a> {
    reply: &'a mut Reply,
    cumulative: &'a mut Cumulative,
    text_chars: u32,
    reasoning_chars: u32,
    tokens: Option<u32>,
    has_choice: bool,
    has_usage: bool,
    has_error: bool,
    error: Option<String>,
}

impl<'a> Frame<'a> {
    fn new(reply: &'a mut Reply, cumulative: &'a mut Cumulative) -> Self {
        Self {
            reply,
            cumulative,
            text_chars: 0,
            reasoning_chars: 0,
            tokens: None,
            has_choice: false,
            has_usage: false,
            has_error: false,
            error: None,
        }
    }

    /// The event has a choice, be it without text.
    pub(super) fn choice(&mut self) {
        self.has_choice = true;
    }

    /// The event adds text to the answer.
    pub(super) fn text(&mut self, text: &str) {
        self.reply.text.push_str(text);
        self.text_chars = self.text_chars.saturating_add(char_count(text));
    }

    /// The event says the text so far, or, from some servers of the same kind, the text that it adds.
    pub(super) fn text_so_far(&mut self, text: &str) {
        self.text_chars = self.cumulative.take(text, self.reply);
    }

    /// The server says the whole text, at the end: it stands in place of what was added up.
    pub(super) fn whole_text(&mut self, text: &str) {
        if self.reply.events.is_empty() && self.text_chars == 0 {
            self.text_chars = char_count(text);
        }
        if self.reply.text != text {
            text.clone_into(&mut self.reply.text);
        }
    }

    /// The event adds reasoning.
    pub(super) fn reasoning(&mut self, text: &str) {
        self.reply.reasoning.push_str(text);
        self.reasoning_chars = self.reasoning_chars.saturating_add(char_count(text));
    }

    /// The event reports token counts; a count that it leaves out stays as it was.
    pub(super) fn usage(&mut self, usage: Usage) {
        self.has_usage = true;
        self.tokens = usage.completion_tokens;
        let known = self.reply.usage.get_or_insert_default();
        known.prompt_tokens = usage.prompt_tokens.or(known.prompt_tokens);
        known.completion_tokens = usage.completion_tokens.or(known.completion_tokens);
    }

    /// The server says why it stopped.
    pub(super) fn finish_reason(&mut self, reason: &str) {
        self.reply.finish_reason = Some(reason.to_owned());
    }

    /// The event has a field for errors that is not empty.
    pub(super) fn suspect_error(&mut self) {
        self.has_error = true;
    }

    /// The event reports an error.
    pub(super) fn error(&mut self, message: &str) {
        self.error = Some(excerpt(message));
    }

    fn may_be_error(&self) -> bool {
        self.has_error || !(self.has_choice || self.has_usage)
    }

    fn kind(&self) -> EventKind {
        match self {
            Self { text_chars: 1.., .. } => EventKind::Text,
            Self { reasoning_chars: 1.., .. } => EventKind::Reasoning,
            Self { has_choice: true, .. } => EventKind::Empty,
            _ => EventKind::Usage,
        }
    }

    fn chars(&self) -> u32 {
        if self.text_chars > 0 { self.text_chars } else { self.reasoning_chars }
    }
}
