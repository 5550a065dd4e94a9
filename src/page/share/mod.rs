//! Sharing by link: the dialog, and what a link brings.

pub(in crate::page) mod dialog;
pub(in crate::page) mod packing;
pub(in crate::page) mod shared;
