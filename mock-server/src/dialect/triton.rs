//! Triton's generate extension with the TensorRT-LLM backend: `/v2/models/MODEL/generate_stream` and `/generate`. Events
//! bring increments, or the text so far where `accumulate_tokens` asks for it; there is no end mark.

use serde_json::{Value, json};

use super::body::{count, flag, words};
use super::kind::{Dialect, Job, Params, Part};

/// Triton.
pub(crate) struct Triton;

fn answer(job: &Job, text: &str) -> Value {
    json!({
        "model_name": job.model,
        "model_version": "1",
        "sequence_end": false,
        "sequence_id": 0,
        "sequence_start": false,
        "text_output": text,
    })
}

impl Dialect for Triton {
    fn params(&self, body: &Value) -> Result<Params, String> {
        let prompt = body.get("text_input").and_then(Value::as_str).ok_or("text_input is required")?;
        // The extension takes parameters beside the text or in an object of their own.
        let parameters = body.get("parameters").unwrap_or(body);
        Ok(Params {
            prompt: prompt.into(),
            prompt_tokens: words(prompt),
            max_tokens: count(parameters, &["max_tokens"], 16)?,
            accumulate: flag(parameters, "accumulate_tokens"),
            // There is no ignore_eos; an end id outside the vocabulary stands in for it.
            ignore_eos: count(parameters, &["end_id"], 0)? >= 1_000_000,
            ..Params::default()
        })
    }

    fn delta(&self, job: &Job, part: &Part<'_>) -> Value {
        answer(job, if job.params.accumulate { part.so_far } else { part.text })
    }

    fn whole(&self, job: &Job) -> Value {
        answer(job, &job.text.text(0, job.total))
    }

    fn error(&self, _status: u16, message: &str) -> Value {
        json!({ "error": message })
    }
}
