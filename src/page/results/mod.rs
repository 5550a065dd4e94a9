//! A result on show: figures, charts, requests, verdict, definitions, and everything in which it can be taken away.

pub(in crate::page) mod chart_reading;
pub(in crate::page) mod chart_room;
pub(in crate::page) mod charts;
pub(in crate::page) mod definitions;
pub(in crate::page) mod downloads;
pub(in crate::page) mod errors;
pub(in crate::page) mod export_menu;
pub(in crate::page) mod open_file;
pub(in crate::page) mod picture;
pub(in crate::page) mod request_detail;
pub(in crate::page) mod requests_table;
pub(in crate::page) mod save;
pub(in crate::page) mod summary;
pub(in crate::page) mod sweep_view;
pub(in crate::page) mod token_card;
pub(in crate::page) mod verdict;
pub(in crate::page) mod welcome;
