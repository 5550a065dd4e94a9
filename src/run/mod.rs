//! The measuring loop over a transport and a clock: `runner` is one loop over a schedule, generic over both, so that it
//! runs natively against a script in virtual time; `lanes` plans the connections and `forecast` what the schedule will
//! ask of them; `calibration` measures the client against itself. Nothing here touches a browser.

pub mod calibration;
pub mod diagnose;
pub mod exchange;
pub mod forecast;
pub mod health;
pub mod lanes;
pub mod network;
pub mod rehearsal;
pub mod reporting;
pub mod runner;
