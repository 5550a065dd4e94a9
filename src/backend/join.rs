//! Characters that a server cut in two. The bytes of a string may end in the middle of a UTF-8 sequence, or with the first
//! half of a surrogate pair, which JSON's escapes can say alone; the rest comes with the next event of the stream.

use std::borrow::Cow;

/// What stands for half a character whose other half never comes.
const REPLACEMENT: char = '\u{FFFD}';

/// The beginning of a character whose rest has not come: up to three bytes of UTF-8, or the first half of a surrogate pair
/// as WTF-8 writes it, be it with the beginning of the second.
#[derive(Debug, Default)]
pub(super) struct Half {
    bytes: [u8; 5],
    len: u8,
}

impl Half {
    /// Adds bytes to the text, after what was kept; gives the characters that they brought, half a one counted as one.
    pub(super) fn push(&mut self, bytes: &[u8], text: &mut String) -> u32 {
        if self.len == 0
            && let Ok(whole) = std::str::from_utf8(bytes)
        {
            text.push_str(whole);
            return char_count(whole);
        }
        if bytes.is_empty() {
            return 0;
        }
        let joined = [&self.bytes[..usize::from(self.len)], bytes].concat();
        self.len = 0;
        let before = text.len();
        let kept = decode(&joined, text);
        self.keep(kept);
        char_count(&text[before..]).saturating_add(u32::from(!kept.is_empty()))
    }

    /// No more comes: a half that is left stands as one U+FFFD.
    pub(super) fn flush(&mut self, text: &mut String) {
        if std::mem::take(&mut self.len) > 0 {
            text.push(REPLACEMENT);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
            self.len = bytes.len() as u8;
        }
    }
}

/// Adds what can be read of the bytes to the text; gives the beginning of a character that they end with.
fn decode<'a>(mut bytes: &'a [u8], text: &mut String) -> &'a [u8] {
    loop {
        let error = match std::str::from_utf8(bytes) {
            Ok(whole) => {
                text.push_str(whole);
                return &[];
            }
            Err(error) => error,
        };
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        text.push_str(&String::from_utf8_lossy(valid));
        let (read, skipped) = match (rest, error.error_len()) {
            // The first half of a pair: alone at the end, or with no more than the beginning of the second.
            ([0xED, 0xA0..=0xAF, 0x80..=0xBF] | [0xED, 0xA0..=0xAF, 0x80..=0xBF, 0xED], _)
            | ([0xED, 0xA0..=0xAF, 0x80..=0xBF, 0xED, 0xB0..=0xBF] | [0xED, 0xA0..=0xBF], _)
            | (_, None) => return rest,
            (&[0xED, a @ 0xA0..=0xAF, b @ 0x80..=0xBF, 0xED, c @ 0xB0..=0xBF, d @ 0x80..=0xBF, ..], _) => {
                let half = |high: u8, low: u8| u32::from(high & 0x0F) << 6 | u32::from(low & 0x3F);
                (char::from_u32(0x1_0000 + (half(a, b) << 10 | half(c, d))), 6)
            }
            ([0xED, 0xA0..=0xBF, 0x80..=0xBF, ..], _) => (None, 3),
            (_, Some(len)) => (None, len),
        };
        text.push(read.unwrap_or(REPLACEMENT));
        bytes = &rest[skipped..];
    }
}

/// Bytes as text, each half of a character as U+FFFD.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(whole) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(whole);
    }
    let (mut text, mut half) = (String::with_capacity(bytes.len()), Half::default());
    half.push(bytes, &mut text);
    half.flush(&mut text);
    Cow::Owned(text)
}

/// Unicode characters in a text.
pub(super) fn char_count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "🙂" as the two halves of its surrogate pair, in WTF-8.
    const HIGH: &[u8] = b"\xED\xA0\xBD";
    const LOW: &[u8] = b"\xED\xB9\x82";

    fn joined(pieces: &[&[u8]]) -> (String, Vec<u32>) {
        let (mut text, mut half) = (String::new(), Half::default());
        let chars = pieces.iter().map(|piece| half.push(piece, &mut text)).collect();
        half.flush(&mut text);
        (text, chars)
    }

    #[test]
    fn halves_find_each_other_over_pieces_and_alone_are_one_replacement_each() {
        assert_eq!(joined(&[HIGH, LOW]), ("🙂".into(), vec![1, 1]));
        assert_eq!(joined(&[b"a\xED\xA0\xBD", b"\xED\xB9\x82b"]), ("a🙂b".into(), vec![2, 2]));
        assert_eq!(joined(&[&[HIGH, LOW].concat()]), ("🙂".into(), vec![1]));
        assert_eq!(joined(&[HIGH, b"", LOW]), ("🙂".into(), vec![1, 0, 1]));
        assert_eq!(joined(&[HIGH, b"x"]), ("\u{FFFD}x".into(), vec![1, 2]));
        assert_eq!(joined(&[HIGH, HIGH, LOW]), ("\u{FFFD}🙂".into(), vec![1, 2, 1]));
        assert_eq!(joined(&[LOW, HIGH]), ("\u{FFFD}\u{FFFD}".into(), vec![1, 1]));
        assert_eq!(joined(&[b"\xF0\x9F", b"\x99\x82"]), ("🙂".into(), vec![1, 1]));
        assert_eq!(joined(&[b"\xF0\x9F", b"\x99", b"\x82!"]), ("🙂!".into(), vec![1, 1, 2]));
        assert_eq!(joined(&[b"\xFFa\xC3"]), ("\u{FFFD}a\u{FFFD}".into(), vec![3]));
    }

    #[test]
    fn any_bytes_in_any_pieces_are_the_same_text() {
        let bytes = [b"a\xC3\xBC", HIGH, LOW, LOW, b"\xED\xA0a", b"\xF0\x9F\x99", HIGH, b"z", HIGH].concat();
        let whole = decoded(&bytes);
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let (text, _) = joined(&[&bytes[..first], &bytes[first..second], &bytes[second..]]);
                assert_eq!(text, whole, "{first} {second}");
            }
        }
    }
}
