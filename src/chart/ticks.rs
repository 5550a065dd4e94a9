//! Where an axis has its ticks and what they say: steps of 1, 2 or 5 times a power of ten, one unit per axis, never
//! scientific notation.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};

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

/// How many of something: "1 request", "1,000 requests".
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{} {what}{}", number(count as f64, 0), if count == 1 { "" } else { "s" })
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

    /// An axis of whole amounts over exactly this range.
    pub(super) fn range(from: f64, to: f64, count: usize) -> Self {
        let step = nice_step((to - from) / count.max(1) as f64).max(1.0);
        Self { from, to, ticks: ticks(from, to, step, number) }
    }

    /// An axis whose places are the decimal logarithms of durations in ms.
    pub(super) fn log_time(from_ms: f64, to_ms: f64, count: usize) -> Self {
        let (from, to) = (from_ms.log10(), to_ms.log10());
        let decades = (to - from).max(1e-9);
        let marks: &[f64] = match count as f64 / decades {
            room if room >= 3.0 => &[1.0, 2.0, 5.0],
            room if room >= 2.0 => &[1.0, 3.0],
            _ => &[1.0],
        };
        let every = (decades / count.max(1) as f64).ceil().max(1.0) as usize;
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
        // What lies far outside is drawn outside, and not so far that places overflow.
        let share = ((value - self.from) / (self.to - self.from)).clamp(-100.0, 100.0);
        start + (share * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(at, _)| *at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_carry_their_unit() {
        assert_eq!(labels(&Axis::time(0.0, 430.0, 5)), ["0", "100 ms", "200 ms", "300 ms", "400 ms"]);
        assert_eq!(labels(&Axis::time(0.0, 4500.0, 5)), ["0", "1 s", "2 s", "3 s", "4 s"]);
        assert_eq!(labels(&Axis::time(1.0, 1.5, 5)), ["1 ms", "1.1 ms", "1.2 ms", "1.3 ms", "1.4 ms", "1.5 ms"]);
        assert_eq!(labels(&Axis::time(0.0, 1_200_000.0, 4)), ["0", "5 min", "10 min", "15 min", "20 min"]);
        assert_eq!(labels(&Axis::amount(3.0, 6, true)), ["0", "1", "2", "3"]);
        assert_eq!(labels(&Axis::amount(9_000.0, 4, true)), ["0", "5,000", "10,000"]);
        assert_eq!(
            labels(&Axis::log_time(1.0, 1000.0, 12)).join(" "),
            "1 ms 2 ms 5 ms 10 ms 20 ms 50 ms 100 ms 200 ms 500 ms 1 s"
        );
        assert_eq!(labels(&Axis::log_time(1.0, 1000.0, 4)), ["1 ms", "10 ms", "100 ms", "1 s"]);
    }

    #[test]
    fn numbers_are_as_people_write_them() {
        let shown: Vec<String> = [0.0, 0.25, 4.126, 99.96, 123.4, 12_345.0, -0.0001].into_iter().map(short).collect();
        assert_eq!(shown, ["0", "0.25", "4.13", "100", "123", "12,345", "0"]);
        assert_eq!([0.05, 120.0, 1250.0, 90_000.0].map(duration), ["0.05 ms", "120 ms", "1.25 s", "90 s"]);
        assert_eq!((counted(1, "request"), counted(1000, "request")), ("1 request".into(), "1,000 requests".into()));
    }

    proptest! {
        #[test]
        fn any_range_has_few_different_labels(from in 0.0..1e9f64, share in 0.02..10.0f64, count in 1usize..12) {
            for axis in [Axis::time(from, from * (1.0 + share) + 1.0, count), Axis::amount(from, count, true)] {
                let labels = labels(&axis);
                prop_assert!(labels.len() <= count + 2, "{labels:?}");
                prop_assert!(labels.windows(2).all(|pair| pair[0] != pair[1]), "{labels:?}");
                prop_assert!(labels.iter().all(|text| text.len() < 16 && !text.contains('e')), "{labels:?}");
                prop_assert!(axis.ticks.iter().all(|(at, _)| *at >= axis.from - 1e-6 && *at <= axis.to * 1.000_001));
            }
        }
    }
}
