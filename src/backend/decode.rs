//! From a response's bytes to a [`Reply`]: the rules that hold for every kind of server.
//!
//! A response is a stream of events, or one JSON document (a server that does not stream, or was told not to): its first
//! character tells. Nothing that a server may rightly send is a failure: comments, event names, usage alone, no end mark.
//! What is no event of the protocol at all (a ping with a time of day, `null`, a word) is passed over and counted; it
//! fails a request only where no token came, or where it may have been one: an object that cannot be read.

use serde::de::IgnoredAny;

use super::assembly::Assembly;
use super::error::{excerpt, in_event};
use super::frame::{Frame, named_error};
use super::repair::{Repair, repaired, repaired_without_halves};
use super::sse::{End, LIMIT_BYTES, Offer, SseReader, TooLong, Verdict};
use super::wire::Unreadable;
use super::{Read, ends_with_a_mark, reader};
use crate::record::{Event, EventKind, Failure, FailureKind, Reply, StreamEnd};
use crate::settings::BackendKind;

/// Reads the body of one response. After a failure there is nothing more to feed; what was read is in the reply.
pub struct Decoder {
    read: Read,
    format: Format,
    assembly: Assembly,
    /// Whether such a server's streams end with a mark of their own.
    has_end_mark: bool,
    /// The first data that was passed over, shortened.
    passed_over: Option<String>,
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
        Self::for_prompt(kind, "")
    }

    /// The same for the response to this prompt, which some servers put before the answer.
    pub fn for_prompt(kind: BackendKind, prompt: &str) -> Self {
        Self {
            read: reader(kind),
            format: Format::Unknown,
            assembly: Assembly::new(prompt),
            has_end_mark: ends_with_a_mark(kind),
            passed_over: None,
            last: (0.0, 0),
        }
    }

    /// Takes the bytes of one read into the reply: `at_ms` is when it returned, `read` its number from 0.
    ///
    /// # Errors
    /// When the server reports an error in the stream, or the stream is not of its protocol.
    pub fn feed(&mut self, bytes: &[u8], at_ms: f64, read: u32, reply: &mut Reply) -> Result<(), Failure> {
        self.last = (at_ms, read);
        let fed = self.feed_format(bytes, reply);
        if fed.is_err() {
            self.assembly.settle(reply);
        }
        fed
    }

    fn feed_format(&mut self, bytes: &[u8], reply: &mut Reply) -> Result<(), Failure> {
        if matches!(self.format, Format::Unknown) {
            match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => return Ok(()),
                Some(b'{' | b'[') => self.format = Format::Document(Vec::new()),
                Some(_) => self.format = Format::Events(SseReader::new()),
            }
        }
        let (mut taker, format) = self.taker(reply);
        match format {
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
        let finished = self.finish_format(reply);
        self.assembly.settle(reply);
        finished?;
        self.check_content(reply)?;
        reply.end = Some(self.end(reply));
        Ok(())
    }

    fn finish_format(&mut self, reply: &mut Reply) -> Result<(), Failure> {
        let (mut taker, format) = self.taker(reply);
        match format {
            Format::Unknown => Ok(()),
            Format::Events(reader) => reader.finish(&mut |offer| taker.take(offer)),
            Format::Document(json) => taker.take(Offer { data: json, name: b"", end: End::Cut }).map(drop),
        }
    }

    fn taker<'a>(&'a mut self, reply: &'a mut Reply) -> (Taker<'a>, &'a mut Format) {
        let Self { read, format, assembly, passed_over, last, .. } = self;
        (Taker { read: *read, assembly, passed_over, last: *last, reply }, format)
    }

    /// A response that brought no token has failed, whatever else it brought.
    fn check_content(&self, reply: &Reply) -> Result<(), Failure> {
        if reply.events.iter().any(|event| event.kind.is_token()) {
            return Ok(());
        }
        // The start of what may be of another protocol: it is, if the response had no choice either.
        let foreign = match &self.format {
            Format::Unknown => None,
            Format::Events(reader) => reader.stray(),
            Format::Document(json) => Some(&**json),
        };
        let has_choice = reply.events.iter().any(|event| event.kind == EventKind::Empty);
        if let (false, Some(foreign)) = (has_choice, foreign) {
            let start = excerpt(String::from_utf8_lossy(foreign).trim());
            let message = format!("The response is not a stream of tokens: it begins with {start:?}");
            return Err(Failure { kind: FailureKind::WrongContent, message });
        }
        let mut message = "The stream ended without a token".to_owned();
        if let Some(reason) = &reply.finish_reason {
            message += &format!(" (finish reason: {reason})");
        }
        if let Some(data) = &self.passed_over {
            message += &format!(". What came was passed over, because it is not of this protocol: {data}");
        }
        Err(Failure { kind: FailureKind::Empty, message })
    }

    /// What shows that a response that was read to its end was whole.
    fn end(&self, reply: &Reply) -> StreamEnd {
        let last_token = reply.events.iter().rposition(|event| event.kind.is_token());
        let after = &reply.events[last_token.map_or(0, |place| place + 1)..];
        if reply.events.iter().any(|event| event.kind == EventKind::Done) {
            StreamEnd::Done
        } else if reply.finish_reason.is_some() {
            StreamEnd::FinishReason
        } else if after.iter().any(|event| event.kind == EventKind::Usage || event.tokens_so_far.is_some()) {
            StreamEnd::Usage
        } else if self.has_end_mark && matches!(self.format, Format::Events(_)) {
            StreamEnd::Unmarked
        } else {
            StreamEnd::Body
        }
    }
}

