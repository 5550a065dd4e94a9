//! The index against serde_json on JSON of any shape, and the words for what is wrong with a file.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use serde_json::Value;

use crate::dataset::sharegpt::*;
use crate::text::tokenize::TokenizerError;

fn index_of(bytes: &[u8]) -> Result<Index, DatasetError> {
    fed(bytes, &[])
}

/// The index of bytes that come in pieces, cut at these places.
fn fed(bytes: &[u8], cuts: &[usize]) -> Result<Index, DatasetError> {
    let mut indexer = Indexer::default();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let mut start = 0;
    for end in cuts.into_iter().chain([bytes.len()]) {
        indexer.feed(&bytes[start..end])?;
        start = end;
    }
    indexer.finish()
}

fn words(bytes: &[u8]) -> String {
    index_of(bytes).expect_err("an error").to_string()
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a read from memory waited"),
    }
}

/// The texts at an entry's places, by serde_json.
fn texts(bytes: &[u8], entry: &Entry) -> [Value; 2] {
    [entry.prompt(), entry.answer()].map(|(start, len)| {
        let start = start as usize;
        serde_json::from_slice(&bytes[start..start + len]).expect("a value")
    })
}

/// JSON values of any kind.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[\\PC\"\\\\\n\u{1}]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = prop_oneof![Just("value".to_owned()), Just("conversations".to_owned()), "[a-z\"é]{0,6}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Conversations as the reference can use them, with whatever else beside.
fn conversation() -> impl Strategy<Value = Value> {
    let turn = ("[\\PC\"\\\\/\n\u{1f}]{0,20}", json())
        .prop_map(|(text, other)| serde_json::json!({"from": other, "value": text, "weight": 1}));
    (prop::collection::vec(turn, 0..4), json())
        .prop_map(|(turns, other)| serde_json::json!({"id": other, "conversations": turns, "model": other}))
}

/// Writes JSON with white space and escapes that a seed picks.
fn write(value: &Value, dice: &mut impl FnMut(u32) -> u32, out: &mut String) {
    let mut blank = |out: &mut String| out.push_str(["", "", " ", "\n", "\t\r\n  "][dice(5) as usize]);
    blank(out);
    match value {
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                write(item, dice, out);
            }
            if items.is_empty() && dice(2) == 0 {
                out.push(' ');
            }
            out.push(']');
        }
        Value::Object(pairs) => {
            out.push('{');
            for (i, (key, item)) in pairs.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_string(key, dice, out);
                out.push_str(if dice(2) == 0 { " :" } else { ":" });
                write(item, dice, out);
            }
            out.push('}');
        }
        Value::String(text) => write_string(text, dice, out),
        other => out.push_str(&other.to_string()),
    }
    if dice(3) == 0 {
        out.push_str(" \n");
    }
}

fn write_string(text: &str, dice: &mut impl FnMut(u32) -> u32, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if dice(6) == 0 {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04X}")));
        } else {
            let quoted = Value::from(c.to_string()).to_string();
            out.push_str(&quoted[1..quoted.len() - 1]);
        }
    }
    out.push('"');
}

fn dice(seed: u32) -> impl FnMut(u32) -> u32 {
    let mut random = crate::rng::Mt19937::from_word(seed);
    move |sides| random.next_u32() % sides
}

/// What the reference would make of a parsed file: the first two values of each conversation with two turns or more.
fn expected(conversations: &[Value]) -> Vec<[Value; 2]> {
    let turns = conversations.iter().map(|it| it["conversations"].as_array().expect("turns"));
    turns.filter(|turns| turns.len() >= 2).map(|turns| [turns[0]["value"].clone(), turns[1]["value"].clone()]).collect()
}

