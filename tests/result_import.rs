//! Results of other tools are read from fixtures that were written by hand from each format's documented keys; our own
//! make the round trip; and no file, however broken or malicious, does more than be refused with a reason.

use proptest::prelude::*;
use streamgauge::export::report::{TableOptions, table};
use streamgauge::import::{ImportError, from_json};
use streamgauge::metrics::{Definition, MetricOptions};
use streamgauge::record::{
    Event, EventKind, Failure, FailureKind, NetworkTiming, Outcome, Record, Reply, Taint, Usage,
};
use streamgauge::result::{Run, RunResult, Tool, WorkloadFacts, WriteOptions, to_json, to_reference_json};
use streamgauge::settings::Settings;

const VLLM: &str = include_str!("fixtures/results/vllm.json");
const VLLM_APPENDED: &str = include_str!("fixtures/results/vllm_appended.json");
const SGLANG: &str = include_str!("fixtures/results/sglang.jsonl");
const GUIDELLM: &str = include_str!("fixtures/results/guidellm.json");
const AIPERF: &str = include_str!("fixtures/results/aiperf.json");
const GENAI_BENCH: &str = include_str!("fixtures/results/genai_bench.json");

fn only(text: &str) -> RunResult {
    let mut results = from_json(text).expect("a file that can be read");
    assert_eq!(results.len(), 1);
    results.remove(0)
}

#[test]
fn reads_vllms_result() {
    let result = only(VLLM);
    assert_eq!((result.tool, result.about.request_rate), (Tool::Vllm, Some(2.5)));
    assert_eq!(result.about.metadata, [("gpu".to_owned(), "two".to_owned())]);
    assert_eq!((result.figures.failed, result.figures.input_throughput), (Some(1), None));
    assert_eq!(result.figures.itl.percentiles_ms, [(99.0, 59.5), (99.9, 59.95)]);
    assert_eq!(result.figures.e2el.percentile_ms(50.0), Some(255.0));
    let rows = &result.requests;
    assert_eq!((rows[0].times.latency_s, rows[0].times.ttft_s), (Some(0.21), Some(0.1)));
    assert!((rows[0].times.tpot_s.unwrap() - 0.055).abs() < 1e-12);
    assert_eq!((rows[2].times.ttft_s, rows[2].times.succeeded), (None, false));
    assert_eq!(rows[2].error.as_deref(), Some("Internal Server Error"));
}

#[test]
fn reads_results_that_vllm_appended_to_one_file() {
    let results = from_json(VLLM_APPENDED).unwrap();
    let labels: Vec<_> = results.iter().map(|result| result.about.label.clone().unwrap()).collect();
    assert_eq!(labels, ["first", "second"]);
    assert_eq!(results[0].about.request_rate, Some(f64::INFINITY));
    assert!(results[1].figures.ttft.is_missing());
    assert!(table(&results[1], TableOptions::default()).contains("Mean TTFT (ms):                          -"));
}

#[test]
fn reads_sglangs_lines_with_bare_infinity_and_nan() {
    let results = from_json(SGLANG).unwrap();
    assert_eq!(results.len(), 2);
    let first = &results[0];
    assert_eq!((first.tool, first.about.request_rate), (Tool::Sglang, Some(f64::INFINITY)));
    assert_eq!((first.figures.itl.mean_ms, first.figures.itl.median_ms), (None, Some(55.0)));
    assert_eq!(first.figures.e2el.percentile_ms(95.0), Some(412.0));
    assert_eq!(first.figures.total_token_throughput, Some(28.0));
    assert_eq!((results[1].about.request_rate, results[1].figures.total_input_tokens), (None, None));
    assert_eq!(results[1].requests[0].text.as_deref(), Some("NaN is \"not\" Infinity"));
}

