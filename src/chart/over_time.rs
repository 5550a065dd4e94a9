//! A run over time: requests in flight, rates a second, and single values as a cloud of points.

use std::collections::HashSet;

use plotters::prelude::*;

use super::bins::{self, drawable};
use super::frame::{Drawn, Hotspots, Plane, Size, Words, empty, plot};
use super::series::Span;
use super::theme::Role;
use super::ticks::{Axis, duration, number, short};

/// Most bins along the time axis.
const MOST_BINS: usize = 120;
/// Shortest bin of a rate, ms.
const LEAST_BIN_MS: f64 = 200.0;
/// Most points of a cloud.
const MOST_POINTS: usize = 1000;
/// Radius of a point, px.
const POINT_PX: i32 = 2;

/// How many requests were in flight, from the sends and ends of requests.
pub fn in_flight(title: &str, spans: &[Span], size: Size) -> String {
    let end_ms =
        spans.iter().map(|span| span.end_ms.unwrap_or(span.sent_ms)).filter(|at| drawable(*at)).fold(0.0, f64::max);
    let steps = peaks(spans, end_ms);
    let most = steps.iter().map(|(_, _, count)| *count).fold(0.0, f64::max);
    if most == 0.0 {
        return empty(title, "Nothing was sent yet.", size);
    }
    let gist = format!("At most {} requests at once over {}.", number(most, 0), duration(end_ms));
    let words = Words { title, gist, y_caption: "requests", x_caption: "" };
    stepped(&words, size, &steps, true, |count| format!("{} in flight", number(count, 0)))
}

/// Something that happens over time as a rate a second: (when in ms, how much) of each. `unit` is what one counts,
/// such as "tokens"; `end_ms` is where the run ends.
pub fn rate_over_time(title: &str, unit: &str, events: &[(f64, f64)], end_ms: f64, size: Size) -> String {
    // Bins that hold a few events each; narrower ones would show single arrivals, not a rate.
    let least_ms = (end_ms * 4.0 / events.len().max(1) as f64).max(LEAST_BIN_MS);
    let bins = bins::over_time(events, end_ms, MOST_BINS / 2, least_ms);
    let a_second = |(from, to, sum): (f64, f64, f64)| (from, to, sum / ((to - from) / 1000.0));
    let steps: Vec<(f64, f64, f64)> = bins.into_iter().map(a_second).collect();
    let total: f64 = events.iter().map(|(_, amount)| *amount).filter(|amount| drawable(*amount)).sum();
    if steps.is_empty() || events.is_empty() {
        return empty(title, &format!("No {unit} yet."), size);
    }
    let most = steps.iter().map(|(_, _, rate)| *rate).fold(0.0, f64::max);
    let (mean, most) = (short(total / (end_ms / 1000.0)), short(most));
    let caption = format!("{unit}/s");
    let gist = format!("{mean} {caption} on average over {}, at most {most} {caption}.", duration(end_ms));
    let words = Words { title, gist, y_caption: &caption, x_caption: "" };
    stepped(&words, size, &steps, false, |rate| format!("{} {caption}", short(rate)))
}

/// Single durations over time as points: (when in ms, how long in ms), such as the TTFT of each request.
pub fn scatter_over_time(title: &str, points: &[(f64, f64)], size: Size) -> String {
    let points: Vec<(f64, f64)> = points.iter().copied().filter(|(x, y)| drawable(*x) && drawable(*y)).collect();
    if points.is_empty() {
        return empty(title, "No values yet.", size);
    }
    let end_ms = points.iter().map(|(at, _)| *at).fold(0.0, f64::max);
    let highest = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let count = number(points.len() as f64, 0);
    let words = Words {
        title,
        gist: format!("{count} values over {}, at most {}.", duration(end_ms), duration(highest)),
        y_caption: "each point is one request, at the time of its send",
        x_caption: "",
    };
    let x = Axis::time(0.0, if end_ms > 0.0 { end_ms } else { 1.0 }, size.x_ticks());
    let y = Axis::time_up_to(highest, size.y_ticks());
    plot(&words, size, (&x, &y), 0, |_, plane, hotspots| cloud(plane, hotspots, &points))
}

