//! Each fault as a client meets it, and that it strikes only whom it shall.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod client;

use client::{Answer, Ending, post, request, settle};
use mock_server::{Config, Fault, Mock, RequestLog};
use serde_json::{Value, json};

fn start() -> Mock {
    Mock::start(Config { ttft_ms: 2.0, itl_ms: 2.0, ..Config::default() }).unwrap()
}

/// An answer of ten tokens with a fault, and the log of it.
fn ask(mock: &Mock, fault: &str) -> (Answer, RequestLog) {
    let model = format!("mock?fault={fault}");
    let body = json!({ "model": model, "prompt": "a", "max_tokens": 10, "stream": true });
    let answer = post(mock, "/v1/completions", &body);
    (answer, mock.generations().pop().unwrap())
}

fn tokens(answer: &Answer) -> usize {
    answer.text().matches("\"text\":\" ").count()
}

#[test]
fn connections_break_where_they_shall() {
    let mock = start();
    let (answer, log) = ask(&mock, "reset_before_headers");
    assert_eq!((answer.ending, answer.status, log.status), (Ending::Reset, 0, 0));
    for (fault, ending) in
        [("reset_mid_stream:4", Ending::Reset), ("close_mid_stream:4", Ending::Closed), ("stall:4", Ending::Silent)]
    {
        let (answer, log) = ask(&mock, fault);
        assert_eq!((answer.ending, tokens(&answer), log.tokens_sent()), (ending, 4, 4), "{fault}");
        assert_eq!((log.fault.as_deref(), answer.status), (Some(fault), 200));
    }
    settle(&mock);
    let log = mock.generations();
    assert!(log[3].client_gone && !log[1].client_gone, "only the stalled client gave up");
}

#[test]
fn streams_go_wrong_where_they_shall() {
    let mock = start();
    let (answer, _) = ask(&mock, "no_done");
    assert_eq!((answer.ending, tokens(&answer), answer.text().contains("[DONE]")), (Ending::Complete, 10, false));
    let (answer, log) = ask(&mock, "broken_json:1");
    let broken: Vec<_> =
        answer.data("data: ").into_iter().filter(|d| serde_json::from_str::<Value>(d).is_err()).collect();
    assert_eq!((broken.len(), log.tokens_sent()), (2, 9), "one event, and the mark of the end");
    let (answer, log) = ask(&mock, "error_event:3");
    let last = answer.events("data: ").pop().unwrap();
    assert_eq!((&last["error"]["code"], answer.status, log.tokens_sent()), (&json!(500), 200, 3));
    let (answer, log) = ask(&mock, "empty");
    assert_eq!(
        (answer.ending, answer.status, answer.text().as_str(), log.tokens_sent()),
        (Ending::Complete, 200, "", 0)
    );
    let (answer, log) = ask(&mock, "huge_line:2");
    let longest = answer.data("data: ").iter().map(String::len).max().unwrap();
    assert!(longest > 2_000_000 && tokens(&answer) == 10 && log.tokens_sent() == 10);
    answer.events("data: ");
}

#[test]
fn answers_are_not_what_was_asked_for() {
    let mock = start();
    let (answer, log) = ask(&mock, "status:429");
    assert_eq!((answer.status, log.status), (429, 429));
    assert_eq!(answer.json()["error"]["type"], "RateLimitError");
    let (answer, _) = ask(&mock, "wrong_content_type");
    assert!(answer.status == 200 && answer.head.contains("text/html") && answer.text().starts_with("<!DOCTYPE"));
    let (answer, log) = ask(&mock, "slow_headers:80");
    assert!(answer.chunks[0].0 - answer.sent_ms > 80.0 && log.ttft_ms().unwrap() > 80.0);
    assert_eq!(answer.ending, Ending::Complete);
}

#[test]
fn an_endless_stream_ends_with_its_client() {
    let mock = start();
    let body = json!({ "model": "mock?fault=endless&itl_ms=1", "prompt": "a", "max_tokens": 3, "stream": true });
    let mut socket = client::open(&mock);
    client::send(&mut socket, "POST", "/v1/completions", "content-type: application/json\r\n", &body.to_string());
    std::thread::sleep(std::time::Duration::from_millis(100));
    drop(socket);
    settle(&mock);
    let log = mock.generations().pop().unwrap();
    assert!(log.tokens_sent() > 3 && log.client_gone);
}

#[test]
fn answers_in_one_piece_go_wrong_too() {
    let mock = start();
    let ask = |fault: &str| {
        post(&mock, "/mii/m", &json!({ "model": format!("m?fault={fault}"), "prompt": "a", "max_tokens": 10 }))
    };
    assert_eq!(ask("reset_mid_stream").ending, Ending::Reset);
    assert_eq!(ask("close_mid_stream").ending, Ending::Closed);
    let broken = ask("broken_json");
    assert!(broken.ending == Ending::Complete && serde_json::from_str::<Value>(&broken.text()).is_err());
    assert_eq!((ask("error_event").status, ask("empty").text().as_str()), (500, ""));
}

#[test]
fn every_nth_request_fails_and_no_other() {
    let fault_every = Some((3, Fault::Status { code: 503 }));
    let mock = Mock::start(Config { fault_every, ttft_ms: 1.0, itl_ms: 0.0, ..Config::default() }).unwrap();
    let body = json!({ "prompt": "a", "max_tokens": 2, "stream": true }).to_string();
    let ask = || request(&mock, "POST", "/v1/completions", "content-type: application/json\r\n", &body).status;
    let statuses: Vec<u16> = (0..6).map(|_| ask()).collect();
    assert_eq!(statuses, [200, 200, 503, 200, 200, 503]);
}

#[test]
fn errors_have_the_shape_of_their_server() {
    let mock = start();
    let model = "m?fault=status:500";
    let error = |path: &str, mut body: Value| {
        body["model"] = model.into();
        post(&mock, path, &body).json()
    };
    assert_eq!(error("/generate_stream", json!({ "inputs": "a" }))["error_type"], "generation");
    assert!(error("/generate", json!({ "text": "a" }))["error"]["message"].is_string());
    assert!(error("/v2/models/m/generate_stream", json!({ "text_input": "a" }))["error"].is_string());
    assert!(error("/mii/m", json!({ "prompt": "a" }))["message"].is_string());
}
