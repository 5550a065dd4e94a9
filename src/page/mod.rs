//! The page: Leptos components over a few pure modules (phases, the form's values, numbers as text, rows, what a link may
//! do) that are tested without a browser.

#![allow(unreachable_pub, reason = "what the component macro makes is pub, however little can reach it")]

pub mod compare_words;
pub mod describe;
pub mod failures;
pub mod form_state;
pub mod history;
pub mod locality;
pub mod plan_words;
pub mod policy;
pub mod request_rows;
pub mod session;

#[cfg(feature = "charts")]
pub mod live;
#[cfg(feature = "charts")]
pub mod run;

pub use crate::format;

#[cfg(feature = "app")]
mod actions;
#[cfg(feature = "app")]
mod app;
#[cfg(feature = "app")]
mod ask_models;
#[cfg(feature = "app")]
mod browser;
#[cfg(feature = "app")]
mod calibrate;
#[cfg(feature = "app")]
mod chart_reading;
#[cfg(feature = "app")]
mod chart_room;
#[cfg(feature = "app")]
mod charts;
#[cfg(feature = "app")]
mod compare_view;
#[cfg(feature = "app")]
mod crash;
#[cfg(feature = "app")]
mod definitions;
#[cfg(feature = "app")]
mod downloads;
#[cfg(feature = "app")]
mod effects;
#[cfg(feature = "app")]
mod errors;
#[cfg(feature = "app")]
mod export_menu;
#[cfg(feature = "app")]
mod form;
#[cfg(feature = "app")]
mod frame;
#[cfg(feature = "app")]
mod header;
#[cfg(feature = "app")]
mod instrument;
#[cfg(feature = "app")]
mod link;
#[cfg(feature = "app")]
mod link_ask;
#[cfg(feature = "app")]
mod live_panel;
#[cfg(feature = "app")]
mod notices;
#[cfg(feature = "app")]
mod open_file;
#[cfg(feature = "app")]
mod outcome;
#[cfg(feature = "app")]
mod packing;
#[cfg(feature = "app")]
mod parts;
#[cfg(feature = "app")]
mod picture;
#[cfg(feature = "app")]
mod preview;
#[cfg(feature = "app")]
mod program;
#[cfg(feature = "app")]
mod request_detail;
#[cfg(feature = "app")]
mod requests_table;
#[cfg(feature = "app")]
mod run_panel;
#[cfg(feature = "app")]
mod share;
#[cfg(feature = "app")]
mod shared;
#[cfg(feature = "app")]
mod simulated;
#[cfg(feature = "app")]
mod state;
#[cfg(feature = "app")]
mod summary;
#[cfg(feature = "app")]
mod sweep;
#[cfg(feature = "app")]
mod sweep_view;
#[cfg(feature = "app")]
mod token_card;
#[cfg(feature = "app")]
mod verdict;
#[cfg(feature = "app")]
mod welcome;
#[cfg(feature = "app")]
mod workers;

#[cfg(feature = "app")]
pub use app::App;
#[cfg(feature = "app")]
pub use crash::install_panic_hook;
