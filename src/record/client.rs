//! What the client knows of itself in a run: its clock, its connections, how punctual it was, how the page was seen, and
//! what it was found to add to the times that it measures. The verdict is made from it.

use serde::{Deserialize, Serialize};

/// What the person sees of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visibility {
    /// In view.
    Visible,
    /// In a tab behind, or minimised.
    Hidden,
    /// Frozen by the browser.
    Frozen,
}

/// What the worker measured of itself during a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientReport {
    /// Smallest step of the clock, ms.
    pub clock_step_ms: f64,
    /// Whether the page is cross-origin isolated (a finer clock).
    pub cross_origin_isolated: bool,
    /// Lanes that requests were spread over: host names, each with the streams that it carries.
    pub lanes: u32,
    /// Streams that the planned connections carry at once.
    pub streams_that_fit: u32,
    /// Streams that the schedule was expected to want at its peak.
    pub wanted_streams: u32,
    /// Least time between two sends of a burst, which keeps requests out of the browser's own queue, ms; none where the
    /// run is no burst.
    pub send_gap_ms: Option<f64>,
    /// How much longer a request that asks for nothing took in a burst of that pace than alone, median, ms.
    pub burst_delay_ms: Option<f64>,
    /// Lateness of a regular tick of the event loop: (p50, p99, max), ms.
    pub event_loop_lag_ms: (f64, f64, f64),
    /// Intervals in which the page was hidden or frozen: (from, to, which), ms from t0.
    pub visibility: Vec<(f64, f64, Visibility)>,
    /// The browser, as it names itself.
    pub user_agent: String,
}

/// What the client adds to the times that it measures, found against the simulated server in a run like the planned one.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Calibration {
    /// Streams at once.
    pub streams: u32,
    /// Requests whose times were compared.
    pub requests: u32,
    /// Events a second that they brought together, on average.
    pub events_per_s: f64,
    /// What the page adds to TTFT, median, ms.
    pub ttft_added_p50_ms: f64,
    /// The same at p99.
    pub ttft_added_p99_ms: f64,
    /// How far a gap between tokens is off, either way, median, ms.
    pub itl_off_p50_ms: f64,
    /// The same at p99.
    pub itl_off_p99_ms: f64,
    /// Events a second that the page reads when they come as fast as the simulator gives them, one at a time.
    pub sustained_events_per_s: f64,
}
