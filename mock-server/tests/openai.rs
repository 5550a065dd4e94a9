//! The OpenAI routes against the API's own description, and the log against what was received.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod client;

use client::{Ending, open, post, receive, request, send, settle};
use mock_server::{Config, Framing, Mock, TextSource};
use serde_json::{Value, json};

fn fast() -> Config {
    Config { ttft_ms: 5.0, itl_ms: 1.0, ..Config::default() }
}

fn start(config: Config) -> Mock {
    Mock::start(config).unwrap()
}

fn completion(tokens: usize) -> Value {
    json!({ "model": "mock", "prompt": "a b c", "max_tokens": tokens, "stream": true })
}

#[test]
fn a_completion_streams_one_event_a_token_and_the_log_agrees() {
    let mock = start(fast());
    let answer = post(&mock, "/v1/completions", &completion(20));
    assert_eq!((answer.status, answer.ending), (200, Ending::Complete));
    assert!(answer.head.contains("content-type: text/event-stream"));
    assert_eq!(answer.data("data: ").last().unwrap(), "[DONE]");
    let events = answer.events("data: ");
    assert_eq!(events.len(), 21);
    let text: String = events.iter().map(|event| event["choices"][0]["text"].as_str().unwrap()).collect();
    assert_eq!(text.split_whitespace().count(), 20);
    assert_eq!(events[20]["choices"][0]["finish_reason"], "length");
    assert!(events.iter().all(|event| event["object"] == "text_completion" && event.get("usage").is_none()));
    assert!(answer.chunks.iter().all(|(_, chunk)| chunk.starts_with(b"data: ") && chunk.ends_with(b"\n\n")));

    let [log] = mock.generations().try_into().unwrap();
    assert_eq!((log.prompt.as_str(), log.max_tokens, log.tokens_sent(), log.status), ("a b c", 20, 20, 200));
    assert_eq!((log.text, log.http_version.as_str(), log.connection), (text, "HTTP/1.1", answer.local_port));
    assert_eq!(log.headers["content-type"], "application/json");
    assert!(!log.client_gone && log.end_ms.is_some() && log.fault.is_none());
    assert_eq!(log.body, completion(20));
}

#[test]
fn tokens_leave_at_their_deadlines_and_arrive_when_the_log_says() {
    let mock = start(Config { ttft_ms: 30.0, itl_ms: 5.0, ..Config::default() });
    let answer = post(&mock, "/v1/completions", &completion(40));
    let [log] = mock.generations().try_into().unwrap();
    for (place, chunk) in log.chunks.iter().enumerate() {
        let due_ms = log.arrival_ms + 30.0 + 5.0 * place as f64;
        assert!((chunk.due_ms - due_ms).abs() < 1e-6, "deadlines drift");
        assert!(chunk.at_ms >= chunk.due_ms, "sent too early");
    }
    // The lower quartile shows what the mock can do; the rest shows how busy the machine is.
    let quartile = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 4]
    };
    let late = quartile(log.chunks.iter().map(|chunk| chunk.at_ms - chunk.due_ms).collect());
    let travel: Vec<f64> = answer.chunks.iter().zip(&log.chunks).map(|(got, sent)| got.0 - sent.at_ms).collect();
    assert!(late < 2.0, "tokens leave {late} ms late");
    assert!(travel.iter().all(|travel| *travel >= 0.0), "received before it was sent");
    assert!(quartile(travel) < 2.0, "tokens travel too long");
    assert!(log.ttft_ms().unwrap() >= 30.0 && log.gaps_ms().len() == 39);
}

