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
        Ok(Node(object)) => Ok(object),
        Err(error) => Err(error.into()),
    }
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self { incomplete: error.is_eof(), reason: error.to_string() }
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

/// A field on the way to what was generated: itself read leniently, and what it holds as that says.
#[derive(Debug, Default)]
pub(super) struct Node<T>(pub(super) T);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Node<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfAnyType(PhantomData)).map(Self)
    }
}

/// A field beside what was generated. Nothing in it makes an event unreadable, strings with halves of characters and
/// numbers beyond every type not either.
#[derive(Debug, Default)]
pub(super) struct Side<T>(pub(super) T);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Side<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        Ok(Self(match json.as_bytes() {
            b"true" | b"false" => T::of_bool(json == "true"),
            [b'0'..=b'9', ..] => json.parse().map(T::of_whole).unwrap_or_default(),
            [b'"', ..] => string(json).map(|text| T::of_text(text.decoded())).unwrap_or_default(),
            [b'{' | b'[', ..] => serde_json::from_str(json).map(|Node(value)| value).unwrap_or_default(),
            _ => T::default(),
        }))
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
/// time. A field is lenient where its type says so ([`Side`], [`Node`]).
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

impl<'a> Text<'a> {
    /// As text, each half of a character as U+FFFD.
    fn decoded(self) -> Cow<'a, str> {
        match self.0 {
            Cow::Borrowed(bytes) => decoded(bytes),
            Cow::Owned(bytes) => Cow::Owned(decoded(&bytes).into_owned()),
        }
    }
}

/// Reads a string as its bytes.
pub(super) struct OfBytes;

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

/// What a tool call says: a string, or JSON of any other kind but null, as it stands there. Read leniently.
#[derive(Debug, Default)]
pub(super) struct Argument<'a>(pub(super) Text<'a>);

impl<'de> Deserialize<'de> for Argument<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        Ok(Self(match json.as_bytes().first() {
            Some(b'"') => string(json).unwrap_or_default(),
            Some(b'{' | b'[') => Text(Cow::Borrowed(json.as_bytes())),
            _ => Text::default(),
        }))
    }
}

/// Reads a JSON string that stands alone.
pub(super) fn string(json: &str) -> Option<Text<'_>> {
    serde_json::Deserializer::from_str(json).deserialize_bytes(OfBytes).ok()
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
        while let Some(Node(Item(item))) = list.next_element()? {
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
