//! Datasets in the built page, picked and by address: a broken one is refused with what is wrong and where, and a large one
//! is read whatever its server makes of byte ranges.

use std::fs;
use std::io::Write;
use std::time::Duration;

use e2e::driver::{Theme, drive};
use e2e::file_server::{FileServer, Ranges};
use e2e::run::{dist, number, run, summary};
use fantoccini::Locator;
use mock_server::{Config, Mock};
use serde_json::Value;

const LONG: Duration = Duration::from_secs(120);

const SOUND: &str = r#"{"id": "a", "conversations": [{"from": "human", "value": "How deep is the river at the old bridge?"},
    {"from": "gpt", "value": "About two metres in spring, and half of that in a dry summer."}]}"#;

/// A broken file, and the words that the refusal must have.
fn broken() -> Vec<(&'static str, Vec<u8>, Vec<&'static str>)> {
    let list = |second: &str| format!("[{SOUND}, {second}]").into_bytes();
    let mut not_utf8 = list(r#"{"conversations": [{"value": "caf??"}, {"value": "b"}]}"#);
    let at = not_utf8.windows(2).position(|pair| pair == b"??").expect("the place of the bad byte");
    not_utf8[at] = 0xFF;
    let whole = list(SOUND);
    let no_value = list(r#"{"conversations": [{"from": "human"}, {"value": "b"}]}"#);
    let half = list(
        r#"{"conversations": [{"value": "half a pair: \ud83d, and some words"}, {"value": "four words and more"}]}"#,
    );
    vec![
        ("not JSON", b"Shall I compare thee\n".to_vec(), vec!["not JSON", "byte 0"]),
        ("a table", b"prompt,answer\nhello,world\n".to_vec(), vec!["table (CSV)", "JSON lines"]),
        ("a pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n".to_vec(), vec!["Git LFS pointer"]),
        ("a web page", b"<!doctype html><title>sg.json</title>".to_vec(), vec!["web page", "/resolve/"]),
        ("an error", br#"{"error":"Entry not found"}"#.to_vec(), vec!["error message", "Entry not found"]),
        ("columns", b"PAR1\x15\x04".to_vec(), vec!["Parquet", "JSON lines"]),
        ("cut off", whole[..whole.len() - 40].to_vec(), vec!["cut off", "conversation 1"]),
        ("an object", br#"{"turns": []}"#.to_vec(), vec!["begins with an object", "conversations"]),
        ("no value", no_value, vec!["conversation 1", "value"]),
        ("invalid UTF-8", not_utf8, vec!["not UTF-8", "byte"]),
        ("half a surrogate pair", half, vec!["conversation 1", "surrogate"]),
        ("empty", Vec::new(), vec!["empty"]),
    ]
}

#[test]
fn lines_chats_and_gzip_give_the_requests_of_the_list() {
    let requests = |bytes: Vec<u8>| {
        let server = FileServer::start(bytes, Ranges::Sent);
        let outcome = run(&fragment(&server.url()), LONG);
        assert!(outcome["requests"].is_array(), "{}", summary(&outcome));
        outcome["requests"].clone()
    };
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("packed bytes")
    };
    let row = SOUND.replace('\n', " ");
    let list = requests(format!("[{row}, {row}]").into_bytes());
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    let lines = format!("{row}\n{row}\n");
    let chat = lines.replace("conversations", "messages").replace("\"value\"", "\"content\"").replace("from", "role");
    for bytes in [lines.clone().into_bytes(), chat.into_bytes(), gzip(lines.as_bytes())] {
        assert_eq!(requests(bytes), list);
    }
}

/// 50 MB of one prompt beside a sound conversation.
fn giant() -> Vec<u8> {
    let words = "word ".repeat(10 << 20);
    format!(r#"[{{"conversations": [{{"value": "{words}"}}, {{"value": "an answer of some words"}}]}}, {SOUND}]"#)
        .into()
}

fn fragment(dataset: &str) -> String {
    format!("backend=openai&model=m&tokenizer=demo/tokenizer/&num-prompts=5&dry-run&dataset-path={dataset}")
}

fn assert_says(name: &str, message: &str, words: &[&str]) {
    for word in words {
        assert!(message.to_lowercase().contains(&word.to_lowercase()), "{name}: {word:?} is not in: {message}");
    }
}

#[test]
fn a_broken_file_by_address_says_what_is_wrong_and_where() {
    for (name, bytes, words) in broken() {
        let server = FileServer::start(bytes, Ranges::Sent);
        let outcome = run(&fragment(&server.url()), LONG);
        let message = outcome["error"].as_str().unwrap_or_else(|| panic!("{name}: {}", summary(&outcome)));
        assert_says(name, message, &words);
    }
}

#[test]
fn a_broken_file_that_is_picked_says_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().expect("a folder");
    drive(&fragment("").replace("&dry-run", ""), (1280, 900), Theme::Light, async |page| {
        for (name, bytes, words) in broken() {
            let path = folder.path().join("dataset.json");
            fs::write(&path, bytes).expect("a file to pick");
            let picker = page.client.find(Locator::Id("pick-dataset-path")).await.expect("the file's input");
            picker.send_keys(&path.to_string_lossy()).await.expect("a file that can be picked");
            page.click("Run").await;
            page.wait_for_state(&["failed"], LONG).await;
            page.wait_for("document.querySelector('.stage-error')").await;
            let message = page.script("return document.querySelector('.stage-error').innerText").await;
            assert_says(name, message.as_str().unwrap_or_default(), &words);
        }
    });
}

#[test]
fn picked_files_are_sent_as_files_by_address_are() {
    let prompts = |mock: &Mock| mock.generations().into_iter().skip(1).map(|sent| sent.prompt).collect::<Vec<_>>();
    let mock = || Mock::start(Config { ttft_ms: 5.0, itl_ms: 1.0, ..Config::default() }).expect("a mock");
    let (addressed, picked) = (mock(), mock());
    let more = "num-prompts=12&request-rate=20&sharegpt-output-len=6&seed=42";
    let result = run(&e2e::run::fragment(&addressed.base_url(), more), LONG);
    assert_eq!(number(&result, "completed"), 12.0, "{}", summary(&result));
    let link = format!("backend=openai&base-url={}&model=mock&{more}", picked.base_url());
    drive(&link, (1280, 900), Theme::Light, async |page| {
        for (input, file) in
            [("pick-dataset-path", "demo/sharegpt.json"), ("pick-tokenizer", "demo/tokenizer/tokenizer.json")]
        {
            let picker = page.client.find(Locator::Id(input)).await.expect("the file's input");
            let path = dist().join(file).canonicalize().expect("the demo's file");
            picker.send_keys(&path.to_string_lossy()).await.expect("a file that can be picked");
        }
        page.click("Run").await;
        assert_eq!(page.wait_for_state(&["done", "failed"], LONG).await, "done", "{}", page.text().await);
    });
    assert_eq!(prompts(&picked).len(), 12);
    assert_eq!(prompts(&picked), prompts(&addressed));
}

#[test]
fn a_prompt_of_50_mb_is_passed_over_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("giant.json");
    fs::write(&path, giant()).expect("a file to pick");
    drive(&fragment("").replace("&dry-run", ""), (1280, 900), Theme::Light, async |page| {
        let picker = page.client.find(Locator::Id("pick-dataset-path")).await.expect("the file's input");
        picker.send_keys(&path.to_string_lossy()).await.expect("a file that can be picked");
        page.click("Preview workload").await;
        page.wait_for("document.querySelector('.preview')").await;
        assert_says("picked", &page.text().await, &["1 more than 1024 tokens in the prompt"]);
    });
    let server = FileServer::start(giant(), Ranges::Sent);
    let outcome = run(&fragment(&server.url()), LONG);
    assert_eq!(outcome["requests"].as_array().map(Vec::len), Some(1), "{}", summary(&outcome));
}

/// A file large enough to be kept out of memory, with a few dozen conversations of which most are long.
fn large() -> Vec<u8> {
    let mut text = String::from("[");
    for i in 0..40 {
        let filler = "x".repeat(2 << 20);
        text += &format!(
            r#"{{"conversations": [{{"value": "Question {i}: how deep is the river at the old bridge?"}},
            {{"value": "Answer {i}: two metres in spring, and half of that in summer."}}], "filler": "{filler}"}},"#
        );
    }
    text += SOUND;
    text += "]";
    text.into()
}

