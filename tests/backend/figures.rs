//! What odd streams come to in figures: from events with their times to a record, and from that to each tool's TTFT, ITL
//! and output tokens.

use streamgauge::backend::Decoder;
use streamgauge::metrics::{Definition, Metric, MetricOptions, RequestTimes, Summary, summarize, times};
use streamgauge::record::{Outcome, Record, Reply};
use streamgauge::settings::BackendKind::{self, Openai, OpenaiChat};

/// The record of a request that was sent at 0 and brought these events' data at these times in ms; a character is a token.
fn record(kind: BackendKind, parts: &[(f64, &str)]) -> Record {
    let (mut decoder, mut reply) = (Decoder::new(kind), Reply::default());
    for (read, (at_ms, data)) in (0_u32..).zip(parts) {
        decoder.feed(format!("data: {data}\n\n").as_bytes(), *at_ms, read, &mut reply).expect("a stream that is read");
    }
    decoder.finish(&mut reply).expect("a stream that is whole");
    let tokens = |text: &str| Some(text.chars().count() as u32).filter(|tokens| *tokens > 0);
    Record {
        prompt_len: 5,
        sent_ms: Some(0.0),
        headers_ms: Some(0.0),
        end_ms: parts.last().map(|(at_ms, _)| *at_ms),
        output_tokens: tokens(&reply.text).or(Some(0)),
        other_output_tokens: tokens(&reply.other_output()),
        outcome: Outcome::Completed,
        reply,
        ..Record::default()
    }
}

fn under(definition: Definition, kind: BackendKind, record: &Record) -> RequestTimes {
    let options = MetricOptions { definition, backend: kind, ..MetricOptions::default() };
    times(std::slice::from_ref(record), &options).remove(0)
}

fn summary(record: &Record, duration_s: f64) -> Summary {
    summarize(&vec![record.clone(); 3], duration_s, &MetricOptions { backend: OpenaiChat, ..MetricOptions::default() })
}

fn ms(value_s: Option<f64>) -> Option<f64> {
    value_s.map(|s| (s * 1e4).round() / 10.0)
}

fn gaps_ms(times: &RequestTimes) -> Vec<f64> {
    times.itls_s.iter().filter_map(|gap_s| ms(Some(*gap_s))).collect()
}

