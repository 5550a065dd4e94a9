//! How values are distributed: all that a histogram is drawn from. No drawing.

use serde::{Deserialize, Serialize};

use super::bins::{self, Histogram, all_drawable, drawable};
use super::ticks::{Axis, duration, short};
use crate::metrics::stats::{order_for, percentile};

/// The percentiles that are marked.
pub(super) const MARKED: [f64; 3] = [50.0, 90.0, 99.0];

/// How values are distributed: of one size however many values there were. The default is of no values.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Distribution {
    pub(super) count: u32,
    pub(super) lowest: f64,
    pub(super) highest: f64,
    /// The values at the percentiles that are marked.
    pub(super) marked: [f64; MARKED.len()],
    pub(super) bins: Histogram,
}

impl Distribution {
    /// Most bins where the width that they will be drawn in is not known.
    const MOST_BINS: usize = 60;
    /// Of no values.
    pub(super) const NONE: Self =
        Self { count: 0, lowest: 0.0, highest: 0.0, marked: [0.0; MARKED.len()], bins: Histogram::NONE };

    /// Of durations in ms. Those that are not finite are left out.
    pub fn of_durations(values_ms: Vec<f64>) -> Self {
        Self::of(values_ms, |ordered| bins::durations(ordered, Self::MOST_BINS))
    }

    /// Of lengths in tokens.
    pub(super) fn of_lengths(lengths: Vec<f64>, most_bins: usize) -> Self {
        Self::of(lengths, |ordered| bins::whole(ordered, most_bins))
    }

    fn of(values: Vec<f64>, bins: impl FnOnce(&[f64]) -> Histogram) -> Self {
        let mut ordered = all_drawable(values);
        order_for(&mut ordered, &[bins::MADE_BY.as_slice(), &MARKED].concat());
        let (Some(lowest), Some(highest)) = (ordered.first(), ordered.last()) else { return Self::default() };
        Self {
            count: u32::try_from(ordered.len()).unwrap_or(u32::MAX),
            lowest: *lowest,
            highest: *highest,
            marked: MARKED.map(|percent| percentile(&ordered, percent)),
            bins: bins(&ordered),
        }
    }

    /// Whether it can be drawn: for one that was read from outside.
    pub fn is_sound(&self) -> bool {
        let bins = &self.bins;
        let among_the_bins = |value: f64| {
            let place = bins.place(value);
            drawable(value) && place >= bins.from - bins.width && place <= bins.to() + bins.width
        };
        let mut values = [self.lowest, self.highest].into_iter().chain(self.marked);
        self.count == 0 || (bins.is_sound() && values.all(among_the_bins))
    }
}

/// What the values of a histogram are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Measure {
    /// Durations in ms.
    Durations,
    /// Numbers of tokens, one per request.
    Lengths,
}

impl Measure {
    /// The axis that bins lie on, with about `count` ticks.
    pub(super) fn axis(self, bins: &Histogram, count: usize) -> Axis {
        match self {
            Self::Durations if bins.log => Axis::log_time(10f64.powf(bins.from), 10f64.powf(bins.to()), count),
            Self::Durations => Axis::time(bins.from, bins.to(), count),
            Self::Lengths => Axis::range(bins.from, bins.to(), count),
        }
    }

    /// What that axis is, where its labels do not say it.
    pub(super) fn axis_caption(self, bins: &Histogram) -> &'static str {
        match self {
            Self::Durations if bins.log => "logarithmic scale",
            Self::Durations => "",
            Self::Lengths => "tokens",
        }
    }

    /// A value in words.
    pub(super) fn in_words(self, value: f64) -> String {
        match self {
            Self::Durations => duration(value),
            Self::Lengths => format!("{} tokens", short(value)),
        }
    }

    /// A value where the axis says what it is.
    pub(super) fn beside_axis(self, value: f64) -> String {
        match self {
            Self::Durations => duration(value),
            Self::Lengths => short(value),
        }
    }

    /// What a bar counts.
    pub(super) fn counts(self) -> &'static str {
        match self {
            Self::Durations => "value",
            Self::Lengths => "request",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mark_far_from_its_bars_is_not_sound() {
        let spread = Distribution::of_durations(vec![100.0, 120.0, 150.0]);
        assert!(spread.is_sound() && Distribution::default().is_sound());
        let far = [1e12, -1e12, f64::NAN].map(|value| Distribution { marked: [value; 3], ..spread.clone() });
        assert!(far.iter().all(|spread| !spread.is_sound()));
    }

    proptest! {
        #[test]
        fn any_durations_are_sound(values in prop::collection::vec(prop_oneof![0.0..5000.0f64, 0.0..0.2f64, 1e3..1e9f64], 0..200)) {
            prop_assert!(Distribution::of_durations(values).is_sound());
        }
    }
}
