//! Prompts in a chat template, which a program of its own renders in the browser: they are the reference's, and what can
//! go wrong with it is said.

use std::fs;

use e2e::golden::{Case, hash, requests};

/// A case with a template that sets blocks, trims and loops.
const CASE: &str = "sonnet_llama3ish_s0_n20_1600_128_200_poem_public";

/// The error of a dry run.
fn refusal(case: &Case) -> String {
    let outcome = case.dry_run("simulated-server");
    outcome["error"].as_str().unwrap_or_else(|| panic!("no error in {outcome:.300}")).to_owned()
}

/// A chat server applies the template itself, so it gets prompts as they are; the hash is over both kinds.
#[test]
fn templated_prompts_are_the_references() {
    let case = Case::named(CASE);
    let templated = case.dry_run("backend=openai&base-url=http://localhost:1");
    let plain = case.dry_run("backend=openai-chat&base-url=http://localhost:1");
    let lines = requests(&plain).iter().zip(requests(&templated)).map(|(plain, templated)| {
        format!("{},{},{},{}\n", hash(plain), hash(templated), templated["prompt_len"], templated["output_len"])
    });
    case.assert_requests(&lines.collect::<Vec<_>>());
    // The worker of the simulated server is started by another script.
    assert_eq!(requests(&case.dry_run("simulated-server&backend=openai")), requests(&templated));
}

#[test]
fn a_template_that_fails_is_named_in_its_own_words() {
    let case = Case::named(CASE);
    let template = case.site.path().join("tokenizer/chat_template.jinja");
    fs::write(&template, "\n{{ raise_exception('roles must alternate') }}").expect("a file to write");
    let raised = "The tokenizer's chat template fails: roles must alternate (line 2 of the template).";
    assert_eq!(refusal(&case), raised);
    fs::write(&template, "{% if %}").expect("a file to write");
    let unreadable = refusal(&case);
    assert!(unreadable.starts_with("The tokenizer's chat template fails: "), "{unreadable}");
    assert!(unreadable.contains("line 1"), "{unreadable}");
}

#[test]
fn a_site_without_the_program_says_so() {
    let case = Case::named(CASE);
    fs::remove_file(case.site.path().join("chat-template.js")).expect("a file to remove");
    let refusal = refusal(&case);
    assert!(refusal.starts_with("The program for chat templates could not be loaded"), "{refusal}");
}
