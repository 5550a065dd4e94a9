//! `/v1/chat/completions` of the OpenAI kind: a role chunk, content deltas, a finish reason, usage on request; reasoning
//! as `reasoning_content` deltas, the way vLLM, SGLang and llama.cpp send it.

use serde_json::{Value, json};

use super::body::{count, words};
use super::completions::{add_usage, openai_error, openai_params};
use super::kind::{Dialect, Job, Params, Part};

/// Chat completions.
pub(crate) struct Chat;

fn head(job: &Job, object: &str) -> Value {
    json!({
        "id": format!("chatcmpl-{}", job.number),
        "object": object,
        "created": job.created_unix_s,
        "model": job.model,
    })
}

fn chunk(job: &Job, delta: &Value, finish: Option<&str>, usage_after: usize) -> Value {
    let mut chunk = head(job, "chat.completion.chunk");
    chunk["choices"] = json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]);
    add_usage(&mut chunk, job, usage_after);
    chunk
}

/// A message's text: its content, or the text parts of it.
fn message_text(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

impl Dialect for Chat {
    fn params(&self, body: &Value) -> Result<Params, String> {
        let messages = body.get("messages").and_then(Value::as_array).ok_or("messages is required")?;
        let prompt = messages.iter().map(message_text).collect::<Vec<_>>().join("\n");
        let tokens = words(&prompt);
        Ok(openai_params(body, (prompt, tokens), count(body, &["max_completion_tokens", "max_tokens"], 16)?))
    }

    fn opening(&self, job: &Job) -> Vec<Value> {
        vec![chunk(job, &json!({ "role": "assistant", "content": "" }), None, 0)]
    }

    fn delta(&self, job: &Job, part: &Part<'_>) -> Value {
        let field = if part.from < job.reasoning { "reasoning_content" } else { "content" };
        let finish = (part.last && job.finish_with_last_token).then(|| job.finish_reason());
        chunk(job, &json!({ field: part.text }), finish, part.to)
    }

    fn closing(&self, job: &Job) -> Vec<Value> {
        let finish =
            (!job.finish_with_last_token).then(|| chunk(job, &json!({}), Some(job.finish_reason()), job.total));
        let usage = job.params.include_usage.then(|| {
            let mut chunk = head(job, "chat.completion.chunk");
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
        let mut message = json!({ "role": "assistant", "content": job.text.text(job.reasoning, job.total) });
        if job.reasoning > 0 {
            message["reasoning_content"] = job.text.text(0, job.reasoning).into();
        }
        let mut answer = head(job, "chat.completion");
        answer["choices"] =
            json!([{ "index": 0, "message": message, "logprobs": null, "finish_reason": job.finish_reason() }]);
        answer["usage"] = job.usage(job.total);
        answer
    }

    fn error(&self, status: u16, message: &str) -> Value {
        openai_error(status, message)
    }
}
