//! `cargo xtask bench-results`: sets up, and has the end-to-end crate open a large result in the page and time what a
//! person does with it.

use std::process::Command;

use crate::run::run;
use crate::{Error, browser, root, site};

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Requests of the result.
    pub requests: u32,
    /// Events of each request's stream.
    pub events: u32,
    /// How often it is opened, each time by a fresh browser.
    pub rounds: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { requests: 10_000, events: 100, rounds: 3 }
    }
}

/// Measures, and prints the times.
///
/// # Errors
/// When set-up or the build fails, or the page does not show the result.
pub fn bench_results(options: &Options) -> Result<(), Error> {
    let (chromium, driver) = browser::ensure_driver()?;
    let dist = site::build()?;
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--package", "e2e", "--bin", "bench-results", "--"]).current_dir(root());
    cargo.args([options.requests, options.events, options.rounds].map(|number| number.to_string()));
    cargo.env("CHROME", chromium).env("CHROMEDRIVER", driver).env("STREAMGAUGE_DIST", dist);
    run(&mut cargo, "The messages above say why.")
}
