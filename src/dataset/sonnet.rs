//! Prompts of poem lines: a shared prefix of the first lines, then lines drawn at random, about as many as make the
//! wanted input length. The reference's `sample_sonnet_requests`.

use super::file::{DatasetError, RandomAccess};
use super::{About, DrawError, Drawn, Kind, Request, Source};
use crate::rng::PythonRandom;
use crate::settings::{BackendKind, Settings};
use crate::text::tokenize::Tokenize;

/// Lines of a poem.
pub(super) struct Sonnet;

impl Kind for Sonnet {
    const ABOUT: About = About {
        needs_file: true,
        templated: true,
        origin: "from a poem",
        settings: &["sonnet-input-len", "sonnet-output-len", "sonnet-prefix-len"],
        first_settings: &["sonnet-output-len"],
    };

    async fn draw<R: RandomAccess + ?Sized, T: Tokenize>(source: Source<'_, R, T>) -> Result<Drawn, DrawError> {
        check(source.settings)?;
        let poem = whole(source.file()?).await?;
        let python = &mut source.generators.python;
        let (plan, requests) = sample(&poem, source.settings, source.tokenizer, python)?;
        Ok(Drawn { requests, entries: Some(plan.lines.len() as u32), dropped: Vec::new() })
    }
}

/// A poem above this size is refused: it is read whole.
const MAX_POEM_BYTES: u64 = 64 << 20;

async fn whole<R: RandomAccess + ?Sized>(file: &R) -> Result<Vec<u8>, DatasetError> {
    let size = file.size();
    match usize::try_from(size) {
        Ok(len) if size <= MAX_POEM_BYTES => file.read(0, len).await.map_err(DatasetError::Unreadable),
        _ => Err(DatasetError::PoemTooBig(size)),
    }
}

impl From<SonnetError> for DrawError {
    fn from(error: SonnetError) -> Self {
        Self::Settings(error.to_string())
    }
}

/// What every prompt begins with.
const BASE_PROMPT: &str = "Pick as many lines as you can from these poem lines:\n";

/// What is wrong with the asked lengths.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SonnetError {
    /// No room behind the prefix.
    #[error(
        "Sonnet input length (sonnet-input-len) is {input_len} and must be above the prefix length (sonnet-prefix-len), \
         {prefix_len}."
    )]
    InputBelowPrefix {
        /// Asked input length.
        input_len: u32,
        /// Asked prefix length.
        prefix_len: u32,
    },
    /// A length that the instruction alone exceeds.
    #[error(
        "{label} ({key}) must be above {offset}, the tokens of the instruction that every prompt begins with, in this \
         tokenizer's chat template."
    )]
    BelowInstruction {
        /// The flag.
        key: &'static str,
        /// Its label.
        label: &'static str,
        /// Tokens of the instruction.
        offset: u32,
    },
    /// More lines than there are.
    #[error(
        "A prompt of {input_len} tokens (sonnet-input-len) takes {wanted} different lines beside the prefix, but the poem \
         has {lines}. Ask for shorter prompts or pick a longer poem."
    )]
    TooFewLines {
        /// Asked input length.
        input_len: u32,
        /// Lines to draw for each prompt.
        wanted: usize,
        /// Lines of the poem.
        lines: usize,
    },
}

/// A poem and how many of its lines make a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The lines, each with its line feed.
    pub lines: Vec<String>,
    /// Tokens of a line on average, with special tokens.
    pub average_line_tokens: f64,
    /// The instruction alone in the chat template.
    pub base_prompt_formatted: String,
    /// Its tokens.
    pub base_prompt_offset: u32,
    /// Lines of a prompt.
    pub input_lines: usize,
    /// Of these, lines of the prefix that all prompts share.
    pub prefix_lines: usize,
}

