//! Reading JSON of unknown origin: the bare `NaN` and `Infinity` that Python writes, the keys and short values at the
//! top without the rest, numbers that may be missing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{ImportError, shortened, wrong};
use crate::result::Tool;

/// The text with `NaN` as null and `Infinity` as "inf", where they stand outside strings.
pub(super) fn without_bare_words(text: &str) -> Cow<'_, str> {
    const WORDS: [(&str, &str); 3] = [("-Infinity", "null"), ("Infinity", "\"inf\""), ("NaN", "null")];
    let holds = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    if !holds("Infinity") && !holds("NaN") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let (mut kept, mut at, mut in_string) = (0, 0, false);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let word = || WORDS.into_iter().find(|(word, _)| bytes[at..].starts_with(word.as_bytes()));
        match bytes[at] {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            b'-' | b'I' | b'N' if !in_string => {
                if let Some((word, instead)) = word() {
                    out.push_str(&text[kept..at]);
                    out.push_str(instead);
                    at += word.len();
                    kept = at;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// A value at the top of a document, where it is short.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// An array, an object, or a text too long to be kept.
    Other,
}

/// The keys at the top of a document with their short values.
#[derive(Debug, Default)]
pub(super) struct Probe {
    entries: Vec<(String, Scalar)>,
}

/// Keys beyond these many are read and forgotten.
const MOST_KEYS: usize = 5000;
/// Longer texts are not kept by a probe.
const LONGEST_TEXT: usize = 4096;

impl Probe {
    pub(super) fn get(&self, key: &str) -> Option<&Scalar> {
        self.entries.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn entries(&self) -> &[(String, Scalar)] {
        &self.entries
    }

    pub(super) fn first_keys(&self) -> String {
        let keys: Vec<String> = self.entries.iter().take(8).map(|(key, _)| format!("{:?}", shortened(key))).collect();
        if keys.is_empty() { "no keys".to_owned() } else { keys.join(", ") }
    }

    /// A finite number; none if the key is missing, null, or the "inf" that stands for what is not finite.
    pub(super) fn number(&self, key: &str, tool: Tool) -> Result<Option<f64>, ImportError> {
        match self.get(key) {
            None | Some(Scalar::Null) => Ok(None),
            Some(Scalar::Number(number)) => Ok(Some(*number)),
            Some(Scalar::Text(text)) if text == "inf" => Ok(None),
            Some(other) => Err(wrong(tool, key, format!("it should be a number and is {}", other.kind()))),
        }
    }

    /// A whole number that is not negative.
    pub(super) fn count(&self, key: &str, tool: Tool) -> Result<Option<u64>, ImportError> {
        let whole = |number: f64| number >= 0.0 && number.fract() == 0.0 && number <= 9e15;
        match self.number(key, tool)? {
            None => Ok(None),
            Some(number) if whole(number) => Ok(Some(number as u64)),
            Some(number) => Err(wrong(tool, key, format!("it should be a whole number and is {number}"))),
        }
    }

    /// A text; none if missing or null.
    pub(super) fn text(&self, key: &str, tool: Tool) -> Result<Option<String>, ImportError> {
        match self.get(key) {
            None | Some(Scalar::Null) => Ok(None),
            Some(Scalar::Text(text)) => Ok(Some(text.clone())),
            Some(other) => Err(wrong(tool, key, format!("it should be text and is {}", other.kind()))),
        }
    }
}

impl Scalar {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Other => "an array, an object or a long text",
        }
    }
}

impl<'de> Deserialize<'de> for Probe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Probe;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object, as results are")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Probe, A::Error> {
                let mut probe = Probe::default();
                while let Some(key) = map.next_key::<String>()? {
                    let value = map.next_value::<Scalar>()?;
                    if probe.entries.len() < MOST_KEYS && key.len() <= LONGEST_TEXT {
                        probe.entries.push((key, value));
                    }
                }
                Ok(probe)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Short(Ok))
    }
}

/// Reads any value as a scalar, and that as something else or not at all. It refuses while the reader still stands at
/// the value, so that the error has its place.
struct Short<T>(fn(Scalar) -> Result<T, String>);

impl<T> Short<T> {
    fn take<E: serde::de::Error>(self, scalar: Scalar) -> Result<T, E> {
        (self.0)(scalar).map_err(E::custom)
    }
}

impl<'de, T> Visitor<'de> for Short<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<T, E> {
        self.take(Scalar::Null)
    }
    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<T, E> {
        self.take(Scalar::Bool(value))
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<T, E> {
        self.take(Scalar::Number(value as f64))
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<T, E> {
        self.take(Scalar::Number(value as f64))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<T, E> {
        self.take(if value.is_finite() { Scalar::Number(value) } else { Scalar::Null })
    }
    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<T, E> {
        self.take(if value.len() <= LONGEST_TEXT { Scalar::Text(value.to_owned()) } else { Scalar::Other })
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        self.take(Scalar::Other)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.take(Scalar::Other)
    }
}

/// A number that may be null or missing, or the "inf" that stands for what is not finite; then it is none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Number(pub(super) Option<f64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Short(|scalar| match scalar {
            Scalar::Null => Ok(Self(None)),
            Scalar::Number(number) => Ok(Self(Some(number))),
            Scalar::Text(text) if text == "inf" => Ok(Self(None)),
            other => Err(format!("it should be a number and is {}", other.kind())),
        }))
    }
}

impl Number {
    /// The number as a count, where it is one.
    pub(super) fn count(self) -> Option<u64> {
        self.0.filter(|number| *number >= 0.0 && *number <= 9e15).map(|number| number.round() as u64)
    }

    /// The number as a length in tokens, where it is one.
    pub(super) fn len(self) -> Option<u32> {
        self.count().and_then(|count| u32::try_from(count).ok())
    }

    /// The number times a factor.
    pub(super) fn times(self, factor: f64) -> Option<f64> {
        self.0.map(|number| number * factor)
    }
}

/// Text where the file has text, nothing where it has anything else: for what is only shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Loose(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => Some(text),
            Scalar::Number(number) => Some(number.to_string()),
            Scalar::Null | Scalar::Bool(_) | Scalar::Other => None,
        };
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_words_are_replaced_outside_strings_alone() {
        let text = r#"{"a": NaN, "b": [Infinity, -Infinity, -1], "NaN \" Infinity": "NaN\\", "c": NaN}"#;
        let tamed = r#"{"a": null, "b": ["inf", null, -1], "NaN \" Infinity": "NaN\\", "c": null}"#;
        assert_eq!(without_bare_words(text), tamed);
        assert!(matches!(without_bare_words("{\"a\": 1}"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_probe_keeps_keys_and_short_values() {
        let probe: Probe = serde_json::from_str(r#"{"a": 1, "b": {"c": [2]}, "d": "x", "e": null, "a": 2}"#).unwrap();
        assert_eq!(probe.get("a"), Some(&Scalar::Number(2.0)));
        assert_eq!(probe.get("b"), Some(&Scalar::Other));
        assert_eq!(probe.count("a", Tool::Vllm), Ok(Some(2)));
        let error = probe.number("d", Tool::Vllm).unwrap_err().to_string();
        assert_eq!(error, "The file looks like a result of vLLM, but d: it should be a number and is text.");
    }
}
