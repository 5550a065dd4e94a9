//! When each request is due: the waits that the Python reference draws, as absolute times made before the run.
//!
//! The first request leaves at once, and a wait follows each request, the last one too: it is part of the run, as in the
//! reference. Waits are used as drawn and never rescaled. Shapes other than Poisson are vLLM's `--burstiness` (waits
//! from a gamma distribution) and `--ramp-up-strategy` (a rate for each request, by its place in the run).

use crate::rng::NumpyRandom;
use crate::settings::Settings;

/// When to send each request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schedule {
    /// When each request is due, in ms from the start.
    pub intended_ms: Vec<f64>,
    /// The wait after each request, in s, as the reference has it. Empty when all are sent at once: nothing is drawn then.
    pub intervals_s: Vec<f64>,
}

/// Why there can be no schedule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScheduleError {
    /// No or a negative rate.
    #[error("Request rate (request-rate) must be above 0, or inf to send all at once, not {0}.")]
    Rate(f64),
    /// No or a negative burstiness.
    #[error("Burstiness (burstiness) must be above 0, not {0}.")]
    Burstiness(f64),
    /// A ramp-up that is not whole.
    #[error(
        "A ramp-up needs a strategy, linear or exponential (ramp-up-strategy), and rates above 0 at its start and end \
         (ramp-up-start-rps, ramp-up-end-rps)."
    )]
    RampUp,
}

impl Schedule {
    /// Draws the waits of `count` requests from where the samplers left NumPy's generator.
    ///
    /// # Errors
    /// When rate, burstiness or ramp-up cannot be.
    pub fn draw(settings: &Settings, count: usize, numpy: &mut NumpyRandom) -> Result<Self, ScheduleError> {
        let burstiness = settings.burstiness;
        if burstiness.is_nan() || burstiness <= 0.0 {
            return Err(ScheduleError::Burstiness(burstiness));
        }
        let rates = Rates::from(settings)?;
        if rates == Rates::Fixed(f64::INFINITY) {
            return Ok(Self { intended_ms: vec![0.0; count], intervals_s: Vec::new() });
        }
        let wait = |i| wait_s(rates.of(i, count), burstiness, numpy);
        Ok(Self::from_intervals((0..count).map(wait).collect()))
    }

    /// The schedule with these waits in s, one after each request.
    pub fn from_intervals(intervals_s: Vec<f64>) -> Self {
        let mut elapsed_s = 0.0;
        let due = |wait: &f64| {
            let now_ms = elapsed_s * 1000.0;
            elapsed_s += wait;
            now_ms
        };
        Self { intended_ms: intervals_s.iter().map(due).collect(), intervals_s }
    }

    /// From the start to the end of the last wait, in s.
    pub fn span_s(&self) -> f64 {
        self.intervals_s.iter().fold(0.0, |sum, wait| sum + wait)
    }
}

/// One wait at a mean of `rate` requests per second.
fn wait_s(rate: f64, burstiness: f64, numpy: &mut NumpyRandom) -> f64 {
    if burstiness.is_infinite() {
        1.0 / rate
    } else if burstiness == 1.0 {
        numpy.exponential(1.0 / rate)
    } else {
        numpy.gamma(burstiness, 1.0 / (rate * burstiness))
    }
}

/// The request rate over the run, in requests per second.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rates {
    Fixed(f64),
    Linear(f64, f64),
    Exponential(f64, f64),
}

impl Rates {
    fn from(settings: &Settings) -> Result<Self, ScheduleError> {
        let ends = (settings.ramp_up_start_rps, settings.ramp_up_end_rps);
        match (settings.ramp_up_strategy.as_deref(), ends) {
            (None, (None, None)) if settings.request_rate > 0.0 => Ok(Self::Fixed(settings.request_rate)),
            (None, (None, None)) => Err(ScheduleError::Rate(settings.request_rate)),
            (Some(strategy), (Some(start), Some(end))) if is_rate(start) && is_rate(end) => match strategy {
                "linear" => Ok(Self::Linear(start, end)),
                "exponential" => Ok(Self::Exponential(start, end)),
                _ => Err(ScheduleError::RampUp),
            },
            _ => Err(ScheduleError::RampUp),
        }
    }

