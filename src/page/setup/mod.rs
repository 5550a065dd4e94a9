//! Before a run: the form, the preview of a workload, what is known of connections and browser, what a link asks for.

pub(in crate::page) mod form;
pub(in crate::page) mod instrument;
pub(in crate::page) mod link_ask;
pub(in crate::page) mod preview;
