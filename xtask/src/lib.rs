//! What the project's commands are made of: set-up, build, static server, headless browser, bench and tests. The
//! end-to-end tests use the server and the browser from here.

pub mod accuracy;
pub mod apt;
pub mod bench;
pub mod bench_dataset;
pub mod bench_results;
pub mod browser;
pub mod caddy;
pub mod cross_engine;
pub mod run;
pub mod site;
pub mod static_server;
pub mod suite;
pub mod tools;
pub mod versions;
pub mod wasm;

use std::{io, path::PathBuf};

/// Why a command stopped, in a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something has to be installed by the person.
    #[error("{what} is needed and cannot be set up from here. Run this, then the same command again:\n    {command}")]
    Missing {
        /// What is missing, as a sentence's subject.
        what: String,
        /// The one command to run.
        command: String,
    },
    /// A program did not do its work.
    #[error("`{command}` failed ({how}). {advice}")]
    Failed {
        /// The command line.
        command: String,
        /// Its exit status, or why it did not start.
        how: String,
        /// What to do now.
        advice: String,
    },
    /// A file could not be read or written.
    #[error("could not {doing}: {source}")]
    Io {
        /// What was tried, as a verb phrase.
        doing: String,
        /// The system's word.
        source: io::Error,
    },
    /// The command line was not understood, or a run's outcome is a failure.
    #[error("{0}")]
    Said(String),
}

/// Gives an I/O error its sentence.
pub(crate) trait Doing<T> {
    /// Says what was being done, as a verb phrase: "read Cargo.lock".
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Io { doing: what(), source })
    }
}

/// The workspace's root.
pub fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}
