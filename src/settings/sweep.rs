//! A sweep: one setting's values that are run one after another, as `request-rate:1 2 4 8`; and the settings of each of
//! these runs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::value::{Kind, Value, choices};
use super::{Settings, flag};

/// The most runs of one sweep.
pub const MOST_RUNS: usize = 20;

choices! {
    /// The settings that a sweep may vary, by their flags.
    SweepKey {
        /// Requests per second.
        RequestRate = "request-rate", "request rate";
        /// Requests in flight.
        MaxConcurrency = "max-concurrency", "concurrency";
    }
}

/// A setting's values, one a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// What varies.
    pub key: SweepKey,
    /// Its values, rising; infinite, as the last request rate: all requests at once.
    pub values: Vec<f64>,
}

/// Why a text is no sweep: the end of a sentence that begins with the setting's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// Nothing that can be swept is named.
    #[error("must name what varies and its values, as request-rate:1 2 4 8 or max-concurrency:1 4 16 64, not {0:?}")]
    NoKey(String),
    /// No values.
    #[error("must give values after the colon, as request-rate:1 2 4 8")]
    Empty,
    /// A rate that cannot be.
    #[error("must give request rates above 0, or inf as the last, and {0:?} is not one")]
    NoRate(String),
    /// A concurrency that cannot be.
    #[error("must give whole numbers from 1 on, and {0:?} is not one")]
    NoConcurrency(String),
    /// A value that is not above the one before it.
    #[error("must give rising values, and {0:?} is not above the one before it")]
    NotRising(String),
    /// Too many.
    #[error("must give at most {MOST_RUNS} values, each of them a run, not {0}")]
    TooMany(usize),
}

impl FromStr for Sweep {
    type Err = SweepError;

    fn from_str(text: &str) -> Result<Self, SweepError> {
        let no_key = || SweepError::NoKey(text.to_owned());
        let (key, list) = text.split_once(':').ok_or_else(no_key)?;
        let key: SweepKey = key.trim().parse().map_err(|()| no_key())?;
        let words: Vec<&str> =
            list.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty()).collect();
        if words.len() > MOST_RUNS {
            return Err(SweepError::TooMany(words.len()));
        }
        let mut values: Vec<f64> = Vec::with_capacity(words.len());
        for word in words {
            let value = key.value(word)?;
            if values.last().is_some_and(|before| value <= *before) {
                return Err(SweepError::NotRising(word.to_owned()));
            }
            values.push(value);
        }
        if values.is_empty() { Err(SweepError::Empty) } else { Ok(Self { key, values }) }
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<String> = self.values.iter().map(f64::to_string).collect();
        write!(f, "{}:{}", self.key, values.join(" "))
    }
}

impl Value for Option<Sweep> {
    const KIND: Kind = Kind::Text;

    fn set(&mut self, text: &str) -> Result<(), String> {
        *self = if text.is_empty() { None } else { Some(text.parse().map_err(|error: SweepError| error.to_string())?) };
        Ok(())
    }

    fn show(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

impl SweepKey {
    fn value(self, word: &str) -> Result<f64, SweepError> {
        match self {
            Self::RequestRate => word.parse().ok().filter(|rate| *rate > 0.0).ok_or(SweepError::NoRate(word.into())),
            Self::MaxConcurrency => word
                .parse::<u32>()
                .ok()
                .filter(|streams| *streams >= 1)
                .map(f64::from)
                .ok_or(SweepError::NoConcurrency(word.into())),
        }
    }

    /// What settings have for it, as their flag is spelt; empty where they have none.
    pub fn value_of(self, settings: &Settings) -> String {
        flag(self.word()).map(|flag| (flag.get)(settings).join(" ")).unwrap_or_default()
    }

    /// What it is called: "request rate".
    pub fn label(self) -> &'static str {
        Self::CHOICES.iter().find(|(word, _)| *word == self.word()).map_or("", |(_, label)| *label)
    }

    /// A value with its unit: "4 a second", "16".
    pub fn amount(self, value: &str) -> String {
        match (self, value) {
            (Self::RequestRate, "inf") => "all at once".into(),
            (Self::RequestRate, value) => format!("{value} a second"),
            (Self::MaxConcurrency, value) => value.into(),
        }
    }

    /// How a run with this value goes: "at 4 requests a second", "with 64 requests at a time".
    pub fn manner(self, value: &str) -> String {
        let s = if value == "1" { "" } else { "s" };
        match (self, value) {
            (Self::RequestRate, "inf") => "with all requests at once".into(),
            (Self::RequestRate, value) => format!("at {value} request{s} a second"),
            (Self::MaxConcurrency, value) => format!("with {value} request{s} at a time"),
        }
    }
}

impl Settings {
    /// How many runs these settings ask for.
    pub fn runs(&self) -> usize {
        self.sweep.as_ref().map_or(1, |sweep| sweep.values.len())
    }

