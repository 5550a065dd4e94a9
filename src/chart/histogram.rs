//! A histogram with the percentiles that people quote marked on it.

use std::ops::Range;

use plotters::element::{PathElement, Rectangle};
use plotters::style::text_anchor::{HPos, VPos};

use super::distribution::{Distribution, MARKED, Measure};
use super::labels::{LABEL_PX, side_by_side, text_width_px};
use super::output::{Chart, Size};
use super::plot::{LINE_PX, Plot, Words, plot};
use super::sheet::{Drawn, MARGIN_PX, PLAIN, empty};
use super::style::{Look, Role};
use super::ticks::{Axis, counted};

/// Space between the marks' labels and the plot, in which their lines lean towards them, px.
const LEAN_PX: i32 = 6;

/// The histogram.
pub(super) fn histogram(title: &str, spread: &Distribution, measure: Measure, size: Size) -> Chart {
    if spread.count == 0 {
        return empty(title, "No values yet.", size);
    }
    let bins = &spread.bins;
    let most = bins.counts.iter().copied().max().unwrap_or(0);
    let y = Axis::amount(f64::from(most), size.y_ticks(), true);
    let x = measure.axis(bins, size.x_ticks());
    let caption = format!("{}s", measure.counts());
    let words =
        Words { title, summary: summary(spread, measure), y_caption: &caption, x_caption: measure.axis_caption(bins) };
    let marks = Marks::of(spread, measure, size);
    plot(words, size, (x, y), marks.height_px(), |plot| {
        bars(plot, spread, measure)?;
        marks.draw(plot)
    })
}

fn summary(spread: &Distribution, measure: Measure) -> String {
    let (low, high) = (measure.in_words(spread.lowest), measure.in_words(spread.highest));
    let count = counted(spread.count as usize, measure.counts());
    let marked = MARKED.iter().zip(spread.marked);
    let percentiles: Vec<String> =
        marked.map(|(percent, value)| format!("p{percent} {}", measure.in_words(value))).collect();
    format!("{count} from {low} to {high}; {}.", percentiles.join(", "))
}

fn bars(plot: &Plot, spread: &Distribution, measure: Measure) -> Drawn {
    let bins = &spread.bins;
    let rows = plot.rows();
    for (i, count) in bins.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = bins.from + bins.width * i as f64;
        let (left, bottom) = plot.place((from, 0.0));
        let (right, top) = plot.place((from + bins.width, f64::from(*count)));
        let gap = i32::from(right - left > 3);
        // A bar is at least a pixel wide and two high, or a single slow request would not be seen.
        let corners = [(left, top.min(bottom - 2)), ((right - gap).max(left + 1), bottom)];
        plot.sheet.draw((Role::First, Look::Fill), &Rectangle::new(corners, PLAIN))?;
        let (low, high) = bins.edges(i);
        let count = counted(*count as usize, measure.counts());
        let text = format!("{} to {}: {count}", measure.in_words(low), measure.in_words(high));
        plot.sheet.spot((left, rows.start), (right, rows.end), text, None);
    }
    Ok(())
}

/// The marks of a histogram: lines with labels above the plot, in one line where they fit beside one another, else one
/// below the other.
struct Marks {
    /// Where each stands on the axis.
    places: [f64; MARKED.len()],
    labels: [String; MARKED.len()],
    widths: [i32; MARKED.len()],
    one_line: bool,
}

impl Marks {
    fn of(spread: &Distribution, measure: Measure, size: Size) -> Self {
        let mut percents = MARKED.into_iter();
        let labels = spread.marked.map(|value| {
            let percent = percents.next().unwrap_or_default();
            format!("p{percent} {}", measure.beside_axis(value))
        });
        let widths = labels.each_ref().map(|text| text_width_px(text, LABEL_PX));
        let one_line = side_by_side(&[0; MARKED.len()], &widths, &Self::room(size.width_px as i32)).is_some();
        Self { places: spread.marked.map(|value| spread.bins.place(value)), labels, widths, one_line }
    }

    /// Where labels may stand on a sheet of this width, px.
    fn room(width_px: i32) -> Range<i32> {
        MARGIN_PX..width_px - MARGIN_PX
    }

    /// The height that the labels need, px.
    fn height_px(&self) -> i32 {
        if self.one_line { LINE_PX + LEAN_PX } else { LINE_PX * MARKED.len() as i32 }
    }

    fn draw(&self, plot: &Plot) -> Drawn {
        let rows = plot.rows();
        let columns = self.places.map(|place| plot.place((place, 0.0)).0);
        let beside = || side_by_side(&columns, &self.widths, &Self::room(plot.sheet.width_px));
        let starts = self.one_line.then(beside).flatten();
        for (i, x_px) in columns.into_iter().enumerate() {
            let mut line = vec![(x_px, rows.end), (x_px, rows.start)];
            if let Some(start) = starts.as_ref().map(|starts| starts[i]) {
                // The line leans towards its label where that does not stand straight above it.
                let under = x_px.max(start + 4).min(start + self.widths[i] - 4);
                line.extend([(x_px, rows.start - LEAN_PX), (under, plot.above_px + LINE_PX - 1)]);
                let middle = start + self.widths[i] / 2;
                plot.sheet.label(Role::Ink, &self.labels[i], (HPos::Center, VPos::Top), (middle, plot.above_px))?;
            } else {
                let at = (MARGIN_PX, plot.above_px + LINE_PX * i as i32);
                plot.sheet.label(Role::Ink, &self.labels[i], (HPos::Left, VPos::Top), at)?;
            }
            plot.sheet.draw((Role::Ink, Look::Rule), &PathElement::new(line, PLAIN))?;
        }
        Ok(())
    }
}
