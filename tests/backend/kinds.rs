//! What each kind of server sends when all is well, and its own way to say that it is not.

use streamgauge::record::{
    EventKind::{self, Done, Empty, Reasoning, Text},
    FailureKind, Usage,
};
use streamgauge::settings::BackendKind;

use super::{decode, failure, kinds, reply};

#[test]
fn openai_completions() {
    let stream = concat!(
        r#"data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":" The","logprobs":null,"finish_reason":null}],"usage":null}"#,
        "\n\n",
        r#"data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":" Zürich\n🙂","logprobs":null,"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"","logprobs":null,"finish_reason":"length"}]}"#,
        "\n\n",
        r#"data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":5,"total_tokens":7,"completion_tokens":2}}"#,
        "\n\ndata: [DONE]\n\n",
    );
    for kind in
        [BackendKind::Openai, BackendKind::Vllm, BackendKind::Aphrodite, BackendKind::Lmdeploy, BackendKind::Scalellm]
    {
        let reply = reply(kind, stream);
        assert_eq!(reply.text, " The Zürich\n🙂");
        assert_eq!(kinds(&reply), [Text, Text, Empty, EventKind::Usage, Done]);
        assert_eq!(reply.events[1].chars, 9);
        assert_eq!(reply.usage, Some(Usage { prompt_tokens: Some(5), completion_tokens: Some(2) }));
        assert_eq!(reply.finish_reason.as_deref(), Some("length"));
    }
}

#[test]
fn openai_chat_with_reasoning() {
    let stream = concat!(
        r#"data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"reasoning_content":"Hm","content":null},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"reasoning":"…"},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Yes"},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        "\n\ndata: [DONE]\n\n",
    );
    let reply = reply(BackendKind::OpenaiChat, stream);
    assert_eq!((&*reply.text, &*reply.reasoning), ("Yes", "Hm…"));
    assert_eq!(kinds(&reply), [Empty, Reasoning, Reasoning, Text, Empty, Done]);
    assert_eq!(reply.finish_reason.as_deref(), Some("stop"));
}

#[test]
fn an_error_in_the_stream_keeps_what_came_before() {
    let stream = concat!(
        r#"data: {"choices":[{"index":0,"text":"a"}]}"#,
        "\n\n",
        r#"data: {"error":{"message":"engine died","type":"InternalServerError","code":500}}"#,
        "\n\ndata: [DONE]\n\n",
    );
    let (kind, message, reply) = failure(BackendKind::Vllm, stream);
    assert_eq!((kind, &*message), (FailureKind::ServerError, "engine died"));
    assert_eq!(reply.text, "a");
}

#[test]
fn tgi() {
    let stream = concat!(
        ": keep-alive\n\n",
        r#"data:{"index":1,"token":{"id":450,"text":" The","logprob":-0.5,"special":false},"generated_text":null,"details":null}"#,
        "\n\n",
        r#"data:{"index":2,"token":{"id":3,"text":" end","logprob":-0.1,"special":false},"top_tokens":[{"id":3,"text":" end","logprob":-0.1,"special":false}],"generated_text":null,"details":null}"#,
        "\n\n",
        r#"data:{"index":3,"token":{"id":2,"text":"</s>","logprob":-0.1,"special":true},"generated_text":"The end","details":{"finish_reason":"eos_token","generated_tokens":3,"seed":null,"input_length":7}}"#,
        "\n\n",
    );
    let reply = reply(BackendKind::Tgi, stream);
    assert_eq!(reply.text, "The end", "the last event's text, as in the reference");
    assert_eq!(kinds(&reply), [Text, Text, Empty]);
    assert_eq!(reply.finish_reason.as_deref(), Some("eos_token"));
    assert_eq!(reply.usage, Some(Usage { prompt_tokens: Some(7), completion_tokens: Some(3) }));
    assert_eq!(reply.events[2].tokens_so_far, Some(3));
}

#[test]
fn tgi_error() {
    let stream = concat!(
        r#"data:{"index":1,"token":{"id":450,"text":"a","logprob":-0.5,"special":false},"generated_text":null,"details":null}"#,
        "\n\n",
        r#"data:{"error":"Request failed during generation: CUDA out of memory","error_type":"generation"}"#,
        "\n\n",
    );
    let (kind, message, reply) = failure(BackendKind::Tgi, stream);
    assert_eq!(kind, FailureKind::ServerError);
    assert_eq!(message, "Request failed during generation: CUDA out of memory");
    assert_eq!(reply.text, "a");
}

/// Frames as Triton's generate extension sends them.
fn triton(texts: &[&str]) -> String {
    let frame = |text: &&str| {
        let text = serde_json::Value::from(*text);
        format!(
            "data: {{\"context_logits\":0.0,\"cum_log_probs\":0.0,\"generation_logits\":0.0,\"model_name\":\"ensemble\",\
             \"model_version\":\"1\",\"output_log_probs\":[0.0,0.0],\"sequence_end\":false,\"sequence_id\":0,\
             \"sequence_index\":0,\"sequence_start\":false,\"text_output\":{text}}}\n\n"
        )
    };
    texts.iter().map(frame).collect()
}

#[test]
fn tensorrt_llm_accumulated_text_is_not_counted_again() {
    let reply =
        reply(BackendKind::TensorrtLlm, &triton(&[" a", " a b", " a b", " a b cd", " a b cd e", " a b cd e f"]));
    assert_eq!(reply.text, " a b cd e f");
    assert_eq!(kinds(&reply), [Text, Text, Empty, Text, Text, Text]);
    assert_eq!(reply.events.iter().map(|event| event.chars).collect::<Vec<_>>(), [2, 2, 0, 3, 2, 2]);
}

