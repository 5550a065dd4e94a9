//! How many requests were in flight over the time of a run.

use super::data::ChartData;
use super::kind::{ChartKind, Draw};
use super::output::{Chart, Size};
use super::plot::Words;
use super::sheet::empty;
use super::stepped::stepped;
use super::steps::Steps;
use super::ticks::{counted, duration, number};

/// Requests in flight.
pub(super) const KIND: ChartKind<ChartData> = ChartKind {
    name: "in-flight",
    label: "Requests in flight",
    whole_width: false,
    height_px: |_| 220,
    draw: Draw::Once(|title, data, size| in_flight(title, &data.in_flight, size)),
};

/// The most requests in flight in each bin of time.
pub fn in_flight(title: &str, steps: &Steps, size: Size) -> Chart {
    let most = steps.highest();
    if most == 0.0 {
        return empty(title, "Nothing was sent yet.", size);
    }
    let summary = format!("At most {} at once over {}.", counted(most as usize, "request"), duration(steps.end_ms));
    let words = Words { title, summary, y_caption: "requests", x_caption: "" };
    stepped(words, steps, true, size, |count| format!("{} in flight", number(count, 0)))
}
