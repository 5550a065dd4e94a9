//! How fast the decoder reads streams, natively: `cargo run --release --example stream_speed`.

use std::time::Instant;

use streamgauge::backend::Decoder;
use streamgauge::record::Reply;
use streamgauge::settings::BackendKind;

const EVENTS: usize = 512;

/// An event as vLLM sends it.
fn completion(i: usize) -> String {
    format!(
        r#"data: {{"id":"cmpl-5f1c1b2e9a8d4c07","object":"text_completion","created":1764000000,"model":"meta-llama/Llama-3.1-8B-Instruct","choices":[{{"index":0,"text":" token{i}","logprobs":null,"finish_reason":null,"stop_reason":null}}]}}"#
    ) + "\n\n"
}

fn chat(i: usize) -> String {
    format!(
        r#"data: {{"id":"chatcmpl-5f1c1b2e9a8d4c07","object":"chat.completion.chunk","created":1764000000,"model":"meta-llama/Llama-3.1-8B-Instruct","choices":[{{"index":0,"delta":{{"content":" token{i}"}},"logprobs":null,"finish_reason":null}}]}}"#
    ) + "\n\n"
}

fn so_far(i: usize) -> String {
    let text: String = (0..=i).map(|i| format!(" token{i}")).collect();
    format!(
        "data: {{\"text\":\"{text}\",\"meta_info\":{{\"id\":\"1\",\"finish_reason\":null,\"prompt_tokens\":9,\"completion_tokens\":{}}}}}\n\n",
        i + 1
    )
}

/// Reads the stream again and again, so many bytes a read; gives events a second.
#[expect(clippy::disallowed_methods, reason = "a native measurement")]
fn events_per_s(kind: BackendKind, stream: &[u8], read_bytes: usize) -> f64 {
    let mut events = 0;
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < 0.5 {
        let (mut decoder, mut reply) = (Decoder::new(kind), Reply::default());
        for (read, piece) in (0_u32..).zip(stream.chunks(read_bytes)) {
            decoder.feed(piece, 0.0, read, &mut reply).expect("a sound stream");
        }
        decoder.finish(&mut reply).expect("a whole stream");
        assert_eq!(reply.events.len(), EVENTS);
        events += EVENTS;
    }
    events as f64 / start.elapsed().as_secs_f64()
}

fn main() {
    measure("completions", BackendKind::Vllm, completion);
    measure("chat", BackendKind::OpenaiChat, chat);
    measure("text so far, 512 tokens", BackendKind::Sglang, so_far);
}

fn measure(name: &str, kind: BackendKind, event: fn(usize) -> String) {
    let stream: String = (0..EVENTS).map(event).collect();
    let event_bytes = event(EVENTS / 2).len();
    for (reads, read_bytes) in
        [("about one event a read", event_bytes), ("64 KB a read", 64 << 10), ("37 bytes a read", 37)]
    {
        let rate = events_per_s(kind, stream.as_bytes(), read_bytes);
        println!("{name}, {event_bytes} B, {reads}: {:.0} k events/s, {:.2} us each", rate / 1e3, 1e6 / rate);
    }
}
