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

/// One token's event.
fn token(text: &str) -> String {
    format!(r#"data: {{"choices":[{{"text":{}}}]}}"#, serde_json::Value::from(text))
}

#[test]
fn framing_as_the_standard_allows_it() {
    let (a, b) = (token("a"), token("ü"));
    let streams = [
        format!("{a}\r\n\r\n{b}\r\n\r\ndata: [DONE]\r\n\r\n"),
        format!("{a}\r\r{b}\r\rdata: [DONE]\r\r"),
        format!("\u{FEFF}{a}\n\n{b}\n\ndata: [DONE]\n\n"),
        format!("\n\n: ping\n\n{a}\n\n:\n{b}\n: x\n\ndata: [DONE]\n\n"),
        format!("event: token\nid: 7\nretry: 10\n{a}\n\nid\n{b}\nevent: token\n\ndata:[DONE]\n\n"),
        format!("{a}\n{b}\ndata: [DONE]\n"),
        format!("{a}\n\n{b}\n\ndata: [DONE]"),
        format!("{}\n\n{b}\n\ndata: [DONE]\n\n", a.replace("data: ", "data:")),
        format!("{}\n\n{b}\n\ndata: [DONE]\n\n", a.replace(":[", ":\ndata: [").replace("}]", "}\ndata: ]")),
        format!("data:\n\ndata\n\ndata: \n\n{a}  \n\n{b}\n\ndata: [DONE] \n\n"),
        format!("{a}\t \x0C\n\n{b} \n\ndata: [DONE]\x0C\n\n"),
    ];
    for stream in streams {
        let reply = reply(BackendKind::Openai, &stream);
        assert_eq!(reply.text, "aü", "{stream:?}");
        assert_eq!(kinds(&reply), [Text, Text, Done], "{stream:?}");
    }
}

/// The JSON of one token from each kind of server, after `before`.
fn token_json(kind: BackendKind, before: &str, text: &str) -> String {
    match kind {
        BackendKind::OpenaiChat => format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{text}"}}}}]}}"#),
        BackendKind::Tgi => format!(r#"{{"token":{{"id":1,"text":"{text}","special":false}},"generated_text":null}}"#),
        BackendKind::TensorrtLlm => format!(r#"{{"model_name":"ensemble","text_output":"{before}{text}"}}"#),
        BackendKind::Sglang => format!(r#"{{"text":"{before}{text}","meta_info":{{"finish_reason":null}}}}"#),
        BackendKind::DeepspeedMii => format!(r#"{{"text":["{text}"]}}"#),
        _ => format!(r#"{{"choices":[{{"index":0,"text":"{text}"}}]}}"#),
    }
}

#[test]
fn every_kind_of_server_may_ping_name_its_events_and_end_its_lines_as_it_likes() {
    for &kind in BackendKind::ALL {
        let (a, b) = (token_json(kind, "", "a"), token_json(kind, "a", "ü"));
        for stream in [
            format!(":\n\ndata:{a}\n\n: keepalive 3/4\n\ndata: {b}\n\n"),
            format!("event: message\r\nid: 1\r\ndata: {a}\r\n\r\n: ping\r\ndata: {b}\r\n\r\ndata: [DONE]\r\n\r\n"),
            format!("data: {a}\n\ndata: {b}"),
        ] {
            let reply = reply(kind, &stream);
            assert_eq!(reply.text, "aü", "{kind}: {stream:?}");
            assert_eq!(kinds(&reply)[..2], [Text, Text], "{kind}: {stream:?}");
        }
    }
}

#[test]
fn a_call_of_a_tool_is_a_choice_without_text() {
    let stream = concat!(
        r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\": 1}"}}]},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"tool_calls"}]}"#,
        "\n\ndata: [DONE]\n\n",
    );
    let reply = reply(BackendKind::OpenaiChat, stream);
    assert_eq!((&*reply.text, kinds(&reply)), ("x", vec![Empty, Empty, Text, Done]));
}

#[test]
fn several_answers_in_one_event_are_all_taken() {
    let stream = "data: {\"choices\":[{\"index\":0,\"text\":\"a\"},{\"index\":1,\"text\":\"bc\"}]}\n\ndata: [DONE]\n\n";
    let reply = reply(BackendKind::Vllm, stream);
    assert_eq!((&*reply.text, reply.events[0].chars, kinds(&reply)), ("abc", 3, vec![Text, Done]));
}

