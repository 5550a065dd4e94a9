//! `cargo xtask bench-dataset`: drawing prompts from a file of the real ShareGPT's size, in the page (from a picked file and by
//! address) and in Python side by side. Both must draw the same prompts.

mod generate;
mod sides;
mod table;

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use flate2::read::GzDecoder;

use crate::browser::ensure_driver;
use crate::run::{cache_dir, say};
use crate::{Doing, Error, root, site, tools, versions};
use sides::{Files, page, reference};
use table::{Round, Table};

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Size of the dataset, in MB.
    pub size_mb: u64,
    /// How often each side draws, in turns.
    pub rounds: u32,
    /// Where the figures go as JSON, if anywhere.
    pub out: Option<PathBuf>,
    /// What is built already, in place of a build.
    pub dist: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { size_mb: 650, rounds: 3, out: None, dist: None }
    }
}

/// Measures both sides and prints the table; true when they drew the same prompts each time.
///
/// # Errors
/// When set-up fails, or one side does not come to its end.
pub fn bench_dataset(options: &Options) -> Result<bool, Error> {
    ensure_driver()?;
    let dist = match &options.dist {
        Some(dist) => dist.clone(),
        None => site::build()?,
    };
    let python = tools::ensure_python("reference", versions::REFERENCE_PACKAGES, "the reference's tokenizers")?;
    let files = Files { dataset: generate::ensure(options.size_mb)?, tokenizer: tokenizer()?, python, dist };
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        say(&format!("Round {number} of {}: Python", options.rounds));
        let reference = reference(&files)?;
        say(&format!("Round {number} of {}: the page, from a picked file", options.rounds));
        let picked = page(&files, "picked")?;
        say(&format!("Round {number} of {}: the page, by address", options.rounds));
        rounds.push(Round { reference, picked, address: page(&files, "address")? });
    }
    let table = Table::new(rounds);
    print!("{table}");
    if let Some(path) = &options.out {
        fs::write(path, table.to_json()).doing(|| format!("write {}", path.display()))?;
    }
    Ok(table.same_prompts())
}

/// The folder with the tokenizer, a byte-level BPE of the golden tests, unpacked.
fn tokenizer() -> Result<PathBuf, Error> {
    let packed = root().join("tests/golden/tokenizers/llama3ish.json.gz");
    let mut json = Vec::new();
    let file = fs::File::open(&packed).doing(|| format!("read {}", packed.display()))?;
    GzDecoder::new(file).read_to_end(&mut json).doing(|| format!("unpack {}", packed.display()))?;
    let folder = cache_dir()?.join("datasets/tokenizer");
    fs::create_dir_all(&folder).doing(|| format!("make {}", folder.display()))?;
    let path = folder.join("tokenizer.json");
    fs::write(&path, json).doing(|| format!("write {}", path.display()))?;
    Ok(folder)
}
