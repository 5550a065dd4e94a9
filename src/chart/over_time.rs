//! A run over time: requests in flight, rates a second, and single values as a cloud of points.

use std::collections::HashSet;

use plotters::prelude::*;
use serde::{Deserialize, Serialize};

use super::bins::{self, MOST_READ_BINS, drawable};
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

/// A value for each bin of time: all that a stepped line is drawn from, of one size however long the run was. The
/// default is of nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Steps {
    end_ms: f64,
    /// Of every bin but the last, which ends with the run.
    width_ms: f64,
    values: Vec<f32>,
}

impl Steps {
    /// The most requests in flight in each bin, from the sends and ends of requests.
    pub fn in_flight(spans: &[Span]) -> Self {
        let ends = spans.iter().map(|span| span.end_ms.unwrap_or(span.sent_ms)).filter(|at| drawable(*at));
        Self::of(&peaks(spans, ends.fold(0.0, f64::max)))
    }

    /// Something that happens over time as a rate a second: (when in ms, how much) of each; `end_ms` is where the run
    /// ends.
    pub fn rate(events: &[(f64, f64)], end_ms: f64) -> Self {
        if events.is_empty() {
            return Self::default();
        }
        // Bins that hold a few events each; narrower ones would show single arrivals, not a rate.
        let least_ms = (end_ms * 4.0 / events.len() as f64).max(LEAST_BIN_MS);
        let bins = bins::over_time(events, end_ms, MOST_BINS / 2, least_ms);
        let a_second = |(from, to, sum): (f64, f64, f64)| (from, to, sum / ((to - from) / 1000.0));
        Self::of(&bins.into_iter().map(a_second).collect::<Vec<_>>())
    }

    fn of(bins: &[(f64, f64, f64)]) -> Self {
        Self {
            end_ms: bins.last().map_or(0.0, |(_, to, _)| *to),
            width_ms: bins.first().map_or(0.0, |(from, to, _)| to - from),
            values: bins.iter().map(|(.., value)| *value as f32).collect(),
        }
    }

    /// (from, to, value) of each bin.
    fn bins(&self) -> Vec<(f64, f64, f64)> {
        let edge = |i: usize| if i == self.values.len() { self.end_ms } else { i as f64 * self.width_ms };
        self.values.iter().enumerate().map(|(i, value)| (edge(i), edge(i + 1), f64::from(*value))).collect()
    }

    fn highest(&self) -> f64 {
        self.values.iter().copied().map(f64::from).fold(0.0, f64::max)
    }

    /// Whether it can be drawn: for one that was read from outside.
    pub fn is_sound(&self) -> bool {
        let before_last_ms = self.width_ms * self.values.len().saturating_sub(1) as f64;
        let values = || self.values.iter().all(|value| *value >= 0.0 && drawable(f64::from(*value)));
        let times = || drawable(self.end_ms) && self.width_ms > 0.0 && before_last_ms < self.end_ms;
        self.values.is_empty() || (self.values.len() <= MOST_READ_BINS && times() && values())
    }
}

/// How many requests were in flight.
pub fn in_flight(title: &str, steps: &Steps, size: Size) -> String {
    let most = steps.highest();
    if most == 0.0 {
        return empty(title, "Nothing was sent yet.", size);
    }
    let gist = format!("At most {} requests at once over {}.", number(most, 0), duration(steps.end_ms));
    let words = Words { title, gist, y_caption: "requests", x_caption: "" };
    stepped(&words, size, &steps.bins(), true, |count| format!("{} in flight", number(count, 0)))
}

/// A rate over time. `unit` is what one counts, such as "tokens".
pub fn rate_over_time(title: &str, unit: &str, steps: &Steps, size: Size) -> String {
    if steps.values.is_empty() {
        return empty(title, &format!("No {unit} yet."), size);
    }
    let bins = steps.bins();
    let total: f64 = bins.iter().map(|(from, to, rate)| rate * (to - from)).sum();
    let (mean, most) = (short(total / steps.end_ms), short(steps.highest()));
    let caption = format!("{unit}/s");
    let gist = format!("{mean} {caption} on average over {}, at most {most} {caption}.", duration(steps.end_ms));
    let words = Words { title, gist, y_caption: &caption, x_caption: "" };
    stepped(&words, size, &bins, false, |rate| format!("{} {caption}", short(rate)))
}

/// Single durations over time as points: (when in ms, how long in ms), such as the TTFT of each request.
pub fn scatter_over_time(title: &str, points: &[(f64, f64)], size: Size) -> String {
    let points: Vec<Point> = points.iter().map(|(at_ms, value_ms)| (*at_ms, *value_ms, None)).collect();
    scatter(title, points, size)
}

/// Time to first token of each request, at the time of its send. Each point carries its request's index in
/// `data-request`.
pub fn ttft_over_time(title: &str, spans: &[Span], size: Size) -> String {
    let point = |span: &Span| Some((span.sent_ms, span.first_token_ms? - span.sent_ms, Some(span.index)));
    scatter(title, spans.iter().filter_map(point).collect(), size)
}

/// When, how long, and of which request; both in ms.
type Point = (f64, f64, Option<u32>);

fn scatter(title: &str, mut points: Vec<Point>, size: Size) -> String {
    points.retain(|(at_ms, value_ms, _)| drawable(*at_ms) && drawable(*value_ms));
    if points.is_empty() {
        return empty(title, "No values yet.", size);
    }
    let end_ms = points.iter().map(|(at, ..)| *at).fold(0.0, f64::max);
    let highest = points.iter().map(|(_, value, _)| *value).fold(0.0, f64::max);
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

fn cloud(plane: &mut Plane, hotspots: &mut Hotspots, points: &[Point]) -> Drawn {
    let places: Vec<(i32, i32)> = points.iter().map(|(at, value, _)| plane.backend_coord(&(*at, *value))).collect();
    let kept = apart(&places);
    let style = Role::First.colour().mix(0.6).filled();
    plane.draw_series(kept.iter().map(|i| Circle::new((points[*i].0, points[*i].1), POINT_PX, style)))?;
    for i in kept {
        let ((x, y), (at, value, request)) = (places[i], points[i]);
        let who = request.map(|index| format!("Request {index}: ")).unwrap_or_default();
        let text = format!("{who}{} at {}", duration(value), duration(at));
        hotspots.add((x - 4, y - 4), (x + 4, y + 4), &text, request);
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
