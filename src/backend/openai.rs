//! Chunks of OpenAI's completions and chat APIs, as OpenAI, vLLM, Aphrodite, SGLang, LMDeploy, llama.cpp and Ollama send
//! them. Both are read wherever they come, streamed or not: the fields have different names.

use std::borrow::Cow;

use super::assembly::Source;
use super::content::Content;
use super::frame::Frame;
use super::wire::{Argument, Few, Given, Node, Side, Unreadable, object, parse};
use crate::record::{EventKind, Usage};

object! {
    struct Chunk<'a> {
        choices: Node<Few<Choice<'a>>> = b"choices";
        usage: Side<WireUsage> = b"usage";
        error: Given = b"error";
    }
}

object! {
    struct WireUsage {
        prompt_tokens: Side<Option<u32>> = b"prompt_tokens";
        completion_tokens: Side<Option<u32>> = b"completion_tokens";
    }
}

object! {
    struct Choice<'a> {
        /// Completions.
        text: Content<'a> = b"text";
        /// Chat, streamed.
        delta: Node<Message<'a>> = b"delta";
        /// Chat, not streamed.
        message: Node<Message<'a>> = b"message";
        finish_reason: Side<Option<Cow<'a, str>>> = b"finish_reason";
        error: Given = b"error";
    }
}

object! {
    struct Message<'a> {
        content: Content<'a> = b"content";
        /// DeepSeek's name for it, and most servers'.
        reasoning_content: Content<'a> = b"reasoning_content";
        /// The newer name.
        reasoning: Content<'a> = b"reasoning";
        refusal: Content<'a> = b"refusal";
        tool_calls: Node<Few<Call<'a>>> = b"tool_calls";
        /// What tool calls were before there could be several.
        function_call: Node<Function<'a>> = b"function_call";
    }
}

object! {
    struct Call<'a> {
        function: Node<Function<'a>> = b"function" | b"custom";
    }
}

object! {
    struct Function<'a> {
        name: Argument<'a> = b"name";
        arguments: Argument<'a> = b"arguments" | b"input";
    }
}

/// Reads one chunk. Where there are several choices, all are taken, in their order: all were generated.
pub(super) fn read(json: &[u8], frame: &mut Frame<'_>) -> Result<(), Unreadable> {
    let chunk: Chunk<'_> = parse(json)?;
    if chunk.error.0 {
        frame.suspect_error();
    }
    let WireUsage { prompt_tokens, completion_tokens } = chunk.usage.0;
    frame.usage(Usage { prompt_tokens: prompt_tokens.0, completion_tokens: completion_tokens.0 });
    let is_alone = chunk.choices.0.iter().nth(1).is_none();
    for choice in chunk.choices.0.iter() {
        frame.choice();
        if choice.error.0 {
            frame.suspect_error();
        }
        choice.delta.0.read(Source::Delta, false, frame);
        choice.message.0.read(Source::Message, is_alone, frame);
        choice.text.each(EventKind::Text, &mut |kind, bytes| frame.add(kind, Source::Field, bytes));
        if let Some(reason) = &choice.finish_reason.0 {
            frame.finish_reason(reason);
        }
    }
    Ok(())
}

impl Message<'_> {
    /// Writes what the message says into the frame. Its content may be the text so far.
    fn read(&self, source: Source, may_be_so_far: bool, frame: &mut Frame<'_>) {
        let reasoning = if self.reasoning_content.is_empty() { &self.reasoning } else { &self.reasoning_content };
        reasoning.each(EventKind::Reasoning, &mut |kind, bytes| frame.add(kind, source, bytes));
        match &self.content {
            Content::Text(text) if may_be_so_far && !text.0.is_empty() => frame.text_so_far(source, &text.0),
            content => content.each(EventKind::Text, &mut |kind, bytes| frame.add(kind, source, bytes)),
        }
        self.refusal.each(EventKind::Refusal, &mut |kind, bytes| frame.add(kind, source, bytes));
        for function in self.tool_calls.0.iter().map(|call| &call.function.0).chain([&self.function_call.0]) {
            for argument in [&function.name, &function.arguments] {
                frame.add(EventKind::ToolCall, source, &argument.0.0);
            }
        }
    }
}
