//! What happens during a run as a rate per second: output tokens, and requests that end.

use super::data::ChartData;
use super::kind::{ChartKind, Draw};
use super::output::{Chart, Size};
use super::plot::Words;
use super::sheet::empty;
use super::stepped::stepped;
use super::steps::Steps;
use super::ticks::{duration, short};

/// Output tokens.
pub(super) const TOKENS: ChartKind<ChartData> = ChartKind {
    name: "tokens",
    label: "Output tokens per second",
    whole_width: false,
    height_px: |_| 220,
    draw: Draw::Once(|title, data, size| rate_over_time(title, "tokens", &data.tokens, size)),
};

/// Requests that end, failed ones too.
pub(super) const ENDED: ChartKind<ChartData> = ChartKind {
    name: "ended",
    label: "Requests ended per second",
    draw: Draw::Once(|title, data, size| rate_over_time(title, "requests", &data.ended, size)),
    ..TOKENS
};

/// A rate over time. `unit` is what one counts, such as "tokens".
pub fn rate_over_time(title: &str, unit: &str, steps: &Steps, size: Size) -> Chart {
    if steps.values.is_empty() {
        return empty(title, &format!("No {unit} yet."), size);
    }
    let total: f64 = steps.bins().iter().map(|(from, to, rate)| rate * (to - from)).sum();
    let (mean, most) = (short(total / steps.end_ms), short(steps.highest()));
    let caption = format!("{unit}/s");
    let summary = format!("{mean} {caption} on average over {}, at most {most} {caption}.", duration(steps.end_ms));
    let words = Words { title, summary, y_caption: &caption, x_caption: "" };
    stepped(words, steps, false, size, |rate| format!("{} {caption}", short(rate)))
}
