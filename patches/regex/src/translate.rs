//! Patterns in the notation of the `regex` and `fancy-regex` crates, as ECMAScript has it with its flag `v`.
//!
//! Every character, class and assertion is written so that it means the same: `\s` is Unicode's White_Space in the one
//! and has U+FEFF and not U+0085 in the other, `.` ends at other characters, case is of a part of a pattern or of all.
//! What is left: of a repetition of what may match nothing, as `(|a)+`, ECMAScript takes no round that matched nothing.

use crate::Error;
use crate::case;
use crate::class::{WORD, property};

/// How deep groups and classes may stand in one another.
const MOST_DEPTH: usize = 64;

/// Translates a pattern; `find` looks in a text for a class of ECMAScript's, and gives the characters that are in it, or
/// none if the engine does not know the class.
///
/// # Errors
/// When it is no pattern, or has what ECMAScript has not.
pub(crate) fn translate(pattern: &str, find: Find<'_>) -> Result<String, Error> {
    if let Some(translated) = run_at_the_end(pattern, find) {
        return Ok(translated);
    }
    let mut translator = Translator::new(pattern, find);
    let translated = translator.alternatives().and_then(|translated| match translator.peek() {
        None => Ok(translated),
        Some(_) => Err(Refused("this closes no group")),
    });
    let at = translator.at;
    translated.map_err(|Refused(reason)| Error::Pattern { pattern: pattern.to_owned(), at, reason: reason.to_owned() })
}

/// What [`translate`] asks the engine.
pub(crate) type Find<'p> = &'p dyn Fn(&str, &str) -> Option<String>;

/// A pattern that is but a class, repeated up to the text's end, as `\s+$`. An engine that goes back begins it at each
/// character of each run in the text, in vain but for the last; it need not but at a run's first.
fn run_at_the_end(pattern: &str, find: Find<'_>) -> Option<String> {
    let (run, or_nothing) = match pattern.strip_suffix("+$") {
        Some(run) => (run, false),
        None => (pattern.strip_suffix("*$")?, true),
    };
    let mut translator = Translator::new(run, find);
    let is_a_class = run.starts_with('[') || run.starts_with('\\');
    let class = is_a_class.then(|| translator.atom().ok()).flatten()?.text;
    let whole = translator.peek().is_none() && (class.starts_with('[') || class.starts_with(r"\p"));
    let first = format!("(?<!{class}){class}+");
    whole.then(|| if or_nothing { format!("(?:{first})?$") } else { format!("{first}$") })
}

/// Why a pattern was refused, at the place that the translator has come to.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) &'static str);

/// What `(?flags)` sets.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
    swap_greed: bool,
    ignore_space: bool,
}

pub(crate) struct Translator<'p> {
    pattern: Vec<char>,
    at: usize,
    flags: Flags,
    depth: usize,
    in_lookbehind: bool,
    atomic_groups: usize,
    pub(crate) find: Find<'p>,
}

/// A part of a translated pattern.
struct Atom {
    text: String,
    /// Whether it may be repeated.
    repeats: bool,
}

/// What is behind a backslash.
pub(crate) enum Escape {
    Char(char),
    /// Characters, as they may stand in a class and without one.
    Set(String),
    /// What matches no characters.
    Place(String),
}

