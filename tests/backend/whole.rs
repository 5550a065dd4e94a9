//! How a text is put together: characters in halves, texts that repeat, prompts that come back, and last texts.

use streamgauge::record::EventKind::{Empty, Text};
use streamgauge::record::Reply;
use streamgauge::settings::BackendKind::{self, Openai, OpenaiChat, Sglang, TensorrtLlm, Tgi};

use super::{decode_answer_to, events, kinds, reply, tokens};

#[test]
fn halves_of_a_character_find_each_other_over_events() {
    let chunk = |text: &str| format!(r#"{{"choices":[{{"delta":{{"content":"{text}"}}}}]}}"#);
    for (texts, expected) in [
        (&[r"ok \ud83d", r"\ude42!"][..], "ok 🙂!"),
        (&[r"\ud83d", "", r"\ude42"], "🙂"),
        (&[r"\ud83d\ude42"], "🙂"),
        (&[r"\ud83d", "x"], "\u{FFFD}x"),
        (&[r"\ude42", "x"], "\u{FFFD}x"),
        (&["x", r"\ud83d"], "x\u{FFFD}"),
        (&[r"\ud83d", r"\ud83d", r"\ude42"], "\u{FFFD}🙂"),
    ] {
        let data: Vec<String> = texts.iter().map(|text| chunk(text)).collect();
        let data: Vec<&str> = data.iter().map(String::as_str).collect();
        let reply = reply(OpenaiChat, &events(&data));
        assert_eq!(reply.text, expected);
        assert_eq!(tokens(&reply).len(), texts.iter().filter(|text| !text.is_empty()).count(), "half a one is a token");
    }
}

#[test]
fn halves_of_different_kinds_do_not_mix() {
    let stream = events(&[
        r#"{"choices":[{"delta":{"reasoning":"\ud83d"}}]}"#,
        r#"{"choices":[{"delta":{"content":"\ud83d"}}]}"#,
        r#"{"choices":[{"delta":{"reasoning":"\ude42","tool_calls":[{"function":{"arguments":"\ud83d"}}]}}]}"#,
        r#"{"choices":[{"delta":{"content":"\ude00","tool_calls":[{"function":{"arguments":"\ude01"}}]}}]}"#,
    ]);
    let reply = reply(OpenaiChat, &stream);
    assert_eq!((&*reply.text, &*reply.reasoning, &*reply.tool_calls), ("😀", "🙂", "😁"));
}

#[test]
fn bytes_of_a_character_find_each_other_too() {
    let stream =
        b"data: {\"choices\":[{\"text\":\"a\xF0\x9F\"}]}\n\ndata: {\"choices\":[{\"text\":\"\x99\x82b\"}]}\n\n";
    let (reply, end) = super::decode_every_way(Openai, stream);
    assert_eq!((&*reply.text, end), ("a🙂b", Ok(())));
}

fn sglang(text: &str, tokens: u32, reason: &str) -> String {
    let meta = format!(r#"{{"completion_tokens":{tokens},"finish_reason":{reason}}}"#);
    events(&[&format!(r#"{{"text":"{text}","meta_info":{meta}}}"#)])
}

#[test]
fn equal_frames_are_tokens_where_the_count_grows() {
    let stream: String = (1..=6).map(|n| sglang("9", n, "null")).collect();
    let all = reply(Sglang, &stream);
    assert_eq!((&*all.text, tokens(&all)), ("999999", vec![(Text, 1); 6]));
    assert_eq!(all.usage.and_then(|usage| usage.completion_tokens), Some(6));
    // One equal frame more is an end token without text, and a count that stands still brings none.
    let ended = reply(Sglang, &(sglang("9", 1, "null") + &sglang("9", 2, r#"{"type":"stop"}"#)));
    assert_eq!((&*ended.text, kinds(&ended)), ("9", vec![Text, Empty]));
    let still: String = (0..5).map(|_| sglang("9", 1, "null")).collect();
    assert_eq!(reply(Sglang, &still).text, "9");
    // A text that grew is the text so far, whatever the count does between.
    let grown =
        sglang("Oh", 1, "null") + &sglang("Oh", 2, "null") + &sglang("Oh", 3, "null") + &sglang("Oh 🙂", 4, "null");
    assert_eq!(reply(Sglang, &grown).text, "Oh 🙂");
}

#[test]
fn without_counts_frames_that_are_all_equal_are_tokens() {
    let frames = |texts: &[&str]| -> Reply {
        let data: Vec<String> = texts.iter().map(|text| format!(r#"{{"text_output":"{text}"}}"#)).collect();
        let data: Vec<&str> = data.iter().map(String::as_str).collect();
        reply(TensorrtLlm, &events(&data))
    };
    assert_eq!(frames(&["9"; 5]).text, "99999");
    assert_eq!(tokens(&frames(&["9"; 5])), [(Text, 1); 5]);
    assert_eq!(frames(&["", "9", "9", "9"]).text, "999");
    assert_eq!(frames(&["9", "9"]).text, "9", "the second may be an end token");
    assert_eq!(frames(&["9", "9", "9", "9 9"]).text, "9 9");
    assert_eq!(frames(&[r"\ud83d", r"\ude42", "9", "!"]).text, "🙂9!");
}

/// The answer to this prompt, in frames of Triton's, or events of another server's.
fn answer(prompt: &str, kind: BackendKind, data: &[&str]) -> Reply {
    let stream = events(data);
    let (reply, end) = decode_answer_to(prompt, kind, &[stream.as_bytes()]);
    assert_eq!(end, Ok(()), "{data:?}");
    reply
}

const PROMPT: &str = "Where do herons sleep?";

#[test]
fn a_prompt_before_the_answer_is_taken_off_and_said() {
    let so_far = [" In", " In a", " In a tree."].map(|text| format!(r#"{{"text_output":"{PROMPT}{text}"}}"#));
    let added = [PROMPT, " In", " a tree."].map(|text| format!(r#"{{"text_output":"{text}"}}"#));
    let first = [&*format!("<s> {PROMPT} In"), " a tree."].map(|text| format!(r#"{{"text_output":"{text}"}}"#));
    for frames in [&so_far[..], &added, &first] {
        let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
        let reply = answer(PROMPT, TensorrtLlm, &frames);
        assert_eq!((reply.text.trim_start(), reply.prompt_echoed), ("In a tree.", true), "{frames:?}");
    }
    let echo = format!(r#"{{"choices":[{{"text":"{PROMPT} In"}}]}}"#);
    let reply = answer(PROMPT, Openai, &[&echo, r#"{"choices":[{"text":" a tree."}]}"#]);
    assert_eq!((&*reply.text, tokens(&reply)), (" In a tree.", vec![(Text, 3), (Text, 8)]));
    let whole = format!(r#"{{"token":{{"text":" tree."}},"generated_text":"{PROMPT} A tree."}}"#);
    let reply = answer(PROMPT, Tgi, &[r#"{"token":{"text":" A"}}"#, &whole]);
    assert_eq!((&*reply.text, reply.prompt_echoed), (" A tree.", true));
}

#[test]
fn what_only_resembles_the_prompt_stays() {
    for text in ["Where do herons sleep", "In a tree. Where do herons sleep?", "herons sleep? In"] {
        let reply = answer(PROMPT, TensorrtLlm, &[&format!(r#"{{"text_output":"{text}"}}"#)]);
        assert_eq!((&*reply.text, reply.prompt_echoed), (text, false));
    }
    let later = [r#"{"choices":[{"text":"So: "}]}"#, &format!(r#"{{"choices":[{{"text":"{PROMPT}"}}]}}"#)];
    assert_eq!(answer(PROMPT, Openai, &later).text, format!("So: {PROMPT}"));
    assert_eq!(answer("Hi", Openai, &[r#"{"choices":[{"text":"Hi there"}]}"#]).text, "Hi there");
}

#[test]
fn a_last_text_stands_for_the_whole_unless_it_is_its_end() {
    let last = |whole: &str| {
        let last = format!(r#"{{"token":{{"text":" reeds","special":false}},"generated_text":"{whole}"}}"#);
        reply(Tgi, &events(&[r#"{"token":{"text":" Among"}}"#, r#"{"token":{"text":" the"}}"#, &last])).text
    };
    for (whole, expected) in [
        (" Among the reeds", " Among the reeds"),
        ("Among the reeds", "Among the reeds"),
        ("Among the", "Among the"),
        ("Among  the reeds.", "Among  the reeds."),
        ("reeds", " Among the reeds"),
        (" the reeds", " Among the reeds"),
        ("", " Among the reeds"),
    ] {
        assert_eq!(last(whole), expected, "{whole:?}");
    }
    let special = r#"{"token":{"text":"<end>","special":true},"generated_text":"Among"}"#;
    let only = reply(Tgi, &events(&[special]));
    assert_eq!((&*only.text, kinds(&only)), ("Among", vec![Text]));
}
