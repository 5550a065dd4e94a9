//! Values to bins: histograms over a linear or a logarithmic axis, and sums over time. No drawing.

use serde::{Deserialize, Serialize};

use super::ticks::nice_step;
use crate::metrics::stats::percentile;

/// Smallest bin in ms: below it a browser's clock shows its own steps.
const LEAST_BIN_MS: f64 = 0.1;
/// More bins than this are not taken from outside.
pub(super) const MOST_READ_BINS: usize = 200;

/// A histogram.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Histogram {
    /// Lower edge of the first bin; a decimal logarithm when `log`.
    pub(super) from: f64,
    /// Width of each bin, in the same measure.
    pub(super) width: f64,
    /// Values in each bin. The first and last hold what lies beyond them too.
    pub(super) counts: Vec<u32>,
    /// Whether the edges are logarithms.
    pub(super) log: bool,
}

impl Histogram {
    /// Of no values.
    pub(super) const NONE: Self = Self { from: 0.0, width: 0.0, counts: Vec::new(), log: false };

    /// Upper edge of the last bin.
    pub(super) fn to(&self) -> f64 {
        self.from + self.width * self.counts.len() as f64
    }

    /// The edges of bin `i` as values.
    pub(super) fn edges(&self, i: usize) -> (f64, f64) {
        let edge = |i: usize| self.from + self.width * i as f64;
        if self.log { (10f64.powf(edge(i)), 10f64.powf(edge(i + 1))) } else { (edge(i), edge(i + 1)) }
    }

    /// Whether it can be drawn as it is: for one that was read from outside.
    pub(super) fn is_sound(&self) -> bool {
        let most = if self.log { 15.0 } else { 1e12 };
        let within = |edge: f64| edge.abs() <= most;
        (1..=MOST_READ_BINS).contains(&self.counts.len())
            && self.width > 0.0
            && within(self.from)
            && within(self.to())
            && self.from + self.width > self.from
    }

    /// Where a value lies on the axis.
    pub(super) fn place(&self, value: f64) -> f64 {
        if self.log { value.max(10f64.powf(self.from)).log10() } else { value }
    }

    fn count(mut self, values: &[f64]) -> Self {
        let last = self.counts.len() - 1;
        for value in values {
            let bin = ((self.place(*value) - self.from) / self.width + 1e-9) as usize;
            self.counts[bin.min(last)] += 1;
        }
        self
    }
}

/// The percentiles that bins are made by: values must be in order as far as these look ([`crate::metrics::stats::order_for`]).
pub(super) const MADE_BY: [f64; 4] = [0.0, 50.0, 95.0, 100.0];

/// Bins for finite, ordered, non-empty durations in ms; at most `most` of them. A long tail gets a logarithmic axis.
pub(super) fn durations(ordered: &[f64], most: usize) -> Histogram {
    let (lowest, highest) = (ordered[0], ordered[ordered.len() - 1]);
    let middle = percentile(ordered, 50.0);
    let bulk = percentile(ordered, 95.0);
    if middle > 0.0 && (highest > 30.0 * middle || (highest > 10.0 * bulk && ordered.len() >= 20)) {
        return logarithmic(ordered, most);
    }
    linear(ordered, lowest, highest, most, LEAST_BIN_MS)
}

/// Bins for finite, ordered, non-empty whole numbers.
pub(super) fn whole(ordered: &[f64], most: usize) -> Histogram {
    linear(ordered, ordered[0], ordered[ordered.len() - 1], most, 1.0)
}

fn linear(ordered: &[f64], lowest: f64, highest: f64, most: usize, least: f64) -> Histogram {
    // Few values deserve few bins; about twice the square root is the customary compromise.
    let wanted = ((ordered.len() as f64).sqrt() * 2.0).clamp(8.0, most.max(8) as f64);
    // When the values reach down towards zero, show the zero: lengths of bars and distances then both speak truth.
    let lowest = if lowest < 0.35 * highest && lowest >= 0.0 { 0.0 } else { lowest };
    let spread = (highest - lowest).max(highest.abs() * 0.02);
    let width = nice_step(spread / wanted).max(least);
    let mut first = (lowest / width + 1e-9).floor();
    let mut bins = ((highest / width + 1e-9).floor() - first + 1.0).max(1.0);
    // A lone bar says little without some axis around it.
    while bins < 5.0 {
        first -= if first * width > 0.0 { 1.0 } else { 0.0 };
        bins += 2.0;
    }
    Histogram { from: first * width, width, counts: vec![0; bins as usize], log: false }.count(ordered)
}

fn logarithmic(ordered: &[f64], most: usize) -> Histogram {
    let highest = ordered[ordered.len() - 1];
    let lowest = ordered.iter().copied().filter(|v| *v > 0.0).fold(highest, f64::min).max(LEAST_BIN_MS.min(highest));
    // Whole fractions of a decade, so that edges fall on the ticks at powers of ten.
    let decades = (highest / lowest).log10().max(0.1);
    let wanted = ((ordered.len() as f64).sqrt() * 2.0).clamp(8.0, most.max(8) as f64);
    let width = 1.0 / (wanted / decades).floor().clamp(1.0, 20.0);
    let first = (lowest.log10() / width + 1e-9).floor();
    let bins = ((highest.log10() / width + 1e-9).floor() - first + 1.0).max(1.0);
    Histogram { from: first * width, width, counts: vec![0; bins as usize], log: true }.count(ordered)
}

/// Whether a value can be drawn: finite, and (in ms) within thirty years.
pub(super) fn drawable(value: f64) -> bool {
    value.abs() <= 1e12
}

/// The values that can be drawn.
pub(super) fn all_drawable(mut values: Vec<f64>) -> Vec<f64> {
    values.retain(|value| drawable(*value));
    values
}

/// Sums over time: each bin as (from_ms, to_ms, sum). The last bin may be shorter, and a scrap is joined to the one
/// before it.
pub(super) fn over_time(events: &[(f64, f64)], end_ms: f64, most: usize, least_ms: f64) -> Vec<(f64, f64, f64)> {
    let Some(width) = time_bin_ms(end_ms, most, least_ms) else { return Vec::new() };
    let mut count = (end_ms / width).ceil().max(1.0) as usize;
    if count > 1 && end_ms - (count - 1) as f64 * width < width / 2.0 {
        count -= 1;
    }
    let mut sums = vec![0.0; count];
    for (at_ms, amount) in events {
        if drawable(*at_ms) && drawable(*amount) {
            sums[((at_ms / width).max(0.0) as usize).min(count - 1)] += amount;
        }
    }
    let edge = |i: usize| if i == count { end_ms } else { i as f64 * width };
    sums.into_iter().enumerate().map(|(i, sum)| (edge(i), edge(i + 1), sum)).collect()
}

/// A bin's width for a span of time: a nice one, for at most `most` bins.
pub(super) fn time_bin_ms(end_ms: f64, most: usize, least_ms: f64) -> Option<f64> {
    (drawable(end_ms) && end_ms > 0.0).then(|| nice_step((end_ms / most.max(1) as f64).max(least_ms)))
}
