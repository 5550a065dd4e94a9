//! From records to figures, under named definitions. Pure arithmetic: the same records always give the same figures,
//! and every statistic equals NumPy's to the last bit.

use serde::{Deserialize, Serialize};

/// The figures of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Requests that completed.
    pub completed: u32,
    /// Requests that failed.
    pub failed: u32,
    /// From the start to the last outcome (and the last wait of the schedule), in s.
    pub duration_s: f64,
    /// Prompt tokens of the completed requests.
    pub total_input_tokens: u64,
    /// Output tokens of the completed requests, counted with the tokenizer.
    pub total_output_tokens: u64,
    /// Completed requests per second.
    pub request_throughput: f64,
    /// Prompt tokens per second.
    pub input_throughput: f64,
    /// Output tokens per second.
    pub output_throughput: f64,
    /// Prompt and output tokens per second.
    pub total_token_throughput: f64,
    /// Good requests per second, where limits are given.
    pub request_goodput: Option<f64>,
    /// Time to first token, from the send.
    pub ttft: Stats,
    /// Time per output token after the first, one value a request.
    pub tpot: Stats,
    /// Inter-token latency, pooled over all requests.
    pub itl: Stats,
    /// End-to-end latency, from the send.
    pub e2el: Stats,
    /// Time to first token from the intended send.
    pub ttft_from_intended: Stats,
    /// End-to-end latency from the intended send.
    pub e2el_from_intended: Stats,
    /// Lateness of the sends against the schedule.
    pub schedule_delay: Stats,
    /// Most output tokens in one second of the run.
    pub max_output_tokens_per_s: f64,
    /// Most requests in flight at once.
    pub max_concurrent_requests: u32,
}

/// Statistics of one metric, in ms. An empty list gives zeros, as the reference does; `count` tells.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Stats {
    /// How many values.
    pub count: u32,
    /// Mean.
    pub mean_ms: f64,
    /// Median.
    pub median_ms: f64,
    /// Population standard deviation.
    pub std_ms: f64,
    /// (percentile, value), linear between the neighbours; p50, p90 and p99 are always there.
    pub percentiles_ms: Vec<(f64, f64)>,
}
