//! Events to bytes: server-sent events as the HTML standard frames them, with the liberties that it allows (comments,
//! `event:` fields, CRLF), and with the boundaries of writes set apart from those of events.

use crate::event::{End, Event, Item, Kind};

/// How events are framed.
#[derive(Debug, Clone, PartialEq)]
pub struct Framing {
    /// Lines end in CRLF in place of LF.
    pub crlf: bool,
    /// A comment (`: ping`) before every n-th event.
    pub comment_every: Option<usize>,
    /// An `event: message` line in every event.
    pub event_lines: bool,
    /// Events are written in pieces of so many bytes, [`Framing::split_gap_ms`] apart.
    pub split_bytes: Option<usize>,
    /// The time between two pieces of an event, ms. Default 0.3.
    pub split_gap_ms: f64,
    /// So many events are written together, when the last of them is due. Default 1.
    pub join_events: usize,
}

impl Default for Framing {
    fn default() -> Self {
        Self {
            crlf: false,
            comment_every: None,
            event_lines: false,
            split_bytes: None,
            split_gap_ms: 0.3,
            join_events: 1,
        }
    }
}

/// One write of a body.
pub(crate) enum Piece {
    /// Bytes, and the chunks of tokens that are complete with them.
    Write {
        /// When, ms.
        due_ms: f64,
        /// What.
        bytes: Vec<u8>,
        /// What the log shall say of it.
        chunks: Vec<Chunk>,
    },
    /// An end before the end, at a time in ms.
    End(End, f64),
}

/// Tokens that a write completes.
pub(crate) struct Chunk {
    pub(crate) due_ms: f64,
    pub(crate) tokens: u32,
    pub(crate) text: String,
}

/// The writes of a stream of items.
pub(crate) struct Framer<I> {
    items: I,
    framing: Framing,
    prefix: &'static str,
    events: usize,
    pieces: std::collections::VecDeque<Piece>,
}

impl<I: Iterator<Item = Item>> Framer<I> {
    /// `prefix` is the field name as the server writes it, `data: ` or `data:`.
    pub(crate) fn new(items: I, framing: Framing, prefix: &'static str) -> Self {
        Self { items, framing, prefix, events: 0, pieces: std::collections::VecDeque::new() }
    }

    /// Gathers the events of the next write and queues its pieces.
    fn fill(&mut self) {
        let (mut bytes, mut chunks, mut due_ms, mut joined) = (Vec::new(), Vec::new(), 0.0, 0);
        let mut end = None;
        while joined < self.framing.join_events {
            match self.items.next() {
                Some(Item::Event(event)) => {
                    self.frame(&event, &mut bytes);
                    joined += 1;
                    due_ms = event.due_ms;
                    if event.kind == Kind::Token {
                        chunks.push(Chunk { due_ms, tokens: event.tokens, text: event.text });
                    }
                }
                Some(Item::End(how, at_ms)) => {
                    end = Some(Piece::End(how, at_ms));
                    break;
                }
                None => break,
            }
        }
        if joined > 0 {
            self.split(due_ms, bytes, chunks);
        }
        self.pieces.extend(end);
    }

    fn frame(&mut self, event: &Event, bytes: &mut Vec<u8>) {
        let eol = if self.framing.crlf { "\r\n" } else { "\n" };
        self.events += 1;
        let mut line = |parts: &[&str]| parts.iter().chain([&eol]).for_each(|part| bytes.extend(part.as_bytes()));
        if self.framing.comment_every.is_some_and(|every| self.events.is_multiple_of(every)) {
            line(&[": ping"]);
            line(&[]);
        }
        if self.framing.event_lines {
            line(&["event: message"]);
        }
        line(&[self.prefix, &event.data]);
        line(&[]);
    }

    fn split(&mut self, due_ms: f64, bytes: Vec<u8>, chunks: Vec<Chunk>) {
        let size = self.framing.split_bytes.unwrap_or(bytes.len()).max(1);
        let last = bytes.len().div_ceil(size).saturating_sub(1);
        let mut chunks = Some(chunks);
        for (place, piece) in bytes.chunks(size).enumerate() {
            self.pieces.push_back(Piece::Write {
                due_ms: due_ms + place as f64 * self.framing.split_gap_ms,
                bytes: piece.to_vec(),
                chunks: chunks.take_if(|_| place == last).unwrap_or_default(),
            });
        }
    }
}

impl<I: Iterator<Item = Item>> Iterator for Framer<I> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.pieces.is_empty() {
            self.fill();
        }
        self.pieces.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(due_ms: f64, data: &str) -> Item {
        Item::Event(Event { due_ms, data: data.into(), tokens: 1, text: data.into(), kind: Kind::Token })
    }

    fn writes(framing: Framing) -> Vec<(f64, String, usize)> {
        let items = vec![token(1.0, "ab"), token(2.0, "c"), token(3.0, "d")];
        Framer::new(items.into_iter(), framing, "data: ")
            .map(|piece| match piece {
                Piece::Write { due_ms, bytes, chunks } => (due_ms, String::from_utf8(bytes).unwrap(), chunks.len()),
                Piece::End(..) => panic!("no end was asked for"),
            })
            .collect()
    }

    #[test]
    fn an_event_is_a_write() {
        let expected =
            [(1.0, "data: ab\n\n".into(), 1), (2.0, "data: c\n\n".into(), 1), (3.0, "data: d\n\n".into(), 1)];
        assert_eq!(writes(Framing::default()), expected);
    }

    #[test]
    fn events_can_share_a_write_which_waits_for_the_last() {
        let framing = Framing { join_events: 2, ..Framing::default() };
        let expected = [(2.0, "data: ab\n\ndata: c\n\n".into(), 2), (3.0, "data: d\n\n".into(), 1)];
        assert_eq!(writes(framing), expected);
    }

    #[test]
    fn an_event_can_come_in_pieces() {
        let framing = Framing { split_bytes: Some(6), split_gap_ms: 0.5, ..Framing::default() };
        let first: Vec<_> = writes(framing).into_iter().take(2).collect();
        assert_eq!(first, [(1.0, "data: ".into(), 0), (1.5, "ab\n\n".into(), 1)]);
    }

    #[test]
    fn comments_fields_and_line_ends() {
        let framing = Framing { crlf: true, comment_every: Some(2), event_lines: true, ..Framing::default() };
        let text: String = writes(framing).into_iter().map(|write| write.1).collect();
        let event = |data: &str| format!("event: message\r\ndata: {data}\r\n\r\n");
        assert_eq!(text, format!("{}: ping\r\n\r\n{}{}", event("ab"), event("c"), event("d")));
    }
}
