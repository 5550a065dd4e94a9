//! What the list of results says of one: enough to find it again without reading it.

use serde::{Deserialize, Serialize};

use crate::format::{count, date, digits, duration_ms};
use crate::metrics::Metric;
use crate::result::sweep::SweepPlace;
use crate::result::{RunResult, VerdictLevel, python};

/// A result in the list. Of a kept run this is stored beside its pieces, as JSON; what an earlier version did not write
/// is at its default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Unique in this browser; ids sort by the time of their start.
    pub id: String,
    /// Unix time of t0, ms.
    pub started_unix_ms: f64,
    /// The name that a person gave it here.
    pub name: Option<String>,
    /// How far it is.
    pub state: State,
    /// What is stored of it, in bytes.
    pub bytes: u64,
    /// Unix time when something was last written of it, ms.
    pub written_unix_ms: f64,
    /// What it came to.
    pub gist: Gist,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It goes on, here or in another tab; or it was cut off and nobody has looked yet.
    #[default]
    Live,
    /// It came to its end.
    Whole,
    /// It was stopped, broke off or was cut off.
    Partial,
}

/// The few things that tell one result from another.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Gist {
    /// The tool, where it is not this one.
    pub tool: Option<String>,
    /// The label of the run.
    pub label: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Local time of the run, as its file has it.
    pub date: Option<String>,
    /// Requests per second, as the flag is spelt: "4.0", "inf".
    pub rate: Option<String>,
    /// Requests of the workload, where known.
    pub requests: Option<u64>,
    /// Those that completed.
    pub completed: Option<u64>,
    /// Median TTFT.
    pub ttft_ms: Option<f64>,
    /// Median TPOT.
    pub tpot_ms: Option<f64>,
    /// Output tokens per second.
    pub tokens_per_s: Option<f64>,
    /// What the client was judged to be worth.
    pub verdict: Option<VerdictLevel>,
    /// Its place in a sweep.
    pub sweep: Option<SweepPlace>,
}

impl Gist {
    /// The gist of a result.
    pub fn of(result: &RunResult) -> Self {
        let (about, figures, own) = (&result.about, &result.figures, result.own.as_deref());
        let rows = Some(result.requests.len() as u64).filter(|rows| *rows > 0);
        Self {
            tool: own.is_none().then(|| result.tool.label().to_owned()),
            label: about.label.clone(),
            model: about.model_id.clone(),
            date: about.date.clone(),
            rate: about.request_rate.map(python::repr),
            requests: own.and_then(|own| own.workload.requests).map(u64::from).or(about.num_prompts).or(rows),
            completed: figures.completed,
            ttft_ms: figures.latencies[Metric::Ttft].median_ms,
            tpot_ms: figures.latencies[Metric::Tpot].median_ms,
            tokens_per_s: figures.output_throughput,
            sweep: own.and_then(|own| own.sweep.clone()),
            verdict: own.and_then(|own| own.verdict.as_ref()).map(|verdict| verdict.level),
        }
    }

    /// When, how fast, how much: "2025-11-25 10:11 · 4 req/s · 57 of 60 requests".
    pub fn words(&self) -> String {
        let date = self.date.as_deref().map(date_words);
        let rate = self.rate.as_deref().map(|rate| match rate {
            "inf" => "all at once".to_owned(),
            rate => format!("{} req/s", rate.strip_suffix(".0").unwrap_or(rate)),
        });
        let requests = match (self.completed, self.requests) {
            (Some(done), Some(all)) if done != all => Some(format!("{} of {} requests", count(done), count(all))),
            (Some(all), _) | (None, Some(all)) => Some(format!("{} requests", count(all))),
            (None, None) => None,
        };
        let sweep = self.sweep.as_ref().map(|sweep| format!("run {} of {} of a sweep", sweep.place, sweep.of));
        let parts = [self.tool.clone(), date, rate, requests, sweep];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// The key figures with their names; what is missing is "–".
    pub fn figures(&self) -> [(&'static str, String); 3] {
        let missing = || "–".to_owned();
        let time = |value: Option<f64>| value.map_or_else(missing, duration_ms);
        [
            ("TTFT", time(self.ttft_ms)),
            ("TPOT", time(self.tpot_ms)),
            ("Tokens/s", self.tokens_per_s.map_or_else(missing, |rate| digits(rate, 3))),
        ]
    }
}

impl Entry {
    /// What a person calls it: the name given here, the run's label, the model.
    pub fn title(&self) -> String {
        let names = [&self.name, &self.gist.label, &self.gist.model];
        let name = names.into_iter().flatten().map(|name| name.trim()).find(|name| !name.is_empty());
        name.unwrap_or("Unnamed").to_owned()
    }
}

/// A date as people read it, other tools' spellings as they are; cut short.
fn date_words(stamp: &str) -> String {
    date(stamp).chars().take(25).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{About, Figures, StatFigures, Tool};

    #[test]
    fn a_gist_says_what_there_is_and_nothing_else() {
        let about = About {
            model_id: Some("org/m".into()),
            date: Some("20251125-101112".into()),
            request_rate: Some(4.0),
            num_prompts: Some(60),
            ..About::default()
        };
        let ttft = StatFigures { median_ms: Some(123.4), ..StatFigures::default() };
        let figures = Figures { completed: Some(57), latencies: [(Metric::Ttft, ttft)].into(), ..Figures::default() };
        let result = RunResult { tool: Tool::Vllm, about, figures, ..RunResult::default() };
        let gist = Gist::of(&result);
        assert_eq!(gist.words(), "vLLM · 2025-11-25 10:11 · 4 req/s · 57 of 60 requests");
        assert_eq!(gist.figures().map(|(_, value)| value), ["123 ms", "–", "–"]);
        assert_eq!(Gist::of(&RunResult { tool: Tool::Sglang, ..RunResult::default() }).words(), "SGLang");
    }

    #[test]
    fn a_name_given_here_goes_before_label_and_model() {
        let mut entry = Entry::default();
        assert_eq!(entry.title(), "Unnamed");
        entry.gist.model = Some("org/m".into());
        assert_eq!(entry.title(), "org/m");
        entry.gist.label = Some("night run".into());
        assert_eq!(entry.title(), "night run");
        entry.name = Some("before the change".into());
        assert_eq!(entry.title(), "before the change");
    }

    #[test]
    fn dates_of_other_tools_stay_as_they_are() {
        assert_eq!(date_words("2025-11-25T10:11:12+00:00"), "2025-11-25T10:11:12+00:00");
        assert_eq!(date_words("ééééééé-"), "ééééééé-");
        assert_eq!(date_words(&"x".repeat(90)).len(), 25);
    }

    #[test]
    fn an_entry_of_an_earlier_version_is_read() {
        let entry: Entry = serde_json::from_str(r#"{"id": "1", "state": "whole", "later": 1}"#).unwrap();
        assert_eq!((entry.id.as_str(), entry.state, entry.bytes), ("1", State::Whole, 0));
    }
}
