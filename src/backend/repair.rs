//! What servers send for JSON and the parser does not take, made into JSON. Python writes `NaN` and `Infinity`, some
//! servers write control characters as they are, and many cut strings between the halves of a character.

use std::borrow::Cow;

use super::join::decoded;
use super::wire::{self, Text};

/// A way to repair: gives the repaired JSON, or none where nothing had to change.
pub(super) type Repair = fn(&[u8]) -> Option<Vec<u8>>;

/// JSON that the parser takes, of what servers send for JSON: numbers that JSON does not have (`NaN`, `Infinity`, and
/// those beyond a float) become null, bytes that are no UTF-8 become U+FFFD, and control characters in strings are escaped.
/// None where nothing had to change.
pub(super) fn repaired(json: &[u8]) -> Option<Vec<u8>> {
    repair(json, false)
}

/// The same for a parser that takes no halves of surrogate pairs: these become U+FFFD too.
pub(super) fn repaired_without_halves(json: &[u8]) -> Option<Vec<u8>> {
    repair(json, true)
}

fn repair(json: &[u8], without_halves: bool) -> Option<Vec<u8>> {
    let mut text = String::with_capacity(json.len());
    let whole = decoded(json);
    let mut rest = &*whole;
    while let Some(start) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_alphanumeric()) {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let (piece, after) = rest.split_at(if rest.starts_with('"') { string_end(rest) } else { word_end(rest) });
        if piece.starts_with('"') {
            text.push_str(&plain(piece, without_halves));
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

/// A string, quotes and escapes included, in which no control character, and where it is said no half of a surrogate pair,
/// stands alone.
fn plain(string: &str, without_halves: bool) -> Cow<'_, str> {
    let has_control = string.bytes().any(|byte| byte < b' ');
    if !(has_control || without_halves && string.contains("\\u")) {
        return Cow::Borrowed(string);
    }
    match wire::string(string) {
        Some(Text(bytes)) if has_control || std::str::from_utf8(&bytes).is_err() => {
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
        let text = |json: Option<Vec<u8>>| json.map(|json| String::from_utf8(json).expect("UTF-8"));
        let repair = |json: &str| text(repaired(json.as_bytes()));
        for (json, expected) in [
            (r#"{"a":NaN,"b":[-Infinity,1],"c":"NaN -Infinity"}"#, r#"{"a":null,"b":[null,1],"c":"NaN -Infinity"}"#),
            (r#"{"a":1e999,"b":-1.5e-3,"c":inf}"#, r#"{"a":null,"b":-1.5e-3,"c":null}"#),
            (r#"{"a\"NaN":"\\","b":nan}"#, r#"{"a\"NaN":"\\","b":null}"#),
            ("{\"a\":\"x\ty\"}", r#"{"a":"x\ty"}"#),
        ] {
            assert_eq!(repair(json).as_deref(), Some(expected), "{json}");
        }
        let half = r#"{"a":"x\ud83dy"}"#;
        assert_eq!(repair(half), None);
        assert_eq!(text(repaired_without_halves(half.as_bytes())).as_deref(), Some("{\"a\":\"x\u{FFFD}y\"}"));
        for json in [r#"{"a":true,"b":null,"c":"\n \\"}"#, r#"{"a": 12"#, "hello", r#"{"a":"x"#, ""] {
            assert_eq!(repair(json), None, "{json}");
        }
        assert_eq!(repaired(b"{\"a\":\"\xFF\"}").as_deref(), Some("{\"a\":\"\u{FFFD}\"}".as_bytes()));
    }
}
