//! JSON as Python's `json.dump` writes it by default: `", "` and `": "`, ASCII alone, floats in Python's spelling. A
//! reader of the reference's files finds ours byte for byte the same where they say the same.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

/// A float as Python's `repr` spells it: the shortest digits that read back the same, `1.0`, `1e-05`, `1e+16`.
pub fn repr(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .to_owned();
    }
    // serde_json takes the even one of two equally near spellings, as Python does; std does not.
    let shortest = serde_json::to_string(&value).unwrap_or_default();
    if is_plain(value) {
        return shortest;
    }
    let scientific = format!("{value:e}");
    let exponent: i32 = scientific.rsplit('e').next().and_then(|exponent| exponent.parse().ok()).unwrap_or(0);
    let mantissa = shortest.trim_start_matches('-').split('e').next().unwrap_or_default().replace('.', "");
    let digits = mantissa.trim_matches('0');
    let (first, rest) = digits.split_at(digits.len().min(1));
    let point = if rest.is_empty() { "" } else { "." };
    let (minus, sign) = (if value < 0.0 { "-" } else { "" }, if exponent < 0 { '-' } else { '+' });
    format!("{minus}{first}{point}{rest}e{sign}{:02}", exponent.abs())
}

/// Whether Python writes a number without an exponent.
fn is_plain(value: f64) -> bool {
    value == 0.0 || (1e-4..1e16).contains(&value.abs())
}

/// A value as Python would write it. What has no value is null, and so is what is not finite.
pub fn to_json(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    // Writing to memory cannot fail, and our types have string keys alone.
    if value.serialize(&mut Serializer::with_formatter(&mut out, Python)).is_err() {
        return "null".to_owned();
    }
    String::from_utf8(out).unwrap_or_default()
}

/// A Python dict under construction: a key that is set again keeps its place and takes the new value.
#[derive(Default)]
pub struct Dict {
    entries: Vec<(String, String)>,
}

impl Dict {
    /// Sets a key.
    pub fn set(&mut self, key: &str, value: &impl Serialize) {
        self.set_written(key, to_json(value));
    }

    /// Sets a key to what is JSON already.
    pub fn set_written(&mut self, key: &str, text: String) {
        match self.entries.iter_mut().find(|(known, _)| known == key) {
            Some(entry) => entry.1 = text,
            None => self.entries.push((key.to_owned(), text)),
        }
    }

    /// Whether a key is set.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(known, _)| known == key)
    }

    /// The dict as JSON.
    pub fn finish(self) -> String {
        let pairs: Vec<String> = self.entries.iter().map(|(key, value)| format!("{}: {value}", to_json(key))).collect();
        format!("{{{}}}", pairs.join(", "))
    }
}

struct Python;

impl Formatter for Python {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // Where Python writes no exponent, serde_json's own spelling is the same, and far faster to come by.
        if is_plain(value) {
            return CompactFormatter.write_f64(writer, value);
        }
        writer.write_all(repr(value).as_bytes())
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let escaped = |c: char| !c.is_ascii() || c == '\u{7f}';
        let mut rest = fragment;
        while let Some(at) = rest.find(escaped) {
            let (plain, tail) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let Some(c) = tail.chars().next() else { break };
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &tail[c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn floats_are_spelt_as_python_spells_them() {
        // Two spellings are equally near; the even one counts.
        assert_eq!(repr(922_192_760_462_667.0 + 0.25), "922192760462667.2");
        let spelt = [
            (1.0, "1.0"),
            (7.5, "7.5"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1e-300, "1e-300"),
            (-0.0, "-0.0"),
            (f64::INFINITY, "inf"),
        ];
        for (value, text) in spelt {
            assert_eq!(repr(value), text);
        }
    }

    #[test]
    fn strings_are_ascii_and_dicts_keep_their_order() {
        let mut dict = Dict::default();
        dict.set("b", &"é\u{1f600}\"\\\n\u{7f}\u{1}/");
        dict.set("a", &[Some(0.5), None, Some(f64::NAN)]);
        dict.set("b2", &true);
        dict.set("a", &1_u32);
        assert_eq!(dict.finish(), r#"{"b": "\u00e9\ud83d\ude00\"\\\n\u007f\u0001/", "a": 1, "b2": true}"#);
    }

    proptest! {
        #[test]
        fn any_float_reads_back_the_same(value in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO) {
            prop_assert_eq!(repr(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
            prop_assert_eq!(to_json(&value), repr(value));
        }

        #[test]
        fn floats_are_written_as_they_are_spelt(digits in 0..10_000_000_u32, exponent in -12..20_i32) {
            let value = f64::from(digits) * 10_f64.powi(exponent);
            prop_assert_eq!(to_json(&value), repr(value));
        }

        #[test]
        fn any_text_reads_back_the_same(text in "\\PC*|[\\x00-\\x7f]*") {
            let json = to_json(&text);
            prop_assert!(json.is_ascii());
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
