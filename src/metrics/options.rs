//! What a person may choose about the figures: whose definitions, which percentiles, which service levels.

use super::{Definition, LimitRule, Metric, RequestTimes};
use crate::settings::{BackendKind, SettingError, Settings, names};

/// The choices behind a summary.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricOptions {
    /// Whose definitions.
    pub definition: Definition,
    /// The backend that the records were made with; some definitions differ by it.
    pub backend: BackendKind,
    /// Percentiles to report, ascending; 50, 90 and 99 are always there.
    pub percentiles: Vec<f64>,
    /// Which metrics get percentiles in the result, in vLLM's words.
    pub percentile_metrics: Vec<Metric>,
    /// Service levels that a good request meets; none: no goodput.
    pub goodput: Vec<Limit>,
    /// The limit of requests in flight that the run was made with.
    pub max_concurrency: Option<u32>,
}

impl Default for MetricOptions {
    fn default() -> Self {
        Self {
            definition: Definition::default(),
            backend: BackendKind::Openai,
            percentiles: ALWAYS.to_vec(),
            percentile_metrics: Metric::STANDARD.to_vec(),
            goodput: Vec::new(),
            max_concurrency: None,
        }
    }
}

/// Percentiles that every summary has.
const ALWAYS: [f64; 3] = [50.0, 90.0, 99.0];

/// A service level: a good request's metric is at most this.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// One that [can be a limit](Metric::row).
    pub metric: Metric,
    /// The limit, in ms.
    pub limit_ms: f64,
}

impl Limit {
    /// Whether a completed request keeps to it.
    pub fn is_met(&self, times: &RequestTimes) -> bool {
        let missing_s = match self.metric.row().limit {
            LimitRule::MissingIs(value_s) => Some(value_s),
            LimitRule::MissingMisses | LimitRule::None => None,
        };
        let value_s = self.metric.of_request(times).or(missing_s);
        value_s.is_some_and(|value_s| value_s * 1000.0 <= self.limit_ms)
    }
}

impl MetricOptions {
    /// The choices that settings make, under the reference's definitions.
    ///
    /// # Errors
    /// The first of `metric-percentiles`, `percentile-metrics` and `goodput` that cannot be read, and why.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingError> {
        let goodput = settings.goodput.as_deref().unwrap_or_default();
        Ok(Self {
            definition: Definition::default(),
            backend: settings.backend,
            percentiles: parse_percentiles(&settings.metric_percentiles)
                .map_err(|why| bad("metric-percentiles", why))?,
            percentile_metrics: parse_metrics(&settings.percentile_metrics)
                .map_err(|why| bad("percentile-metrics", why))?,
            goodput: parse_goodput(goodput).map_err(|why| bad("goodput", why))?,
            max_concurrency: settings.max_concurrency,
        })
    }
}

fn bad(key: &'static str, reason: String) -> SettingError {
    SettingError::Bad { key, label: names(key).map_or(key, |(_, label)| label), reason }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty())
}

fn parse_percentiles(text: &str) -> Result<Vec<f64>, String> {
    let mut percentiles = ALWAYS.to_vec();
    for word in words(text) {
        match word.parse::<f64>() {
            Ok(p) if (0.0..=100.0).contains(&p) => percentiles.push(p),
            _ => return Err(format!("must be numbers from 0 to 100 with commas between, and {word:?} is not one")),
        }
    }
    percentiles.sort_unstable_by(f64::total_cmp);
    percentiles.dedup();
    Ok(percentiles)
}

fn parse_metrics(text: &str) -> Result<Vec<Metric>, String> {
    let known = |word| Metric::from_word(word).ok_or_else(|| format!("must be of {}, not {word:?}", listed(|_| true)));
    let chosen = words(text).map(known).collect::<Result<Vec<_>, _>>()?;
    Ok(Metric::ALL.iter().copied().filter(|metric| chosen.contains(metric)).collect())
}

fn can_be_limit(metric: Metric) -> bool {
    metric.row().limit != LimitRule::None
}

/// The words of some latencies: "ttft, tpot and e2el".
fn listed(wanted: fn(Metric) -> bool) -> String {
    let words = Metric::ALL.iter().copied().filter(|metric| wanted(*metric)).map(Metric::word);
    let words: Vec<&str> = words.collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => words.concat(),
    }
}

fn parse_goodput(text: &str) -> Result<Vec<Limit>, String> {
    let mut limits: Vec<Limit> = Vec::new();
    for word in words(text) {
        let wrong = || {
            let words = listed(can_be_limit);
            format!("must be pairs such as ttft:200 tpot:50 e2el:3000, in ms, of {words}, and {word:?} is not one")
        };
        let (name, value) = word.split_once(':').ok_or_else(wrong)?;
        let metric = Metric::from_word(name).filter(|metric| can_be_limit(*metric)).ok_or_else(wrong)?;
        let limit_ms = value.parse::<f64>().ok().filter(|ms| ms.is_finite() && *ms >= 0.0).ok_or_else(wrong)?;
        if limits.iter().any(|limit| limit.metric == metric) {
            return Err(format!("must give {name} once"));
        }
        limits.push(Limit { metric, limit_ms });
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_settings() {
        let settings = Settings {
            goodput: Some("ttft:200, tpot:50 e2el:3000.5".into()),
            metric_percentiles: "99.9,25".into(),
            percentile_metrics: "e2el,ttft".into(),
            ..Settings::default()
        };
        let options = MetricOptions::from_settings(&settings).unwrap();
        assert_eq!(options.percentiles, [25.0, 50.0, 90.0, 99.0, 99.9]);
        assert_eq!(options.percentile_metrics, [Metric::Ttft, Metric::E2el]);
        assert_eq!(options.goodput[2], Limit { metric: Metric::E2el, limit_ms: 3000.5 });
    }

    #[test]
    fn says_which_setting_is_wrong_and_why() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            MetricOptions::from_settings(&settings).unwrap_err().to_string()
        };
        assert!(with(|s| s.goodput = Some("ttft=200".into())).starts_with("Goodput limits (goodput) must be pairs"));
        let pooled = with(|s| s.goodput = Some("itl:20".into()));
        assert!(pooled.contains("\"itl:20\"") && pooled.contains("of ttft, tpot, e2el") && !pooled.contains("itl,"));
        assert!(with(|s| s.goodput = Some("ttft:1 ttft:2".into())).contains("once"));
        assert!(with(|s| s.metric_percentiles = "101".into()).contains("metric-percentiles"));
        assert!(with(|s| s.percentile_metrics = "latency".into()).contains("\"latency\""));
    }
}
