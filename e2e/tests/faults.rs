//! What goes wrong, end to end: a server that is not reached or refuses gives a sentence and no run; a request that fails
//! within a run is counted by kind with its words, and disturbs no other.

use std::time::Duration;

use e2e::driver::{Theme, drive};
use e2e::run::{fragment, number, run, summary};
use mock_server::{Config, Cors, Fault, Mock};
use serde_json::Value;

const LONG: Duration = Duration::from_secs(120);

fn mock(config: Config) -> Mock {
    Mock::start(config).expect("a mock")
}

fn quick() -> Config {
    Config { ttft_ms: 20.0, itl_ms: 4.0, ..Config::default() }
}

/// The sentence that a run of three requests ends with.
fn refusal(base_url: &str, more: &str) -> String {
    let outcome = run(&fragment(base_url, &format!("num-prompts=3&sharegpt-output-len=8{more}")), LONG);
    outcome["error"].as_str().unwrap_or_else(|| panic!("no error in {}", summary(&outcome))).to_owned()
}

fn assert_says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.to_lowercase().contains(&word.to_lowercase()), "{word:?} is not in: {message}");
    }
}

#[test]
fn a_server_that_is_not_there() {
    let message = refusal("http://localhost:65500", "");
    assert_says(&message, &["nothing answers", "http://localhost:65500"]);
    let message = refusal("http://no-such-host.invalid:8000", "");
    assert_says(&message, &["nothing answers", "no-such-host.invalid"]);
}

#[test]
fn a_server_that_resets_every_connection() {
    // Within a run a browser repeats a request by itself when a used connection is reset before an answer, so only a
    // server that always does it is seen to.
    let message = refusal(&mock(Config { fault: Some(Fault::ResetBeforeHeaders), ..quick() }).base_url(), "");
    assert_says(&message, &["answer"]);
}

#[test]
fn a_server_that_refuses_this_page() {
    let message = refusal(&mock(Config { cors: Cors::Off, ..quick() }).base_url(), "");
    assert_says(&message, &["cors", "--allowed-origins '[\"http://localhost:", "curl -i -X OPTIONS"]);
}

/// The outcome of a run for which a person has typed a key: a link cannot carry one.
fn run_with_key(fragment: &str) -> Value {
    let link = format!("{fragment}&report-to=report/outcome");
    drive(&link, (1280, 900), Theme::Light, async |page| {
        page.fill("API key", "sk-a-key").await;
        page.click("Run").await;
        page.wait_for_state(&["done", "failed"], LONG).await;
        let (_, body) = page.site.reports().recv_timeout(Duration::from_secs(20)).expect("a report");
        assert!(!String::from_utf8_lossy(&body).contains("sk-a-key"), "the key is in the outcome");
        serde_json::from_slice(&body).expect("an outcome in JSON")
    })
}

#[test]
fn a_server_that_refuses_the_header_of_the_key() {
    let keyless = mock(Config { cors: Cors::WithoutAuthorization, ..quick() });
    let few = "num-prompts=3&sharegpt-output-len=8";
    let without = run(&fragment(&keyless.base_url(), few), LONG);
    assert_eq!(number(&without, "completed"), 3.0, "{}", summary(&without));
    let mended = [
        ("vllm", "--allowed-headers '[\"*\"]'"),
        ("openai", "--cors-headers"),
        ("tgi", "TGI accepts no API key from a page"),
    ];
    for (backend, line) in mended {
        let fragment = fragment(&keyless.base_url(), few).replace("backend=openai", &format!("backend={backend}"));
        let outcome = run_with_key(&fragment);
        let message = outcome["error"].as_str().unwrap_or_else(|| panic!("no error in {}", summary(&outcome)));
        assert_says(message, &["preflight", line, "curl -i -X OPTIONS", "authorization"]);
    }
}

