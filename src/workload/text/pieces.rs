//! Counts tokens piece by piece: most words of a text were seen before, and looking a word up takes a small part of the
//! time of tokenizing it. Only for tokenizers of which it is known that they never make a token across the cuts.
//!
//! The cut is before a space that stands between visible ASCII and an ASCII letter. The patterns of GPT-2 and of those
//! after it end a match before such a space and begin the next one with it, whatever is around.
//!
//! Most pieces are a space, a word of ASCII letters and some marks. Of these it is known how the patterns match them and
//! how byte-level BPE writes them, so that the model is asked directly, which takes a tenth of the time.

use std::cell::RefCell;
use std::collections::HashMap;

use tokenizers::pre_tokenizers::split::SplitPattern;
use tokenizers::{AddedToken, Model, ModelWrapper, NormalizerWrapper, PostProcessor, PreTokenizerWrapper, Tokenizer};

/// Pieces that are remembered; some 5 MB.
const MOST_PIECES: usize = 60_000;
/// Longer pieces are seldom seen twice.
const LONGEST_PIECE: usize = 32;

/// Qwen2's pattern. Llama-3's is the same, but for the number of digits that it takes together.
const PATTERN: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The counts of pieces seen before.
pub(super) struct Pieces {
    counts: RefCell<HashMap<String, u32>>,
    /// Special tokens that are added to a text.
    special: u32,
    /// Whether no added token can be found in a piece of one word.
    words_are_plain: bool,
}

impl Pieces {
    /// For a tokenizer that allows it.
    pub(super) fn of(tokenizer: &Tokenizer) -> Option<Self> {
        let normalizer = matches!(tokenizer.get_normalizer(), None | Some(NormalizerWrapper::NFC(_)));
        let random = matches!(tokenizer.get_model(), ModelWrapper::BPE(bpe) if bpe.dropout.is_some());
        let added = tokenizer.get_added_tokens_decoder();
        let fits =
            normalizer && !random && cuts(tokenizer.get_pre_tokenizer()?) && added.values().all(stays_in_a_piece);
        let special = tokenizer.get_post_processor().map_or(0, |it| it.added_tokens(false));
        let words_are_plain = !added.values().any(|token| is_in_a_word(&token.content));
        fits.then(|| Self { counts: RefCell::default(), special: special as u32, words_are_plain })
    }

    /// Tokens of a text; the tokenizer is the one that these are of.
    pub(super) fn count(&self, tokenizer: &Tokenizer, text: &str, add_special_tokens: bool) -> tokenizers::Result<u32> {
        let mut counts = self.counts.borrow_mut();
        let mut sum = if add_special_tokens { self.special } else { 0 };
        for piece in split(text) {
            let known = counts.get(piece).copied();
            let count = known.map_or_else(|| self.encode(tokenizer, piece), Ok)?;
            if known.is_none() && piece.len() <= LONGEST_PIECE && counts.len() < MOST_PIECES {
                counts.insert(piece.to_owned(), count);
            }
            sum += count;
        }
        Ok(sum)
    }

    fn encode(&self, tokenizer: &Tokenizer, piece: &str) -> tokenizers::Result<u32> {
        let Some((word, marks)) = word(piece).filter(|_| self.words_are_plain) else {
            return tokenizer.encode_fast(piece, false).map(|it| it.len() as u32);
        };
        let model = tokenizer.get_model();
        // A space is written so in byte-level BPE; other visible ASCII stands for itself.
        let mut count = model.tokenize(&format!("Ġ{word}"))?.len();
        if !marks.is_empty() {
            count += model.tokenize(marks)?.len();
        }
        Ok(count as u32)
    }
}

/// The word and the marks of a piece that is a space, letters and marks, all ASCII.
fn word(piece: &str) -> Option<(&str, &str)> {
    let text = piece.strip_prefix(' ')?;
    let (word, marks) = text.split_at(text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len()));
    (!word.is_empty() && marks.bytes().all(|byte| byte.is_ascii_punctuation())).then_some((word, marks))
}

/// Whether this can be a part of such a piece.
fn is_in_a_word(content: &str) -> bool {
    let text = content.trim_start_matches(' ').trim_start_matches(|c: char| c.is_ascii_alphabetic());
    text.bytes().all(|byte| byte.is_ascii_punctuation())
}

