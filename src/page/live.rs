//! A run as it goes: where it stands, and series for the live charts that stay bounded however long it lasts.

use std::collections::VecDeque;

use crate::chart::Series;
use crate::record::{EventKind, Record};
use crate::run::reporting::RunProgress;

/// Requests over which the live TTFT is taken.
const RECENT: usize = 50;
/// Most points of the live scatter; when it is full, every other one goes, and from then on fewer are taken.
const MOST_POINTS: usize = 600;

/// The run as it goes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Live {
    /// Where it stands.
    pub progress: RunProgress,
    /// TTFT of each request at the time it ended, ms.
    pub ttft_ms: Series,
    /// Stream events with text a second.
    pub tokens_per_s: Series,
    /// Requests in flight.
    pub in_flight: Series,
    /// (sent, TTFT) of requests that ended, ms; all of them, or an even choice once they are many.
    points: Vec<(f64, f64)>,
    /// One in two to the power of this many requests gets a point.
    thinned: u32,
    ended: u64,
    recent_ttfts_ms: VecDeque<f64>,
    /// (elapsed ms, events) of about the last second.
    recent_events: VecDeque<(f64, u64)>,
}

impl Live {
    /// Takes a report on how the run stands.
    pub fn hear_progress(&mut self, progress: RunProgress) {
        self.recent_events.push_back((progress.elapsed_ms, progress.text_events));
        while self.recent_events.len() > 2 && progress.elapsed_ms - self.recent_events[1].0 >= 1000.0 {
            self.recent_events.pop_front();
        }
        if let Some(rate) = self.rate() {
            self.tokens_per_s.push(progress.elapsed_ms, rate);
        }
        self.in_flight.push(progress.elapsed_ms, f64::from(progress.in_flight));
        self.progress = progress;
    }

    /// Takes requests that ended.
    pub fn hear_records(&mut self, records: &[Record]) {
        for record in records {
            let (Some(end_ms), Some(ttft_ms)) = (record.end_ms, ttft_ms(record)) else { continue };
            self.ttft_ms.push(end_ms, ttft_ms);
            self.add_point(record.left_ms().unwrap_or(end_ms), ttft_ms);
            self.recent_ttfts_ms.push_back(ttft_ms);
            if self.recent_ttfts_ms.len() > RECENT {
                self.recent_ttfts_ms.pop_front();
            }
        }
    }

    /// (sent, TTFT) of requests that ended, in ms: at most [`MOST_POINTS`].
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    fn add_point(&mut self, sent_ms: f64, ttft_ms: f64) {
        if self.ended.is_multiple_of(1 << self.thinned) {
            self.points.push((sent_ms, ttft_ms));
        }
        self.ended += 1;
        if self.points.len() >= MOST_POINTS {
            self.points = self.points.iter().copied().step_by(2).collect();
            self.thinned += 1;
        }
    }

    /// Stream events with text a second over about the last second.
    pub fn rate(&self) -> Option<f64> {
        let (from_ms, before) = *self.recent_events.front()?;
        let (to_ms, after) = *self.recent_events.back()?;
        (to_ms > from_ms).then(|| after.saturating_sub(before) as f64 / ((to_ms - from_ms) / 1000.0))
    }

    /// Median TTFT of the last requests that ended, ms.
    pub fn recent_ttft_ms(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.recent_ttfts_ms.iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            len if len % 2 == 1 => Some(sorted[middle]),
            _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        }
    }

    /// Requests that are over.
    pub fn over(&self) -> u32 {
        self.progress.completed + self.progress.failed
    }

    /// Share of the requests that are over, from 0 to 1.
    pub fn share(&self) -> f64 {
        if self.progress.total == 0 { 0.0 } else { f64::from(self.over()) / f64::from(self.progress.total) }
    }

    /// When the run is expected to end, in s from its start: the schedule's span and a request's time behind it, or,
    /// where that is past, what the pace so far says.
    pub fn expected_end_s(&self, schedule_span_s: f64) -> Option<f64> {
        let elapsed_s = self.progress.elapsed_ms / 1000.0;
        let over = f64::from(self.over());
        if over == 0.0 || elapsed_s <= 0.0 {
            return None;
        }
        let by_pace_s = elapsed_s * f64::from(self.progress.total) / over;
        // While requests are still being sent, the schedule knows better than the pace.
        let sending = self.progress.sent < self.progress.total && schedule_span_s > elapsed_s;
        Some(if sending { schedule_span_s.max(elapsed_s) } else { by_pace_s })
    }
}

/// Time to the first text or reasoning of a record, ms.
fn ttft_ms(record: &Record) -> Option<f64> {
    let first = record.reply.events.iter().find(|e| matches!(e.kind, EventKind::Text | EventKind::Reasoning))?;
    Some(first.at_ms - record.left_ms()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, Reply};

    fn at(elapsed_ms: f64, text_events: u64) -> RunProgress {
        RunProgress { elapsed_ms, text_events, total: 10, sent: 10, completed: 5, ..RunProgress::default() }
    }

    #[test]
    fn the_rate_is_of_the_last_second() {
        let mut live = Live::default();
        for tick in 0..40 {
            let slow_then_fast = if tick < 20 { 0 } else { (tick - 20) * 10 };
            live.hear_progress(at(tick as f64 * 250.0, slow_then_fast as u64));
        }
        assert_eq!(live.rate(), Some(40.0));
    }

    #[test]
    fn the_live_ttft_is_the_median_of_the_latest() {
        let record = |ttft_ms| Record {
            sent_ms: Some(100.0),
            end_ms: Some(900.0),
            reply: Reply {
                events: vec![Event {
                    at_ms: 100.0 + ttft_ms,
                    read: 0,
                    kind: EventKind::Text,
                    chars: 1,
                    tokens_so_far: None,
                }],
                ..Reply::default()
            },
            ..Record::default()
        };
        let mut live = Live::default();
        assert_eq!(live.recent_ttft_ms(), None);
        live.hear_records(&[record(10.0), record(30.0), record(500.0)]);
        assert_eq!(live.recent_ttft_ms(), Some(30.0));
        live.hear_records(&vec![record(7.0); RECENT]);
        assert_eq!(live.recent_ttft_ms(), Some(7.0));
        assert_eq!(live.points().len(), RECENT + 3);
        live.hear_records(&vec![record(7.0); 10_000]);
        assert!((MOST_POINTS / 2..MOST_POINTS).contains(&live.points().len()));
    }

    #[test]
    fn the_end_is_expected_by_schedule_then_by_pace() {
        let mut live = Live::default();
        assert_eq!(live.expected_end_s(20.0), None);
        live.hear_progress(RunProgress { sent: 5, ..at(5000.0, 0) });
        assert_eq!(live.expected_end_s(20.0), Some(20.0));
        live.hear_progress(at(5000.0, 0));
        assert_eq!(live.expected_end_s(4.0), Some(10.0));
        assert_eq!(live.share(), 0.5);
    }
}
