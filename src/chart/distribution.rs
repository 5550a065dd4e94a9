//! How values are spread: histograms, with the percentiles that people quote marked on them.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde::{Deserialize, Serialize};

use super::bins::{self, Histogram, all_drawable, drawable};
use super::frame::{
    self, Drawn, Hotspots, LABEL_PX, Plane, Sheet, Size, Words, empty, plot, text_style, text_width_px,
};
use super::theme::Role;
use super::ticks::{Axis, counted, duration, short};
use crate::metrics::stats::{order_for, percentile};

/// The percentiles that are marked.
const MARKED: [f64; 3] = [50.0, 90.0, 99.0];
/// Height of one row of the marks' labels, px.
const MARK_ROW_PX: i32 = 16;
/// A bar is not made narrower than this, px.
const BAR_PX: i32 = 8;

/// A mark: where it stands on the axis, its label, and the row that the label has to itself.
struct Mark {
    place: f64,
    text: String,
    row: i32,
    /// The label is written to the left of the line, for want of room on its right.
    leftwards: bool,
}

/// How values are spread: all that a histogram is drawn from, of one size however many values there were. The default
/// is of no values.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Distribution {
    count: u32,
    lowest: f64,
    highest: f64,
    /// The values at the percentiles that are marked.
    marked: [f64; MARKED.len()],
    bins: Histogram,
}

impl Distribution {
    /// Most bins where the width that they will be drawn in is not known.
    const MOST_BINS: usize = 60;

    /// Of durations in ms. Those that are not finite are left out.
    pub fn of_durations(values_ms: Vec<f64>) -> Self {
        Self::of(values_ms, Measure::Durations, Self::MOST_BINS)
    }

    fn of(values: Vec<f64>, measure: Measure, most_bins: usize) -> Self {
        let mut ordered = all_drawable(values);
        order_for(&mut ordered, &[bins::MADE_BY.as_slice(), &MARKED].concat());
        let (Some(lowest), Some(highest)) = (ordered.first(), ordered.last()) else { return Self::default() };
        Self {
            count: u32::try_from(ordered.len()).unwrap_or(u32::MAX),
            lowest: *lowest,
            highest: *highest,
            marked: MARKED.map(|percent| percentile(&ordered, percent)),
            bins: measure.bins(&ordered, most_bins),
        }
    }

    /// Whether it can be drawn: for one that was read from outside.
    pub fn is_sound(&self) -> bool {
        let bins = &self.bins;
        let among_the_bins = |value: f64| {
            let place = bins.place(value);
            drawable(value) && place >= bins.from - bins.width && place <= bins.to() + bins.width
        };
        let mut values = [self.lowest, self.highest].into_iter().chain(self.marked);
        self.count == 0 || (bins.is_sound() && values.all(among_the_bins))
    }
}

/// A histogram of durations in ms with p50, p90 and p99. Values that are not finite are left out; a long tail gets a
/// logarithmic axis.
pub fn distribution(title: &str, values_ms: &[f64], size: Size) -> String {
    let spread = Distribution::of(values_ms.to_vec(), Measure::Durations, bins_that_fit(size));
    histogram(title, &spread, size, Measure::Durations)
}

/// The same, of durations whose spread is known already.
pub fn distribution_of(title: &str, spread: &Distribution, size: Size) -> String {
    histogram(title, spread, size, Measure::Durations)
}

/// A histogram of lengths in tokens, one a request, with p50, p90 and p99, as for a workload's prompts.
pub fn lengths(title: &str, lengths: &[u32], size: Size) -> String {
    let lengths = lengths.iter().map(|len| f64::from(*len)).collect();
    histogram(title, &Distribution::of(lengths, Measure::Lengths, bins_that_fit(size)), size, Measure::Lengths)
}

fn bins_that_fit(size: Size) -> usize {
    (size.width_px.saturating_sub(70) as i32 / BAR_PX) as usize
}

/// What the values of a histogram are.
#[derive(Clone, Copy, PartialEq)]
enum Measure {
    /// Durations in ms.
    Durations,
    /// Numbers of tokens, one a request.
    Lengths,
}

