//! What leaves the page: the charts of a result ([`charts`]), one self-contained report ([`html`]) and the summary of
//! a run ([`shared`]) or a sweep ([`shared_sweep`]) that a link carries. All of it is drawn from bounded values, so that
//! a run of any length costs the same.

#[cfg(feature = "charts")]
pub mod charts;
pub mod csv;
#[cfg(feature = "charts")]
pub mod html;
#[cfg(feature = "charts")]
pub mod link;
pub mod markdown;
pub mod report;
#[cfg(feature = "charts")]
pub mod shared;
#[cfg(feature = "charts")]
pub mod shared_sweep;
