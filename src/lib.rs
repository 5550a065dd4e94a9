//! Streamgauge measures how well an LLM server serves, from a web page.
//!
//! ```text
//! settings ─┬─> workload ──> schedule ──> load (worker) ──> records ──> metrics ──> result ──> charts, page
//! dataset ──┤   (requests)   (send times) (fetch, stream)   (raw)       (figures)   (JSON)
//! tokenizer ┘                                                                         ^── results from other tools
//! ```
//!
//! Data flows one way: each stage takes the value that the stage before it made and gives one value on.
//! Only `load::browser` and `page` touch the browser; everything else is plain Rust and is tested on the host
//! with `cargo test`. Cargo features are the walls: `text` brings tokenizers and chat templates, `charts` plotters,
//! `app` the page's binary, `worker` the load generator's, `chat-template` the one that it loads for the few workloads
//! whose prompts stand in a chat template.

pub mod address;
pub mod backend;
#[cfg(feature = "charts")]
pub mod chart;
#[cfg(feature = "charts")]
pub mod export;
pub mod format;
pub mod load;
pub mod metrics;
pub mod page;
pub mod record;
pub mod result;
pub mod schedule;
pub mod settings;
pub mod workload;
