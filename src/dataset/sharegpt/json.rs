//! A push scanner for JSON: fed in pieces of any size, it checks the grammar and tells where values begin and end, and
//! holds nothing but the nesting and the key under way.
//!
//! The grammar is that of Python's `json`: `NaN`, `Infinity` and `-Infinity` are numbers, half a surrogate pair is a
//! character, raw control characters in strings are errors.

use crate::dataset::sharegpt::runs::plain_len;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    String,
    Number,
    /// true, false or null.
    Word,
}

/// Whom the scanner tells. `depth` is the number of containers around the value.
pub(super) trait Sink {
    type Error;
    /// A value begins at offset `at`.
    fn begin(&mut self, depth: usize, kind: Kind, at: u64) -> Result<(), Self::Error>;
    /// The value that began last at this depth ends before offset `at`.
    fn end(&mut self, depth: usize, at: u64) -> Result<(), Self::Error>;
    /// The key of the next value at this depth, raw between its quotes; cut off when longer than any that matters.
    fn key(&mut self, depth: usize, raw: &[u8]);
}

/// A fault in the grammar: what is wrong, in words. It lies at [`Scanner::at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault(pub(super) &'static str);

/// Deeper nesting than this is refused, as Python's recursion limit does.
const MAX_DEPTH: usize = 990;
/// Keys are kept up to this many raw bytes: "conversations" with every letter escaped takes 78.
const MAX_KEY: usize = 100;

/// The scanner: where it is in the file and in the grammar.
pub(super) struct Scanner {
    at: u64,
    state: State,
    /// The containers around this place; true for an object.
    stack: Vec<bool>,
    key: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A value must come.
    Value,
    /// The first value of an array, or its end.
    ValueOrEnd,
    /// The first key of an object, or its end.
    KeyOrEnd,
    /// A key must come.
    Key,
    /// The colon after a key.
    Colon,
    /// A comma, or the end of the container.
    CommaOrEnd,
    /// The whole value was read.
    Done,
    /// In a string, which is a key or a value.
    Text { is_key: bool },
    /// After a backslash.
    Escape { is_key: bool },
    /// In the four digits of `\u`.
    Hex { is_key: bool, left: u8 },
    /// In a number.
    Number(Digits),
    /// In a word: the bytes still to come.
    Word(&'static [u8]),
}

/// How far a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    Minus,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    PowerSign,
    Power,
}

impl Scanner {
    pub(super) fn new() -> Self {
        Self { at: 0, state: State::Value, stack: Vec::new(), key: Vec::new() }
    }

    /// The offset of the next byte, or of the byte at fault.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Whether a whole value was read and none is under way.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether nothing but white space was read.
    pub(super) fn is_untouched(&self) -> bool {
        self.state == State::Value && self.stack.is_empty()
    }

    /// Reads on.
    pub(super) fn feed<S: Sink>(&mut self, bytes: &[u8], sink: &mut S) -> Result<(), Stop<S::Error>> {
        let mut rest = bytes;
        while let Some(&byte) = rest.first() {
            let used = match self.state {
                State::Text { is_key } => self.text(rest, is_key, sink)?,
                State::Escape { is_key } => self.escape(byte, is_key)?,
                State::Hex { is_key, left } => self.hex(byte, is_key, left)?,
                State::Number(digits) => self.number(byte, digits, sink)?,
                State::Word(left) => self.word(byte, left, sink)?,
                _ => match rest.iter().position(|b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t')) {
                    Some(0) => self.structure(byte, sink)?,
                    blanks => blanks.unwrap_or(rest.len()),
                },
            };
            self.at += used as u64;
            rest = &rest[used..];
        }
        Ok(())
    }

    /// A byte between values.
    fn structure<S: Sink>(&mut self, byte: u8, sink: &mut S) -> Result<usize, Stop<S::Error>> {
        match (self.state, byte) {
            (State::ValueOrEnd, b']') | (State::KeyOrEnd, b'}') => return self.close(sink),
            (State::Value | State::ValueOrEnd, _) => return self.begin(byte, sink),
            (State::Key | State::KeyOrEnd, b'"') => {
                self.key.clear();
                self.state = State::Text { is_key: true };
            }
            (State::Colon, b':') => self.state = State::Value,
            (State::CommaOrEnd, b',') => {
                self.state = if self.in_object() { State::Key } else { State::Value };
            }
            (State::CommaOrEnd, b'}') if self.in_object() => return self.close(sink),
            (State::CommaOrEnd, b']') if !self.in_object() => return self.close(sink),
            (state, _) => return Err(Fault(self.expected(state)).into()),
        }
        Ok(1)
    }

