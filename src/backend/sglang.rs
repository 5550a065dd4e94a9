//! SGLang's own `/generate`: each event says the whole text so far, and how many tokens it has.

use std::borrow::Cow;

use serde::de::MapAccess;

use super::assembly::Source;
use super::content::Content;
use super::encode::{Ask, EncodeError, Fields};
use super::frame::Frame;
use super::wire::{Given, Lenient, Side, Unreadable, object, parse};
use super::{Backend, Place};
use crate::record::Usage;

/// SGLang.
pub(super) struct Sglang;

object! {
    struct Answer<'a> {
        text: Content<'a> = b"text";
        meta_info: Side<Meta<'a>> = b"meta_info";
        error: Given = b"error";
    }
}

object! {
    struct Meta<'a> {
        prompt_tokens: Side<Option<u32>> = b"prompt_tokens";
        completion_tokens: Side<Option<u32>> = b"completion_tokens";
        finish_reason: Side<Reason<'a>> = b"finish_reason";
    }
}

object! {
    struct TypedReason<'a> {
        word: Side<Option<Cow<'a, str>>> = b"type";
        message: Side<Option<Cow<'a, str>>> = b"message";
    }
}

/// `{"type": "length", "length": 16}`, or in older versions the word alone.
#[derive(Debug, Default)]
struct Reason<'a>(TypedReason<'a>);

impl<'de> Lenient<'de> for Reason<'de> {
    fn of_text(word: Cow<'de, str>) -> Self {
        Self(TypedReason { word: Side(Some(word)), ..TypedReason::default() })
    }
    fn of_object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        TypedReason::of_object(object).map(Self)
    }
}

impl Backend for Sglang {
    fn place(&self) -> Place {
        Place { path: "/generate", path_end: "generate", port: 30000, models: Some("/v1/models") }
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Fields, EncodeError> {
        ask.one_answer()?;
        let mut sampling = Fields::new();
        sampling.insert("temperature".into(), ask.temperature(0.0)?);
        sampling.extend(ask.length("max_new_tokens")?);
        let mut body = Fields::new();
        body.insert("text".into(), ask.prompt.into());
        for (name, value) in ask.options()? {
            if name == "logprobs" {
                body.insert("return_logprob".into(), true.into());
                body.insert("top_logprobs_num".into(), value);
            } else {
                sampling.insert(name, value);
            }
        }
        body.insert("sampling_params".into(), sampling.into());
        body.insert("stream".into(), true.into());
        Ok(body)
    }
}

/// The [`Read`](super::Read) of such a server.
pub(super) fn read(json: &[u8], frame: &mut Frame<'_>) -> Result<(), Unreadable> {
    let answer: Answer<'_> = parse(json)?;
    if answer.error.0 {
        frame.suspect_error();
    }
    let Meta { prompt_tokens, completion_tokens, finish_reason } = answer.meta_info.0;
    frame.usage(Usage { prompt_tokens: prompt_tokens.0, completion_tokens: completion_tokens.0 });
    if let Content::Text(text) = &answer.text {
        frame.choice();
        frame.text_so_far(Source::Field, &text.0);
    }
    let Reason(TypedReason { word, message }) = finish_reason.0;
    if let Some(word) = &word.0 {
        frame.finish_reason(word);
    }
    // Where the server gave the request up, it says why.
    if let (Some("abort" | "error"), Some(message)) = (word.0.as_deref(), &message.0) {
        frame.error(message);
    }
    Ok(())
}
