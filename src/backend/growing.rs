//! Deltas that are none: some servers put all text so far into each `delta`, or once more into the last one. What is new
//! is what a delta means, so that only a stream that shows it from its beginning is read otherwise.

use super::join::{Half, char_count, decoded};
use crate::record::{EventKind, Reply};

/// Deltas from the first on that each went on from the one before prove that they hold all text so far.
const PROOF: u32 = 4;
/// A delta that is all text so far repeats it, where that came in as many pieces and has as many bytes; a shorter one may
/// be what the model said.
const LEAST_PIECES: usize = 3;
const LEAST_BYTES: usize = 16;

/// How the deltas of a stream are read.
#[derive(Debug)]
pub(super) enum Growing {
    /// Not known yet: read as what is new.
    Open {
        /// The last delta.
        last: String,
        /// Each event's place in the reply, and the characters that it has more than the one before.
        more: Vec<(usize, u32)>,
    },
    /// Each delta has all so far.
    SoFar,
    /// Each delta has what is new.
    New,
}

impl Default for Growing {
    fn default() -> Self {
        Self::Open { last: String::new(), more: Vec::new() }
    }
}

impl Growing {
    /// Takes a delta's text into the reply; gives the characters that it added.
    pub(super) fn take(&mut self, bytes: &[u8], half: &mut Half, reply: &mut Reply) -> u32 {
        match self {
            Self::New if repeats(bytes, reply) => 0,
            Self::New => half.push(bytes, &mut reply.text),
            Self::SoFar => {
                let text = decoded(bytes);
                let added = char_count(&text).saturating_sub(char_count(&reply.text));
                reply.text = text.into_owned();
                added
            }
            Self::Open { last, more } => {
                let text = decoded(bytes);
                if text.len() <= last.len() || !text.starts_with(last.as_str()) {
                    *self = Self::New;
                    return half.push(bytes, &mut reply.text);
                }
                let added = char_count(&text[last.len()..]);
                more.push((reply.events.len(), added));
                *last = text.into_owned();
                if more.len() as u32 <= PROOF {
                    return half.push(bytes, &mut reply.text);
                }
                reply.text = std::mem::take(last);
                for (place, chars) in std::mem::take(more) {
                    if let Some(event) = reply.events.get_mut(place) {
                        event.chars = chars;
                    }
                }
                *self = Self::SoFar;
                added
            }
        }
    }
}

/// Whether a delta is all text so far once more.
fn repeats(bytes: &[u8], reply: &Reply) -> bool {
    let texts = || reply.events.iter().filter(|event| event.kind == EventKind::Text);
    bytes.len() >= LEAST_BYTES && bytes == reply.text.as_bytes() && texts().nth(LEAST_PIECES - 1).is_some()
}
