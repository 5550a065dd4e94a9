//! The two sides that draw the same prompts: Python with its `json` and the `tokenizers` wheel, and the page in a headless
//! browser.

use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::{Doing, Error, root};

/// Prompts that each side draws.
const NUM_PROMPTS: u32 = 1000;
const SEED: u32 = 0;

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Page {
    /// To the outcome's arrival, s: from the click for a picked file, from the first request for it by address.
    pub(super) total_s: f64,
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

/// Draws in the page, from a picked file or by address. The browser's start is not counted; from a picked file the
/// tokenizer's loading is.
pub(super) fn page(files: &Files, place: &str) -> Result<Page, Error> {
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--package", "e2e", "--bin", "draw-prompts", "--", place]).arg(&files.dataset);
    command.arg(&files.tokenizer).args([NUM_PROMPTS.to_string(), SEED.to_string()]);
    command.current_dir(root()).env("STREAMGAUGE_DIST", &files.dist);
    let done = command.output().doing(|| "start cargo".into())?;
    serde_json::from_slice(&done.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&done.stderr);
        Error::Said(format!("the page's side failed ({}): {}", done.status, said.trim_end()))
    })
}
