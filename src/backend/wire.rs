//! Pieces of JSON that several kinds of servers share, read without copies where the text allows it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use crate::record::Usage;

/// Why JSON could not be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// It is JSON up to its end, and more must come.
    pub(super) incomplete: bool,
    /// What the parser says.
    pub(super) reason: String,
}

/// Reads JSON.
pub(super) fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(json).map_err(|e| Unreadable { incomplete: e.is_eof(), reason: e.to_string() })
}

/// A JSON string, borrowed unless it holds escapes. Bytes that are not UTF-8, and halves of surrogate pairs, become
/// U+FFFD: a server that cuts a character in two has still sent a token.
#[derive(Debug, Default)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lossy;
        impl<'de> Visitor<'de> for Lossy {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_bytes<E: de::Error>(self, bytes: &'de [u8]) -> Result<Text<'de>, E> {
                Ok(Text(String::from_utf8_lossy(bytes)))
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(String::from_utf8_lossy(bytes).into_owned())))
            }
        }
        deserializer.deserialize_bytes(Lossy)
    }
}

/// A JSON array that nearly always holds one item, or none: no allocation then.
#[derive(Debug)]
pub(super) struct Few<T> {
    first: Option<T>,
    rest: Vec<T>,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { first: None, rest: Vec::new() }
    }
}

impl<T> Few<T> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(&self.rest)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = Few<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Few<T>, A::Error> {
                let mut few = Few { first: items.next_element()?, rest: Vec::new() };
                while let Some(item) = items.next_element()? {
                    few.rest.push(item);
                }
                Ok(few)
            }
        }
        deserializer.deserialize_seq(Items(std::marker::PhantomData))
    }
}

/// `usage` as OpenAI-like servers send it.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub(super) struct WireUsage {
    #[serde(default)]
    prompt_tokens: Option<u32>,
    #[serde(default)]
    completion_tokens: Option<u32>,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        Self { prompt_tokens: wire.prompt_tokens, completion_tokens: wire.completion_tokens }
    }
}

/// Unicode characters in a text.
pub(super) fn char_count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}
