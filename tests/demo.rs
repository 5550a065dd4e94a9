//! The demo's data: nearly all of it is usable under the reference's rules, and each word that the simulated server
//! says is one token.
#![cfg(feature = "text")]

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use streamgauge::settings::Settings;
use streamgauge::text::template::LocalTime;
use streamgauge::text::tokenize::Tokenize;
use streamgauge::text::{Tokenizer, TokenizerFiles};
use streamgauge::workload::{self, Workload};

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(assets().join(name)).expect("a readable asset")
}

fn tokenizer() -> Tokenizer {
    let (tokenizer, config) = (read("demo/tokenizer/tokenizer.json"), read("demo/tokenizer/tokenizer_config.json"));
    let files = TokenizerFiles {
        tokenizer: tokenizer.as_bytes(),
        tokenizer_config: Some(config.as_bytes()),
        ..TokenizerFiles::default()
    };
    let tokenizer = Tokenizer::from_files(files).and_then(|it| it.with_renderer(LocalTime::default()));
    tokenizer.expect("a tokenizer")
}

fn count(tokenizer: &Tokenizer, text: &str) -> u32 {
    tokenizer.count(text).expect("countable")
}

/// The demo's workload under these settings. A file in memory never makes anyone wait.
fn workload(settings: &Settings) -> Workload {
    let (dataset, tokenizer) = (read("demo/sharegpt.json"), tokenizer());
    let mut prepared = pin!(workload::prepare(settings, Some(dataset.as_bytes()), &tokenizer, |_| {}));
    match prepared.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(workload) => workload.expect("a workload"),
        Poll::Pending => panic!("reading memory waits"),
    }
}

#[test]
fn the_demo_has_the_requests_that_it_asks_for() {
    let settings = Settings::demo();
    let workload = workload(&settings);
    assert_eq!(workload.requests.len(), settings.num_prompts as usize);
    assert_eq!(workload.summary.repeated_prompts, 0);
}

#[test]
fn nearly_all_conversations_are_usable() {
    let summary = workload(&Settings { num_prompts: 1000, ..Settings::demo() }).summary;
    assert_eq!((summary.dataset_entries, summary.requests), (Some(204), 200));
    // Two of each kind that is passed over are there for the page to show.
    let dropped: Vec<u32> = summary.dropped.iter().map(|(_, count)| *count).collect();
    assert_eq!(dropped, [2, 2], "{:?}", summary.dropped);
}

#[test]
fn the_tokenizer_has_a_chat_template() {
    let prompt = tokenizer().chat_prompt("Why?").expect("a prompt");
    assert_eq!(prompt, "<|user|>Why?<|end|>\n<|assistant|>");
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
        assert_eq!(count(&tokenizer, &words[..=i].join(" ")) as usize, i + 1, "{word}, after others");
    }
}

#[test]
fn any_text_survives_the_tokenizer() {
    let tokenizer = tokenizer();
    for text in [" Zoë counts 120 tokens…\n\n", " 日本語 🦀 \t\u{7f}", " <|user|>"] {
        let ids = tokenizer.encode(text, false).expect("encodable");
        assert_eq!(tokenizer.decode(&ids).expect("decodable"), text);
    }
}

#[test]
fn the_demo_is_small() {
    let names = ["demo/sharegpt.json", "demo/tokenizer/tokenizer.json", "demo/tokenizer/tokenizer_config.json"];
    let size: usize = names.iter().map(|name| read(name).len()).sum();
    assert!(size < 200_000, "{size} bytes");
}
