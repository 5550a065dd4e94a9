//! What one request comes to under each tool's definitions, computed from its raw record.

use super::Definition;
use crate::record::{Event, EventKind, Record};
use crate::settings::BackendKind;

/// What one request comes to under a definition. Times in s from when it left ([`Record::left_ms`]), unless said otherwise.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestTimes {
    /// Place in the workload, from 0.
    pub index: u32,
    /// Whether it completed; only then it counts in a figure.
    pub succeeded: bool,
    /// Tokens of the prompt.
    pub prompt_len: Option<u32>,
    /// Tokens of the output; 0 of a request that failed.
    pub output_len: Option<u32>,
    /// Time to first token; kept of a failed request too.
    pub ttft_s: Option<f64>,
    /// Time to the first token of any kind (text, reasoning, a tool call, a refusal), under any definition.
    pub first_any_s: Option<f64>,
    /// Time to the first text of the visible answer, after any reasoning, under any definition.
    pub ttfo_s: Option<f64>,
    /// Inter-token latencies; kept of a failed request too.
    pub itls_s: Vec<f64>,
    /// How many of them lie between events of one read, so that they are unknown rather than zero.
    pub unknown_gaps: u32,
    /// Time per output token after the first.
    pub tpot_s: Option<f64>,
    /// End-to-end latency; none of a failed request.
    pub latency_s: Option<f64>,
    /// When it was sent, in s from the run's start.
    pub sent_s: Option<f64>,
    /// How late it was sent against the schedule.
    pub delay_s: Option<f64>,
    /// From then until it left (`Record::left_ms`), which latencies count from.
    pub held_s: Option<f64>,
}

/// Time per output token after the first, as the reference has it; none of an output below two tokens.
pub fn tpot_s(latency_s: f64, ttft_s: f64, output_len: u32) -> Option<f64> {
    (output_len > 1).then(|| (latency_s - ttft_s) / f64::from(output_len - 1))
}

/// What a record comes to under a definition, for the backend that it was made with.
pub(super) fn request_times(record: &Record, definition: Definition, backend: BackendKind) -> RequestTimes {
    let mut times = RequestTimes {
        index: record.index,
        succeeded: record.succeeded(),
        prompt_len: Some(record.prompt_len),
        output_len: Some(0),
        ..RequestTimes::default()
    };
    let (Some(sent_ms), Some(left_ms)) = (record.sent_ms, record.left_ms()) else { return times };
    times.sent_s = Some(sent_ms / 1000.0);
    times.delay_s = Some((sent_ms - record.intended_ms) / 1000.0);
    times.held_s = Some((left_ms - sent_ms) / 1000.0);
    if backend == BackendKind::DeepspeedMii {
        // This server answers all at once: there is no first token to time, and what the reference writes as a TTFT
        // of zero is a placeholder.
        return unstreamed(record, times, definition, left_ms);
    }
    let stream = Stream { record, definition, backend, left_ms };
    let tokens = stream.tokens();
    times.ttft_s = tokens.first.map(|event| stream.since_send_s(event.at_ms));
    let first = |is_it: fn(&Event) -> bool| {
        record.reply.events.iter().find(|event| is_it(event)).map(|event| stream.since_send_s(event.at_ms))
    };
    times.first_any_s = first(brings_token);
    times.ttfo_s = first(|event| event.kind == EventKind::Text && event.chars > 0);
    if times.succeeded {
        times.output_len = Some(output_len(record, definition, tokens.count));
        times.latency_s = stream.latency_s();
    }
    stream.gaps(&tokens, &mut times);
    times.tpot_s = stream.tpot_s(&tokens, &times);
    times
}

/// A response that came all at once: a latency and a length, no first token.
fn unstreamed(record: &Record, mut times: RequestTimes, definition: Definition, left_ms: f64) -> RequestTimes {
    if times.succeeded {
        let len = output_len(record, definition, 0);
        times.output_len = Some(len);
        times.latency_s = record.end_ms.map(|end_ms| (end_ms - left_ms) / 1000.0);
        times.tpot_s = times.latency_s.and_then(|latency_s| tpot_s(latency_s, 0.0, len));
    }
    times
}

