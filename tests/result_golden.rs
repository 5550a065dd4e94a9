//! The table and the file of a run equal the Python reference's byte for byte, given what its stub backend gave it.

use serde::Deserialize;
use serde_json::Value;
use streamgauge::metrics::definitions::tpot_s;
use streamgauge::metrics::{MetricOptions, RequestTimes, summarize_times};
use streamgauge::result::report::{TableOptions, table};
use streamgauge::result::{About, Figures, RequestRow, RunResult, Tool, file_name, parse_metadata, to_reference_json};

#[derive(Deserialize)]
struct File {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    args: Args,
    clock_dur_s: f64,
    outputs: Vec<Output>,
    expect: Expect,
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
struct Output {
    generated_text: String,
    success: bool,
    latency: f64,
    ttft: f64,
    itl: Vec<f64>,
    prompt_len: u32,
    error: String,
}

#[derive(Deserialize)]
struct Expect {
    report: String,
    #[serde(default)]
    result_file_name: String,
    #[serde(default)]
    result_file_text: String,
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

fn result(outputs: &[Output], lens: &[u32], duration_s: f64) -> RunResult {
    let requests: Vec<RequestRow> = outputs.iter().zip(lens).map(|(output, len)| row(output, *len)).collect();
    let times: Vec<RequestTimes> = requests.iter().map(|row| row.times.clone()).collect();
    let summary = summarize_times(&times, duration_s, &MetricOptions::default());
    RunResult { tool: Tool::Reference, figures: Figures::from(&summary), requests, ..RunResult::default() }
}

/// The table alone: the reports begin with three lines of progress.
fn printed_table(report: &str) -> &str {
    &report[report.find("====").unwrap_or(0)..]
}

#[test]
fn the_file_and_its_name_equal_the_references() {
    let file: File = serde_json::from_str(include_str!("golden/end_to_end.json")).unwrap();
    assert_eq!(file.runs.len(), 7);
    for run in file.runs {
        let expected: Value = serde_json::from_str(&run.expect.result_file_text).unwrap();
        let lens: Vec<u32> = serde_json::from_value(expected["output_lens"].clone()).unwrap();
        let mut result = result(&run.outputs, &lens, run.clock_dur_s);
        result.about = About {
            date: Some("20240901-123456".into()),
            backend: Some(run.args.backend),
            model_id: Some(run.args.model),
            tokenizer_id: Some(run.args.tokenizer),
            best_of: Some(run.args.best_of),
            use_beam_search: Some(run.args.use_beam_search),
            num_prompts: Some(run.args.num_prompts),
            metadata: parse_metadata(&run.args.metadata.unwrap_or_default()).unwrap(),
            request_rate: Some(run.args.request_rate.as_f64().unwrap_or(f64::INFINITY)),
            ..About::default()
        };
        assert_eq!(file_name(&result.about, None), run.expect.result_file_name);
        assert_eq!(to_reference_json(&result), run.expect.result_file_text);
        assert_eq!(table(&result, TableOptions::default()), printed_table(&run.expect.report));
    }
}

#[test]
fn the_table_equals_the_references() {
    let file: Value = serde_json::from_str(include_str!("golden/metrics.json")).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let outputs: Vec<Output> = serde_json::from_value(case["outputs"].clone()).unwrap();
        let lens: Vec<u32> = serde_json::from_value(case["expect"]["actual_output_lens"].clone()).unwrap();
        let result = result(&outputs, &lens, case["dur_s"].as_f64().unwrap());
        let expected = printed_table(case["expect"]["report"].as_str().unwrap());
        assert_eq!(table(&result, TableOptions::default()), expected, "{}", case["name"]);
        let keys: Vec<String> = serde_json::from_value(case["expect"]["result_keys"].clone()).unwrap();
        let json = to_reference_json(&result);
        let places: Vec<usize> = keys.iter().map(|key| json.find(&format!("\"{key}\": ")).unwrap()).collect();
        assert!(places.is_sorted());
    }
}