impl Measure {
    fn bins(self, ordered: &[f64], most: usize) -> Histogram {
        match self {
            Self::Durations => bins::durations(ordered, most),
            Self::Lengths => bins::whole(ordered, most),
        }
    }

    fn axis(self, bins: &Histogram, count: usize) -> Axis {
        match self {
            Self::Durations if bins.log => Axis::log_time(10f64.powf(bins.from), 10f64.powf(bins.to()), count),
            Self::Durations => Axis::time(bins.from, bins.to(), count),
            Self::Lengths => Axis::range(bins.from, bins.to(), count),
        }
    }

    /// A value in words.
    fn show(self, value: f64) -> String {
        match self {
            Self::Durations => duration(value),
            Self::Lengths => format!("{} tokens", short(value)),
        }
    }

    /// What a bar counts.
    fn what(self) -> &'static str {
        match self {
            Self::Durations => "value",
            Self::Lengths => "request",
        }
    }
}

fn histogram(title: &str, spread: &Distribution, size: Size, measure: Measure) -> String {
    if spread.count == 0 {
        return empty(title, "No values yet.", size);
    }
    let bins = &spread.bins;
    let most = bins.counts.iter().copied().max().unwrap_or(0);
    let y = Axis::amount(f64::from(most), size.y_ticks(), true);
    let x = measure.axis(bins, size.x_ticks());
    let marks = marks(spread, frame::plot_x_px(size, &y), measure);
    let percentiles: Vec<&str> = marks.iter().map(|mark| mark.text.as_str()).collect();
    let (low, high) = (measure.show(spread.lowest), measure.show(spread.highest));
    let words = Words {
        title,
        gist: format!(
            "{} from {low} to {high}; {}.",
            counted(spread.count as usize, measure.what()),
            percentiles.join(", ")
        ),
        y_caption: &format!("{}s", measure.what()),
        x_caption: match measure {
            Measure::Lengths => "tokens",
            Measure::Durations if bins.log => "logarithmic scale",
            Measure::Durations => "",
        },
    };
    let rows = marks.iter().map(|mark| mark.row + 1).max().unwrap_or(0);
    plot(&words, size, (&x, &y), (rows * MARK_ROW_PX) as u32, |sheet, plane, hotspots| {
        bars(sheet, plane, hotspots, bins, measure)?;
        draw_marks(sheet, plane, &marks, y.to)
    })
}

fn bars(sheet: &Sheet, plane: &Plane, hotspots: &mut Hotspots, bins: &Histogram, measure: Measure) -> Drawn {
    let (_, rows) = plane.plotting_area().get_pixel_range();
    for (i, count) in bins.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = bins.from + bins.width * i as f64;
        let (left, bottom) = plane.backend_coord(&(from, 0.0));
        let (right, top) = plane.backend_coord(&(from + bins.width, f64::from(*count)));
        let gap = i32::from(right - left > 3);
        // A bar is at least two pixels high, or a single slow request would not be seen.
        let corners = [(left, top.min(bottom - 2)), (right - gap, bottom)];
        sheet.draw(&Rectangle::new(corners, Role::First.colour().filled()))?;
        let (low, high) = bins.edges(i);
        let count = counted(*count as usize, measure.what());
        let text = format!("{} to {}: {count}", measure.show(low), measure.show(high));
        hotspots.add((left, rows.start), (right, rows.end), &text, None);
    }
    Ok(())
}

