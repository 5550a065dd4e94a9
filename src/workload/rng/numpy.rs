//! NumPy's legacy generator (`numpy.random.seed` and the module's functions): the integers, exponentials and gammas
//! that the reference, and vLLM after it, draw lengths and waits with.
//!
//! `randint` and `exponential` are bit-equal to NumPy on Linux with a CPU that has FMA, natively and in wasm alike, and
//! so is `gamma` for shapes above 1. For shapes below 1 it needs a power, which in wasm may differ in the last digit.

use super::log::ln;
use super::mt19937::Mt19937;

/// The stream of `numpy.random.seed(seed)`.
#[derive(Debug, Clone)]
pub struct NumpyRandom {
    words: Mt19937,
    /// The polar method makes normals in pairs; this one waits to be asked for.
    spare_normal: Option<f64>,
}

/// A range that holds no integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("There is no whole number from {low} up to, but not including, {high}")]
pub struct EmptyRange {
    /// Lower bound, included.
    pub low: i64,
    /// Upper bound, not included.
    pub high: i64,
}

impl NumpyRandom {
    /// As `numpy.random.seed(seed)`.
    pub fn new(seed: u32) -> Self {
        Self { words: Mt19937::from_word(seed), spare_normal: None }
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        self.words.next_u32()
    }

    /// As `random_sample()`: a double in [0, 1).
    pub fn random_sample(&mut self) -> f64 {
        self.words.next_f64()
    }

    /// As `randint(low, high, size)`: `size` integers from `low` up to, but not including, `high`.
    ///
    /// # Errors
    /// When the range is empty and `size` is not 0.
    pub fn randint(&mut self, low: i64, high: i64, size: usize) -> Result<Vec<i64>, EmptyRange> {
        if size > 0 && low >= high {
            return Err(EmptyRange { low, high });
        }
        // With size 0 the width may be nonsense; nothing is drawn then.
        let width = high.wrapping_sub(1).wrapping_sub(low) as u64;
        Ok((0..size).map(|_| low.wrapping_add(self.at_most(width) as i64)).collect())
    }

    /// An integer from 0 to `limit`, by masking and rejecting; for 0 no word is used.
    fn at_most(&mut self, limit: u64) -> u64 {
        let mask = u64::MAX.checked_shr(limit.leading_zeros()).unwrap_or(0);
        loop {
            let drawn = match limit {
                0 => 0,
                1..=0xffff_ffff => u64::from(self.next_u32()),
                _ => u64::from(self.next_u32()) << 32 | u64::from(self.next_u32()),
            };
            if drawn & mask <= limit {
                return drawn & mask;
            }
        }
    }

    /// As `exponential(scale)`.
    pub fn exponential(&mut self, scale: f64) -> f64 {
        scale * self.standard_exponential()
    }

    /// As `gamma(shape, scale)`, for shapes above 0.
    pub fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        scale
            * if shape == 1.0 {
                self.standard_exponential()
            } else if shape < 1.0 {
                self.gamma_below_one(shape)
            } else {
                self.gamma_above_one(shape)
            }
    }

    fn standard_exponential(&mut self) -> f64 {
        -ln(1.0 - self.random_sample())
    }

    /// A standard gamma by rejection from two pieces, a power and an exponential (Ahrens and Dieter, 1974).
    fn gamma_below_one(&mut self, shape: f64) -> f64 {
        loop {
            let u = self.random_sample();
            let v = self.standard_exponential();
            let (x, limit) = if u <= 1.0 - shape {
                (u.powf(1.0 / shape), v)
            } else {
                let y = -ln((1.0 - u) / shape);
                ((1.0 - shape + shape * y).powf(1.0 / shape), v + y)
            };
            if x <= limit {
                return x;
            }
        }
    }

    /// A standard gamma by squeezing a cubed normal (Marsaglia and Tsang, 2000).
    fn gamma_above_one(&mut self, shape: f64) -> f64 {
        let b = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * b).sqrt();
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            let u = self.random_sample();
            let accepted = u < 1.0 - 0.0331 * (x * x) * (x * x) || ln(u) < 0.5 * x * x + b * (1.0 - v + ln(v));
            if accepted {
                return b * v;
            }
        }
    }

    /// A standard normal by Marsaglia's polar method.
    fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        loop {
            let x1 = 2.0 * self.random_sample() - 1.0;
            let x2 = 2.0 * self.random_sample() - 1.0;
            let square = x1 * x1 + x2 * x2;
            if square < 1.0 && square != 0.0 {
                let f = (-2.0 * ln(square) / square).sqrt();
                self.spare_normal = Some(f * x1);
                return f * x2;
            }
        }
    }
}
