//! What a person may choose about the figures: whose definitions, which percentiles, which service levels.

use super::{Definition, RequestTimes};
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
            percentile_metrics: Metric::ALL.to_vec(),
            goodput: Vec::new(),
            max_concurrency: None,
        }
    }
}

/// Percentiles that every summary has.
const ALWAYS: [f64; 3] = [50.0, 90.0, 99.0];

/// A metric, by the word that flags and result keys use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Time to first token.
    Ttft,
    /// Time per output token.
    Tpot,
    /// Inter-token latency.
    Itl,
    /// End-to-end latency.
    E2el,
}

impl Metric {
    /// Every metric, in the order of the result's keys.
    pub const ALL: &'static [Self] = &[Self::Ttft, Self::Tpot, Self::Itl, Self::E2el];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ttft => "ttft",
            Self::Tpot => "tpot",
            Self::Itl => "itl",
            Self::E2el => "e2el",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.word() == word)
    }
}

/// A service level: a good request's metric is at most this.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// TTFT, TPOT or E2EL.
    pub metric: Metric,
    /// The limit, in ms.
    pub limit_ms: f64,
}

impl Limit {
    /// Whether a completed request keeps to it. A request without a second token has a TPOT of 0, as in vLLM.
    pub fn is_met(&self, times: &RequestTimes) -> bool {
        let value_s = match self.metric {
            Metric::Ttft => times.ttft_s,
            Metric::Tpot => Some(times.tpot_s.unwrap_or(0.0)),
            Metric::E2el => times.latency_s,
            Metric::Itl => None,
        };
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
    let known =
        |word| Metric::from_word(word).ok_or_else(|| format!("must be of ttft, tpot, itl and e2el, not {word:?}"));
    let chosen = words(text).map(known).collect::<Result<Vec<_>, _>>()?;
    Ok(Metric::ALL.iter().copied().filter(|metric| chosen.contains(metric)).collect())
}

fn parse_goodput(text: &str) -> Result<Vec<Limit>, String> {
    let mut limits: Vec<Limit> = Vec::new();
    for word in words(text) {
        let wrong = || format!("must be pairs such as ttft:200 tpot:50 e2el:3000, in ms, and {word:?} is not one");
        let (name, value) = word.split_once(':').ok_or_else(wrong)?;
        let metric = Metric::from_word(name).filter(|metric| *metric != Metric::Itl).ok_or_else(wrong)?;
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
        assert!(with(|s| s.goodput = Some("itl:20".into())).contains("\"itl:20\""));
        assert!(with(|s| s.goodput = Some("ttft:1 ttft:2".into())).contains("once"));
        assert!(with(|s| s.metric_percentiles = "101".into()).contains("metric-percentiles"));
        assert!(with(|s| s.percentile_metrics = "latency".into()).contains("\"latency\""));
    }
}
