//! Every kind of server, end to end in the browser, with the page's figures held against the mock's log.

use std::time::Duration;

use e2e::run::{number, run, summary};
use mock_server::{Config, Mock, RequestLog};
use sha2::{Digest, Sha256};
use streamgauge::backend::default_endpoint;
use streamgauge::settings::BackendKind;

const TOKENS: u32 = 12;

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// Runs eight requests of this kind; what the mock logged of them, and the result.
fn measure(kind: BackendKind, config: Config, more: &str) -> (Vec<RequestLog>, serde_json::Value) {
    let mock = Mock::start(config).expect("a mock");
    let endpoint = match kind {
        BackendKind::DeepspeedMii => "/mii/default",
        _ => default_endpoint(kind).0,
    };
    let fragment = format!(
        "backend={kind}&base-url={}&endpoint={endpoint}&model=mock&dataset-path=demo/sharegpt.json\
         &tokenizer=demo/tokenizer/&num-prompts=8&request-rate=8&sharegpt-output-len={TOKENS}&{more}",
        mock.base_url()
    );
    let result = run(&fragment, Duration::from_secs(90));
    assert_eq!(number(&result, "completed"), 8.0, "{kind}: {}", summary(&result));
    let log = mock.generations();
    assert_eq!(log.len(), 9, "{kind}: the test request and eight more");
    (log[1..].to_vec(), result)
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn config() -> Config {
    Config { ttft_ms: 40.0, itl_ms: 10.0, ..Config::default() }
}

#[test]
fn every_kind_of_server_is_measured_rightly() {
    for &kind in BackendKind::ALL {
        let (log, result) = measure(kind, config(), "");
        let tokens = number(&result, "total_output_tokens");
        assert_eq!(tokens, f64::from(8 * TOKENS), "{kind}: tokens of the text");
        if kind == BackendKind::DeepspeedMii {
            // Not streamed: there is no first token to time, only the whole.
            let whole_ms = mean(log.iter().map(|request| request.end_ms.unwrap_or_default() - request.arrival_ms));
            let seen_ms = number(&result, "mean_e2el_ms");
            assert!(
                result["mean_ttft_ms"].is_null() && (seen_ms - whole_ms).abs() < 25.0,
                "{seen_ms} against {whole_ms}"
            );
            continue;
        }
        let seen_ttft_ms = number(&result, "mean_ttft_ms");
        let ttft_ms = mean(log.iter().filter_map(RequestLog::ttft_ms));
        let itl_ms = mean(log.iter().flat_map(RequestLog::gaps_ms));
        let seen_itl_ms = number(&result, "mean_itl_ms");
        println!("{kind}: TTFT {seen_ttft_ms:.1} (log {ttft_ms:.1}), ITL {seen_itl_ms:.2} (log {itl_ms:.2}) ms");
        assert!((seen_ttft_ms - ttft_ms).abs() < 25.0, "{kind}: TTFT {seen_ttft_ms} against {ttft_ms}");
        assert!((seen_itl_ms - itl_ms).abs() < 3.0, "{kind}: ITL {seen_itl_ms} against {itl_ms}");
    }
}

#[test]
fn odd_framing_loses_no_token() {
    let odd =
        [("crlf", "on"), ("comment_every", "2"), ("event_lines", "on"), ("split_bytes", "7"), ("text", "multibyte")];
    for kind in [BackendKind::Openai, BackendKind::OpenaiChat, BackendKind::Tgi, BackendKind::Sglang] {
        let mut framed = config();
        for (name, value) in odd {
            framed.set(name, value).expect("a setting of the mock");
        }
        let (log, result) = measure(kind, framed, "");
        let records = result["streamgauge"]["records"].as_array().expect("records");
        let kinds = records.iter().filter_map(|record| record["events"]["kind"].as_str());
        let events: usize = kinds.map(|kinds| kinds.matches('t').count()).sum();
        let sent: usize = log.iter().map(|request| request.chunks.len()).sum();
        assert_eq!(events, sent, "{kind}: text events of those sent");
        let hashes: Vec<String> = log.iter().map(|request| sha256(&request.text)).collect();
        let seen: Vec<&str> = records.iter().filter_map(|record| record["text_sha256"].as_str()).collect();
        assert_eq!(seen, hashes, "{kind}: the texts, to the last byte");
    }
}

#[test]
fn reasoning_is_kept_apart() {
    let (log, result) = measure(BackendKind::OpenaiChat, Config { reasoning_tokens: 5, ..config() }, "");
    let content_ms = mean(log.iter().map(|request| request.chunks[5].at_ms - request.arrival_ms));
    let seen_ms = number(&result, "mean_ttft_ms");
    println!("first content after {seen_ms:.1} ms, the log's {content_ms:.1}");
    assert!((seen_ms - content_ms).abs() < 25.0, "the reference counts content: {seen_ms} against {content_ms}");
}