/// Runs eight requests, every other one against an address that does not work; the test request goes to a sound one. The
/// failures are of this kind and say these words, and the other requests do not notice.
fn every_other(bad_url: &str, kind: &str, words: &[&str], with_key: bool) {
    let sound = mock(quick());
    let both = format!("{}%20{bad_url}", sound.base_url());
    let fragment = fragment(&both, "num-prompts=8&request-rate=20&sharegpt-output-len=8&request-timeout-sec=20");
    let result = if with_key { run_with_key(&fragment) } else { run(&fragment, LONG) };
    assert_eq!(number(&result, "completed"), 4.0, "{bad_url}: {}", summary(&result));
    assert_eq!(number(&result, "failed"), 4.0, "{bad_url}");
    let records = result["streamgauge"]["records"].as_array().expect("records");
    let failures: Vec<&Value> = records.iter().map(|record| &record["failure"]).filter(|f| !f.is_null()).collect();
    assert_eq!(failures.len(), 4);
    for failure in failures {
        assert_eq!(failure["kind"], kind, "{bad_url}: {failure}");
        assert_says(failure["message"].as_str().expect("a message"), words);
    }
    let sent_s: Vec<f64> = sound.generations()[1..].iter().filter_map(|request| request.ttft_ms()).collect();
    assert_eq!(sent_s.len(), 4, "{bad_url}");
    let slowest_s = result["ttfts"].as_array().expect("ttfts").iter().filter_map(Value::as_f64).fold(0.0, f64::max);
    assert!(slowest_s < 2.0, "{bad_url}: another request waited {slowest_s} s for its first token");
}

#[test]
fn an_address_that_is_not_reached_leaves_the_others_alone() {
    let words = ["no answer", "server"];
    every_other("http://localhost:65500", "unreachable", &words, false);
    every_other("http://no-such-host.invalid:8000", "unreachable", &words, false);
    every_other(&mock(Config { cors: Cors::Off, ..quick() }).base_url(), "unreachable", &words, false);
    let keyless = mock(Config { cors: Cors::WithoutAuthorization, ..quick() });
    every_other(&keyless.base_url(), "unreachable", &words, true);
    let resetting = mock(Config { fault: Some(Fault::ResetBeforeHeaders), ..quick() });
    every_other(&resetting.base_url(), "unreachable", &words, false);
}

#[test]
fn an_address_that_refuses_leaves_the_others_alone() {
    let keyed = mock(Config { api_key: Some("secret".into()), ..quick() });
    every_other(&keyed.base_url(), "http_status", &["401"], false);
    let strict = mock(Config { strict_models: true, models: vec!["other".into()], ..quick() });
    every_other(&strict.base_url(), "http_status", &["404", "mock"], false);
    let limited = mock(Config { fault: Some(Fault::Status { code: 429 }), ..quick() });
    every_other(&limited.base_url(), "http_status", &["429"], false);
}

#[test]
fn error_statuses_carry_the_servers_words() {
    let keyed = mock(Config { api_key: Some("secret".into()), ..quick() });
    assert_says(&refusal(&keyed.base_url(), ""), &["401", "key"]);
    let strict = mock(Config { strict_models: true, models: vec!["other".into()], ..quick() });
    assert_says(&refusal(&strict.base_url(), ""), &["404", "mock"]);
    for code in [429, 500] {
        let faulty = mock(Config { fault: Some(Fault::Status { code }), ..quick() });
        assert_says(&refusal(&faulty.base_url(), ""), &[&code.to_string()]);
    }
}

#[test]
fn unusable_files_are_named() {
    let server = mock(quick());
    let base = fragment(&server.base_url(), "num-prompts=3");
    let cases = [
        (base.replace("demo/sharegpt.json", "demo/missing.json"), ["dataset", "404"]),
        (base.replace("demo/sharegpt.json", "demo/tokenizer/tokenizer.json"), ["dataset", "list"]),
        (base.replace("demo/tokenizer/", "demo/"), ["tokenizer", "tokenizer.json"]),
        (base.replace("demo/tokenizer/", "nowhere/"), ["tokenizer", "nowhere"]),
    ];
    for (fragment, words) in cases {
        let outcome = run(&fragment, LONG);
        let message = outcome["error"].as_str().unwrap_or_else(|| panic!("no error for {fragment}"));
        assert_says(message, &words);
    }
    assert!(server.generations().is_empty(), "nothing is sent without a workload");
}

