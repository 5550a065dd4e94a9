//! Figures to the last bit, the table and the result file byte for byte, against what the reference computed from the
//! outcomes that its stub backend gave it.

use serde::Deserialize;
use serde_json::{Map, Value};
use streamgauge::export::report::{TableOptions, table};
use streamgauge::metrics::stats::{mean, median, percentile, std};
use streamgauge::metrics::tpot_s;
use streamgauge::metrics::{MetricOptions, RequestTimes, Stats, Summary, summarize_times};
use streamgauge::result::{About, Figures, RequestRow, RunResult, Tool, file_name, parse_metadata, to_reference_json};
use streamgauge::rng::NumpyRandom;

use crate::unzip_json;

#[derive(Deserialize)]
struct Case {
    name: String,
    #[cfg_attr(not(feature = "text"), allow(dead_code))]
    tokenizer: String,
    dur_s: f64,
    outputs: Vec<Output>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    metrics: Map<String, Value>,
    actual_output_lens: Vec<u32>,
    report: String,
    result_keys: Vec<String>,
}

#[derive(Deserialize)]
struct Run {
    args: Args,
    clock_dur_s: f64,
    outputs: Vec<Output>,
    expect: Files,
}

#[derive(Deserialize)]
struct Args {
    backend: String,
    model: String,
    tokenizer: String,
    best_of: u64,
    use_beam_search: bool,
    num_prompts: u64,
    request_rate: Value,
    metadata: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Files {
    report: String,
    result_file_name: String,
    result_file_text: String,
}

#[derive(Deserialize)]
struct Output {
    generated_text: String,
    success: bool,
    latency: f64,
    ttft: f64,
    itl: Vec<f64>,
    prompt_len: u32,
    error: String,
}

fn committed_cases() -> Value {
    unzip_json(include_bytes!("metrics.json.gz"))
}

fn committed_runs() -> Value {
    serde_json::from_str(include_str!("end_to_end.json")).expect("JSON")
}

fn committed_stats() -> Value {
    serde_json::from_str(include_str!("stats.json")).expect("JSON")
}

fn cases(file: &Value) -> Vec<Case> {
    list(file, "cases").into_iter().map(|case| serde_json::from_value(case).expect("a case")).collect()
}

fn runs(file: &Value) -> Vec<Run> {
    list(file, "runs").into_iter().map(|run| serde_json::from_value(run).expect("a run")).collect()
}

fn list(file: &Value, key: &str) -> Vec<Value> {
    let list = file[key].as_array().expect("a list").clone();
    assert!(!list.is_empty(), "no {key}");
    list
}

fn row(output: &Output, output_len: u32) -> RequestRow {
    RequestRow {
        times: RequestTimes {
            succeeded: output.success,
            prompt_len: Some(output.prompt_len),
            output_len: Some(output_len),
            ttft_s: Some(output.ttft),
            itls_s: output.itl.clone(),
            tpot_s: tpot_s(output.latency, output.ttft, output_len),
            latency_s: Some(output.latency),
            ..RequestTimes::default()
        },
        text: Some(output.generated_text.clone()),
        error: (!output.error.is_empty()).then(|| output.error.clone()),
        ..RequestRow::default()
    }
}

fn result(outputs: &[Output], lens: &[u32], duration_s: f64) -> (RunResult, Summary) {
    let requests: Vec<RequestRow> = outputs.iter().zip(lens).map(|(output, len)| row(output, *len)).collect();
    let times: Vec<RequestTimes> = requests.iter().map(|row| row.times.clone()).collect();
    let summary = summarize_times(&times, duration_s, &MetricOptions::default());
    let figures = Figures::from(&summary);
    (RunResult { tool: Tool::Reference, figures, requests, ..RunResult::default() }, summary)
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

/// The table alone: the reports begin with three lines of progress.
fn printed_table(report: &str) -> &str {
    &report[report.find("====").unwrap_or(0)..]
}

pub(crate) fn every_figure_and_table_is_the_references() {
    check_figures(&committed_cases());
}

pub(crate) fn every_result_file_is_the_references() {
    check_files(&committed_runs());
}

pub(crate) fn statistics_are_numpys_to_the_last_bit() {
    check_statistics(&committed_stats());
}

/// Whether a file of a folder of golden data is one of those checked here; then it is.
#[cfg(all(feature = "text", not(target_arch = "wasm32")))]
pub(crate) fn check_folders(name: &str, file: &Value) -> bool {
    match name {
        "metrics.json" => check_figures(file),
        "end_to_end.json" => check_files(file),
        "stats.json" => check_statistics(file),
        _ => return false,
    }
    true
}

fn check_figures(file: &Value) {
    for case in cases(file) {
        let (result, summary) = result(&case.outputs, &case.expect.actual_output_lens, case.dur_s);
        for (key, expected) in &case.expect.metrics {
            let (got, expected) = (figure(&summary, key), expected.as_f64().unwrap_or(f64::NAN));
            assert_eq!(got.to_bits(), expected.to_bits(), "{}: {key} is {got}, not {expected}", case.name);
        }
        assert_eq!(table(&result, TableOptions::default()), printed_table(&case.expect.report), "{}", case.name);
        let json = to_reference_json(&result);
        let places: Vec<Option<usize>> =
            case.expect.result_keys.iter().map(|key| json.find(&format!("\"{key}\": "))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{}: {places:?}", case.name);
    }
}

fn check_files(file: &Value) {
    for run in runs(file) {
        let expected: Value = serde_json::from_str(&run.expect.result_file_text).expect("JSON");
        let lens: Vec<u32> = serde_json::from_value(expected["output_lens"].clone()).expect("lengths");
        let (mut result, _) = result(&run.outputs, &lens, run.clock_dur_s);
        result.about = About {
            date: expected["date"].as_str().map(str::to_owned),
            backend: Some(run.args.backend),
            model_id: Some(run.args.model),
            tokenizer_id: Some(run.args.tokenizer),
            best_of: Some(run.args.best_of),
            use_beam_search: Some(run.args.use_beam_search),
            num_prompts: Some(run.args.num_prompts),
            metadata: parse_metadata(&run.args.metadata.unwrap_or_default()).expect("pairs"),
            request_rate: Some(run.args.request_rate.as_f64().unwrap_or(f64::INFINITY)),
            ..About::default()
        };
        assert_eq!(file_name(&result.about, None), run.expect.result_file_name);
        assert_eq!(to_reference_json(&result), run.expect.result_file_text);
        assert_eq!(table(&result, TableOptions::default()), printed_table(&run.expect.report));
    }
}

fn check_statistics(file: &Value) {
    let number = |case: &Value, key: &str| case[key].as_f64().unwrap_or(f64::NAN);
    for case in list(file, "literal") {
        let values: Vec<f64> = serde_json::from_value(case["values"].clone()).expect("numbers");
        check(&values, &["mean", "median", "std", "p99"].map(|key| number(&case, key)), &case);
    }
    for case in list(file, "generated") {
        let count = |key: &str| case[key].as_u64().and_then(|n| u32::try_from(n).ok()).expect("a count");
        let mut random = NumpyRandom::new(count("seed"));
        let values: Vec<f64> = (0..count("n")).map(|_| random.random_sample() * number(&case, "scale")).collect();
        check(&values, &["mean", "median", "std", "p99", "p50", "p90"].map(|key| number(&case, key)), &case);
    }
}

/// Mean, median, standard deviation, then p99 and where given p50 and p90.
fn check(values: &[f64], expected: &[f64], case: &Value) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |p| percentile(&sorted, p);
    let all = [mean(values), median(&sorted), std(values), at(99.0), at(50.0), at(90.0)];
    let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&all[..expected.len()]), bits(expected), "{case}");
}

#[cfg(feature = "text")]
pub(crate) fn outputs_are_counted_as_the_reference_counts_them() {
    use crate::workload::{Committed, Inputs};
    use streamgauge::text::tokenize::Tokenize;

    let count = |name: &str, outputs: &[Output]| -> Vec<u32> {
        let tokenizer = Committed.tokenizer(name);
        let len = |output: &Output| if output.success { tokenizer.count_plain(&output.generated_text) } else { Ok(0) };
        outputs.iter().map(|output| len(output).expect("a count")).collect()
    };
    for case in cases(&committed_cases()) {
        assert_eq!(count(&case.tokenizer, &case.outputs), case.expect.actual_output_lens, "{}", case.name);
    }
    for run in runs(&committed_runs()) {
        let expected: Value = serde_json::from_str(&run.expect.result_file_text).expect("JSON");
        let name = run.args.tokenizer.trim_start_matches("tokenizers/");
        same!(expected["output_lens"], count(name, &run.outputs));
    }
}
