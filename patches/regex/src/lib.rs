//! Stands in for the `regex` crate as far as tokenizers and leptos_config use it, by way of Cargo's `[patch]`.
//!
//! Every browser has an engine for regular expressions, with Unicode's tables. The crate's own engine with a second copy
//! of the tables made up two fifths of the load worker, which everyone has to download before a first run. So a pattern
//! is translated into the notation of ECMAScript ([`translate`]) and given to the browser. Where there is no browser, in
//! native tests, an engine of the same standard takes its place, so that these cover the translation too.
//!
//! `tests/regex.rs` of the package holds the matches of both engines, for the patterns of well-known tokenizers and for
//! made-up ones, against those of the `fancy-regex` crate.

use std::cell::Cell;
use std::fmt;

mod case;
mod class;
mod engine;
mod translate;

use engine::{Engine, Haystack};

/// What is wrong with a pattern, or with looking for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is not a pattern, or has what ECMAScript has not.
    #[error("the regular expression {pattern:?} cannot be used here, at character {at}: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// The character that it is about, from 0.
        at: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The engine refused.
    #[error("the regular expression {pattern:?} is refused by the browser: {reason}")]
    Engine {
        /// The pattern.
        pattern: String,
        /// The engine's words.
        reason: String,
    },
}

/// A pattern that was read.
#[derive(Clone)]
pub struct Regex {
    pattern: String,
    engine: Engine,
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Regex").field(&self.pattern).finish()
    }
}

impl Regex {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is not one, or has what is not translated: references back to groups, conditions, `\K`, `\G`, and
    /// atomic groups in lookbehinds.
    pub fn new(pattern: &str) -> Result<Self, Error> {
        let translated = translate::translate(pattern, &|class, text| members(class, text))?;
        let engine =
            Engine::new(&translated).map_err(|reason| Error::Engine { pattern: pattern.to_owned(), reason })?;
        Ok(Self { pattern: pattern.to_owned(), engine })
    }

    /// Whether the text has a match.
    pub fn is_match(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// The first match.
    pub fn find(&self, text: &str) -> Option<Match> {
        self.find_iter(text).next()
    }

    /// All matches from the text's beginning on that do not overlap, up to where the engine gives up, if it does.
    pub fn find_iter<'r, 't>(&'r self, text: &'t str) -> impl Iterator<Item = Match> + use<'r, 't> {
        self.try_find_iter(text).map_while(Result::ok)
    }

    /// All matches from the text's beginning on that do not overlap.
    pub fn try_find_iter<'r, 't>(&'r self, text: &'t str) -> Matches<'r, 't> {
        Matches { regex: self, text: Haystack::new(text), from: Some(0), last_end: None }
    }
}

/// The characters of a text that are in a class of ECMAScript's; none if the engine does not know it.
fn members(class: &str, text: &str) -> Option<String> {
    let regex = Regex { pattern: class.to_owned(), engine: Engine::new(class).ok()? };
    Some(regex.find_iter(text).map(|found| &text[found.start..found.end]).collect())
}

thread_local! {
    static FAILURE: Cell<Option<Error>> = const { Cell::new(None) };
}

/// What the engine last failed with while it looked through a text, if it did since this was last asked: it may give up
/// in texts of millions of characters. tokenizers takes what is left of the text for one piece and says nothing.
pub fn take_failure() -> Option<Error> {
    FAILURE.take()
}

/// Whether the engine has the notation that patterns are translated to, which browsers have since 2023.
pub fn is_supported() -> bool {
    Engine::new("").is_ok()
}

/// Where a pattern was found, in bytes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    start: usize,
    end: usize,
}

impl Match {
    /// The first byte.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The byte after the last.
    pub fn end(&self) -> usize {
        self.end
    }
}

/// The matches in a text; it ends with the first error.
pub struct Matches<'r, 't> {
    regex: &'r Regex,
    text: Haystack<'t>,
    /// Where the next search begins.
    from: Option<usize>,
    last_end: Option<usize>,
}

impl Iterator for Matches<'_, '_> {
    type Item = Result<Match, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (start, end) = match self.regex.engine.find(&mut self.text, self.from.take()?) {
                Ok(found) => found?,
                Err(reason) => {
                    let error = Error::Engine { pattern: self.regex.pattern.clone(), reason };
                    FAILURE.set(Some(error.clone()));
                    return Some(Err(error));
                }
            };
            let empty = start == end;
            self.from = if empty { self.text.after(end) } else { Some(end) };
            // Nothing is no match where the last one ended.
            if !(empty && self.last_end == Some(end)) {
                self.last_end = Some(end);
                return Some(Ok(Match { start, end }));
            }
        }
    }
}

/// The text as a pattern that matches it and nothing else.
pub fn escape(text: &str) -> String {
    // Not all punctuation: \< and \> are places where words begin and end.
    const SIGNS: &str = r"\.+*?()|[]{}^$#&-~/";
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if SIGNS.contains(c) || c.is_ascii_whitespace() {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

#[cfg(test)]
mod tests;
