//! Where the conversations of a ShareGPT file are: one pass over its bytes, in pieces of any size, keeping 24 bytes for
//! each conversation that can be used.
//!
//! What Python's `json.load` and the reference's list comprehensions would refuse is refused here, with its place.

use crate::dataset::file::DatasetError;
use crate::dataset::sharegpt::json::{Kind, Scanner, Sink, Stop};
use crate::dataset::sharegpt::utf8::Utf8;

/// A conversation with two turns or more: where the first two turns' values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    prompt_start: u64,
    prompt_len: u32,
    gap: u32,
    answer_len: u32,
    conversation: u32,
}

impl Entry {
    /// Offset and length of the first turn's value, as raw JSON.
    pub fn prompt(&self) -> (u64, usize) {
        (self.prompt_start, self.prompt_len as usize)
    }

    /// Offset and length of the second turn's value, as raw JSON.
    pub fn answer(&self) -> (u64, usize) {
        let start = self.prompt_start + u64::from(self.prompt_len) + u64::from(self.gap);
        (start, self.answer_len as usize)
    }

    /// The conversation's place in the file's list, from 0.
    pub fn conversation(&self) -> u32 {
        self.conversation
    }
}

/// All conversations of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// Those with two turns or more, in the file's order.
    pub entries: Vec<Entry>,
    /// How many there are, with those of fewer turns.
    pub conversations: u32,
}

/// Makes an [`Index`] from a file's bytes as they come.
pub struct Indexer {
    utf8: Utf8,
    scanner: Scanner,
    tracker: Tracker,
}

impl Default for Indexer {
    fn default() -> Self {
        Self { utf8: Utf8::default(), scanner: Scanner::new(), tracker: Tracker::default() }
    }
}

impl Indexer {
    /// Reads on.
    ///
    /// # Errors
    /// At the first byte that is not UTF-8, not JSON, or not of ShareGPT's shape.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), DatasetError> {
        if self.scanner.at() == 0 && bytes.first() == Some(&0xef) {
            return Err(DatasetError::ByteOrderMark);
        }
        self.utf8.feed(bytes).map_err(|at| DatasetError::NotUtf8 { at })?;
        self.scanner.feed(bytes, &mut self.tracker).map_err(|stop| match stop {
            Stop::Sink(error) => error,
            Stop::Fault(fault) => {
                DatasetError::NotJson { what: fault.0, at: self.scanner.at(), conversation: self.tracker.inside() }
            }
        })
    }

    /// Conversations found so far.
    pub fn conversations(&self) -> u32 {
        self.tracker.index.conversations
    }

    /// The index, when all bytes were fed.
    ///
    /// # Errors
    /// When the file is empty or cut off.
    pub fn finish(self) -> Result<Index, DatasetError> {
        self.utf8.finish().map_err(|at| DatasetError::NotUtf8 { at })?;
        if self.scanner.is_untouched() {
            return Err(DatasetError::Empty);
        }
        if !self.scanner.is_done() {
            let conversation = self.tracker.inside();
            return Err(DatasetError::CutOff { at: self.scanner.at(), conversation });
        }
        Ok(self.tracker.index)
    }
}

/// Follows the scanner through the file: list, conversation, its "conversations", turn, its "value".
#[derive(Default)]
struct Tracker {
    index: Index,
    /// Offset of the conversation under way, if one is.
    start: Option<u64>,
    /// What its last "conversations" was.
    turns: Turns,
    /// Whether the value under way is its "conversations".
    in_turns: bool,
    /// Whether the last key was one that matters at its depth.
    key_matters: bool,
    /// Whether the value under way is a turn's "value".
    in_value: bool,
}

/// A conversation's "conversations".
#[derive(Debug, Clone, Copy, Default)]
enum Turns {
    #[default]
    Missing,
    /// A list, with its length and the values of the first two turns.
    List { len: usize, first_two: [Turn; 2] },
    /// Something else, where it begins, and how many parts it has (an object's values, a string's bytes).
    Other { kind: Kind, at: u64, parts: u64 },
}

/// One turn of a conversation.
#[derive(Debug, Clone, Copy, Default)]
enum Turn {
    #[default]
    NotAnObject,
    WithoutValue,
    /// From offset to offset.
    Value(u64, u64),
}

const LIST: usize = 0;
const CONVERSATION: usize = 1;
const TURNS: usize = 2;
const TURN: usize = 3;
const VALUE: usize = 4;

impl Sink for Tracker {
    type Error = DatasetError;

