//! Reading the JSON of servers. What a model generated, and what reports an error, is read strictly: a value of another
//! type makes the event unreadable. All else stands beside it and is read leniently: a value of another type counts as
//! none, a key that comes twice counts the last time, and numbers that JSON does not have are passed over. Nothing is
//! copied where the text allows it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::join::decoded;
use crate::record::EventKind;

/// Why JSON could not be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// It is JSON up to its end, and more must come.
    pub(super) incomplete: bool,
    /// What the parser says.
    pub(super) reason: String,
}

/// Reads an object; of JSON that is none the default comes back.
pub(super) fn parse<'a, T: Lenient<'a>>(json: &'a [u8]) -> Result<T, Unreadable> {
    match serde_json::from_slice(json) {
        Ok(Side(object)) => Ok(object),
        Err(error) => Err(Unreadable { incomplete: error.is_eof(), reason: error.to_string() }),
    }
}

/// A value that is expected to be of one type and may be of any; where it is of another, the default stands in.
pub(super) trait Lenient<'de>: Default {
    fn of_bool(_: bool) -> Self {
        Self::default()
    }
    fn of_whole(_: u64) -> Self {
        Self::default()
    }
    fn of_text(_: Cow<'de, str>) -> Self {
        Self::default()
    }
    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
    fn of_object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

/// A field that is read leniently.
#[derive(Debug, Default)]
pub(super) struct Side<T>(pub(super) T);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Side<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfAnyType(PhantomData)).map(Self)
    }
}

struct OfAnyType<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for OfAnyType<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_unit<E: de::Error>(self) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
        Ok(T::of_bool(value))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        Ok(T::of_whole(value))
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<T, E> {
        Ok(T::of_text(Cow::Borrowed(text)))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok(T::of_text(Cow::Owned(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::of_list(list)
    }
    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::of_object(object)
    }
}

impl Lenient<'_> for bool {
    fn of_bool(value: bool) -> Self {
        value
    }
}

impl Lenient<'_> for Option<u32> {
    fn of_whole(value: u64) -> Self {
        u32::try_from(value).ok()
    }
}

impl<'de> Lenient<'de> for Option<Cow<'de, str>> {
    fn of_text(text: Cow<'de, str>) -> Self {
        Some(text)
    }
}

/// A key of an object.
pub(super) struct Key<'a>(pub(super) Cow<'a, [u8]>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(OfBytes).map(|text| Self(text.0))
    }
}