/// The marks, each label beside its line where there is room, else in a row further up.
fn marks(spread: &Distribution, (left_px, right_px): (i32, i32), measure: Measure) -> Vec<Mark> {
    let bins = &spread.bins;
    let span = bins.to() - bins.from;
    // What is written or drawn already: (row, from px, to px).
    let mut taken: Vec<(i32, i32, i32)> = Vec::new();
    let mut marks: Vec<Mark> = Vec::new();
    let lines = spread.marked.map(|value| {
        let share = ((bins.place(value) - bins.from) / span).clamp(0.0, 1.0);
        left_px + (share * f64::from(right_px - left_px)).round() as i32
    });
    for ((percent, value), line) in MARKED.into_iter().zip(spread.marked).zip(lines) {
        let text = format!("p{percent} {}", measure.show(value));
        let width = text_width_px(&text, LABEL_PX) + 8;
        let free = |row: i32, from: i32, to: i32| {
            let apart = taken.iter().all(|(r, f, t)| *r != row || to <= *f || from >= *t);
            // The lowest row is crossed by every line, any row perhaps by those that have no label yet.
            let mut others = lines.iter().enumerate().filter(|(i, _)| row == 0 || *i > marks.len());
            let crossed = others.any(|(_, other)| *other != line && (from..to).contains(other));
            apart && !crossed && from >= left_px - 10 && to <= right_px + 24
        };
        let spots = (0..3).flat_map(|row| [(row, line, line + width, false), (row, line - width, line, true)]);
        let spot = spots.into_iter().find(|(row, from, to, _)| free(*row, *from, *to));
        let (row, from, to, leftwards) = spot.unwrap_or((2, line, line + width, line + width > right_px));
        // The line rises to its label through the rows below, and is kept clear there too.
        taken.extend((0..row).map(|below| (below, line - 2, line + 2)));
        taken.push((row, from, to));
        marks.push(Mark { place: bins.place(value), text, row, leftwards });
    }
    marks
}

fn draw_marks(sheet: &Sheet, plane: &Plane, marks: &[Mark], top: f64) -> Drawn {
    for mark in marks {
        let (x, top_px) = plane.backend_coord(&(mark.place, top));
        let (_, bottom_px) = plane.backend_coord(&(mark.place, 0.0));
        let label_px = top_px - (mark.row + 1) * MARK_ROW_PX + 2;
        sheet.draw(&PathElement::new(vec![(x, label_px), (x, bottom_px)], Role::Ink.colour().mix(0.7)))?;
        let (h_pos, shift) = if mark.leftwards { (HPos::Right, -4) } else { (HPos::Left, 4) };
        let style = text_style(Role::Ink, LABEL_PX, Pos::new(h_pos, VPos::Top));
        sheet.draw_text(&mark.text, &style, (x + shift, label_px))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mark_far_from_its_bars_is_not_sound() {
        let spread = Distribution::of_durations(vec![100.0, 120.0, 150.0]);
        assert!(spread.is_sound() && Distribution::default().is_sound());
        let far = [1e12, -1e12, f64::NAN].map(|value| Distribution { marked: [value; 3], ..spread.clone() });
        assert!(far.iter().all(|spread| !spread.is_sound()));
        far.iter().for_each(|spread| drop(distribution_of("x", spread, Size { width_px: 300, height_px: 200 })));
    }

    proptest! {
        #[test]
        fn any_durations_are_sound(values in prop::collection::vec(prop_oneof![0.0..5000.0f64, 0.0..0.2f64, 1e3..1e9f64], 0..200)) {
            prop_assert!(Distribution::of_durations(values).is_sound());
        }

        #[test]
        fn labels_of_marks_never_collide(values in prop::collection::vec(0.1..3000.0f64, 1..60), width_px in 300..1200i32) {
            let spread = Distribution::of(values, Measure::Durations, 40);
            let bins = &spread.bins;
            let (left, right) = (40, width_px - 26);
            let marks = marks(&spread, (left, right), Measure::Durations);
            let boxes: Vec<(i32, i32, i32)> = marks.iter().map(|mark| {
                let share = (mark.place - bins.from) / (bins.to() - bins.from);
                let line = left + (share * f64::from(right - left)).round() as i32;
                let width = text_width_px(&mark.text, LABEL_PX);
                if mark.leftwards { (mark.row, line - 4 - width, line - 4) } else { (mark.row, line + 4, line + 4 + width) }
            }).collect();
            for (i, a) in boxes.iter().enumerate() {
                prop_assert!(a.1 >= 0 && a.2 <= width_px, "outside: {boxes:?}");
                for b in &boxes[i + 1..] {
                    prop_assert!(a.0 != b.0 || a.2 <= b.1 || b.2 <= a.1, "overlap: {boxes:?}");
                }
            }
        }
    }
}
