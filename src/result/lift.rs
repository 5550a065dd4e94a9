//! What makes a file of ours long is lifted out of it before the rest is read as a document: the events of the raw
//! records, which are columns of numbers and are read straight into events here, and the inter-token latencies, which
//! are computed anew from those. Nothing is lifted from a text that differs from what we write; it is then read whole,
//! which takes longer and says where it is at fault.

use crate::record::{Event, EventKind};
use crate::result::wire::kind_of;

/// The columns of events, in the order in which they are written.
const COLUMNS: [&str; 5] = ["at_ms", "read", "kind", "chars", "tokens_so_far"];
/// The same without events.
const NO_EVENTS: &str = r#"{"at_ms": [], "read": [], "kind": "", "chars": [], "tokens_so_far": null}"#;

/// A text without its records' events.
pub(crate) struct Lifted {
    /// The text, with empty columns in the place of the events, and null in that of the inter-token latencies.
    pub(crate) rest: String,
    /// The events of each record, in the text's order.
    pub(crate) events: Vec<Vec<Event>>,
}

/// Lifts the events out of a document whose records are found by these keys; none if it has no records, or is not of
/// the form that we write.
pub(crate) fn lift(text: &str, keys: &[&str]) -> Option<Lifted> {
    let lifted = Lifted { rest: String::new(), events: Vec::new() };
    let mut scan = Scan { text, at: 0, kept: 0, events: Vec::new(), lifted };
    scan.document(keys)?;
    scan.lifted.rest.push_str(text.get(scan.kept..)?);
    Some(scan.lifted).filter(|lifted| !lifted.events.is_empty())
}

/// A walk through a text. Every step is none where the text is not as expected.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// How far the text was taken over into the rest.
    kept: usize,
    /// The events of the record that is being read.
    events: Vec<Event>,
    lifted: Lifted,
}

impl<'a> Scan<'a> {
    /// An object on the way to the records.
    fn document(&mut self, keys: &[&str]) -> Option<()> {
        let (wanted, later) = keys.split_first()?;
        self.take(b'{')?;
        let mut first = true;
        while self.more(first, b'}')? {
            first = false;
            match self.key()? {
                key if key == *wanted && later.is_empty() => self.records()?,
                key if key == *wanted => self.document(later)?,
                "itls" => self.latencies()?,
                _ => self.skip()?,
            }
        }
        Some(())
    }

    fn records(&mut self) -> Option<()> {
        if self.peek()? == b'n' {
            return self.skip();
        }
        self.column(None, |scan, _| {
            scan.take(b'{')?;
            let mut first = true;
            while scan.more(first, b'}')? {
                first = false;
                match scan.key()? {
                    "events" => scan.record_events()?,
                    _ => scan.skip()?,
                }
            }
            Some(())
        })
    }

    /// Reads the events of a record, and leaves empty columns in their place.
    fn record_events(&mut self) -> Option<()> {
        self.peek()?;
        let start = self.at;
        self.events.clear();
        self.take(b'{')?;
        for (place, column) in COLUMNS.into_iter().enumerate() {
            if !self.more(place == 0, b'}')? || self.key()? != column {
                return None;
            }
            self.event_column(column)?;
        }
        self.take(b'}')?;
        self.lifted.events.push(self.events.clone());
        self.replace(start, NO_EVENTS)
    }

    /// One column of events; that of the times, which comes first, says how many there are.
    fn event_column(&mut self, key: &str) -> Option<()> {
        let rows = self.events.len();
        match key {
            "at_ms" => self.column(None, |scan, _| {
                let at_ms = scan.number()?.parse().ok()?;
                scan.events.push(Event { at_ms, read: 0, kind: EventKind::Empty, chars: 0, tokens_so_far: None });
                Some(())
            }),
            "read" => self.column(Some(rows), |scan, row| {
                let read = scan.whole()?;
                scan.events.get_mut(row)?.read = read;
                Some(())
            }),
            "chars" => self.column(Some(rows), |scan, row| {
                let chars = scan.whole()?;
                scan.events.get_mut(row)?.chars = chars;
                Some(())
            }),
            "kind" => {
                let kinds = self.string()?;
                for (event, letter) in self.events.iter_mut().zip(kinds.chars()) {
                    event.kind = kind_of(letter)?;
                }
                (kinds.len() == rows).then_some(())
            }
            "tokens_so_far" if self.peek()? == b'n' => self.null(),
            "tokens_so_far" => self.column(Some(rows), |scan, row| {
                let tokens = if scan.peek()? == b'n' { scan.null().map(|()| None) } else { scan.whole().map(Some) };
                scan.events.get_mut(row)?.tokens_so_far = tokens?;
                Some(())
            }),
            _ => None,
        }
    }

