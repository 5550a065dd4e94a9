//! Server-sent events from bytes, as they come off the network: fed in any pieces, it gives the same events.
//! The format is WHATWG's (HTML, "Server-sent events"); what is given out when is ours, for the sake of honest times.
//!
//! An event is offered as soon as its data may be whole, before its line end or its blank line has arrived: a server
//! or a proxy may send those in a later packet, and the token was there without them. The taker parses what it is
//! offered (it must anyway) and says whether it was whole; what it took is not offered again. So servers that end
//! events with one newline in place of two are read as well.

/// The longest event that is read, in bytes; a longer one is an error, so that memory stays bounded.
pub const LIMIT_BYTES: usize = 32 << 20;

/// Above this size, in bytes, an event is offered at its line end only: each offer costs a parse.
const EARLY_LIMIT_BYTES: usize = 64 << 10;

/// Data that is offered to the taker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer<'a> {
    /// The event's data: its `data:` lines without white space at their ends, joined with newlines.
    pub data: &'a [u8],
    /// Its name (`event:`), empty when it has none.
    pub name: &'a [u8],
    /// What is known of its end.
    pub end: End,
}

/// What is known of an offered event's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing yet: it may go on. The taker may leave it.
    Open,
    /// Its blank line was seen: it is whole, or it is wrong.
    Whole,
    /// The stream ended in it.
    Cut,
}

/// What the taker did with an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was whole.
    Taken,
    /// It is not whole yet; offer it again when there is more.
    Left,
}

/// The stream holds an event longer than [`LIMIT_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The stream holds an event of more than {} MB, and no more of it was read", LIMIT_BYTES >> 20)]
pub struct TooLong;

/// The reader's state between reads.
#[derive(Debug, Default)]
pub struct SseReader {
    /// The line that has begun and not ended.
    line: Vec<u8>,
    /// How much of `line` was taken already.
    line_taken: usize,
    /// Data lines of the event that were not taken yet.
    data: Vec<u8>,
    /// Whether `data` holds a line, be it an empty one.
    has_data: bool,
    /// The event's name.
    name: Vec<u8>,
    /// The last byte was a carriage return: a newline after it belongs to it.
    after_cr: bool,
    /// The first line was begun, so no byte order mark can follow.
    begun: bool,
    /// The first line that is not of the format, shortened.
    stray: Option<Vec<u8>>,
}

