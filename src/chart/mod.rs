//! Figures to pictures. Every chart function is pure: plain values and a size in, a [`Chart`] out, which is an SVG, what
//! it shows in words, and the spots where values can be read off.
//!
//! A chart has a file of its own, which says in a [`ChartKind`] what it is called and how it is drawn from its data, and a
//! line in [`list`]. plotters places the marks; [`svg`] writes them, with classes in place of colours, to which
//! `style/chart.css` gives their meaning.

mod bins;
mod curve;
mod data;
mod distribution;
mod escape;
mod histogram;
mod in_flight;
mod kind;
mod labels;
mod latency;
mod lengths;
pub mod list;
mod output;
mod overlay;
mod plot;
mod rate;
mod series;
mod sheet;
mod spark;
mod stepped;
mod steps;
mod style;
mod svg;
mod sweep;
mod ticks;
mod timeline;
mod ttft_over_time;

pub use curve::Curve;
pub use data::{ChartData, RunLatencies};
pub use distribution::Distribution;
pub use escape::escape;
pub use in_flight::in_flight;
pub use kind::ChartKind;
pub use latency::distribution;
pub use lengths::lengths;
pub use output::{Chart, Size, Spot};
pub use overlay::overlay;
pub use rate::rate_over_time;
pub use series::Series;
pub use spark::sparkline;
pub use steps::Steps;
pub use style::{STYLE, Theme};
pub use sweep::{SweepCurve, SweepPoint, throughput_latency};
pub use timeline::timeline;
pub use ttft_over_time::{scatter_over_time, ttft_over_time};
