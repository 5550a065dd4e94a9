//! The two sides that draw the same prompts: Python with its `json` and the `tokenizers` wheel, and the page in a headless
//! browser.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use streamgauge::load::protocol::PrepareCost;
use streamgauge::settings::{DatasetName, Settings};
use streamgauge::workload::{Request, sha256};

use super::{NUM_PROMPTS, SEED};
use crate::bench::run_page;
use crate::static_server::StaticServer;
use crate::{Doing, Error, root};

/// What both sides work with.
pub(super) struct Files {
    /// The dataset.
    pub(super) dataset: PathBuf,
    /// The folder with tokenizer.json.
    pub(super) tokenizer: PathBuf,
    /// Python with the reference's packages.
    pub(super) python: PathBuf,
    /// The built site.
    pub(super) dist: PathBuf,
}

/// What one draw in Python came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Reference {
    /// `json.load`, s.
    pub(super) load_s: f64,
    /// Filter, shuffle, tokenize and prune, s.
    pub(super) sample_s: f64,
    /// Most memory of the process.
    pub(super) peak_bytes: u64,
    /// Prompts drawn.
    pub(super) count: u32,
    /// Over the requests.
    pub(super) sha256: String,
}

/// What one draw in the page came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Page {
    /// From the first request for the dataset to the outcome's arrival, s.
    pub(super) total_s: f64,
    /// What the worker measured, the tokenizer's loading included, ms.
    pub(super) preparing_ms: f64,
    /// The worker's WebAssembly memory.
    pub(super) memory_bytes: u64,
    /// Prompts drawn.
    pub(super) count: u32,
    /// Over the requests.
    pub(super) sha256: String,
}

/// Draws in Python.
pub(super) fn reference(files: &Files) -> Result<Reference, Error> {
    let mut command = Command::new(&files.python);
    command.arg(root().join("xtask/python/sample_sharegpt.py")).arg(&files.dataset);
    command.arg(files.tokenizer.join("tokenizer.json")).args([NUM_PROMPTS.to_string(), SEED.to_string()]);
    let done = command.output().doing(|| format!("start {}", files.python.display()))?;
    serde_json::from_slice(&done.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&done.stderr);
        Error::Said(format!("the reference side failed ({}): {}", done.status, said.trim_end()))
    })
}

/// The folders of dataset and tokenizer, as the page sees them.
const DATASET: &str = "bench-dataset";
const TOKENIZER: &str = "bench-tokenizer";
/// How long the page may take.
const LIMIT: Duration = Duration::from_secs(600);

/// The page's outcome of a dry run.
#[derive(Deserialize)]
struct Outcome {
    error: Option<String>,
    #[serde(default)]
    requests: Vec<Request>,
    #[serde(default)]
    cost: PrepareCost,
}

/// Draws in the page. The browser's start is not counted.
pub(super) fn page(files: &Files) -> Result<Page, Error> {
    let beside = |path: Option<&std::path::Path>| path.map(std::path::Path::to_owned).unwrap_or_default();
    let folders = [(DATASET, beside(files.dataset.parent())), (TOKENIZER, files.tokenizer.clone())];
    let server = StaticServer::start_with(&files.dist, &folders, 0).doing(|| "start a server for the page".into())?;
    let name = files.dataset.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let settings = Settings {
        dataset_name: DatasetName::Sharegpt,
        dataset_path: Some(format!("{DATASET}/{name}")),
        tokenizer: Some(format!("{TOKENIZER}/")),
        model: Some("m".into()),
        num_prompts: NUM_PROMPTS,
        seed: SEED,
        dry_run: true,
        ..Settings::default()
    };
    let (body, arrived) = run_page(&server, &settings, LIMIT)?;
    let outcome: Outcome = serde_json::from_slice(&body)
        .map_err(|error| Error::Said(format!("the page's outcome is not JSON ({error}): a fault of the page")))?;
    if let Some(sentence) = outcome.error {
        return Err(Error::Said(sentence));
    }
    let asked = server.first_asked(&format!("/{DATASET}/{name}"));
    let asked = asked.ok_or_else(|| Error::Said("the page never asked for the dataset".into()))?;
    Ok(Page {
        total_s: arrived.duration_since(asked).as_secs_f64(),
        preparing_ms: outcome.cost.preparing_ms,
        memory_bytes: outcome.cost.memory_bytes,
        count: outcome.requests.len() as u32,
        sha256: sha256(&outcome.requests),
    })
}
