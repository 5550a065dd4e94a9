//! Prompts from ShareGPT conversations: the first two turns of each, in the order of Python's shuffle, pruned of very
//! short and very long ones. The reference's `sample_sharegpt_requests`, for files of any size: the list that is
//! shuffled holds places in the file, and only the conversations that are drawn are read.

mod index;
mod json;
mod runs;
#[cfg(test)]
mod tests;
mod utf8;

pub use index::{Entry, Index, Indexer};

use std::pin::pin;

use futures_util::stream::{self, StreamExt};

use super::file::{DatasetError, RandomAccess};
use super::{About, DrawError, DrawProgress, Drawn, Kind, Request, Source};
use crate::rng::PythonRandom;
use crate::settings::Settings;
use crate::text::tokenize::Tokenize;

/// Conversations, in ShareGPT's JSON.
pub(super) struct Sharegpt;

impl Kind for Sharegpt {
    const ABOUT: About = About {
        needs_file: true,
        templated: false,
        origin: "from a dataset",
        settings: &["sharegpt-output-len"],
        first_settings: &["sharegpt-output-len"],
    };

    async fn draw<R: RandomAccess + ?Sized, T: Tokenize>(source: Source<'_, R, T>) -> Result<Drawn, DrawError> {
        check(source.settings)?;
        let file = source.file()?;
        let Source { settings, tokenizer, generators, progress, .. } = source;
        let index = index(file, progress).await?;
        let (entries, eligible) = (index.conversations, index.entries.len() as u32);
        let sampled = sample(file, index.entries, settings, tokenizer, &mut generators.python, progress).await?;
        let dropped = dropped(entries - eligible, &sampled);
        if sampled.requests.is_empty() {
            return Err(DatasetError::NothingUsable { entries, reasons: reasons(&dropped) }.into());
        }
        Ok(Drawn { requests: sampled.requests, entries: Some(entries), dropped })
    }
}

impl From<OutputLenTooSmall> for DrawError {
    fn from(error: OutputLenTooSmall) -> Self {
        Self::Settings(error.to_string())
    }
}

/// Why conversations were passed over, with counts, those that are none left out.
fn dropped(too_few_turns: u32, sampled: &Sampled) -> Vec<(String, u32)> {
    let reasons = [
        ("fewer than two turns", too_few_turns),
        ("fewer than 4 tokens in prompt or answer", sampled.too_short),
        ("more than 1024 tokens in the prompt or 2048 with the answer", sampled.too_long),
    ];
    reasons.into_iter().filter(|(_, count)| *count > 0).map(|(reason, count)| (reason.to_owned(), count)).collect()
}

/// Those reasons in one phrase.
fn reasons(dropped: &[(String, u32)]) -> String {
    if dropped.is_empty() {
        return "its list is empty".into();
    }
    let counted: Vec<String> = dropped.iter().map(|(reason, count)| format!("{count} with {reason}")).collect();
    counted.join(", ")
}

/// Fewer tokens than this, in prompt or answer, are too few.
const MIN_TOKENS: u32 = 4;
/// More tokens in the prompt are too many.
const MAX_PROMPT_TOKENS: u32 = 1024;
/// More tokens in prompt and answer together are too many.
const MAX_TOKENS: u32 = 2048;
/// A text of more raw bytes than this is too long without being read: no tokenizer takes 1000 bytes for a token, and
/// tokenizing tens of megabytes would take all the memory that a browser gives.
const MAX_TEXT_BYTES: usize = 2 << 20;
/// Bytes of the file between two words on how far its indexing is.
const PROGRESS_BYTES: u64 = 8 << 20;
/// Conversations that are read in one go, and their bytes at most.
const BATCH: (usize, usize) = (32, 8 << 20);
/// Batches that are on their way at a time.
const READ_AHEAD: usize = 3;
/// Two texts with less than this between them are read in one go.
const NEAR_BYTES: usize = 4096;

/// The requests, and what was passed over on the way to them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sampled {
    /// The requests, in order.
    pub requests: Vec<Request>,
    /// Conversations looked at.
    pub examined: u32,
    /// Of these, with a prompt or answer of fewer than 4 tokens.
    pub too_short: u32,
    /// Of these, with a prompt of more than 1024 tokens, or more than 2048 with the answer.
    pub too_long: u32,
}

