//! The page: Leptos components and the state that they share. What it says and shows is computed in [`crate::view`]; here
//! is only what needs a browser.

#![allow(unreachable_pub, reason = "what the component macro makes is pub, however little can reach it")]

mod app;
mod browser;
mod compare;
mod crash;
mod header;
mod history;
mod notices;
mod parts;
mod results;
mod running;
mod setup;
mod share;
mod state;

pub use app::App;
pub use crash::install_panic_hook;
