//! DeepSpeed-MII's RESTful gateway, which does not stream: `prompts` is answered with MII's own list of messages, and
//! `prompt` with the list of texts that the serving benchmarks' servers give.

use serde_json::{Value, json};

use super::body::{count, flag, prompt};
use super::kind::{Dialect, Job, Params, Part};

/// DeepSpeed-MII.
pub(crate) struct Mii;

impl Dialect for Mii {
    fn params(&self, body: &Value) -> Result<Params, String> {
        let own = body.get("prompts");
        let (prompt, prompt_tokens) = prompt(own.or_else(|| body.get("prompt")), "prompt")?;
        Ok(Params {
            prompt,
            prompt_tokens,
            max_tokens: count(body, &["max_tokens", "max_new_tokens", "max_length"], 16)?,
            ignore_eos: flag(body, "ignore_eos"),
            details: own.is_some(),
            ..Params::default()
        })
    }

    fn delta(&self, job: &Job, _part: &Part<'_>) -> Value {
        self.whole(job)
    }

    fn whole(&self, job: &Job) -> Value {
        let text = job.text.text(0, job.total);
        if !job.params.details {
            return json!({ "text": [text] });
        }
        json!([{
            "generated_text": text,
            "prompt_length": job.params.prompt_tokens,
            "generated_length": job.total,
            "finish_reason": job.finish_reason(),
        }])
    }

    fn error(&self, _status: u16, message: &str) -> Value {
        json!({ "message": message })
    }
}
