//! Prompts of random tokens: runs of consecutive token numbers from a random place on, decoded to text. The reference's
//! `sample_random_requests`.

use super::file::RandomAccess;
use super::{About, DrawError, Drawn, Kind, Request, Source};
use crate::rng::{EmptyRange, NumpyRandom};
use crate::settings::Settings;
use crate::text::tokenize::{Tokenize, TokenizerError};

/// Random tokens of the tokenizer's vocabulary.
pub(super) struct Random;

impl Kind for Random {
    const ABOUT: About = About {
        needs_file: false,
        templated: false,
        origin: "of random tokens",
        settings: &["random-input-len", "random-output-len", "random-range-ratio"],
        first_settings: &["random-input-len", "random-output-len"],
    };

    async fn draw<R: RandomAccess + ?Sized, T: Tokenize>(source: Source<'_, R, T>) -> Result<Drawn, DrawError> {
        let requests = sample(source.settings, source.tokenizer, &mut source.generators.numpy)?;
        Ok(Drawn { requests, ..Drawn::default() })
    }
}

impl From<EmptyRange> for DrawError {
    fn from(error: EmptyRange) -> Self {
        Self::Settings(format!("{error}: Random range ratio (random-range-ratio) must be from 0 to 1."))
    }
}

/// Draws prompts and lengths. The recorded prompt length is the one drawn: the decoded text may well be tokenized to
/// another.
///
/// # Errors
/// When the range ratio leaves no length to draw, or the tokenizer cannot decode.
pub fn sample(
    settings: &Settings,
    tokenizer: &impl Tokenize,
    numpy: &mut NumpyRandom,
) -> Result<Vec<Request>, DrawError> {
    let count = settings.num_prompts as usize;
    let vocab_size = i64::from(tokenizer.vocab_size());
    if vocab_size == 0 {
        return Err(TokenizerError::NoVocabulary.into());
    }
    let input_lens = lengths(settings.random_input_len, settings.random_range_ratio, count, numpy)?;
    let output_lens = lengths(settings.random_output_len, settings.random_range_ratio, count, numpy)?;
    let offsets = numpy.randint(0, vocab_size, count)?;
    let request = |i: usize| {
        let ids: Vec<u32> = (0..input_lens[i]).map(|j| ((offsets[i] + i as i64 + j) % vocab_size) as u32).collect();
        let prompt = tokenizer.decode(&ids)?;
        Ok(Request { prompt, prompt_len: input_lens[i] as u32, output_len: output_lens[i] as u32 })
    };
    (0..count).map(request).collect()
}

/// Lengths from `ratio` of `len`, rounded down, up to `len` itself.
fn lengths(len: u32, ratio: f64, count: usize, numpy: &mut NumpyRandom) -> Result<Vec<i64>, EmptyRange> {
    numpy.randint((f64::from(len) * ratio) as i64, i64::from(len) + 1, count)
}
