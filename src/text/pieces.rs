//! Counts tokens piece by piece: most words of a text were seen before, and looking a word up takes a small part of the
//! time of tokenizing it. Only for tokenizers of which it is known that they never make a token across the cuts.
//!
//! One cut is before a space that follows something visible: the patterns of GPT-2 and of those after it end a match
//! before such a space and begin the next one with it, whatever comes. Newer patterns, which take a line's end together
//! with what is before it, may be cut after it as well.
//!
//! Most pieces are a word of ASCII letters and some marks. Of these it is known how the patterns match them and how
//! byte-level BPE writes them, so that the model is asked directly, which takes a tenth of the time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::iter::once;

use memchr::memchr2_iter;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{AddedToken, Model, ModelWrapper, NormalizerWrapper, PostProcessor, PreTokenizerWrapper, Tokenizer};

/// Pieces that are remembered; some 5 MB.
const MOST_PIECES: usize = 60_000;
/// Longer pieces are seldom seen twice.
const LONGEST_PIECE: usize = 32;

/// Qwen2's pattern. Llama-3's is the same, but for the number of digits that it takes together.
const PATTERN: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// What is known of a pre-tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    /// It takes line ends together with the marks before them, and nothing that follows: a text may be cut there.
    takes_line_ends: bool,
    /// It puts a space before a text that begins without one.
    puts_a_space: bool,
}

/// Tokens of pieces.
type Counts = HashMap<String, u32>;

/// The counts of pieces seen before.
pub(super) struct Pieces {
    counts: RefCell<Counts>,
    pre_tokenizer: Known,
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
        let pre_tokenizer = known(tokenizer.get_pre_tokenizer()?)?;
        let special = tokenizer.get_post_processor().map_or(0, |it| it.added_tokens(false));
        let words_are_plain = !added.values().any(|token| is_in_a_word(&token.content));
        let fits = normalizer && !random && added.values().all(stays_in_a_piece);
        fits.then(|| Self { counts: RefCell::default(), pre_tokenizer, special: special as u32, words_are_plain })
    }

    /// Tokens of a text; the tokenizer is the one that these are of.
    pub(super) fn count(&self, tokenizer: &Tokenizer, text: &str, add_special_tokens: bool) -> tokenizers::Result<u32> {
        let mut counts = self.counts.borrow_mut();
        let mut sum = if add_special_tokens { self.special } else { 0 };
        for piece in split(text, self.pre_tokenizer) {
            sum += self.count_piece(&mut counts, tokenizer, piece)?;
        }
        Ok(sum)
    }

    fn count_piece(&self, counts: &mut Counts, tokenizer: &Tokenizer, piece: &str) -> tokenizers::Result<u32> {
        if let Some(known) = counts.get(piece) {
            return Ok(*known);
        }
        let tokens = |text: &str| tokenizer.get_model().tokenize(&byte_level(text)).map(|tokens| tokens.len() as u32);
        let count = match word(piece, self.pre_tokenizer).filter(|_| self.words_are_plain) {
            None => tokenizer.encode_fast(piece, false)?.len() as u32,
            Some((word, "")) => tokens(word)?,
            // A word that is new with these marks may be known without them.
            Some((word, tail)) => self.count_piece(counts, tokenizer, word)? + tokens(tail)?,
        };
        if piece.len() <= LONGEST_PIECE && counts.len() < MOST_PIECES {
            counts.insert(piece.to_owned(), count);
        }
        Ok(count)
    }
}

/// Such ASCII as byte-level BPE writes it: what is visible stands for itself.
fn byte_level(text: &str) -> String {
    let letter = |c| match c {
        ' ' => 'Ġ',
        '\n' => 'Ċ',
        '\r' => 'č',
        c => c,
    };
    text.chars().map(letter).collect()
}

