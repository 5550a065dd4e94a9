//! The events of a raw record in the result JSON: columns, with one letter per kind of event.

use serde::{Deserialize, Serialize};

use crate::record::{Event, EventKind};

/// Events as columns, all of one length.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Events {
    at_ms: Vec<f64>,
    read: Vec<u32>,
    /// One letter per event: t text, r reasoning, c tool call, n refusal, e empty, u usage, d end mark, o other.
    kind: String,
    chars: Vec<u32>,
    /// Null where no event says it.
    tokens_so_far: Option<Vec<Option<u32>>>,
}

const KINDS: [(char, EventKind); 8] = [
    ('t', EventKind::Text),
    ('r', EventKind::Reasoning),
    ('c', EventKind::ToolCall),
    ('n', EventKind::Refusal),
    ('e', EventKind::Empty),
    ('u', EventKind::Usage),
    ('d', EventKind::Done),
    ('o', EventKind::Other),
];

/// The kind of event that a letter stands for.
pub(crate) fn kind_of(letter: char) -> Option<EventKind> {
    KINDS.iter().find(|(known, _)| *known == letter).map(|(_, kind)| *kind)
}

impl Events {
    /// The columns of these events.
    pub(super) fn of(events: &[Event]) -> Self {
        let letter =
            |kind: EventKind| KINDS.iter().find(|(_, known)| *known == kind).map_or('e', |(letter, _)| *letter);
        let says_tokens = events.iter().any(|event| event.tokens_so_far.is_some());
        Self {
            at_ms: events.iter().map(|event| event.at_ms).collect(),
            read: events.iter().map(|event| event.read).collect(),
            kind: events.iter().map(|event| letter(event.kind)).collect(),
            chars: events.iter().map(|event| event.chars).collect(),
            tokens_so_far: says_tokens.then(|| events.iter().map(|event| event.tokens_so_far).collect()),
        }
    }

    /// The events of these columns.
    ///
    /// # Errors
    /// What is wrong with the columns, in words.
    pub(super) fn into_events(self) -> Result<Vec<Event>, &'static str> {
        let kinds: Option<Vec<EventKind>> = self.kind.chars().map(kind_of).collect();
        let kinds = kinds.ok_or("events.kind has a letter that is none of t, r, c, n, e, u, d, o")?;
        let n = self.at_ms.len();
        let tokens = self.tokens_so_far.unwrap_or_else(|| vec![None; n]);
        if [self.read.len(), kinds.len(), self.chars.len(), tokens.len()] != [n; 4] {
            return Err("the columns of events are not of one length");
        }
        let event = |i: usize| Event {
            at_ms: self.at_ms[i],
            read: self.read[i],
            kind: kinds[i],
            chars: self.chars[i],
            tokens_so_far: tokens[i],
        };
        Ok((0..n).map(event).collect())
    }
}
