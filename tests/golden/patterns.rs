//! What the patterns of well-known tokenizers split texts into, against Python's tokenizers, whose engine for regular
//! expressions is another one.

use serde::Deserialize;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

use crate::unzip;

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    patterns: Vec<Pattern>,
}

#[derive(Deserialize)]
struct Pattern {
    name: String,
    pattern: String,
    /// Of each text, in the texts' order.
    pieces: Vec<Vec<String>>,
}

pub(crate) fn every_pattern_splits_texts_as_the_reference_does() {
    let golden: Golden = serde_json::from_slice(&unzip(include_bytes!("patterns.json.gz"))).expect("patterns");
    assert!(golden.patterns.len() == 12 && golden.texts.len() == 250, "not the whole file");
    for Pattern { name, pattern, pieces } in golden.patterns {
        let split = Split::new(SplitPattern::Regex(pattern), SplitDelimiterBehavior::Isolated, false);
        let split = split.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(golden.texts.len(), pieces.len(), "{name}");
        for (text, expected) in golden.texts.iter().zip(pieces) {
            let mut made = PreTokenizedString::from(text.as_str());
            split.pre_tokenize(&mut made).expect("pieces");
            let made = made.get_splits(OffsetReferential::Original, OffsetType::Byte);
            let made: Vec<&str> = made.into_iter().map(|(piece, ..)| piece).collect();
            assert_eq!(made, expected, "{name}: {text:?}");
        }
    }
}
