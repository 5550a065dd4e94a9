//! The page and the prepare worker, which makes workloads and counts the tokens of outputs.

use serde::{Deserialize, Serialize};

use super::{FromWorker, Greeting, Job, StageError};
use crate::dataset::Request;
use crate::settings::Settings;
use crate::workload::WorkloadSummary;

/// The name that the page gives to the prepare worker. Every other name means a run worker, and all run one program.
pub const WORKER_NAME: &str = "prepare";

/// What the page asks of the prepare worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToPreparer {
    /// Read dataset and tokenizer, make the workload and the schedule; answer `Prepared` or `Failed`. The tokenizer is
    /// kept for `Count`.
    Prepare(Box<Job>),
    /// Count the tokens of these texts, none where there is none; answer `Counted`.
    Count(Vec<Option<String>>),
}

/// What the prepare worker tells the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromPreparer {
    /// The worker is loaded.
    Ready(Greeting),
    /// Preparing goes on: what is being done, and how far (0 to 1) where that is known.
    Preparing {
        /// In words: "Reading the dataset".
        step: String,
        /// Share done.
        fraction: Option<f64>,
    },
    /// The workload is made.
    Prepared(Box<Prepared>),
    /// How many tokens each text has; none where there is no text, or it could not be counted.
    Counted(Vec<Option<u32>>),
    /// What was asked for could not be done; the worker is ready for the next command.
    Failed(StageError),
}

impl FromWorker for FromPreparer {
    fn greeting(&self) -> Option<&Greeting> {
        match self {
            Self::Ready(greeting) => Some(greeting),
            _ => None,
        }
    }
}

/// A workload that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// The settings that it was made with, which the run uses too.
    pub settings: Settings,
    /// What it looks like.
    pub summary: WorkloadSummary,
    /// The requests themselves.
    pub requests: Vec<Request>,
    /// The waits of the schedule in s.
    pub intervals_s: Vec<f64>,
    /// What making it took.
    pub cost: PrepareCost,
}

/// What making a workload took in the worker.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PrepareCost {
    /// From the command to the workload, downloads included, ms.
    pub preparing_ms: f64,
    /// Size of the worker's WebAssembly memory afterwards, in bytes. It never shrinks, so this is the most it ever was.
    pub memory_bytes: u64,
}
