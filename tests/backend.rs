//! Every kind of server's stream, as its documentation shows it: read whole, split in two at every byte, and byte by
//! byte, it must give the same reply.

use streamgauge::backend::Decoder;
use streamgauge::record::{
    EventKind::{self, Done, Empty, Reasoning, Text},
    Failure, FailureKind, Reply, Usage,
};
use streamgauge::settings::BackendKind;

/// Feeds the pieces, one read each, 1 ms apart.
fn decode(kind: BackendKind, pieces: &[&[u8]]) -> (Reply, Result<(), Failure>) {
    let mut decoder = Decoder::new(kind);
    let mut reply = Reply::default();
    for (read, piece) in (0_u32..).zip(pieces) {
        if let Err(failure) = decoder.feed(piece, f64::from(read), read, &mut reply) {
            return (reply, Err(failure));
        }
    }
    let end = decoder.finish(&mut reply);
    (reply, end)
}

/// A reply without what depends on the reads.
fn untimed(mut reply: Reply) -> Reply {
    for event in &mut reply.events {
        (event.at_ms, event.read) = (0.0, 0);
    }
    reply
}

/// Decodes the stream in every way that it can be split.
fn decode_every_way(kind: BackendKind, stream: &[u8]) -> (Reply, Result<(), Failure>) {
    let text = String::from_utf8_lossy(stream);
    let (reply, end) = decode(kind, &[stream]);
    let whole = (untimed(reply), end);
    for at in 0..=stream.len() {
        let (reply, end) = decode(kind, &[&stream[..at], &stream[at..]]);
        assert_eq!((untimed(reply), end), whole, "split at {at} of {text:?}");
    }
    let single: Vec<&[u8]> = stream.chunks(1).collect();
    let (reply, end) = decode(kind, &single);
    assert_eq!((untimed(reply), end), whole, "byte by byte: {text:?}");
    whole
}

/// The reply to a stream that is as it should be.
fn reply(kind: BackendKind, stream: &str) -> Reply {
    let (reply, end) = decode_every_way(kind, stream.as_bytes());
    assert_eq!(end, Ok(()), "{stream:?}");
    reply
}

/// The failure of a stream that is not, and what was kept of it.
fn failure(kind: BackendKind, stream: &str) -> (FailureKind, String, Reply) {
    let (reply, end) = decode_every_way(kind, stream.as_bytes());
    let failure = end.expect_err("a failure");
    (failure.kind, failure.message, reply)
}

fn kinds(reply: &Reply) -> Vec<EventKind> {
    reply.events.iter().map(|event| event.kind).collect()
}

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
