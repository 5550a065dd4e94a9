//! OpenAI's chat completions API: the prompt goes as one user message.

use serde_json::json;

use super::encode::{Ask, EncodeError, Fields};
use super::{Backend, Place};

/// A server of chat completions.
pub(super) struct Chat;

impl Backend for Chat {
    fn place(&self) -> Place {
        Place { path: "/v1/chat/completions", path_end: "chat/completions", port: 8000, models: Some("/v1/models") }
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Fields, EncodeError> {
        ask.one_answer()?;
        let mut body = Fields::new();
        body.insert("model".into(), ask.model()?.into());
        body.insert("messages".into(), json!([{ "role": "user", "content": ask.prompt }]));
        body.insert("temperature".into(), ask.temperature(0.0)?);
        body.extend(ask.openai_length());
        body.insert("stream".into(), true.into());
        body.insert("stream_options".into(), json!({ "include_usage": true }));
        for (name, value) in ask.options()? {
            if name == "logprobs" {
                // Chat splits it in two: whether, and how many.
                body.insert("logprobs".into(), true.into());
                body.insert("top_logprobs".into(), value);
            } else {
                body.insert(name, value);
            }
        }
        Ok(body)
    }
}
