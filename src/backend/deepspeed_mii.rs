//! DeepSpeed-MII's `/generate`. It is asked for the whole text at once, as the reference does: one event, whose time is
//! the latency. (Newer versions stream when `extra-body` says `{"stream": true}`; that is read too.)

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::decode::Frame;
use super::encode::{Ask, EncodeError, Fields};
use super::wire::{Few, Text, Unreadable, parse};
use super::{Backend, Place};

/// DeepSpeed-MII.
pub(super) struct DeepspeedMii;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    text: Option<Few<Text<'a>>>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

impl Backend for DeepspeedMii {
    fn place(&self) -> Place {
        Place { path: "/generate", path_end: "", port: 8000, models: None }
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Fields, EncodeError> {
        ask.one_answer()?;
        let mut body = Fields::new();
        body.insert("prompt".into(), ask.prompt.into());
        body.insert("max_tokens".into(), ask.output_len.into());
        // MII refuses a temperature of 0.
        body.insert("temperature".into(), ask.temperature(0.01)?);
        body.insert("top_p".into(), json!(1.0));
        for (name, value) in ask.options()? {
            match &*name {
                "top_p" | "top_k" => body.insert(name, value),
                _ => return Err(ask.unsupported(&name)),
            };
        }
        Ok(body)
    }
}

/// The [`Read`](super::Read) of such a server.
pub(super) fn read(json: &[u8], frame: &mut Frame<'_>) -> Result<(), Unreadable> {
    let answer: Answer<'_> = parse(json)?;
    if answer.error.is_some() {
        frame.suspect_error();
    }
    for text in answer.text.iter().flat_map(Few::iter).take(1) {
        frame.choice();
        frame.text(&text.0);
    }
    Ok(())
}
