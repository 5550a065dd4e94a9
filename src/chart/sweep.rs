//! Latency by throughput over the runs of a sweep: the median and the 99th percentile as lines that join the runs in
//! order, and the limit that a good request keeps to.

use plotters::element::{Circle, PathElement};
use plotters::style::text_anchor::{HPos, VPos};

use super::bins::drawable;
use super::kind::{ChartKind, Draw};
use super::labels::{LABEL_PX, Taken, half_width_px};
use super::output::{Chart, Size};
use super::plot::{Legend, Plot, Words, plot};
use super::sheet::{Drawn, PLAIN, Place, empty};
use super::style::{Look, Role};
use super::ticks::{Axis, duration, short};

/// From this ratio of the highest latency to the lowest on, the axis is logarithmic: past saturation a latency grows
/// without end, and the runs below it would lie on the floor.
const LOG_FROM: f64 = 10.0;
/// Radius of a point, px.
const POINT_PX: i32 = 4;
/// How far around its points a run is read off, px.
const REACH_PX: i32 = 8;
/// The legend.
const LEGEND: [(Role, &str); 2] = [(Role::First, "p50"), (Role::Second, "p99")];

/// Of a sweep.
pub(super) const KIND: ChartKind<SweepCurve> = ChartKind {
    name: "sweep",
    label: "Latency by throughput",
    whole_width: true,
    height_px: |_| 340,
    draw: Draw::Once(|_, curve, size| throughput_latency(curve, size)),
};

/// What the chart of a sweep shows.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepCurve {
    /// The latency: "TTFT".
    pub latency: String,
    /// The unit of the throughput: "requests/s".
    pub unit: String,
    /// The runs, in the sweep's order.
    pub points: Vec<SweepPoint>,
    /// What a good request's latency is at most, in ms; `None` where there is no limit.
    pub limit_ms: Option<f64>,
}

/// One run of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepPoint {
    /// What sets it apart: "4", "inf".
    pub label: String,
    /// The server's throughput, in the chart's unit.
    pub throughput: f64,
    /// Its median latency, ms.
    pub median_ms: f64,
    /// The 99th percentile, ms.
    pub p99_ms: f64,
}

/// The chart.
pub fn throughput_latency(curve: &SweepCurve, size: Size) -> Chart {
    let SweepCurve { latency, unit, .. } = curve;
    let limit_ms = curve.limit_ms.filter(|limit_ms| drawable(*limit_ms));
    let title = format!("{latency} by throughput");
    let is_whole = |p: &&SweepPoint| drawable(p.throughput) && drawable(p.median_ms) && drawable(p.p99_ms);
    let points: Vec<&SweepPoint> = curve.points.iter().filter(is_whole).collect();
    if points.is_empty() {
        return empty(&title, "No runs yet.", size);
    }
    let texts: Vec<String> = points.iter().map(|point| in_words(point, unit)).collect();
    let limit = limit_ms.map(|limit_ms| format!(" The SLO is {}.", duration(limit_ms))).unwrap_or_default();
    let summary = format!("{}.{limit}", texts.join("; "));
    let scale = Scale::of(&points, limit_ms, size);
    let y_caption = if scale.log { format!("{latency}, logarithmic") } else { latency.clone() };
    let words = Words { title: &title, summary, y_caption: &y_caption, x_caption: unit };
    let x = Axis::amount(points.iter().map(|p| p.throughput).fold(0.0, f64::max), size.x_ticks(), false);
    let legend = Legend::new(LEGEND, size);
    plot(words, size, (x.clone(), scale.axis.clone()), legend.height_px(), |plot| {
        legend.draw(plot.sheet, plot.above_px)?;
        let mut taken = Taken::default();
        if let Some(limit_ms) = limit_ms {
            draw_limit(plot, &mut taken, (&x, scale.place(limit_ms)), &format!("SLO {}", duration(limit_ms)))?;
        }
        let places = |of: fn(&SweepPoint) -> f64| -> Vec<Place> {
            points.iter().map(|point| plot.place((point.throughput, scale.place(of(point))))).collect()
        };
        let (medians, p99s) = (places(|point| point.median_ms), places(|point| point.p99_ms));
        draw_points(plot, &mut taken, Role::First, &medians)?;
        draw_points(plot, &mut taken, Role::Second, &p99s)?;
        for (i, (text, point)) in texts.into_iter().zip(&points).enumerate() {
            let (x, y) = p99s[i];
            let aside = half_width_px(&point.label) + POINT_PX + 2;
            let around = [(x, y - 7), (x + aside, y + 5), (x - aside, y + 5), (x, y + 20)];
            label(plot, &mut taken, &around, &point.label, Role::Ink)?;
            plot.sheet.spot((x - REACH_PX, y - REACH_PX), (x + REACH_PX, medians[i].1 + REACH_PX), text, None);
        }
        Ok(())
    })
}

fn in_words(point: &SweepPoint, unit: &str) -> String {
    let (median, p99) = (duration(point.median_ms), duration(point.p99_ms));
    format!("{}: {} {unit}, p50 {median}, p99 {p99}", point.label, short(point.throughput))
}

/// The latency's axis.
struct Scale {
    axis: Axis,
    log: bool,
}

impl Scale {
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

fn draw_points(plot: &Plot, taken: &mut Taken, role: Role, places: &[Place]) -> Drawn {
    plot.sheet.draw((role, Look::Line), &PathElement::new(places, PLAIN))?;
    for (x, y) in places {
        plot.sheet.draw((role, Look::Fill), &Circle::new((*x, *y), POINT_PX, PLAIN))?;
        taken.take(((x - POINT_PX, y - POINT_PX), (x + POINT_PX, y + POINT_PX)));
    }
    Ok(())
}

fn draw_limit(plot: &Plot, taken: &mut Taken, (x, at): (&Axis, f64), text: &str) -> Drawn {
    plot.line((Role::Bad, Look::Dash), vec![(x.from, at), (x.to, at)])?;
    let ((left, y_px), (right, _)) = (plot.place((x.from, at)), plot.place((x.to, at)));
    taken.take(((left, y_px - 2), (right, y_px + 2)));
    let middle = left + half_width_px(text) + 4;
    label(plot, taken, &[(middle, y_px - 3), (middle, y_px + LABEL_PX as i32 + 5)], text, Role::Bad)
}

/// Writes a label at the first of these places (the middle of its lower edge, px) that is free, or not at all.
fn label(plot: &Plot, taken: &mut Taken, places: &[Place], text: &str, role: Role) -> Drawn {
    let within = ((plot.columns().start, plot.rows().start - 4), (plot.sheet.width_px, plot.rows().end));
    taken
        .place(text, places, within)
        .map_or(Ok(()), |place| plot.sheet.label(role, text, (HPos::Center, VPos::Bottom), place))
}
