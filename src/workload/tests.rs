//! The whole way from settings to a workload, with a tokenizer of words.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::rng;
use crate::settings::DatasetName;
use crate::text::tokenize::TokenizerError;

/// Each word is a token, and counting adds one in front.
struct Words;

impl Tokenize for Words {
    fn count(&self, text: &str) -> Result<u32, TokenizerError> {
        self.count_plain(text).map(|count| count + 1)
    }

    fn count_plain(&self, text: &str) -> Result<u32, TokenizerError> {
        Ok(text.split_whitespace().count() as u32)
    }

    fn decode(&self, ids: &[u32]) -> Result<String, TokenizerError> {
        Ok(ids.iter().map(|id| format!("t{id} ")).collect())
    }

    fn vocab_size(&self) -> u32 {
        10
    }

    fn chat_prompt(&self, content: &str) -> Result<String, TokenizerError> {
        Ok(format!("<user> {content} <model>"))
    }
}

fn made(settings: &Settings, file: Option<&[u8]>) -> Result<Workload, WorkloadError> {
    let future = prepare(settings, file, &Words, |_| {});
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a read from memory waited"),
    }
}

fn of(dataset_name: DatasetName) -> Settings {
    Settings { dataset_name, num_prompts: 3, request_rate: 2.0, ..Settings::default() }
}

const POEM: &[u8] = b"one two three\nfour five six\nseven eight nine\nten eleven twelve\n";

#[test]
fn random_prompts_run_on_through_the_vocabulary() {
    let settings = Settings { random_input_len: 12, random_output_len: 5, ..of(DatasetName::Random) };
    let workload = made(&settings, None).unwrap();
    let offsets = rng::NumpyRandom::new(0).randint(0, 10, 3).unwrap();
    for (i, request) in workload.requests.iter().enumerate() {
        let expected: String = (0..12).map(|j| format!("t{} ", (offsets[i] + i as i64 + j) % 10)).collect();
        assert_eq!((request.prompt.as_str(), request.prompt_len, request.output_len), (expected.as_str(), 12, 5));
    }
    assert_eq!(workload.summary.dataset_entries, None);
}

#[test]
fn a_summary_describes_the_workload() {
    let file = br#"[{"conversations": [{"value": "a b c d"}, {"value": "e f g"}]}, {"conversations": []},
        {"conversations": [{"value": "a b c d"}, {"value": "e f g h"}]}, {"conversations": [{"value": "a"}, {"value": "b"}]}]"#;
    let workload = made(&of(DatasetName::Sharegpt), Some(file)).unwrap();
    let summary = &workload.summary;
    assert_eq!((summary.requests, summary.dataset_entries, summary.repeated_prompts), (2, Some(4), 1));
    let dropped = [("fewer than two turns", 1), ("fewer than 4 tokens in prompt or answer", 1)];
    assert_eq!(summary.dropped, dropped.map(|(reason, count)| (reason.to_owned(), count)));
    assert_eq!((&summary.prompt_lens, summary.output_lens.len()), (&vec![5, 5], 2));
    assert_eq!(summary.first_prompts, ["a b c d", "a b c d"]);
    assert_eq!(summary.intended_ms, workload.schedule.intended_ms);
    assert!(summary.schedule_span_s > 0.0);

    let again = made(&of(DatasetName::Sharegpt), Some(file)).unwrap();
    assert_eq!(again, workload);
    let other = Settings { sharegpt_output_len: Some(9), ..of(DatasetName::Sharegpt) };
    assert_ne!(made(&other, Some(file)).unwrap().summary.sha256, summary.sha256);
}

#[test]
fn sonnets_are_templated_for_all_but_chat() {
    // The instruction makes 14 tokens with the template, and a line 4.
    let settings = Settings { sonnet_input_len: 26, sonnet_prefix_len: 18, ..of(DatasetName::Sonnet) };
    let workload = made(&settings, Some(POEM)).unwrap();
    let prompt = &workload.requests[0].prompt;
    assert!(prompt.starts_with("<user> Pick as many lines") && prompt.contains(":\none two three\n"), "{prompt}");
    assert_eq!(workload.summary.dataset_entries, Some(4));
    let chat = Settings { backend: crate::settings::BackendKind::OpenaiChat, ..settings };
    let plain = made(&chat, Some(POEM)).unwrap();
    assert_eq!(format!("<user> {} <model>", plain.requests[0].prompt), *prompt);
    assert_eq!(plain.requests[0].prompt_len, workload.requests[0].prompt_len);
}

