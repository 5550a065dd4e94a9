//! What charts are drawn from: plain values taken out of records, and a series that stays bounded however long a run
//! lasts. No drawing.

use crate::record::{Outcome, Record};

/// One request as a stretch of time; all in ms from the run's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The request's place in the workload.
    pub index: u32,
    /// When the schedule wanted it sent.
    pub intended_ms: f64,
    /// When it left.
    pub sent_ms: f64,
    /// When its first token came, if one did.
    pub first_token_ms: Option<f64>,
    /// When its outcome was known; none while it is in flight.
    pub end_ms: Option<f64>,
    /// Whether it failed (or was stopped).
    pub failed: bool,
}

impl Span {
    /// The stretch of a record; none if the request was never sent.
    pub fn of(record: &Record) -> Option<Self> {
        Some(Self {
            index: record.index,
            intended_ms: record.intended_ms,
            sent_ms: record.left_ms()?,
            first_token_ms: first_token_ms(record),
            end_ms: record.end_ms,
            failed: matches!(record.outcome, Outcome::Failed(_) | Outcome::Stopped),
        })
    }

    /// The stretches of all records that were sent.
    pub fn all(records: &[Record]) -> Vec<Self> {
        records.iter().filter_map(Self::of).collect()
    }
}

/// When the first token of any kind of a record came.
fn first_token_ms(record: &Record) -> Option<f64> {
    record.reply.events.iter().find(|event| event.kind.is_token()).map(|event| event.at_ms)
}

/// Time to first token over time: (when it was sent, TTFT), both in ms.
pub fn ttfts(records: &[Record]) -> Vec<(f64, f64)> {
    let point = |record: &Record| Some((record.left_ms()?, first_token_ms(record)? - record.left_ms()?));
    records.iter().filter_map(point).collect()
}

/// Output tokens as they came: (when, how many). A request's tokens, where they are counted, are shared out among its
/// events by their characters; before that each event counts as one.
pub fn text_tokens(records: &[Record]) -> Vec<(f64, f64)> {
    let mut tokens = Vec::with_capacity(records.iter().map(|record| record.reply.events.len()).sum());
    for record in records {
        let events = record.reply.events.iter().filter(|event| event.kind.is_token());
        let chars: u32 = events.clone().map(|event| event.chars).sum();
        let a_char = record.output_tokens.filter(|_| chars > 0).map(|count| f64::from(count) / f64::from(chars));
        tokens.extend(events.map(|event| (event.at_ms, a_char.map_or(1.0, |a_char| a_char * f64::from(event.chars)))));
    }
    tokens
}

/// A value over time that keeps at most [`Series::MOST`] points: when it is full, neighbours are joined in pairs (the
/// later time, the mean value), so that a run of any length costs the same to draw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    points: Vec<(f64, f64)>,
    /// How many pushed values one point stands for.
    each: u32,
    /// Values that wait until they make a point: how many, and their sum.
    waiting: (u32, f64),
}

impl Series {
    /// Most points that are kept.
    pub const MOST: usize = 240;

    /// Adds a value at a time in ms; times do not go back. Values that are not finite are left out.
    pub fn push(&mut self, at_ms: f64, value: f64) {
        if !(at_ms.is_finite() && value.is_finite()) {
            return;
        }
        self.each = self.each.max(1);
        self.waiting = (self.waiting.0 + 1, self.waiting.1 + value);
        if self.waiting.0 < self.each {
            return;
        }
        self.points.push((at_ms, self.waiting.1 / f64::from(self.waiting.0)));
        self.waiting = (0, 0.0);
        if self.points.len() >= Self::MOST {
            self.points = self.points.chunks(2).map(|pair| (pair[pair.len() - 1].0, mean(pair))).collect();
            self.each = self.each.saturating_mul(2);
        }
    }

    /// The points: (when in ms, value).
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

fn mean(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|(_, value)| value).sum::<f64>() / points.len() as f64
}
