//! SGLang's native `/generate`: every event repeats the text so far and says how many tokens that is; the last one has
//! the finish reason.

use serde_json::{Value, json};

use super::body::{count, flag, prompt};
use super::kind::{Dialect, Job, Params, Part};

/// SGLang.
pub(crate) struct Sglang;

fn answer(job: &Job, text: &str, completion: usize, finished: bool) -> Value {
    let finish = match (finished, job.stopped) {
        (false, _) => Value::Null,
        (true, true) => json!({ "type": "stop", "matched": 2 }),
        (true, false) => json!({ "type": "length", "length": job.params.max_tokens }),
    };
    json!({
        "text": text,
        "meta_info": {
            "id": format!("{:032x}", job.number),
            "finish_reason": finish,
            "prompt_tokens": job.params.prompt_tokens,
            "completion_tokens": completion,
            "cached_tokens": 0,
        },
    })
}

impl Dialect for Sglang {
    fn params(&self, body: &Value) -> Result<Params, String> {
        let (prompt, prompt_tokens) = match body.get("input_ids") {
            Some(ids) => prompt(Some(ids), "input_ids")?,
            None => prompt(body.get("text"), "text")?,
        };
        let sampling = body.get("sampling_params").unwrap_or(&Value::Null);
        Ok(Params {
            prompt,
            prompt_tokens,
            max_tokens: count(sampling, &["max_new_tokens"], 128)?,
            ignore_eos: flag(sampling, "ignore_eos"),
            stream: flag(body, "stream"),
            ..Params::default()
        })
    }

    fn delta(&self, job: &Job, part: &Part<'_>) -> Value {
        answer(job, part.so_far, part.to, part.last)
    }

    fn done(&self) -> Option<&'static str> {
        Some("[DONE]")
    }

    fn whole(&self, job: &Job) -> Value {
        answer(job, &job.text.text(0, job.total), job.total, true)
    }

    fn error(&self, _status: u16, message: &str) -> Value {
        json!({ "error": { "message": message } })
    }
}
