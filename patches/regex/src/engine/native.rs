//! The engine of native programs.

use regress::{Flags, Regex};

/// A pattern in ECMAScript's notation.
#[derive(Clone)]
pub(crate) struct Engine(Regex);

impl Engine {
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        let flags = Flags { unicode_sets: true, ..Flags::default() };
        Regex::with_flags(pattern, flags).map(Self).map_err(|error| error.to_string())
    }

    /// The first match at or after a byte.
    pub(crate) fn find(&self, text: &mut Haystack<'_>, from: usize) -> Result<Option<(usize, usize)>, String> {
        Ok(self.0.find_from(text.0, from).next().map(|found| (found.start(), found.end())))
    }
}

/// A text to look in.
pub(crate) struct Haystack<'t>(&'t str);

impl<'t> Haystack<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self(text)
    }

    /// The byte after the character at a byte; none at the end.
    pub(crate) fn after(&self, at: usize) -> Option<usize> {
        self.0[at..].chars().next().map(|c| at + c.len_utf8())
    }
}

/// A character in capitals and in small letters.
pub(crate) fn in_both_cases(c: char) -> [String; 2] {
    [c.to_uppercase().collect(), c.to_lowercase().collect()]
}
