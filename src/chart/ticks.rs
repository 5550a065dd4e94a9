//! Where an axis has its ticks and what they say: steps of 1, 2 or 5 times a power of ten, one unit an axis, never
//! scientific notation.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// One axis: its range, and the places that have a line and a label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

/// The smallest of 1, 2 or 5 times a power of ten that is at least `least`.
pub(super) fn nice_step(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(least.log10().floor());
    // A hair of tolerance, so that 0.1 + 0.2 and the like do not jump to the next step.
    [1.0, 2.0, 5.0].into_iter().map(|m| m * power).find(|step| *step >= least * 0.999_999).unwrap_or(10.0 * power)
}

/// A number with only the decimals that it needs, and thousands set apart.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::from(if digits == "0" { "" } else { sign });
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

/// A value with three significant digits, as a person reads it: 0.25, 4.12, 123, 12,345.
pub(super) fn short(value: f64) -> String {
    let magnitude = value.abs();
    number(
        value,
        if magnitude < 1.0 {
            3
        } else if magnitude < 10.0 {
            2
        } else {
            usize::from(magnitude < 100.0)
        },
    )
}

/// A duration: 0.25 ms, 120 ms, 1.25 s, 90 s.
pub(super) fn duration(ms: f64) -> String {
    if ms.abs() < 1000.0 { format!("{} ms", short(ms)) } else { format!("{} s", short(ms / 1000.0)) }
}

/// The unit of a time axis that reaches to `to_ms`: (its length in ms, its name).
fn time_unit(to_ms: f64) -> (f64, &'static str) {
    match to_ms {
        t if t < 2000.0 => (1.0, "ms"),
        t if t < 600_000.0 => (1000.0, "s"),
        t if t < 36_000_000.0 => (60_000.0, "min"),
        _ => (3_600_000.0, "h"),
    }
}

fn ticks(from: f64, to: f64, step: f64, label: impl Fn(f64, usize) -> String) -> Vec<(f64, String)> {
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let steps = (to - from) / step;
    if !steps.is_finite() || steps > 100.0 {
        return Vec::new();
    }
    let first = (from / step - 1e-9).ceil() as i64;
    let last = (to / step + 1e-9).floor() as i64;
    (first..=last).map(|i| (i as f64 * step, label(i as f64 * step, decimals))).collect()
}

impl Axis {
    /// A time axis over exactly this range, with about `count` ticks.
    pub(super) fn time(from_ms: f64, to_ms: f64, count: usize) -> Self {
        let (unit_ms, unit) = time_unit(to_ms);
        let (from, to) = (from_ms / unit_ms, to_ms / unit_ms);
        let label = |v, decimals| if v == 0.0 { "0".to_owned() } else { format!("{} {unit}", number(v, decimals)) };
        let ticks = ticks(from, to, nice_step((to - from) / count.max(1) as f64), label);
        Self { from: from_ms, to: to_ms, ticks: ticks.into_iter().map(|(at, text)| (at * unit_ms, text)).collect() }
    }

    /// A time axis from 0 up to the tick above the highest value.
    pub(super) fn time_up_to(highest_ms: f64, count: usize) -> Self {
        let highest = if highest_ms > 0.0 { highest_ms } else { 1.0 };
        let (unit_ms, _) = time_unit(highest);
        let step = nice_step(highest / unit_ms / count.max(1) as f64) * unit_ms;
        Self::time(0.0, (highest / step - 1e-9).ceil() * step, count)
    }

    /// An axis of amounts from 0 up to the tick above the highest value. Whole numbers have no ticks between them.
    pub(super) fn amount(highest: f64, count: usize, whole: bool) -> Self {
        let highest = if highest > 0.0 { highest } else { 1.0 };
        let step = nice_step(highest / count.max(1) as f64);
        let step = if whole { step.max(1.0) } else { step };
        let to = (highest / step - 1e-9).ceil() * step;
        Self { from: 0.0, to, ticks: ticks(0.0, to, step, number) }
    }

    /// An axis of amounts over exactly this range.
    pub(super) fn range(from: f64, to: f64, count: usize, whole: bool) -> Self {
        let step = nice_step((to - from) / count.max(1) as f64);
        Self { from, to, ticks: ticks(from, to, if whole { step.max(1.0) } else { step }, number) }
    }

    /// An axis whose places are the decimal logarithms of durations in ms.
    pub(super) fn log_time(from_ms: f64, to_ms: f64, count: usize) -> Self {
        let (from, to) = (from_ms.log10(), to_ms.log10());
        let decades = (to - from).max(1e-9);
        let marks: &[f64] = if decades * 3.0 <= count as f64 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = if marks.len() == 3 { 1 } else { (decades / count.max(1) as f64).ceil().max(1.0) as usize };
        let powers = (from.floor() as i32..=to.ceil() as i32).step_by(every);
        let places = powers.flat_map(|power| marks.iter().map(move |mark| mark * 10f64.powi(power)));
        let inside = places.map(|ms| (ms.log10(), ms)).filter(|(at, _)| *at >= from - 1e-9 && *at <= to + 1e-9);
        Self { from, to, ticks: inside.map(|(at, ms)| (at, duration(ms))).collect() }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        let share = (value - self.from) / (self.to - self.from);
        start + (share * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(at, _)| *at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Axis {
    fn format(place: &f64) -> String {
        number(*place, 3)
    }

    fn format_ext(&self, place: &f64) -> String {
        self.ticks.iter().find(|(at, _)| at == place).map(|(_, text)| text.clone()).unwrap_or_default()
    }
}