/// Objects by their fields' keys: a key that is not listed is passed over, and one that comes twice counts the last
/// time. A field is lenient where its type says so ([`Side`]).
macro_rules! object {
    ($(#[$meta:meta])* struct $name:ident<$life:lifetime> { $($body:tt)* }) => {
        object!(@object [$(#[$meta])*] [$name<$life>] [$life] $($body)*);
    };
    ($(#[$meta:meta])* struct $name:ident { $($body:tt)* }) => {
        object!(@object [$(#[$meta])*] [$name] ['de] $($body)*);
    };
    (@object [$($meta:tt)*] [$name:ident $(<$own:lifetime>)?] [$life:lifetime]
        $( $(#[$field_meta:meta])* $field:ident: $type:ty = $($key:literal)|+; )*) => {
        $($meta)*
        #[derive(Debug, Default)]
        struct $name $(<$own>)? { $( $(#[$field_meta])* $field: $type, )* }

        impl<$life> $crate::backend::wire::Lenient<$life> for $name $(<$own>)? {
            fn of_object<A: serde::de::MapAccess<$life>>(mut object: A) -> Result<Self, A::Error> {
                let mut this = Self::default();
                while let Some(key) = object.next_key::<$crate::backend::wire::Key<$life>>()? {
                    match &*key.0 {
                        $( $($key)|+ => this.$field = object.next_value()?, )*
                        _ => {
                            object.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(this)
            }
        }
    };
}

pub(super) use object;

/// Whether a field is there and not null.
#[derive(Debug, Default)]
pub(super) struct Given(pub(super) bool);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<IgnoredAny>::deserialize(deserializer).map(|value| Self(value.is_some()))
    }
}

/// The bytes of a JSON string, borrowed unless it holds escapes. They need not be UTF-8, and halves of surrogate pairs
/// stand as WTF-8 has them: a server that cuts a character in two has still sent a token.
#[derive(Debug, Default)]
pub(super) struct Text<'a>(pub(super) Cow<'a, [u8]>);

struct OfBytes;

impl<'de> Visitor<'de> for OfBytes {
    type Value = Text<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_borrowed_bytes<E: de::Error>(self, bytes: &'de [u8]) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(bytes)))
    }
    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(bytes.to_vec())))
    }
}

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
                while let Some(Side(part)) = list.next_element()? {
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

/// What a tool call says: a string, or JSON of any other kind but null, as it stands there. Read leniently.
#[derive(Debug, Default)]
pub(super) struct Argument<'a>(pub(super) Text<'a>);

impl<'de> Deserialize<'de> for Argument<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        let bytes = match json.as_bytes().first() {
            Some(b'"') => serde_json::Deserializer::from_str(json).deserialize_bytes(OfBytes).unwrap_or_default().0,
            Some(b'{' | b'[') => Cow::Borrowed(json.as_bytes()),
            _ => Cow::default(),
        };
        Ok(Self(Text(bytes)))
    }
}

/// Objects of a list that nearly always holds one, or none: no allocation then. One object in the list's place is its
/// only one, and what is no object is passed over.
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

impl<'de, T: Lenient<'de>> Lenient<'de> for Few<T> {
    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut few = Self::default();
        while let Some(Side(Item(item))) = list.next_element()? {
            if few.first.is_none() {
                few.first = item;
            } else {
                few.rest.extend(item);
            }
        }
        Ok(few)
    }
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        Ok(Self { first: Some(T::of_object(object)?), rest: Vec::new() })
    }
}

struct Item<T>(Option<T>);

impl<T> Default for Item<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Item<T> {
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        T::of_object(object).map(|item| Self(Some(item)))
    }
}

/// JSON that the parser takes, of what servers send for JSON: numbers that JSON does not have (`NaN`, `Infinity`, and
/// those beyond a float) become null, and halves of surrogate pairs and bytes that are no UTF-8 become U+FFFD. None
/// where nothing had to change.
pub(super) fn repaired(json: &[u8]) -> Option<Vec<u8>> {
    let mut text = String::with_capacity(json.len());
    let whole = decoded(json);
    let mut rest = &*whole;
    while let Some(start) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_alphanumeric()) {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let (piece, after) = rest.split_at(if rest.starts_with('"') { string_end(rest) } else { word_end(rest) });
        if piece.starts_with('"') {
            text.push_str(&without_halves(piece));
        } else if piece.parse::<f64>().is_ok_and(|number| !number.is_finite()) {
            text.push_str("null");
        } else {
            text.push_str(piece);
        }
        rest = after;
    }
    text.push_str(rest);
    (text.as_bytes() != json).then(|| text.into_bytes())
}

/// Where the string that begins here ends, its quote included.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().enumerate().skip(1).find(|(_, byte)| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Where the number or word that begins here ends.
fn word_end(text: &str) -> usize {
    let of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
    text.find(|c| !of_word(c)).unwrap_or(text.len())
}

/// A string, quotes and escapes included, in which no half of a surrogate pair stands alone.
fn without_halves(string: &str) -> Cow<'_, str> {
    if !string.contains("\\u") {
        return Cow::Borrowed(string);
    }
    let read = serde_json::Deserializer::from_str(string).deserialize_bytes(OfBytes);
    match read {
        Ok(Text(bytes)) if std::str::from_utf8(&bytes).is_err() => {
            Cow::Owned(serde_json::Value::from(&*decoded(&bytes)).to_string())
        }
        _ => Cow::Borrowed(string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_almost_json_is_repaired_outside_of_its_strings() {
        let repair = |json: &str| repaired(json.as_bytes()).map(|json| String::from_utf8(json).expect("UTF-8"));
        for (json, expected) in [
            (r#"{"a":NaN,"b":[-Infinity,1],"c":"NaN -Infinity"}"#, r#"{"a":null,"b":[null,1],"c":"NaN -Infinity"}"#),
            (r#"{"a":1e999,"b":-1.5e-3,"c":inf}"#, r#"{"a":null,"b":-1.5e-3,"c":null}"#),
            (r#"{"a\"NaN":"\\","b":nan}"#, r#"{"a\"NaN":"\\","b":null}"#),
            (r#"{"a":"x\ud83dy"}"#, "{\"a\":\"x\u{FFFD}y\"}"),
        ] {
            assert_eq!(repair(json).as_deref(), Some(expected), "{json}");
        }
        for json in [r#"{"a":true,"b":null,"c":"\n \\"}"#, r#"{"a": 12"#, "hello", r#"{"a":"x"#, ""] {
            assert_eq!(repair(json), None, "{json}");
        }
        assert_eq!(repaired(b"{\"a\":\"\xFF\"}").as_deref(), Some("{\"a\":\"\u{FFFD}\"}".as_bytes()));
    }
}