fn delta(delta: &str) -> String {
    format!(r#"{{"choices":[{{"delta":{delta}}}]}}"#)
}

#[test]
fn a_role_and_a_null_before_the_first_token_count_for_vllm_alone() {
    let role = delta(r#"{"role":"assistant","content":null}"#);
    let tokens = ["P", "Q", "R"].map(|text| delta(&format!(r#"{{"content":"{text}"}}"#)));
    let chat = record(
        OpenaiChat,
        &[(8.0, &role), (240.0, &tokens[0]), (265.0, &tokens[1]), (290.0, &tokens[2]), (290.0, "[DONE]")],
    );
    for (definition, ttft, gaps) in [
        (Definition::Reference, 240.0, vec![25.0, 25.0]),
        (Definition::Sglang, 240.0, vec![25.0, 25.0]),
        (Definition::Vllm, 8.0, vec![232.0, 25.0, 25.0]),
    ] {
        let times = under(definition, OpenaiChat, &chat);
        assert_eq!((ms(times.ttft_s), gaps_ms(&times)), (Some(ttft), gaps), "{definition:?}");
    }
    assert_eq!(ms(under(Definition::Aiperf, OpenaiChat, &chat).ttft_s), Some(240.0));
    assert_eq!(summary(&chat, 2.0).itl_any.count, 0, "all tokens are text");
}

#[test]
fn reasoning_counts_for_some_tools_and_has_its_own_figures() {
    let reasoning = ["mmm", "nnn"].map(|text| delta(&format!(r#"{{"reasoning":"{text}"}}"#)));
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":8}}"#;
    let text = delta(r#"{"content":"ok"}"#);
    let both = record(
        OpenaiChat,
        &[(60.0, &reasoning[0]), (100.0, &reasoning[1]), (200.0, &text), (201.0, usage), (201.0, "[DONE]")],
    );
    let figures = |definition| {
        let times = under(definition, OpenaiChat, &both);
        (ms(times.ttft_s), times.output_len)
    };
    assert_eq!(figures(Definition::Reference), (Some(200.0), Some(2)));
    assert_eq!(figures(Definition::Sglang), (Some(60.0), Some(8)));
    assert_eq!(figures(Definition::Aiperf), (Some(60.0), Some(8)), "text and reasoning, as its source counts");
    assert_eq!(gaps_ms(&under(Definition::Aiperf, OpenaiChat, &both)), [20.0]);
    let of_any = summary(&both, 2.0);
    assert_eq!((of_any.ttft_any.count, of_any.itl_any.count), (3, 6));
    assert_eq!([of_any.ttft_any.mean_ms, of_any.itl_any.mean_ms].map(f64::round), [60.0, 70.0]);

    let only = record(OpenaiChat, &[(60.0, &reasoning[0]), (100.0, &reasoning[1]), (101.0, usage), (101.0, "[DONE]")]);
    let reference = under(Definition::Reference, OpenaiChat, &only);
    assert_eq!((reference.ttft_s, reference.output_len, ms(reference.first_any_s)), (None, Some(0), Some(60.0)));
    let aiperf = under(Definition::Aiperf, OpenaiChat, &only);
    assert_eq!((ms(aiperf.ttft_s), aiperf.output_len, gaps_ms(&aiperf)), (Some(60.0), Some(6), vec![8.0]));
    // A record of a version that did not count what is no text.
    let old = Record { output_tokens: None, other_output_tokens: None, ..only };
    assert_eq!(under(Definition::Reference, OpenaiChat, &old).output_len, Some(0));
    assert_eq!(under(Definition::Vllm, OpenaiChat, &old).output_len, Some(8));
}

#[test]
fn a_tool_call_alone_has_a_ttft_and_gaps() {
    let call = |part: &str| delta(&format!(r#"{{"tool_calls":[{{"function":{{"arguments":"{part}"}}}}]}}"#));
    let name = delta(r#"{"tool_calls":[{"function":{"name":"ebb","arguments":""}}]}"#);
    let end = r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#;
    let role = delta(r#"{"role":"assistant","content":""}"#);
    let parts = ["{", "1", "}"].map(call);
    let stream =
        [(5.0, &*role), (90.0, &*name), (120.0, &*parts[0]), (150.0, &*parts[1]), (180.0, &*parts[2]), (200.0, end)];
    let tools = record(OpenaiChat, &stream);
    for (definition, ttft, output_len) in [
        (Definition::Reference, None, 0),
        (Definition::Sglang, None, 0),
        (Definition::Guidellm, Some(90.0), 4),
        (Definition::Aiperf, Some(90.0), 6),
    ] {
        let times = under(definition, OpenaiChat, &tools);
        assert_eq!((ms(times.ttft_s), times.output_len), (ttft, Some(output_len)), "{definition:?}");
        assert_eq!(ms(times.first_any_s), Some(90.0));
    }
    let summary = summary(&tools, 2.0);
    assert_eq!((summary.latencies[Metric::Ttft].count, summary.ttft_any.count), (0, 3));
    assert_eq!((summary.latencies[Metric::Itl].count, summary.itl_any.count), (0, 9));
    assert_eq!([summary.ttft_any.mean_ms, summary.itl_any.mean_ms].map(f64::round), [90.0, 30.0]);
    assert_eq!((summary.completed, summary.streams.without_text), (3, 3));
}

#[test]
fn pings_move_no_mark() {
    let (a, b) = (delta(r#"{"content":"Go"}"#), delta(r#"{"content":" on"}"#));
    let pinged = record(
        OpenaiChat,
        &[(2.0, "12:00:01"), (70.0, &a), (95.0, "12:00:16"), (130.0, &b), (140.0, "null"), (150.0, "[DONE]")],
    );
    for definition in [Definition::Reference, Definition::Vllm, Definition::Sglang] {
        let times = under(definition, OpenaiChat, &pinged);
        assert_eq!((ms(times.ttft_s), gaps_ms(&times)), (Some(70.0), vec![60.0]), "{definition:?}");
    }
    assert_eq!(summary(&pinged, 2.0).streams.passed_over, 9);
}

#[test]
fn no_rate_is_given_of_less_than_a_second() {
    let chunk = |text: &str| format!(r#"{{"choices":[{{"text":"{text}"}}]}}"#);
    let parts: Vec<(f64, String)> = (0..8).map(|i| (50.0 + f64::from(i) * 40.0, chunk("four"))).collect();
    let parts: Vec<(f64, &str)> = parts.iter().map(|(at_ms, data)| (*at_ms, data.as_str())).collect();
    let speculative = record(Openai, &parts);
    let peak = |duration_s| summary(&speculative, duration_s).max_output_tokens_per_s;
    assert_eq!((peak(0.36), peak(0.999), peak(1.0)), (None, None, Some(96.0)));
    // Tokens are counted, not chunks: the peak is not below the mean.
    let whole = summary(&speculative, 1.0);
    assert!(whole.max_output_tokens_per_s >= Some(whole.output_throughput), "{whole:?}");
    let sent = |gap_ms: f64| {
        let record = |i: u32| Record { sent_ms: Some(f64::from(i) * gap_ms), ..speculative.clone() };
        summarize(&(0..5).map(record).collect::<Vec<_>>(), 9.0, &MetricOptions::default()).achieved_rate
    };
    assert_eq!((sent(1.0), sent(249.0), sent(500.0)), (None, None, Some(2.0)));
}
