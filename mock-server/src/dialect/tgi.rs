//! `/generate_stream` and `/generate` of Hugging Face's Text Generation Inference, from its OpenAPI schema: an event a
//! token, the whole text with the last one, no end mark, and its own bounds on temperature and top-p.

use serde_json::{Value, json};

use super::body::{count, flag, words};
use super::kind::{Dialect, Job, Params, Part};

/// Text Generation Inference.
pub(crate) struct Tgi;

fn details(job: &Job) -> Value {
    json!({
        "finish_reason": if job.stopped { "eos_token" } else { "length" },
        "generated_tokens": job.total,
        "input_length": job.params.prompt_tokens,
        "seed": null,
    })
}

impl Dialect for Tgi {
    fn params(&self, body: &Value) -> Result<Params, String> {
        let prompt = body.get("inputs").and_then(Value::as_str).ok_or("missing field `inputs`")?;
        let parameters = body.get("parameters").unwrap_or(&Value::Null);
        let number = |name: &str| parameters.get(name).and_then(Value::as_f64);
        if number("temperature").is_some_and(|temperature| temperature <= 0.0) {
            return Err("`temperature` must be strictly positive".into());
        }
        if number("top_p").is_some_and(|top_p| top_p <= 0.0 || top_p >= 1.0) {
            return Err("`top_p` must be > 0.0 and < 1.0".into());
        }
        Ok(Params {
            prompt: prompt.into(),
            prompt_tokens: words(prompt),
            max_tokens: count(parameters, &["max_new_tokens"], 100)?,
            details: flag(parameters, "details"),
            ..Params::default()
        })
    }

    fn bad_request_status(&self) -> u16 {
        422
    }

    fn prefix(&self) -> &'static str {
        "data:"
    }

    fn one_event_a_token(&self) -> bool {
        true
    }

    fn delta(&self, job: &Job, part: &Part<'_>) -> Value {
        json!({
            "index": part.to,
            "token": { "id": part.from % 32_000, "text": part.text, "logprob": -0.25, "special": false },
            "generated_text": part.last.then_some(part.so_far),
            "details": (part.last && job.params.details).then(|| details(job)),
        })
    }

    fn whole(&self, job: &Job) -> Value {
        let mut answer = json!({ "generated_text": job.text.text(0, job.total) });
        if job.params.details {
            answer["details"] = details(job);
        }
        answer
    }

    fn error(&self, status: u16, message: &str) -> Value {
        let kind = match status {
            422 => "validation",
            429 => "overloaded",
            _ => "generation",
        };
        json!({ "error": message, "error_type": kind })
    }
}