/// Whether an event brought a token of any kind.
fn brings_token(event: &Event) -> bool {
    event.kind.is_token() && event.chars > 0
}

/// Whether it brought text or reasoning.
fn brings_words(event: &Event) -> bool {
    matches!(event.kind, EventKind::Text | EventKind::Reasoning) && event.chars > 0
}

fn has_choice(event: &Event) -> bool {
    event.kind.is_token() || event.kind == EventKind::Empty
}

/// The gaps between a completed request's tokens of any kind, in s.
pub(super) fn gaps_of_any_s(record: &Record) -> impl Iterator<Item = f64> {
    let mut before_ms = None;
    let tokens = record.reply.events.iter().filter(|event| record.succeeded() && brings_token(event));
    tokens.filter_map(move |event| Some((event.at_ms - before_ms.replace(event.at_ms)?) / 1000.0))
}

/// Output tokens of a completed request.
fn output_len(record: &Record, definition: Definition, token_events: usize) -> u32 {
    // An answer without text has none, whatever the server generated beside it.
    let without_text = || (!record.reply.events.is_empty() && !record.reply.has_text()).then_some(0);
    let counted = record.output_tokens.or_else(without_text);
    let reported = record.reply.usage.and_then(|usage| usage.completion_tokens);
    match definition {
        Definition::Reference => counted.or(reported).unwrap_or(0),
        Definition::Aiperf => {
            let all = |text: u32| text.saturating_add(record.other_output_tokens.unwrap_or(0));
            counted.map(all).or(reported).unwrap_or(0)
        }
        Definition::Vllm => reported.or(counted).unwrap_or(0),
        Definition::Sglang => reported.unwrap_or(record.asked_output_len),
        Definition::Guidellm => reported.unwrap_or(u32::try_from(token_events).unwrap_or(u32::MAX)),
    }
}

/// A server that counts more tokens than this in one response is mistaken; they are not spread out into values.
const MOST_TOKENS: usize = 1_000_000;

/// A record as one definition looks at it.
struct Stream<'a> {
    record: &'a Record,
    definition: Definition,
    backend: BackendKind,
    left_ms: f64,
}

/// The events of a record that count as tokens.
#[derive(Default)]
struct Tokens<'a> {
    first: Option<&'a Event>,
    last: Option<&'a Event>,
    count: usize,
}