#[test]
fn usage_comes_last_and_alone_or_with_every_chunk() {
    let mock = start(fast());
    let mut body = completion(3);
    body["stream_options"] = json!({ "include_usage": true });
    let events = post(&mock, "/v1/completions", &body).events("data: ");
    let usage = json!({ "prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6 });
    assert_eq!((&events[4]["choices"], &events[4]["usage"]), (&json!([]), &usage));
    assert!(events[..4].iter().all(|event| event["usage"] == Value::Null && event.get("usage").is_some()));
    body["stream_options"]["continuous_usage_stats"] = true.into();
    let events = post(&mock, "/v1/completions", &body).events("data: ");
    assert_eq!(events[1]["usage"]["completion_tokens"], 2);
}

#[test]
fn a_chat_opens_with_its_role_thinks_and_speaks() {
    let mock = start(Config { reasoning_tokens: 3, tokens_per_chunk: 2, ..fast() });
    let body = json!({ "model": "mock", "messages": [{ "role": "user", "content": [{ "type": "text", "text": "x y" }] }],
        "max_completion_tokens": 7, "stream": true, "stream_options": { "include_usage": true } });
    let events = post(&mock, "/v1/chat/completions", &body).events("data: ");
    let delta = |at: usize| &events[at]["choices"][0]["delta"];
    assert_eq!(delta(0), &json!({ "role": "assistant", "content": "" }));
    assert_eq!(delta(1), &json!({ "reasoning_content": " the of" }));
    assert_eq!(delta(2), &json!({ "reasoning_content": " and" }));
    assert_eq!(delta(3), &json!({ "content": " to in" }));
    assert_eq!((delta(5), &events[5]["choices"][0]["finish_reason"]), (&json!({}), &json!("length")));
    assert_eq!(events[6]["usage"]["completion_tokens"], 7);
    assert_eq!(events.len(), 7);
    let [log] = mock.generations().try_into().unwrap();
    assert_eq!((log.prompt.as_str(), log.tokens_sent()), ("x y", 7));
    assert_eq!(log.chunks.iter().map(|chunk| chunk.tokens).collect::<Vec<_>>(), [2, 1, 2, 2]);
}

#[test]
fn an_answer_can_end_by_itself_and_in_the_last_tokens_chunk() {
    let mock = start(Config { eos_after: Some(4), finish_with_last_token: true, ..fast() });
    let events = post(&mock, "/v1/completions", &completion(20)).events("data: ");
    assert_eq!((events.len(), &events[3]["choices"][0]["finish_reason"]), (4, &json!("stop")));
    let mut body = completion(6);
    body["ignore_eos"] = true.into();
    let events = post(&mock, "/v1/completions", &body).events("data: ");
    assert_eq!((events.len(), &events[5]["choices"][0]["finish_reason"]), (6, &json!("length")));
}

#[test]
fn an_answer_that_is_not_streamed_comes_when_its_last_token_would() {
    let mock = start(Config { ttft_ms: 20.0, itl_ms: 5.0, ..Config::default() });
    let mut body = completion(5);
    body["stream"] = false.into();
    let answer = post(&mock, "/v1/completions", &body);
    assert_eq!(answer.json()["usage"]["completion_tokens"], 5);
    assert!(answer.head.contains("content-length: "));
    let [log] = mock.generations().try_into().unwrap();
    assert!((log.chunks[0].due_ms - log.arrival_ms - 40.0).abs() < 1e-6);
    assert!(!log.client_gone && log.tokens_sent() == 5);
    let chat = json!({ "model": "mock", "messages": [{ "role": "user", "content": "x" }], "max_tokens": 2 });
    let answer = post(&mock, "/v1/chat/completions", &chat).json();
    assert_eq!(answer["choices"][0]["message"]["content"], " the of");
}

#[test]
fn framing_liberties_leave_the_text_whole() {
    let framing = Framing {
        crlf: true,
        comment_every: Some(2),
        event_lines: true,
        split_bytes: Some(7),
        split_gap_ms: 0.1,
        ..Framing::default()
    };
    let mock = start(Config { framing, text: TextSource::multibyte(), itl_ms: 5.0, ..fast() });
    let answer = post(&mock, "/v1/completions", &completion(8));
    let broken = answer.chunks.iter().filter(|(_, chunk)| std::str::from_utf8(chunk).is_err()).count();
    assert!(broken > 0, "no write ended inside a character");
    assert!(answer.chunks.iter().all(|(_, chunk)| chunk.len() <= 7));
    let text = answer.text();
    assert_eq!(text.matches(": ping\r\n\r\n").count(), 5);
    assert_eq!(text.matches("event: message\r\ndata: ").count(), 10);
    assert!(text.contains('🌊'));
}

#[test]
fn requests_beyond_the_slots_wait_in_a_queue() {
    let mock = start(Config { slots: Some(1), ttft_ms: 20.0, itl_ms: 1.0, ..Config::default() });
    let mut sockets: Vec<_> = (0..3).map(|_| open(&mock)).collect();
    for socket in &mut sockets {
        send(socket, "POST", "/v1/completions", "content-type: application/json\r\n", &completion(5).to_string());
    }
    for socket in &mut sockets {
        assert_eq!(receive(&mock, socket).ending, Ending::Complete);
    }
    let mut log = mock.generations();
    log.sort_by(|a, b| a.start_ms.total_cmp(&b.start_ms));
    assert!(log.windows(2).all(|pair| pair[1].start_ms >= pair[0].end_ms.unwrap()));
    assert!(log[2].ttft_ms().unwrap() > 60.0);
    assert_eq!((mock.max_in_flight(), mock.stats().in_flight), (3, 0));
}

#[test]
fn a_client_that_goes_away_is_noted() {
    let mock = start(Config { itl_ms: 20.0, ..fast() });
    let mut socket = open(&mock);
    send(&mut socket, "POST", "/v1/completions", "content-type: application/json\r\n", &completion(1000).to_string());
    std::thread::sleep(std::time::Duration::from_millis(60));
    drop(socket);
    settle(&mock);
    let [log] = mock.generations().try_into().unwrap();
    assert!(log.client_gone && log.end_ms.is_some() && log.tokens_sent() < 1000);
}

#[test]
fn what_a_server_refuses_is_refused_in_its_words() {
    let mock = start(Config { api_key: Some("k".into()), strict_models: true, ..fast() });
    let headers = "content-type: application/json\r\nauthorization: Bearer k\r\n";
    let ask = |headers: &str, body: &str| {
        let answer = request(&mock, "POST", "/v1/completions", headers, body);
        (answer.status, answer.json()["error"]["type"].as_str().unwrap().to_owned())
    };
    let body = completion(1).to_string();
    assert_eq!(ask("content-type: application/json\r\n", &body), (401, "AuthenticationError".into()));
    assert_eq!(ask("authorization: Bearer k\r\n", &body).0, 415);
    assert_eq!(ask(headers, "{\"model\": ").0, 400);
    assert_eq!(ask(headers, &body.replace("mock", "other")), (404, "NotFoundError".into()));
    assert_eq!(ask(headers, &body.replace("prompt", "promt")).0, 400);
    assert_eq!(ask(headers, &body.replace("mock", "mock?port=1")).0, 400);
    assert_eq!(ask(headers, &completion(2_000_000).to_string()).0, 400);
    assert_eq!(request(&mock, "GET", "/v1/models", "", "").status, 401);
    let models = request(&mock, "GET", "/v1/models", headers, "").json();
    assert_eq!(models["data"][0]["id"], "mock");
    assert_eq!(request(&mock, "POST", "/v1/embeddings", headers, "{}").status, 404);
    assert_eq!(request(&mock, "GET", "/v1/completions", headers, "").status, 405);
}

#[test]
fn pages_are_let_in_as_configured() {
    let preflight =
        "origin: http://p\r\naccess-control-request-method: POST\r\naccess-control-request-headers: content-type\r\n";
    let open_mock = start(Config { timing_allow_origin: true, ..fast() });
    let answer = request(&open_mock, "OPTIONS", "/v1/completions", preflight, "");
    assert!(answer.status == 200 && answer.head.contains("access-control-allow-headers: content-type"));
    let answer = request(&open_mock, "GET", "/v1/models", "origin: http://p\r\n", "");
    assert!(answer.head.contains("access-control-allow-origin: *") && answer.head.contains("timing-allow-origin: *"));
    assert_eq!(open_mock.log()[0].method, "OPTIONS");

    let closed = start(Config { cors: mock_server::Cors::Off, ..fast() });
    assert_eq!(request(&closed, "OPTIONS", "/v1/completions", preflight, "").status, 405);
    let answer = request(&closed, "GET", "/v1/models", "origin: http://p\r\n", "");
    assert!(!answer.head.contains("access-control") && !answer.head.contains("timing-allow-origin"));
    assert!(request(&closed, "GET", "/mock/log", "origin: http://p\r\n", "").head.contains("allow-origin: *"));
}

#[test]
fn the_log_is_served_and_can_be_cleared() {
    let mock = start(fast());
    post(&mock, "/v1/completions", &completion(2));
    let file: mock_server::LogFile = serde_json::from_value(request(&mock, "GET", "/mock/log", "", "").json()).unwrap();
    assert_eq!(file.requests, mock.log());
    assert!(file.now_ms > file.requests[0].end_ms.unwrap() && file.start_unix_ms > 1.6e12);
    let stats = request(&mock, "GET", "/mock/stats", "", "").json();
    assert_eq!(stats, json!({ "in_flight": 0, "max_in_flight": 1, "generations": 1 }));
    assert_eq!(request(&mock, "DELETE", "/mock/log", "", "").status, 204);
    assert!(mock.log().is_empty());
}
