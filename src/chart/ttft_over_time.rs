//! The time to first token of each request, at the time of its send: one point per request.

use std::collections::HashSet;

use plotters::element::Circle;

use super::bins::drawable;
use super::data::ChartData;
use super::kind::{ChartKind, Draw};
use super::output::{Chart, Size};
use super::plot::{Plot, Words, plot};
use super::sheet::{Drawn, PLAIN, Place, empty};
use super::style::{Look, Role};
use super::ticks::{Axis, duration, number};
use crate::metrics::RequestSpan;

/// Most points that are drawn.
const MOST_POINTS: usize = 1000;
/// Radius of a point, px.
const POINT_PX: i32 = 2;
/// Half the edge of the square around a point in which it is read off, px.
const REACH_PX: i32 = 4;

/// Of a result.
pub(super) const KIND: ChartKind<ChartData> = ChartKind {
    name: "ttft-over-time",
    label: "TTFT over time",
    whole_width: false,
    height_px: |_| 220,
    draw: Draw::Once(|title, data, size| ttft_over_time(&data.titled(title), &data.spans, size)),
};

/// Of a run under way.
pub(super) const LIVE: ChartKind<[(f64, f64)]> = ChartKind {
    name: "live-requests",
    label: "TTFT by request",
    whole_width: true,
    height_px: |_| 240,
    draw: Draw::Once(scatter_over_time),
};

/// The TTFTs of these requests. Each spot belongs to its request.
pub fn ttft_over_time(title: &str, spans: &[RequestSpan], size: Size) -> Chart {
    let point = |span: &RequestSpan| Some((span.sent_ms, span.ttft_ms()?, Some(span.index)));
    scatter(title, spans.iter().filter_map(point).collect(), size)
}

/// Single durations over time as points: (when, how long), both in ms.
pub fn scatter_over_time(title: &str, points: &[(f64, f64)], size: Size) -> Chart {
    let points: Vec<Point> = points.iter().map(|(at_ms, value_ms)| (*at_ms, *value_ms, None)).collect();
    scatter(title, points, size)
}

/// When, how long, and of which request; both in ms.
type Point = (f64, f64, Option<u32>);

fn scatter(title: &str, mut points: Vec<Point>, size: Size) -> Chart {
    points.retain(|(at_ms, value_ms, _)| drawable(*at_ms) && drawable(*value_ms));
    if points.is_empty() {
        return empty(title, "No values yet.", size);
    }
    let end_ms = points.iter().map(|(at, ..)| *at).fold(0.0, f64::max);
    let highest = points.iter().map(|(_, value, _)| *value).fold(0.0, f64::max);
    let count = number(points.len() as f64, 0);
    let words = Words {
        title,
        summary: format!("{count} values over {}, at most {}.", duration(end_ms), duration(highest)),
        y_caption: "one point per request, at its send time",
        x_caption: "",
    };
    let x = Axis::time(0.0, if end_ms > 0.0 { end_ms } else { 1.0 }, size.x_ticks());
    let y = Axis::time_up_to(highest, size.y_ticks());
    plot(words, size, (x, y), 0, |plot| cloud(plot, &points))
}

fn cloud(plot: &Plot, points: &[Point]) -> Drawn {
    let places: Vec<Place> = points.iter().map(|(at_ms, value_ms, _)| plot.place((*at_ms, *value_ms))).collect();
    for i in apart(&places) {
        let ((x, y), (at_ms, value_ms, request)) = (places[i], points[i]);
        plot.sheet.draw((Role::First, Look::Cloud), &Circle::new((x, y), POINT_PX, PLAIN))?;
        let who = request.map(|index| format!("Request {index}: ")).unwrap_or_default();
        let text = format!("{who}{} at {}", duration(value_ms), duration(at_ms));
        plot.sheet.spot((x - REACH_PX, y - REACH_PX), (x + REACH_PX, y + REACH_PX), text, request);
    }
    Ok(())
}

/// Which of the places to draw: one of those that share a cell, in cells just large enough to leave few. An outlier
/// has a cell to itself, and so is always among them.
fn apart(places: &[Place]) -> Vec<usize> {
    let in_cells = |cell_px: i32| -> Vec<usize> {
        let mut seen = HashSet::new();
        let mut is_first = |(x, y): Place| seen.insert((x / cell_px, y / cell_px));
        (0..places.len()).filter(|i| is_first(places[*i])).collect()
    };
    let mut cells = (POINT_PX..).map(in_cells);
    cells.find(|kept| kept.len() <= MOST_POINTS).unwrap_or_default()
}
