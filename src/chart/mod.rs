//! Figures to SVG text, with plotters. Every function is pure: plain values and a size in, one `<svg>` out, with the
//! chart's title and its gist in words (`<title>`, `<desc>`) for those who cannot see it.
//!
//! Colours are CSS custom properties with the light theme's colour behind each (`var(--chart-ink, #13211f)`), so that
//! one SVG follows the page's theme, and [`export`] turns them into literal ones for a file. Where a value can be
//! read off, an invisible rectangle carries it as `<title>` (the browser's tooltip); in a timeline it carries
//! `data-request` too.

mod bins;
mod compare;
mod distribution;
mod frame;
mod over_time;
mod series;
mod spark;
mod sweep;
mod theme;
mod ticks;
mod timeline;

pub use compare::overlay;
pub use distribution::{Distribution, distribution, distribution_of, lengths};
pub use frame::{Size, escape};
pub use over_time::{Steps, in_flight, rate_over_time, scatter_over_time, ttft_over_time};
pub use series::{Series, Span, text_tokens, ttfts};
pub use spark::sparkline;
pub use sweep::{SweepPoint, throughput_latency};
pub use theme::{Theme, export};
pub use timeline::{timeline, timeline_height_px};