proptest! {
    #[test]
    fn finds_what_serde_json_finds(
        conversations in prop::collection::vec(conversation(), 0..6),
        seed: u32,
        cuts in prop::collection::vec(0_usize..100_000, 0..8),
    ) {
        let mut text = String::new();
        write(&Value::from(conversations.clone()), &mut dice(seed), &mut text);
        let bytes = text.as_bytes();
        let index = fed(bytes, &cuts).unwrap();
        prop_assert_eq!(index.conversations as usize, conversations.len());
        let found: Vec<_> = index.entries.iter().map(|entry| texts(bytes, entry)).collect();
        prop_assert_eq!(found, expected(&conversations));
    }

    #[test]
    fn accepts_any_json_and_says_what_is_wrong_with_its_shape(value in json(), seed: u32, cut in 0_usize..100_000) {
        let mut text = String::new();
        write(&value, &mut dice(seed), &mut text);
        match fed(text.as_bytes(), &[cut]) {
            Ok(_) | Err(DatasetError::NotAList { .. } | DatasetError::Conversation { .. }) => {}
            Err(error) => prop_assert!(false, "{}: {}", error, text),
        }
    }

    #[test]
    fn refuses_what_serde_json_refuses_wherever_it_is_cut(
        conversations in prop::collection::vec(conversation(), 1..3),
        place: usize,
        byte: u8,
        cuts in prop::collection::vec(0_usize..100_000, 0..4),
    ) {
        let mut bytes = Value::from(conversations).to_string().into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        let ours = fed(&bytes, &cuts);
        // serde_json does not look for numbers out of range, shapes and lone surrogates in the same way.
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
        let is_utf8 = std::str::from_utf8(&bytes).is_ok();
        match ours {
            Ok(_) | Err(DatasetError::Conversation { .. } | DatasetError::NotAList { .. }) => {}
            Err(error) => prop_assert!(!is_json || !is_utf8, "{}", error),
        }
        if !is_utf8 {
            prop_assert!(fed(&bytes, &cuts).is_err());
        }
        // A byte that is neither UTF-8 nor JSON may be called either, as the reads fall; the places are of one character.
        match (fed(&bytes, &cuts), index_of(&bytes)) {
            (
                Err(DatasetError::NotJson { at, .. } | DatasetError::NotUtf8 { at }),
                Err(DatasetError::NotJson { at: whole, .. } | DatasetError::NotUtf8 { at: whole }),
            ) => prop_assert!(at.abs_diff(whole) < 4, "{} against {}", at, whole),
            (cut, whole) => prop_assert_eq!(cut, whole),
        }
    }

    #[test]
    fn never_panics_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..200) {
        let _ = fed(&bytes, &[cut]);
    }
}

#[test]
fn every_cut_gives_the_same_index() {
    let text = r#" [ {"id": "x", "conversations": [{"value": "é\"\\\u00e9🙂"}, {"from": -1.5e+3, "value": "\ud83d\ude42"}]}, {"conversations":[]}
        , {"convers\u0061tions": [{"value": 1, "v\u0061lue": "last"}, {"value": [1, {"value": true}]}, null], "n": [NaN, -Infinity]}]  "#;
    let whole = index_of(text.as_bytes()).unwrap();
    assert_eq!((whole.conversations, whole.entries.len()), (3, 2));
    for first in 0..text.len() {
        for second in (first..text.len()).step_by(7) {
            assert_eq!(fed(text.as_bytes(), &[first, second]), Ok(whole.clone()), "cut at {first} and {second}");
        }
    }
    let third = whole.entries[1];
    assert_eq!(third.conversation(), 2);
    assert_eq!(texts(text.as_bytes(), &third), [serde_json::json!("last"), serde_json::json!([1, {"value": true}])]);
}

#[test]
fn the_last_of_repeated_keys_counts() {
    let text =
        br#"[{"conversations": 5, "conversations": [{"value": "a"}, {"value": "b"}], "x": {"conversations": 1}}]"#;
    assert_eq!(index_of(text).unwrap().entries.len(), 1);
    let text = br#"[{"conversations": [{"value": "a"}, {"value": "b"}], "conversations": []}]"#;
    assert_eq!(index_of(text).unwrap().entries.len(), 0);
}

#[test]
fn passes_over_what_python_finds_shorter_than_two() {
    let text = br#"[{"conversations": {}}, {"conversations": ""}, {"conversations": "a"}, {"conversations": [1]}]"#;
    assert_eq!(index_of(text).unwrap(), Index { entries: vec![], conversations: 4 });
}