#[test]
fn tensorrt_llm_without_accumulation_loses_no_token() {
    // The ensemble model ignores accumulate_tokens. Its first tokens may even look like a text that grows.
    for texts in [&["\n", "\n", "x", "x", "y"][..], &["a", "ab", "abc", "b"], &["\u{FFFD}", "\u{FFFD}", " ok", "."]] {
        let reply = reply(BackendKind::TensorrtLlm, &triton(texts));
        assert_eq!(reply.text, texts.concat());
        assert_eq!(kinds(&reply), vec![Text; texts.len()]);
        let chars: u32 = reply.events.iter().map(|event| event.chars).sum();
        assert_eq!(chars as usize, texts.concat().chars().count());
    }
}

#[test]
fn tensorrt_llm_error() {
    let stream = triton(&["a"]) + "data: {\"error\":\"in ensemble 'ensemble', Executor failed\"}\n\n";
    let (kind, message, _) = failure(BackendKind::TensorrtLlm, &stream);
    assert_eq!((kind, &*message), (FailureKind::ServerError, "in ensemble 'ensemble', Executor failed"));
}

#[test]
fn sglang_frames_say_the_text_so_far_and_its_tokens() {
    let frame = |text: &str, tokens: u32, reason: &str| {
        format!(
            "data: {{\"text\": \"{text}\", \"meta_info\": {{\"id\": \"1\", \"finish_reason\": {reason}, \"prompt_tokens\": 9, \
             \"completion_tokens\": {tokens}, \"cached_tokens\": 0}}}}\n\n"
        )
    };
    let stream = [
        frame("", 1, "null"),
        frame("Hé", 2, "null"),
        frame("Hé \u{FFFD}", 4, "null"),
        frame("Hé 🙂", 5, "null"),
        frame("Hé 🙂 wo", 7, "null"),
        frame("Hé 🙂 world", 8, "null"),
        frame("Hé 🙂 world!", 9, r#"{"type": "length", "length": 9}"#),
        "data: [DONE]\n\n".to_owned(),
    ]
    .concat();
    let reply = reply(BackendKind::Sglang, &stream);
    assert_eq!(reply.text, "Hé 🙂 world!");
    let tokens: Vec<_> = reply.events.iter().map(|event| event.tokens_so_far).collect();
    assert_eq!(tokens, [Some(1), Some(2), Some(4), Some(5), Some(7), Some(8), Some(9), None]);
    assert_eq!(kinds(&reply), [Empty, Text, Text, Empty, Text, Text, Text, Done]);
    assert_eq!(reply.finish_reason.as_deref(), Some("length"));
    assert_eq!(reply.usage, Some(Usage { prompt_tokens: Some(9), completion_tokens: Some(9) }));
}

#[test]
fn sglang_gives_a_request_up() {
    let stream = "data: {\"text\":\"\",\"meta_info\":{\"finish_reason\":{\"type\":\"abort\",\"message\":\"input too long\",\
                  \"status_code\":400,\"err_type\":\"BadRequestError\"},\"prompt_tokens\":0,\"completion_tokens\":0}}\n\n";
    let (kind, message, _) = failure(BackendKind::Sglang, stream);
    assert_eq!((kind, &*message), (FailureKind::ServerError, "input too long"));
}

#[test]
fn deepspeed_mii_is_one_event_at_the_time_of_its_last_read() {
    let whole = reply(BackendKind::DeepspeedMii, r#"{"text": ["Hello wörld"]}"#);
    assert_eq!((&*whole.text, kinds(&whole)), ("Hello wörld", vec![Text]));
    let (timed, end) = decode(BackendKind::DeepspeedMii, &[br#"{"text": "#, br#"["a"]"#, b"}"]);
    assert_eq!(end, Ok(()));
    assert_eq!((timed.events[0].at_ms, timed.events[0].read), (2.0, 2), "TTFT is the latency, not zero");
    let streamed =
        reply(BackendKind::DeepspeedMii, "data: {\"text\": [\"a\"]}\n\ndata: {\"text\": [\"b\"]}\n\ndata: [DONE]\n\n");
    assert_eq!(streamed.text, "ab");
}

#[test]
fn a_server_that_does_not_stream_gives_one_event() {
    let completion = r#"{"object":"text_completion","choices":[{"index":0,"text":"abc","finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":3}}"#;
    let chat = r#" {"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"abc","reasoning_content":null},"finish_reason":"stop"}]}"#;
    let generated = r#"{"generated_text":"abc"}"#;
    for (kind, body) in
        [(BackendKind::Openai, completion), (BackendKind::OpenaiChat, chat), (BackendKind::Tgi, generated)]
    {
        let reply = reply(kind, body);
        assert_eq!((&*reply.text, kinds(&reply), reply.events[0].chars), ("abc", vec![Text], 3), "{kind}");
    }
    let (kind, message, _) = failure(BackendKind::Openai, r#"{"object":"error","message":"no such model","code":404}"#);
    assert_eq!((kind, &*message), (FailureKind::ServerError, "no such model"));
    let (kind, ..) = failure(BackendKind::Openai, r#"{"choices":[{"text":"ab"#);
    assert_eq!(kind, FailureKind::Broken);
}
