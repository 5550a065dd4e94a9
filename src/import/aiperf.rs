//! AIPerf's `profile_export_aiperf.json`: one block a metric, each with its unit, which decides how its numbers are
//! read. It has no requests.

use serde::Deserialize;

use super::json::{Loose, Number};
use super::{ImportError, typed, wrong};
use crate::result::{About, Figures, RunResult, StatFigures, Tool};

const TOOL: Tool = Tool::Aiperf;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Export {
    start_time: Loose,
    request_count: Block,
    error_request_count: Block,
    benchmark_duration: Block,
    total_isl: Block,
    total_osl: Block,
    total_output_tokens: Block,
    request_throughput: Block,
    input_token_throughput: Block,
    output_token_throughput: Block,
    total_token_throughput: Block,
    goodput: Block,
    time_to_first_token: Block,
    inter_token_latency: Block,
    inter_chunk_latency: Block,
    request_latency: Block,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Block {
    unit: Loose,
    avg: Number,
    p1: Number,
    p5: Number,
    p10: Number,
    p25: Number,
    p50: Number,
    p75: Number,
    p90: Number,
    p95: Number,
    p99: Number,
    std: Number,
    count: Number,
}

pub(super) fn read(text: &str) -> Result<RunResult, ImportError> {
    let export: Export = typed(text, TOOL)?;
    // What AIPerf calls inter-token latency is one value a request, our TPOT; its inter-chunk latency is our ITL.
    let figures = Figures {
        completed: export.request_count.avg.count(),
        failed: export.error_request_count.avg.count(),
        duration_s: export.benchmark_duration.ms("benchmark_duration")?.mean_ms.map(|ms| ms / 1000.0),
        total_input_tokens: export.total_isl.avg.count(),
        total_output_tokens: export.total_output_tokens.avg.count().or(export.total_osl.avg.count()),
        request_throughput: export.request_throughput.avg.0,
        input_throughput: export.input_token_throughput.avg.0,
        output_throughput: export.output_token_throughput.avg.0,
        total_token_throughput: export.total_token_throughput.avg.0,
        request_goodput: export.goodput.avg.0,
        ttft: export.time_to_first_token.ms("time_to_first_token")?,
        tpot: export.inter_token_latency.ms("inter_token_latency")?,
        itl: export.inter_chunk_latency.ms("inter_chunk_latency")?,
        e2el: export.request_latency.ms("request_latency")?,
        ..Figures::default()
    };
    let about = About { date: export.start_time.0, ..About::default() };
    Ok(RunResult { tool: TOOL, about, figures, requests: Vec::new(), own: None })
}

impl Block {
    /// The block's times in ms.
    fn ms(&self, key: &str) -> Result<StatFigures, ImportError> {
        let to_ms = match self.unit.0.as_deref() {
            Some("ns" | "nanoseconds") => 1e-6,
            Some("us" | "microseconds") => 1e-3,
            Some("ms" | "milliseconds") => 1.0,
            Some("s" | "sec" | "seconds") => 1000.0,
            None if self.avg.0.is_none() => 1.0,
            unit => return Err(wrong(TOOL, format!("{key}.unit"), format!("{unit:?} is not known as a unit of time"))),
        };
        let named = [
            (1.0, self.p1),
            (5.0, self.p5),
            (10.0, self.p10),
            (25.0, self.p25),
            (50.0, self.p50),
            (75.0, self.p75),
            (90.0, self.p90),
            (95.0, self.p95),
            (99.0, self.p99),
        ];
        Ok(StatFigures {
            count: self.count.count(),
            mean_ms: self.avg.times(to_ms),
            median_ms: self.p50.times(to_ms),
            std_ms: self.std.times(to_ms),
            percentiles_ms: named.into_iter().filter_map(|(p, value)| Some((p, value.times(to_ms)?))).collect(),
        })
    }
}
