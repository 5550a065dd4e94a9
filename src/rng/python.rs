//! CPython's `random.Random`: the integers, `shuffle` and `sample` that the reference draws its prompts with.

use std::collections::HashSet;

use super::mt19937::Mt19937;

/// The stream of `random.seed(seed)`.
#[derive(Debug, Clone)]
pub struct PythonRandom(Mt19937);

impl PythonRandom {
    /// As `random.seed(seed)`.
    pub fn new(seed: u32) -> Self {
        Self(Mt19937::from_key(&[seed]))
    }

    /// As `random.random()`: a double in [0, 1).
    pub fn random(&mut self) -> f64 {
        self.0.next_f64()
    }

    /// As `random.getrandbits(bits)`, for 0 to 64 bits: words come lowest first, and each gives its top bits.
    pub fn getrandbits(&mut self, bits: u32) -> u64 {
        match bits {
            0 => 0,
            1..=32 => u64::from(self.0.next_u32() >> (32 - bits)),
            _ => {
                let low = u64::from(self.0.next_u32());
                let high = u64::from(self.0.next_u32() >> (64 - bits.min(64)));
                high << 32 | low
            }
        }
    }

    /// As `random.randrange(n)`: an integer below `n`. The bits tried are those of `n`, not of `n - 1`.
    pub fn below(&mut self, n: u64) -> u64 {
        let bits = u64::BITS - n.leading_zeros();
        loop {
            let drawn = self.getrandbits(bits);
            if drawn < n || n == 0 {
                return drawn;
            }
        }
    }

    /// As `random.shuffle(items)`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.index_below(i + 1);
            items.swap(i, j);
        }
    }

    /// The places that `random.sample(items, count)` takes from `len` items, in its order; none when there are too few.
    pub fn sample(&mut self, len: usize, count: usize) -> Option<Vec<usize>> {
        if count > len {
            return None;
        }
        if len <= pool_limit(count) {
            return Some(self.sample_from_pool(len, count));
        }
        let mut taken = HashSet::with_capacity(count);
        let draw = |_| loop {
            let j = self.index_below(len);
            if taken.insert(j) {
                return j;
            }
        };
        Some((0..count).map(draw).collect())
    }

    fn sample_from_pool(&mut self, len: usize, count: usize) -> Vec<usize> {
        let mut pool: Vec<usize> = (0..len).collect();
        let mut sample = Vec::with_capacity(count);
        for left in (len - count + 1..=len).rev() {
            let j = self.index_below(left);
            sample.push(pool[j]);
            pool[j] = pool[left - 1];
        }
        sample
    }

    fn index_below(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }
}

/// The longest list that `sample` copies to draw from; from longer ones it draws places until they differ.
fn pool_limit(count: usize) -> usize {
    let mut table = 1;
    while count > 5 && table < 3 * count {
        table *= 4;
    }
    if count > 5 { 21 + table } else { 21 }
}