impl<'p> Translator<'p> {
    fn new(pattern: &str, find: Find<'p>) -> Self {
        let pattern = pattern.chars().collect();
        Self { pattern, at: 0, flags: Flags::default(), depth: 0, in_lookbehind: false, atomic_groups: 0, find }
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.pattern.get(self.at).copied()
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    /// Goes past a text if it is next.
    pub(crate) fn eat(&mut self, text: &str) -> bool {
        let is_next = self.is_next(text);
        if is_next {
            self.at += text.chars().count();
        }
        is_next
    }

    pub(crate) fn is_next(&self, text: &str) -> bool {
        text.chars().eq(self.pattern[self.at..].iter().copied().take(text.chars().count()))
    }

    /// What is up to a character, which is gone past.
    pub(crate) fn until(&mut self, end: char) -> Result<String, Refused> {
        let found = self.pattern[self.at..].iter().position(|&c| c == end).ok_or(Refused("this does not end"))?;
        let text = self.pattern[self.at..self.at + found].iter().collect();
        self.at += found + 1;
        Ok(text)
    }

    pub(crate) fn ignores_case(&self) -> bool {
        self.flags.ignore_case
    }

    /// Does something one level deeper.
    pub(crate) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Refused>) -> Result<T, Refused> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(Refused("groups or classes stand too deep in one another"));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Up to the end of a group or of the pattern.
    fn alternatives(&mut self) -> Result<String, Refused> {
        let mut text = String::new();
        loop {
            self.skip_comments()?;
            match self.peek() {
                None | Some(')') => return Ok(text),
                Some('|') => {
                    self.at += 1;
                    text.push('|');
                }
                Some(_) => text.push_str(&self.piece()?),
            }
        }
    }

    /// Comments, and the space that is none under `(?x)`.
    fn skip_comments(&mut self) -> Result<(), Refused> {
        loop {
            if self.eat("(?#") {
                while !self.eat(")") {
                    self.eat("\\");
                    self.next().ok_or(Refused("a comment does not end"))?;
                }
            } else if self.flags.ignore_space && self.eat("#") {
                while self.next().is_some_and(|c| c != '\n') {}
            } else if self.flags.ignore_space && self.peek().is_some_and(char::is_whitespace) {
                self.at += 1;
            } else {
                return Ok(());
            }
        }
    }

    /// An atom, and how often.
    fn piece(&mut self) -> Result<String, Refused> {
        let atom = self.atom()?;
        self.skip_comments()?;
        let Some(times) = self.times() else { return Ok(atom.text) };
        if !atom.repeats {
            return Err(Refused("this cannot be repeated"));
        }
        self.skip_comments()?;
        let lazy = self.eat("?") ^ self.flags.swap_greed;
        let repeated = atom.text + &times + if lazy { "?" } else { "" };
        self.skip_comments()?;
        if self.eat("+") { self.atomic(&repeated) } else { Ok(repeated) }
    }

    /// `*`, `+`, `?` or `{n,m}`; what is none in braces stands for itself.
    fn times(&mut self) -> Option<String> {
        if let Some(sign @ ('*' | '+' | '?')) = self.peek() {
            self.at += 1;
            return Some(sign.to_string());
        }
        let start = self.at;
        let range = self.eat("{").then(|| self.times_between()).flatten();
        if range.is_none() {
            self.at = start;
        }
        range
    }

    /// `n}`, `n,}`, `,m}` or `n,m}`, as ECMAScript has it.
    fn times_between(&mut self) -> Option<String> {
        let least = self.digits();
        let exact = !self.eat(",");
        let most = if exact { String::new() } else { self.digits() };
        if !self.eat("}") || exact && least.is_empty() {
            return None;
        }
        let least = if least.is_empty() { "0" } else { &least };
        Some(if exact { format!("{{{least}}}") } else { format!("{{{least},{most}}}") })
    }

    fn digits(&mut self) -> String {
        let digits: String = self.pattern[self.at..].iter().take_while(|c| c.is_ascii_digit()).collect();
        self.at += digits.len();
        digits
    }

    /// Without going back into it once it has matched: by what a lookahead found, taken as it is.
    fn atomic(&mut self, text: &str) -> Result<String, Refused> {
        if self.in_lookbehind {
            return Err(Refused("an atomic group or possessive repetition cannot stand in a lookbehind here"));
        }
        self.atomic_groups += 1;
        let name = self.atomic_groups;
        Ok(format!(r"(?:(?=(?<a{name}>{text}))\k<a{name}>)"))
    }

