//! A latency of several runs in one picture: the share of the values at or below each duration, one curve per run.

use plotters::element::PathElement;

use super::curve::{Curve, STEPS, percent};
use super::data::RunLatencies;
use super::kind::{ChartKind, Draw};
use super::output::{Chart, Size};
use super::plot::{Legend, Words, plot};
use super::sheet::{PLAIN, empty};
use super::style::{Look, Role};
use super::ticks::{Axis, duration};
use crate::metrics::Metric;

/// Every how many steps a value can be read off.
const READ_EVERY: usize = 10;
/// Half the edge of the square around a point in which it is read off, px.
const REACH_PX: i32 = 5;
/// The colours of runs, in order.
const RUNS: [Role; 4] = [Role::First, Role::Second, Role::Third, Role::Muted];

/// The chart of a latency.
pub(super) fn kind(metric: Metric) -> ChartKind<[RunLatencies]> {
    ChartKind {
        name: metric.word(),
        label: metric.row().title,
        whole_width: false,
        height_px: |_| 260,
        draw: Draw::OfLatency(metric, |title, metric, runs, size| {
            let curves: Vec<(&str, &Curve)> = runs.iter().map(|run| (run.name.as_str(), run.latency(metric))).collect();
            overlay(title, &curves, size)
        }),
    }
}

/// Curves laid over one another. At most four have colours of their own; each keeps its colour where another has no
/// values.
pub fn overlay(title: &str, runs: &[(&str, &Curve)], size: Size) -> Chart {
    let with_colours = runs.iter().zip(RUNS.iter().cycle());
    let runs: Vec<(&str, Role, &[f64])> = with_colours
        .map(|((name, curve), role)| (*name, *role, curve.values()))
        .filter(|(_, _, values)| !values.is_empty())
        .collect();
    // The axis ends at p99.5: one slow request would else press all curves to the left.
    let Some(highest) = runs.iter().map(|(_, _, values)| values[STEPS - 1]).reduce(f64::max) else {
        return empty(title, "No values.", size);
    };
    let medians: Vec<String> =
        runs.iter().map(|(name, _, values)| format!("{name}: p50 {}", duration(values[STEPS / 2]))).collect();
    let summary = format!("{}.", medians.join("; "));
    let words = Words { title, summary, y_caption: "share at or below", x_caption: "" };
    let x = Axis::time_up_to(highest, size.x_ticks());
    let y = Axis { from: 0.0, to: 100.0, ticks: [0, 25, 50, 75, 100].map(|v| (f64::from(v), format!("{v} %"))).into() };
    let legend = Legend::new(runs.iter().map(|(name, role, _)| (*role, *name)), size);
    plot(words, size, (x, y), legend.height_px(), |plot| {
        legend.draw(plot.sheet, plot.above_px)?;
        for (name, role, values) in &runs {
            let places: Vec<(i32, i32)> =
                values.iter().enumerate().map(|(i, value)| plot.place((*value, percent(i)))).collect();
            for (i, (x, y)) in places.iter().enumerate().step_by(READ_EVERY) {
                let text = format!("{name}: {} % at or below {}", percent(i), duration(values[i]));
                plot.sheet.spot((x - REACH_PX, y - REACH_PX), (x + REACH_PX, y + REACH_PX), text, None);
            }
            plot.sheet.draw((*role, Look::Line), &PathElement::new(places, PLAIN))?;
        }
        Ok(())
    })
}
