//! Random streams in random pieces: no token is lost, none comes twice, and nothing panics. A long run is made with
//! `STREAMGAUGE_FUZZ_CASES=1000000 cargo test --release --test backend_fuzz`.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use streamgauge::backend::Decoder;
use streamgauge::record::{Event, EventKind, Failure, Reply};
use streamgauge::settings::BackendKind;

/// Cases for each property: a few by default, as many as asked for in a long run.
fn config() -> ProptestConfig {
    let cases = std::env::var("STREAMGAUGE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(400);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What a server says next.
#[derive(Debug, Clone)]
enum Say {
    /// A token, with more or less beside it.
    Token(String),
    /// A comment.
    Comment,
    /// An event without a token.
    Nothing,
    /// Lines of the format that mean nothing here.
    Fields,
}

/// How a server writes.
#[derive(Debug, Clone, Copy)]
struct Style {
    line_end: &'static str,
    /// One blank line after an event, or none at all.
    blank_line: bool,
    space: bool,
    /// Characters beyond ASCII as `\u` escapes, as Python writes them.
    escaped: bool,
    done: bool,
    last_end: bool,
}

fn style() -> impl Strategy<Value = Style> {
    (select(vec!["\n", "\r\n", "\r"]), any::<[bool; 5]>()).prop_map(
        |(line_end, [a, space, escaped, done, last_end])| Style {
            line_end,
            blank_line: a,
            space,
            escaped,
            done,
            last_end,
        },
    )
}

fn say() -> impl Strategy<Value = Say> {
    prop_oneof![
        6 => "[ a-z\"\\\\\n{}\\[\\]é🙂]{1,6}".prop_map(Say::Token),
        1 => "\\PC{1,12}".prop_map(Say::Token),
        1 => Just(Say::Comment),
        1 => Just(Say::Nothing),
        1 => Just(Say::Fields),
    ]
}

fn any_backend() -> impl Strategy<Value = BackendKind> {
    select(BackendKind::ALL)
}

/// A JSON string.
fn quoted(text: &str, style: Style) -> String {
    let json = serde_json::Value::from(text).to_string();
    if !style.escaped {
        return json;
    }
    let escape = |c: char| match c {
        ' '..='~' => c.to_string(),
        _ => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    json.chars().map(escape).collect()
}

/// The JSON that such a server sends with a token (or with none) after `before`.
fn json(kind: BackendKind, token: Option<&str>, before: &str, style: Style) -> String {
    let text = quoted(token.unwrap_or_default(), style);
    let so_far = quoted(&format!("{before}{}", token.unwrap_or_default()), style);
    match kind {
        BackendKind::OpenaiChat => {
            format!(r#"{{"choices":[{{"index":0,"delta":{{"content":{text}}}}}],"usage":null}}"#)
        }
        BackendKind::Tgi => format!(r#"{{"token":{{"id":1,"text":{text},"special":false}},"generated_text":null}}"#),
        BackendKind::TensorrtLlm => format!(r#"{{"model_name":"ensemble","text_output":{so_far}}}"#),
        BackendKind::Sglang => format!(r#"{{"text":{so_far},"meta_info":{{"completion_tokens":3}}}}"#),
        BackendKind::DeepspeedMii => format!(r#"{{"text":[{text}]}}"#),
        _ => format!(r#"{{"id":"1","choices":[{{"text":{text},"finish_reason":null}}]}}"#),
    }
}

/// A whole stream of such a server.
fn stream(kind: BackendKind, said: &[Say], style: Style) -> String {
    let end = style.line_end;
    let blank = if style.blank_line { end } else { "" };
    let data = if style.space { "data: " } else { "data:" };
    let mut stream = String::new();
    let mut before = String::new();
    for say in said {
        let token = if let Say::Token(token) = say { Some(token.as_str()) } else { None };
        match say {
            Say::Comment => stream += &format!(": ping{end}{blank}"),
            Say::Fields => stream += &format!("event: message{end}id: 1{end}retry: 5{end}"),
            _ => stream += &format!("{data}{}{end}{blank}", json(kind, token, &before, style)),
        }
        before += token.unwrap_or_default();
    }
    if style.done {
        stream += &format!("{data}[DONE]{end}{blank}");
    }
    if !style.last_end {
        stream.truncate(stream.trim_end_matches(['\r', '\n']).len());
    }
    stream
}

/// Feeds bytes in pieces cut at these places.
fn decode(kind: BackendKind, bytes: &[u8], cuts: &[Index]) -> (Reply, Result<(), Failure>) {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut decoder = Decoder::new(kind);
    let mut reply = Reply::default();
    let mut from = 0;
    for (read, to) in (0_u32..).zip(places.into_iter().chain([bytes.len()])) {
        if let Err(failure) = decoder.feed(&bytes[from..to], f64::from(read), read, &mut reply) {
            return (reply, Err(failure));
        }
        from = to;
    }
    let end = decoder.finish(&mut reply);
    (reply, end)
}

/// What of the events does not depend on the reads.
fn untimed(reply: &Reply) -> Vec<(EventKind, u32, Option<u32>)> {
    let plain = |event: &Event| (event.kind, event.chars, event.tokens_so_far);
    reply.events.iter().map(plain).collect()
}

fn cuts() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..24)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_token_is_lost(
        kind in any_backend(),
        said in prop::collection::vec(say(), 0..24),
        style in style(),
        cuts in cuts(),
    ) {
        let tokens: Vec<&str> =
            said.iter().filter_map(|say| if let Say::Token(token) = say { Some(&**token) } else { None }).collect();
        let (reply, end) = decode(kind, stream(kind, &said, style).as_bytes(), &cuts);
        prop_assert_eq!(&reply.text, &tokens.concat());
        let texts: Vec<u32> =
            reply.events.iter().filter(|event| event.kind == EventKind::Text).map(|event| event.chars).collect();
        let chars: Vec<u32> = tokens.iter().map(|token| token.chars().count() as u32).collect();
        prop_assert_eq!(texts, chars);
        prop_assert_eq!(end.is_ok(), !tokens.is_empty(), "{:?}", end);
        prop_assert_eq!(reply.events.iter().any(|event| event.kind == EventKind::Done), style.done);
        prop_assert!(reply.events.is_sorted_by_key(|event| event.read));
    }

    #[test]
    fn no_token_is_lost_where_text_so_far_was_expected(
        mut tokens in prop::collection::vec("[ab\n🙂]{1,3}", 2..12),
        style in style(),
        cuts in cuts(),
    ) {
        // Tokens that look like a text that grows are taken for one, so the second must not go on from the first.
        tokens[1].insert(0, '!');
        let style = Style { blank_line: true, last_end: true, done: false, ..style };
        let added: String =
            tokens.iter().map(|token| stream(BackendKind::TensorrtLlm, &[Say::Token(token.clone())], style)).collect();
        let (reply, end) = decode(BackendKind::TensorrtLlm, added.as_bytes(), &cuts);
        prop_assert_eq!(end, Ok(()));
        prop_assert_eq!(reply.text, tokens.concat());
    }

    #[test]
    fn damage_is_a_failure_and_no_panic(
        kind in any_backend(),
        said in prop::collection::vec(say(), 1..12),
        style in style(),
        cuts in cuts(),
        damage in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        cut_off in any::<Index>(),
    ) {
        let mut bytes = stream(kind, &said, style).into_bytes();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut_off.index(bytes.len() + 1));
        let (reply, end) = decode(kind, &bytes, &cuts);
        let (whole, whole_end) = decode(kind, &bytes, &[]);
        if end.is_ok() && whole_end.is_ok() {
            prop_assert_eq!(&reply.text, &whole.text);
            prop_assert_eq!(untimed(&reply), untimed(&whole));
        }
        prop_assert_eq!(end.is_ok(), whole_end.is_ok(), "{:?} {:?}", end, whole_end);
    }

    #[test]
    fn any_bytes_are_read_without_panic(
        kind in any_backend(),
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "(data|event|error|id|: |\\{|\\}|\\[DONE\\]|\r|\n|\"text\"|:|\\[|\\]| ){0,40}".prop_map(String::into_bytes),
        ],
        cuts in cuts(),
    ) {
        let (reply, end) = decode(kind, &bytes, &cuts);
        prop_assert!(end.is_err() || !reply.events.is_empty());
    }
}
