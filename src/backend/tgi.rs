//! Hugging Face's Text Generation Inference, `/generate_stream`: one token an event, and the whole text in the last.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::decode::Frame;
use super::encode::{Ask, EncodeError, Fields};
use super::wire::{Text, Unreadable, parse};
use super::{Backend, Place};
use crate::record::Usage;

/// TGI.
pub(super) struct Tgi;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    token: Option<Token<'a>>,
    #[serde(borrow, default)]
    generated_text: Option<Text<'a>>,
    #[serde(borrow, default)]
    details: Option<Details<'a>>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Token<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(default)]
    special: bool,
}

#[derive(Deserialize)]
struct Details<'a> {
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
    #[serde(default)]
    generated_tokens: Option<u32>,
    #[serde(default)]
    input_length: Option<u32>,
}

impl Backend for Tgi {
    fn place(&self) -> Place {
        Place { path: "/generate_stream", path_end: "generate_stream", port: 8080, models: Some("/info") }
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Fields, EncodeError> {
        let mut parameters = Fields::new();
        parameters.insert("best_of".into(), ask.settings.best_of.into());
        parameters.insert("max_new_tokens".into(), ask.output_len.into());
        parameters.insert("do_sample".into(), true.into());
        // TGI refuses a temperature of 0 and a top_p of 1.
        parameters.insert("temperature".into(), ask.temperature(0.01)?);
        parameters.insert("top_p".into(), json!(0.99));
        for (name, value) in ask.options()? {
            match &*name {
                "top_p" | "top_k" | "frequency_penalty" | "repetition_penalty" => parameters.insert(name, value),
                "logprobs" => parameters.insert("top_n_tokens".into(), value),
                _ => return Err(ask.unsupported(&name)),
            };
        }
        let mut body = Fields::new();
        body.insert("inputs".into(), ask.prompt.into());
        body.insert("parameters".into(), parameters.into());
        Ok(body)
    }
}

/// The [`Read`](super::Read) of such a server.
pub(super) fn read(json: &[u8], frame: &mut Frame<'_>) -> Result<(), Unreadable> {
    let answer: Answer<'_> = parse(json)?;
    if answer.error.is_some() {
        frame.suspect_error();
    }
    if let Some(token) = &answer.token {
        frame.choice();
        if !token.special {
            frame.text(&token.text.0);
        }
    }
    if let Some(text) = &answer.generated_text {
        frame.choice();
        frame.whole_text(&text.0);
    }
    if let Some(details) = &answer.details {
        if let Some(reason) = &details.finish_reason {
            frame.finish_reason(&reason.0);
        }
        frame.usage(Usage { prompt_tokens: details.input_length, completion_tokens: details.generated_tokens });
    }
    Ok(())
}
