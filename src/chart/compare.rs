//! Several runs in one picture: distributions laid over one another.

use plotters::prelude::*;

use super::bins::all_drawable;
use super::frame::{CAPTION_AT, CAPTION_LINE_PX, Size, Words, empty, legend, plot};
use super::theme::Role;
use super::ticks::{Axis, duration};
use crate::metrics::stats::{percentile, sorted};

/// Points of one curve.
const CURVE_POINTS: usize = 200;
/// The colours of series, in order.
const SERIES: [Role; 4] = [Role::First, Role::Second, Role::Third, Role::Muted];

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
