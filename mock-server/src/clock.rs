//! The one clock of the mock: monotonic milliseconds since its start, tied once to Unix time, so that a client in
//! another process can place its own times beside the log's.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since the mock's start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
    start_unix_ms: f64,
}

impl Clock {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "native: this is the Clock that the rule asks for")]
    pub(crate) fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), start_unix_ms: unix.as_secs_f64() * 1e3 }
    }

    /// Now, in ms since the start.
    pub(crate) fn now_ms(&self) -> f64 {
        self.start.elapsed().as_secs_f64() * 1e3
    }

    /// The start as Unix time, ms.
    pub(crate) fn start_unix_ms(&self) -> f64 {
        self.start_unix_ms
    }

    /// How long from now to a time in ms since the start; none if it has come.
    pub(crate) fn until(&self, at_ms: f64) -> Option<Duration> {
        let wait_ms = at_ms - self.now_ms();
        // Times beyond a day are as good as never, and keep the conversion in range.
        (wait_ms > 0.0).then(|| Duration::from_secs_f64(wait_ms.min(86_400_000.0) / 1e3))
    }
}
