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

#[cfg(test)]
mod tests {
    use super::*;

    /// (shape, the first three draws after `seed(42)`, the 2000th, the uniform after it), by NumPy 1.26.4.
    const GAMMAS: [(f64, [f64; 3], f64, f64); 5] = [
        (
            0.25,
            [0.010495233463347223, 0.15311885570469383, 0.0003160128075921617],
            0.0005479208956039071,
            0.6775458051837758,
        ),
        (
            0.9,
            [0.05762941756553077, 0.17977831540849668, 0.019046708989002556],
            0.07372777869437877,
            0.8736185287372153,
        ),
        (1.0, [0.06256907866358122, 0.40134952412233615, 0.1755660924727266], 0.04420617247931521, 0.26170568373590597),
        (2.5, [0.1591005528226567, 0.10503749106570734, 0.09813094062643085], 0.09860175926138659, 0.13812529314024724),
        (30.0, [0.14424533496649988, 0.12853304562923956, 0.1262643973934701], 0.13107195825317974, 0.5848278113057909),
    ];

    #[test]
    fn gammas_are_numpys() {
        for (shape, head, last, after) in GAMMAS {
            let mut numpy = NumpyRandom::new(42);
            let drawn: Vec<f64> = (0..2000).map(|_| numpy.gamma(shape, 1.0 / (7.5 * shape))).collect();
            let near = |ours: f64, theirs: f64| (ours - theirs).abs() <= 1e-14 * theirs;
            assert!(drawn.iter().zip(head).all(|(ours, theirs)| near(*ours, theirs)), "{shape}: {:?}", &drawn[..3]);
            assert!(near(drawn[1999], last), "{shape}: {}", drawn[1999]);
            assert_eq!(numpy.random_sample(), after, "{shape}");
        }
    }

    #[test]
    fn an_empty_range_is_refused_unless_nothing_is_asked() {
        assert_eq!(NumpyRandom::new(0).randint(3, 3, 1), Err(EmptyRange { low: 3, high: 3 }));
        assert_eq!(NumpyRandom::new(0).randint(3, 3, 0), Ok(vec![]));
    }
}
