//! End-to-end tests: the built page in a real browser, against the mock server, a real server, and the simulated one.
//!
//! `run` opens the page in a plain browser, with no driver attached, and waits for the outcome that the page reports;
//! `driver` drives a page as a person would, for what needs clicks. Both take the engine from STREAMGAUGE_BROWSER;
//! xtask's `cross_engine` lists the tests that every engine runs.

pub mod accuracy;
pub mod asyncio;
mod capabilities;
pub mod cpu;
pub mod crawl;
pub mod driver;
pub mod file_server;
pub mod golden;
pub mod known_times;
pub mod llama;
pub mod made;
pub mod run;
pub mod scripted;
pub mod slip;