/// [`large`], with blanks after it that make it larger than what a browser is asked to keep in memory.
fn larger() -> Vec<u8> {
    let mut bytes = large();
    bytes.resize((1 << 30) + 1, b' ');
    bytes
}

fn prompts(outcome: &Value) -> Option<Vec<Value>> {
    outcome["requests"].as_array().cloned()
}

#[test]
fn a_large_file_is_read_alike_whatever_its_server_makes_of_ranges() {
    let server = FileServer::start(larger(), Ranges::Sent);
    let in_parts = run(&fragment(&server.url()), LONG);
    assert_eq!(prompts(&in_parts).map(|list| list.len()), Some(5), "{}", summary(&in_parts));
    assert!(server.parts() > 2, "the prompts were read in parts");
    // One that is kept in memory needs no more of its server than to be read once.
    for ranges in [Ranges::Sent, Ranges::Misplaced, Ranges::Ignored, Ranges::IgnoredInChunks, Ranges::Refused] {
        let server = FileServer::start(large(), ranges);
        let outcome = run(&fragment(&server.url()), LONG);
        assert_eq!(prompts(&outcome), prompts(&in_parts), "{ranges:?}: {}", summary(&outcome));
    }
}

#[test]
fn a_missing_tokenizer_is_told_while_the_dataset_still_comes() {
    let server = FileServer::start(large(), Ranges::Stalled);
    let outcome = run(&fragment(&server.url()).replace("demo/tokenizer/", "nowhere/"), LONG);
    let message = outcome["error"].as_str().unwrap_or_else(|| panic!("no error in {outcome:.200}"));
    assert_says("a missing tokenizer", message, &["tokenizer", "nowhere"]);
}

