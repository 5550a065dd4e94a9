//! What each measure of the client may be before a result is doubted. docs/measurement.md holds the same table, and says
//! where each bound comes from.

use super::verdict::{Reason, VerdictLevel};

/// What a measure may be: up to `trusted` it is no concern, beyond `marginal` it decides the figures. Where `trusted` is
/// the greater of the two, more is better. Measures end in their unit; a share is from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The measure's name, as a result has it.
    pub measure: &'static str,
    /// Where trusted ends.
    pub trusted: f64,
    /// Where marginal ends.
    pub marginal: f64,
}

const fn bounds(measure: &'static str, trusted: f64, marginal: f64) -> Bounds {
    Bounds { measure, trusted, marginal }
}

/// Requests that the browser held back for a connection, of all that were sent.
pub const BROWSER_QUEUE: Bounds = bounds("browser_queue_share", 0.01, 0.1);
/// Requests that we held back because the planned connections were full, of all that were sent.
pub const STREAM_WAIT: Bounds = bounds("stream_wait_share", 0.01, 1.0);
/// Requests that we held back because the person limited the concurrency: as asked for, so no concern.
pub const LIMIT_WAIT: Bounds = bounds("max_concurrency_wait_share", 1.0, 1.0);
/// Median lateness of the sends that waited for no stream.
pub const DELAY_P50: Bounds = bounds("schedule_delay_p50_ms", 1.0, 10.0);
/// The same at p99.
pub const DELAY_P99: Bounds = bounds("schedule_delay_p99_ms", 10.0, 50.0);
/// Rate of the sends, as a share of the schedule's own rate between the same two requests.
pub const ACHIEVED_RATE: Bounds = bounds("achieved_rate_share", 0.95, 0.8);
/// Lateness of the worker's event loop at p99; [`SHARES`] of the median ITL pass too.
pub const LAG: Bounds = bounds("event_loop_lag_p99_ms", 5.0, 20.0);
/// Gaps between tokens that came in one read, of all gaps.
pub const SAME_READ: Bounds = bounds("same_read_share", 0.05, 0.25);
/// From the response's last byte in the browser to the worker's seeing it, on average; [`SHARES`] of the median TTFT
/// pass too.
pub const DELIVERY: Bounds = bounds("delivery_delay_mean_ms", 2.0, 10.0);
/// What the browser was found to add to TTFT before the run, median; [`SHARES`] of the median TTFT pass too.
pub const ADDED_TTFT: Bounds = bounds("calibrated_ttft_added_p50_ms", 2.0, 10.0);
/// How much longer a request that asks for nothing took in a burst like the run's than alone, median: the most that the
/// burst can have added to TTFT. [`BURST_SHARES`] of the median TTFT pass too.
pub const BURST: Bounds = bounds("burst_delay_p50_ms", 2.0, 10.0);
/// How far a gap between tokens was found to be off before the run, at p99; [`SHARES`] of the median ITL pass too.
pub const ITL_OFF: Bounds = bounds("calibrated_itl_off_p99_ms", 5.0, 20.0);
/// Events in the fullest second of the run, of those a second that the page was found to read before it.
pub const EVENT_RATE: Bounds = bounds("event_rate_share", 0.3, 0.8);
/// The clock's step as a share of the median ITL.
pub const CLOCK_STEP: Bounds = bounds("clock_step_share_of_itl", 0.05, 0.2);
/// Requests during which the page was hidden. The worker goes on as before, so it is no concern by itself.
pub const HIDDEN: Bounds = bounds("hidden_share", 1.0, 1.0);
/// Requests during which the page was frozen or the machine slept.
pub const FROZEN: Bounds = bounds("frozen_share", 0.0, 0.1);
/// Requests that completed: with fewer, p99 is little more than the slowest.
pub const COMPLETED: Bounds = bounds("completed_requests", 100.0, 1.0);
/// Failed requests, of those that ended.
pub const FAILED: Bounds = bounds("failed_share", 0.01, 0.1);
/// Requests with the prompt of an earlier one, of all.
pub const REPEATED: Bounds = bounds("repeated_prompt_share", 0.05, 1.0);
/// Requests whose stream ended without `[DONE]`, finish reason or usage, of those that completed.
pub const UNMARKED_END: Bounds = bounds("unmarked_end_share", 0.0, 1.0);
/// Answers without text (reasoning, a tool call or a refusal alone), of those that completed.
pub const WITHOUT_TEXT: Bounds = bounds("answers_without_text_share", 0.05, 1.0);
/// Answers that began with the prompt. It was taken off, so it is no concern.
pub const PROMPT_ECHOED: Bounds = bounds("prompt_echoed_share", 1.0, 1.0);
/// Answers whose tokens the tokenizer and the server count differently, of those that both counted.
pub const TOKENS: Bounds = bounds("token_mismatch_share", 0.05, 0.5);

/// All bounds, in the order in which they are looked at.
pub const ALL: [Bounds; 23] = [
    BROWSER_QUEUE,
    FROZEN,
    STREAM_WAIT,
    LIMIT_WAIT,
    ACHIEVED_RATE,
    DELAY_P50,
    DELAY_P99,
    LAG,
    DELIVERY,
    ADDED_TTFT,
    BURST,
    ITL_OFF,
    EVENT_RATE,
    SAME_READ,
    CLOCK_STEP,
    FAILED,
    UNMARKED_END,
    WITHOUT_TEXT,
    PROMPT_ECHOED,
    TOKENS,
    REPEATED,
    COMPLETED,
    HIDDEN,
];

/// Shares of the latency that a delay may have beside its bounds in ms: (trusted, marginal).
pub const SHARES: (f64, f64) = (0.05, 0.2);
/// The same for what a burst adds at most: seen against a server's own log, it added a quarter of that or more.
pub const BURST_SHARES: (f64, f64) = (0.05, 0.5);

impl Bounds {
    /// The level of a value.
    pub fn level(&self, value: f64) -> VerdictLevel {
        let beyond = |bound: f64| if self.trusted > self.marginal { value < bound } else { value > bound };
        match (beyond(self.trusted), beyond(self.marginal)) {
            (_, true) => VerdictLevel::NotTrusted,
            (true, false) => VerdictLevel::Marginal,
            (false, false) => VerdictLevel::Trusted,
        }
    }

    /// Bounds in ms, made wider by [`SHARES`] of a latency: a delay that is small beside what is measured does no harm.
    pub(super) fn beside(self, latency_ms: f64) -> Self {
        self.wider(SHARES, latency_ms)
    }

    /// The same with shares of one's own, as (trusted, marginal).
    pub(super) fn wider(self, shares: (f64, f64), latency_ms: f64) -> Self {
        let trusted = self.trusted.max(shares.0 * latency_ms);
        Self { trusted, marginal: self.marginal.max(shares.1 * latency_ms), ..self }
    }

    /// The reason that a value gives, in these words.
    pub(super) fn reason(&self, value: f64, text: String) -> Option<Reason> {
        let (level, threshold) = (self.level(value), self.trusted);
        Some(Reason { level, text, measure: self.measure.to_owned(), value, threshold })
    }
}