/// An output length that pruning would leave nothing of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Output length (sharegpt-output-len) must be at least 4, not {0}.")]
pub struct OutputLenTooSmall(pub u32);

/// Checks what the reference checks before it reads the file.
///
/// # Errors
/// When the output length is below 4.
pub fn check(settings: &Settings) -> Result<(), OutputLenTooSmall> {
    match settings.sharegpt_output_len {
        Some(len) if len < MIN_TOKENS => Err(OutputLenTooSmall(len)),
        _ => Ok(()),
    }
}

/// Indexes a file from its beginning to its end.
///
/// # Errors
/// When it cannot be read, or is no ShareGPT file.
pub async fn index<R: RandomAccess + ?Sized>(
    file: &R,
    progress: &mut dyn FnMut(DrawProgress),
) -> Result<Index, DatasetError> {
    let mut indexer = Indexer::default();
    let (mut bytes, mut told, total) = (0, 0, file.size());
    let mut feed = |piece: &[u8]| {
        indexer.feed(piece)?;
        bytes += piece.len() as u64;
        if bytes >= told + PROGRESS_BYTES {
            told = bytes;
            progress(DrawProgress::Indexing { bytes, total, conversations: indexer.conversations() });
        }
        Ok(())
    };
    file.scan(&mut feed).await?;
    if bytes != total {
        return Err(DatasetError::Unreadable(format!("it ends at byte {bytes}, though it should have {total}")));
    }
    indexer.finish()
}

/// Shuffles the conversations and takes from the front until there are requests enough, or none left.
///
/// # Errors
/// When the output length is too small, the file cannot be read, a text is not one, or the tokenizer fails.
pub async fn sample<R: RandomAccess + ?Sized>(
    file: &R,
    mut entries: Vec<Entry>,
    settings: &Settings,
    tokenizer: &impl Tokenize,
    python: &mut PythonRandom,
    progress: &mut dyn FnMut(DrawProgress),
) -> Result<Sampled, DrawError> {
    check(settings)?;
    python.shuffle(&mut entries);
    let wanted = settings.num_prompts;
    let mut sampled = Sampled::default();
    // The next conversations are on their way while some are tokenized.
    let texts = stream::iter(batches(&entries)).map(|batch| Texts::read(file, batch, settings));
    let mut texts = pin!(texts.buffered(READ_AHEAD));
    while (sampled.requests.len() as u64) < u64::from(wanted)
        && let Some(texts) = texts.next().await
    {
        let texts = texts?;
        for index in 0..texts.batch.len() {
            if sampled.requests.len() as u64 == u64::from(wanted) {
                break;
            }
            let (prompt, answer) = texts.of(index)?;
            sampled.examine(prompt, answer.as_deref(), settings, tokenizer)?;
        }
        progress(DrawProgress::Sampling { requests: sampled.requests.len() as u32, wanted });
    }
    Ok(sampled)
}

impl Sampled {
    /// Takes or drops one conversation. A text that is none is too long to be read.
    fn examine(
        &mut self,
        prompt: Option<String>,
        answer: Option<&str>,
        settings: &Settings,
        tokenizer: &impl Tokenize,
    ) -> Result<(), DrawError> {
        self.examined += 1;
        let count = |text: Option<&str>| text.map_or(Ok(u32::MAX), |text| tokenizer.count(text));
        let prompt_len = count(prompt.as_deref())?;
        let output_len = match settings.sharegpt_output_len {
            Some(len) => len,
            None => count(answer)?,
        };
        if prompt_len < MIN_TOKENS || output_len < MIN_TOKENS {
            self.too_short += 1;
        } else if prompt_len > MAX_PROMPT_TOKENS || prompt_len.saturating_add(output_len) > MAX_TOKENS {
            self.too_long += 1;
        } else if let Some(prompt) = prompt {
            self.requests.push(Request { prompt, prompt_len, output_len });
        }
        Ok(())
    }
}

