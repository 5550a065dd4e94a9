//! SGLang's own `/generate`: each event says the whole text so far, and how many tokens it has.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::decode::Frame;
use super::encode::{Ask, EncodeError, Fields};
use super::wire::{Text, Unreadable, parse};
use super::{Backend, Place};
use crate::record::Usage;

/// SGLang.
pub(super) struct Sglang;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    meta_info: Option<Meta<'a>>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(default)]
    prompt_tokens: Option<u32>,
    #[serde(default)]
    completion_tokens: Option<u32>,
    #[serde(borrow, default)]
    finish_reason: Option<Reason<'a>>,
}

/// `{"type": "length", "length": 16}`, or in older versions the word alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Reason<'a> {
    Word(#[serde(borrow)] Cow<'a, str>),
    Typed {
        #[serde(rename = "type", borrow)]
        word: Cow<'a, str>,
        #[serde(borrow, default)]
        message: Option<Cow<'a, str>>,
    },
}

impl Backend for Sglang {
    fn place(&self) -> Place {
        Place { path: "/generate", path_end: "generate", port: 30000, models: Some("/v1/models") }
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Fields, EncodeError> {
        ask.one_answer()?;
        let mut sampling = Fields::new();
        sampling.insert("temperature".into(), ask.temperature(0.0)?);
        sampling.insert("max_new_tokens".into(), ask.output_len.into());
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
    if answer.error.is_some() {
        frame.suspect_error();
    }
    if let Some(text) = &answer.text {
        frame.choice();
        frame.text_so_far(&text.0);
    }
    if let Some(meta) = &answer.meta_info {
        frame.usage(Usage { prompt_tokens: meta.prompt_tokens, completion_tokens: meta.completion_tokens });
        match &meta.finish_reason {
            Some(Reason::Word(word)) => frame.finish_reason(word),
            // The server gave the request up and says why.
            Some(Reason::Typed { word, message: Some(message) }) if word == "abort" => frame.error(message),
            Some(Reason::Typed { word, .. }) => frame.finish_reason(word),
            None => {}
        }
    }
    Ok(())
}
