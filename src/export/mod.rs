//! What leaves the page: one self-contained report ([`html`]), and the summary of a run ([`shared`]) or a sweep
//! ([`shared_sweep`]) that a link carries. All of it is drawn from bounded values, so that a run of any length costs the
//! same.

pub mod html;
pub mod link;
pub mod shared;
pub mod shared_sweep;
