//! What the client suffered during a run: ticks of its event loop that came late, intervals in which the page was hidden
//! or stood still. A record that overlaps one of them is tainted.

use crate::record::client::Visibility;
use crate::record::{Record, Taint};

/// Time between two beats, ms.
pub const BEAT_MS: f64 = 25.0;
/// A beat this late taints what was in flight, ms.
pub const LAG_MS: f64 = 50.0;
/// A beat this late means that the page or the machine stood still, ms.
pub const FREEZE_MS: f64 = 1000.0;

/// The client's own course; times in ms on its clock.
#[derive(Debug, Clone)]
pub struct Health {
    lateness_ms: Vec<f32>,
    lags: Vec<(f64, f64)>,
    /// Past intervals that were not visible.
    past: Vec<(f64, f64, Visibility)>,
    now: Visibility,
    since_ms: f64,
    /// Beats that were due before are not the run's, which may have been announced some time ahead.
    begin_ms: f64,
    /// Wall clock less monotonic clock at the last beat.
    wall_offset_ms: Option<f64>,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            lateness_ms: Vec::new(),
            lags: Vec::new(),
            past: Vec::new(),
            now: Visibility::Visible,
            since_ms: 0.0,
            begin_ms: 0.0,
            wall_offset_ms: None,
        }
    }
}

impl Health {
    /// A run begins at `begin_ms`: what was before is forgotten, but for how the page is seen now.
    pub fn restart(&mut self, begin_ms: f64) {
        *self = Self { now: self.now, since_ms: begin_ms, begin_ms, ..Self::default() };
    }

    /// A beat that was due at `due_ms` came at `now_ms`, when the wall clock said `wall_ms`. A wall clock that ran ahead
    /// means that the machine slept while the monotonic clock stood.
    pub fn beat(&mut self, due_ms: f64, now_ms: f64, wall_ms: f64) {
        let late_ms = (now_ms - due_ms).max(0.0);
        if due_ms >= self.begin_ms {
            self.lateness_ms.push(late_ms as f32);
        }
        let offset_ms = wall_ms - now_ms;
        let slept_ms = offset_ms - self.wall_offset_ms.replace(offset_ms).unwrap_or(offset_ms);
        if late_ms >= FREEZE_MS || slept_ms >= FREEZE_MS {
            self.past.push((due_ms - BEAT_MS, now_ms, Visibility::Frozen));
        } else if late_ms >= LAG_MS {
            self.lags.push((due_ms, now_ms));
        }
    }

    /// The page was shown, hidden or frozen.
    pub fn see(&mut self, visibility: Visibility, now_ms: f64) {
        self.close(now_ms);
        self.now = visibility;
        self.since_ms = now_ms;
    }

    fn close(&mut self, now_ms: f64) {
        if self.now != Visibility::Visible {
            self.past.push((self.since_ms, now_ms, self.now));
            self.since_ms = now_ms;
        }
    }

    /// The intervals up to now in which the page was not in view or stood still: (from, to, which), ms from t0.
    pub fn intervals(&mut self, t0_ms: f64, now_ms: f64) -> Vec<(f64, f64, Visibility)> {
        self.close(now_ms);
        let since_t0 = |&(from, to, which): &(f64, f64, Visibility)| (from.max(t0_ms) - t0_ms, to - t0_ms, which);
        self.past.iter().filter(|(_, to, _)| *to > t0_ms).map(since_t0).collect()
    }

    /// (p50, p99, max) of the beats' lateness, ms.
    pub fn lag_ms(&self) -> (f64, f64, f64) {
        let mut sorted = self.lateness_ms.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let rank = |share: f64| ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
        let at = |index: usize| sorted.get(index).copied().map_or(0.0, f64::from);
        (at(rank(0.5)), at(rank(0.99)), at(sorted.len().saturating_sub(1)))
    }

