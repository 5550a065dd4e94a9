//! `cargo xtask accuracy`: sets up, and has the end-to-end crate measure the page beside a Python client. The measuring
//! program is apart, so that no other command has to compile the mock server.

use std::process::Command;

use crate::run::run;
use crate::{Error, browser, root, site, tools};

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Numbers of streams, with commas between.
    pub streams: String,
    /// Runs of each client at each number.
    pub trials: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { streams: "1,6,32,100,250".into(), trials: 5 }
    }
}

/// Measures, prints the table and writes docs/accuracy.md.
///
/// # Errors
/// When set-up or the build fails, or a client does not measure.
pub fn accuracy(options: &Options) -> Result<(), Error> {
    let chromium = browser::ensure_chromium()?;
    let python = tools::ensure_test_python()?;
    let dist = site::build()?;
    let mut cargo = Command::new("cargo");
    // Optimised, so that the mock server takes little of the processor from the clients.
    cargo.args(["run", "--release", "--package", "e2e", "--bin", "accuracy", "--", &options.streams]);
    cargo.arg(options.trials.to_string()).current_dir(root());
    cargo.env("CHROME", chromium).env("STREAMGAUGE_PYTHON", python).env("STREAMGAUGE_DIST", dist);
    run(&mut cargo, "The messages above say why.")
}
