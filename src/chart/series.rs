//! A series that stays bounded however long a run lasts. No drawing.

/// A value over time that keeps at most [`Series::MOST`] points: when it is full, neighbours are joined in pairs (the
/// later time, the mean value), so that a run of any length costs the same to draw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    points: Vec<(f64, f64)>,
    /// How many pushed values one point stands for.
    each: u32,
    /// Values that wait until they make a point: how many, and their sum.
    waiting: (u32, f64),
}

impl Series {
    /// Most points that are kept.
    pub const MOST: usize = 240;

    /// Adds a value at a time in ms; times do not go back. Values that are not finite are left out.
    pub fn push(&mut self, at_ms: f64, value: f64) {
        if !(at_ms.is_finite() && value.is_finite()) {
            return;
        }
        self.each = self.each.max(1);
        self.waiting = (self.waiting.0 + 1, self.waiting.1 + value);
        if self.waiting.0 < self.each {
            return;
        }
        self.points.push((at_ms, self.waiting.1 / f64::from(self.waiting.0)));
        self.waiting = (0, 0.0);
        if self.points.len() >= Self::MOST {
            self.points = self.points.chunks(2).map(|pair| (pair[pair.len() - 1].0, mean(pair))).collect();
            self.each = self.each.saturating_mul(2);
        }
    }

    /// The points: (when in ms, value).
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

fn mean(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|(_, value)| value).sum::<f64>() / points.len() as f64
}