    /// Taints an ended record with all that it overlaps.
    pub fn taint(&self, record: &mut Record, t0_ms: f64) {
        let (Some(sent_ms), Some(end_ms)) = (record.sent_ms, record.end_ms) else { return };
        let (begin, end) = (sent_ms.min(record.intended_ms) + t0_ms, end_ms + t0_ms);
        let overlaps = |from: f64, to: f64| from <= end && to >= begin;
        let seen = |which| self.past.iter().any(|&(from, to, was)| was == which && overlaps(from, to));
        let now = |which| self.now == which && self.since_ms <= end;
        let mut taint = |holds: bool, taint: Taint| {
            if holds && !record.taints.contains(&taint) {
                record.taints.push(taint);
            }
        };
        taint(seen(Visibility::Hidden) || now(Visibility::Hidden), Taint::Hidden);
        taint(seen(Visibility::Frozen) || now(Visibility::Frozen), Taint::Frozen);
        taint(self.lags.iter().any(|&(from, to)| overlaps(from, to)), Taint::Lag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taints(health: &Health, sent_ms: f64, end_ms: f64) -> Vec<Taint> {
        let mut record =
            Record { intended_ms: sent_ms, sent_ms: Some(sent_ms), end_ms: Some(end_ms), ..Record::default() };
        health.taint(&mut record, 1000.0);
        record.taints
    }

    #[test]
    fn beats_between_the_announcement_and_the_begin_are_not_the_runs() {
        let mut health = Health::default();
        health.restart(1000.0);
        health.beat(900.0, 940.0, 940.0);
        health.beat(1025.0, 1026.0, 1026.0);
        assert_eq!(health.lag_ms(), (1.0, 1.0, 1.0));
    }

    #[test]
    fn taints_what_overlaps_and_nothing_else() {
        let mut health = Health::default();
        health.see(Visibility::Hidden, 1200.0);
        health.see(Visibility::Visible, 1300.0);
        health.beat(1400.0, 1460.0, 0.0);
        health.beat(1500.0, 2600.0, 0.0);
        assert_eq!(taints(&health, 0.0, 199.0), []);
        assert_eq!(taints(&health, 0.0, 250.0), [Taint::Hidden]);
        assert_eq!(taints(&health, 301.0, 390.0), []);
        assert_eq!(taints(&health, 390.0, 420.0), [Taint::Lag]);
        assert_eq!(taints(&health, 470.0, 5000.0), [Taint::Frozen]);
        assert_eq!(taints(&health, 250.0, 1700.0), [Taint::Hidden, Taint::Frozen, Taint::Lag]);
        assert_eq!(
            health.intervals(1250.0, 3000.0),
            [(0.0, 50.0, Visibility::Hidden), (225.0, 1350.0, Visibility::Frozen)]
        );
    }

    #[test]
    fn an_open_interval_counts_and_stays_open() {
        let mut health = Health::default();
        health.see(Visibility::Hidden, 500.0);
        health.restart(1000.0);
        assert_eq!(taints(&health, 0.0, 10.0), [Taint::Hidden]);
        assert_eq!(health.intervals(1000.0, 1500.0), [(0.0, 500.0, Visibility::Hidden)]);
        assert_eq!(taints(&health, 600.0, 700.0), [Taint::Hidden]);
    }

    #[test]
    fn a_wall_clock_that_ran_ahead_is_a_sleep() {
        let mut health = Health::default();
        health.beat(25.0, 25.0, 9025.0);
        health.beat(50.0, 50.0, 9051.0);
        health.beat(75.0, 75.0, 69_075.0);
        assert_eq!(health.intervals(0.0, 80.0), [(50.0, 75.0, Visibility::Frozen)]);
    }

    #[test]
    fn lag_is_by_nearest_rank() {
        let mut health = Health::default();
        assert_eq!(health.lag_ms(), (0.0, 0.0, 0.0));
        for late in 1..=200 {
            health.beat(0.0, f64::from(late) / 10.0, 0.0);
        }
        let (p50, p99, max) = health.lag_ms();
        assert_eq!(((p50 * 10.0).round(), (p99 * 10.0).round(), max), (100.0, 198.0, 20.0));
    }
}
