//! genai-bench's file of one run (a scenario at a concurrency): aggregated figures and one entry a request. Its times
//! are in seconds.

use serde::Deserialize;

use super::json::{Loose, Number};
use super::{ImportError, typed};
use crate::metrics::RequestTimes;
use crate::result::{About, Figures, RequestRow, RunResult, StatFigures, Tool};

const TOOL: Tool = Tool::GenaiBench;

#[derive(Deserialize)]
struct File {
    aggregated_metrics: Aggregated,
    #[serde(default)]
    individual_request_metrics: Vec<Request>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Aggregated {
    scenario: Loose,
    num_concurrency: Number,
    run_duration: Number,
    mean_output_throughput_tokens_per_s: Number,
    mean_input_throughput_tokens_per_s: Number,
    mean_total_tokens_throughput_tokens_per_s: Number,
    requests_per_second: Number,
    num_error_requests: Number,
    num_completed_requests: Number,
    num_requests: Number,
    stats: MetricStats,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct MetricStats {
    ttft: Field,
    tpot: Field,
    e2e_latency: Field,
    num_input_tokens: Field,
    num_output_tokens: Field,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Field {
    mean: Number,
    stddev: Number,
    sum: Number,
    p25: Number,
    p50: Number,
    p75: Number,
    p90: Number,
    p95: Number,
    p99: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    ttft: Number,
    tpot: Number,
    e2e_latency: Number,
    num_input_tokens: Number,
    num_output_tokens: Number,
    error_code: Number,
    error_message: Loose,
}

pub(super) fn read(text: &str) -> Result<RunResult, ImportError> {
    let file: File = typed(text, TOOL)?;
    let aggregated = file.aggregated_metrics;
    let requests = file.individual_request_metrics.into_iter().enumerate().map(row).collect();
    Ok(RunResult {
        tool: TOOL,
        about: About {
            label: aggregated.scenario.0,
            num_prompts: aggregated.num_requests.count(),
            max_concurrency: aggregated.num_concurrency.count(),
            ..About::default()
        },
        figures: Figures {
            completed: aggregated.num_completed_requests.count(),
            failed: aggregated.num_error_requests.count(),
            duration_s: aggregated.run_duration.0,
            total_input_tokens: aggregated.stats.num_input_tokens.sum.count(),
            total_output_tokens: aggregated.stats.num_output_tokens.sum.count(),
            request_throughput: aggregated.requests_per_second.0,
            input_throughput: aggregated.mean_input_throughput_tokens_per_s.0,
            output_throughput: aggregated.mean_output_throughput_tokens_per_s.0,
            total_token_throughput: aggregated.mean_total_tokens_throughput_tokens_per_s.0,
            ttft: aggregated.stats.ttft.stats(),
            tpot: aggregated.stats.tpot.stats(),
            e2el: aggregated.stats.e2e_latency.stats(),
            ..Figures::default()
        },
        requests,
        own: None,
    })
}

impl Field {
    fn stats(&self) -> StatFigures {
        let named = [
            (25.0, self.p25),
            (50.0, self.p50),
            (75.0, self.p75),
            (90.0, self.p90),
            (95.0, self.p95),
            (99.0, self.p99),
        ];
        StatFigures {
            count: None,
            mean_ms: self.mean.times(1000.0),
            median_ms: self.p50.times(1000.0),
            std_ms: self.stddev.times(1000.0),
            percentiles_ms: named.into_iter().filter_map(|(p, value)| Some((p, value.times(1000.0)?))).collect(),
        }
    }
}

fn row((i, request): (usize, Request)) -> RequestRow {
    let failed = request.error_code.0.is_some() || request.error_message.0.is_some();
    let reason = || request.error_message.0.clone().unwrap_or_else(|| "An error without a message.".to_owned());
    RequestRow {
        times: RequestTimes {
            index: u32::try_from(i).unwrap_or(u32::MAX),
            succeeded: !failed,
            prompt_len: request.num_input_tokens.len(),
            output_len: request.num_output_tokens.len(),
            ttft_s: request.ttft.0,
            tpot_s: request.tpot.0,
            latency_s: request.e2e_latency.0.filter(|_| !failed),
            ..RequestTimes::default()
        },
        error: failed.then(reason),
        ..RequestRow::default()
    }
}