    /// Passes over lists of numbers, and leaves null in their place.
    fn latencies(&mut self) -> Option<()> {
        self.peek()?;
        let start = self.at;
        self.column(None, |scan, _| match scan.peek()? {
            b'n' => scan.null(),
            _ => scan.column(None, |scan, _| scan.number().map(drop)),
        })?;
        self.replace(start, "null")
    }

    /// What was passed since `start` is something else in the rest.
    fn replace(&mut self, start: usize, with: &str) -> Option<()> {
        self.lifted.rest.push_str(self.text.get(self.kept..start)?);
        self.lifted.rest.push_str(with);
        self.kept = self.at;
        Some(())
    }

    /// An array of as many members as are asked for, each of which is read by its place.
    fn column(&mut self, rows: Option<usize>, mut member: impl FnMut(&mut Self, usize) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        let mut row = 0;
        while self.more(row == 0, b']')? {
            member(self, row)?;
            row += 1;
        }
        rows.is_none_or(|rows| rows == row).then_some(())
    }

    /// The next byte that is no white space. Like the other small steps that are called for every number it is inlined,
    /// though the page is compiled for size: that takes a quarter off the time.
    #[inline(always)]
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    #[inline(always)]
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Whether a container has another member. The comma before it is passed, or the container's end.
    #[inline(always)]
    fn more(&mut self, first: bool, end: u8) -> Option<bool> {
        match self.peek()? {
            byte if byte == end => {
                self.at += 1;
                Some(false)
            }
            b',' if !first => {
                self.at += 1;
                Some(true)
            }
            _ => first.then_some(true),
        }
    }

    fn key(&mut self) -> Option<&'a str> {
        let key = self.string()?;
        self.take(b':')?;
        Some(key)
    }

    /// What stands between two quotes, as it stands there.
    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            match self.text.as_bytes().get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(start..self.at - 1)
    }

    fn null(&mut self) -> Option<()> {
        self.text.get(self.at..)?.starts_with("null").then(|| self.at += 4)
    }

    /// A number as it is spelt, by JSON's rules, that is in the range of a float.
    fn number(&mut self) -> Option<&'a str> {
        self.peek()?;
        let (end, has_exponent) = number_end(self.text.as_bytes(), self.at)?;
        let spelt = self.text.get(self.at..end)?;
        self.at = end;
        // Only an exponent or hundreds of digits lead out of range.
        let is_plain = !has_exponent && spelt.len() < 300;
        (is_plain || spelt.parse().is_ok_and(f64::is_finite)).then_some(spelt)
    }

    /// A whole number. What it may not be followed by, such as a point, is met by whoever reads on.
    fn whole(&mut self) -> Option<u32> {
        self.peek()?;
        let bytes = self.text.as_bytes();
        let (start, end) = (self.at, after_digits(bytes, self.at)?);
        self.at = end;
        let digits = bytes.get(start..end).filter(|digits| digits.len() == 1 || digits[0] != b'0')?;
        digits.iter().try_fold(0_u32, |value, digit| value.checked_mul(10)?.checked_add(u32::from(digit - b'0')))
    }

    /// Passes over a value, which stays in the rest and is looked at there.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => drop(self.string()?),
                b'[' | b'{' => {
                    depth += 1;
                    self.at += 1;
                }
                b']' | b'}' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                _ => self.word(),
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Passes over a number, true, false or null.
    fn word(&mut self) {
        let ends =
            |byte: &u8| matches!(byte, b',' | b':' | b'[' | b']' | b'{' | b'}' | b'"' | b' ' | b'\n' | b'\t' | b'\r');
        while self.text.as_bytes().get(self.at).is_some_and(|byte| !ends(byte)) {
            self.at += 1;
        }
    }
}

/// The place after the number that stands here, by JSON's rules, and whether it has an exponent; none if none does.
fn number_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let is = |at: usize, wanted: u8| bytes.get(at) == Some(&wanted);
    let whole = start + usize::from(is(start, b'-'));
    let mut at = after_digits(bytes, whole)?;
    if is(whole, b'0') && at > whole + 1 {
        return None;
    }
    if is(at, b'.') {
        at = after_digits(bytes, at + 1)?;
    }
    let has_exponent = is(at, b'e') || is(at, b'E');
    if has_exponent {
        at += 1;
        at = after_digits(bytes, at + usize::from(is(at, b'+') || is(at, b'-')))?;
    }
    Some((at, has_exponent))
}

/// The place after the digits that stand here; none if none do.
#[inline(always)]
fn after_digits(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    Some(at).filter(|at| *at > start)
}