fn cloud(plane: &mut Plane, hotspots: &mut Hotspots, points: &[(f64, f64)]) -> Drawn {
    let places: Vec<(i32, i32)> = points.iter().map(|point| plane.backend_coord(point)).collect();
    let kept = apart(&places);
    let style = Role::First.colour().mix(0.6).filled();
    plane.draw_series(kept.iter().map(|i| Circle::new(points[*i], POINT_PX, style)))?;
    for i in kept {
        let ((x, y), (at, value)) = (places[i], points[i]);
        let text = format!("{} at {}", duration(value), duration(at));
        hotspots.add((x - 4, y - 4), (x + 4, y + 4), &text, None);
    }
    Ok(())
}

/// Which of the places to draw: one of those that share a cell, in cells just large enough to leave few. An outlier
/// has a cell to itself, and so is always among them.
fn apart(places: &[(i32, i32)]) -> Vec<usize> {
    let in_cells = |cell_px: i32| -> Vec<usize> {
        let mut seen = HashSet::new();
        let mut first = |(x, y): (i32, i32)| seen.insert((x / cell_px, y / cell_px));
        (0..places.len()).filter(|i| first(places[*i])).collect()
    };
    let mut cells = (POINT_PX..).map(in_cells);
    cells.find(|kept| kept.len() <= MOST_POINTS).unwrap_or_default()
}

/// The most requests in flight in each bin of time, as (from_ms, to_ms, count).
fn peaks(spans: &[Span], end_ms: f64) -> Vec<(f64, f64, f64)> {
    // Only a span with an end, or one still in flight, changes the count; ends sort before sends at the same time.
    let mut changes: Vec<(f64, i32)> = spans.iter().map(|span| (span.sent_ms, 1)).collect();
    changes.extend(spans.iter().filter_map(|span| span.end_ms).map(|end| (end, -1)));
    changes.retain(|(at, _)| drawable(*at));
    changes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut steps = bins::over_time(&[], end_ms, MOST_BINS, 1.0);
    let mut changes = changes.into_iter().peekable();
    let mut now = 0;
    let last = steps.len().saturating_sub(1);
    for (i, (_, to, most)) in steps.iter_mut().enumerate() {
        let mut peak = now;
        while let Some((_, change)) = changes.next_if(|(at, _)| *at < *to || i == last) {
            now += change;
            peak = peak.max(now);
        }
        *most = f64::from(peak);
    }
    steps
}

/// Steps as a filled line, each of which can be read off.
fn stepped(words: &Words, size: Size, steps: &[(f64, f64, f64)], whole: bool, show: impl Fn(f64) -> String) -> String {
    let end_ms = steps.last().map_or(1.0, |(_, to, _)| *to);
    let most = steps.iter().map(|(_, _, value)| *value).fold(0.0, f64::max);
    let x = Axis::time(0.0, end_ms, size.x_ticks());
    let y = Axis::amount(most, size.y_ticks(), whole);
    plot(words, size, (&x, &y), 0, |_, plane, hotspots| {
        let line: Vec<(f64, f64)> = steps.iter().flat_map(|(from, to, v)| [(*from, *v), (*to, *v)]).collect();
        let area = AreaSeries::new(line.iter().copied(), 0.0, Role::First.colour().mix(0.15));
        plane.draw_series(area)?;
        plane.draw_series(LineSeries::new(line, Role::First.colour().stroke_width(2)))?;
        let plot = plane.plotting_area().get_pixel_range();
        for (from, to, value) in steps {
            let (left, right) = (plane.backend_coord(&(*from, 0.0)).0, plane.backend_coord(&(*to, 0.0)).0);
            let text = format!("{} to {}: {}", duration(*from), duration(*to), show(*value));
            hotspots.add((left, plot.1.start), (right, plot.1.end), &text, None);
        }
        Ok(())
    })
}
