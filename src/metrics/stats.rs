//! Mean, median, standard deviation and percentiles that equal NumPy's (before 2.3) to the last bit: the same
//! pairwise sums in blocks of 8192, the same interpolation. Values come in seconds and leave in milliseconds, with the
//! multiplication last, as in the Python reference.

use serde::{Deserialize, Serialize};

/// Statistics of one metric, in ms. An empty list gives zeros, as the reference does; `count` tells.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Stats {
    /// How many values.
    pub count: u32,
    /// Mean.
    pub mean_ms: f64,
    /// Median.
    pub median_ms: f64,
    /// Population standard deviation.
    pub std_ms: f64,
    /// (percentile, value), linear between the neighbours; p50, p90 and p99 are always there.
    pub percentiles_ms: Vec<(f64, f64)>,
}

impl Stats {
    /// The statistics of values in seconds.
    pub fn of_seconds(mut values_s: Vec<f64>, percentiles: &[f64]) -> Self {
        // Sums are taken first, for they are NumPy's in the order in which the values came.
        let (mean_ms, std_ms) = (mean(&values_s) * 1000.0, std(&values_s) * 1000.0);
        order_for(&mut values_s, percentiles);
        Self {
            count: u32::try_from(values_s.len()).unwrap_or(u32::MAX),
            mean_ms,
            median_ms: median(&values_s) * 1000.0,
            std_ms,
            percentiles_ms: percentiles.iter().map(|&p| (p, percentile(&values_s, p) * 1000.0)).collect(),
        }
    }

    /// The value at a percentile, if it was asked for.
    pub fn percentile_ms(&self, percentile: f64) -> Option<f64> {
        self.percentiles_ms.iter().find(|(p, _)| *p == percentile).map(|(_, value)| *value)
    }
}

/// Values in the order of [`f64::total_cmp`].
pub fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Puts values in the order of [`f64::total_cmp`] as far as these percentiles and the median look, which then read of
/// them what they would of sorted ones. Of a million gaps between tokens that is a fifth of the work of sorting them.
pub fn order_for(values: &mut [f64], percentiles: &[f64]) {
    let Some(last) = values.len().checked_sub(1) else { return };
    let mut from = 0;
    for percentile in sorted([percentiles, &[50.0]].concat()) {
        let below = rank(values.len(), percentile).0;
        for rank in [below.min(last), (below + 1).min(last)] {
            if rank >= from {
                values[from..].select_nth_unstable_by(rank - from, f64::total_cmp);
                from = rank + 1;
            }
        }
    }
}

/// NumPy's reduction works through its buffer of this many numbers and adds the buffers' sums one by one.
const BUFFER: usize = 8192;

/// The sum, in NumPy's order.
pub fn sum(values: &[f64]) -> f64 {
    if values.len() <= BUFFER {
        return pairwise(values);
    }
    values.chunks(BUFFER).fold(0.0, |total, block| total + pairwise(block))
}

/// Sums in eight running totals up to 128 numbers, and by halves (of a multiple of eight) beyond.
fn pairwise(values: &[f64]) -> f64 {
    let n = values.len();
    if n < 8 {
        return values.iter().fold(-0.0, |total, value| total + value);
    }
    if n > 128 {
        let half = n / 2 - (n / 2) % 8;
        return pairwise(&values[..half]) + pairwise(&values[half..]);
    }
    let mut groups = values.chunks_exact(8);
    let mut r = [-0.0; 8];
    for group in groups.by_ref() {
        for (total, value) in r.iter_mut().zip(group) {
            *total += value;
        }
    }
    let total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    groups.remainder().iter().fold(total, |total, value| total + value)
}

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { sum(values) / values.len() as f64 }
}

/// The population standard deviation; 0 of nothing.
pub fn std(values: &[f64]) -> f64 {
    let mean_value = mean(values);
    let squares: Vec<f64> = values.iter().map(|value| (value - mean_value) * (value - mean_value)).collect();
    mean(&squares).sqrt()
}

/// The median of sorted values; 0 of nothing.
pub fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[half],
        // NumPy takes the mean of the two, and a mean is a sum over a count.
        _ => (sorted[half - 1] + sorted[half]) / 2.0,
    }
}

/// A percentile (0 to 100) of sorted values, linear between the neighbours; 0 of nothing.
pub fn percentile(sorted: &[f64], percentile: f64) -> f64 {
    let Some(&last) = sorted.last() else { return 0.0 };
    let (below, share) = rank(sorted.len(), percentile);
    if below >= sorted.len() - 1 {
        return last;
    }
    let (low, high) = (sorted[below], sorted[below + 1]);
    let step = high - low;
    if share >= 0.5 { high - step * (1.0 - share) } else { low + step * share }
}

/// Where a percentile of this many values lies, of which there are some: on a rank, from 0, and by a share beyond it.
fn rank(count: usize, percentile: f64) -> (usize, f64) {
    let at = (count - 1) as f64 * (percentile / 100.0);
    (at.floor().max(0.0) as usize, at - at.floor())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_gives_zeros() {
        let stats = Stats::of_seconds(Vec::new(), &[50.0, 99.0]);
        assert_eq!(stats, Stats { percentiles_ms: vec![(50.0, 0.0), (99.0, 0.0)], ..Stats::default() });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn percentiles_lie_between_their_neighbours(mut values in prop::collection::vec(-1e6..1e6f64, 1..300), p in 0.0..100.0f64) {
            values.sort_unstable_by(f64::total_cmp);
            let value = percentile(&values, p);
            let at = (values.len() - 1) as f64 * (p / 100.0);
            prop_assert!(values[at.floor() as usize] <= value && value <= values[at.ceil() as usize]);
        }

        #[test]
        fn values_ordered_for_percentiles_have_those_of_sorted_ones(
            values in prop::collection::vec(any::<f64>(), 0..400), percentiles in prop::collection::vec(0.0..=100.0f64, 0..6),
        ) {
            let (sorted, mut ordered) = (sorted(values.clone()), values);
            order_for(&mut ordered, &percentiles);
            prop_assert_eq!(median(&ordered).to_bits(), median(&sorted).to_bits());
            for p in percentiles {
                prop_assert_eq!(percentile(&ordered, p).to_bits(), percentile(&sorted, p).to_bits());
            }
        }

        #[test]
        fn sums_are_close_to_a_plain_loop(values in prop::collection::vec(0.0..1.0f64, 0..10_000)) {
            let plain: f64 = values.iter().sum();
            prop_assert!((sum(&values) - plain).abs() <= 1e-9 * plain.max(1.0));
        }
    }
}
