//! Confidence intervals by the bootstrap: how far a statistic of two runs may differ by chance alone, taken from
//! drawing each run's requests again with replacement. The generator is seeded, so that the same files always give the
//! same intervals.

use super::figures::Statistic;
use crate::metrics::stats::{self, percentile};

/// How often each run is drawn again.
const DRAWS: usize = 400;
/// The share of differences that an interval holds.
const CONFIDENCE: f64 = 0.95;
/// With fewer requests than this an interval says nothing.
const FEWEST: usize = 8;
/// Values of one run that are drawn from; of more, evenly spread ones stand for all.
const MOST: usize = 4000;

/// The intervals that hold the differences (second less first) of each of [`Statistic::ALL`] with 95 % confidence; none
/// of too few values. The values are one a request.
pub(super) fn differences(first: &[f64], second: &[f64]) -> Option<[(f64, f64); 3]> {
    if first.len().min(second.len()) < FEWEST {
        return None;
    }
    let (first, second) = (Sample::new(first), Sample::new(second));
    let mut random = SplitMix(0x5EED);
    let draws: Vec<([f64; 3], [f64; 3])> =
        (0..DRAWS).map(|_| (first.draw(&mut random), second.draw(&mut random))).collect();
    let whole = |sample: &Sample| sample.statistics(&vec![1; sample.sorted.len()]);
    let (one, two) = (whole(&first), whole(&second));
    // Of m values drawn for n, a statistic varies sqrt(n / m) times as much as of all n.
    let narrower = first.share().max(second.share()).sqrt();
    let interval = |statistic: usize| {
        let mut differences: Vec<f64> = draws.iter().map(|(one, two)| two[statistic] - one[statistic]).collect();
        differences.sort_unstable_by(f64::total_cmp);
        let middle = two[statistic] - one[statistic];
        let at = |percent: f64| middle + (percentile(&differences, percent) - middle) * narrower;
        let tail = (1.0 - CONFIDENCE) / 2.0 * 100.0;
        (at(tail), at(100.0 - tail))
    };
    Some([interval(0), interval(1), interval(2)])
}

/// Sorted values to draw from.
struct Sample {
    sorted: Vec<f64>,
    /// How many values they stand for.
    all: usize,
}

impl Sample {
    fn new(values: &[f64]) -> Self {
        let mut sorted = stats::sorted(values.to_vec());
        let all = sorted.len();
        if all > MOST {
            sorted = (0..MOST).map(|i| sorted[(2 * i + 1) * all / (2 * MOST)]).collect();
        }
        Self { sorted, all }
    }

    /// The share of the values that is drawn from.
    fn share(&self) -> f64 {
        self.sorted.len() as f64 / self.all as f64
    }

    /// The statistics of as many values as there are, drawn with replacement.
    fn draw(&self, random: &mut SplitMix) -> [f64; 3] {
        let n = self.sorted.len();
        let mut times_drawn = vec![0_u32; n];
        for _ in 0..n {
            times_drawn[random.below(n)] += 1;
        }
        self.statistics(&times_drawn)
    }

    /// The statistics of the values, each taken so many times, in the order of [`Statistic::ALL`]. Counting gives them
    /// in order without a sort.
    fn statistics(&self, times: &[u32]) -> [f64; 3] {
        let n = self.sorted.len();
        let sum: f64 = self.sorted.iter().zip(times).map(|(value, &times)| value * f64::from(times)).sum();
        let at = |rank: usize| {
            let mut seen = 0;
            let place = times.iter().position(|&times| {
                seen += times as usize;
                seen > rank
            });
            self.sorted[place.unwrap_or(n - 1)]
        };
        let percentile = |share: f64| {
            let rank = (n - 1) as f64 * share;
            let (low, high) = (at(rank.floor() as usize), at(rank.ceil() as usize));
            low + (high - low) * rank.fract()
        };
        Statistic::ALL.map(|statistic| match statistic {
            Statistic::Mean => sum / n as f64,
            Statistic::Median => percentile(0.5),
            Statistic::P99 => percentile(0.99),
        })
    }
}

/// Steele, Lea and Flood's SplitMix64.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `n`, by the high half of a product.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normals(seed: u64, mean: f64) -> Vec<f64> {
        many_normals(seed, mean, 300)
    }

    fn many_normals(seed: u64, mean: f64, count: usize) -> Vec<f64> {
        let mut random = SplitMix(seed);
        let mut uniform = || (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
        (0..count).map(|_| mean + (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect()
    }

    #[test]
    fn the_interval_of_a_mean_is_as_wide_as_theory_says() {
        let [(low, high), ..] = differences(&normals(1, 10.0), &normals(2, 12.0)).unwrap();
        // The standard error of the difference is sqrt(2 / 300) = 0.082; 95 % are 3.92 of it.
        assert!((high - low - 0.32).abs() < 0.06, "{low} {high}");
        assert!(low < 2.1 && high > 1.9);
    }

    #[test]
    fn many_requests_give_an_interval_as_narrow_as_theirs() {
        let n = 40_000;
        let [(low, high), ..] = differences(&many_normals(4, 10.0, n), &many_normals(5, 10.5, n)).unwrap();
        // 3.92 standard errors of sqrt(2 / 40,000).
        assert!((high - low - 0.0277).abs() < 0.006 && low < 0.5 && high > 0.5, "{low} {high}");
    }

    #[test]
    fn equal_runs_differ_by_nothing_and_few_values_say_nothing() {
        let values = normals(3, 5.0);
        let intervals = differences(&values, &values);
        assert!(intervals.unwrap().iter().all(|(low, high)| *low <= 0.0 && *high >= 0.0));
        assert_eq!(differences(&values, &values), intervals);
        assert_eq!(differences(&values[..7], &values), None);
    }
}
