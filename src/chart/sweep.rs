//! Latency against throughput over the runs of a sweep: the median and the 99th percentile as lines that join the runs in
//! order, and the limit that a good request keeps to.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::bins::drawable;
use super::frame::{
    CAPTION_AT, CAPTION_LINE_PX, Drawn, LABEL_PX, Plane, Sheet, Size, Words, empty, legend, plot, text_style,
    text_width_px,
};
use super::theme::Role;
use super::ticks::{Axis, duration, short};

/// From this ratio of the highest latency to the lowest on, the axis is logarithmic: past saturation a latency grows
/// without end, and the runs below it would lie on the floor.
const LOG_FROM: f64 = 10.0;

/// One run of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepPoint {
    /// What sets it apart: "4", "inf".
    pub label: String,
    /// What the server yielded, in the chart's unit.
    pub throughput: f64,
    /// Its median latency, ms.
    pub median_ms: f64,
    /// The 99th percentile, ms.
    pub p99_ms: f64,
}

/// The chart. `latency` names the metric ("TTFT"), `unit` the throughput's ("requests/s").
pub fn throughput_latency(
    latency: &str,
    unit: &str,
    points: &[SweepPoint],
    limit_ms: Option<f64>,
    size: Size,
) -> String {
    let title = format!("{latency} by throughput");
    let whole = |p: &&SweepPoint| drawable(p.throughput) && drawable(p.median_ms) && drawable(p.p99_ms);
    let points: Vec<&SweepPoint> = points.iter().filter(whole).collect();
    if points.is_empty() {
        return empty(&title, "No runs yet.", size);
    }
    let said: Vec<String> = points.iter().map(|point| said(point, unit)).collect();
    let limit = limit_ms.map(|limit_ms| format!(" The SLO is {}.", duration(limit_ms))).unwrap_or_default();
    let gist = format!("{}.{limit}", said.join("; "));
    let y = Latency::of(&points, limit_ms, size);
    let y_caption = if y.log { format!("{latency}, logarithmic") } else { latency.to_owned() };
    let words = Words { title: &title, gist, y_caption: &y_caption, x_caption: unit };
    let x = Axis::amount(points.iter().map(|p| p.throughput).fold(0.0, f64::max), size.x_ticks(), false);
    plot(&words, size, (&x, &y.axis), CAPTION_LINE_PX + 6, |sheet, plane, hotspots| {
        let mut taken = Vec::new();
        if let Some(limit_ms) = limit_ms {
            draw_limit(sheet, plane, &mut taken, (&x, y.place(limit_ms)), &format!("SLO {}", duration(limit_ms)))?;
        }
        let medians: Vec<(f64, f64)> = points.iter().map(|p| (p.throughput, y.place(p.median_ms))).collect();
        let p99s: Vec<(f64, f64)> = points.iter().map(|p| (p.throughput, y.place(p.p99_ms))).collect();
        for (places, role) in [(&medians, Role::First), (&p99s, Role::Second)] {
            plane.draw_series(LineSeries::new(places.iter().copied(), role.colour().stroke_width(2)))?;
            plane.draw_series(places.iter().map(|place| Circle::new(*place, 4, role.colour().filled())))?;
        }
        for ((point, place), (median, said)) in points.iter().zip(&p99s).zip(medians.iter().zip(&said)) {
            let (x_px, y_px) = plane.backend_coord(place);
            label(
                sheet,
                &mut taken,
                &[(x_px, y_px - 7), (x_px - 14, y_px + 5), (x_px, y_px + 20)],
                &point.label,
                Role::Ink,
            )?;
            hotspots.add((x_px - 8, y_px - 8), (x_px + 8, plane.backend_coord(median).1 + 8), said, None);
        }
        let below = (CAPTION_AT.0, CAPTION_AT.1 + CAPTION_LINE_PX as i32);
        legend(sheet, below, [(Role::First, "p50"), (Role::Second, "p99")].into_iter())
    })
}

fn said(point: &SweepPoint, unit: &str) -> String {
    let (median, p99) = (duration(point.median_ms), duration(point.p99_ms));
    format!("{}: {} {unit}, p50 {median}, p99 {p99}", point.label, short(point.throughput))
}

/// The latency's axis.
struct Latency {
    axis: Axis,
    log: bool,
}

impl Latency {
    fn of(points: &[&SweepPoint], limit_ms: Option<f64>, size: Size) -> Self {
        let all = || points.iter().flat_map(|p| [p.median_ms, p.p99_ms]).chain(limit_ms);
        let (lowest, highest) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
        let log = lowest > 0.0 && highest / lowest >= LOG_FROM;
        let axis = if log {
            Axis::log_time(lowest * 0.7, highest * 1.4, size.y_ticks())
        } else {
            Axis::time_up_to(highest * 1.05, size.y_ticks())
        };
        Self { axis, log }
    }

    /// Where a latency lies on the axis.
    fn place(&self, ms: f64) -> f64 {
        if self.log { ms.log10() } else { ms }
    }
}

/// Corners of what no label may cover, px.
type Boxes = Vec<((i32, i32), (i32, i32))>;

fn draw_limit(sheet: &Sheet, plane: &mut Plane, taken: &mut Boxes, (x, at): (&Axis, f64), text: &str) -> Drawn {
    plane.draw_series(DashedLineSeries::new([(x.from, at), (x.to, at)], 6, 4, Role::Bad.colour().into()))?;
    let ((left, y_px), (right, _)) = (plane.backend_coord(&(x.from, at)), plane.backend_coord(&(x.to, at)));
    taken.push(((left, y_px - 2), (right, y_px + 2)));
    label(sheet, taken, &[(left + text_width_px(text, LABEL_PX) / 2 + 6, y_px - 3)], text, Role::Bad)
}

/// Writes a label at the first of these places (the middle of its lower edge, px) that is free, or not at all.
fn label(sheet: &Sheet, taken: &mut Boxes, places: &[(i32, i32)], text: &str, role: Role) -> Drawn {
    let half = text_width_px(text, LABEL_PX) / 2 + 2;
    let corners = |(x, y): (i32, i32)| ((x - half, y - LABEL_PX as i32), (x + half, y));
    let is_free = |place: &&(i32, i32)| {
        let (from, to) = corners(**place);
        !taken.iter().any(|(a, b)| from.0 < b.0 && a.0 < to.0 && from.1 < b.1 && a.1 < to.1)
    };
    let Some(place) = places.iter().find(is_free).copied() else { return Ok(()) };
    taken.push(corners(place));
    sheet.draw_text(text, &text_style(role, LABEL_PX, Pos::new(HPos::Center, VPos::Bottom)), place)
}
