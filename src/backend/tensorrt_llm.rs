//! TensorRT-LLM behind Triton's generate extension, `/v2/models/ensemble/generate_stream`.

use serde_json::json;

use super::assembly::Source;
use super::content::Content;
use super::encode::{Ask, EncodeError, Fields};
use super::frame::Frame;
use super::wire::{Given, Unreadable, object, parse};
use super::{Backend, Place};

/// TensorRT-LLM.
pub(super) struct TensorrtLlm;

/// A token id that no model has: with it as the end of sequence, generation goes on to the asked length.
const NO_TOKEN: u32 = 1_048_576;

object! {
    struct Answer<'a> {
        text_output: Content<'a> = b"text_output";
        error: Given = b"error";
    }
}

impl Backend for TensorrtLlm {
    fn place(&self) -> Place {
        let path = "/v2/models/ensemble/generate_stream";
        Place { path, path_end: "generate_stream", port: 8000, models: None }
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Fields, EncodeError> {
        ask.one_answer()?;
        let mut body = Fields::new();
        body.insert("accumulate_tokens".into(), true.into());
        body.insert("text_input".into(), ask.prompt.into());
        body.insert("temperature".into(), ask.temperature(0.0)?);
        body.insert("top_p".into(), json!(1.0));
        body.extend(ask.length("max_tokens")?);
        body.insert("stream".into(), true.into());
        for (name, value) in ask.options()? {
            match &*name {
                "top_p" | "top_k" | "frequency_penalty" | "presence_penalty" | "repetition_penalty" => {
                    body.insert(name, value);
                }
                "ignore_eos" => {
                    body.insert("min_length".into(), ask.output_len.into());
                    body.insert("end_id".into(), NO_TOKEN.into());
                }
                _ => return Err(ask.unsupported(&name)),
            }
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
    if let Content::Text(text) = &answer.text_output {
        frame.choice();
        frame.text_so_far(Source::Field, &text.0);
    }
    Ok(())
}
