//! The figures equal the Python reference's to the last bit, on what its own functions produced (`tests/golden/`).

use serde::Deserialize;
use serde_json::Value;
use streamgauge::metrics::definitions::tpot_s;
use streamgauge::metrics::stats::{mean, median, percentile, std};
use streamgauge::metrics::{MetricOptions, RequestTimes, Stats, Summary, summarize_times};

#[derive(Deserialize)]
struct MetricsFile {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    dur_s: f64,
    outputs: Vec<Output>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Output {
    success: bool,
    latency: f64,
    ttft: f64,
    itl: Vec<f64>,
    prompt_len: u32,
}

#[derive(Deserialize)]
struct Expect {
    metrics: serde_json::Map<String, Value>,
    actual_output_lens: Vec<u32>,
}

fn times_of(output: &Output, output_len: u32) -> RequestTimes {
    RequestTimes {
        succeeded: output.success,
        prompt_len: Some(output.prompt_len),
        output_len: Some(output_len),
        ttft_s: Some(output.ttft),
        itls_s: output.itl.clone(),
        tpot_s: tpot_s(output.latency, output.ttft, output_len),
        latency_s: Some(output.latency),
        ..RequestTimes::default()
    }
}

fn figure(summary: &Summary, key: &str) -> f64 {
    let of = |stats: &Stats| match key.split('_').next() {
        Some("mean") => stats.mean_ms,
        Some("median") => stats.median_ms,
        Some("std") => stats.std_ms,
        _ => stats.percentile_ms(99.0).unwrap_or(f64::NAN),
    };
    match key {
        "completed" => summary.completed.into(),
        "total_input" => summary.total_input_tokens as f64,
        "total_output" => summary.total_output_tokens as f64,
        "request_throughput" => summary.request_throughput,
        "input_throughput" => summary.input_throughput,
        "output_throughput" => summary.output_throughput,
        key if key.contains("_ttft_") => of(&summary.ttft),
        key if key.contains("_tpot_") => of(&summary.tpot),
        key if key.contains("_itl_") => of(&summary.itl),
        other => panic!("a figure that nobody computes: {other}"),
    }
}

#[test]
fn every_figure_equals_the_references() {
    let file: MetricsFile = serde_json::from_str(include_str!("golden/metrics.json")).unwrap();
    assert_eq!(file.cases.len(), 20);
    for case in file.cases {
        let lens = &case.expect.actual_output_lens;
        let times: Vec<RequestTimes> =
            case.outputs.iter().zip(lens).map(|(output, len)| times_of(output, *len)).collect();
        let summary = summarize_times(&times, case.dur_s, &MetricOptions::default());
        for (key, expected) in &case.expect.metrics {
            let (got, expected) = (figure(&summary, key), expected.as_f64().unwrap());
            assert_eq!(got.to_bits(), expected.to_bits(), "{}: {key} is {got}, not {expected}", case.name);
        }
    }
}

#[derive(Deserialize)]
struct Literal {
    values: Vec<f64>,
    mean: f64,
    median: f64,
    std: f64,
    p99: f64,
}

#[test]
fn statistics_of_given_values_equal_numpys() {
    let file: Value = serde_json::from_str(include_str!("golden/stats.json")).unwrap();
    let literal: Vec<Literal> = serde_json::from_value(file["literal"].clone()).unwrap();
    assert!(literal.len() > 5);
    for case in literal {
        let mut sorted = case.values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let got = [mean(&case.values), median(&sorted), std(&case.values), percentile(&sorted, 99.0)];
        assert_eq!(got, [case.mean, case.median, case.std, case.p99], "{:?}", case.values);
    }
}
