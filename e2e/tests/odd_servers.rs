//! Servers that are unlike their documentation, end to end: what a tool call comes to, streams without an end, requests
//! that are refused for a field, and keys that no header takes.

use std::time::Duration;

use e2e::driver::{Theme, drive};
use e2e::run::{number, run, summary};
use e2e::scripted::{Answer, Scripted};
use serde_json::Value;

const LONG: Duration = Duration::from_secs(90);

/// The fragment of four requests to a chat server.
fn chat(server: &Scripted, more: &str) -> String {
    format!(
        "backend=openai-chat&base-url={}&model=scripted&dataset-path=demo/sharegpt.json&tokenizer=demo/tokenizer/\
         &num-prompts=4&calibrate=false{more}",
        server.base_url()
    )
}

fn stream(parts: &[(u64, &str)]) -> Answer {
    Answer::Stream(parts.iter().map(|(at_ms, data)| (*at_ms, (*data).to_owned())).collect())
}

fn reason<'a>(result: &'a Value, measure: &str) -> &'a str {
    let reasons = result["streamgauge"]["verdict"]["reasons"].as_array().expect("reasons");
    let found = reasons.iter().find(|reason| reason["measure"] == measure);
    found.and_then(|reason| reason["text"].as_str()).unwrap_or_else(|| panic!("no {measure} in {reasons:?}"))
}

#[test]
fn a_tool_call_is_measured_and_shown() {
    let server = Scripted::start(|_, _| {
        stream(&[
            (0, r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#),
            (100, r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"ebb","arguments":""}}]}}]}"#),
            (150, r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{}"}}]}}]}"#),
            (200, r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#),
        ])
    });
    let result = run(&chat(&server, ""), LONG);
    assert_eq!(number(&result, "completed"), 4.0, "{}", summary(&result));
    assert_eq!(number(&result, "total_output_tokens"), 0.0);
    assert!(result["mean_ttft_ms"].is_null() && result["max_output_tokens_per_s"].is_null(), "{}", summary(&result));
    let figures = &result["streamgauge"]["figures"];
    let of_any = ["ttft_any", "itl_any"].map(|key| (figures[key]["count"].as_u64(), figures[key]["mean_ms"].as_f64()));
    println!("of any kind: {of_any:?}");
    assert_eq!(of_any.map(|(count, _)| count), [Some(4), Some(4)]);
    for ((_, mean_ms), sent_ms) in of_any.into_iter().zip([100.0, 50.0]) {
        assert!(mean_ms.is_some_and(|ms| (ms - sent_ms).abs() < 45.0), "{mean_ms:?} of {sent_ms} ms");
    }
    assert!(reason(&result, "answers_without_text_share").starts_with("4 of 4 requests brought no text"));
    drive(&chat(&server, ""), (1280, 1600), Theme::Light, async |page| {
        page.click("Run").await;
        assert_eq!(page.wait_for_state(&["done", "failed"], LONG).await, "done");
        for words in ["TTFT, any", "ITL, any", "completed, no text"] {
            page.wait_for(&format!("document.body.innerText.includes({words:?})")).await;
        }
    });
}

