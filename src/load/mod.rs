//! The load generator: it owns the clock, the schedule, the fetches and the reading of streams. `runner` is one loop over
//! a schedule, generic over a transport and a clock, so that it runs natively against a script in virtual time;
//! `lanes` plans the connections and `forecast` says what the schedule will want of them; `calibration` is the page
//! measured against itself; `browser` gives the runner fetch and `performance.now` in a dedicated Worker;
//! `protocol` is all that the page sees of it.

#[cfg(feature = "worker")]
pub mod browser;
pub mod calibration;
pub mod diagnose;
pub mod exchange;
pub mod forecast;
pub mod health;
pub mod lanes;
pub mod network;
pub mod protocol;
pub mod rehearsal;
pub mod reporting;
pub mod runner;
#[cfg(feature = "web")]
pub mod web_lock;