impl Plan {
    /// Reads the poem and works out how many lines a prompt takes.
    ///
    /// # Errors
    /// When the poem is not UTF-8 or empty, the lengths are at odds, or the tokenizer fails.
    pub fn new(poem: &[u8], settings: &Settings, tokenizer: &impl Tokenize) -> Result<Self, DrawError> {
        let (input_len, prefix_len) = (settings.sonnet_input_len, settings.sonnet_prefix_len);
        let lines = lines(poem)?;
        let mut tokens = 0;
        for line in &lines {
            tokens += u64::from(tokenizer.count(line)?);
        }
        if tokens == 0 {
            return Err(DatasetError::NoLines.into());
        }
        let average_line_tokens = tokens as f64 / lines.len() as f64;
        let base_prompt_formatted = tokenizer.chat_prompt(BASE_PROMPT)?;
        let base_prompt_offset = tokenizer.count(&base_prompt_formatted)?;
        let lines_for = |len: u32, key, label| {
            let offset = base_prompt_offset;
            let room = len.checked_sub(offset).filter(|room| *room > 0);
            let room = room.ok_or(SonnetError::BelowInstruction { key, label, offset })?;
            Ok::<_, SonnetError>((f64::from(room) / average_line_tokens).round_ties_even() as usize)
        };
        let input_lines = lines_for(input_len, "sonnet-input-len", "Sonnet input length")?;
        let prefix_lines = lines_for(prefix_len, "sonnet-prefix-len", "Sonnet prefix length")?;
        Ok(Self { lines, average_line_tokens, base_prompt_formatted, base_prompt_offset, input_lines, prefix_lines })
    }

    /// The next prompt, not yet in the chat template; none when the poem has too few lines.
    pub fn draw(&self, python: &mut PythonRandom) -> Option<String> {
        let drawn = python.sample(self.lines.len(), self.input_lines.checked_sub(self.prefix_lines)?)?;
        let prefix = self.lines.iter().take(self.prefix_lines);
        let sampled = drawn.into_iter().map(|i| &self.lines[i]);
        let mut prompt = BASE_PROMPT.to_owned();
        prompt.extend(prefix.chain(sampled).map(String::as_str));
        Some(prompt)
    }
}

/// Checks what the reference checks before it reads the poem.
///
/// # Errors
/// When the prefix leaves no room.
pub fn check(settings: &Settings) -> Result<(), SonnetError> {
    let (input_len, prefix_len) = (settings.sonnet_input_len, settings.sonnet_prefix_len);
    if input_len > prefix_len { Ok(()) } else { Err(SonnetError::InputBelowPrefix { input_len, prefix_len }) }
}

/// Draws the workload's prompts. Chat backends get them as they are, since their server applies the template; the rest
/// get them in the template. The recorded length is the templated one's for both.
///
/// # Errors
/// As [`check`] and [`Plan::new`], and when the poem has too few lines.
pub fn sample(
    poem: &[u8],
    settings: &Settings,
    tokenizer: &impl Tokenize,
    python: &mut PythonRandom,
) -> Result<(Plan, Vec<Request>), DrawError> {
    check(settings)?;
    let plan = Plan::new(poem, settings, tokenizer)?;
    let mut requests = Vec::new();
    for _ in 0..settings.num_prompts {
        let prompt = plan.draw(python).ok_or_else(|| SonnetError::TooFewLines {
            input_len: settings.sonnet_input_len,
            wanted: plan.input_lines.saturating_sub(plan.prefix_lines),
            lines: plan.lines.len(),
        })?;
        let formatted = tokenizer.chat_prompt(&prompt)?;
        let prompt_len = tokenizer.count(&formatted)?;
        let prompt = if settings.backend == BackendKind::OpenaiChat { prompt } else { formatted };
        requests.push(Request { prompt, prompt_len, output_len: settings.sonnet_output_len });
    }
    Ok((plan, requests))
}

/// Lines as Python's text mode reads them: CR LF and lone CR are line feeds, each line keeps its own, and nothing else
/// ends a line.
fn lines(poem: &[u8]) -> Result<Vec<String>, DatasetError> {
    let text = std::str::from_utf8(poem).map_err(|error| DatasetError::NotUtf8 { at: error.valid_up_to() as u64 })?;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Ok(text.split_inclusive('\n').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_pythons_text_mode() {
        let read = lines("a\r\nb\rc\n\u{2028}d\u{85}\x0ce\n\nf".as_bytes()).unwrap();
        assert_eq!(read, ["a\n", "b\n", "c\n", "\u{2028}d\u{85}\x0ce\n", "\n", "f"]);
        assert_eq!(lines(b""), Ok(vec![]));
        assert_eq!(lines(b"ab\xff"), Err(DatasetError::NotUtf8 { at: 2 }));
    }
}
