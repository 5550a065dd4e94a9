//! From settings, dataset and tokenizer to the list of requests, prompt for prompt what the Python reference sends.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

use crate::dataset::file::RandomAccess;
use crate::dataset::{self, DrawError, DrawProgress, Drawn, Request, Source};
use crate::rng::Generators;
use crate::schedule::{Schedule, ScheduleError};
use crate::settings::Settings;
use crate::text::tokenize::Tokenize;

/// What the page shows of a workload before it is run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WorkloadSummary {
    /// Requests made; may be fewer than asked for.
    pub requests: u32,
    /// Conversations (or lines) in the dataset; none for random tokens.
    pub dataset_entries: Option<u32>,
    /// Entries passed over, by reason in words: ("fewer than two turns", 12).
    pub dropped: Vec<(String, u32)>,
    /// Each request's prompt length in tokens.
    pub prompt_lens: Vec<u32>,
    /// Each request's asked output length in tokens.
    pub output_lens: Vec<u32>,
    /// The first few prompts, whole.
    pub first_prompts: Vec<String>,
    /// SHA-256 over all prompts and lengths: equal workloads have equal hashes.
    pub sha256: String,
    /// Requests whose prompt repeats an earlier one's.
    pub repeated_prompts: u32,
    /// Other requests whose prompt begins as an earlier one's does: with the same [`PREFIX_BYTES`] bytes.
    pub repeated_prefixes: u32,
    /// When each request is due, in ms from the start.
    pub intended_ms: Vec<f64>,
    /// From the start to the end of the last wait, in s.
    pub schedule_span_s: f64,
}

/// A workload that is ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// The requests, in order. The first one is also the test request.
    pub requests: Vec<Request>,
    /// When each is due.
    pub schedule: Schedule,
    /// What it looks like.
    pub summary: WorkloadSummary,
}

/// What a workload error is about, so that it can be shown where a person can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The settings.
    Settings,
    /// The dataset.
    Dataset,
    /// The tokenizer or its chat template.
    Tokenizer,
}

/// Why there is no workload.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WorkloadError {
    /// Nothing can be drawn from the dataset.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// Rate, burstiness or ramp-up are at fault.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

impl WorkloadError {
    /// What it is about.
    pub fn part(&self) -> Part {
        match self {
            Self::Draw(DrawError::Dataset(_)) => Part::Dataset,
            Self::Draw(DrawError::Tokenizer(_)) => Part::Tokenizer,
            Self::Draw(DrawError::Settings(_)) | Self::Schedule(_) => Part::Settings,
        }
    }
}

/// Prompts that have so many bytes at their beginning in common share a prefix: it is about the 16 tokens that servers
/// keep together in a prefix cache.
pub const PREFIX_BYTES: usize = 64;
/// How many prompts the summary shows.
const FIRST_PROMPTS: usize = 5;

/// Makes the workload of a run: both generators are seeded, the prompts are sampled, and the waits are drawn from where
/// sampling left the generators.
///
/// # Errors
/// When settings, dataset or tokenizer do not allow one; see [`WorkloadError::part`].
pub async fn prepare<R: RandomAccess + ?Sized>(
    settings: &Settings,
    dataset: Option<&R>,
    tokenizer: &impl Tokenize,
    mut progress: impl FnMut(DrawProgress),
) -> Result<Workload, WorkloadError> {
    let mut generators = Generators::from_seed(settings.seed);
    let source = Source { settings, file: dataset, tokenizer, generators: &mut generators, progress: &mut progress };
    let Drawn { requests, entries, dropped } = dataset::draw(source).await?;
    let schedule = Schedule::draw(settings, requests.len(), &mut generators.numpy)?;
    let mut summary = WorkloadSummary { dataset_entries: entries, dropped, ..WorkloadSummary::default() };
    summary.describe(&requests, &schedule);
    Ok(Workload { requests, schedule, summary })
}

impl WorkloadSummary {
    /// Fills in what the requests and the schedule tell.
    fn describe(&mut self, requests: &[Request], schedule: &Schedule) {
        self.requests = requests.len() as u32;
        self.prompt_lens = requests.iter().map(|request| request.prompt_len).collect();
        self.output_lens = requests.iter().map(|request| request.output_len).collect();
        self.first_prompts = requests.iter().take(FIRST_PROMPTS).map(|request| request.prompt.clone()).collect();
        (self.repeated_prompts, self.repeated_prefixes) = repeats(requests);
        self.sha256 = sha256(requests);
        self.intended_ms = schedule.intended_ms.clone();
        self.schedule_span_s = schedule.span_s();
    }
}

/// How many prompts repeat an earlier one, and how many others begin as an earlier one does.
fn repeats(requests: &[Request]) -> (u32, u32) {
    let (mut seen, mut begun) = (HashSet::new(), HashSet::new());
    let (mut prompts, mut prefixes) = (0, 0);
    for Request { prompt, .. } in requests {
        let begins_anew = prompt.as_bytes().get(..PREFIX_BYTES).is_none_or(|start| begun.insert(start));
        if !seen.insert(prompt.as_str()) {
            prompts += 1;
        } else if !begins_anew {
            prefixes += 1;
        }
    }
    (prompts, prefixes)
}

/// A prompt for the `nth` request outside of a run: much like this one of the run, no longer, and with a beginning of its
/// own, so that no prefix cache has met the run's prompts before.
pub fn prompt_outside(prompt: &str, nth: u32) -> String {
    let mark = format!("Test {nth}. ");
    let replaced = (2 * mark.len()).min(prompt.len());
    let rest = (replaced..prompt.len()).find(|at| prompt.is_char_boundary(*at)).map_or("", |at| &prompt[at..]);
    mark + rest
}

/// SHA-256 in hexadecimal over, for each request, its prompt length, output length and the prompt's size in bytes, as
/// eight little-endian bytes each, and the prompt.
pub fn sha256(requests: &[Request]) -> String {
    let mut hasher = Sha256::new();
    for Request { prompt, prompt_len, output_len } in requests {
        for number in [u64::from(*prompt_len), u64::from(*output_len), prompt.len() as u64] {
            hasher.update(number.to_le_bytes());
        }
        hasher.update(prompt);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
