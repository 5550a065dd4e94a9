//! End-to-end tests: the built page in a real browser, against the mock server, a real server, and the simulated one.
//!
//! `run` opens the page in plain headless Chromium, with no driver attached, and waits for the outcome that the page
//! reports; `driver` drives a page as a person would, for what needs clicks.

pub mod accuracy;
pub mod asyncio;
pub mod cpu;
pub mod driver;
pub mod file_server;
pub mod known_times;
pub mod llama;
pub mod run;
pub mod slip;
