//! DeepSpeed-MII's `/generate`. It is asked for the whole text at once, as the reference does: one event, whose time is
//! the latency. (Newer versions stream when `extra-body` says `{"stream": true}`; that is read too.)

use serde_json::json;

use super::assembly::Source;
use super::content::Content;
use super::encode::{Ask, EncodeError, Fields};
use super::frame::Frame;
use super::wire::{Given, Unreadable, object, parse};
use super::{Backend, Place};
use crate::record::EventKind;

/// DeepSpeed-MII.
pub(super) struct DeepspeedMii;

object! {
    struct Answer<'a> {
        text: Content<'a> = b"text";
        error: Given = b"error";
    }
}

impl Backend for DeepspeedMii {
    fn place(&self) -> Place {
        Place { path: "/generate", path_end: "", port: 8000, models: None }
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Fields, EncodeError> {
        ask.one_answer()?;
        let mut body = Fields::new();
        body.insert("prompt".into(), ask.prompt.into());
        body.extend(ask.length("max_tokens")?);
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
    if answer.error.0 {
        frame.suspect_error();
    }
    if !matches!(answer.text, Content::None) {
        frame.choice();
    }
    answer.text.each(EventKind::Text, &mut |kind, bytes| frame.add(kind, Source::Field, bytes));
    Ok(())
}