/// Takes what one read brought.
struct Taker<'a> {
    read: Read,
    assembly: &'a mut Assembly,
    passed_over: &'a mut Option<String>,
    /// When the read returned, and its number.
    last: (f64, u32),
    reply: &'a mut Reply,
}

impl Taker<'_> {
    /// Takes an event at once where it is one object, or the end mark; else at its end, when it is known what else it is.
    fn take(&mut self, offer: Offer<'_>) -> Result<Verdict, Failure> {
        if is_done(offer.data) {
            return Ok(self.push(EventKind::Done, 0, None));
        }
        if offer.name == b"error" {
            return match named_error(offer)? {
                Some(verdict) => Ok(verdict),
                None => Ok(self.pass_over(offer.data)),
            };
        }
        if begins_object(offer.data) && self.take_object(offer.data)?.is_none() {
            return Ok(Verdict::Taken);
        }
        if offer.end != End::Open {
            return self.take_apart(offer);
        }
        match from_first_object(offer.data) {
            Some(rest) if !begins_object(offer.data) && (is_done(rest) || is_json(rest)) => {
                self.pass_over(&offer.data[..offer.data.len() - rest.len()]);
                self.take(Offer { data: rest, ..offer })
            }
            _ => Ok(Verdict::Left),
        }
    }

    /// Takes data that has ended and is not one object: there may be several, with something else before or after them,
    /// such as a ping whose blank line was left out.
    fn take_apart(&mut self, offer: Offer<'_>) -> Result<Verdict, Failure> {
        let repaired = repaired(offer.data);
        let mut rest = repaired.as_deref().unwrap_or(offer.data).trim_ascii();
        while !rest.is_empty() {
            let len = if rest.starts_with(DONE) {
                self.push(EventKind::Done, 0, None);
                DONE.len()
            } else if begins_object(rest) {
                self.take_first_object(rest, offer)?
            } else {
                let len = rest.len() - from_first_object(rest).map_or(0, <[u8]>::len);
                self.take_other(&rest[..len], offer)?;
                len
            };
            rest = rest[len..].trim_ascii_start();
        }
        Ok(Verdict::Taken)
    }

    /// Takes the object that data begins with; gives its length. One that cannot be read fails the response, for it may
    /// have been a token; under a name of its own it is passed over, with what follows it.
    fn take_first_object(&mut self, data: &[u8], offer: Offer<'_>) -> Result<usize, Failure> {
        let unreadable = match first_value(data) {
            Ok(len) => match self.take_object(&data[..len])? {
                None => return Ok(len),
                Some(unreadable) => unreadable,
            },
            Err(unreadable) => unreadable,
        };
        if matches!(offer.name, b"" | b"message") || (unreadable.incomplete && offer.end == End::Cut) {
            return Err(unreadable.failure(offer));
        }
        self.pass_over(data);
        Ok(data.len())
    }

    /// Takes what is no object: an error in a list of them, or nothing of the protocol's.
    fn take_other(&mut self, data: &[u8], offer: Offer<'_>) -> Result<(), Failure> {
        if let Some(message) = in_event(data) {
            return Err(Failure { kind: FailureKind::ServerError, message });
        }
        if offer.end == End::Cut
            && let Err(unreadable) = first_value(data)
            && unreadable.incomplete
        {
            return Err(unreadable.failure(offer));
        }
        self.pass_over(data);
        Ok(())
    }

    /// Takes an event's object; gives why it cannot be read, if it cannot.
    fn take_object(&mut self, data: &[u8]) -> Result<Option<Unreadable>, Failure> {
        let mut frame = Frame::new(self.reply, self.assembly);
        if let Err(unreadable) = (self.read)(data, &mut frame) {
            let repairs = [repaired, repaired_without_halves];
            let mut read = |repair: Repair| repair(data).is_some_and(|json| (self.read)(&json, &mut frame).is_ok());
            if !repairs.into_iter().any(|repair| read(repair)) {
                return Ok(Some(unreadable));
            }
        }
        let (event, error) = frame.end(data);
        // An event that says no more than that an error came is none.
        if error.is_none() || event.kind.is_token() {
            if event.kind == EventKind::Other {
                self.note(data);
            }
            self.push(event.kind, event.chars, event.tokens_so_far);
        }
        match error {
            Some(message) => Err(Failure { kind: FailureKind::ServerError, message }),
            None => Ok(None),
        }
    }

    /// Counts an event that is none of the protocol's.
    fn pass_over(&mut self, data: &[u8]) -> Verdict {
        self.note(data);
        self.push(EventKind::Other, 0, None)
    }

    fn note(&mut self, data: &[u8]) {
        self.passed_over.get_or_insert_with(|| excerpt(String::from_utf8_lossy(data).trim()));
    }

    fn push(&mut self, kind: EventKind, chars: u32, tokens_so_far: Option<u32>) -> Verdict {
        let (at_ms, read) = self.last;
        self.reply.events.push(Event { at_ms, read, kind, chars, tokens_so_far });
        Verdict::Taken
    }
}

