//! An answer as a list of timed events, made as they are asked for: what its dialect opens with, a token event for each
//! chunk at its absolute deadline, and what the dialect closes with.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::config::Config;
use crate::dialect::{Dialect, Job, Part};
use crate::event::{Event, Item, Kind};

/// The deadlines of an answer's chunks, in ms since the mock's start.
pub(crate) struct Pace {
    next_ms: f64,
    itl_ms: f64,
    jitter: f64,
    random: u64,
}

impl Pace {
    pub(crate) fn new(config: &Config, start_ms: f64, request: usize) -> Self {
        let mut pace = Self {
            next_ms: start_ms,
            itl_ms: config.itl_ms,
            jitter: config.jitter,
            random: config.seed ^ (request as u64).wrapping_mul(0xD134_2543_DE82_EF95),
        };
        pace.next_ms += pace.vary(config.ttft_ms);
        pace
    }

    /// A duration, varied up or down by at most the jitter's share.
    fn vary(&mut self, duration_ms: f64) -> f64 {
        // SplitMix64: enough for a uniform number, and the same for the same seed everywhere.
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.random;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        let uniform = (bits >> 11) as f64 / (1u64 << 53) as f64;
        duration_ms * (1.0 + self.jitter * (2.0 * uniform - 1.0))
    }

    /// The next chunk's deadline.
    pub(crate) fn next(&mut self) -> f64 {
        let due_ms = self.next_ms;
        self.next_ms += self.vary(self.itl_ms);
        due_ms
    }

    /// The deadline of the last of so many chunks.
    pub(crate) fn last_of(&mut self, chunks: usize) -> f64 {
        (1..chunks).for_each(|_| {
            self.next();
        });
        self.next()
    }
}

/// The first token after a chunk that begins at `from`. A chunk holds no reasoning and content together.
fn chunk_end(config: &Config, job: &Job, from: usize) -> usize {
    let limit = if from < job.reasoning { job.reasoning } else { job.total };
    from.saturating_add(config.tokens_per_chunk).min(limit)
}

/// In how many chunks the answer comes.
pub(crate) fn chunks(config: &Config, job: &Job) -> usize {
    let content = job.total - job.reasoning;
    job.reasoning.div_ceil(config.tokens_per_chunk) + content.div_ceil(config.tokens_per_chunk)
}

/// The events of a stream.
pub(crate) struct Script {
    config: Arc<Config>,
    job: Arc<Job>,
    dialect: &'static dyn Dialect,
    pace: Pace,
    from: usize,
    so_far: String,
    last_due_ms: f64,
    queue: VecDeque<Item>,
    closed: bool,
}

impl Script {
    pub(crate) fn new(config: Arc<Config>, job: Arc<Job>, dialect: &'static dyn Dialect, start_ms: f64) -> Self {
        let mut pace = Pace::new(&config, start_ms, job.number);
        let opening_ms = if config.role_at_once { start_ms } else { pace.next_ms };
        let queue = dialect.opening(&job).into_iter().map(|value| other(opening_ms, value.to_string())).collect();
        // An answer without a token ends when its first one would have come.
        let last_due_ms = if job.total == 0 { pace.next() } else { opening_ms };
        Self { config, job, dialect, pace, from: 0, so_far: String::new(), last_due_ms, queue, closed: false }
    }

    /// Queues the events of the next chunk.
    fn queue_chunk(&mut self) {
        let to = chunk_end(&self.config, &self.job, self.from);
        self.last_due_ms = self.pace.next();
        if self.dialect.one_event_a_token() {
            (self.from..to).for_each(|at| self.queue_part(at, at + 1));
        } else {
            self.queue_part(self.from, to);
        }
        self.from = to;
    }

    fn queue_part(&mut self, from: usize, to: usize) {
        let text = self.job.text.text(from, to);
        self.so_far.push_str(&text);
        let part = Part { from, to, text: &text, so_far: &self.so_far, last: to == self.job.total };
        let data = self.dialect.delta(&self.job, &part).to_string();
        let tokens = u32::try_from(to - from).unwrap_or(u32::MAX);
        self.queue.push_back(Item::Event(Event { due_ms: self.last_due_ms, data, tokens, text, kind: Kind::Token }));
    }

    fn queue_closing(&mut self) {
        let due_ms = self.last_due_ms;
        let closing = self.dialect.closing(&self.job).into_iter();
        self.queue.extend(closing.map(|value| other(due_ms, value.to_string())));
        if let Some(mark) = self.dialect.done() {
            self.queue.push_back(Item::Event(Event {
                due_ms,
                data: mark.into(),
                tokens: 0,
                text: String::new(),
                kind: Kind::Done,
            }));
        }
    }
}

fn other(due_ms: f64, data: String) -> Item {
    Item::Event(Event { due_ms, data, tokens: 0, text: String::new(), kind: Kind::Other })
}

impl Iterator for Script {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if self.queue.is_empty() && self.from < self.job.total {
            self.queue_chunk();
        } else if self.queue.is_empty() && !self.closed {
            self.closed = true;
            self.queue_closing();
        }
        self.queue.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_do_not_drift() {
        let config = Config { ttft_ms: 50.0, itl_ms: 10.0, ..Config::default() };
        let mut pace = Pace::new(&config, 1000.0, 0);
        let due: Vec<f64> = (0..3).map(|_| pace.next()).collect();
        assert_eq!(due, [1050.0, 1060.0, 1070.0]);
        assert_eq!(Pace::new(&config, 1000.0, 0).last_of(3), 1070.0);
    }

    #[test]
    fn jitter_is_bounded_and_seeded() {
        let config = Config { ttft_ms: 50.0, itl_ms: 10.0, jitter: 0.2, seed: 7, ..Config::default() };
        let due = |request| {
            let mut pace = Pace::new(&config, 0.0, request);
            (0..1000).map(|_| pace.next()).collect::<Vec<f64>>()
        };
        let first = due(0);
        assert!((40.0..=60.0).contains(&first[0]));
        let gaps: Vec<f64> = first.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| (8.0..=12.0).contains(gap)));
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        assert!((mean - 10.0).abs() < 0.2, "{mean}");
        assert!(gaps.iter().any(|gap| *gap < 8.2) && gaps.iter().any(|gap| *gap > 11.8));
        assert_eq!(first, due(0));
        assert_ne!(first, due(1));
    }
}
