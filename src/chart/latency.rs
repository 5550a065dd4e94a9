//! How the values of a latency are distributed over the requests of a run.

use super::data::ChartData;
use super::distribution::{Distribution, Measure};
use super::histogram::histogram;
use super::kind::{ChartKind, Draw};
use super::output::{Chart, Size};
use crate::metrics::Metric;

/// The chart of a latency.
pub(super) fn kind(metric: Metric) -> ChartKind<ChartData> {
    ChartKind {
        name: metric.word(),
        label: metric.row().title,
        whole_width: false,
        height_px: |_| 240,
        draw: Draw::OfLatency(metric, |title, metric, data, size| distribution(title, data.latency(metric), size)),
    }
}

/// A histogram of durations with p50, p90 and p99 marked.
pub fn distribution(title: &str, durations: &Distribution, size: Size) -> Chart {
    histogram(title, durations, Measure::Durations, size)
}
