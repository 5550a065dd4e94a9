//! Where a tokenizer may come from: a folder beside the page, with or without its slash, or a name on a hub.

use std::path::Path;
use std::time::Duration;

use e2e::run::{copy, dist, run_site};
use serde_json::Value;

fn dry_run(site: &Path, tokenizer: &str) -> Value {
    let fragment = format!(
        "simulated-server&dry-run&dataset-path=demo/sharegpt.json&num-prompts=20&hf-endpoint=hub&tokenizer={tokenizer}"
    );
    run_site(site, &fragment, Duration::from_secs(60))
}

#[test]
fn a_folder_and_a_hub_name_give_the_same_workload() {
    let site = tempfile::tempdir().expect("a folder for the site");
    copy(&dist(), site.path());
    copy(&dist().join("demo/tokenizer"), &site.path().join("hub/org/small-model/resolve/main"));
    let folder = dry_run(site.path(), "demo/tokenizer/");
    assert_eq!(folder["requests"].as_array().map(Vec::len), Some(20), "{folder}");
    for place in ["demo/tokenizer", "./demo/tokenizer/", "org/small-model"] {
        assert_eq!(dry_run(site.path(), place)["requests"], folder["requests"], "{place}");
    }
    let missing = dry_run(site.path(), "org/no-such-model");
    let message = missing["error"].as_str().expect("an error");
    assert!(message.contains("org/no-such-model") && message.contains("tokenizer.json"), "{message}");
}