    fn expected(&self, state: State) -> &'static str {
        match state {
            State::Colon => "a colon is missing after a key",
            State::CommaOrEnd if self.in_object() => "a comma or the object's end is missing",
            State::CommaOrEnd => "a comma or the list's end is missing",
            State::Done => "there is more text after its end",
            _ => "a key in double quotes is missing",
        }
    }

    /// The first byte of a value.
    fn begin<S: Sink>(&mut self, byte: u8, sink: &mut S) -> Result<usize, Stop<S::Error>> {
        let (kind, state) = match byte {
            b'{' => (Kind::Object, State::KeyOrEnd),
            b'[' => (Kind::Array, State::ValueOrEnd),
            b'"' => (Kind::String, State::Text { is_key: false }),
            b'-' => (Kind::Number, State::Number(Digits::Minus)),
            b'0' => (Kind::Number, State::Number(Digits::Zero)),
            b'1'..=b'9' => (Kind::Number, State::Number(Digits::Whole)),
            b'N' => (Kind::Number, State::Word(b"aN")),
            b'I' => (Kind::Number, State::Word(b"nfinity")),
            b't' => (Kind::Word, State::Word(b"rue")),
            b'f' => (Kind::Word, State::Word(b"alse")),
            b'n' => (Kind::Word, State::Word(b"ull")),
            _ => return Err(Fault("a value is missing").into()),
        };
        sink.begin(self.stack.len(), kind, self.at).map_err(Stop::Sink)?;
        self.state = state;
        if matches!(kind, Kind::Object | Kind::Array) {
            if self.stack.len() >= MAX_DEPTH {
                return Err(Fault("it is nested too deep").into());
            }
            self.stack.push(kind == Kind::Object);
        }
        Ok(1)
    }

    /// The last byte of a container.
    fn close<S: Sink>(&mut self, sink: &mut S) -> Result<usize, Stop<S::Error>> {
        self.stack.pop();
        self.end(self.at + 1, sink)?;
        Ok(1)
    }

    fn end<S: Sink>(&mut self, at: u64, sink: &mut S) -> Result<(), Stop<S::Error>> {
        self.state = if self.stack.is_empty() { State::Done } else { State::CommaOrEnd };
        sink.end(self.stack.len(), at).map_err(Stop::Sink)
    }

    /// The rest of a string, up to its end or to an escape that is cut off or wrong.
    fn text<S: Sink>(&mut self, bytes: &[u8], is_key: bool, sink: &mut S) -> Result<usize, Stop<S::Error>> {
        let mut len = 0;
        loop {
            len += plain_len(&bytes[len..]);
            match whole_escape_len(&bytes[len..]) {
                0 => break,
                escape => len += escape,
            }
        }
        self.keep(is_key, &bytes[..len]);
        match bytes.get(len) {
            None => return Ok(len),
            Some(b'\\') => {
                self.keep(is_key, b"\\");
                self.state = State::Escape { is_key };
            }
            Some(b'"') if is_key => {
                sink.key(self.stack.len(), &self.key);
                self.state = State::Colon;
            }
            Some(b'"') => self.end(self.at + len as u64 + 1, sink)?,
            Some(_) => {
                self.at += len as u64;
                return Err(Fault("a string holds a raw control character").into());
            }
        }
        Ok(len + 1)
    }

    fn escape(&mut self, byte: u8, is_key: bool) -> Result<usize, Fault> {
        self.state = match byte {
            b'u' => State::Hex { is_key, left: 4 },
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => State::Text { is_key },
            _ => return Err(Fault("a backslash is followed by no known escape")),
        };
        self.keep(is_key, &[byte]);
        Ok(1)
    }

    fn hex(&mut self, byte: u8, is_key: bool, left: u8) -> Result<usize, Fault> {
        if !byte.is_ascii_hexdigit() {
            return Err(Fault("\\u is not followed by four hexadecimal digits"));
        }
        self.keep(is_key, &[byte]);
        self.state = if left > 1 { State::Hex { is_key, left: left - 1 } } else { State::Text { is_key } };
        Ok(1)
    }

    fn number<S: Sink>(&mut self, byte: u8, digits: Digits, sink: &mut S) -> Result<usize, Stop<S::Error>> {
        use Digits::{Exponent, Fraction, Minus, Point, Power, PowerSign, Whole, Zero};
        self.state = match (digits, byte) {
            (Minus, b'I') => State::Word(b"nfinity"),
            (Minus, b'0') => State::Number(Zero),
            (Minus, b'1'..=b'9') | (Whole, b'0'..=b'9') => State::Number(Whole),
            (Zero | Whole, b'.') => State::Number(Point),
            (Point | Fraction, b'0'..=b'9') => State::Number(Fraction),
            (Zero | Whole | Fraction, b'e' | b'E') => State::Number(Exponent),
            (Exponent, b'+' | b'-') => State::Number(PowerSign),
            (Exponent | PowerSign | Power, b'0'..=b'9') => State::Number(Power),
            (Zero | Whole | Fraction | Power, _) => {
                // This byte is no part of the number: it is looked at again in the state that follows.
                self.end(self.at, sink)?;
                return Ok(0);
            }
            _ => return Err(Fault("a number is not whole").into()),
        };
        Ok(1)
    }

    fn word<S: Sink>(&mut self, byte: u8, left: &'static [u8], sink: &mut S) -> Result<usize, Stop<S::Error>> {
        match left {
            [next, rest @ ..] if *next == byte => {
                self.state = State::Word(rest);
                if rest.is_empty() {
                    self.end(self.at + 1, sink)?;
                }
                Ok(1)
            }
            _ => Err(Fault("a value is missing").into()),
        }
    }

    fn in_object(&self) -> bool {
        self.stack.last() == Some(&true)
    }

    fn keep(&mut self, is_key: bool, bytes: &[u8]) {
        if is_key {
            let room = (MAX_KEY + 1).saturating_sub(self.key.len());
            self.key.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
}

/// Why scanning stopped: the grammar was broken, or the sink wished so.
pub(super) enum Stop<E> {
    Fault(Fault),
    Sink(E),
}

impl<E> From<Fault> for Stop<E> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The length of the escape at the front, if one is there, whole and right; else 0.
fn whole_escape_len(bytes: &[u8]) -> usize {
    match bytes {
        [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
        [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => 6,
        _ => 0,
    }
}
