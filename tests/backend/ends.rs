//! What shows that a stream was whole: its surest sign, or that there was none.

use streamgauge::record::StreamEnd::{Body, Done, FinishReason, Unmarked, Usage};
use streamgauge::settings::BackendKind::{DeepspeedMii, Openai, OpenaiChat, Sglang, TensorrtLlm, Tgi};

use super::{events, failure, reply, token};

#[test]
fn the_surest_sign_that_came_is_kept() {
    let go = r#"{"choices":[{"text":"go"}]}"#;
    let counted = r#"{"choices":[{"text":"go"}],"usage":{"completion_tokens":1}}"#;
    let stop = r#"{"choices":[{"text":"","finish_reason":"stop"}]}"#;
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;
    for (data, expected) in [
        (vec![go, stop, usage, "[DONE]"], Done),
        (vec![go, "[DONE]"], Done),
        (vec![go, r#""[DONE]""#], Done),
        (vec![go, stop, usage], FinishReason),
        (vec![r#"{"choices":[{"text":"go","finish_reason":"length"}]}"#], FinishReason),
        (vec![go, usage], Usage),
        (vec![go, r#"{"choices":[{"text":""}],"usage":{"completion_tokens":1}}"#], Usage),
        (vec![go], Unmarked),
        (vec![go, r#"{"choices":[{"text":"","finish_reason":""}]}"#], Unmarked),
        // Counts in every chunk mark no end, nor does what is none of the protocol's.
        (vec![counted], Unmarked),
        (vec![usage, counted], Unmarked),
        (vec![go, "null", r#"{"type":"ping"}"#], Unmarked),
        (vec![go, r#"{"choices":[],"usage":{}}"#], Unmarked),
    ] {
        let reply = reply(Openai, &events(&data));
        assert_eq!((&*reply.text, reply.end), ("go", Some(expected)), "{data:?}");
    }
}

#[test]
fn other_protocols_have_other_marks_or_none() {
    for (kind, body, expected) in [
        (Tgi, events(&[r#"{"token":{"text":"go"},"details":{"finish_reason":"length"}}"#]), FinishReason),
        (Tgi, events(&[r#"{"token":{"text":"go"}}"#]), Unmarked),
        (Sglang, events(&[r#"{"text":"go","meta_info":{"finish_reason":{"type":"stop"}}}"#]), FinishReason),
        (Sglang, events(&[r#"{"text":"go","meta_info":{"completion_tokens":1}}"#]), Unmarked),
        (TensorrtLlm, events(&[r#"{"text_output":"go"}"#]), Body),
        (DeepspeedMii, r#"{"text":["go"]}"#.to_owned(), Body),
        (OpenaiChat, r#"{"choices":[{"message":{"content":"go"}}]}"#.to_owned(), Body),
        (OpenaiChat, r#"{"choices":[{"message":{"content":"go"},"finish_reason":"stop"}]}"#.to_owned(), FinishReason),
    ] {
        assert_eq!(reply(kind, &body).end, Some(expected), "{kind}: {body}");
    }
}

#[test]
fn a_response_that_failed_has_no_end() {
    for stream in
        [token("go") + "\n\ndata: {\"error\":\"lost\"}\n\n", token("go") + "\n\ndata: {\"choices\":[", String::new()]
    {
        assert_eq!(failure(Openai, &stream).2.end, None, "{stream:?}");
    }
}