/// Conversations in their order, in batches that are read in one go.
fn batches(mut left: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    std::iter::from_fn(move || {
        let (batch, rest) = left.split_at(batch_len(left));
        left = rest;
        (!batch.is_empty()).then_some(batch)
    })
}

/// The texts of a batch of conversations.
struct Texts<'a> {
    batch: &'a [Entry],
    cuts: Vec<[Cut; 2]>,
    parts: Vec<Vec<u8>>,
}

impl<'a> Texts<'a> {
    async fn read<R: RandomAccess + ?Sized>(
        file: &R,
        batch: &'a [Entry],
        settings: &Settings,
    ) -> Result<Self, DatasetError> {
        let mut plan = ReadPlan::default();
        let cuts = batch.iter().map(|entry| plan.add(entry, settings)).collect();
        let parts = file.read_many(&plan.ranges).await.map_err(DatasetError::Unreadable)?;
        Ok(Self { batch, cuts, parts })
    }

    /// Prompt and answer of the conversation at this place; None for what was not read.
    fn of(&self, index: usize) -> Result<(Option<String>, Option<String>), DatasetError> {
        let (entry, [prompt, answer]) = (&self.batch[index], &self.cuts[index]);
        Ok((prompt.text(&self.parts, entry)?, answer.text(&self.parts, entry)?))
    }
}

/// How many entries from the front make one batch of reads.
fn batch_len(entries: &[Entry]) -> usize {
    let (most, most_bytes) = BATCH;
    let mut bytes = 0;
    let fits = |entry: &&Entry| {
        bytes += entry.prompt().1.min(MAX_TEXT_BYTES) + entry.answer().1.min(MAX_TEXT_BYTES);
        bytes <= most_bytes
    };
    let len = entries.iter().take(most).take_while(fits).count();
    len.max(1).min(entries.len())
}

/// The ranges of the file that a batch needs.
#[derive(Default)]
struct ReadPlan {
    ranges: Vec<(u64, usize)>,
}

/// Where a text is in what was read.
enum Cut {
    /// In this part, from a byte on, of this length.
    In { part: usize, from: usize, len: usize },
    /// Not read: too long, or not needed.
    Unread,
}

impl ReadPlan {
    fn add(&mut self, entry: &Entry, settings: &Settings) -> [Cut; 2] {
        let (prompt_start, prompt_len) = entry.prompt();
        let (answer_start, answer_len) = entry.answer();
        let gap = (answer_start - prompt_start) as usize - prompt_len;
        let readable = |len: usize| len <= MAX_TEXT_BYTES;
        let needs_answer = settings.sharegpt_output_len.is_none();
        if needs_answer && readable(prompt_len) && readable(answer_len) && gap < NEAR_BYTES {
            let from = prompt_len + gap;
            self.ranges.push((prompt_start, from + answer_len));
            let part = self.ranges.len() - 1;
            return [Cut::In { part, from: 0, len: prompt_len }, Cut::In { part, from, len: answer_len }];
        }
        let mut alone = |needed: bool, (start, len): (u64, usize)| {
            if !needed || !readable(len) {
                return Cut::Unread;
            }
            self.ranges.push((start, len));
            Cut::In { part: self.ranges.len() - 1, from: 0, len }
        };
        [alone(true, entry.prompt()), alone(needs_answer, entry.answer())]
    }
}

impl Cut {
    fn text(&self, parts: &[Vec<u8>], entry: &Entry) -> Result<Option<String>, DatasetError> {
        let Self::In { part, from, len } = *self else { return Ok(None) };
        let (conversation, at) = (entry.conversation(), entry.prompt().0);
        let fault = |what| DatasetError::Conversation { conversation, at, what };
        let raw = parts.get(part).and_then(|bytes| bytes.get(from..from + len));
        let raw = raw.ok_or_else(|| fault("is no longer there: the file changed while it was read"))?;
        if raw.first() != Some(&b'"') {
            return Err(fault("has a \"value\" that is not text"));
        }
        // The index pass has seen that this is a string, so only half a surrogate pair can be wrong with it.
        let text = serde_json::from_slice(raw);
        text.map(Some)
            .map_err(|_| fault("has half of a surrogate pair (such as \\ud83d) in a text, which is no character"))
    }
}
