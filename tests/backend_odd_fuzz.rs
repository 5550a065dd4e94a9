//! Odd events by the thousand: tokens of every kind, in fields of every shape, beside fields of any type, with pings
//! between. None of it fails a response, no token is lost, and none is read twice. A long run is made with
//! `STREAMGAUGE_FUZZ_CASES=1000000 cargo test --release --test backend_odd_fuzz`.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use streamgauge::backend::Decoder;
use streamgauge::record::{EventKind, Failure, Reply, StreamEnd};
use streamgauge::settings::BackendKind;

fn config() -> ProptestConfig {
    let cases = std::env::var("STREAMGAUGE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(400);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Values that a field beside the tokens may have, JSON or almost.
const VALUES: [&str; 24] = [
    "null",
    "true",
    "false",
    "0",
    "-3",
    "2.5",
    "1e999",
    "-1e999",
    "4294967296",
    "18446744073709551616",
    "NaN",
    "Infinity",
    "-Infinity",
    r#""""#,
    r#""stop""#,
    r#""length""#,
    r#""\ud83d""#,
    r#""NaN""#,
    "[]",
    "{}",
    "[null]",
    r#"[1,{"a":[]}]"#,
    r#"{"completion_tokens":-1,"prompt_tokens":"x"}"#,
    r#"{"completion_tokens":null,"completion_tokens":9}"#,
];
/// The same that say that nothing went wrong.
const NO_ERRORS: [&str; 7] = ["null", "{}", "0", "false", "[]", r#""""#, r#"{"message":"","code":0}"#];
/// Events that are none of the protocol's.
const PINGS: [&str; 12] = [
    ": ping\n\n",
    "event: ping\ndata: 2031-05-02 17:40:11.25\n\n",
    "event: ping\ndata: {17:40}\n\n",
    "event: keepalive\ndata:\n\n",
    "data: : waiting\n\n",
    "data: null\n\n",
    "data: \"busy\"\n\n",
    "data: [PING]\n\n",
    "data: ping\n",
    "data: {}\n\n",
    "data: {\"type\":\"ping\",\"at\":NaN}\n\n",
    "id: 1\nretry: 9\n\n",
];

/// What one event brings.
#[derive(Debug, Clone)]
struct Piece {
    kind: EventKind,
    text: String,
}

/// How it is written.
#[derive(Debug, Clone)]
struct Shape {
    /// In a list of typed parts, where it is text or reasoning.
    in_parts: bool,
    /// Once more in a `message` beside it, all so far, and in a `text`.
    twice: bool,
    /// Under the other of two names, where there are two.
    other_name: bool,
    /// Each key comes first with a value that does not count.
    decoys: bool,
    sides: [&'static str; 4],
    error: &'static str,
    ping: Option<&'static str>,
}

fn piece() -> impl Strategy<Value = Piece> {
    let kinds = [EventKind::Text, EventKind::Text, EventKind::Reasoning, EventKind::ToolCall, EventKind::Refusal];
    (select(kinds.to_vec()), "[ -~é🙂]{0,5}").prop_map(|(kind, text)| Piece { kind, text })
}

fn shape() -> impl Strategy<Value = Shape> {
    let values = || select(VALUES.to_vec());
    let sides = [values(), values(), values(), values()];
    (any::<[bool; 4]>(), sides, select(NO_ERRORS.to_vec()), prop::option::of(select(PINGS.to_vec()))).prop_map(
        |([in_parts, twice, other_name, decoys], sides, error, ping)| Shape {
            in_parts,
            twice,
            other_name,
            decoys,
            sides,
            error,
            ping,
        },
    )
}

/// A JSON string in which characters beyond the basic plane are escaped as two halves.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let escape = |c: char| match c {
        '\u{10000}'.. => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        _ => c.to_string(),
    };
    json.chars().map(escape).collect()
}

/// One field, after a decoy under the same key where there is one.
fn field(key: &str, value: &str, decoy: Option<&str>) -> String {
    let decoy = decoy.map(|decoy| format!(r#""{key}":{decoy},"#)).unwrap_or_default();
    format!(r#"{decoy}"{key}":{value}"#)
}

/// What a chat delta says of a piece; `json` is its text as JSON.
fn delta(kind: EventKind, json: &str, shape: &Shape) -> String {
    let decoy = shape.decoys.then_some(r#""stay""#);
    match kind {
        EventKind::Text if shape.in_parts => {
            field("content", &format!(r#"[{{"type":"text","text":{json}}},{{"type":{}}}]"#, shape.sides[3]), decoy)
        }
        EventKind::Text => field("content", json, decoy) + r#","reasoning_content":"","reasoning":null"#,
        EventKind::Reasoning if shape.in_parts && shape.other_name => {
            field("content", &format!(r#"[{{"type":"thinking","thinking":[{{"type":"text","text":{json}}}]}}]"#), decoy)
        }
        EventKind::Reasoning if shape.other_name => field("reasoning", json, decoy) + r#","reasoning_content":"""#,
        EventKind::Reasoning => field("reasoning_content", json, decoy) + r#","content":null,"reasoning":"""#,
        EventKind::ToolCall if shape.other_name => {
            format!(r#""function_call":{{{}}}"#, field("arguments", json, decoy))
        }
        EventKind::ToolCall => {
            let function = format!(r#"{{"name":null,{}}}"#, field("arguments", json, decoy));
            format!(r#""tool_calls":[{{"index":{},"function":{function}}},null]"#, shape.sides[2])
        }
        _ => field("refusal", json, decoy) + r#","content":"""#,
    }
}

/// The event of a piece from such a server; `so_far` is the text up to it, itself in it, and how many tokens that is.
fn event(kind: BackendKind, piece: &Piece, json: &str, so_far: (&str, usize), shape: &Shape) -> String {
    let [usage, reason, id, logprobs] = shape.sides;
    let error = shape.error;
    let usage = field("usage", usage, shape.decoys.then_some(r#"{"completion_tokens":1}"#));
    let data = match kind {
        BackendKind::OpenaiChat => {
            let twin = match piece.kind {
                EventKind::Text if shape.twice => {
                    format!(r#","message":{{"content":{0}}},"text":{json}"#, quoted(so_far.0))
                }
                _ => String::new(),
            };
            let delta = delta(piece.kind, json, shape);
            format!(
                r#"{{"id":{id},"choices":[{{"delta":{{"role":{id},{delta}}}{twin},"finish_reason":{reason},"logprobs":{logprobs},"error":{error}}}],{usage},"error":{error}}}"#
            )
        }
        BackendKind::Tgi => format!(
            r#"{{"index":{id},"token":{{"id":{id},"text":{json},"special":{}}},"details":{logprobs},"generated_text":null,"error":{error}}}"#,
            if shape.decoys { "0" } else { "false" }
        ),
        BackendKind::Sglang => format!(
            r#"{{"text":{},"meta_info":{{"id":{id},"finish_reason":{reason},"prompt_tokens":{logprobs},"completion_tokens":{}}},"error":{error}}}"#,
            quoted(so_far.0),
            so_far.1
        ),
        _ => {
            let text = field("text", json, shape.decoys.then_some(r#""stay""#));
            format!(
                r#"{{"id":{id},"choices":[{{"index":{id},{text},"finish_reason":{reason},"logprobs":{logprobs}}}],{usage},"error":{error}}}"#
            )
        }
    };
    format!("data: {data}\n\n{}", shape.ping.unwrap_or_default())
}

/// The JSON of a text, in two where it holds a character that is cut between its halves.
fn cut(text: &str) -> Vec<String> {
    let json = quoted(text);
    match json.find("\\ud83d\\ude42") {
        Some(at) => vec![format!("{}\"", &json[..at + 6]), format!("\"{}", &json[at + 6..])],
        None => vec![json],
    }
}

fn decode(kind: BackendKind, bytes: &[u8], cuts: &[Index]) -> (Reply, Result<(), Failure>) {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.sort_unstable();
    let (mut decoder, mut reply, mut from) = (Decoder::new(kind), Reply::default(), 0);
    for (read, to) in (0_u32..).zip(places.into_iter().chain([bytes.len()])) {
        if let Err(failure) = decoder.feed(&bytes[from..to], f64::from(read), read, &mut reply) {
            return (reply, Err(failure));
        }
        from = to;
    }
    let end = decoder.finish(&mut reply);
    (reply, end)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn odd_events_fail_nothing_and_lose_no_token(
        kind in select(vec![BackendKind::OpenaiChat, BackendKind::Openai, BackendKind::Tgi, BackendKind::Sglang]),
        said in prop::collection::vec((piece(), shape()), 0..16),
        cuts in prop::collection::vec(any::<Index>(), 0..16),
        done in any::<bool>(),
    ) {
        let has_kinds = kind == BackendKind::OpenaiChat;
        let mut stream = String::new();
        let mut texts = [String::new(), String::new(), String::new(), String::new()];
        let mut tokens = Vec::new();
        for (piece, shape) in &said {
            let mut piece = piece.clone();
            if !has_kinds {
                piece.kind = EventKind::Text;
            }
            // Only chat is cut between halves here: text so far is repeated whole.
            let parts = if has_kinds { cut(&piece.text) } else { vec![quoted(&piece.text)] };
            let slot = match piece.kind {
                EventKind::Text => 0,
                EventKind::Reasoning => 1,
                EventKind::ToolCall => 2,
                _ => 3,
            };
            texts[slot] += &piece.text;
            for json in &parts {
                if json != "\"\"" {
                    tokens.push(piece.kind);
                }
                stream += &event(kind, &piece, json, (&texts[0], tokens.len()), shape);
            }
        }
        if done {
            stream += "data: [DONE]\n\n";
        }
        let (reply, end) = decode(kind, stream.as_bytes(), &cuts);
        prop_assert_eq!(end.is_ok(), !tokens.is_empty(), "{:?} {}", end, stream);
        let brought = [&reply.text, &reply.reasoning, &reply.tool_calls, &reply.refusal];
        prop_assert_eq!(brought, texts.each_ref(), "{}", stream);
        let seen: Vec<EventKind> = reply.events.iter().map(|event| event.kind).filter(|kind| kind.is_token()).collect();
        prop_assert_eq!(seen, tokens, "{}", stream);
        if done && end.is_ok() {
            prop_assert_eq!(reply.end, Some(StreamEnd::Done));
        }
    }
}