#[test]
fn reads_guidellms_benchmarks() {
    let results = from_json(GUIDELLM).unwrap();
    assert_eq!(results.len(), 2);
    let first = &results[0];
    assert_eq!((first.tool, first.about.model_id.as_deref()), (Tool::Guidellm, Some("org/small")));
    assert_eq!((first.figures.completed, first.figures.failed), (Some(2), Some(1)));
    assert_eq!((first.figures.e2el.mean_ms, first.figures.e2el.percentile_ms(99.9)), (Some(500.0), Some(600.0)));
    assert_eq!((first.figures.total_output_tokens, first.figures.max_concurrent_requests), (Some(10), Some(2)));
    assert_eq!((first.requests.len(), first.requests[1].times.succeeded), (2, false));
    assert!(results[1].figures.ttft.is_missing() && results[1].figures.completed.is_none());
}

#[test]
fn reads_aiperfs_blocks_by_their_units() {
    let figures = only(AIPERF).figures;
    assert_eq!((figures.completed, figures.failed, figures.duration_s), (Some(20), Some(1), Some(12.5)));
    assert_eq!((figures.ttft.mean_ms, figures.tpot.mean_ms), (Some(200.0), Some(35.0)));
    assert_eq!((figures.itl.mean_ms, figures.e2el.percentile_ms(99.0)), (Some(33.0), Some(2500.0)));
    assert_eq!((figures.input_throughput, figures.request_goodput), (None, None));
    let error = from_json(&AIPERF.replace("\"unit\": \"ms\"", "\"unit\": \"fortnights\"")).unwrap_err().to_string();
    assert!(error.contains("AIPerf, but time_to_first_token.unit"), "{error}");
}

#[test]
fn reads_genai_benchs_run() {
    let result = only(GENAI_BENCH);
    assert_eq!((result.tool, result.about.max_concurrency), (Tool::GenaiBench, Some(4)));
    assert_eq!((result.figures.ttft.mean_ms, result.figures.itl.mean_ms), (Some(150.0), None));
    assert_eq!(result.figures.total_input_tokens, Some(208));
    assert_eq!(result.requests[2].error.as_deref(), Some("Too Many Requests"));
}

#[test]
fn the_references_file_is_read_and_written_back_byte_for_byte() {
    let golden: serde_json::Value = serde_json::from_str(include_str!("golden/end_to_end.json")).unwrap();
    for run in golden["runs"].as_array().unwrap() {
        let text = run["expect"]["result_file_text"].as_str().unwrap();
        let result = only(text);
        assert_eq!(result.tool, Tool::Reference);
        assert_eq!(to_reference_json(&result), text);
        let report = run["expect"]["report"].as_str().unwrap();
        assert!(report.ends_with(&table(&result, TableOptions::default())));
    }
}

fn run() -> Run {
    let event = |at_ms: f64, read, kind, chars| Event { at_ms, read, kind, chars, tokens_so_far: None };
    let good = |index: u32, at: f64| Record {
        index,
        prompt_len: 10 + index,
        asked_output_len: 4,
        intended_ms: at - 0.25,
        sent_ms: Some(at),
        handed_ms: Some(at + 0.6),
        headers_ms: Some(at + 20.0),
        end_ms: Some(at + 121.5),
        status: Some(200),
        output_tokens: Some(3),
        outcome: Outcome::Completed,
        reply: Reply {
            events: vec![
                event(at + 50.1, 0, EventKind::Text, 3),
                event(at + 80.0, 1, EventKind::Text, 2),
                event(at + 120.0, 2, EventKind::Usage, 0),
                event(at + 121.0, 2, EventKind::Done, 0),
            ],
            text: "só é".into(),
            usage: Some(Usage { prompt_tokens: Some(10), completion_tokens: Some(3) }),
            finish_reason: Some("stop".into()),
            ..Reply::default()
        },
        network: Some(NetworkTiming { protocol: Some("h2".into()), ..NetworkTiming::default() }),
        taints: vec![Taint::Lag],
        ..Record::default()
    };
    let failed = Record {
        index: 2,
        sent_ms: Some(700.0),
        intended_ms: 700.0,
        end_ms: Some(705.0),
        outcome: Outcome::Failed(Failure {
            kind: FailureKind::HttpStatus,
            message: "<script>alert(1)</script>".into(),
        }),
        ..Record::default()
    };
    Run {
        settings: Settings {
            model: Some("org/m".into()),
            base_url: Some("https://user:pass@host:8000/x".into()),
            header: vec!["X-Api-Key=hunter2".into(), "X-Tag=a=b".into()],
            metadata: vec!["gpu=A".into(), "failed=x".into()],
            goodput: Some("ttft:60".into()),
            num_prompts: 4,
            ..Settings::default()
        },
        date: "20261124-120000".into(),
        build: "abc".into(),
        duration_s: 1.5,
        workload: WorkloadFacts {
            sha256: Some("ff".into()),
            requests: Some(4),
            repeated_prompts: Some(0),
            repeated_prefixes: Some(3),
        },
        client: Some(Default::default()),
        records: vec![good(0, 0.5), good(1, 333.333), failed, Record { index: 3, ..Record::default() }],
        ..Run::default()
    }
}

