//! What the mock says: a list of tokens, repeated. The number of tokens is known because each is one word (or one
//! character), so that a test can hold a tokenizer's count against it.

use std::sync::Arc;

/// Short English words, each with its leading space, which byte-level BPE vocabularies hold as one token.
const ENGLISH: [&str; 16] = [
    " the", " of", " and", " to", " in", " is", " that", " for", " it", " as", " was", " with", " be", " by", " on",
    " not",
];

/// Characters of two, three and four bytes, for streams that are split inside a character.
const MULTIBYTE: [&str; 8] = ["你", "好", "🌊", "é", "世", "界", "🙂", "ß"];

/// The tokens of every answer, in order, from the first again after the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSource(Arc<[String]>);

impl TextSource {
    /// These tokens. An empty list gives the default.
    pub fn new<S: Into<String>>(tokens: impl IntoIterator<Item = S>) -> Self {
        let tokens: Arc<[String]> = tokens.into_iter().map(Into::into).collect();
        if tokens.is_empty() { Self::default() } else { Self(tokens) }
    }

    /// Characters of two to four bytes, one a token.
    pub fn multibyte() -> Self {
        Self::new(MULTIBYTE)
    }

    /// The token at a place in the answer.
    pub fn token(&self, index: usize) -> &str {
        &self.0[index % self.0.len()]
    }

    /// The text of the tokens `from..to`.
    pub fn text(&self, from: usize, to: usize) -> String {
        (from..to).map(|index| self.token(index)).collect()
    }
}

impl Default for TextSource {
    fn default() -> Self {
        Self::new(ENGLISH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_repeat() {
        let text = TextSource::new(["a", "b", "c"]);
        assert_eq!(text.text(1, 6), "bcabc");
        assert_eq!(TextSource::default().text(0, 40).split_whitespace().count(), 40);
    }
}
