//! What a line of the list of charts says of a chart: its name, its label, and how it is drawn from its data.

use super::output::{Chart, Size};
use crate::metrics::Metric;

/// A chart that is drawn from data of one type.
pub struct ChartKind<D: ?Sized + 'static> {
    /// Its name in file names and in lists of choices: `ttft-over-time`.
    pub name: &'static str,
    /// Its title.
    pub label: &'static str,
    /// Whether it takes the whole width of a section where others stand side by side.
    pub whole_width: bool,
    /// The height that suits it, px.
    pub(super) height_px: fn(&D) -> u32,
    /// How it is drawn.
    pub(super) draw: Draw<D>,
}

/// How a chart is drawn: from its title and its data, for a size.
pub(super) enum Draw<D: ?Sized + 'static> {
    /// A chart that there is once.
    Once(fn(&str, &D, Size) -> Chart),
    /// A chart that there is of each latency, and of which latency this one is.
    OfLatency(Metric, fn(&str, Metric, &D, Size) -> Chart),
}

impl<D: ?Sized> ChartKind<D> {
    /// The height that suits it, px.
    pub fn height_px(&self, data: &D) -> u32 {
        (self.height_px)(data)
    }

    /// Draws it as wide as asked, and as high as suits it.
    pub fn draw(&self, data: &D, width_px: u32) -> Chart {
        let size = Size { width_px, height_px: self.height_px(data) };
        match self.draw {
            Draw::Once(draw) => draw(self.label, data, size),
            Draw::OfLatency(metric, draw) => draw(self.label, metric, data, size),
        }
    }
}

// Derived ones would ask the same of the data.
impl<D: ?Sized> Clone for ChartKind<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: ?Sized> Copy for ChartKind<D> {}

impl<D: ?Sized> Clone for Draw<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: ?Sized> Copy for Draw<D> {}
