//! One text in two fields, or once more at the end: it is read once, and nothing is lost.

use streamgauge::record::EventKind::{Empty, Reasoning, Text, ToolCall};
use streamgauge::record::Usage;
use streamgauge::settings::BackendKind::OpenaiChat;

use super::{events, kinds, reply, tokens};

#[test]
fn the_text_so_far_beside_each_delta_is_not_added() {
    let stream = events(&[
        r#"{"choices":[{"delta":{"role":"assistant","content":"Oaks"},"message":{"role":"assistant","content":"Oaks"}}]}"#,
        r#"{"choices":[{"message":{"content":"Oaks grow"},"delta":{"content":" grow"}}],"usage":{"completion_tokens":2}}"#,
        r#"{"choices":[{"delta":{"content":" old."},"message":{"content":"Oaks grow old."},"finish_reason":"stop"}]}"#,
        "[DONE]",
    ]);
    let reply = reply(OpenaiChat, &stream);
    assert_eq!(reply.text, "Oaks grow old.");
    assert_eq!(tokens(&reply), [(Text, 4), (Text, 5), (Text, 5)]);
}

#[test]
fn a_last_message_brings_its_finish_reason_and_usage_alone() {
    let stream = events(&[
        r#"{"choices":[{"delta":{"reasoning_content":"Hm."}}]}"#,
        r#"{"choices":[{"delta":{"content":"Two "}}]}"#,
        r#"{"choices":[{"delta":{"content":"owls."}}]}"#,
        r#"{"object":"chat.completion","choices":[{"finish_reason":"stop","message":{"content":"Two owls.","reasoning_content":"Hm."}}],"usage":{"prompt_tokens":3,"completion_tokens":7}}"#,
    ]);
    let reply = reply(OpenaiChat, &stream);
    assert_eq!((&*reply.text, &*reply.reasoning), ("Two owls.", "Hm."));
    assert_eq!(kinds(&reply), [Reasoning, Text, Text, Empty]);
    assert_eq!(reply.finish_reason.as_deref(), Some("stop"));
    assert_eq!(reply.usage, Some(Usage { prompt_tokens: Some(3), completion_tokens: Some(7) }));
}

#[test]
fn a_last_message_that_was_trimmed_or_changed_is_not_added_either() {
    for last in ["Two owls.", " two owls", "Owls.", ""] {
        let last = format!(r#"{{"choices":[{{"delta":{{}},"message":{{"content":"{last}"}}}}]}}"#);
        let stream = events(&[r#"{"choices":[{"delta":{"content":" Two owls. "}}]}"#, &last, "[DONE]"]);
        assert_eq!(reply(OpenaiChat, &stream).text, " Two owls. ", "{last}");
    }
}

#[test]
fn a_message_brings_what_no_delta_brought() {
    let stream = events(&[
        r#"{"choices":[{"delta":{"reasoning":"Hm."}}]}"#,
        r#"{"choices":[{"message":{"content":"Two owls.","reasoning":"Hm.","tool_calls":[{"function":{"name":"hoot"}}]}}]}"#,
    ]);
    let reply = reply(OpenaiChat, &stream);
    assert_eq!((&*reply.text, &*reply.reasoning, &*reply.tool_calls), ("Two owls.", "Hm.", "hoot"));
    assert_eq!(kinds(&reply), [Reasoning, Text]);
}

#[test]
fn a_text_field_beside_a_delta_is_the_same_text() {
    let stream = events(&[
        r#"{"choices":[{"text":"Two","delta":{"content":"Two"}}]}"#,
        r#"{"choices":[{"delta":{"content":" owls"},"text":" owls"}]}"#,
        r#"{"choices":[{"delta":{"content":""},"text":"Two owls","finish_reason":"stop"}]}"#,
    ]);
    let reply = reply(OpenaiChat, &stream);
    assert_eq!((&*reply.text, tokens(&reply)), ("Two owls", vec![(Text, 3), (Text, 5)]));
}

#[test]
fn messages_without_deltas_are_the_text_so_far_or_what_is_new() {
    let message = |content: &str| format!(r#"{{"choices":[{{"delta":null,"message":{{"content":"{content}"}}}}]}}"#);
    for contents in [["Two", "Two owls", "Two owls hoot"], ["Two", " owls", " hoot"]] {
        let data = contents.map(message);
        let reply = reply(OpenaiChat, &events(&data.each_ref().map(String::as_str)));
        assert_eq!((&*reply.text, tokens(&reply)), ("Two owls hoot", vec![(Text, 3), (Text, 5), (Text, 5)]));
    }
}

#[test]
fn several_whole_answers_are_all_taken() {
    let whole =
        r#"{"choices":[{"message":{"content":"Yes"}},{"message":{"content":"Yes"}},{"message":{"content":"No"}}]}"#;
    assert_eq!(reply(OpenaiChat, whole).text, "YesYesNo");
}

#[test]
fn a_delta_counts_though_a_message_came_first() {
    let stream = events(&[
        r#"{"choices":[{"message":{"role":"assistant","content":"Two"}}]}"#,
        r#"{"choices":[{"delta":{"content":" owls"}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{}"}}]}}]}"#,
        r#"{"choices":[{"message":{"content":"Two owls","tool_calls":[{"function":{"arguments":"{}"}}]}}]}"#,
    ]);
    let reply = reply(OpenaiChat, &stream);
    assert_eq!((&*reply.text, &*reply.tool_calls), ("Two owls", "{}"));
    assert_eq!(kinds(&reply), [Text, Text, ToolCall, Empty]);
}

#[test]
fn deltas_that_hold_all_text_so_far_are_read_so() {
    let delta = |content: &str| format!(r#"{{"choices":[{{"delta":{{"content":"{content}"}}}}]}}"#);
    let read = |contents: &[&str]| {
        let data: Vec<String> = contents.iter().map(|content| delta(content)).collect();
        reply(OpenaiChat, &events(&data.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    let so_far = read(&["Two", "Two o", "Two owls", "Two owls ho", "Two owls hoot", "Two owls hoot."]);
    assert_eq!(so_far.text, "Two owls hoot.");
    assert_eq!(tokens(&so_far), [(Text, 3), (Text, 2), (Text, 3), (Text, 3), (Text, 2), (Text, 1)]);
    // A few that resemble it are what the model said.
    for contents in [&["1", "12", "123", "4"][..], &["ha", "ha", "ha", "ha", "ha", "ha"], &["a", "ab", "abc", "abcd"]] {
        assert_eq!(read(contents).text, contents.concat());
    }
}

#[test]
fn a_last_delta_that_is_all_text_once_more_is_not_added() {
    let stream = |last: &str| {
        let last = format!(r#"{{"choices":[{{"delta":{{"content":"{last}"}},"finish_reason":"stop"}}]}}"#);
        let delta = |content: &str| format!(r#"{{"choices":[{{"delta":{{"content":"{content}"}}}}]}}"#);
        let data = ["Two owls", " hoot at", " night."].map(delta);
        reply(OpenaiChat, &events(&[&data[0], &data[1], &data[2], &last]))
    };
    assert_eq!(stream("Two owls hoot at night.").text, "Two owls hoot at night.");
    assert_eq!(kinds(&stream("Two owls hoot at night.")), [Text, Text, Text, Empty]);
    assert_eq!(stream(" hoot at").text, "Two owls hoot at night. hoot at");
}