#[test]
fn a_server_that_lies_about_ranges_gives_no_wrong_prompts() {
    for (bytes, ranges) in [(large(), Ranges::Promised), (larger(), Ranges::Misplaced)] {
        let server = FileServer::start(bytes, ranges);
        let outcome = run(&fragment(&server.url()), LONG);
        let message = outcome["error"].as_str().unwrap_or_else(|| panic!("{ranges:?}: {}", summary(&outcome)));
        assert_says(&format!("{ranges:?}"), message, &["dataset"]);
    }
}

/// A file over 64 MiB whose conversations lie across the multiples of 16 MiB, and its prompts.
fn across_pieces() -> (Vec<u8>, Vec<String>) {
    let (mut text, mut questions) = (String::from("["), Vec::new());
    // How far into a conversation the boundary is: in its prompt, its answer, and at their edges.
    for (piece, inside) in (1..).zip([29, 45, 66, 75, 95]) {
        let question = format!("How deep is the river at bridge {piece}?");
        let blanks = " ".repeat((piece << 24) - text.len() - inside);
        text += &format!(
            r#"{blanks}{{"conversations": [{{"value": "{question}"}}, {{"value": "About two metres in spring."}}]}},"#
        );
        questions.push(question);
    }
    text += SOUND;
    text += "]";
    questions.push("How deep is the river at the old bridge?".into());
    (text.into(), questions)
}

#[test]
fn a_text_that_lies_across_two_pieces_is_whole() {
    let (bytes, mut questions) = across_pieces();
    let server = FileServer::start(bytes, Ranges::Sent);
    let outcome = run(&fragment(&server.url()).replace("num-prompts=5", "num-prompts=6"), LONG);
    let drawn = prompts(&outcome).unwrap_or_else(|| panic!("{}", summary(&outcome)));
    let mut drawn: Vec<_> = drawn.iter().map(|request| request["prompt"].as_str().unwrap_or_default()).collect();
    drawn.sort_unstable();
    questions.sort_unstable();
    assert_eq!(drawn, questions);
}
