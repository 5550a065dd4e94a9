//! What leaves the page: the charts of a result ([`charts`]), one self-contained report ([`html`]) and the summary that
//! a link carries ([`shared`]). All of it is drawn from bounded values, so that a run of any length costs the same.

pub mod charts;
pub mod html;
pub mod link;
pub mod shared;
