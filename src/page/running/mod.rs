//! A run under way: the buttons, where it stands, and its live charts.

pub(in crate::page) mod live_panel;
pub(in crate::page) mod run_panel;