/// The end mark of OpenAI's streams.
const DONE: &[u8] = b"[DONE]";

/// Whether data is the end mark, be it as a JSON string.
fn is_done(data: &[u8]) -> bool {
    matches!(data.trim_ascii(), DONE | b"\"[DONE]\"")
}

fn begins_object(data: &[u8]) -> bool {
    data.trim_ascii_start().starts_with(b"{")
}

/// The data from its first line on that begins an object or the end mark, its first line left out.
fn from_first_object(data: &[u8]) -> Option<&[u8]> {
    let lines = memchr::memchr_iter(b'\n', data).map(|end| &data[end + 1..]);
    lines.into_iter().find(|rest| begins_object(rest) || rest.trim_ascii_start().starts_with(DONE))
}

fn is_json(data: &[u8]) -> bool {
    let is_json = |data: &[u8]| serde_json::from_slice::<IgnoredAny>(data).is_ok();
    is_json(data) || repaired(data).is_some_and(|json| is_json(&json))
}

/// The length of the JSON value that data begins with.
fn first_value(data: &[u8]) -> Result<usize, Unreadable> {
    let mut values = serde_json::Deserializer::from_slice(data).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => Ok(values.byte_offset()),
        Some(Err(error)) => Err(error.into()),
        None => Ok(data.len()),
    }
}

impl Unreadable {
    /// The failure of an event that has ended, or was cut off, and could not be read.
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