impl SseReader {
    /// A reader at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads on, and offers every event that may be whole.
    ///
    /// # Errors
    /// [`TooLong`], and what the taker returns; either ends the reading.
    pub fn feed<E: From<TooLong>>(
        &mut self,
        bytes: &[u8],
        take: &mut impl FnMut(Offer<'_>) -> Result<Verdict, E>,
    ) -> Result<(), E> {
        let mut rest = bytes;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = memchr::memchr2(b'\n', b'\r', rest) {
            self.end_line(&rest[..end], take)?;
            let ended_by_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if ended_by_cr {
                self.after_cr = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
        }
        self.keep(rest)?;
        self.offer_begun_line(take)
    }

    /// Ends the stream, and offers what the last event holds if nothing ended it.
    ///
    /// # Errors
    /// What the taker returns.
    pub fn finish<E: From<TooLong>>(
        &mut self,
        take: &mut impl FnMut(Offer<'_>) -> Result<Verdict, E>,
    ) -> Result<(), E> {
        if !self.line.is_empty() {
            self.end_line(&[], take)?;
        }
        self.end_event(End::Cut, take)
    }

    /// The first line that is not of the format, shortened: what a page that is no event stream begins with.
    pub fn stray(&self) -> Option<&[u8]> {
        self.stray.as_deref()
    }

    /// Keeps the start of a line until the rest of it comes.
    fn keep(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.line.len() + bytes.len() > LIMIT_BYTES {
            return Err(TooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    /// Offers the data of a line that has not ended, if it looks whole.
    fn offer_begun_line<E>(&mut self, take: &mut impl FnMut(Offer<'_>) -> Result<Verdict, E>) -> Result<(), E> {
        if self.has_data || self.line_taken > 0 || self.line.len() > EARLY_LIMIT_BYTES {
            return Ok(());
        }
        let line = if self.begun { &self.line[..] } else { without_mark(&self.line) };
        let Field::Data(data) = field(line) else { return Ok(()) };
        if looks_whole(data) && take(Offer { data, name: &self.name, end: End::Open })? == Verdict::Taken {
            self.line_taken = self.line.len();
        }
        Ok(())
    }

    /// A line has ended: what was kept of it, and `tail`.
    fn end_line<E: From<TooLong>>(
        &mut self,
        tail: &[u8],
        take: &mut impl FnMut(Offer<'_>) -> Result<Verdict, E>,
    ) -> Result<(), E> {
        if self.line.is_empty() {
            return self.read_line(tail, take);
        }
        self.keep(tail)?;
        let mut line = std::mem::take(&mut self.line);
        let taken = std::mem::take(&mut self.line_taken);
        // What was taken of a line is not read again; what followed it is data of its own.
        let read = match line[taken..].trim_ascii() {
            _ if taken == 0 => self.read_line(&line, take),
            [] => Ok(()),
            more => self.add_data(more, take),
        };
        line.clear();
        self.line = line;
        self.begun = true;
        read
    }

    /// Reads a whole line.
    fn read_line<E: From<TooLong>>(
        &mut self,
        line: &[u8],
        take: &mut impl FnMut(Offer<'_>) -> Result<Verdict, E>,
    ) -> Result<(), E> {
        let line = if self.begun { line } else { without_mark(line) };
        self.begun = true;
        match field(line) {
            Field::Data(data) => return self.add_data(data.trim_ascii_end(), take),
            // llama.cpp has sent its errors as a field of their own name.
            Field::Error(data) => {
                self.set_name(b"error");
                return self.add_data(data.trim_ascii_end(), take);
            }
            Field::Blank => return self.end_event(End::Whole, take),
            Field::Name(name) => self.set_name(name),
            Field::Other => {}
            Field::Stray => {
                self.stray.get_or_insert_with(|| line[..line.len().min(200)].to_vec());
            }
        }
        Ok(())
    }

    /// A data line: offered at once when it may be whole, else kept.
    fn add_data<E: From<TooLong>>(
        &mut self,
        data: &[u8],
        take: &mut impl FnMut(Offer<'_>) -> Result<Verdict, E>,
    ) -> Result<(), E> {
        if self.data.len() + data.len() >= LIMIT_BYTES {
            return Err(TooLong.into());
        }
        // One line is the rule, and is offered without a copy.
        if !self.has_data && looks_whole(data) && take(self.open(data))? == Verdict::Taken {
            return Ok(());
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        let first = !self.has_data;
        self.has_data = true;
        self.data.extend_from_slice(data);
        let early = !first && self.data.len() <= EARLY_LIMIT_BYTES && looks_whole(data);
        if early && take(self.open(&self.data))? == Verdict::Taken {
            self.data.clear();
            self.has_data = false;
        }
        Ok(())
    }

    fn open<'a>(&'a self, data: &'a [u8]) -> Offer<'a> {
        Offer { data, name: &self.name, end: End::Open }
    }

    /// The event has ended: what was not taken yet is offered for the last time.
    fn end_event<E>(&mut self, end: End, take: &mut impl FnMut(Offer<'_>) -> Result<Verdict, E>) -> Result<(), E> {
        if self.has_data && !self.data.iter().all(u8::is_ascii_whitespace) {
            take(Offer { data: &self.data, name: &self.name, end })?;
        }
        self.data.clear();
        self.has_data = false;
        self.name.clear();
        Ok(())
    }

    fn set_name(&mut self, name: &[u8]) {
        self.name.clear();
        self.name.extend_from_slice(name);
    }
}

/// A line's meaning.
enum Field<'a> {
    Data(&'a [u8]),
    Error(&'a [u8]),
    Name(&'a [u8]),
    /// The line that ends an event.
    Blank,
    /// A comment, or a field that is of no use here.
    Other,
    /// Not of the format.
    Stray,
}

fn field(line: &[u8]) -> Field<'_> {
    let value = |from: usize| line[from..].strip_prefix(b" ").unwrap_or(&line[from..]);
    match line {
        [b'd', b'a', b't', b'a', b':', ..] => Field::Data(value(5)),
        [] => Field::Blank,
        [b':', ..] | b"data" => Field::Other,
        [b'e', b'v', b'e', b'n', b't', b':', ..] => Field::Name(value(6)),
        [b'e', b'r', b'r', b'o', b'r', b':', ..] => Field::Error(value(6)),
        [b'i', b'd', b':', ..] | [b'r', b'e', b't', b'r', b'y', b':', ..] | b"id" | b"retry" | b"event" => Field::Other,
        _ => Field::Stray,
    }
}

/// Whether data may be whole, judged by its last character alone: the end of a JSON object or of `[DONE]`.
fn looks_whole(data: &[u8]) -> bool {
    matches!(data.trim_ascii_end().last(), Some(b'}' | b']'))
}

fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
}
