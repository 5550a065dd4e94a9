//! What each server says and understands, one file per server kind, from the servers' own documentation. A new kind is a
//! file and its line in [`for_path`].

mod body;
mod chat;
mod completions;
mod kind;
mod mii;
mod sglang;
mod tgi;
mod triton;

use serde_json::Value;

pub(crate) use completions::openai_error;
pub(crate) use kind::{Dialect, Job, Part};

/// Who answers at a path, and whether the path alone says that the answer is streamed.
pub(crate) fn for_path(
    path: &str,
    mii_path: Option<&str>,
    body: &Value,
) -> Option<(&'static dyn Dialect, Option<bool>)> {
    let triton = path.starts_with("/v2/models/");
    match path {
        "/v1/completions" => Some((&completions::Completions, None)),
        "/v1/chat/completions" => Some((&chat::Chat, None)),
        "/generate_stream" => Some((&tgi::Tgi, Some(true))),
        // TGI and SGLang share a path, and name the prompt differently.
        "/generate" if body.get("inputs").is_some() => Some((&tgi::Tgi, Some(false))),
        "/generate" => Some((&sglang::Sglang, None)),
        _ if triton && path.ends_with("/generate_stream") => Some((&triton::Triton, Some(true))),
        _ if triton && path.ends_with("/generate") => Some((&triton::Triton, Some(false))),
        _ if path.starts_with("/mii/") || Some(path) == mii_path => Some((&mii::Mii, Some(false))),
        _ => None,
    }
}
