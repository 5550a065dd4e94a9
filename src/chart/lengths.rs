//! How long the prompts of a workload are, and the outputs that it asks for.

use super::distribution::{Distribution, Measure};
use super::histogram::histogram;
use super::kind::{ChartKind, Draw};
use super::output::{Chart, Size};

/// A bar is not made narrower than this, px.
const BAR_PX: u32 = 8;

/// The prompts' lengths.
pub(super) const PROMPTS: ChartKind<[u32]> = ChartKind {
    name: "prompt-lengths",
    label: "Prompt lengths",
    whole_width: false,
    height_px: |_| 220,
    draw: Draw::Once(lengths),
};

/// The lengths of the outputs that are asked for.
pub(super) const OUTPUTS: ChartKind<[u32]> =
    ChartKind { name: "output-lengths", label: "Requested output lengths", ..PROMPTS };

/// A histogram of lengths in tokens, one per request, with p50, p90 and p99 marked.
pub fn lengths(title: &str, lengths: &[u32], size: Size) -> Chart {
    let lengths = lengths.iter().map(|len| f64::from(*len)).collect();
    let most_bins = (size.width_px.saturating_sub(70) / BAR_PX) as usize;
    histogram(title, &Distribution::of_lengths(lengths, most_bins), Measure::Lengths, size)
}
