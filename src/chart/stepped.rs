//! A value that changes over time as a filled line of steps, each of which can be read off.

use plotters::element::Polygon;

use super::output::{Chart, Size};
use super::plot::{Words, plot};
use super::sheet::PLAIN;
use super::steps::Steps;
use super::style::{Look, Role};
use super::ticks::{Axis, duration};

/// The line. `whole`: the values are whole numbers; `show` says one in words.
pub(super) fn stepped(words: Words, steps: &Steps, whole: bool, size: Size, show: impl Fn(f64) -> String) -> Chart {
    let bins = steps.bins();
    let end_ms = bins.last().map_or(1.0, |(_, to, _)| *to);
    let x = Axis::time(0.0, end_ms, size.x_ticks());
    let y = Axis::amount(steps.highest(), size.y_ticks(), whole);
    plot(words, size, (x, y), 0, |plot| {
        let line: Vec<(f64, f64)> =
            bins.iter().flat_map(|(from, to, value)| [(*from, *value), (*to, *value)]).collect();
        let floor = [(end_ms, 0.0), (0.0, 0.0)];
        let area: Vec<(f64, f64)> = line.iter().copied().chain(floor).collect();
        plot.draw((Role::First, Look::Area), &Polygon::new(area, PLAIN))?;
        plot.line((Role::First, Look::Line), line)?;
        let rows = plot.rows();
        for (from, to, value) in bins {
            let (left, right) = (plot.place((from, 0.0)).0, plot.place((to, 0.0)).0);
            let text = format!("{} to {}: {}", duration(from), duration(to), show(value));
            plot.sheet.spot((left, rows.start), (right, rows.end), text, None);
        }
        Ok(())
    })
}