/// The word of a piece that is ASCII letters, with a space before them or none, and what follows it: marks and, where
/// these are taken together, line ends.
fn word(piece: &str, known: Known) -> Option<(&str, &str)> {
    let space = usize::from(piece.starts_with(' '));
    let letters = piece[space..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(piece.len() - space);
    let (word, tail) = piece.split_at(space + letters);
    let rest = tail.trim_start_matches(|c: char| c.is_ascii_punctuation());
    let ends = rest.is_empty() || known.takes_line_ends && rest.trim_start_matches(LINE_END).is_empty();
    let as_it_is = space > 0 || !known.puts_a_space;
    (letters > 0 && ends && as_it_is).then_some((word, tail))
}

/// Whether this can be a part of such a piece.
fn is_in_a_word(content: &str) -> bool {
    let text = content.trim_start_matches(' ').trim_start_matches(|c: char| c.is_ascii_alphabetic());
    text.trim_start_matches(|c: char| c.is_ascii_punctuation()).trim_start_matches(LINE_END).is_empty()
}

const LINE_END: [char; 2] = ['\r', '\n'];

/// The pieces of a text, in order and without gaps.
fn split(text: &str, known: Known) -> impl Iterator<Item = &str> {
    let places = memchr2_iter(b' ', b'\n', text.as_bytes()).filter_map(move |at| cut(text, at, known));
    let mut start = 0;
    places.chain(once(text.len())).filter_map(move |end| {
        let piece = &text[start..end];
        start = end;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Where the text may be cut for the blank at this place.
fn cut(text: &str, at: usize, known: Known) -> Option<usize> {
    let (before, after) = (&text[..at], &text[at + 1..]);
    if text.as_bytes()[at] == b' ' {
        let visible = |c: char| !c.is_whitespace() && !c.is_control();
        return before.chars().next_back().is_some_and(visible).then_some(at);
    }
    let next = after.trim_start_matches([' ', '\t']).bytes().next();
    (known.takes_line_ends && next.is_some_and(|byte| byte.is_ascii_graphic())).then_some(at + 1)
}

/// What is known of a pre-tokenizer; none of one that may make tokens across the cuts.
fn known(pre_tokenizer: &PreTokenizerWrapper) -> Option<Known> {
    match pre_tokenizer {
        PreTokenizerWrapper::ByteLevel(bytes) => {
            bytes.use_regex.then_some(Known { takes_line_ends: false, puts_a_space: bytes.add_prefix_space })
        }
        PreTokenizerWrapper::Sequence(parts) => match parts.as_ref() {
            [PreTokenizerWrapper::Split(split), PreTokenizerWrapper::ByteLevel(bytes)] => {
                let plain = !bytes.use_regex && !bytes.add_prefix_space;
                (plain && is_known(split)).then_some(Known { takes_line_ends: true, puts_a_space: false })
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether this cuts a text at [`PATTERN`].
fn is_known(split: &Split) -> bool {
    let whole = !split.invert && split.behavior == SplitDelimiterBehavior::Isolated;
    whole
        && matches!(&split.pattern, SplitPattern::Regex(pattern) if pattern.replace(r"\p{N}{1,3}", r"\p{N}") == PATTERN)
}

/// Whether an added token, which is found before anything else, is found in a piece as it is in the whole text.
fn stays_in_a_piece(token: &AddedToken) -> bool {
    !token.lstrip && !token.rstrip && !token.single_word && !token.content.contains([' ', '\n'])
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
        let golden = unpack(include_bytes!("../../tests/golden/tokenizers/llama3ish.json.gz"));
        let demo = include_bytes!("../../assets/demo/tokenizer/tokenizer.json").to_vec();
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
            words in prop::collection::vec("[a-zA-Z]{0,5}|[\\PC]{0,3}|[\u{a0}\u{2003}\u{85}\u{b}\u{1c}\u{301} \n\t]{1,3}|'(s|LL|ve) |[ \n\t\r]{1,3}|[0-9.,!?]{1,4} ?|<\\|(end|begin)_of_text\\|>|<\\|end\\|>", 0..40),
            blank in "| |\n",
        ) {
            let text = words.join(&blank);
            for one in TOKENIZERS.iter() {
                let one = one.lock().expect("no test panics in here");
                prop_assert_eq!(split(&text, one.1.pre_tokenizer).collect::<String>(), text.clone());
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
            include_bytes!("../../tests/golden/tokenizers/llama2ish.json.gz").as_slice(),
            include_bytes!("../../tests/golden/tokenizers/unigram.json.gz"),
        ] {
            assert!(Pieces::of(&Tokenizer::from_bytes(unpack(packed)).expect("a tokenizer")).is_none());
        }
    }

    const GPT_2: Known = Known { takes_line_ends: false, puts_a_space: false };
    const LLAMA_3: Known = Known { takes_line_ends: true, puts_a_space: false };

    #[test]
    fn a_word_is_letters_and_marks() {
        for known in [GPT_2, LLAMA_3] {
            assert_eq!(word(" word", known), Some((" word", "")));
            assert_eq!(word("word.)\"", known), Some(("word", ".)\"")));
            for other in [" ", " .", " it's", " a1", " é", "a\nb", "a\n.", ""] {
                assert_eq!(word(other, known), None, "{other:?}");
            }
        }
        let ended = " word.\r\n\n";
        assert_eq!((word(ended, LLAMA_3), word(ended, GPT_2)), (Some((" word", ".\r\n\n")), None));
        let spaced = Known { puts_a_space: true, ..GPT_2 };
        assert_eq!((word("word", spaced), word(" word", spaced)), (None, Some((" word", ""))));
        for token in ["word", " word", "!", "a.", "  ", "\n\n"] {
            assert!(is_in_a_word(token), "{token:?}");
        }
        for token in ["<|end|>", "[INST]", "é", "1"] {
            assert!(!is_in_a_word(token), "{token:?}");
        }
    }

    #[test]
    fn a_text_is_cut_before_words_and_after_lines() {
        let pieces = |text, known| split(text, known).collect::<Vec<_>>();
        let text = "one, 2 (é  of\n\n \n\tmany\u{a0} x";
        assert_eq!(pieces(text, GPT_2), ["one,", " 2", " (é", "  of\n\n \n\tmany\u{a0} x"]);
        assert_eq!(pieces(text, LLAMA_3), ["one,", " 2", " (é", "  of\n\n \n", "\tmany\u{a0} x"]);
        assert!(pieces("", GPT_2).is_empty());
    }

    #[test]
    fn a_token_with_a_space_in_it_forbids_pieces() {
        let mut token = AddedToken::from("two words", false);
        assert!(!stays_in_a_piece(&token));
        token.content = "two\nlines".into();
        assert!(!stays_in_a_piece(&token));
        token.content = "word".into();
        assert!(stays_in_a_piece(&token));
        token.rstrip = true;
        assert!(!stays_in_a_piece(&token));
    }
}