/// The pieces of a text, in order and without gaps.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let cut = rest.as_bytes().windows(3).position(
            |three| matches!(three, [before, b' ', after] if before.is_ascii_graphic() && after.is_ascii_alphabetic()),
        );
        // A cut is beside an ASCII byte, and so between characters.
        let (piece, left) = rest.split_at(cut.map_or(rest.len(), |at| at + 1));
        rest = left;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Whether a pre-tokenizer cuts wherever [`split`] does.
fn cuts(pre_tokenizer: &PreTokenizerWrapper) -> bool {
    match pre_tokenizer {
        PreTokenizerWrapper::ByteLevel(bytes) => bytes.use_regex,
        PreTokenizerWrapper::Sequence(parts) => match parts.as_ref() {
            [PreTokenizerWrapper::Split(split), PreTokenizerWrapper::ByteLevel(_)] => match &split.pattern {
                SplitPattern::Regex(pattern) => !split.invert && pattern.replace(r"\p{N}{1,3}", r"\p{N}") == PATTERN,
                SplitPattern::String(_) => false,
            },
            _ => false,
        },
        _ => false,
    }
}

/// Whether an added token, which is found before anything else, is found in a piece as it is in the whole text.
fn stays_in_a_piece(token: &AddedToken) -> bool {
    !token.lstrip && !token.rstrip && !token.single_word && !token.content.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;
    use std::sync::{LazyLock, Mutex};

    fn unpack(packed: &[u8]) -> Vec<u8> {
        let mut json = Vec::new();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut json).expect("a gzip file");
        json
    }

    /// One with Llama-3's pattern and one with GPT-2's, each with its pieces.
    static TOKENIZERS: LazyLock<Vec<Mutex<(Tokenizer, Pieces)>>> = LazyLock::new(|| {
        let golden = unpack(include_bytes!("../../../tests/golden/tokenizers/llama3ish.json.gz"));
        let demo = include_bytes!("../../../assets/demo/tokenizer/tokenizer.json").to_vec();
        let read = |json: Vec<u8>| {
            let tokenizer = Tokenizer::from_bytes(json).expect("a tokenizer");
            let pieces = Pieces::of(&tokenizer).expect("a tokenizer that allows pieces");
            Mutex::new((tokenizer, pieces))
        };
        vec![read(golden), read(demo)]
    });

    proptest! {
        #[test]
        fn pieces_have_the_tokens_of_the_whole(
            words in prop::collection::vec("[a-zA-Z]{0,5}|[\\PC]{0,3}|'(s|LL|ve) |[ \n\t\r]{1,3}|[0-9.,!?]{1,4} ?|<\\|(end|begin)_of_text\\|>|<\\|end\\|>", 0..40),
            blank in "| ",
        ) {
            let text = words.join(&blank);
            prop_assert_eq!(split(&text).collect::<String>(), text.clone());
            for one in TOKENIZERS.iter() {
                let one = one.lock().expect("no test panics in here");
                let whole = |text: &str, special| one.0.encode_fast(text, special).map(|it| it.len() as u32);
                for special in [true, false] {
                    let counted = one.1.count(&one.0, &text, special).expect("a count");
                    prop_assert_eq!(counted, whole(&text, special).expect("a count"), "{:?}", text);
                }
            }
        }
    }

    #[test]
    fn others_are_tokenized_whole() {
        for packed in [
            include_bytes!("../../../tests/golden/tokenizers/llama2ish.json.gz").as_slice(),
            include_bytes!("../../../tests/golden/tokenizers/unigram.json.gz"),
        ] {
            assert!(Pieces::of(&Tokenizer::from_bytes(unpack(packed)).expect("a tokenizer")).is_none());
        }
    }

    #[test]
    fn a_word_is_a_space_letters_and_marks() {
        assert_eq!(word(" word"), Some(("word", "")));
        assert_eq!(word(" word.)\""), Some(("word", ".)\"")));
        for other in ["word", " ", " .", " it's", " a1", " é", " a\n", ""] {
            assert_eq!(word(other), None, "{other:?}");
        }
        for token in ["word", " word", "!", "a.", "  "] {
            assert!(is_in_a_word(token), "{token:?}");
        }
        for token in ["<|end|>", "[INST]", "é", "1", "\n"] {
            assert!(!is_in_a_word(token), "{token:?}");
        }
    }

    #[test]
    fn a_token_with_a_space_in_it_forbids_pieces() {
        let mut token = AddedToken::from("two words", false);
        assert!(!stays_in_a_piece(&token));
        token.content = "word".into();
        assert!(stays_in_a_piece(&token));
        token.rstrip = true;
        assert!(!stays_in_a_piece(&token));
    }
}
