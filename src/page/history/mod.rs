//! Results that can be opened and compared: the runs that this browser keeps, and what was opened from files. `entry` and
//! `shelf` say what the list holds, `store` is the browser's database, `keep` writes a run while it goes on, `open` brings
//! one back, `panel` shows the list.

pub mod entry;
#[cfg(feature = "charts")]
pub mod shelf;

#[cfg(feature = "app")]
mod keep;
#[cfg(feature = "app")]
mod open;
#[cfg(feature = "app")]
mod panel;
#[cfg(feature = "app")]
mod store;

#[cfg(feature = "app")]
pub(super) use keep::Keeper;
#[cfg(feature = "app")]
pub(super) use open::reload;
#[cfg(feature = "app")]
pub(super) use panel::{History, HistoryButton};
#[cfg(feature = "app")]
pub(super) use store::Store;
