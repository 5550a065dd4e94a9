//! How values are spread: histograms, with the percentiles that people quote marked on them.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::bins::{self, Histogram, percentile, sorted_drawable};
use super::frame::{self, Drawn, Hotspots, LABEL_PX, Plane, Size, Words, empty, plot, text_style, text_width_px};
use super::theme::Role;
use super::ticks::{Axis, duration, number, short};

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

/// A histogram of durations in ms with p50, p90 and p99. Values that are not finite are left out; a long tail gets a
/// logarithmic axis.
pub fn distribution(title: &str, values_ms: &[f64], size: Size) -> String {
    histogram(title, values_ms.iter().copied(), size, &Kind { bins: bins::durations, show: duration, count: "values" })
}

/// A histogram of lengths in tokens with p50, p90 and p99, as for a workload's prompts.
pub fn lengths(title: &str, lengths: &[u32], size: Size) -> String {
    let show = |tokens| format!("{} tokens", short(tokens));
    let values = lengths.iter().map(|len| f64::from(*len));
    histogram(title, values, size, &Kind { bins: bins::whole, show, count: "requests" })
}

/// What differs between kinds of values.
struct Kind {
    bins: fn(&[f64], usize) -> Histogram,
    show: fn(f64) -> String,
    /// What one counts.
    count: &'static str,
}

fn histogram(title: &str, values: impl IntoIterator<Item = f64>, size: Size, kind: &Kind) -> String {
    let sorted = sorted_drawable(values);
    let (Some(lowest), Some(highest)) = (sorted.first(), sorted.last()) else {
        return empty(title, "No values yet.", size);
    };
    let room_px = size.width_px.saturating_sub(70) as i32;
    let bins = (kind.bins)(&sorted, (room_px / BAR_PX) as usize);
    let most = bins.counts.iter().copied().max().unwrap_or(0);
    let y = Axis::amount(f64::from(most), size.y_ticks(), true);
    let x = x_axis(&bins, size, kind);
    let marks = marks(&sorted, &bins, frame::plot_x_px(size, &y), kind.show);
    let percentiles: Vec<String> = marks.iter().map(|mark| mark.text.clone()).collect();
    let (count, low, high) = (number(sorted.len() as f64, 0), (kind.show)(*lowest), (kind.show)(*highest));
    let words = Words {
        title,
        gist: format!("{count} {} from {low} to {high}; {}.", kind.count, percentiles.join(", ")),
        y_caption: kind.count,
        x_caption: x_caption(&bins, kind),
    };
    let rows = marks.iter().map(|mark| mark.row + 1).max().unwrap_or(0);
    plot(&words, size, (&x, &y), (rows * MARK_ROW_PX) as u32, |plane, hotspots| {
        bars(plane, hotspots, &bins, kind)?;
        draw_marks(plane, &marks, y.to, rows)
    })
}

fn x_axis(bins: &Histogram, size: Size, kind: &Kind) -> Axis {
    if bins.log {
        return Axis::log_time(10f64.powf(bins.from), 10f64.powf(bins.to()), size.x_ticks());
    }
    if kind.count == "requests" {
        return Axis::range(bins.from, bins.to(), size.x_ticks(), true);
    }
    Axis::time(bins.from, bins.to(), size.x_ticks())
}

fn x_caption(bins: &Histogram, kind: &Kind) -> &'static str {
    match (bins.log, kind.count) {
        (true, _) => "logarithmic scale",
        (false, "requests") => "tokens",
        _ => "",
    }
}

fn bars(plane: &mut Plane, hotspots: &mut Hotspots, bins: &Histogram, kind: &Kind) -> Drawn {
    for (i, count) in bins.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = bins.from + bins.width * i as f64;
        let corner = (from, 0.0);
        let opposite = (from + bins.width, f64::from(*count));
        let mut bar = Rectangle::new([corner, opposite], Role::First.colour().filled());
        let (left, right) = (plane.backend_coord(&corner).0, plane.backend_coord(&opposite).0);
        // A bar keeps at least one pixel of height, or a single slow request would not be seen.
        let height = plane.backend_coord(&corner).1 - plane.backend_coord(&opposite).1;
        bar.set_margin((height < 2).into(), 0, 0, (right - left > 3).into());
        plane.draw_series([bar])?;
        let (low, high) = bins.edges(i);
        let text =
            format!("{} to {}: {} {}", (kind.show)(low), (kind.show)(high), number(f64::from(*count), 0), kind.count);
        let plot = plane.plotting_area().get_pixel_range();
        hotspots.add((left, plot.1.start), (right, plot.1.end), &text, None);
    }
    Ok(())
}

/// The marks with their labels side by side where there is room, else one above the other.
fn marks(sorted: &[f64], bins: &Histogram, (left_px, right_px): (i32, i32), show: fn(f64) -> String) -> Vec<Mark> {
    let span = bins.to() - bins.from;
    let mut taken: Vec<(i32, i32, i32)> = Vec::new();
    let mut marks: Vec<Mark> = Vec::new();
    for percent in MARKED {
        let value = percentile(sorted, percent);
        let place = bins.place(value);
        let text = format!("p{percent} {}", show(value));
        let line = left_px + ((place - bins.from) / span * f64::from(right_px - left_px)).round() as i32;
        let width = text_width_px(&text, LABEL_PX) + 8;
        let leftwards = line + width > right_px + 20;
        let (from, to) = if leftwards { (line - width, line) } else { (line, line + width) };
        let free = |row: i32| taken.iter().all(|(r, f, t)| *r != row || to <= *f || from >= *t);
        let row = (0..3).find(|row| free(*row)).unwrap_or(2);
        // The line rises to its label through the rows below, and is kept clear there too.
        taken.extend((0..row).map(|below| (below, line - 2, line + 2)));
        taken.push((row, from, to));
        marks.push(Mark { place, text, row, leftwards });
    }
    marks
}

fn draw_marks(plane: &mut Plane, marks: &[Mark], top: f64, rows: i32) -> Drawn {
    let sheet = plane.plotting_area().strip_coord_spec();
    let (x0, y0) = sheet.get_base_pixel();
    for mark in marks {
        let (x, top_px) = plane.backend_coord(&(mark.place, top));
        let (_, bottom_px) = plane.backend_coord(&(mark.place, 0.0));
        let label_px = top_px - (mark.row.min(rows) + 1) * MARK_ROW_PX + 2;
        let at = |px: i32| (x - x0, px - y0);
        let line = PathElement::new(vec![at(label_px), at(bottom_px)], Role::Ink.colour().mix(0.7));
        sheet.draw(&line)?;
        let (h_pos, shift) = if mark.leftwards { (HPos::Right, -4) } else { (HPos::Left, 4) };
        let style = text_style(Role::Ink, LABEL_PX, Pos::new(h_pos, VPos::Top));
        sheet.draw_text(&mark.text, &style, (x - x0 + shift, label_px - y0))?;
    }
    Ok(())
}
