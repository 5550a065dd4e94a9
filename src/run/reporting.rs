//! When the page is told how a run stands: some four times a second at most, in a gap of the schedule, at least once a second.

use serde::{Deserialize, Serialize};

use super::health::BEAT_MS;

/// Time between two reports at least, give or take half a beat, ms.
const LEAST_MS: f64 = 250.0;
/// Time between two reports at most, as LEAST_MS.
const MOST_MS: f64 = 1000.0;
/// How long the page and the browser may take to draw what a report tells, ms. All threads of the browser take part, which
/// makes late what is due meanwhile.
const DRAWING_MS: f64 = 30.0;
/// A beat this late tells that the machine has enough to do without a report, ms.
const BUSY_MS: f64 = 5.0;

/// Chooses the beats to report at.
pub struct Reporting<'a> {
    /// When requests are due, ms from t0, ascending.
    intended_ms: &'a [f64],
    last_ms: f64,
}

impl<'a> Reporting<'a> {
    /// For a schedule that has not begun.
    pub fn new(intended_ms: &'a [f64]) -> Self {
        Self { intended_ms, last_ms: 0.0 }
    }

    /// Whether to report at this beat, which came at `now_ms` from t0, `late_ms` after its time.
    pub fn is_due(&mut self, now_ms: f64, late_ms: f64) -> bool {
        // Of two beats the one nearer to the wanted time is taken.
        let since_ms = now_ms - self.last_ms + BEAT_MS / 2.0;
        let at_ease = late_ms < BUSY_MS && self.has_room(now_ms);
        let due = since_ms >= MOST_MS || since_ms >= LEAST_MS && at_ease;
        if due {
            self.last_ms = now_ms;
        }
        due
    }

    /// Whether no request comes due while the page draws.
    fn has_room(&self, now_ms: f64) -> bool {
        let next = self.intended_ms.partition_point(|at_ms| *at_ms <= now_ms);
        self.intended_ms.get(next).is_none_or(|at_ms| at_ms - now_ms >= DRAWING_MS)
    }
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunProgress {
    /// Time since t0, ms.
    pub elapsed_ms: f64,
    /// Requests in the workload.
    pub total: u32,
    /// Sent so far.
    pub sent: u32,
    /// In flight now.
    pub in_flight: u32,
    /// Due, but held back by us.
    pub waiting: u32,
    /// Completed.
    pub completed: u32,
    /// Failed.
    pub failed: u32,
    /// Stream events that brought text, so far.
    pub text_events: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beats at which it reports, of beats every 25 ms up to 3 s that all come this late.
    fn reports(intended_ms: &[f64], late_ms: f64) -> Vec<f64> {
        let mut reporting = Reporting::new(intended_ms);
        let beats = (-8..=120).map(|beat| f64::from(beat) * BEAT_MS);
        beats.filter(|now_ms| reporting.is_due(*now_ms, late_ms)).collect()
    }

    #[test]
    fn reports_four_times_a_second_from_t0_on() {
        assert_eq!(reports(&[0.0; 5], 0.7)[..3], [250.0, 500.0, 750.0]);
        assert_eq!(reports(&[], 0.7).len(), 12);
    }

    #[test]
    fn waits_for_a_gap_in_the_schedule() {
        // One request every 20 ms up to 2980 ms leaves no gap, but one from 580 to 640 ms.
        let steady = (0..150).map(|i| f64::from(i) * 20.0);
        let intended_ms: Vec<f64> = steady.filter(|at_ms| !(590.0..630.0).contains(at_ms)).collect();
        assert_eq!(reports(&intended_ms, 0.7), [600.0, 1600.0, 2600.0, 3000.0]);
    }

    #[test]
    fn leaves_a_busy_machine_alone_but_for_once_a_second() {
        assert_eq!(reports(&[0.0; 5], 6.0), [1000.0, 2000.0, 3000.0]);
    }
}