    fn begin(&mut self, depth: usize, kind: Kind, at: u64) -> Result<(), DatasetError> {
        match depth {
            LIST if kind != Kind::Array => return Err(DatasetError::NotAList { found: name(kind) }),
            CONVERSATION => {
                self.start = Some(at);
                self.turns = Turns::Missing;
                if kind != Kind::Object {
                    return Err(self.fault("is not an object"));
                }
            }
            TURNS => {
                self.in_turns = std::mem::take(&mut self.key_matters);
                if self.in_turns {
                    self.turns = match kind {
                        Kind::Array => Turns::List { len: 0, first_two: [Turn::default(); 2] },
                        _ => Turns::Other { kind, at, parts: 0 },
                    };
                }
            }
            TURN if self.in_turns => self.turn(kind),
            VALUE if self.in_turns => {
                self.in_value = std::mem::take(&mut self.key_matters);
                if let (true, Some(turn)) = (self.in_value, self.current_turn()) {
                    *turn = Turn::Value(at, at);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, depth: usize, at: u64) -> Result<(), DatasetError> {
        match depth {
            CONVERSATION => self.conclude()?,
            TURNS if std::mem::take(&mut self.in_turns) => {
                if let Turns::Other { kind: Kind::String, at: start, parts } = &mut self.turns {
                    *parts = at - *start - 2;
                }
            }
            VALUE if std::mem::take(&mut self.in_value) => {
                if let Some(Turn::Value(_, end)) = self.current_turn() {
                    *end = at;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn key(&mut self, depth: usize, raw: &[u8]) {
        self.key_matters = match depth {
            TURNS => is_key(raw, "conversations"),
            VALUE => self.in_turns && is_key(raw, "value"),
            _ => false,
        };
    }
}

impl Tracker {
    /// The conversation that is being read, if one is.
    fn inside(&self) -> Option<u32> {
        self.start.map(|_| self.index.conversations)
    }

    /// A turn, or whatever stands in a turn's place, begins.
    fn turn(&mut self, kind: Kind) {
        match &mut self.turns {
            Turns::Missing => {}
            Turns::Other { parts, .. } => *parts += 1,
            Turns::List { len, first_two } => {
                if let Some(turn) = first_two.get_mut(*len) {
                    *turn = if kind == Kind::Object { Turn::WithoutValue } else { Turn::NotAnObject };
                }
                *len += 1;
            }
        }
    }

    /// The turn under way, if it is one of the first two.
    fn current_turn(&mut self) -> Option<&mut Turn> {
        match &mut self.turns {
            Turns::List { len, first_two } => first_two.get_mut(len.checked_sub(1)?),
            _ => None,
        }
    }

    /// A conversation ends: it is kept, passed over, or at fault, as in the reference.
    fn conclude(&mut self) -> Result<(), DatasetError> {
        match self.turns {
            Turns::Missing => return Err(self.fault("has no \"conversations\"")),
            // Python finds such a thing shorter than two and passes over it.
            Turns::Other { kind: Kind::Object | Kind::String, parts: 0 | 1, .. } | Turns::List { len: 0 | 1, .. } => {}
            Turns::Other { .. } => return Err(self.fault("has \"conversations\" that are not a list")),
            Turns::List { first_two: [Turn::Value(start, end), Turn::Value(next, last)], .. } => {
                let entry = self.entry((start, end), (next, last));
                self.index.entries.push(entry.ok_or_else(|| self.fault("has a text of over 4 GiB"))?);
            }
            Turns::List { first_two: [Turn::Value(..), Turn::WithoutValue], .. } => {
                return Err(self.fault("has no \"value\" in its second turn"));
            }
            Turns::List { first_two: [Turn::WithoutValue, _], .. } => {
                return Err(self.fault("has no \"value\" in its first turn"));
            }
            Turns::List { .. } => return Err(self.fault("has a turn that is not an object")),
        }
        self.start = None;
        self.index.conversations += 1;
        Ok(())
    }

    fn entry(&self, prompt: (u64, u64), answer: (u64, u64)) -> Option<Entry> {
        Some(Entry {
            prompt_start: prompt.0,
            prompt_len: u32::try_from(prompt.1 - prompt.0).ok()?,
            gap: u32::try_from(answer.0 - prompt.1).ok()?,
            answer_len: u32::try_from(answer.1 - answer.0).ok()?,
            conversation: self.index.conversations,
        })
    }

    fn fault(&self, what: &'static str) -> DatasetError {
        let at = self.start.unwrap_or_default();
        DatasetError::Conversation { conversation: self.index.conversations, at, what }
    }
}

/// Whether a raw key, escapes and all, is this name.
fn is_key(raw: &[u8], name: &str) -> bool {
    if !raw.contains(&b'\\') {
        return raw == name.as_bytes();
    }
    let quoted = [b"\"", raw, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).is_ok_and(|key| key == name)
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Object => "an object",
        Kind::Array => "a list",
        Kind::String => "a string",
        Kind::Number => "a number",
        Kind::Word => "true, false or null",
    }
}
