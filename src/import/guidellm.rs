//! GuideLLM's `benchmarks.json`: a report of one or more benchmarks, each a result. Its latencies of requests are in
//! seconds, the others in ms; its own words for TPOT and ITL are kept.

use serde::Deserialize;

use super::json::{Loose, Number};
use super::{ImportError, typed};
use crate::metrics::RequestTimes;
use crate::result::{About, Figures, RequestRow, RunResult, StatFigures, Tool};

const TOOL: Tool = Tool::Guidellm;

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    args: Args,
    benchmarks: Vec<Benchmark>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Args {
    model: Loose,
    processor: Loose,
    backend: Loose,
}

#[derive(Deserialize)]
struct Benchmark {
    #[serde(default)]
    config: Config,
    #[serde(default)]
    duration: Number,
    metrics: Metrics,
    #[serde(default)]
    requests: Requests,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Config {
    strategy: Option<Strategy>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Strategy {
    type_: Loose,
    rate: Number,
    streams: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metrics {
    request_totals: Option<Totals>,
    requests_per_second: ByStatus,
    request_concurrency: ByStatus,
    request_latency: ByStatus,
    prompt_token_count: ByStatus,
    output_token_count: ByStatus,
    time_to_first_token_ms: ByStatus,
    time_per_output_token_ms: ByStatus,
    inter_token_latency_ms: ByStatus,
    prompt_tokens_per_second: ByStatus,
    output_tokens_per_second: ByStatus,
    tokens_per_second: ByStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Totals {
    successful: Number,
    errored: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ByStatus {
    successful: Option<Distribution>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Distribution {
    mean: Number,
    median: Number,
    std_dev: Number,
    max: Number,
    count: Number,
    total_sum: Number,
    percentiles: Percentiles,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Percentiles {
    p001: Number,
    p01: Number,
    p05: Number,
    p10: Number,
    p25: Number,
    p50: Number,
    p75: Number,
    p90: Number,
    p95: Number,
    p99: Number,
    p999: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Requests {
    successful: Option<Vec<Request>>,
    errored: Option<Vec<Request>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    prompt_tokens: Number,
    output_tokens: Number,
    request_latency: Number,
    time_to_first_token_ms: Number,
    time_per_output_token_ms: Number,
    inter_token_latency_ms: Number,
    output: Loose,
}

pub(super) fn read(text: &str) -> Result<Vec<RunResult>, ImportError> {
    let report: Report = typed(text, TOOL)?;
    Ok(report.benchmarks.into_iter().map(|benchmark| result(&report.args, benchmark)).collect())
}

fn result(args: &Args, benchmark: Benchmark) -> RunResult {
    let strategy = benchmark.config.strategy.unwrap_or_default();
    let figures = figures(&benchmark.metrics, benchmark.duration);
    let good = benchmark.requests.successful.unwrap_or_default().into_iter().map(|request| row(request, true));
    let bad = benchmark.requests.errored.unwrap_or_default().into_iter().map(|request| row(request, false));
    let mut requests: Vec<RequestRow> = good.chain(bad).collect();
    for (i, row) in requests.iter_mut().enumerate() {
        row.times.index = u32::try_from(i).unwrap_or(u32::MAX);
    }
    RunResult {
        tool: TOOL,
        about: About {
            backend: args.backend.0.clone(),
            label: strategy.type_.0,
            model_id: args.model.0.clone(),
            tokenizer_id: args.processor.0.clone(),
            request_rate: strategy.rate.0,
            max_concurrency: strategy.streams.count(),
            ..About::default()
        },
        figures,
        requests,
        own: None,
    }
}

fn figures(metrics: &Metrics, duration: Number) -> Figures {
    let mean = |by: &ByStatus| by.successful.as_ref().and_then(|d| d.mean.0);
    let sum = |by: &ByStatus| by.successful.as_ref().and_then(|d| d.total_sum.count());
    let max = |by: &ByStatus| by.successful.as_ref().and_then(|d| d.max.count());
    let stats = |by: &ByStatus, to_ms: f64| by.successful.as_ref().map(|d| d.stats(to_ms)).unwrap_or_default();
    Figures {
        completed: metrics.request_totals.as_ref().and_then(|totals| totals.successful.count()),
        failed: metrics.request_totals.as_ref().and_then(|totals| totals.errored.count()),
        duration_s: duration.0,
        total_input_tokens: sum(&metrics.prompt_token_count),
        total_output_tokens: sum(&metrics.output_token_count),
        request_throughput: mean(&metrics.requests_per_second),
        input_throughput: mean(&metrics.prompt_tokens_per_second),
        output_throughput: mean(&metrics.output_tokens_per_second),
        total_token_throughput: mean(&metrics.tokens_per_second),
        max_concurrent_requests: max(&metrics.request_concurrency),
        ttft: stats(&metrics.time_to_first_token_ms, 1.0),
        tpot: stats(&metrics.time_per_output_token_ms, 1.0),
        itl: stats(&metrics.inter_token_latency_ms, 1.0),
        e2el: stats(&metrics.request_latency, 1000.0),
        ..Figures::default()
    }
}

impl Distribution {
    fn stats(&self, to_ms: f64) -> StatFigures {
        let p = &self.percentiles;
        let named = [
            (0.1, p.p001),
            (1.0, p.p01),
            (5.0, p.p05),
            (10.0, p.p10),
            (25.0, p.p25),
            (50.0, p.p50),
            (75.0, p.p75),
            (90.0, p.p90),
            (95.0, p.p95),
            (99.0, p.p99),
            (99.9, p.p999),
        ];
        StatFigures {
            count: self.count.count(),
            mean_ms: self.mean.times(to_ms),
            median_ms: self.median.times(to_ms),
            std_ms: self.std_dev.times(to_ms),
            percentiles_ms: named.into_iter().filter_map(|(p, value)| Some((p, value.times(to_ms)?))).collect(),
        }
    }
}

fn row(request: Request, succeeded: bool) -> RequestRow {
    RequestRow {
        times: RequestTimes {
            succeeded,
            prompt_len: request.prompt_tokens.len(),
            output_len: request.output_tokens.len(),
            ttft_s: request.time_to_first_token_ms.times(0.001),
            itls_s: request.inter_token_latency_ms.times(0.001).into_iter().collect(),
            tpot_s: request.time_per_output_token_ms.times(0.001),
            latency_s: request.request_latency.0.filter(|_| succeeded),
            ..RequestTimes::default()
        },
        text: request.output.0,
        text_sha256: None,
        error: (!succeeded).then(|| "GuideLLM counted this request as errored.".to_owned()),
    }
}
