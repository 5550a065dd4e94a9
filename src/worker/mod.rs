//! The browser's side of the measuring loop, in a worker of its own where a busy page cannot delay it: fetch, the clock,
//! the browser's own timings, and the channel to the page.

mod calibrate;
pub mod clock;
mod diagnose;
pub mod fetch;
mod models;
mod page_link;
pub mod resource_timing;
mod run;
mod serve;

pub use serve::serve;