#[test]
fn streams_without_an_end_and_prompts_that_come_back_are_said() {
    let server = Scripted::start(|body, _| {
        let prompt = &body["messages"][0]["content"];
        let echo = serde_json::json!({ "choices": [{ "delta": { "content": prompt } }] }).to_string();
        stream(&[
            (0, "12:04:31"),
            (20, &echo),
            (
                60,
                r#"{"choices":[{"delta":{"content":"Half \ud83d"}}],"usage":{"completion_tokens":-1,"prompt_tokens":NaN}}"#,
            ),
            (90, r#"{"choices":[{"delta":{"content":"\ude42"}}]}"#),
        ])
    });
    let result = run(&chat(&server, ""), LONG);
    assert_eq!(number(&result, "completed"), 4.0, "{}", summary(&result));
    assert!(reason(&result, "unmarked_end_share").starts_with("4 of 4 requests ended without [DONE]"));
    assert!(reason(&result, "prompt_echoed_share").starts_with("The answers to 4 of 4 requests began"));
    let record = &result["streamgauge"]["records"][0];
    assert_eq!((&record["stream_end"], &record["events"]["kind"]), (&"unmarked".into(), &"oett".into()));
    let ttft_ms = number(&result, "mean_ttft_ms");
    assert!((ttft_ms - 60.0).abs() < 40.0, "the prompt is no token: {ttft_ms}");
    drive(&chat(&server, ""), (1280, 1600), Theme::Light, async |page| {
        page.click("Run").await;
        assert_eq!(page.wait_for_state(&["done", "failed"], LONG).await, "done");
        page.wait_for("document.body.innerText.includes('completed, no end mark, prompt removed')").await;
        page.wait_for("document.body.innerText.includes('4 events are no tokens')").await;
    });
}

#[test]
fn a_refused_field_is_named_with_the_setting_that_renames_it() {
    let server = Scripted::start(|body, _| match body.get("max_tokens") {
        Some(_) => {
            Answer::Status(400, r#"{"error":{"message":"max_tokens is unknown: use max_completion_tokens"}}"#.into())
        }
        None => stream(&[(10, r#"{"choices":[{"delta":{"content":"Fine"},"finish_reason":"stop"}]}"#), (12, "[DONE]")]),
    });
    let outcome = run(&chat(&server, ""), LONG);
    let said = outcome["error"].as_str().unwrap_or_default();
    assert!(said.contains("max_tokens is unknown") && said.contains("Length field (length-field)"), "{said}");
    let result = run(&chat(&server, "&length-field=max_completion_tokens"), LONG);
    assert_eq!(number(&result, "completed"), 4.0, "{}", summary(&result));
    let lengths: Vec<u64> =
        server.bodies().iter().filter_map(|body| body["max_completion_tokens"].as_u64()).skip(1).collect();
    let asked: Vec<u64> = result["streamgauge"]["records"]
        .as_array()
        .expect("records")
        .iter()
        .filter_map(|record| record["asked_output_len"].as_u64())
        .collect();
    let sorted = |mut lengths: Vec<u64>| {
        lengths.sort_unstable();
        lengths
    };
    assert_eq!(sorted(lengths), sorted(asked), "each request's own length");
}

#[test]
fn a_server_that_loads_its_model_is_waited_for_where_that_is_asked() {
    let server = || {
        Scripted::start(|_, before| match before {
            0..3 => Answer::Status(503, r#"{"error":{"code":503,"message":"Loading the model"}}"#.into()),
            _ => stream(&[(10, r#"{"choices":[{"delta":{"content":"Fine"},"finish_reason":"stop"}]}"#)]),
        })
    };
    let outcome = run(&chat(&server(), ""), LONG);
    let said = outcome["error"].as_str().unwrap_or_default();
    assert!(said.contains("Loading the model") && said.contains("ready-check-timeout-sec"), "{said}");
    let result = run(&chat(&server(), "&ready-check-timeout-sec=30"), LONG);
    assert_eq!(number(&result, "completed"), 4.0, "{}", summary(&result));
}

#[test]
fn a_key_that_no_header_takes_marks_its_field() {
    let server = Scripted::start(|_, _| stream(&[(10, r#"{"choices":[{"delta":{"content":"Fine"}}]}"#)]));
    drive(&chat(&server, ""), (1280, 1200), Theme::Light, async |page| {
        page.fill("API key", "sk-“quoted”").await;
        page.wait_for("document.querySelector('#field-api-key').getAttribute('aria-invalid') === 'true'").await;
        page.click("Run").await;
        page.wait_for_state(&["failed"], LONG).await;
        let text = page.text().await;
        assert!(text.contains("Not started") && text.contains("no header can carry"), "{text}");
        assert!(server.bodies().is_empty(), "nothing is sent");
        page.fill("API key", "sk-plain").await;
        page.wait_for("document.querySelector('#field-api-key').getAttribute('aria-invalid') === 'false'").await;
        page.click("Run").await;
        assert_eq!(page.wait_for_state(&["done", "failed"], LONG).await, "done");
    });
}
