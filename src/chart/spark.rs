//! Small charts for a run under way: one line, the latest value and the highest, no axes. They are drawn from a
//! [`Series`], which stays bounded.

use plotters::element::{Circle, PathElement, Polygon};
use plotters::style::text_anchor::{HPos, VPos};

use super::kind::{ChartKind, Draw};
use super::labels::{LABEL_PX, cut_to_fit, text_width_px};
use super::output::{Chart, Size};
use super::series::Series;
use super::sheet::{Drawn, PLAIN, Place, Sheet, untitled};
use super::style::{Look, Role};
use super::ticks::{duration, short};

/// Height of a line of words, px.
const WORDS_PX: i32 = 18;
/// Radius of the latest point, px.
const POINT_PX: i32 = 3;

/// The TTFT of the requests that end, in ms.
pub(super) const TTFT: ChartKind<Series> = ChartKind {
    name: "live-ttft",
    label: "TTFT",
    whole_width: false,
    height_px: |_| 112,
    draw: Draw::Once(|title, series, size| sparkline(title, "ms", series, size)),
};

/// Stream events with text per second.
pub(super) const TOKENS: ChartKind<Series> = ChartKind {
    name: "live-tokens",
    label: "Tokens per second",
    draw: Draw::Once(|title, series, size| sparkline(title, "tokens/s", series, size)),
    ..TTFT
};

/// Requests in flight.
pub(super) const IN_FLIGHT: ChartKind<Series> = ChartKind {
    name: "live-in-flight",
    label: "In flight",
    draw: Draw::Once(|title, series, size| sparkline(title, "requests", series, size)),
    ..TTFT
};

/// The course of a value so far: its name at the left, its latest value at the right (below the name where both do not
/// fit into one line), and a line from 0 up to its highest. `unit` "ms" shows durations; any other stands behind the
/// number.
pub fn sparkline(title: &str, unit: &str, series: &Series, size: Size) -> Chart {
    let in_words = |value: f64| if unit == "ms" { duration(value) } else { format!("{} {unit}", short(value)) };
    let points = series.points();
    let highest = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let latest = points.last().map(|(_, value)| in_words(*value));
    let summary = latest
        .as_ref()
        .map_or_else(|| "No values yet.".to_owned(), |latest| format!("Now {latest}, at most {}.", in_words(highest)));
    let latest = latest.unwrap_or_else(|| "–".to_owned());
    let size = Size { width_px: size.width_px.max(60), height_px: size.height_px.max(60) };
    untitled(title, summary, size, |sheet| {
        let fitting = |text| cut_to_fit(text, LABEL_PX, sheet.width_px - 4);
        let (title, latest) = (fitting(title), fitting(&latest));
        let both_px = text_width_px(&title, LABEL_PX) + text_width_px(&latest, LABEL_PX) + 8;
        let lines = if both_px <= sheet.width_px - 4 { 1 } else { 2 };
        sheet.label(Role::Muted, &title, (HPos::Left, VPos::Top), (2, 2))?;
        let at = (sheet.width_px - 2, 2 + (lines - 1) * WORDS_PX);
        sheet.label(Role::Ink, &latest, (HPos::Right, VPos::Top), at)?;
        draw_line(sheet, points, highest, lines * WORDS_PX)
    })
}

fn draw_line(sheet: &Sheet, points: &[(f64, f64)], highest: f64, top_px: i32) -> Drawn {
    let (width, floor) = (sheet.width_px, sheet.height_px - 2);
    sheet.draw((Role::Grid, Look::Rule), &PathElement::new([(2, floor), (width - 2, floor)], PLAIN))?;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
    let span = (last.0 - first.0).max(1.0);
    let scale = f64::from(floor - top_px - POINT_PX - 1) / if highest > 0.0 { highest } else { 1.0 };
    let place = |(at, value): &(f64, f64)| -> Place {
        let x = 2.0 + (at - first.0) / span * f64::from(width - 6);
        (x as i32, floor - (value.max(0.0) * scale) as i32)
    };
    let line: Vec<Place> = points.iter().map(place).collect();
    let now = place(last);
    let area: Vec<Place> = line.iter().copied().chain([(now.0, floor), (place(first).0, floor)]).collect();
    sheet.draw((Role::First, Look::Area), &Polygon::new(area, PLAIN))?;
    sheet.draw((Role::First, Look::Line), &PathElement::new(line, PLAIN))?;
    sheet.draw((Role::First, Look::Fill), &Circle::new(now, POINT_PX, PLAIN))
}