#[test]
fn says_what_stands_in_the_way_and_where_to_mend_it() {
    let sonnet = |input_len, prefix_len| Settings {
        sonnet_input_len: input_len,
        sonnet_prefix_len: prefix_len,
        ..of(DatasetName::Sonnet)
    };
    let random = Settings { random_range_ratio: 1.5, ..of(DatasetName::Random) };
    let output_len = Settings { sharegpt_output_len: Some(3), ..of(DatasetName::Sharegpt) };
    let ramp = Settings { ramp_up_strategy: Some("linear".into()), ..of(DatasetName::Random) };
    let cases: [(Settings, Option<&[u8]>, Part, &str); 12] = [
        (of(DatasetName::Sharegpt), None, Part::Dataset, "No dataset is given"),
        (of(DatasetName::Sonnet), None, Part::Dataset, "No dataset is given"),
        (of(DatasetName::Sharegpt), Some(b"[]"), Part::Dataset, "0 conversations can be used: its list is empty."),
        (
            of(DatasetName::Sharegpt),
            Some(br#"[{"conversations": []}]"#),
            Part::Dataset,
            "None of the dataset's 1 conversations can be used: 1 with fewer than two turns.",
        ),
        (output_len, None, Part::Settings, "Output length (sharegpt-output-len) must be at least 4, not 3."),
        (sonnet(20, 20), None, Part::Settings, "is 20 and must be above the prefix length (sonnet-prefix-len), 20."),
        (sonnet(14, 10), Some(POEM), Part::Settings, "Sonnet input length (sonnet-input-len) must be above 14"),
        (sonnet(26, 14), Some(POEM), Part::Settings, "Sonnet prefix length (sonnet-prefix-len) must be above 14"),
        (sonnet(99, 18), Some(POEM), Part::Settings, "takes 20 different lines beside the prefix, but the poem has 4."),
        (sonnet(26, 18), Some(b""), Part::Dataset, "The poem has no lines"),
        (random, None, Part::Settings, "Random range ratio (random-range-ratio) must be from 0 to 1."),
        (ramp, None, Part::Settings, "A ramp-up needs a strategy"),
    ];
    for (settings, file, part, expected) in cases {
        let error = made(&settings, file).expect_err(expected);
        assert_eq!(error.part(), part, "{error}");
        assert!(error.to_string().contains(expected), "{error}\n is not\n{expected}");
    }
}

fn with_prompts(prompts: &[&str]) -> Vec<Request> {
    prompts.iter().map(|prompt| Request { prompt: (*prompt).to_owned(), prompt_len: 1, output_len: 1 }).collect()
}

#[test]
fn repeated_prompts_and_repeated_beginnings_are_counted_apart() {
    let long = "é".repeat(PREFIX_BYTES / 2);
    let (a, b) = (format!("{long} and so on"), format!("{long} and otherwise"));
    assert_eq!(repeats(&with_prompts(&["x", "y", &a])), (0, 0));
    assert_eq!(repeats(&with_prompts(&["x", "x", &a, &b, &a, &long])), (2, 2));
    assert_eq!(repeats(&with_prompts(&["x and a", "x and b"])), (0, 0), "too short to be a prefix that is kept");
}

#[test]
fn a_prompt_outside_of_the_run_begins_otherwise_and_is_no_longer() {
    for prompt in ["The river gauge stands at the bank, and people trust it.", "ééééééééééééééé", "é", ""]
    {
        let first = prompt_outside(prompt, 0);
        let shared = first.bytes().zip(prompt.bytes()).take_while(|(a, b)| a == b).count();
        assert!(shared < 4, "{first:?} begins as {prompt:?}");
        assert_ne!(first, prompt_outside(prompt, 1));
        assert!(first.len() <= prompt.len().max(8), "{first:?}");
    }
    assert!(prompt_outside("The river gauge stands at the bank.", 7).ends_with("stands at the bank."));
}
