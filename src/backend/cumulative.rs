//! Servers that say the whole text so far in each event (SGLang, TensorRT-LLM with accumulated tokens), brought back to
//! what each event adds. The same servers, set up otherwise, send what is added; the first few events tell which it is.

use super::wire::char_count;
use crate::record::{EventKind, Reply};

/// Events that each grew out of the one before prove that a stream is cumulative.
const PROOF: u32 = 4;

/// Which of the two a stream is, and what is needed to find out.
#[derive(Debug)]
pub(super) enum Cumulative {
    /// Not known yet: read as cumulative, with what the other reading would have made.
    Open {
        /// All texts, one after the other.
        joined: String,
        /// Each event's place in the reply, and the characters of its text.
        chars: Vec<(usize, u32)>,
        /// How many texts grew.
        grown: u32,
    },
    /// Each event says all so far.
    SoFar,
    /// Each event says what it adds.
    Added,
}

impl Default for Cumulative {
    fn default() -> Self {
        Self::Open { joined: String::new(), chars: Vec::new(), grown: 0 }
    }
}

impl Cumulative {
    /// Takes one event's text into the reply; gives the characters that it added.
    pub(super) fn take(&mut self, text: &str, reply: &mut Reply) -> u32 {
        match self {
            Self::Added => {
                reply.text.push_str(text);
                char_count(text)
            }
            Self::SoFar => replace(&mut reply.text, text),
            Self::Open { joined, chars, grown } => {
                if !continues(text, &reply.text) {
                    joined.push_str(text);
                    reply.text = std::mem::take(joined);
                    correct_events(reply, chars);
                    *self = Self::Added;
                    return char_count(text);
                }
                joined.push_str(text);
                chars.push((reply.events.len(), char_count(text)));
                *grown += u32::from(text.len() > reply.text.len() && !reply.text.is_empty());
                let proven = *grown >= PROOF;
                let added = replace(&mut reply.text, text);
                if proven {
                    *self = Self::SoFar;
                }
                added
            }
        }
    }
}

/// Whether `text` goes on from `before`. A character that was cut in two shows as U+FFFD until its rest has come.
fn continues(text: &str, before: &str) -> bool {
    text.starts_with(before) || (before.ends_with('\u{FFFD}') && text.starts_with(before.trim_end_matches('\u{FFFD}')))
}

/// Puts the text so far in place of the one before; gives the characters that it has more.
fn replace(before: &mut String, text: &str) -> u32 {
    if let Some(added) = text.strip_prefix(before.as_str()) {
        before.push_str(added);
        return char_count(added);
    }
    let added = char_count(text).saturating_sub(char_count(before));
    text.clone_into(before);
    added
}

/// The first events were read as cumulative and were not: gives each what it brought.
fn correct_events(reply: &mut Reply, chars: &[(usize, u32)]) {
    for &(place, chars) in chars {
        if let Some(event) = reply.events.get_mut(place) {
            event.chars = chars;
            event.kind = if chars > 0 { EventKind::Text } else { EventKind::Empty };
        }
    }
}