#[test]
fn log_probabilities_and_fields_of_one_server_alone_change_nothing() {
    let stream = concat!(
        r#"data: {"id":"cmpl-1","choices":[{"index":0,"text":" a","logprobs":{"text_offset":[0],"token_logprobs":[-0.1],"tokens":[" a"],"top_logprobs":[{" a":-0.1}]},"finish_reason":null,"stop_reason":null,"token_ids":null,"prompt_token_ids":[1,2]}],"kv_transfer_params":null}"#,
        "\n\n",
        r#"data: {"choices":[{"text":"\n","index":0,"logprobs":null,"finish_reason":"length"}],"created":1,"model":"m","system_fingerprint":"b1","object":"text_completion","timings":{"prompt_n":1,"predicted_ms":2.5}}"#,
        "\n\ndata: [DONE]\n\n",
    );
    let reply = reply(BackendKind::Openai, stream);
    assert_eq!((&*reply.text, kinds(&reply)), (" a\n", vec![Text, Text, Done]), "white space is text");
}

#[test]
fn an_end_without_a_mark_or_a_blank_line_is_an_end() {
    for end in ["\n\n", "\n", ""] {
        assert_eq!(reply(BackendKind::OpenaiChat, &(token("a") + end)).text, "a");
    }
}

#[test]
fn an_event_is_timed_when_its_json_is_whole_and_given_once() {
    let (a, b) = (token("a"), token("b"));
    let (reply, end) = decode(BackendKind::Openai, &[a.as_bytes(), b"\n", b"\n", b.as_bytes(), b"\n\n"]);
    assert_eq!(end, Ok(()));
    let times: Vec<_> = reply.events.iter().map(|event| (event.at_ms, event.read)).collect();
    assert_eq!((&*reply.text, times), ("ab", vec![(0.0, 0), (3.0, 3)]));
}

#[test]
fn events_of_one_read_share_its_time() {
    let (reply, _) =
        decode(BackendKind::Openai, &[b": hi\n\n", (token("a") + "\n\n" + &token("b") + "\n\n").as_bytes()]);
    assert_eq!(reply.events.iter().map(|event| event.read).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn bytes_that_are_no_text_lose_no_token() {
    let mut stream = b"data: {\"choices\":[{\"text\":\"a\xF0\x9F\"}]}\n\n".to_vec();
    stream.extend_from_slice(b"data: {\"choices\":[{\"text\":\"\\ud83d\"}]}\n\n");
    let (reply, end) = decode_every_way(BackendKind::Openai, &stream);
    assert_eq!(end, Ok(()));
    assert_eq!(kinds(&reply), [Text, Text]);
    assert!(reply.text.starts_with("a\u{FFFD}"), "{:?}", reply.text);
}

#[test]
fn usage_in_every_chunk_counts_tokens() {
    let chunk = |text: &str, n: u32| {
        format!(
            "data: {{\"choices\":[{{\"text\":\"{text}\"}}],\"usage\":{{\"prompt_tokens\":4,\"completion_tokens\":{n}}}}}\n\n"
        )
    };
    let reply = reply(BackendKind::Vllm, &(chunk("a", 1) + &chunk("bc", 3)));
    assert_eq!(reply.events.iter().map(|event| event.tokens_so_far).collect::<Vec<_>>(), [Some(1), Some(3)]);
    assert_eq!(reply.usage.and_then(|usage| usage.completion_tokens), Some(3));
}

#[test]
fn chunks_without_a_choice_are_no_tokens() {
    // Azure's filter results, a null, a ping, and a word from the server.
    let stream = "data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n\
                  data: {\"choices\":null,\"error\":null}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n\
                  data: {\"message\":\"loading\",\"error\":false}\n\n";
    let reply = reply(BackendKind::OpenaiChat, &(stream.to_owned() + &token("a")));
    assert_eq!(kinds(&reply), [EventKind::Usage, EventKind::Usage, EventKind::Usage, EventKind::Usage, Text]);
}

#[test]
fn errors_in_every_shape() {
    for (stream, said) in [
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
    let (kind, message, reply) = failure(BackendKind::Openai, &(token("a") + "\n\ndata: hello\n\n"));
    assert_eq!((kind, &*reply.text), (FailureKind::Malformed, "a"));
    assert!(message.ends_with(": hello"), "{message}");
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