    /// The settings of the run at this place, from 0: of a sweep, all but the one value are the same, and the label says
    /// the value. A run that is no sweep's has the settings as they are.
    pub fn of_run(&self, place: usize) -> Self {
        let mut settings = self.clone();
        let Some(Sweep { key, values }) = settings.sweep.take() else { return settings };
        let Some(value) = values.get(place).copied() else { return settings };
        match key {
            SweepKey::RequestRate => settings.request_rate = value,
            SweepKey::MaxConcurrency => settings.max_concurrency = Some(value as u32),
        }
        let label = settings.label.as_deref().or(settings.model.as_deref()).unwrap_or("sweep");
        settings.label = Some(format!("{label}{}", suffix(key, value)));
        settings
    }

    /// The settings of the sweep over these values that this is one run of: what [`Settings::of_run`] makes runs from,
    /// with the label that they have where it was none.
    pub fn of_sweep(&self, sweep: Sweep) -> Self {
        let mut settings = self.clone();
        let key = sweep.key;
        if let (Some(label), Ok(value)) = (&mut settings.label, key.value(&key.value_of(self))) {
            *label = label.strip_suffix(&suffix(key, value)).unwrap_or(label).to_owned();
        }
        flag(key.word()).into_iter().for_each(|flag| (flag.clear)(&mut settings));
        Self { sweep: Some(sweep), ..settings }
    }
}

/// What the label of a run with this value ends with.
fn suffix(key: SweepKey, value: f64) -> String {
    format!(" · {key} {value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Sweep>().unwrap_err().to_string()
    }

    #[test]
    fn reads_what_it_writes() {
        let rates: Sweep = "request-rate: 0.5,1  2 inf".parse().unwrap();
        assert_eq!(rates, Sweep { key: SweepKey::RequestRate, values: vec![0.5, 1.0, 2.0, f64::INFINITY] });
        assert_eq!(rates.to_string(), "request-rate:0.5 1 2 inf");
        assert_eq!(rates.to_string().parse(), Ok(rates));
        let streams = "max-concurrency:1 4 16 64";
        assert_eq!(streams.parse::<Sweep>().unwrap().to_string(), streams);
    }

    #[test]
    fn says_what_is_wrong_with_a_list() {
        assert!(error("1 2 4").starts_with("must name what varies") && error("seed:1 2").contains("\"seed:1 2\""));
        assert!(error("request-rate: ,").contains("values after the colon"));
        for word in ["0", "-1", "fast", "NaN"] {
            let text = error(&format!("request-rate:{word}"));
            assert!(text.contains("above 0") && text.contains(word), "{text}");
        }
        for word in ["0", "1.5", "inf"] {
            assert!(error(&format!("max-concurrency:{word}")).contains("whole numbers"), "{word}");
        }
        assert!(error("request-rate:1 4 4").contains("rising") && error("request-rate:inf 4").contains("\"4\""));
        let many: Vec<String> = (1..=21).map(|n| n.to_string()).collect();
        assert!(error(&format!("request-rate:{}", many.join(" "))).contains("at most 20 values"));
        assert!(format!("request-rate:{}", many[..20].join(" ")).parse::<Sweep>().is_ok());
    }

    #[test]
    fn survives_the_address() {
        let settings = Settings { sweep: "max-concurrency:1 4".parse().ok(), ..Settings::demo() };
        assert_eq!(Settings::from_fragment(&settings.to_fragment()), Ok(settings));
        let errors = Settings::from_fragment("sweep=request-rate:4 2").unwrap_err();
        assert!(errors[0].to_string().starts_with("Sweep (sweep) must give rising values"), "{errors:?}");
    }

    #[test]
    fn each_run_has_its_value_and_a_label_that_says_it() {
        let settings = Settings { sweep: "request-rate:2 4".parse().ok(), seed: 7, ..Settings::demo() };
        let run = settings.of_run(1);
        assert_eq!((settings.runs(), run.request_rate, run.seed, run.sweep), (2, 4.0, 7, None));
        assert_eq!(run.label.as_deref(), Some("simulated · request-rate 4"));
        let labelled = Settings { label: Some("new".into()), sweep: "max-concurrency:3".parse().ok(), ..settings };
        let run = labelled.of_run(0);
        assert_eq!((run.max_concurrency, run.label.as_deref()), (Some(3), Some("new · max-concurrency 3")));
        assert_eq!((Settings::demo().of_run(0), Settings::demo().runs()), (Settings::demo(), 1));
    }

    #[test]
    fn a_run_has_the_settings_of_its_sweep() {
        for list in ["request-rate:0.5 inf", "max-concurrency:3 40"] {
            let sweep: Sweep = list.parse().unwrap();
            let settings =
                Settings { sweep: Some(sweep.clone()), label: Some("new".into()), seed: 3, ..Settings::demo() };
            let asked = Settings { request_rate: Settings::default().request_rate, ..settings };
            for place in 0..2 {
                assert_eq!(asked.of_run(place).of_sweep(sweep.clone()), asked);
            }
        }
    }
}
