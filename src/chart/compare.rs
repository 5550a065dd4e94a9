//! Several runs in one picture: throughput against latency over a sweep, and distributions laid over one another.

use plotters::prelude::*;

use super::bins::{all_drawable, drawable};
use super::frame::{CAPTION_AT, CAPTION_LINE_PX, Size, Words, empty, legend, plot};
use super::theme::Role;
use super::ticks::{Axis, duration, short};
use crate::metrics::stats::{percentile, sorted};

/// Points of one curve.
const CURVE_POINTS: usize = 200;
/// The colours of series, in order.
const SERIES: [Role; 4] = [Role::First, Role::Second, Role::Third, Role::Muted];

/// One run of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepPoint {
    /// What sets it apart: "4/s", "32 at once".
    pub label: String,
    /// What the server yielded, in the chart's unit.
    pub throughput: f64,
    /// Its latency, ms.
    pub latency_ms: f64,
}

/// Latency against throughput over a sweep, one point a run, in the order given; and the limit that a good run keeps
/// to. `latency` names the figure ("p99 TTFT"), `unit` the throughput's ("requests/s").
pub fn throughput_latency(
    latency: &str,
    unit: &str,
    points: &[SweepPoint],
    limit_ms: Option<f64>,
    size: Size,
) -> String {
    let title = format!("{latency} by throughput");
    let points: Vec<&SweepPoint> = points.iter().filter(|p| drawable(p.throughput) && drawable(p.latency_ms)).collect();
    if points.is_empty() {
        return empty(&title, "No runs yet.", size);
    }
    let highest = points.iter().map(|p| p.latency_ms).chain(limit_ms).fold(0.0, f64::max);
    let fastest = points.iter().map(|p| p.throughput).fold(0.0, f64::max);
    let listed: Vec<String> = points
        .iter()
        .map(|p| format!("{}: {} {unit}, {}", p.label, short(p.throughput), duration(p.latency_ms)))
        .collect();
    let words = Words { title: &title, gist: format!("{}.", listed.join("; ")), y_caption: latency, x_caption: unit };
    let x = Axis::amount(fastest, size.x_ticks(), false);
    let y = Axis::time_up_to(highest, size.y_ticks());
    plot(&words, size, (&x, &y), 0, |_, plane, hotspots| {
        if let Some(limit) = limit_ms {
            plane.draw_series(DashedLineSeries::new(
                [(x.from, limit), (x.to, limit)],
                6,
                4,
                Role::Bad.colour().into(),
            ))?;
        }
        let places: Vec<(f64, f64)> = points.iter().map(|p| (p.throughput, p.latency_ms)).collect();
        plane.draw_series(LineSeries::new(places.iter().copied(), Role::First.colour().stroke_width(2)))?;
        plane.draw_series(places.iter().map(|place| Circle::new(*place, 4, Role::First.colour().filled())))?;
        for (place, text) in places.iter().zip(&listed) {
            let (x, y) = plane.backend_coord(place);
            hotspots.add((x - 8, y - 8), (x + 8, y + 8), text, None);
        }
        Ok(())
    })
}

/// Distributions of durations in ms laid over one another, each as the share of its values at or below a duration.
/// At most four have colours of their own; each keeps its colour where another has no values.
pub fn overlay(title: &str, runs: &[(&str, &[f64])], size: Size) -> String {
    let colours = SERIES.iter().cycle();
    let runs: Vec<(&str, Role, Vec<f64>)> = runs
        .iter()
        .zip(colours)
        .map(|((name, values), role)| (*name, *role, sorted(all_drawable(values.to_vec()))))
        .filter(|(_, _, values)| !values.is_empty())
        .collect();
    let Some(highest) = runs.iter().map(|(_, _, sorted)| percentile(sorted, 99.5)).reduce(f64::max) else {
        return empty(title, "No values.", size);
    };
    let medians: Vec<String> =
        runs.iter().map(|(name, _, sorted)| format!("{name}: p50 {}", duration(percentile(sorted, 50.0)))).collect();
    let words =
        Words { title, gist: format!("{}.", medians.join("; ")), y_caption: "share at or below", x_caption: "" };
    let x = Axis::time_up_to(highest, size.x_ticks());
    let y = Axis { from: 0.0, to: 100.0, ticks: [0, 25, 50, 75, 100].map(|v| (f64::from(v), format!("{v} %"))).into() };
    let above_px = CAPTION_LINE_PX + 6;
    plot(&words, size, (&x, &y), above_px, |sheet, plane, _| {
        for (_, role, sorted) in &runs {
            let share = |i: usize| i as f64 * 100.0 / CURVE_POINTS as f64;
            let curve = (0..=CURVE_POINTS).map(|i| (percentile(sorted, share(i)).min(x.to), share(i)));
            plane.draw_series(LineSeries::new(curve, role.colour().stroke_width(2)))?;
        }
        let below = (CAPTION_AT.0, CAPTION_AT.1 + CAPTION_LINE_PX as i32);
        legend(sheet, below, runs.iter().map(|(name, role, _)| (*role, *name)))
    })
}
