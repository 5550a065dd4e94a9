//! The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), with both of its seedings: Python's `random` seeds
//! by key, NumPy's legacy generator by word, so that one seed gives two unrelated streams.

const WORDS: usize = 624;
const MIDDLE: usize = 397;

/// The generator: 624 words of state and how many of them are used up.
#[derive(Debug, Clone)]
pub struct Mt19937 {
    words: [u32; WORDS],
    used: usize,
}

impl Mt19937 {
    /// Seeded by one word, as NumPy's `seed(int)` does.
    pub fn from_word(seed: u32) -> Self {
        let mut words = [seed; WORDS];
        for i in 1..WORDS {
            words[i] = mixed(words[i - 1]).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { words, used: WORDS }
    }

    /// Seeded by a key of words, as Python's `seed(int)` does with the integer's words, the lowest first. An empty key
    /// counts as `[0]`.
    pub fn from_key(key: &[u32]) -> Self {
        let key = if key.is_empty() { &[0] } else { key };
        let Self { mut words, used } = Self::from_word(19_650_218);
        let mut i = 1;
        for j in 0..WORDS.max(key.len()) {
            let j = j % key.len();
            words[i] =
                (words[i] ^ mixed(words[i - 1]).wrapping_mul(1_664_525)).wrapping_add(key[j]).wrapping_add(j as u32);
            i = following(&mut words, i);
        }
        for _ in 1..WORDS {
            words[i] = (words[i] ^ mixed(words[i - 1]).wrapping_mul(1_566_083_941)).wrapping_sub(i as u32);
            i = following(&mut words, i);
        }
        words[0] = 0x8000_0000;
        Self { words, used }
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == WORDS {
            self.refill();
        }
        let mut y = self.words[self.used];
        self.used += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// A double in [0, 1) with 53 random bits, from two words.
    pub fn next_f64(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    fn refill(&mut self) {
        for k in 0..WORDS {
            let y = (self.words[k] & 0x8000_0000) | (self.words[(k + 1) % WORDS] & 0x7fff_ffff);
            let twist = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.words[k] = self.words[(k + MIDDLE) % WORDS] ^ (y >> 1) ^ twist;
        }
        self.used = 0;
    }
}

fn mixed(word: u32) -> u32 {
    word ^ (word >> 30)
}

/// The place after `i` when seeding by key: the last word is carried over to the front.
fn following(words: &mut [u32; WORDS], i: usize) -> usize {
    if i + 1 < WORDS {
        return i + 1;
    }
    words[0] = words[WORDS - 1];
    1
}
