//! Hugging Face's Text Generation Inference, `/generate_stream`: one token an event, and the whole text in the last.

use std::borrow::Cow;

use serde_json::json;

use super::assembly::Source;
use super::content::Content;
use super::encode::{Ask, EncodeError, Fields};
use super::frame::Frame;
use super::wire::{Few, Given, Node, Side, Unreadable, object, parse};
use super::{Backend, Place};
use crate::record::{EventKind, Usage};

/// TGI.
pub(super) struct Tgi;

object! {
    struct Answer<'a> {
        token: Node<Few<Token<'a>>> = b"token";
        generated_text: Content<'a> = b"generated_text";
        details: Side<Details<'a>> = b"details";
        error: Given = b"error";
    }
}

object! {
    struct Token<'a> {
        text: Content<'a> = b"text";
        special: Side<bool> = b"special";
    }
}

object! {
    struct Details<'a> {
        finish_reason: Side<Option<Cow<'a, str>>> = b"finish_reason";
        generated_tokens: Side<Option<u32>> = b"generated_tokens";
        input_length: Side<Option<u32>> = b"input_length";
    }
}

impl Backend for Tgi {
    fn place(&self) -> Place {
        Place { path: "/generate_stream", path_end: "generate_stream", port: 8080, models: Some("/info") }
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Fields, EncodeError> {
        let mut parameters = Fields::new();
        parameters.insert("best_of".into(), ask.settings.best_of.into());
        parameters.extend(ask.length("max_new_tokens")?);
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
    if answer.error.0 {
        frame.suspect_error();
    }
    for token in answer.token.0.iter() {
        frame.choice();
        if !token.special.0 {
            token.text.each(EventKind::Text, &mut |kind, bytes| frame.add(kind, Source::Field, bytes));
        }
    }
    if let Content::Text(text) = &answer.generated_text {
        frame.choice();
        frame.whole_text(&text.0);
    }
    let Details { finish_reason, generated_tokens, input_length } = answer.details.0;
    if let Some(reason) = &finish_reason.0 {
        frame.finish_reason(reason);
    }
    frame.usage(Usage { prompt_tokens: input_length.0, completion_tokens: generated_tokens.0 });
    Ok(())
}