    fn atom(&mut self) -> Result<Atom, Refused> {
        let atom = |text: String| Ok(Atom { text, repeats: true });
        let Flags { multi_line, dot_all, .. } = self.flags;
        match self.next().ok_or(Refused("something is missing here"))? {
            '.' => atom(if dot_all { "[^]" } else { r"[^\n]" }.to_owned()),
            '^' => atom(if multi_line { r"(?:(?<![^\n]))" } else { "(?:^)" }.to_owned()),
            '$' => atom(if multi_line { r"(?:(?![^\n]))" } else { "(?:$)" }.to_owned()),
            '[' => self.class().and_then(atom),
            '(' => self.group(),
            '\\' => match self.escape()? {
                Escape::Char(c) => atom(self.literal(c)),
                Escape::Set(text) | Escape::Place(text) => atom(text),
            },
            '*' | '+' | '?' => Err(Refused("there is nothing to repeat")),
            c => atom(self.literal(c)),
        }
    }

    fn literal(&self, c: char) -> String {
        match if self.flags.ignore_case { case::variants(c) } else { vec![c] }.as_slice() {
            [one] => write(*one),
            several => format!("[{}]", several.iter().map(|&c| write(c)).collect::<String>()),
        }
    }

    /// What is behind `(`.
    fn group(&mut self) -> Result<Atom, Refused> {
        const LOOKAROUNDS: [(&str, bool); 4] = [("?=", false), ("?!", false), ("?<=", true), ("?<!", true)];
        if let Some((sign, behind)) = LOOKAROUNDS.into_iter().find(|(sign, _)| self.eat(sign)) {
            let outside = self.in_lookbehind;
            self.in_lookbehind |= behind;
            let inner = self.inner()?;
            self.in_lookbehind = outside;
            return Ok(Atom { text: format!("({sign}{inner})"), repeats: false });
        }
        if self.eat("?>") {
            let inner = self.inner()?;
            return Ok(Atom { text: self.atomic(&inner)?, repeats: true });
        }
        // What a group matched is asked by nobody here, so that none keeps it.
        if self.eat("?P<") || self.eat("?<") {
            self.until('>')?;
        } else if self.eat("?'") {
            self.until('\'')?;
        } else if self.eat("?") {
            return self.flags();
        }
        Ok(Atom { text: format!("(?:{})", self.inner()?), repeats: true })
    }

    /// Up to and past the end of a group, after which flags are as they were.
    fn inner(&mut self) -> Result<String, Refused> {
        let flags = self.flags;
        let inner = self.deeper(Self::alternatives)?;
        self.flags = flags;
        if self.eat(")") { Ok(inner) } else { Err(Refused("a group does not end")) }
    }

    /// `(?flags)`, for the rest of the group, or `(?flags:...)`.
    fn flags(&mut self) -> Result<Atom, Refused> {
        let outside = self.flags;
        let mut on = true;
        loop {
            let Flags { ignore_case, multi_line, dot_all, swap_greed, ignore_space } = &mut self.flags;
            let c = self.pattern.get(self.at).ok_or(Refused("a group does not end"))?;
            match c {
                'i' => *ignore_case = on,
                'm' => *multi_line = on,
                's' => *dot_all = on,
                'U' => *swap_greed = on,
                'x' => *ignore_space = on,
                'u' if on => {}
                '-' if on => on = false,
                ')' => {
                    self.at += 1;
                    return Ok(Atom { text: String::new(), repeats: false });
                }
                ':' => {
                    self.at += 1;
                    let text = format!("(?:{})", self.inner()?);
                    self.flags = outside;
                    return Ok(Atom { text, repeats: true });
                }
                _ => return Err(Refused("groups of this kind are not known here")),
            }
            self.at += 1;
        }
    }

