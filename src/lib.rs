//! Streamgauge measures how well an LLM server serves, from a web page.
//!
//! ```text
//!              ┌─ prepare worker ─────────────────────┐   ┌─ run worker (reaches the target alone) ──┐
//! settings ──> │ files ─> dataset ─> workload, schedule│──>│ run: clock, lanes, fetch, streams        │──> records ─> metrics ─> result ─> chart, view, page
//!              │ text (tokenizer, chat template)       │<──│ output texts, after the last request     │                 ^
//!              └───────────────────────────────────────┘   └──────────────────────────────────────────┘                 └── import (other tools' files)
//! ```
//!
//! Data flows one way: each room takes the value that the room before it made and gives one value on. Four workers run
//! one program: one prepares workloads and counts the outputs' tokens, one sends a run, one asks a server for its
//! models, and one measures the client against the simulated server; the last three speak the run's protocol.
//! Only `web`, `worker`, `files` and `page` touch the browser; everything else is plain Rust and is tested on the host
//! with `cargo test`. Cargo features are the walls: `text` brings tokenizers and chat templates, `charts` plotters,
//! `app` the page's binary, `worker` the workers', `chat-template` the renderer that the prepare worker loads for the
//! workloads whose prompts stand in a chat template.

pub mod backend;
#[cfg(feature = "charts")]
pub mod chart;
pub mod dataset;
pub mod export;
#[cfg(feature = "worker")]
pub mod files;
pub mod format;
pub mod import;
pub mod metrics;
pub mod page;
pub mod protocol;
pub mod record;
pub mod result;
pub mod rng;
pub mod run;
pub mod schedule;
pub mod settings;
pub mod text;
#[cfg(feature = "web")]
pub mod web;
#[cfg(feature = "worker")]
pub mod worker;
pub mod workload;