#[test]
fn says_what_is_wrong_and_where() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "The dataset is empty."),
        (b" \n ", "The dataset is empty."),
        (b"\xef\xbb\xbf[]", "begins with a byte-order mark"),
        (b"<html>", "not JSON: a value is missing at byte 0."),
        (b"{\"a\": 1}", "its top level is an object where ShareGPT has a list"),
        (b"\"a\"", "its top level is a string"),
        (b"[{\"conversations\": [{\"value\": \"a", "cut off: it ends at byte 32, in conversation 0 (counted from 0)"),
        (b"[{\"conversations\": []}, ", "cut off: it ends at byte 24, before its JSON does"),
        (b"[{\"conversations\": []} {}]", "a comma or the list's end is missing at byte 23."),
        (b"[{\"conversations\": [],}]", "a key in double quotes is missing at byte 22, in conversation 0"),
        (b"[{\"conversations\" []}]", "a colon is missing after a key at byte 18, in conversation 0"),
        (b"[{\"conversations\": []}] x", "there is more text after its end at byte 24."),
        (
            b"[{\"conversations\": []}, {\"a\": \"\n\"}]",
            "a string holds a raw control character at byte 31, in conversation 1",
        ),
        (b"[{\"conversations\": []}, {\"a\": \"\\x\"}]", "a backslash is followed by no known escape at byte 32"),
        (b"[{\"conversations\": []}, {\"a\": \"\\u12g4\"}]", "four hexadecimal digits at byte 35"),
        (b"[{\"conversations\": []}, {\"a\": 01}]", "a comma or the object's end is missing at byte 31"),
        (b"[{\"conversations\": []}, {\"a\": 1.}]", "a number is not whole at byte 32"),
        (b"[{\"conversations\": []}, {\"a\": nul}]", "a value is missing at byte 33"),
        (b"[{\"conversations\": []}, \"\xff\"]", "an invalid byte at byte 25"),
        (b"[{\"conversations\": []}, {\"a\": \"\xe2\x82", "an invalid byte at byte 31"),
        (
            b"[{\"conversations\": []}, {\"id\": 1}]",
            "Conversation 1 of the dataset (counted from 0, at byte 24) has no \"conversations\"",
        ),
        (b"[[]]", "Conversation 0 of the dataset (counted from 0, at byte 1) is not an object"),
        (b"[{\"conversations\": null}]", "has \"conversations\" that are not a list"),
        (b"[{\"conversations\": \"ab\"}]", "has \"conversations\" that are not a list"),
        (b"[{\"conversations\": [{\"value\": \"a\"}, {\"text\": \"b\"}]}]", "has no \"value\" in its second turn"),
        (b"[{\"conversations\": [{\"text\": \"a\"}, {\"value\": \"b\"}]}]", "has no \"value\" in its first turn"),
        (b"[{\"conversations\": [\"a\", \"b\"]}]", "has a turn that is not an object"),
    ];
    for (bytes, expected) in cases {
        let words = words(bytes);
        assert!(words.contains(expected), "{:?}\n gives {words}\n and not {expected}", String::from_utf8_lossy(bytes));
    }
    let deep = "[".repeat(2000);
    assert!(words(deep.as_bytes()).contains("is not an object"));
    let deep = format!("[{{\"a\": {deep}");
    assert!(words(deep.as_bytes()).contains("nested too deep"));
}

/// A tokenizer of words, with a special token in front.
struct Words;

impl Tokenize for Words {
    fn count(&self, text: &str) -> Result<u32, TokenizerError> {
        self.count_plain(text).map(|count| count + 1)
    }

    fn count_plain(&self, text: &str) -> Result<u32, TokenizerError> {
        assert!(text.len() <= MAX_TEXT_BYTES, "a text that is too long was tokenized");
        Ok(text.split_whitespace().count() as u32)
    }

    fn decode(&self, _: &[u32]) -> Result<String, TokenizerError> {
        Ok(String::new())
    }

    fn vocab_size(&self) -> u32 {
        1
    }

    fn chat_prompt(&self, content: &str) -> Result<String, TokenizerError> {
        Ok(content.to_owned())
    }
}

fn sampled(file: &[u8], settings: &Settings) -> Result<Sampled, DrawError> {
    let index = now(index(file, &mut |_| {}))?;
    now(sample(file, index.entries, settings, &Words, &mut PythonRandom::new(0), &mut |_| {}))
}

