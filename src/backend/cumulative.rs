//! Servers that send the whole text so far in each event (SGLang, TensorRT-LLM with accumulated tokens), brought back to
//! what each event adds. The same servers, set up otherwise, send what is added; the first few events tell which it is.

use super::join::{Half, char_count, decoded};
use crate::record::{EventKind, Reply};

/// Events that each grew out of the one before prove that a stream is cumulative.
const PROOF: u32 = 4;
/// Events in a row that repeat the first one's text, where no text ever grew: one token again and again, and no text so
/// far. One repetition may be an end-of-sequence token, which has no text.
const REPEATS: u32 = 2;

/// Which of the two a stream is, and what is needed to find out.
#[derive(Debug, Default)]
pub(super) struct Cumulative {
    state: State,
    /// Half a character that the last event added.
    half: Half,
}

#[derive(Debug)]
enum State {
    /// Not known yet: read as cumulative, with what the other reading would have made.
    Open(Trial),
    /// Each event has all so far.
    SoFar,
    /// Each event has what it adds.
    Added,
}

impl Default for State {
    fn default() -> Self {
        Self::Open(Trial::default())
    }
}

/// What tells the two readings apart.
#[derive(Debug, Default)]
struct Trial {
    /// All texts, one after the other.
    joined: String,
    /// Each event's place in the reply, and the characters of its text.
    chars: Vec<(usize, u32)>,
    /// How many texts grew.
    grown: u32,
    /// How many repeated the one before.
    repeated: u32,
    /// How many did though the server had counted more tokens; none where it does not count.
    counted: Option<u32>,
    /// Its last count.
    tokens: Option<u32>,
}

impl Cumulative {
    /// Takes one event's text into the reply; gives the characters that it added. `tokens` is how many there are so far,
    /// where the event says so.
    pub(super) fn take(&mut self, bytes: &[u8], tokens: Option<u32>, reply: &mut Reply) -> u32 {
        match &mut self.state {
            State::Added => self.half.push(bytes, &mut reply.text),
            State::SoFar => replace(&mut reply.text, &decoded(bytes)),
            State::Open(trial) => {
                let text = decoded(bytes);
                let chars = self.half.push(bytes, &mut trial.joined);
                if !continues(&text, &reply.text) {
                    trial.correct(reply);
                    self.state = State::Added;
                    return chars;
                }
                trial.chars.push((reply.events.len(), chars));
                trial.compare(&text, &reply.text, tokens);
                let proven = trial.grown >= PROOF;
                let added = replace(&mut reply.text, &text);
                if proven {
                    self.state = State::SoFar;
                }
                added
            }
        }
    }

    /// No more comes: a stream that repeated one text and never grew sent what each event adds.
    pub(super) fn settle(&mut self, reply: &mut Reply) {
        if let State::Open(trial) = &mut self.state
            && trial.grown == 0
            && trial.counted.unwrap_or(trial.repeated) >= REPEATS
        {
            trial.correct(reply);
            self.state = State::Added;
        }
        if matches!(self.state, State::Added) {
            self.half.flush(&mut reply.text);
        }
    }
}

impl Trial {
    /// Counts what the next text says for either reading.
    fn compare(&mut self, text: &str, before: &str, tokens: Option<u32>) {
        let more = tokens.zip(self.tokens).map(|(now, before)| now > before);
        self.tokens = tokens.or(self.tokens);
        if before.is_empty() {
            return;
        }
        self.grown += u32::from(text.len() > before.len());
        if text == before {
            self.repeated += 1;
            if let Some(more) = more {
                *self.counted.get_or_insert(0) += u32::from(more);
            }
        }
    }

    /// The first events were read as cumulative and were not: gives each what it brought.
    fn correct(&mut self, reply: &mut Reply) {
        reply.text = std::mem::take(&mut self.joined);
        for &(place, chars) in &self.chars {
            if let Some(event) = reply.events.get_mut(place) {
                event.chars = chars;
                event.kind = if chars > 0 { EventKind::Text } else { EventKind::Empty };
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
