//! How values are distributed, finely enough to be drawn as a line. No drawing.

use super::bins::all_drawable;
use crate::metrics::stats::{percentile, sorted};

/// Steps of a curve.
pub(super) const STEPS: usize = 200;

/// The value at each of 201 percentiles from 0 to 100, or nothing where there are no values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve(Vec<f64>);

impl Curve {
    /// Of no values.
    pub(super) const NONE: Self = Self(Vec::new());

    /// Of durations in ms. Those that are not finite are left out.
    pub fn of_durations(values_ms: Vec<f64>) -> Self {
        let sorted = sorted(all_drawable(values_ms));
        if sorted.is_empty() {
            return Self::NONE;
        }
        Self((0..=STEPS).map(|step| percentile(&sorted, percent(step))).collect())
    }

    /// The value at each step, or nothing.
    pub(super) fn values(&self) -> &[f64] {
        &self.0
    }
}

/// The percentile of a step.
pub(super) fn percent(step: usize) -> f64 {
    step as f64 * 100.0 / STEPS as f64
}
