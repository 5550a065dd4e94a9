//! Prompts in a chat template, which a program of its own renders in the browser: they are the reference's, and what can
//! go wrong with it is said.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use e2e::run::{copy, dist, run_site};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A case with a template that sets blocks, trims and loops.
const CASE: &str = "sonnet_llama3ish_s0_n20_1600_128_200_poem_public";

/// A case of the golden data, and a site with its inputs beside it.
struct Case {
    expected: Value,
    site: TempDir,
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(name)
}

fn unzip(path: &Path) -> Vec<u8> {
    let (packed, mut content) = (fs::read(path).expect("a file"), Vec::new());
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut content).expect("a gzip file");
    content
}

impl Case {
    fn named(name: &str) -> Self {
        let cases: Vec<Value> = serde_json::from_slice(&unzip(&golden("workload.json.gz"))).expect("a list of cases");
        let expected = cases.into_iter().find(|case| case["name"] == name).expect("a case of that name");
        let site = tempfile::tempdir().expect("a folder for the site");
        copy(&dist(), site.path());
        let tokenizer = expected["tokenizer"].as_str().expect("a tokenizer");
        let folder = site.path().join("tokenizer");
        fs::create_dir_all(&folder).expect("a folder to make");
        let json = unzip(&golden(&format!("tokenizers/{tokenizer}.json.gz")));
        fs::write(folder.join("tokenizer.json"), json).expect("a file to write");
        let config = golden(&format!("tokenizers/{tokenizer}_config.json"));
        fs::copy(config, folder.join("tokenizer_config.json")).expect("a file to copy");
        let poem = golden("datasets").join(expected["dataset"].as_str().expect("a dataset"));
        fs::copy(poem, site.path().join("poem.txt")).expect("a file to copy");
        Self { expected, site }
    }

    /// What a dry run of this case gives.
    fn dry_run(&self, server: &str) -> Value {
        let number = |key: &str| self.expected[key].as_u64().expect("a number");
        let fragment = format!(
            "{server}&model=mock&dry-run&dataset-name=sonnet&dataset-path=poem.txt&tokenizer=tokenizer/&num-prompts={}&seed={}\
             &sonnet-input-len={}&sonnet-output-len={}&sonnet-prefix-len={}",
            number("num_prompts"),
            number("seed"),
            number("input_len"),
            number("output_len"),
            number("prefix_len"),
        );
        run_site(self.site.path(), &fragment, Duration::from_secs(60))
    }

    /// The error of a dry run.
    fn refusal(&self) -> String {
        let outcome = self.dry_run("simulated-server");
        outcome["error"].as_str().unwrap_or_else(|| panic!("no error in {outcome:.300}")).to_owned()
    }
}

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn requests(outcome: &Value) -> &Vec<Value> {
    outcome["requests"].as_array().unwrap_or_else(|| panic!("no requests in {outcome:.300}"))
}

/// A chat server applies the template itself, so it gets prompts as they are; the hash is over both kinds.
#[test]
fn templated_prompts_are_the_references() {
    let case = Case::named(CASE);
    let templated = case.dry_run("backend=openai&base-url=http://localhost:1");
    let plain = case.dry_run("backend=openai-chat&base-url=http://localhost:1");
    let lines = requests(&plain).iter().zip(requests(&templated)).map(|(plain, templated)| {
        let hash = |request: &Value| sha256(request["prompt"].as_str().expect("a prompt"));
        format!("{},{},{},{}\n", hash(plain), hash(templated), templated["prompt_len"], templated["output_len"])
    });
    assert_eq!(json!(requests(&templated).len()), case.expected["count"]);
    assert_eq!(json!(sha256(lines.collect::<String>())), case.expected["requests_sha256"]);
    // The worker of the simulated server is started by another script.
    assert_eq!(requests(&case.dry_run("simulated-server&backend=openai")), requests(&templated));
}

#[test]
fn a_template_that_fails_is_named_in_its_own_words() {
    let case = Case::named(CASE);
    let template = case.site.path().join("tokenizer/chat_template.jinja");
    fs::write(&template, "\n{{ raise_exception('roles must alternate') }}").expect("a file to write");
    let raised = "The tokenizer's chat template fails: roles must alternate (line 2 of the template).";
    assert_eq!(case.refusal(), raised);
    fs::write(&template, "{% if %}").expect("a file to write");
    let unreadable = case.refusal();
    assert!(unreadable.starts_with("The tokenizer's chat template fails: "), "{unreadable}");
    assert!(unreadable.contains("line 1"), "{unreadable}");
}

#[test]
fn a_site_without_the_program_says_so() {
    let case = Case::named(CASE);
    // Its compressed copy too, which the server would send in its place.
    for name in ["chat-template.js", "chat-template.js.gz"] {
        fs::remove_file(case.site.path().join(name)).expect("a file to remove");
    }
    let refusal = case.refusal();
    assert!(refusal.starts_with("The program for chat templates could not be loaded"), "{refusal}");
}
