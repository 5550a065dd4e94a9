//! The demo's data: nearly all of it is usable under the reference's rules, and each word that the simulated server
//! says is one token.
#![cfg(feature = "text")]

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokenizers::Tokenizer;

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(assets().join(name)).expect("a readable asset")
}

fn tokenizer() -> Tokenizer {
    Tokenizer::from_file(assets().join("demo/tokenizer/tokenizer.json")).expect("a tokenizer")
}

fn count(tokenizer: &Tokenizer, text: &str) -> usize {
    tokenizer.encode(text, true).expect("encodable").len()
}

#[test]
fn nearly_all_conversations_are_usable() {
    let tokenizer = tokenizer();
    let dataset: Vec<Value> = serde_json::from_str(&read("demo/sharegpt.json")).expect("JSON");
    let usable = dataset.iter().filter(|one| {
        let len = |turn: usize| one["conversations"][turn]["value"].as_str().map_or(0, |text| count(&tokenizer, text));
        len(0) >= 4 && len(1) >= 4 && len(0) <= 1024 && len(0) + len(1) <= 2048
    });
    assert_eq!((dataset.len(), usable.count()), (204, 200));
}

#[test]
fn every_word_of_the_simulated_server_is_one_token() {
    let tokenizer = tokenizer();
    let source = read("simulated-server.js");
    let words = source.split("const WORDS = `").nth(1).and_then(|rest| rest.split('`').next()).expect("the word list");
    let words: Vec<&str> = words.split_whitespace().collect();
    assert!(words.len() > 100);
    for (i, word) in words.iter().enumerate() {
        assert_eq!(count(&tokenizer, word), 1, "{word}, first");
        assert_eq!(count(&tokenizer, &words[..=i].join(" ")), i + 1, "{word}, after others");
    }
}

#[test]
fn any_text_survives_the_tokenizer() {
    let tokenizer = tokenizer();
    for text in [" Zoë counts 120 tokens…\n\n", " 日本語 🦀 \t\u{7f}", " <|user|>"] {
        let ids = tokenizer.encode(text, false).expect("encodable");
        assert_eq!(tokenizer.decode(ids.get_ids(), false).expect("decodable"), text);
    }
}

#[test]
fn the_demo_is_small() {
    let names = ["demo/sharegpt.json", "demo/tokenizer/tokenizer.json", "demo/tokenizer/tokenizer_config.json"];
    let size: usize = names.iter().map(|name| read(name).len()).sum();
    assert!(size < 200_000, "{size} bytes");
}
