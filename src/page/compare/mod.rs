//! Results side by side.

pub(in crate::page) mod compare_view;
