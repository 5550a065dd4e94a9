//! Chunks of OpenAI's completions and chat APIs, as OpenAI, vLLM, Aphrodite, SGLang, LMDeploy, llama.cpp and Ollama send
//! them. Both are read wherever they come, streamed or not: the fields have different names.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::decode::Frame;
use super::wire::{Few, Text, Unreadable, WireUsage, parse};

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    choices: Option<Few<Choice<'a>>>,
    #[serde(default)]
    usage: Option<WireUsage>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    /// Completions.
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    /// Chat, streamed.
    #[serde(borrow, default)]
    delta: Option<Message<'a>>,
    /// Chat, not streamed.
    #[serde(borrow, default)]
    message: Option<Message<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    content: Option<Text<'a>>,
    /// DeepSeek's name for it, and most servers'.
    #[serde(borrow, default)]
    reasoning_content: Option<Text<'a>>,
    /// The newer name.
    #[serde(borrow, default)]
    reasoning: Option<Text<'a>>,
}

/// Reads one chunk. Where there are several choices, all are taken, in their order: all were generated.
pub(super) fn read(json: &[u8], frame: &mut Frame<'_>) -> Result<(), Unreadable> {
    let chunk: Chunk<'_> = parse(json)?;
    if chunk.error.is_some() {
        frame.suspect_error();
    }
    if let Some(usage) = chunk.usage {
        frame.usage(usage.into());
    }
    for choice in chunk.choices.iter().flat_map(Few::iter) {
        frame.choice();
        if let Some(text) = &choice.text {
            frame.text(&text.0);
        }
        for message in choice.delta.iter().chain(&choice.message) {
            if let Some(text) = message.reasoning_content.as_ref().or(message.reasoning.as_ref()) {
                frame.reasoning(&text.0);
            }
            if let Some(text) = &message.content {
                frame.text(&text.0);
            }
        }
        if let Some(reason) = &choice.finish_reason {
            frame.finish_reason(&reason.0);
        }
    }
    Ok(())
}
