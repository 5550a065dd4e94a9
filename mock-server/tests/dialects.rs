//! Each server kind's own routes, framing and errors, from its own description.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod client;

use client::{Ending, post};
use mock_server::{Config, Mock};
use serde_json::{Value, json};

fn start() -> Mock {
    Mock::start(Config { ttft_ms: 2.0, itl_ms: 1.0, tokens_per_chunk: 2, ..Config::default() }).unwrap()
}

const FIVE: &str = " the of and to in";

#[test]
fn tgi_sends_an_event_a_token_and_the_text_with_the_last() {
    let mock = start();
    let parameters =
        json!({ "max_new_tokens": 5, "do_sample": true, "temperature": 0.01, "top_p": 0.99, "details": true });
    let body = json!({ "inputs": "a b", "parameters": parameters });
    let answer = post(&mock, "/generate_stream", &body);
    assert!(answer.text().starts_with("data:{") && !answer.text().contains("[DONE]"));
    let events = answer.events("data:");
    assert_eq!(events.len(), 5);
    let text: String = events.iter().map(|event| event["token"]["text"].as_str().unwrap()).collect();
    assert_eq!((text.as_str(), &events[4]["generated_text"]), (FIVE, &json!(FIVE)));
    assert!(events[..4].iter().all(|event| event["generated_text"].is_null() && event["details"].is_null()));
    assert_eq!(
        events[4]["details"],
        json!({ "finish_reason": "length", "generated_tokens": 5, "input_length": 2, "seed": null })
    );
    // Two tokens a chunk leave together, as two events.
    let [log] = mock.generations().try_into().unwrap();
    assert_eq!(log.chunks[0].due_ms, log.chunks[1].due_ms);
    assert_eq!(post(&mock, "/generate", &body).json()["generated_text"], FIVE);
}

#[test]
fn tgi_has_bounds_of_its_own() {
    let mock = start();
    for parameters in [json!({ "temperature": 0.0 }), json!({ "top_p": 1.0 })] {
        let answer = post(&mock, "/generate_stream", &json!({ "inputs": "a", "parameters": parameters }));
        assert_eq!((answer.status, &answer.json()["error_type"]), (422, &json!("validation")));
    }
}

#[test]
fn sglang_repeats_the_text_so_far_and_counts() {
    let mock = start();
    let mut body = json!({ "text": "a b", "sampling_params": { "max_new_tokens": 5 }, "stream": true });
    let answer = post(&mock, "/generate", &body);
    assert_eq!(answer.data("data: ").last().unwrap(), "[DONE]");
    let events = answer.events("data: ");
    let texts: Vec<_> = events.iter().map(|event| event["text"].as_str().unwrap()).collect();
    assert_eq!(texts, [" the of", " the of and to", FIVE]);
    let counts: Vec<_> = events.iter().map(|event| event["meta_info"]["completion_tokens"].as_u64().unwrap()).collect();
    assert_eq!(counts, [2, 4, 5]);
    assert_eq!(events[2]["meta_info"]["finish_reason"], json!({ "type": "length", "length": 5 }));
    assert!(events[0]["meta_info"]["finish_reason"].is_null());
    body["stream"] = false.into();
    assert_eq!(post(&mock, "/generate", &body).json()["text"], FIVE);
    let refused = post(&mock, "/generate", &json!({ "stream": true }));
    assert_eq!((refused.status, refused.json()["error"]["message"].is_string()), (400, true));
}

#[test]
fn triton_accumulates_only_when_asked() {
    let mock = start();
    let texts = |body: &Value| -> Vec<String> {
        let answer = post(&mock, "/v2/models/ensemble/generate_stream", body);
        assert_eq!(answer.ending, Ending::Complete);
        let events = answer.events("data: ");
        assert!(events.iter().all(|event| event["model_name"] == "ensemble"));
        events.iter().map(|event| event["text_output"].as_str().unwrap().to_owned()).collect()
    };
    let mut body = json!({ "text_input": "a b", "max_tokens": 5, "stream": true, "accumulate_tokens": true });
    assert_eq!(texts(&body), [" the of", " the of and to", FIVE]);
    body["accumulate_tokens"] = false.into();
    assert_eq!(texts(&body), [" the of", " and to", " in"]);
    assert_eq!(post(&mock, "/v2/models/ensemble/generate", &body).json()["text_output"], FIVE);
    assert!(post(&mock, "/v2/models/ensemble/generate", &json!({})).json()["error"].is_string());
}

#[test]
fn mii_does_not_stream() {
    let mock =
        Mock::start(Config { mii_path: Some("/my/mii".into()), ttft_ms: 20.0, itl_ms: 5.0, ..Config::default() });
    let mock = mock.unwrap();
    let body = json!({ "prompt": "a b", "max_tokens": 5, "temperature": 0.01, "top_p": 1.0 });
    for path in ["/mii/mistral", "/my/mii"] {
        assert_eq!(post(&mock, path, &body).json(), json!({ "text": [FIVE] }));
    }
    let own = post(&mock, "/mii/mistral", &json!({ "prompts": ["a b"], "max_new_tokens": 5 })).json();
    assert_eq!((&own[0]["generated_text"], &own[0]["generated_length"]), (&json!(FIVE), &json!(5)));
    assert!(mock.generations().iter().all(|log| log.ttft_ms().unwrap() >= 40.0 && log.tokens_sent() == 5));
}
