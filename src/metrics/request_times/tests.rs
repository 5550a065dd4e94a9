//! What one request comes to under each definition, on small records.

use super::*;
use crate::record::{Outcome, Reply, Usage};

/// Sent at 1000: a role at 1040, reasoning at 1060, text at 1100, 1120 and (in one read) 1120, a finish reason at
/// 1150, usage and the end mark at 1170, the end of the body at 1180.
fn chat() -> Record {
    let kinds = [
        (1040.0, 0, EventKind::Empty, 0),
        (1060.0, 1, EventKind::Reasoning, 9),
        (1100.0, 2, EventKind::Text, 5),
        (1120.0, 3, EventKind::Text, 6),
        (1120.0, 3, EventKind::Text, 4),
        (1150.0, 4, EventKind::Empty, 0),
        (1170.0, 5, EventKind::Usage, 0),
        (1170.0, 5, EventKind::Done, 0),
    ];
    let event = |(at_ms, read, kind, chars)| Event { at_ms, read, kind, chars, tokens_so_far: None };
    Record {
        prompt_len: 7,
        asked_output_len: 16,
        intended_ms: 990.0,
        sent_ms: Some(1000.0),
        end_ms: Some(1180.0),
        output_tokens: Some(3),
        outcome: Outcome::Completed,
        reply: Reply {
            events: kinds.into_iter().map(event).collect(),
            usage: Some(Usage { prompt_tokens: Some(9), completion_tokens: Some(5) }),
            ..Reply::default()
        },
        ..Record::default()
    }
}

fn ms(values_s: &[f64]) -> Vec<f64> {
    values_s.iter().map(|s| (s * 1e6).round() / 1e3).collect()
}

#[track_caller]
fn check(definition: Definition, ttft: f64, itls: &[f64], tpot: f64, e2el: f64, tokens: u32) {
    let times = request_times(&chat(), definition, BackendKind::OpenaiChat);
    let figures = [times.ttft_s, times.tpot_s, times.latency_s].map(|value| value.unwrap_or(f64::NAN));
    assert_eq!((ms(&figures), ms(&times.itls_s)), (vec![ttft, tpot, e2el], itls.to_vec()));
    assert_eq!((times.output_len, times.first_any_s, times.delay_s), (Some(tokens), Some(0.06), Some(0.01)));
}

#[test]
fn each_tools_figures_of_one_record() {
    check(Definition::Reference, 100.0, &[20.0, 0.0], 35.0, 170.0, 3);
    check(Definition::Vllm, 40.0, &[20.0, 40.0, 20.0, 0.0, 30.0], 27.5, 150.0, 5);
    check(Definition::Sglang, 60.0, &[40.0, 20.0, 0.0], 27.5, 170.0, 5);
    check(Definition::Guidellm, 60.0, &[15.0], 24.0, 180.0, 5);
    check(Definition::Aiperf, 60.0, &[30.0], 30.0, 120.0, 3);
}

#[test]
fn the_visible_answer_begins_after_the_reasoning_and_every_token_shares_the_latency() {
    let mut times = request_times(&chat(), Definition::Vllm, BackendKind::OpenaiChat);
    assert_eq!((times.ttfo_s, times.reasoned(), times.ntpot_s()), (Some(0.1), true, Some(0.15 / 5.0)));
    times.output_len = Some(0);
    assert_eq!(times.ntpot_s(), None);
    let mut plain = chat();
    plain.reply.events.remove(1);
    let times = request_times(&plain, Definition::Vllm, BackendKind::OpenaiChat);
    assert_eq!((times.ttfo_s, times.reasoned()), (Some(0.1), false));
    plain.reply.events.retain(|event| event.kind != EventKind::Text);
    assert_eq!(request_times(&plain, Definition::Vllm, BackendKind::OpenaiChat).ttfo_s, None);
}

#[test]
fn gaps_within_one_read_are_said_to_be_unknown() {
    assert_eq!(request_times(&chat(), Definition::Reference, BackendKind::OpenaiChat).unknown_gaps, 1);
}

#[test]
fn the_chat_functions_mark_moves_with_every_chunk() {
    let mut record = chat();
    record.reply.events[3].kind = EventKind::Empty;
    record.reply.events[3].at_ms = 1115.0;
    let itls = |backend| ms(&request_times(&record, Definition::Reference, backend).itls_s);
    assert_eq!(itls(BackendKind::OpenaiChat), [5.0]);
    assert_eq!(itls(BackendKind::Openai), [20.0]);
}

#[test]
fn sglangs_own_frames_give_one_latency_a_token() {
    let mut record = chat();
    let counts = [None, None, Some(1), Some(4), Some(4), Some(6), None, None];
    for (event, so_far) in record.reply.events.iter_mut().zip(counts) {
        event.tokens_so_far = so_far;
    }
    let times = request_times(&record, Definition::Sglang, BackendKind::Sglang);
    assert_eq!(ms(&times.itls_s)[1..], [6.667, 6.667, 6.667, 15.0, 15.0]);
}

#[test]
fn a_count_beyond_reason_does_not_fill_the_memory() {
    let mut record = chat();
    for (event, so_far) in record.reply.events.iter_mut().skip(2).zip([1, u32::MAX, 1, u32::MAX]) {
        event.tokens_so_far = Some(so_far);
    }
    let times = request_times(&record, Definition::Sglang, BackendKind::Sglang);
    assert!(times.itls_s.len() < 10);
}

#[test]
fn a_server_that_does_not_stream_has_no_ttft() {
    let times = request_times(&chat(), Definition::Reference, BackendKind::DeepspeedMii);
    assert_eq!((times.ttft_s, times.latency_s, times.tpot_s), (None, Some(0.18), Some(0.09)));
}

#[test]
fn a_failure_keeps_its_partial_times_and_counts_no_tokens() {
    let record = Record { outcome: Outcome::Stopped, ..chat() };
    let times = request_times(&record, Definition::Reference, BackendKind::Openai);
    assert_eq!((times.ttft_s, times.itls_s.len(), times.latency_s), (Some(0.1), 2, None));
    assert_eq!((times.output_len, times.tpot_s), (Some(0), None));
}
