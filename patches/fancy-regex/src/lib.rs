//! Stands in for the `fancy-regex` crate as far as tokenizers uses it; see the `regex` crate beside it for why and how.

pub use regex::{Error, Match, Matches};

/// A pattern that was read.
#[derive(Debug, Clone)]
pub struct Regex(regex::Regex);

impl Regex {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is not one, or has what the browser's engine cannot do.
    pub fn new(pattern: &str) -> Result<Self, Error> {
        regex::Regex::new(pattern).map(Self)
    }

    /// All matches from the text's beginning on that do not overlap.
    pub fn find_iter<'r, 't>(&'r self, text: &'t str) -> Matches<'r, 't> {
        self.0.try_find_iter(text)
    }
}