    /// The rate at request `index` of `count`.
    fn of(self, index: usize, count: usize) -> f64 {
        let progress = index as f64 / count.saturating_sub(1).max(1) as f64;
        match self {
            Self::Fixed(rate) => rate,
            Self::Linear(start, end) => start + (end - start) * progress,
            Self::Exponential(start, end) => start * (end / start).powf(progress),
        }
    }
}

fn is_rate(rate: f64) -> bool {
    rate.is_finite() && rate > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(settings: &Settings, count: usize) -> Result<Schedule, ScheduleError> {
        Schedule::draw(settings, count, &mut NumpyRandom::new(7))
    }

    #[test]
    fn a_poisson_schedule_is_the_generators_exponentials_as_drawn() {
        let settings = Settings { request_rate: 2.0, ..Settings::default() };
        let schedule = draw(&settings, 3).unwrap();
        let mut numpy = NumpyRandom::new(7);
        let waits: Vec<f64> = (0..3).map(|_| numpy.exponential(0.5)).collect();
        assert_eq!(schedule.intended_ms, [0.0, waits[0] * 1000.0, (waits[0] + waits[1]) * 1000.0]);
        assert_eq!(schedule.span_s(), waits.iter().sum::<f64>());
        assert_eq!(schedule.intervals_s, waits);
    }

    #[test]
    fn at_infinite_rate_all_leave_at_once_and_nothing_is_drawn() {
        let mut numpy = NumpyRandom::new(7);
        let schedule = Schedule::draw(&Settings::default(), 2, &mut numpy).unwrap();
        assert_eq!(schedule, Schedule { intended_ms: vec![0.0, 0.0], intervals_s: vec![] });
        assert_eq!(numpy.next_u32(), NumpyRandom::new(7).next_u32());
    }

    #[test]
    fn infinite_burstiness_is_a_steady_beat() {
        let settings = Settings { request_rate: 4.0, burstiness: f64::INFINITY, ..Settings::default() };
        assert_eq!(draw(&settings, 3).unwrap().intended_ms, [0.0, 250.0, 500.0]);
    }

    #[test]
    fn gamma_waits_keep_the_rate_and_have_the_variance_of_their_shape() {
        for burstiness in [0.3, 0.9, 1.5, 8.0] {
            let settings = Settings { request_rate: 10.0, burstiness, ..Settings::default() };
            let waits = draw(&settings, 40_000).unwrap().intervals_s;
            let mean = waits.iter().sum::<f64>() / waits.len() as f64;
            let variance = waits.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / waits.len() as f64;
            assert!((mean * 10.0 - 1.0).abs() < 0.03, "{burstiness}: mean {mean}");
            assert!((variance * burstiness / mean.powi(2) - 1.0).abs() < 0.08, "{burstiness}: variance {variance}");
        }
    }

    #[test]
    fn a_ramp_goes_from_start_to_end_by_the_requests_place() {
        let ramp = |strategy: &str| Settings {
            ramp_up_strategy: Some(strategy.into()),
            ramp_up_start_rps: Some(1.0),
            ramp_up_end_rps: Some(4.0),
            burstiness: f64::INFINITY,
            ..Settings::default()
        };
        assert_eq!(draw(&ramp("linear"), 4).unwrap().intervals_s, [1.0, 1.0 / 2.0, 1.0 / 3.0, 1.0 / 4.0]);
        assert_eq!(draw(&ramp("exponential"), 3).unwrap().intervals_s, [1.0, 0.5, 0.25]);
        assert_eq!(draw(&ramp("linear"), 1).unwrap().intervals_s, [1.0]);
    }

    #[test]
    fn refuses_what_cannot_be() {
        let with = |request_rate, burstiness| Settings { request_rate, burstiness, ..Settings::default() };
        assert_eq!(draw(&with(0.0, 1.0), 1), Err(ScheduleError::Rate(0.0)));
        assert_eq!(draw(&with(-1.0, 1.0), 1), Err(ScheduleError::Rate(-1.0)));
        assert_eq!(draw(&with(1.0, 0.0), 1), Err(ScheduleError::Burstiness(0.0)));
        let half = Settings { ramp_up_strategy: Some("linear".into()), ..Settings::default() };
        assert_eq!(draw(&half, 1), Err(ScheduleError::RampUp));
    }
}
