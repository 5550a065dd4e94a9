//! The random generators of the Python reference, word for word: the same seed gives the same prompts and waits.

mod log;
mod log_table;
mod mt19937;
mod numpy;
mod python;

pub use log::ln;
pub use mt19937::Mt19937;
pub use numpy::{EmptyRange, NumpyRandom};
pub use python::PythonRandom;

/// Both generators of the reference's process. They are seeded once, the samplers draw from them, and the schedule goes
/// on from where the samplers stopped.
#[derive(Debug, Clone)]
pub struct Generators {
    /// `random`, which draws conversations and lines.
    pub python: PythonRandom,
    /// `numpy.random`, which draws random lengths and all waits.
    pub numpy: NumpyRandom,
}

impl Generators {
    /// Both, seeded as the reference seeds them.
    pub fn from_seed(seed: u32) -> Self {
        Self { python: PythonRandom::new(seed), numpy: NumpyRandom::new(seed) }
    }
}
