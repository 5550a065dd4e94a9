//! The demo: with nothing filled in, the page measures the server that is simulated inside it.

use std::time::Duration;

use e2e::run::{REFERENCE_KEYS, number, run, summary};
use serde_json::Value;
use streamgauge::settings::Settings;

#[test]
fn the_demo_measures_the_simulated_server() {
    let times =
        Settings { simulated_ttft_ms: 300.0, simulated_itl_ms: 40.0, simulated_jitter: 0.0, ..Settings::demo() };
    let settings = Settings { num_prompts: 40, request_rate: 10.0, simulated_slots: 100, ..times };
    let result = run(&settings.to_fragment(), Duration::from_secs(120));
    assert_eq!(number(&result, "completed"), 40.0, "{}", summary(&result));
    let keys: Vec<&str> = result.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(&keys[..REFERENCE_KEYS.len()], &REFERENCE_KEYS);
    assert!(result["streamgauge"]["version"].is_string());
    // The simulated server's times are set to 300 and 40 ms; a slow machine only adds to them.
    assert!((295.0..600.0).contains(&number(&result, "median_ttft_ms")), "{}", summary(&result));
    assert!((35.0..80.0).contains(&number(&result, "median_itl_ms")), "{}", summary(&result));
    // Every request asks for as many tokens as the dataset's answer has, and gets them.
    let asked: Vec<f64> = result["output_lens"].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
    assert_eq!(asked.len(), 40);
    assert_eq!(asked.iter().sum::<f64>(), number(&result, "total_output_tokens"));
}

#[test]
fn the_demo_as_it_stands_gives_no_cause_for_doubt_of_its_own() {
    let result = run("", Duration::from_secs(120));
    let reasons = result["streamgauge"]["verdict"]["reasons"].as_array().expect("reasons");
    // What is left is the machine's, which may be busy with other tests.
    for measure in
        ["completed_requests", "repeated_prompt_share", "failed_share", "token_mismatch_share", "stream_wait_share"]
    {
        let reason = reasons.iter().find(|reason| reason["measure"] == measure);
        assert_eq!(reason.map(|reason| &reason["level"]), Some(&Value::from("trusted")), "{reasons:#?}");
    }
    println!("{}: {reasons:#?}", result["streamgauge"]["verdict"]["level"]);
}

#[test]
fn a_dry_run_sends_nothing_and_tells_the_workload() {
    let settings = Settings { num_prompts: 12, dry_run: true, seed: 5, ..Settings::demo() };
    let outcome = run(&settings.to_fragment(), Duration::from_secs(60));
    let requests = outcome["requests"].as_array().expect("requests");
    assert_eq!(requests.len(), 12);
    for request in requests {
        assert!(request["prompt"].as_str().is_some_and(|prompt| !prompt.is_empty()));
        assert!(request["prompt_len"].as_u64().is_some_and(|len| len >= 4));
        assert!(request["output_len"].as_u64().is_some_and(|len| len >= 4));
    }
    assert_eq!(outcome["intervals_s"].as_array().map(Vec::len), Some(12));
    assert_eq!(outcome["settings"]["seed"], "5");
    let again = run(&settings.to_fragment(), Duration::from_secs(60));
    for key in ["requests", "intervals_s", "settings"] {
        assert_eq!(outcome[key], again[key], "the same seed gives the same {key}");
    }
}

#[test]
fn an_unknown_key_or_a_bad_value_is_named_and_nothing_runs() {
    for (fragment, named) in
        [("simulated-server&nonsense=1", "nonsense"), ("simulated-server&num-prompts=many", "num-prompts")]
    {
        let outcome = run(fragment, Duration::from_secs(60));
        let error = outcome["error"].as_str().expect("an error");
        assert!(error.contains(named), "{error}");
        assert_eq!(outcome.as_object().map(serde_json::Map::len), Some(1));
    }
}
