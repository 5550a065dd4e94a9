//! What a model generated, as servers send it: a string, a list of typed parts, or null. It is read strictly, for what is
//! lost here is a token.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::wire::{Lenient, Node, OfBytes, Side, Text, object};
use crate::record::EventKind;

/// What a model generated, read strictly: a string, a list of typed parts, or null.
#[derive(Debug, Default)]
pub(super) enum Content<'a> {
    /// Null, or not there.
    #[default]
    None,
    /// A string.
    Text(Text<'a>),
    /// Typed parts, as Mistral's reasoning models send them.
    Parts(Vec<Part<'a>>),
}

impl<'de> Deserialize<'de> for Content<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strict;
        impl<'de> Visitor<'de> for Strict {
            type Value = Content<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a list of parts, or null")
            }
            fn visit_none<E: de::Error>(self) -> Result<Content<'de>, E> {
                Ok(Content::None)
            }
            fn visit_unit<E: de::Error>(self) -> Result<Content<'de>, E> {
                Ok(Content::None)
            }
            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content<'de>, D::Error> {
                deserializer.deserialize_bytes(self)
            }
            fn visit_borrowed_bytes<E: de::Error>(self, bytes: &'de [u8]) -> Result<Content<'de>, E> {
                OfBytes.visit_borrowed_bytes(bytes).map(Content::Text)
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Content<'de>, E> {
                OfBytes.visit_bytes(bytes).map(Content::Text)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content<'de>, A::Error> {
                let mut parts = Vec::new();
                while let Some(Node(part)) = list.next_element()? {
                    parts.push(part);
                }
                Ok(Content::Parts(parts))
            }
        }
        deserializer.deserialize_option(Strict)
    }
}

impl Content<'_> {
    /// Whether it holds nothing that was generated.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::None => true,
            Self::Text(text) => text.0.is_empty(),
            Self::Parts(parts) => parts.iter().all(Part::is_empty),
        }
    }

    /// Gives each piece with what it is: `kind`, unless its part says otherwise.
    pub(super) fn each(&self, kind: EventKind, take: &mut impl FnMut(EventKind, &[u8])) {
        match self {
            Self::None => {}
            Self::Text(text) => take(kind, &text.0),
            Self::Parts(parts) => {
                for part in parts {
                    part.each(kind, take);
                }
            }
        }
    }
}

/// One part of a [`Content`]: a typed object, or a string.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    word: Option<Cow<'a, str>>,
    typed: TypedPart<'a>,
}

object! {
    struct TypedPart<'a> {
        kind: Side<Option<Cow<'a, str>>> = b"type";
        text: Content<'a> = b"text" | b"content";
        thinking: Content<'a> = b"thinking" | b"reasoning";
        refusal: Content<'a> = b"refusal";
    }
}

impl<'de> Lenient<'de> for Part<'de> {
    fn of_text(text: Cow<'de, str>) -> Self {
        Self { word: Some(text), ..Self::default() }
    }
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        Ok(Self { word: None, typed: TypedPart::of_object(object)? })
    }
}

impl Part<'_> {
    fn is_empty(&self) -> bool {
        let TypedPart { text, thinking, refusal, .. } = &self.typed;
        self.word.as_ref().is_none_or(|word| word.is_empty()) && [text, thinking, refusal].iter().all(|c| c.is_empty())
    }

    fn each(&self, kind: EventKind, take: &mut impl FnMut(EventKind, &[u8])) {
        if let Some(word) = &self.word {
            return take(kind, word.as_bytes());
        }
        let name = self.typed.kind.0.as_deref().unwrap_or_default();
        let reasons = name.contains("thinking") || name.contains("reasoning");
        self.typed.text.each(if reasons { EventKind::Reasoning } else { kind }, take);
        self.typed.thinking.each(EventKind::Reasoning, take);
        self.typed.refusal.each(EventKind::Refusal, take);
    }
}
