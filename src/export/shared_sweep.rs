//! The summary of a sweep that a link carries: what each of its runs came to, as bytes before they are compressed. What
//! varied, and the limits, are in the settings beside it. It holds no name and no server's word. What is read comes from
//! anybody: what no sweep of these settings has is refused.

use super::link::SharedError;
use super::shared::{MOST_BYTES, has_few_percentiles};
use crate::metrics::Metric;
use crate::result::sweep::{Point, Swept};
use crate::settings::{Settings, Sweep};

/// A summary as bytes.
///
/// # Errors
/// None for these types in practice; postcard's own where it finds one.
pub fn encode(swept: &Swept) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(&swept.points)
}

/// What the summary of a sweep holds, for a person to read before it is copied.
pub fn in_words(swept: &Swept) -> Vec<String> {
    let runs =
        if swept.points.len() == 1 { "its run".to_owned() } else { format!("each of its {} runs", swept.points.len()) };
    vec![format!("What {runs} came to: all figures, the share within the limits, and the verdict's word")]
}

/// A sweep of these settings, from bytes of unknown origin.
///
/// # Errors
/// When they are no summary, or hold what no such sweep has.
pub fn decode(bytes: &[u8], settings: &Settings) -> Result<Swept, SharedError> {
    if bytes.len() > MOST_BYTES {
        return Err(SharedError::TooLong);
    }
    let points: Vec<Point> = postcard::from_bytes(bytes).map_err(|_| SharedError::CutOff)?;
    let sweep = settings.sweep.as_ref().ok_or(SharedError::Unsound)?;
    let sound = !points.is_empty() && points.len() <= sweep.values.len() && points.iter().all(|it| is_sound(it, sweep));
    Swept::from_points(settings, points).filter(|_| sound).ok_or(SharedError::Unsound)
}

fn is_sound(point: &Point, sweep: &Sweep) -> bool {
    let figures = &point.figures;
    let shown = [figures.request_throughput, figures.output_throughput].into_iter();
    let latencies = Metric::ALL.iter().flat_map(|metric| point.latency_ms(*metric));
    let is_possible = |value: f64| value.is_finite() && value >= 0.0;
    sweep.values.iter().any(|value| value.to_string() == point.value)
        && has_few_percentiles(figures)
        && shown.chain(latencies).flatten().all(is_possible)
        && point.good_share.is_none_or(|share| (0.0..=1.0).contains(&share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Limit;
    use crate::result::{Figures, StatFigures, VerdictLevel};

    fn settings() -> Settings {
        let sweep = "request-rate:1 2.5 inf".parse().ok();
        Settings { sweep, goodput: Some("ttft:200".into()), ..Settings::default() }
    }

    fn point(value: &str) -> Point {
        let ttft = StatFigures { median_ms: Some(40.0), percentiles_ms: vec![(99.0, 90.0)], ..StatFigures::default() };
        Point {
            value: value.into(),
            figures: Figures { completed: Some(20), output_throughput: Some(123.4), ttft, ..Figures::default() },
            requests: 20,
            good_share: Some(0.95),
            meets: Some(false),
            partial: false,
            verdict: Some(VerdictLevel::Marginal),
        }
    }

    fn there_and_back(points: Vec<Point>, settings: &Settings) -> Result<Swept, SharedError> {
        decode(&postcard::to_stdvec(&points).expect("bytes"), settings)
    }

    #[test]
    fn a_sweep_survives_the_way_there_and_back() {
        let swept = Swept::from_points(&settings(), ["1", "2.5", "inf"].map(point).into()).expect("a sweep");
        assert_eq!((swept.of, swept.limits.len()), (3, 1));
        assert_eq!(swept.limits[0], Limit { metric: Metric::Ttft, limit_ms: 200.0 });
        assert_eq!(decode(&encode(&swept).expect("bytes"), &settings()), Ok(swept.clone()));
        assert_eq!(in_words(&swept).concat().matches("each of its 3 runs").count(), 1);
    }

    #[test]
    fn what_no_such_sweep_has_is_refused() {
        let unsound = Err(SharedError::Unsound);
        assert_eq!(there_and_back(vec![], &settings()), unsound);
        assert_eq!(there_and_back(vec![point("1")], &Settings::default()), unsound);
        assert_eq!(there_and_back(vec![point("3")], &settings()), unsound);
        assert_eq!(there_and_back(vec![point("1"); 4], &settings()), unsound);
        let nan = Figures { request_throughput: Some(f64::NAN), ..Figures::default() };
        assert_eq!(there_and_back(vec![Point { figures: nan, ..point("1") }], &settings()), unsound);
        assert_eq!(there_and_back(vec![Point { good_share: Some(1.5), ..point("1") }], &settings()), unsound);
        let many = StatFigures { percentiles_ms: vec![(50.0, 1.0); 1000], ..StatFigures::default() };
        let many = Figures { itl: many, ..Figures::default() };
        assert_eq!(there_and_back(vec![Point { figures: many, ..point("1") }], &settings()), unsound);
        assert_eq!(decode(&[1, 2, 3], &settings()), Err(SharedError::CutOff));
        assert_eq!(decode(&vec![0; MOST_BYTES + 1], &settings()), Err(SharedError::TooLong));
    }
}
