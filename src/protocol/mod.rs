//! What the page and its workers say to each other: one enum pair per kind of worker ([`prepare`], [`run`]), encoded with
//! postcard. Picked files travel beside a message, by structured clone. No logic here.

pub mod prepare;
pub mod run;

use serde::{Deserialize, Serialize};

use crate::settings::Settings;

/// Raised with every change to these enums or to what they hold.
pub const PROTOCOL: u32 = 8;

/// The build's mark, the same in page and workers where they were built in one go. The workers' files carry no hash in
/// their names, so it travels in their address, and [`Greeting`] brings it back.
pub const BUILD: &str = match option_env!("STREAMGAUGE_BUILD") {
    Some(build) => build,
    None => env!("CARGO_PKG_VERSION"),
};

/// The first message of every worker, once it is loaded. The page continues only if both values are its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// [`PROTOCOL`] of the worker.
    pub protocol: u32,
    /// [`BUILD`] of the worker.
    pub build: String,
}

/// What a worker sends, of which the first is its greeting.
pub trait FromWorker: for<'a> Deserialize<'a> {
    /// The greeting, if this is one.
    fn greeting(&self) -> Option<&Greeting>;
}

impl Greeting {
    /// The greeting of this build.
    pub fn ours() -> Self {
        Self { protocol: PROTOCOL, build: BUILD.into() }
    }
}

/// Everything a run is made from, but for the picked files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The settings.
    pub settings: Settings,
    /// The page's address, which relative addresses are resolved against.
    pub page_url: String,
    /// The API key, in memory only; none where nothing is asked of the server.
    pub api_key: Option<String>,
    /// How many of the files that travel with the message are the dataset's (the first), 0 or 1.
    pub dataset_files: u32,
    /// How many are the tokenizer's (the rest).
    pub tokenizer_files: u32,
}

/// Something could not be done, and where a person can fix it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageError {
    /// The stage that failed.
    pub stage: Stage,
    /// What is wrong, where, and what to do, in a sentence or two.
    pub message: String,
}

/// Where in the house something failed; the page shows the message beside that part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The settings.
    Settings,
    /// The dataset.
    Dataset,
    /// The tokenizer or its chat template.
    Tokenizer,
    /// The server: not reached, refused, or the test request failed.
    Server,
    /// The page itself: a fault of ours.
    Page,
}

/// A message as bytes.
///
/// # Errors
/// None for these types in practice; postcard's own where it finds one.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(message)
}

/// A message from bytes.
///
/// # Errors
/// When the bytes are of another version of the protocol.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, postcard::Error> {
    postcard::from_bytes(bytes)
}