/// Runs 12 requests of which every third fails so, and checks that the others do not notice.
fn one_in_three(fault: Fault, kind: &str, words: &[&str], more: &str) -> Value {
    let server = mock(Config { fault_every: Some((3, fault)), ..quick() });
    let more = format!("num-prompts=12&request-rate=20&sharegpt-output-len=10{more}");
    let result = run(&fragment(&server.base_url(), &more), LONG);
    // The test request is the first of thirteen generations, so the third, sixth, … of them are four of the run's.
    assert_eq!(number(&result, "completed"), 8.0, "{fault}: {}", summary(&result));
    assert_eq!(number(&result, "failed"), 4.0, "{fault}");
    let errors: Vec<&str> = result["errors"].as_array().expect("errors").iter().filter_map(Value::as_str).collect();
    let said: Vec<&&str> = errors.iter().filter(|error| !error.is_empty()).collect();
    assert_eq!(said.len(), 4, "{fault}: {errors:?}");
    said.iter().for_each(|error| assert_says(error, words));
    let records = result["streamgauge"]["records"].as_array().expect("records");
    let kinds = records.iter().filter(|record| record.to_string().contains(&format!("\"{kind}\""))).count();
    assert_eq!(kinds, 4, "{fault}: not of the kind {kind}: {}", records[1]);
    let slowest =
        result["itls"].as_array().expect("itls").iter().flat_map(|itls| itls.as_array().into_iter().flatten());
    let slowest_s = slowest.filter_map(Value::as_f64).fold(0.0, f64::max);
    assert!(slowest_s < 2.0, "{fault}: another request waited {slowest_s} s between tokens");
    result
}

#[test]
fn faults_of_the_connection() {
    one_in_three(Fault::ResetMidStream { after: 3 }, "broken", &["broke"], "");
    one_in_three(Fault::CloseMidStream { after: 3 }, "broken", &["broke"], "");
    one_in_three(Fault::Stall { after: 3 }, "timeout", &["time limit"], "&request-timeout-sec=3");
}

#[test]
fn faults_of_the_stream() {
    one_in_three(Fault::Status { code: 500 }, "http_status", &["500"], "");
    one_in_three(Fault::BrokenJson { after: 2 }, "malformed", &["an event that cannot be read"], "");
    one_in_three(Fault::WrongContentType, "wrong_content", &["html"], "");
    one_in_three(Fault::ErrorEvent { after: 2 }, "server_error", &["the mock was told to fail in mid-stream"], "");
    one_in_three(Fault::Empty, "empty", &["ended without a token"], "");
    one_in_three(Fault::Endless, "timeout", &["time limit"], "&request-timeout-sec=3");
}

#[test]
fn a_missing_end_mark_and_a_huge_line_are_no_failures() {
    for fault in [Fault::NoDone, Fault::HugeLine { megabytes: 20 }] {
        let server = mock(Config { fault_every: Some((6, fault)), ..quick() });
        let more = "num-prompts=12&request-rate=10&sharegpt-output-len=10";
        let result = run(&fragment(&server.base_url(), more), LONG);
        assert_eq!(number(&result, "completed"), 12.0, "{fault}: {}", summary(&result));
    }
}

#[test]
fn a_run_in_which_nothing_succeeds_has_a_result_that_says_so() {
    // The test request is served, the only one of the run is not.
    let server = mock(Config { fault_every: Some((2, Fault::Status { code: 500 })), ..quick() });
    let link = fragment(&server.base_url(), "num-prompts=1&sharegpt-output-len=8&report-to=report/outcome");
    drive(&link, (1280, 900), Theme::Light, async |page| {
        page.click("Run").await;
        page.wait_for_state(&["done", "failed"], LONG).await;
        let (_, body) = page.site.reports().recv_timeout(Duration::from_secs(20)).expect("a report");
        let result: Value = serde_json::from_slice(&body).expect("a result in JSON");
        assert_eq!([number(&result, "completed"), number(&result, "failed")], [0.0, 1.0], "{}", summary(&result));
        assert_eq!(number(&result, "request_throughput"), 0.0);
        assert!(result["mean_ttft_ms"].is_null(), "{}", result["mean_ttft_ms"]);
        let text = page.text().await;
        assert_says(&text, &["0 of 1 request succeeded", "1 of 1 requests failed.", "No request completed", "500"]);
        assert!(!text.contains("beside a median TTFT"), "no latency is spoken of where there is none");
    });
}
