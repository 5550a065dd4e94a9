//! Servers that put the prompt before the answer (Triton's ensemble unless it is told not to; completions with `echo`). The
//! prompt is no output: it is taken off, and the reply says so.

use crate::record::Reply;

/// A shorter prompt, in bytes, may be what an answer begins with by itself.
const LEAST_BYTES: usize = 8;
/// A longer tag before the prompt is no beginning-of-sequence token.
const LONGEST_TAG: usize = 32;

/// Whether a server repeats the prompt: the first event of its answer that has text tells, for a repeated prompt comes
/// whole.
#[derive(Debug, Default)]
pub(super) struct Echo {
    prompt: String,
    repeats: Option<bool>,
}

impl Echo {
    pub(super) fn new(prompt: &str) -> Self {
        let tellable = prompt.trim().len() >= LEAST_BYTES;
        Self { prompt: if tellable { prompt.to_owned() } else { String::new() }, repeats: None }
    }

    /// What is new of text that an event adds.
    pub(super) fn strip_once<'a>(&mut self, bytes: &'a [u8], reply: &mut Reply) -> &'a [u8] {
        if self.repeats.is_some() { bytes } else { self.strip(bytes, reply) }
    }

    /// What is new of a text that begins where the answer begins.
    pub(super) fn strip<'a>(&mut self, bytes: &'a [u8], reply: &mut Reply) -> &'a [u8] {
        if bytes.is_empty() || self.prompt.is_empty() || self.repeats == Some(false) {
            return bytes;
        }
        let rest = self.after_prompt(bytes);
        if self.repeats.is_none() {
            self.repeats = Some(rest.is_some());
            reply.prompt_echoed = rest.is_some();
        }
        rest.unwrap_or(bytes)
    }

    /// What is new of the whole text that a server sends at the end: it may have the prompt where the events had not.
    pub(super) fn strip_whole<'a>(&self, bytes: &'a [u8], reply: &mut Reply) -> &'a [u8] {
        if self.prompt.is_empty() || self.after_prompt(reply.text.as_bytes()).is_some() {
            return bytes;
        }
        let rest = self.after_prompt(bytes);
        reply.prompt_echoed |= rest.is_some();
        rest.unwrap_or(bytes)
    }

    /// What follows the prompt, be it without the white space at its ends and after a beginning-of-sequence token; none
    /// where the text does not begin with it.
    fn after_prompt<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let after = |bytes: &'a [u8]| {
            let trimmed = || bytes.trim_ascii_start().strip_prefix(self.prompt.trim().as_bytes());
            bytes.strip_prefix(self.prompt.as_bytes()).or_else(trimmed)
        };
        let tagged = || {
            let end = bytes.strip_prefix(b"<")?.iter().take(LONGEST_TAG).position(|byte| *byte == b'>')?;
            after(&bytes[end + 2..])
        };
        after(bytes).or_else(tagged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "\nWhich way to the quay? ";

    #[test]
    fn only_a_whole_prompt_at_the_beginning_is_taken_off() {
        for (text, rest) in [
            ("\nWhich way to the quay?  Left.", " Left."),
            ("Which way to the quay? Left.", " Left."),
            ("<s> Which way to the quay?", ""),
            ("<|begin_of_text|>\nWhich way to the quay? L", "L"),
            ("Which way to the", "Which way to the"),
            ("To the quay: which way to the quay?", "To the quay: which way to the quay?"),
            ("<b> Left", "<b> Left"),
        ] {
            let mut reply = Reply::default();
            let stripped = Echo::new(PROMPT).strip_once(text.as_bytes(), &mut reply);
            assert_eq!((stripped, reply.prompt_echoed), (rest.as_bytes(), text != rest), "{text:?}");
        }
    }

    #[test]
    fn the_first_text_tells_and_a_short_prompt_tells_nothing() {
        let (mut echo, mut reply) = (Echo::new(PROMPT), Reply::default());
        for text in ["Left.", PROMPT] {
            assert_eq!(echo.strip(text.as_bytes(), &mut reply), text.as_bytes());
        }
        assert_eq!(Echo::new("Hi").strip(b"Hi there", &mut reply), b"Hi there");
        assert!(!reply.prompt_echoed);
    }
}
