//! OpenAI's completions API, which vLLM, Aphrodite, LMDeploy, ScaleLLM, SGLang and llama.cpp speak too.

use serde_json::json;

use super::encode::{Ask, EncodeError, Fields};
use super::{Backend, COMPLETIONS_PATH, Place};

/// A server of completions.
pub(super) struct Completions {
    /// The usual port.
    pub(super) port: u16,
}

impl Backend for Completions {
    fn place(&self) -> Place {
        Place { path: COMPLETIONS_PATH, path_end: "completions", port: self.port, models: Some("/v1/models") }
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Fields, EncodeError> {
        let mut body = Fields::new();
        body.insert("model".into(), ask.model()?.into());
        body.insert("prompt".into(), ask.prompt.into());
        body.insert("temperature".into(), ask.temperature(0.0)?);
        body.insert("best_of".into(), ask.settings.best_of.into());
        body.extend(ask.openai_length());
        body.insert("stream".into(), true.into());
        body.insert("stream_options".into(), json!({ "include_usage": true }));
        body.extend(ask.options()?);
        Ok(body)
    }
}