/// A file of conversations with these first two turns.
fn file(pairs: &[(String, String)]) -> Vec<u8> {
    let turns = |(prompt, answer): &(String, String)| serde_json::json!({"conversations": [{"from": "human", "value": prompt}, {"from": "gpt", "value": answer}]});
    Value::from(pairs.iter().map(turns).collect::<Vec<_>>()).to_string().into_bytes()
}

fn words_of(count: usize) -> String {
    "w ".repeat(count)
}

#[test]
fn prunes_at_the_references_edges() {
    let lens = |prompt: usize, answer: usize| (words_of(prompt - 1), words_of(answer - 1));
    let kept = |pair, settings: &Settings| {
        let sampled = sampled(&file(&[pair]), settings).unwrap();
        (sampled.requests.len(), sampled.too_short, sampled.too_long)
    };
    let as_is = Settings::default();
    assert_eq!(kept(lens(4, 4), &as_is), (1, 0, 0));
    assert_eq!(kept(lens(3, 4), &as_is), (0, 1, 0));
    assert_eq!(kept(lens(4, 3), &as_is), (0, 1, 0));
    assert_eq!(kept(lens(1024, 1024), &as_is), (1, 0, 0));
    assert_eq!(kept(lens(1025, 4), &as_is), (0, 0, 1));
    assert_eq!(kept(lens(1024, 1025), &as_is), (0, 0, 1));
    assert_eq!(kept(lens(1025, 3), &as_is), (0, 1, 0));
    let fixed = Settings { sharegpt_output_len: Some(1024), ..Settings::default() };
    assert_eq!(kept(lens(1024, 1), &fixed), (1, 0, 0));
    let too_small = Settings { sharegpt_output_len: Some(3), ..Settings::default() };
    assert_eq!(check(&too_small), Err(OutputLenTooSmall(3)));
}

#[test]
fn a_prompt_of_megabytes_is_too_long_without_being_read() {
    let huge = "w ".repeat(MAX_TEXT_BYTES);
    let bytes = file(&[(huge.clone(), words_of(9)), (words_of(9), huge.clone()), (words_of(9), words_of(9))]);
    let sampled = sampled(&bytes, &Settings::default()).unwrap();
    assert_eq!((sampled.requests.len(), sampled.examined, sampled.too_long), (1, 3, 2));
}

#[test]
fn half_a_surrogate_pair_and_values_that_are_no_text_are_named() {
    let file = |value: &str| format!("[{{\"conversations\": [{{\"value\": {value}}}, {{\"value\": \"a b c d e\"}}]}}]");
    let words = |value: &str| sampled(file(value).as_bytes(), &Settings::default()).unwrap_err().to_string();
    assert!(
        words("\"a \\ud83d b c d\"")
            .contains("Conversation 0 of the dataset (counted from 0, at byte 30) has half of a surrogate")
    );
    assert!(words("null").contains("has a \"value\" that is not text"));
    assert!(words("[\"a\"]").contains("has a \"value\" that is not text"));
}

#[test]
fn texts_far_apart_and_many_batches_are_read_alike() {
    let far = |i: usize| {
        let gap = if i.is_multiple_of(3) { " ".repeat(NEAR_BYTES) } else { String::new() };
        format!("{{\"conversations\": [{{\"value\": \"p{i} a b c\"}},{gap} {{\"value\": \"r{i} a b c d\"}}]}}")
    };
    let bytes = format!("[{}]", (0..500).map(far).collect::<Vec<_>>().join(","));
    let sampled = sampled(bytes.as_bytes(), &Settings { num_prompts: 450, ..Settings::default() }).unwrap();
    let mut order: Vec<usize> = (0..500).collect();
    PythonRandom::new(0).shuffle(&mut order);
    let expected: Vec<String> = order[..450].iter().map(|i| format!("p{i} a b c")).collect();
    assert_eq!(sampled.requests.iter().map(|request| request.prompt.clone()).collect::<Vec<_>>(), expected);
    assert!(sampled.requests.iter().all(|request| (request.prompt_len, request.output_len) == (5, 6)));
}
