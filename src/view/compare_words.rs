//! What a cell of the comparison says: a figure, how it differs from the baseline's, and whether that may be chance.

use crate::format::{decimals_for_step, fixed};
use crate::result::compare::Change;
use crate::result::{Better, Figure};

/// What a difference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The figure is better than the baseline's, by more than chance.
    Better,
    /// It is worse, by more than chance.
    Worse,
    /// The interval holds zero.
    MayBeChance,
    /// It is not known how far it may be chance, or neither way is better.
    Open,
}

impl Meaning {
    /// The class of its cell.
    pub fn class(self) -> &'static str {
        match self {
            Self::Better => "change good",
            Self::Worse => "change bad",
            Self::MayBeChance | Self::Open => "change",
        }
    }

    /// In a word, where there is one to say.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Better => Some("better"),
            Self::Worse => Some("worse"),
            Self::MayBeChance => Some("may be chance"),
            Self::Open => None,
        }
    }
}

/// What a difference of this figure means.
pub fn meaning(figure: &Figure, change: &Change) -> Meaning {
    match (change.is_clear(), figure.better) {
        (Some(false), _) => Meaning::MayBeChance,
        (Some(true), Better::Lower | Better::Higher) => {
            let lower = change.difference < 0.0;
            if lower == (figure.better == Better::Lower) { Meaning::Better } else { Meaning::Worse }
        }
        (Some(true), Better::Neither) | (None, _) => Meaning::Open,
    }
}

/// A value of the figure, "–" where it is missing.
pub fn value(figure: &Figure, value: Option<f64>, clock_step_ms: f64) -> String {
    value.map_or_else(|| "–".to_owned(), |value| fixed(value, decimals(figure, clock_step_ms)))
}

/// "+1.5 (+12.0 %)", "no difference".
pub fn difference(figure: &Figure, change: &Change, clock_step_ms: f64) -> String {
    if change.difference == 0.0 {
        return "no difference".to_owned();
    }
    let share = change.share.map(|share| format!(" ({} %)", signed(share * 100.0, 1))).unwrap_or_default();
    format!("{}{share}", signed(change.difference, decimals(figure, clock_step_ms)))
}

/// "95 %: −0.4 to +2.1", where the interval is known.
pub fn interval(figure: &Figure, change: &Change, clock_step_ms: f64) -> Option<String> {
    let (low, high) = change.interval?;
    let show = |value| signed(value, decimals(figure, clock_step_ms));
    Some(format!("95 %: {} to {}", show(low), show(high)))
}

/// Counts are whole, times no finer than the clock, rates have two decimals.
fn decimals(figure: &Figure, clock_step_ms: f64) -> usize {
    match figure.unit {
        "" => 0,
        "ms" => decimals_for_step(clock_step_ms),
        _ => 2,
    }
}

/// A number with its sign; a minus that is as wide as a plus. What rounds to zero has none.
fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value.abs(), decimals);
    let zero = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    match value {
        _ if zero => text,
        value if value < 0.0 => format!("−{text}"),
        _ => format!("+{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::FIGURES;

    fn figure(label: &str) -> &'static Figure {
        FIGURES.iter().find(|figure| figure.label == label).unwrap()
    }

    fn change(difference: f64, interval: Option<(f64, f64)>) -> Change {
        Change { difference, share: Some(difference / 100.0), interval }
    }

    #[test]
    fn a_difference_is_judged_by_which_way_is_better_and_by_chance() {
        let ttft = figure("Median TTFT");
        assert_eq!(meaning(ttft, &change(-5.0, Some((-7.0, -3.0)))), Meaning::Better);
        assert_eq!(meaning(ttft, &change(5.0, Some((3.0, 7.0)))), Meaning::Worse);
        assert_eq!(meaning(ttft, &change(5.0, Some((-3.0, 7.0)))), Meaning::MayBeChance);
        assert_eq!(meaning(figure("Output token throughput"), &change(5.0, None)), Meaning::Open);
    }

    #[test]
    fn cells_have_signs_units_steps_and_gaps() {
        let ttft = figure("Median TTFT");
        assert_eq!(value(ttft, None, 0.1), "–");
        assert_eq!(value(ttft, Some(1234.56), 0.1), "1,234.6");
        assert_eq!(difference(ttft, &change(-12.34, None), 0.1), "−12.3 (−12.3 %)");
        assert_eq!(difference(ttft, &change(0.0, None), 0.1), "no difference");
        assert_eq!(interval(ttft, &change(1.0, Some((-0.04, 2.0))), 0.1).unwrap(), "95 %: 0.0 to +2.0");
        let count = figure("Failed requests");
        let without_share = Change { share: None, ..change(3.0, None) };
        assert_eq!(difference(count, &without_share, 0.1), "+3");
    }
}