    /// What is behind a backslash, in a class or without one.
    pub(crate) fn escape(&mut self) -> Result<Escape, Refused> {
        let set = |text: &str| Ok(Escape::Set(text.to_owned()));
        let c = self.next().ok_or(Refused("a backslash stands before nothing"))?;
        Ok(match c {
            'd' => return set(r"\p{Nd}"),
            'D' => return set(r"\P{Nd}"),
            's' => return set(r"\p{White_Space}"),
            'S' => return set(r"\P{White_Space}"),
            'w' => return set(WORD),
            'W' => return set(&format!("[^{WORD}]")),
            'h' => return set("[0-9A-Fa-f]"),
            'H' => return set("[^0-9A-Fa-f]"),
            'O' => return set("[^]"),
            'p' | 'P' => {
                let (set, negated) = property(&self.property_name()?, self.find)?;
                let set = if self.ignores_case() { self.in_any_case(&set) } else { set };
                Escape::Set(if negated ^ (c == 'P') { format!("[^{set}]") } else { set })
            }
            'A' => Escape::Place("(?:^)".to_owned()),
            'z' => Escape::Place("(?:$)".to_owned()),
            'Z' => Escape::Place(r"(?:(?=\n*$))".to_owned()),
            'b' => Escape::Place(self.boundary()),
            'B' => Escape::Place(format!("(?:{}|{})", edge("<!", "!"), edge("<=", "="))),
            '<' => Escape::Place(word_start()),
            '>' => Escape::Place(word_end()),
            'x' => Escape::Char(self.hexadecimal(2)?),
            'u' => Escape::Char(self.hexadecimal(4)?),
            'U' => Escape::Char(self.hexadecimal(8)?),
            'a' => Escape::Char('\u{7}'),
            'e' => Escape::Char('\u{1b}'),
            'f' => Escape::Char('\u{c}'),
            'n' => Escape::Char('\n'),
            'r' => Escape::Char('\r'),
            't' => Escape::Char('\t'),
            'v' => Escape::Char('\u{b}'),
            c if c.is_ascii_alphanumeric() => return Err(Refused("such an escape is not known here")),
            c => Escape::Char(c),
        })
    }

    /// Of what is behind `\p`: a letter, or a name in braces.
    fn property_name(&mut self) -> Result<String, Refused> {
        match self.next() {
            Some('{') => self.until('}'),
            Some(letter) => Ok(letter.to_string()),
            None => Err(Refused("a property's name is missing")),
        }
    }

    /// What is behind `\b`.
    fn boundary(&mut self) -> String {
        if self.eat("{start}") {
            word_start()
        } else if self.eat("{end}") {
            word_end()
        } else if self.eat("{start-half}") {
            format!("(?:(?<!{WORD}))")
        } else if self.eat("{end-half}") {
            format!("(?:(?!{WORD}))")
        } else {
            format!("(?:{}|{})", word_start(), word_end())
        }
    }

    /// A number of so many digits, or one in braces.
    fn hexadecimal(&mut self, digits: usize) -> Result<char, Refused> {
        let in_braces = self.eat("{");
        let text = if in_braces {
            self.until('}')?
        } else {
            let end = self.pattern.len().min(self.at + digits);
            let text = self.pattern[self.at..end].iter().collect();
            self.at = end;
            text
        };
        let is_number = (in_braces || text.len() == digits) && text.chars().all(|c| c.is_ascii_hexdigit());
        let number = if is_number { u32::from_str_radix(&text, 16).ok() } else { None };
        number.and_then(char::from_u32).ok_or(Refused("this is the number of no character"))
    }
}

/// A character that stands for itself, in a class or without one.
pub(crate) fn write(c: char) -> String {
    if c.is_ascii_alphanumeric() { c.to_string() } else { format!(r"\u{{{:x}}}", u32::from(c)) }
}

/// Where a word begins.
fn word_start() -> String {
    edge("<!", "=")
}

/// Where a word ends.
fn word_end() -> String {
    edge("<=", "!")
}

/// A place with a word's character before it and after it, or none, by the signs of ECMAScript's lookarounds.
fn edge(before: &str, after: &str) -> String {
    format!("(?:(?{before}{WORD})(?{after}{WORD}))")
}
