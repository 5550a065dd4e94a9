//! One value per latency of the table.

use std::array;
use std::ops::{Index, IndexMut};

use super::Metric;

/// One value per latency, by [`Metric`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PerMetric<T>([T; Metric::COUNT]);

impl<T> PerMetric<T> {
    /// The values that a function gives.
    pub fn from_fn(value: impl Fn(Metric) -> T) -> Self {
        Self(array::from_fn(|place| value(Metric::ALL[place])))
    }

    /// Every latency with its value, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, &T)> {
        Metric::ALL.iter().copied().zip(&self.0)
    }
}

impl<T> Index<Metric> for PerMetric<T> {
    type Output = T;

    fn index(&self, metric: Metric) -> &T {
        &self.0[metric as usize]
    }
}

impl<T> IndexMut<Metric> for PerMetric<T> {
    fn index_mut(&mut self, metric: Metric) -> &mut T {
        &mut self.0[metric as usize]
    }
}

/// The given values; the default of the others.
impl<T: Default, const N: usize> From<[(Metric, T); N]> for PerMetric<T> {
    fn from(known: [(Metric, T); N]) -> Self {
        let mut all = Self::from_fn(|_| T::default());
        for (metric, value) in known {
            all[metric] = value;
        }
        all
    }
}
