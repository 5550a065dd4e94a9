//! Streams that fail: errors in every shape, no tokens, other content, a cut in the middle, lines without end.

use streamgauge::record::FailureKind;
use streamgauge::settings::BackendKind;

use super::{decode, failure, token};

#[test]
fn errors_in_every_shape() {
    for (stream, said) in [
        ("data: {\"choices\":[],\"error\":{\"code\":502,\"message\":\"worker lost\"}}\n\n", "worker lost"),
        ("data: {\"choices\":[{\"delta\":{},\"error\":{\"message\":\"worker lost\"}}]}\n\n", "worker lost"),
        (
            "data: {\"choices\":[{\"text\":\"\",\"error\":\"queue full\"}],\"usage\":{\"prompt_tokens\":4}}\n\n",
            "queue full",
        ),
        ("data: {\"error\":{\"message\":\"lost \\ud83d\",\"score\":NaN}}\n\n", "lost \u{FFFD}"),
        ("data: [{\"error\":{\"message\":\"quota\"}}]\n\n", "quota"),
        (
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}\n\n",
            "The server ended the answer with finish reason 'error'",
        ),
        (
            "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"Abort\"}]}\n\n",
            "The server ended the answer with finish reason 'Abort'",
        ),
        (
            "data: {\"object\":\"error\",\"message\":\"out of KV cache\",\"type\":\"E\",\"code\":500}\n\n",
            "out of KV cache",
        ),
        ("data: {\"error\":\"model not loaded\"}\n\n", "model not loaded"),
        ("error: {\"code\":500,\"message\":\"slot unavailable\",\"type\":\"server_error\"}\n\n", "slot unavailable"),
        ("event: error\ndata: out of memory\n\n", "out of memory"),
        ("event: error\ndata: {\"detail\":\"overloaded\"}\n\n", "overloaded"),
        (
            "data: {\"error\":{\"message\":\"gone\"},\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
            "gone",
        ),
        (
            "data: {\"detail\":[{\"loc\":[\"body\",\"max_tokens\"],\"msg\":\"too large\"}]}",
            "body.max_tokens: too large",
        ),
    ] {
        for kind in [BackendKind::Openai, BackendKind::OpenaiChat] {
            let (kind, message, _) = failure(kind, stream);
            assert_eq!((kind, &*message), (FailureKind::ServerError, said), "{stream:?}");
        }
    }
}

#[test]
fn streams_that_bring_nothing() {
    for kind in BackendKind::ALL {
        for stream in ["", "\n\n", ": ping\n\n", "data: [DONE]\n\n"] {
            assert_eq!(failure(*kind, stream).0, FailureKind::Empty, "{kind} {stream:?}");
        }
    }
    let ended = "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let (kind, message, _) = failure(BackendKind::Openai, ended);
    assert_eq!((kind, &*message), (FailureKind::Empty, "The stream ended without a token (finish reason: stop)"));
}

#[test]
fn what_is_no_stream_of_tokens() {
    let (kind, message, _) = failure(BackendKind::Openai, "<html><body>Welcome to nginx!</body></html>\n");
    assert_eq!(kind, FailureKind::WrongContent);
    assert!(message.contains("Welcome to nginx!"), "{message}");
    let (kind, message, _) = failure(BackendKind::DeepspeedMii, r#"{"message":"busy"}"#);
    assert_eq!(kind, FailureKind::WrongContent);
    assert!(message.contains("busy"), "{message}");
    let (kind, message, reply) = failure(BackendKind::Openai, &(token("a") + "\n\ndata: {hello}\n\n"));
    assert_eq!((kind, &*reply.text), (FailureKind::Malformed, "a"));
    assert!(message.ends_with(": {hello}"), "{message}");
    let (kind, message, _) = failure(BackendKind::Openai, "data: hello\n\n");
    assert_eq!(kind, FailureKind::Empty);
    assert!(message.ends_with("not of this protocol: hello"), "{message}");
    let (kind, ..) = failure(BackendKind::Openai, "data: {\"choices\":[{\"text\":5}]}\n\n");
    assert_eq!(kind, FailureKind::Malformed);
    let (kind, ..) = failure(BackendKind::Openai, "data: {\"choices\":[\n\n");
    assert_eq!(kind, FailureKind::Malformed, "the event has ended, the stream has not");
}

#[test]
fn a_stream_that_is_cut_in_an_event_is_broken() {
    let whole = token("a") + "\n\n" + &token("b");
    let (kind, message, reply) = failure(BackendKind::Openai, &whole[..whole.len() - 4]);
    assert_eq!((kind, &*reply.text), (FailureKind::Broken, "a"));
    assert!(message.contains("middle of an event"), "{message}");
}

#[test]
fn a_line_of_20_mb_is_read_and_one_of_40_is_refused() {
    for (mb, expected) in [(20, Ok(())), (40, Err(FailureKind::Malformed))] {
        let line = token(&"x".repeat(mb << 20));
        let pieces: Vec<&[u8]> = line.as_bytes().chunks(64 << 10).collect();
        let (reply, end) = decode(BackendKind::Openai, &pieces);
        assert_eq!(end.map_err(|failure| failure.kind), expected, "{mb} MB");
        assert_eq!(reply.text.len(), if expected.is_ok() { mb << 20 } else { 0 });
    }
}