impl<'a> Stream<'a> {
    fn tokens(&self) -> Tokens<'a> {
        let mut tokens = Tokens::default();
        for event in &self.record.reply.events {
            if self.is_token(event) {
                tokens.first = tokens.first.or(Some(event));
                tokens.last = Some(event);
                tokens.count += 1;
            }
        }
        tokens
    }

    fn since_send_s(&self, at_ms: f64) -> f64 {
        (at_ms - self.left_ms) / 1000.0
    }

    /// Whether an event counts as a token.
    fn is_token(&self, event: &Event) -> bool {
        match self.definition {
            Definition::Reference => match self.backend {
                BackendKind::Tgi | BackendKind::TensorrtLlm => has_choice(event),
                _ => event.kind == EventKind::Text && event.chars > 0,
            },
            Definition::Vllm => has_choice(event),
            Definition::Sglang => brings_words(event),
            Definition::Guidellm | Definition::Aiperf => brings_token(event),
        }
    }

    /// End-to-end latency of a completed request.
    fn latency_s(&self) -> Option<f64> {
        let last = |wanted: fn(&Event) -> bool| {
            self.record.reply.events.iter().rev().find(|event| wanted(event)).map(|event| event.at_ms)
        };
        let at_ms = match self.definition {
            Definition::Reference => match self.backend {
                BackendKind::Tgi | BackendKind::TensorrtLlm => last(has_choice),
                _ => last(|event| event.kind == EventKind::Done),
            },
            Definition::Vllm => last(has_choice),
            Definition::Sglang => last(|_| true),
            Definition::Guidellm => None,
            Definition::Aiperf => last(brings_token),
        };
        at_ms.or(self.record.end_ms).map(|at_ms| self.since_send_s(at_ms))
    }

    fn tpot_s(&self, tokens: &Tokens<'_>, times: &RequestTimes) -> Option<f64> {
        let (latency_s, output_len) = (times.latency_s?, times.output_len?);
        match self.definition {
            Definition::Guidellm => {
                let last = tokens.last?;
                (output_len > 0).then(|| self.since_send_s(last.at_ms) / f64::from(output_len))
            }
            Definition::Aiperf => times.itls_s.first().copied(),
            _ => tpot_s(latency_s, times.ttft_s?, output_len),
        }
    }

    /// Fills in the inter-token latencies.
    fn gaps(&self, tokens: &Tokens<'_>, times: &mut RequestTimes) {
        let (Some(first), Some(last)) = (tokens.first, tokens.last) else { return };
        let output_len = times.output_len.unwrap_or(0);
        match self.definition {
            Definition::Guidellm if output_len > 1 => {
                times.itls_s = vec![(last.at_ms - first.at_ms) / 1000.0 / f64::from(output_len - 1)];
            }
            Definition::Aiperf => {
                let later = output_len.saturating_sub(first.tokens_so_far.unwrap_or(1).max(1));
                if let (Some(latency_s), Some(ttft_s), 1..) = (times.latency_s, times.ttft_s, later) {
                    times.itls_s = vec![(latency_s - ttft_s) / f64::from(later)];
                }
            }
            Definition::Guidellm => {}
            Definition::Reference | Definition::Vllm | Definition::Sglang => self.event_gaps(times),
        }
    }

    /// The gaps from event to event.
    fn event_gaps(&self, times: &mut RequestTimes) {
        // The chat function of the reference moves its mark with every chunk; the others with every token.
        let every_chunk = self.definition == Definition::Reference && self.backend == BackendKind::OpenaiChat;
        // SGLang's own frames hold all text so far and say how many tokens that is.
        let per_token = self.definition == Definition::Sglang && self.backend == BackendKind::Sglang;
        times.itls_s.reserve_exact(self.record.reply.events.len());
        let mut mark: Option<&Event> = None;
        let mut begun = false;
        let mut tokens_before = 0;
        for event in &self.record.reply.events {
            let so_far = event.tokens_so_far.filter(|_| per_token);
            let new_tokens = so_far.map_or(1, |so_far| so_far.saturating_sub(tokens_before));
            let is_token = self.is_token(event) || (begun && so_far.is_some());
            if is_token && begun && new_tokens == 0 {
                continue;
            }
            if let (true, true, Some(mark)) = (is_token, begun, mark) {
                times.push_gap(mark, event, new_tokens);
            }
            if is_token || (every_chunk && !matches!(event.kind, EventKind::Done | EventKind::Other)) {
                mark = Some(event);
            }
            begun |= is_token;
            tokens_before = so_far.unwrap_or(tokens_before);
        }
    }
}

impl RequestTimes {
    /// From when the schedule wanted it to when it left.
    pub fn late_s(&self) -> Option<f64> {
        Some(self.delay_s? + self.held_s.unwrap_or(0.0))
    }

    /// End-to-end latency per output token; none of an output without tokens.
    pub fn ntpot_s(&self) -> Option<f64> {
        let tokens = self.output_len.filter(|tokens| *tokens > 0)?;
        Some(self.latency_s? / f64::from(tokens))
    }

    /// Whether there was reasoning before the visible answer.
    pub fn reasoned(&self) -> bool {
        self.first_any_s.zip(self.ttfo_s).is_some_and(|(any_s, visible_s)| any_s < visible_s)
    }

    /// Adds the gap between two events, shared among the tokens that the later one brought.
    fn push_gap(&mut self, from: &Event, to: &Event, tokens: u32) {
        let tokens = if self.itls_s.len() + tokens as usize > MOST_TOKENS { 1 } else { tokens };
        let gap_s = (to.at_ms - from.at_ms) / 1000.0 / f64::from(tokens);
        for _ in 0..tokens {
            self.itls_s.push(gap_s);
        }
        self.unknown_gaps += if from.read == to.read { tokens } else { 0 };
    }
}

#[cfg(test)]
mod tests;
