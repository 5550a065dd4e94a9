//! From settings, dataset and tokenizer to the list of requests, prompt for prompt what the Python reference sends.

use serde::{Deserialize, Serialize};

/// One request to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The prompt, templated or not as the backend wants it.
    pub prompt: String,
    /// Its length in tokens, as the reference records it.
    pub prompt_len: u32,
    /// Output tokens to ask for.
    pub output_len: u32,
}

/// What the page shows of a workload before it is run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WorkloadSummary {
    /// Requests made; may be fewer than asked for.
    pub requests: u32,
    /// Conversations (or lines) in the dataset; none for random tokens.
    pub dataset_entries: Option<u32>,
    /// Entries passed over, by reason in words: ("fewer than two turns", 12).
    pub dropped: Vec<(String, u32)>,
    /// Each request's prompt length in tokens.
    pub prompt_lens: Vec<u32>,
    /// Each request's asked output length in tokens.
    pub output_lens: Vec<u32>,
    /// The first few prompts, whole.
    pub first_prompts: Vec<String>,
    /// SHA-256 over all prompts and lengths: equal workloads have equal hashes.
    pub sha256: String,
    /// Requests whose prompt repeats an earlier one's.
    pub repeated_prompts: u32,
    /// When each request is due, in ms from the start.
    pub intended_ms: Vec<f64>,
    /// From the start to the end of the last wait, in s.
    pub schedule_span_s: f64,
}
