//! How an answer is put together from the events of its stream. Some servers send a piece twice, in two fields of one
//! event or again in a last one; some send the prompt before the answer; some cut characters in two. What of a field
//! counts is decided here, for every kind of server.

use super::cumulative::Cumulative;
use super::echo::Echo;
use super::growing::Growing;
use super::join::{Half, char_count, decoded};
use crate::record::{EventKind, Reply};

/// The field that a piece stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// `delta`: what is new, by its name.
    Delta,
    /// `message`: the whole message, or all of it so far.
    Message,
    /// A field of its own: `text`, `token`.
    Field,
}

/// What is put together of one answer beside its reply.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// Where each kind of token comes from; none before the first of it.
    sources: [Option<Source>; KINDS],
    halves: [Half; KINDS],
    cumulative: Cumulative,
    deltas: Growing,
    echo: Echo,
}

/// Kinds of events that are tokens.
pub(super) const KINDS: usize = 4;

/// The place of a kind of token in a list of [`KINDS`].
pub(super) fn slot(kind: EventKind) -> usize {
    match kind {
        EventKind::Reasoning => 1,
        EventKind::ToolCall => 2,
        EventKind::Refusal => 3,
        _ => 0,
    }
}

impl Assembly {
    /// Of an answer to this prompt.
    pub(super) fn new(prompt: &str) -> Self {
        Self { echo: Echo::new(prompt), ..Self::default() }
    }

    /// Whether a piece of this kind counts where it stands: all pieces of a kind come from one field. A `delta` counts
    /// in any case; a `message` or a `text` repeats what deltas brought, and counts where they brought none.
    fn counts(&mut self, kind: EventKind, source: Source) -> bool {
        let known = &mut self.sources[slot(kind)];
        let counts = source == Source::Delta || known.is_none_or(|known| known == source);
        if counts {
            *known = Some(source);
        }
        counts
    }

    /// Takes a piece that an event adds; gives the characters that it brought.
    pub(super) fn add(&mut self, kind: EventKind, source: Source, bytes: &[u8], reply: &mut Reply) -> u32 {
        if bytes.is_empty() || !self.counts(kind, source) {
            return 0;
        }
        let half = &mut self.halves[slot(kind)];
        match (kind, source) {
            (EventKind::Text, Source::Delta) => self.deltas.take(self.echo.strip(bytes, reply), half, reply),
            (EventKind::Text, _) => half.push(self.echo.strip_once(bytes, reply), &mut reply.text),
            _ => half.push(bytes, of_kind(reply, kind)),
        }
    }

    /// Takes the text so far, or, from some servers of the same kind, the text that the event adds.
    pub(super) fn so_far(&mut self, source: Source, bytes: &[u8], tokens: Option<u32>, reply: &mut Reply) -> u32 {
        if !bytes.is_empty() && !self.counts(EventKind::Text, source) {
            return 0;
        }
        let bytes = self.echo.strip(bytes, reply);
        self.cumulative.take(bytes, tokens, reply)
    }

    /// Takes the whole text that a server sends at the end: it stands in place of what was added up, unless it is only
    /// the end of that. Gives the characters that it brought, where nothing had come before it.
    pub(super) fn whole(&mut self, bytes: &[u8], reply: &mut Reply) -> u32 {
        let text = decoded(self.echo.strip_whole(bytes, reply));
        if reply.text.is_empty() {
            reply.text.push_str(&text);
            return char_count(&text);
        }
        let (streamed, whole) = (reply.text.trim(), text.trim());
        let is_tail = streamed.len() > whole.len() && streamed.ends_with(whole);
        if !is_tail && reply.text != text {
            reply.text = text.into_owned();
            self.halves[slot(EventKind::Text)] = Half::default();
        }
        0
    }

    /// No more comes.
    pub(super) fn settle(&mut self, reply: &mut Reply) {
        self.cumulative.settle(reply);
        for kind in [EventKind::Text, EventKind::Reasoning, EventKind::ToolCall, EventKind::Refusal] {
            self.halves[slot(kind)].flush(of_kind(reply, kind));
        }
    }
}

/// Where the text of a kind of token is kept.
fn of_kind(reply: &mut Reply, kind: EventKind) -> &mut String {
    match kind {
        EventKind::Reasoning => &mut reply.reasoning,
        EventKind::ToolCall => &mut reply.tool_calls,
        EventKind::Refusal => &mut reply.refusal,
        _ => &mut reply.text,
    }
}