#[test]
fn our_own_result_makes_the_round_trip() {
    let result = RunResult::from_run(run(), &MetricOptions::from_settings(&run().settings).unwrap());
    let whole = to_json(&result, WriteOptions { records: true, texts: true });
    assert_eq!(only(&whole), result);

    let without_texts = to_json(&result, WriteOptions::default());
    assert!(!without_texts.contains("s\\u00f3 \\u00e9"));
    let read = only(&without_texts);
    assert_eq!(read.figures, result.figures);
    assert_eq!((&read.requests[0].text, &read.requests[0].text_sha256), (&None, &result.requests[0].text_sha256));
    assert_eq!(to_json(&read, WriteOptions::default()), without_texts);

    let without_records = to_json(&result, WriteOptions { records: false, texts: false });
    let read = only(&without_records);
    assert_eq!(read.figures, result.figures);
    let (read, made) = (read.own.unwrap(), result.own.unwrap());
    assert_eq!(read.summary, made.summary);
    assert!(read.records.is_empty());
}

#[test]
fn our_own_file_has_the_references_keys_then_vllms_then_ours() {
    let result = RunResult::from_run(run(), &MetricOptions::default());
    let text = to_json(&result, WriteOptions::default());
    let keys = [
        "date",
        "backend",
        "model_id",
        "tokenizer_id",
        "best_of",
        "use_beam_search",
        "num_prompts",
        "gpu",
        "failed",
        "request_rate",
        "duration",
        "completed",
        "total_input_tokens",
        "total_output_tokens",
        "request_throughput",
        "input_throughput",
        "output_throughput",
        "mean_ttft_ms",
        "median_ttft_ms",
        "std_ttft_ms",
        "p99_ttft_ms",
        "mean_tpot_ms",
        "median_tpot_ms",
        "std_tpot_ms",
        "p99_tpot_ms",
        "mean_itl_ms",
        "median_itl_ms",
        "std_itl_ms",
        "p99_itl_ms",
        "input_lens",
        "output_lens",
        "ttfts",
        "itls",
        "generated_texts",
        "errors",
        "endpoint_type",
        "label",
        "burstiness",
        "max_concurrency",
        "request_goodput",
        "total_token_throughput",
        "latencies",
        "start_times",
        "queue_times",
        "max_output_tokens_per_s",
        "max_concurrent_requests",
        "rtfx",
        "p50_ttft_ms",
        "p90_ttft_ms",
        "mean_e2el_ms",
        "streamgauge",
    ];
    let places: Vec<usize> = keys.iter().map(|key| text.find(&format!("\"{key}\": ")).expect(key)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(text.contains("\"request_rate\": \"inf\""));
    assert!(!text.contains("hunter2") && !text.contains("user:pass"));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let latencies: Vec<Option<f64>> = serde_json::from_value(value["latencies"].clone()).unwrap();
    let in_us = latencies.iter().map(|latency_s| latency_s.map(|s| (s * 1e6).round()));
    assert_eq!(in_us.collect::<Vec<_>>(), [Some(120_400.0), Some(120_400.0), None, None]);
    assert_eq!(value["failed"], 1);
    assert_eq!(value["streamgauge"]["settings"]["metadata"], serde_json::json!(["gpu=A", "failed=x"]));
}

#[test]
fn figures_move_with_the_definition_and_the_file_names_it() {
    let options = MetricOptions { definition: Definition::Aiperf, ..MetricOptions::default() };
    let before = RunResult::from_run(run(), &MetricOptions::default());
    let result = before.under(&options).expect("raw records");
    assert_ne!(result.figures.e2el.mean_ms, before.figures.e2el.mean_ms);
    let read = only(&to_json(&result, WriteOptions::default()));
    assert_eq!(read.own.unwrap().summary.definition, Definition::Aiperf);
    assert_eq!(only(VLLM).under(&options), None);
}

#[test]
fn says_what_is_wrong_and_where() {
    let error = |text: &str| from_json(text).unwrap_err().to_string();
    assert_eq!(error(" \n"), "The file is empty.");
    assert!(error("{\"date\": ").contains("not JSON"));
    assert!(error("[1, 2]").contains("not a result that is known"));
    assert!(error("{\"hello\": 1, \"__proto__\": {\"x\": 1}}").contains("\"hello\", \"__proto__\""));
    let changed = |from: &str, to: &str| error(&VLLM.replace(from, to));
    assert!(
        changed("\"completed\": 2", "\"completed\": \"two\"").contains("vLLM, but completed: it should be a number")
    );
    assert!(changed("\"completed\": 2", "\"completed\": 2.5").contains("whole number"));
    assert!(changed("[0.01, 0.02", "[0.01, {}").contains("itls[1][1]"));
    assert!(
        changed("\"ttfts\": [0.1, 0.2, 0.0]", "\"ttfts\": [0.1]")
            .contains("ttfts: it has 1 entries, and input_lens has 3")
    );
    let own = to_json(&RunResult::from_run(run(), &MetricOptions::default()), WriteOptions::default());
    assert!(
        error(&own.replace("\"kind\": \"ttud\"", "\"kind\": \"tt\"")).contains("records[0]: the columns of events")
    );
    assert!(error(&own.replace("\"lane\": 0", "\"lane\": -1")).contains("streamgauge.records[0].lane"));
}

#[test]
fn deep_and_large_files_are_refused_or_harmless() {
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(from_json(&deep(1_000_000)).is_err());
    let in_unknown_key = format!("{{\"x\": {}, {}", deep(100_000), &VLLM[1..]);
    assert_eq!(only(&in_unknown_key).figures, only(VLLM).figures);
    let in_known_key = VLLM.replace("\"itls\": [", &format!("\"itls\": [{}, ", deep(100_000)));
    assert!(from_json(&in_known_key).is_err());
    let long = " ".repeat(streamgauge::import::MAX_BYTES + 1);
    assert!(matches!(from_json(&long), Err(ImportError::TooLarge { .. })));
    assert_eq!(from_json(&VLLM.repeat(1001)), Err(ImportError::TooMany));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let keys = "(streamgauge|benchmarks|aggregated_metrics|request_latency|mean_e2e_latency_ms|endpoint_type|mean_ttft_ms|\
                itls|ttfts|errors|records|metrics|stats|completed|p99_ttft_ms|settings|version|__proto__|[a-z]{0,3})";
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(|n| serde_json::json!(n)),
        any::<i64>().prop_map(Into::into),
        "\\PC{0,12}|inf|<script>".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::Array),
            prop::collection::btree_map(keys, inner, 0..6)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(value in json()) {
        for result in from_json(&value.to_string()).into_iter().flatten() {
            let _ = (to_json(&result, WriteOptions::default()), table(&result, TableOptions { e2el: true }));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}|[\\x00-\\x7f]{0,200}") {
        let _ = from_json(&text);
    }

    #[test]
    fn no_damage_to_a_file_makes_it_panic(which in 0..5_usize, at in 0..3000_usize, with in "\\PC{0,3}") {
        let mut text = [VLLM, SGLANG, GUIDELLM, AIPERF, GENAI_BENCH][which].to_owned();
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.insert_str(at, &with);
        let _ = from_json(&text);
    }
}
