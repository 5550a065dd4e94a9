//! Where the conversations of a ShareGPT file are: one pass over its bytes, in pieces of any size, keeping 24 bytes for
//! each conversation that can be used.
//!
//! What Python's `json.load` and the reference's list comprehensions would refuse is refused here, with its place. Beside the
//! reference's shape, a list of conversations, three more are read: JSON lines with a conversation each, a list under "data"
//! or "rows" of an object, and chats ("messages" with "content", where ShareGPT has "conversations" with "value").

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

/// Follows the scanner through the file: conversation, its "conversations", turn, its "value".
#[derive(Default)]
struct Tracker {
    index: Index,
    layout: Layout,
    /// Whether the last key of a first object was one under which a list of conversations may be.
    names_list: bool,
    /// Offset of the conversation under way, if one is.
    start: Option<u64>,
    /// What its last "conversations" was, or its last "messages" if it has only those.
    turns: Turns,
    turns_key: KeyRank,
    /// Whether the value under way is that.
    in_turns: bool,
    /// What the last key means at its depth.
    key: KeyRank,
    /// Whether the value under way is a turn's "value", or its "content" if it has no "value" yet.
    in_value: bool,
    value_key: KeyRank,
}

/// Where the conversations of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Layout {
    /// Nothing was read yet.
    #[default]
    Unknown,
    /// In one list.
    List,
    /// One after the other; of the first it may turn out that it holds a list of them.
    Lines,
    /// In a list inside an object, which is under way.
    Inside,
    /// As before, behind the list's end.
    Behind,
}

impl Layout {
    /// The number of containers around a conversation; none where there are no conversations.
    fn depth(self) -> Option<usize> {
        match self {
            Self::Lines => Some(0),
            Self::List => Some(1),
            Self::Inside => Some(2),
            Self::Unknown | Self::Behind => None,
        }
    }
}

/// What a key means: nothing, a chat's word for something, or ShareGPT's, which counts before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum KeyRank {
    #[default]
    Nothing,
    Chat,
    Sharegpt,
}

impl KeyRank {
    fn of(raw: &[u8], chat: &str, sharegpt: &str) -> Self {
        match raw {
            _ if is_key(raw, sharegpt) => Self::Sharegpt,
            _ if is_key(raw, chat) => Self::Chat,
            _ => Self::Nothing,
        }
    }
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

/// Containers around each of these, inside of a conversation.
const CONVERSATION: usize = 0;
const TURNS: usize = 1;
const TURN: usize = 2;
const VALUE: usize = 3;

impl Sink for Tracker {
    type Error = DatasetError;

    fn begin(&mut self, depth: usize, kind: Kind, at: u64) -> Result<(), DatasetError> {
        match (self.layout, depth) {
            (Layout::Unknown, _) => {
                self.layout = match kind {
                    Kind::Array => Layout::List,
                    Kind::Object => Layout::Lines,
                    _ => return Err(DatasetError::NotAList { found: name(kind) }),
                }
            }
            (Layout::Lines, 1) if kind == Kind::Array && std::mem::take(&mut self.names_list) => {
                self.layout = Layout::Inside;
                self.start = None;
            }
            _ => {}
        }
        match self.within(depth) {
            Some(CONVERSATION) => {
                self.start = Some(at);
                (self.turns, self.turns_key) = Default::default();
                if kind != Kind::Object {
                    return Err(self.fault("is not an object"));
                }
            }
            Some(TURNS) => {
                let key = std::mem::take(&mut self.key);
                self.in_turns = key != KeyRank::Nothing && key >= self.turns_key;
                if self.in_turns {
                    self.turns_key = key;
                    self.turns = match kind {
                        Kind::Array => Turns::List { len: 0, first_two: [Turn::default(); 2] },
                        _ => Turns::Other { kind, at, parts: 0 },
                    };
                }
            }
            Some(TURN) if self.in_turns => {
                self.value_key = KeyRank::Nothing;
                self.turn(kind);
            }
            Some(VALUE) if self.in_turns => {
                let key = std::mem::take(&mut self.key);
                self.in_value = key != KeyRank::Nothing && key >= self.value_key;
                if self.in_value {
                    self.value_key = key;
                    if let Some(turn) = self.current_turn() {
                        *turn = Turn::Value(at, at);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, depth: usize, at: u64) -> Result<(), DatasetError> {
        if self.layout == Layout::Inside && depth == 1 {
            self.layout = Layout::Behind;
        }
        match self.within(depth) {
            Some(CONVERSATION) => self.conclude()?,
            Some(TURNS) if std::mem::take(&mut self.in_turns) => {
                if let Turns::Other { kind: Kind::String, at: start, parts } = &mut self.turns {
                    *parts = at - *start - 2;
                }
            }
            Some(VALUE) if std::mem::take(&mut self.in_value) => {
                if let Some(Turn::Value(_, end)) = self.current_turn() {
                    *end = at;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn goes_on(&self) -> bool {
        self.layout == Layout::Lines
    }

    fn key(&mut self, depth: usize, raw: &[u8]) {
        self.key = match self.within(depth) {
            Some(TURNS) => KeyRank::of(raw, "messages", "conversations"),
            Some(VALUE) if self.in_turns => KeyRank::of(raw, "content", "value"),
            _ => KeyRank::Nothing,
        };
        let is_first = self.index.conversations == 0 && matches!(self.turns, Turns::Missing);
        self.names_list = depth == 1 && is_first && (is_key(raw, "data") || is_key(raw, "rows"));
    }
}

impl Tracker {
    /// How many containers of a conversation's own are around a value; none outside of one.
    fn within(&self, depth: usize) -> Option<usize> {
        depth.checked_sub(self.layout.depth()?)
    }

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
            Turns::Missing if self.layout == Layout::Lines && self.index.conversations == 0 => {
                return Err(DatasetError::NoConversations);
            }
            Turns::Missing => return Err(self.fault("has no \"conversations\" or \"messages\"")),
            // Python finds such a thing shorter than two and passes over it.
            Turns::Other { kind: Kind::Object | Kind::String, parts: 0 | 1, .. } | Turns::List { len: 0 | 1, .. } => {}
            Turns::Other { .. } => return Err(self.fault("has \"conversations\" or \"messages\" that are not a list")),
            Turns::List { first_two: [Turn::Value(start, end), Turn::Value(next, last)], .. } => {
                let entry = self.entry((start, end), (next, last));
                self.index.entries.push(entry.ok_or_else(|| self.fault("has a text of over 4 GiB"))?);
            }
            Turns::List { first_two: [Turn::Value(..), Turn::WithoutValue], .. } => {
                return Err(self.fault("has no \"value\" or \"content\" in its second turn"));
            }
            Turns::List { first_two: [Turn::WithoutValue, _], .. } => {
                return Err(self.fault("has no \"value\" or \"content\" in its first turn"));
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
