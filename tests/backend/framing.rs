//! What any stream may hold beside its tokens: comments, names, line ends, choices, usage, and reads that fall anywhere.

use streamgauge::record::EventKind::{Done, Other, Text, ToolCall};
use streamgauge::settings::BackendKind;

use super::{decode, decode_every_way, kinds, reply, token};

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
fn a_call_of_a_tool_is_tokens_apart_from_the_text() {
    let stream = concat!(
        r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\": 1}"}}]},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"tool_calls"}]}"#,
        "\n\ndata: [DONE]\n\n",
    );
    let reply = reply(BackendKind::OpenaiChat, stream);
    assert_eq!((&*reply.text, &*reply.tool_calls), ("x", "f{\"a\": 1}"));
    assert_eq!(kinds(&reply), [ToolCall, ToolCall, Text, Done]);
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
    assert_eq!(reply.text, "a\u{FFFD}\u{FFFD}");
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
    assert_eq!(kinds(&reply), [Other, Other, Other, Other, Text]);
}
