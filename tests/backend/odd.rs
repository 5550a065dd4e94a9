//! Events that are unlike their documentation: fields of other types, what is almost JSON, and events that are no tokens.
//! What was generated is read all the same, and what is none of the protocol's is passed over and counted.

use streamgauge::record::EventKind::{self, Done, Empty, Other, Reasoning, Refusal, Text, ToolCall};
use streamgauge::record::{FailureKind, Reply, Usage};
use streamgauge::settings::BackendKind::{self, Openai, OpenaiChat, Sglang, TensorrtLlm, Tgi};

use super::{events, failure, kinds, reply, token, tokens};

/// A stream of the content "go", in whose first event `field` stands beside the choices.
fn beside(field: &str) -> String {
    let first = format!(r#"{{{field},"choices":[{{"index":0,"text":"go"}}]}}"#);
    events(&[&first, r#"{"choices":[{"text":"","finish_reason":"stop"}]}"#, "[DONE]"])
}

fn usage_of(reply: &Reply) -> (Option<u32>, Option<u32>) {
    let Usage { prompt_tokens, completion_tokens } = reply.usage.unwrap_or_default();
    (prompt_tokens, completion_tokens)
}

#[test]
fn usage_of_any_type_is_a_count_or_none() {
    for (usage, expected) in [
        (r#"{"prompt_tokens":7,"completion_tokens":2}"#, (Some(7), Some(2))),
        (r#"{"prompt_tokens":7,"completion_tokens":-2}"#, (Some(7), None)),
        (r#"{"prompt_tokens":7,"completion_tokens":2.5}"#, (Some(7), None)),
        (r#"{"prompt_tokens":"7","completion_tokens":4294967296}"#, (None, None)),
        (r#"{"prompt_tokens":false,"completion_tokens":4294967295}"#, (None, Some(u32::MAX))),
        (r#"{"prompt_tokens":[7],"completion_tokens":{"n":2}}"#, (None, None)),
        (r#"{"prompt_tokens":NaN,"completion_tokens":1e999}"#, (None, None)),
        (r#"{"prompt_tokens":184467440737095516160,"completion_tokens":2}"#, (None, Some(2))),
        (r#"{"completion_tokens":9,"completion_tokens":2}"#, (None, Some(2))),
        (r#"{"completion_tokens":2,"completion_tokens":null}"#, (None, None)),
        ("{}", (None, None)),
        ("null", (None, None)),
        ("false", (None, None)),
        ("2", (None, None)),
        (r#""none\ud83d""#, (None, None)),
        (r#"[{"completion_tokens":2}]"#, (None, None)),
    ] {
        let reply = reply(Openai, &beside(&format!(r#""usage":{usage}"#)));
        assert_eq!((&*reply.text, usage_of(&reply)), ("go", expected), "{usage}");
        assert_eq!(kinds(&reply), [Text, Empty, Done], "{usage}");
    }
}

#[test]
fn a_finish_reason_of_any_type_is_a_word_or_none() {
    for (reason, expected) in [
        (r#""length""#, Some("length")),
        (r#""stop\n""#, Some("stop\n")),
        (r#""""#, None),
        ("null", None),
        ("0", None),
        ("false", None),
        (r#"["stop"]"#, None),
        (r#"{"type":"stop"}"#, None),
        ("NaN", None),
    ] {
        let first = format!(r#"{{"choices":[{{"delta":{{"content":"go"}},"finish_reason":{reason}}}]}}"#);
        let reply = reply(OpenaiChat, &events(&[&first]));
        assert_eq!((&*reply.text, reply.finish_reason.as_deref()), ("go", expected), "{reason}");
    }
}

#[test]
fn choices_may_be_anything_and_only_objects_are_choices() {
    for choices in ["null", "[]", "{}", "0", "true", r#""none""#, "[null]", "[0,\"x\",[]]"] {
        let odd = format!(r#"{{"choices":{choices}}}"#);
        let reply = reply(OpenaiChat, &events(&[&odd, r#"{"choices":[{"delta":{"content":"go"}}]}"#]));
        let first = if choices == "{}" { Empty } else { Other };
        assert_eq!((&*reply.text, kinds(&reply)), ("go", vec![first, Text]), "{choices}");
    }
    let alone = r#"{"choices":{"index":0,"delta":{"content":"go"}}}"#;
    assert_eq!(reply(OpenaiChat, &events(&[alone])).text, "go");
    let among = r#"{"choices":[null,{"delta":{"content":"go"}},7]}"#;
    assert_eq!(reply(OpenaiChat, &events(&[among])).text, "go");
}

#[test]
fn other_fields_may_hold_what_is_almost_json() {
    for field in [
        r#""logprobs":{"token_logprobs":[NaN,-Infinity,Infinity]}"#,
        r#""score":-1e400"#,
        r#""id":"\ud800""#,
        "\"id\":\"a\tb\"",
        r#""created":-3.7e-2,"model":{"name":null}"#,
        r#""usage":"\udc00","created":nan"#,
        r#""text":7,"delta":9"#,
    ] {
        let reply = reply(Openai, &beside(field));
        assert_eq!((&*reply.text, kinds(&reply)), ("go", vec![Text, Empty, Done]), "{field}");
    }
}

#[test]
fn of_a_key_that_comes_twice_the_last_counts() {
    let twice = r#"{"choices":[{"text":"stay"}],"choices":[{"text":"stay","text":"go"}]}"#;
    assert_eq!(reply(Openai, &events(&[twice])).text, "go");
    let delta = r#"{"choices":[{"delta":{"content":"stay"},"delta":{"content":null,"content":"go","role":1}}]}"#;
    assert_eq!(reply(OpenaiChat, &events(&[delta])).text, "go");
}

#[test]
fn content_may_be_a_list_of_parts() {
    for (content, expected) in [
        (r#"[{"type":"text","text":"go"}]"#, vec![(Text, 2)]),
        (r#"[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]"#, vec![(Reasoning, 2)]),
        (r#"[{"type":"thinking","thinking":"hm"}]"#, vec![(Reasoning, 2)]),
        (r#"[{"type":"reasoning","text":"hm"}]"#, vec![(Reasoning, 2)]),
        (r#"[{"type":"refusal","refusal":"no"}]"#, vec![(Refusal, 2)]),
        (r#"[{"type":"output_text","text":"g"},"o"]"#, vec![(Text, 2)]),
        (r#"[{"type":"reference","reference_ids":[1]},{"type":"text","text":"go"}]"#, vec![(Text, 2)]),
        (r#"[{"type":7,"text":"go","text":"gone"}]"#, vec![(Text, 4)]),
        (r#"[null,5,[],{}]"#, vec![]),
        ("[]", vec![]),
    ] {
        let parts = format!(r#"{{"choices":[{{"delta":{{"content":{content}}}}}]}}"#);
        let reply = reply(OpenaiChat, &events(&[&parts, r#"{"choices":[{"delta":{"content":" on"}}]}"#]));
        assert_eq!(tokens(&reply), [expected, vec![(Text, 3)]].concat(), "{content}");
    }
}

#[test]
fn what_was_generated_is_read_strictly() {
    for delta in [
        r#"{"content":5}"#,
        r#"{"content":{"text":"go"}}"#,
        r#"{"content":true}"#,
        r#"{"reasoning_content":1}"#,
        r#"{"reasoning":{"effort":"low"}}"#,
        r#"{"refusal":false}"#,
        r#"{"content":[{"type":"text","text":5}]}"#,
    ] {
        let odd = format!(r#"{{"choices":[{{"delta":{delta}}}]}}"#);
        let (kind, message, reply) =
            failure(OpenaiChat, &events(&[r#"{"choices":[{"delta":{"content":"go"}}]}"#, &odd, "[DONE]"]));
        assert_eq!((kind, &*reply.text), (FailureKind::Malformed, "go"), "{delta}");
        assert!(message.contains(delta), "{message}");
    }
}

#[test]
fn the_fields_of_other_servers_are_as_odd() {
    let tgi = r#"{"token":{"text":"go","special":0,"id":"x"},"details":{"finish_reason":[],"generated_tokens":-1,"input_length":4},"generated_text":null}"#;
    assert_eq!(usage_of(&reply(Tgi, &events(&[tgi]))), (Some(4), None));
    for details in ["false", "null", "[]", r#""x""#] {
        let tgi = format!(r#"{{"token":{{"text":"go"}},"details":{details}}}"#);
        assert_eq!(reply(Tgi, &events(&[&tgi, r#"{"token":null,"generated_text":null}"#])).text, "go", "{details}");
    }
    for meta in
        ["0", "null", "[1]", r#"{"completion_tokens":1.5,"finish_reason":7}"#, r#"{"finish_reason":{"type":0}}"#]
    {
        let reply = reply(Sglang, &events(&[&format!(r#"{{"text":"go","meta_info":{meta}}}"#)]));
        assert_eq!((&*reply.text, reply.finish_reason), ("go", None), "{meta}");
    }
    let triton = r#"{"text_output":"go","output_log_probs":[NaN],"sequence_id":{},"error":0}"#;
    assert_eq!(reply(TensorrtLlm, &events(&[triton])).text, "go");
    let mii = r#"{"text":["go",null],"error":{}}"#;
    assert_eq!(reply(BackendKind::DeepspeedMii, mii).text, "go");
}

#[test]
fn an_error_that_says_nothing_is_none() {
    for error in ["{}", "0", "0.0", "false", "[]", r#""""#, r#"" ""#, r#"{"message":"","code":0,"param":null}"#, "[{}]"]
    {
        let reply = reply(
            OpenaiChat,
            &events(&[
                &format!(r#"{{"choices":[{{"delta":{{"content":"go"}},"error":{error}}}],"error":{error}}}"#),
                &format!(r#"{{"choices":[],"error":{error},"detail":{error}}}"#),
                "[DONE]",
            ]),
        );
        assert_eq!((&*reply.text, kinds(&reply)), ("go", vec![Text, Other, Done]), "{error}");
    }
    assert_eq!(reply(OpenaiChat, "event: error\ndata: {}\n\ndata: {\"choices\":[{\"text\":\"go\"}]}\n\n").text, "go");
}

#[test]
fn an_error_keeps_the_text_before_it_and_its_own() {
    let stream = events(&[
        r#"{"choices":[{"delta":{"content":"Half a"}}]}"#,
        r#"{"choices":[{"delta":{"content":" loaf"},"finish_reason":"error"}],"usage":{"prompt_tokens":1}}"#,
        r#"{"choices":[{"delta":{"content":" more"}}]}"#,
    ]);
    let (kind, message, reply) = failure(OpenaiChat, &stream);
    assert_eq!((kind, &*reply.text), (FailureKind::ServerError, "Half a loaf"));
    assert_eq!(message, "The server ended the answer with finish reason 'error'");
    assert_eq!((kinds(&reply), reply.end), (vec![Text, Text], None));
}

/// What servers send that is no event of any protocol.
const PINGS: [&str; 16] = [
    "event: ping\ndata: 2031-05-02 17:40:11.250\n\n",
    "event: ping\ndata: {2031-05-02}\nid: \n\n",
    "event: keepalive\ndata:\n\n",
    "event: status\ndata: {\"queue\": [1, 2}\n\n",
    "data: : waiting for a slot\n\n",
    "data: ping\n\n",
    "data: null\n\n",
    "data: \"still here\"\n\n",
    "data: 0\n\n",
    "data: true\n\n",
    "data: [HEARTBEAT]\n\n",
    "data: []\n\n",
    "data: {\"type\":\"ping\"}\n\n",
    "data: DONE?\ndata: not yet\n\n",
    ": waiting\n\n",
    "retry: 5000\nid: 7\n\n",
];

#[test]
fn what_is_no_event_of_the_protocol_is_passed_over_and_counted() {
    for ping in PINGS {
        for end in ["\n", "\r\n", "\r"] {
            let ping = ping.replace('\n', end);
            let stream =
                [&*ping, &token("go"), "\n\n", &ping, &token(" on"), "\n\n", &ping, "data: [DONE]\n\n"].concat();
            let reply = reply(Openai, &stream);
            assert_eq!((&*reply.text, tokens(&reply)), ("go on", vec![(Text, 2), (Text, 3)]), "{ping:?}");
            let passed_over = reply.events.iter().filter(|event| event.kind == Other).count();
            let says_nothing = ping.starts_with([':', 'r']) || ping.contains("data:\n") || ping.contains("data:\r");
            assert_eq!(passed_over, if says_nothing { 0 } else { 3 }, "{ping:?}");
        }
    }
}

#[test]
fn every_kind_of_server_may_ping() {
    for (kind, json) in [
        (OpenaiChat, r#"{"choices":[{"delta":{"content":"go"}}]}"#),
        (Tgi, r#"{"token":{"text":"go"}}"#),
        (TensorrtLlm, r#"{"text_output":"go"}"#),
        (Sglang, r#"{"text":"go"}"#),
        (BackendKind::DeepspeedMii, r#"{"text":["go"]}"#),
    ] {
        let reply = reply(kind, &(PINGS.concat() + &events(&[json]) + PINGS[0]));
        assert_eq!((&*reply.text, tokens(&reply)), ("go", vec![(Text, 2)]), "{kind}");
    }
}

#[test]
fn a_ping_without_its_blank_line_hides_no_token() {
    let (go, on) = (token("go"), token(" on"));
    for stream in [
        format!("data: ping\n{go}\ndata: ping\n{on}\ndata: [DONE]\n"),
        format!("data: ping\ndata: pong\n{go}\n{on}\ndata: ping\ndata: [DONE]\n\n"),
        format!("{go} ping\n{on}\n\n"),
        format!("{go}{}\n\ndata: [DONE]ping\n\n", on.trim_start_matches("data: ")),
    ] {
        let reply = reply(Openai, &stream);
        assert_eq!((&*reply.text, tokens(&reply)), ("go on", vec![(Text, 2), (Text, 3)]), "{stream:?}");
    }
}

#[test]
fn pings_alone_are_no_answer() {
    let (kind, message, reply) = failure(OpenaiChat, "event: ping\ndata: 17:40\n\ndata: null\n\n");
    assert_eq!((kind, kinds(&reply)), (FailureKind::Empty, vec![Other, Other]));
    assert!(message.ends_with(": 17:40"), "{message}");
}

#[test]
fn documents_one_after_the_other_are_events() {
    let lines = "{\"choices\":[{\"text\":\"go\"}]}\n{\"choices\":[{\"text\":\" on\"}]}\n";
    assert_eq!(reply(Openai, lines).text, "go on");
}

#[test]
fn the_first_reasoning_that_says_something_counts() {
    for (delta, expected) in [
        (r#"{"content":"","reasoning_content":"","reasoning":"hm"}"#, vec![(Reasoning, 2)]),
        (r#"{"reasoning_content":"hm","reasoning":""}"#, vec![(Reasoning, 2)]),
        (r#"{"reasoning_content":"hm","reasoning":"hm"}"#, vec![(Reasoning, 2)]),
        (r#"{"reasoning_content":null,"reasoning":[{"text":"hm"}]}"#, vec![(Reasoning, 2)]),
        (r#"{"reasoning_content":"","reasoning":"","content":null}"#, vec![]),
        (r#"{"reasoning":"hm","content":"go"}"#, vec![(Text, 2)]),
    ] {
        let first = format!(r#"{{"choices":[{{"delta":{delta}}}]}}"#);
        let reply = reply(OpenaiChat, &events(&[&first, r#"{"choices":[{"delta":{"content":"8"}}]}"#]));
        assert_eq!(tokens(&reply), [expected, vec![(Text, 1)]].concat(), "{delta}");
    }
}

#[test]
fn an_answer_may_be_a_tool_call_a_function_call_or_a_refusal_alone() {
    let call = |calls: &str| format!(r#"{{"tool_calls":[{calls}]}}"#);
    for (deltas, kind, expected) in [
        (
            [
                call(r#"{"index":0,"id":"c","type":"function","function":{"name":"ebb","arguments":""}}"#),
                call(r#"{"index":0,"function":{"arguments":"{\"at\""}}"#),
                call(r#"{"index":0,"function":{"name":null,"arguments":":6}"}}"#),
            ],
            ToolCall,
            r#"ebb{"at":6}"#,
        ),
        (
            [
                call(r#"{"function":{"name":"ebb","arguments":{"at":[6]}}}"#),
                r#"{"function_call":{"name":"flow"}}"#.to_owned(),
                r#"{"function_call":{"arguments":"{}"},"content":null}"#.to_owned(),
            ],
            ToolCall,
            r#"ebb{"at":[6]}flow{}"#,
        ),
        (
            [
                call(r#"{"type":"custom","custom":{"name":"sh","input":"ls"}}"#),
                call(r#"null,{"function":5},{"function":{"name":"a"}}"#),
                r#"{"tool_calls":{"function":{"arguments":"b"}}}"#.to_owned(),
            ],
            ToolCall,
            "shlsab",
        ),
        (
            ["I", " would", " not"].map(|text| format!(r#"{{"refusal":"{text}","content":null}}"#)),
            Refusal,
            "I would not",
        ),
    ] {
        let chunk = |delta: &String| format!(r#"{{"choices":[{{"delta":{delta},"finish_reason":null}}]}}"#);
        let data = deltas.each_ref().map(chunk);
        let end = r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}],"usage":{"completion_tokens":9}}"#;
        let reply = reply(OpenaiChat, &events(&[&data[0], &data[1], &data[2], end, "[DONE]"]));
        assert_eq!((reply.other_output(), &*reply.text), (expected.to_owned(), ""));
        assert_eq!(kinds(&reply), [kind, kind, kind, Empty, Done]);
        assert_eq!(reply.events.iter().map(|event| event.chars).sum::<u32>() as usize, expected.len());
    }
}

#[test]
fn a_call_of_nothing_is_no_token() {
    for delta in [
        r#"{"tool_calls":[]}"#,
        r#"{"tool_calls":null,"function_call":null}"#,
        r#"{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"","arguments":""}}]}"#,
        r#"{"tool_calls":"none","refusal":""}"#,
        r#"{"role":"assistant","content":null}"#,
    ] {
        let stream = events(&[&format!(r#"{{"choices":[{{"delta":{delta},"finish_reason":"stop"}}]}}"#), "[DONE]"]);
        let (kind, _, reply) = failure(OpenaiChat, &stream);
        assert_eq!((kind, kinds(&reply)), (FailureKind::Empty, vec![EventKind::Empty, Done]), "{delta}");
    }
}
