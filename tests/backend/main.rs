//! Every kind of server's stream, as its documentation shows it: read whole, split in two at every byte, and byte by
//! byte, it must give the same reply.

mod broken;
mod ends;
mod figures;
mod framing;
mod kinds;
mod odd;
mod twice;
mod whole;

use streamgauge::backend::Decoder;
use streamgauge::record::{EventKind, Failure, FailureKind, Reply};
use streamgauge::settings::BackendKind;

/// Feeds the pieces, one read each, 1 ms apart.
fn decode(kind: BackendKind, pieces: &[&[u8]]) -> (Reply, Result<(), Failure>) {
    decode_answer_to("", kind, pieces)
}

/// The same, of the answer to a prompt.
fn decode_answer_to(prompt: &str, kind: BackendKind, pieces: &[&[u8]]) -> (Reply, Result<(), Failure>) {
    let mut decoder = Decoder::for_prompt(kind, prompt);
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

/// A stream of these events' data.
fn events(data: &[&str]) -> String {
    data.iter().map(|json| format!("data: {json}\n\n")).collect()
}

/// What the events of tokens brought: kind and characters of each.
fn tokens(reply: &Reply) -> Vec<(EventKind, u32)> {
    let tokens = reply.events.iter().filter(|event| event.kind.is_token());
    tokens.map(|event| (event.kind, event.chars)).collect()
}

/// One token's event.
fn token(text: &str) -> String {
    format!(r#"data: {{"choices":[{{"text":{}}}]}}"#, serde_json::Value::from(text))
}
