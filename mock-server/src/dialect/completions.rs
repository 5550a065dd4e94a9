//! `/v1/completions` of OpenAI, vLLM, Aphrodite, LMDeploy, ScaleLLM and SGLang: OpenAI's API reference for the objects,
//! vLLM's documentation for `ignore_eos` and continuous usage.

use serde_json::{Value, json};

use super::body::{count, flag, prompt};
use super::kind::{Dialect, Job, Params, Part};

/// Text completions.
pub(crate) struct Completions;

impl Completions {
    fn chunk(job: &Job, text: &str, finish: Option<&str>, usage_after: usize) -> Value {
        let mut chunk = head(job);
        chunk["choices"] = json!([{ "index": 0, "text": text, "logprobs": null, "finish_reason": finish }]);
        add_usage(&mut chunk, job, usage_after);
        chunk
    }
}

/// What every chunk and answer begins with.
fn head(job: &Job) -> Value {
    json!({
        "id": format!("cmpl-{}", job.number),
        "object": "text_completion",
        "created": job.created_unix_s,
        "model": job.model,
    })
}

/// The usage of a chunk that is not the last: null where only the last shall have it, the counts so far where every one
/// shall, and no such key where usage was not asked for.
pub(super) fn add_usage(chunk: &mut Value, job: &Job, completion: usize) {
    if job.params.continuous_usage {
        chunk["usage"] = job.usage(completion);
    } else if job.params.include_usage {
        chunk["usage"] = Value::Null;
    }
}

/// OpenAI's error object, as vLLM fills it in.
pub(crate) fn openai_error(status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "AuthenticationError",
        404 => "NotFoundError",
        429 => "RateLimitError",
        400..=499 => "BadRequestError",
        _ => "InternalServerError",
    };
    json!({ "error": { "message": message, "type": kind, "param": null, "code": status } })
}

/// The parameters that completions and chats share.
pub(super) fn openai_params(body: &Value, text: (String, usize), max_tokens: usize) -> Params {
    let options = body.get("stream_options").unwrap_or(&Value::Null);
    Params {
        prompt: text.0,
        prompt_tokens: text.1,
        max_tokens,
        stream: flag(body, "stream"),
        ignore_eos: flag(body, "ignore_eos"),
        include_usage: flag(options, "include_usage"),
        continuous_usage: flag(options, "include_usage") && flag(options, "continuous_usage_stats"),
        ..Params::default()
    }
}

impl Dialect for Completions {
    fn params(&self, body: &Value) -> Result<Params, String> {
        let text = prompt(body.get("prompt"), "prompt")?;
        Ok(openai_params(body, text, count(body, &["max_tokens"], 16)?))
    }

    fn delta(&self, job: &Job, part: &Part<'_>) -> Value {
        let finish = (part.last && job.finish_with_last_token).then(|| job.finish_reason());
        Self::chunk(job, part.text, finish, part.to)
    }

    fn closing(&self, job: &Job) -> Vec<Value> {
        let finish = (!job.finish_with_last_token).then(|| Self::chunk(job, "", Some(job.finish_reason()), job.total));
        let usage = job.params.include_usage.then(|| {
            let mut chunk = head(job);
            chunk["choices"] = json!([]);
            chunk["usage"] = job.usage(job.total);
            chunk
        });
        finish.into_iter().chain(usage).collect()
    }

    fn done(&self) -> Option<&'static str> {
        Some("[DONE]")
    }

    fn whole(&self, job: &Job) -> Value {
        let mut answer = head(job);
        let text = job.text.text(0, job.total);
        answer["choices"] =
            json!([{ "index": 0, "text": text, "logprobs": null, "finish_reason": job.finish_reason() }]);
        answer["usage"] = job.usage(job.total);
        answer
    }

    fn error(&self, status: u16, message: &str) -> Value {
        openai_error(status, message)
    }
}
