//! The runs that this browser keeps, and results opened from files: `store` is the browser's database, `keep` writes a run
//! while it goes on, `open` brings one back, `panel` shows the list.

mod keep;
mod open;
mod panel;
mod store;

pub(in crate::page) use keep::Keeper;
pub(in crate::page) use open::reload;
pub(in crate::page) use panel::{History, HistoryButton};
pub(in crate::page) use store::Store;
