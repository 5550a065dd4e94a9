//! A case of the golden data (tests/golden/README.md) in the built page: a site with the case's files beside it, and what
//! a dry run makes of them.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::run::{copy, dist, run_site};

/// A case, and a site with its inputs: `dataset` and `tokenizer/`.
pub struct Case {
    /// What the reference made, and of what.
    pub expected: Value,
    /// The site.
    pub site: TempDir,
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(name)
}

/// The content of a file, which may be packed under its name with `.gz` at the end.
fn content(path: &Path) -> Vec<u8> {
    let packed = PathBuf::from(format!("{}.gz", path.display()));
    if !packed.is_file() {
        return fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let mut content = Vec::new();
    let packed = fs::read(packed).expect("a readable file");
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut content).expect("a gzip file");
    content
}

impl Case {
    /// The case of this name.
    ///
    /// # Panics
    /// When there is none, or no room for its site.
    pub fn named(name: &str) -> Self {
        let cases: Vec<Value> = serde_json::from_slice(&content(&golden("workload.json"))).expect("a list of cases");
        let expected = cases.into_iter().find(|case| case["name"] == name).expect("a case of that name");
        let site = tempfile::tempdir().expect("a folder for the site");
        copy(&dist(), site.path());
        let tokenizer = expected["tokenizer"].as_str().expect("a tokenizer");
        let folder = site.path().join("tokenizer");
        fs::create_dir_all(&folder).expect("a folder to make");
        for (name, file) in [(".json", "tokenizer.json"), ("_config.json", "tokenizer_config.json")] {
            let json = content(&golden(&format!("tokenizers/{tokenizer}{name}")));
            fs::write(folder.join(file), json).expect("a file to write");
        }
        if let Some(name) = expected["dataset"].as_str() {
            let dataset = content(&golden("datasets").join(name));
            fs::write(site.path().join("dataset"), dataset).expect("a file to write");
        }
        Self { expected, site }
    }

    /// What a dry run of this case gives, against this server and with these settings beside the case's own.
    pub fn dry_run(&self, server: &str) -> Value {
        let kind = self.expected["kind"].as_str().expect("a kind of dataset");
        let mut fragment = format!("{server}&model=mock&dry-run&dataset-name={kind}&tokenizer=tokenizer/");
        if self.expected["dataset"].is_string() {
            fragment += "&dataset-path=dataset";
        }
        for key in ["num_prompts", "seed", "input_len", "output_len", "prefix_len", "range_ratio"] {
            let common = ["num_prompts", "seed"].contains(&key);
            let flag = if common { key.to_owned() } else { format!("{kind}_{key}") }.replace('_', "-");
            if self.expected[key].is_number() {
                fragment += &format!("&{flag}={}", self.expected[key]);
            }
        }
        run_site(self.site.path(), &fragment, Duration::from_secs(60))
    }

    /// Checks that the hash over these lines, one per request, is the reference's.
    ///
    /// # Panics
    /// When it is another.
    pub fn assert_requests(&self, lines: &[String]) {
        let name = &self.expected["name"];
        assert_eq!(json!(lines.len()), self.expected["count"], "{name}");
        match self.expected["requests_sha256"].as_str() {
            Some(hash) => assert_eq!(sha256(lines.concat()), hash, "{name}"),
            None => {
                let rows = self.expected["requests"].as_array().expect("requests");
                let text = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
                let line = |row: &Value| row.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(",");
                assert_eq!(lines, rows.iter().map(|row| line(row) + "\n").collect::<Vec<_>>(), "{name}");
            }
        }
    }
}

/// The requests of a dry run.
///
/// # Panics
/// When it has none.
pub fn requests(outcome: &Value) -> &Vec<Value> {
    outcome["requests"].as_array().unwrap_or_else(|| panic!("no requests in {outcome:.300}"))
}

/// A request's prompt, as its hash.
///
/// # Panics
/// When there is no prompt.
pub fn hash(request: &Value) -> String {
    sha256(request["prompt"].as_str().expect("a prompt"))
}

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
