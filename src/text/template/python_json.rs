//! JSON as Python's `json.dumps` writes it: a space after comma and colon, or lines with an indent.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// `json.dumps(value, indent=indent, ensure_ascii=ensure_ascii)`.
pub(super) fn dumps<T: Serialize>(value: &T, indent: Option<usize>, ensure_ascii: bool) -> serde_json::Result<String> {
    let mut out = Vec::new();
    let style = Style { indent, ensure_ascii, depth: 0, is_empty: true };
    value.serialize(&mut Serializer::with_formatter(&mut out, style))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

struct Style {
    indent: Option<usize>,
    ensure_ascii: bool,
    depth: usize,
    /// Whether the container under way has no entry yet.
    is_empty: bool,
}

impl Style {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.is_empty = true;
        out.write_all(bracket)
    }

    fn before_entry<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.is_empty = false;
        match (is_first, self.indent) {
            (true, None) => Ok(()),
            (false, None) => out.write_all(b", "),
            (true, Some(_)) => self.new_line(out),
            (false, Some(_)) => {
                out.write_all(b",")?;
                self.new_line(out)
            }
        }
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.indent.is_some() && !self.is_empty {
            self.new_line(out)?;
        }
        self.is_empty = false;
        out.write_all(bracket)
    }

    fn new_line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        write!(out, "\n{:width$}", "", width = self.indent.unwrap_or_default() * self.depth)
    }
}

impl Formatter for Style {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.before_entry(out, is_first)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.before_entry(out, is_first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if !self.ensure_ascii {
            return out.write_all(fragment.as_bytes());
        }
        for c in fragment.chars() {
            match c {
                ' '..='~' => write!(out, "{c}")?,
                _ => c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn writes_as_python_does() {
        let value = json!({"a": [1, 2.5, {}, []], "b": "é\"\n🙂"});
        assert_eq!(dumps(&value, None, false).unwrap(), "{\"a\": [1, 2.5, {}, []], \"b\": \"é\\\"\\n🙂\"}");
        assert_eq!(dumps(&"é\"🙂\u{7f}", None, true).unwrap(), "\"\\u00e9\\\"\\ud83d\\ude42\\u007f\"");
        let lines = "{\n  \"a\": [\n    1,\n    2.5,\n    {},\n    []\n  ],\n  \"b\": \"é\\\"\\n🙂\"\n}";
        assert_eq!(dumps(&value, Some(2), false).unwrap(), lines);
    }
}
