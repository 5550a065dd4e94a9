//! The figures of a run as any tool's file may give them: what a file lacks is none, never zero.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::metrics::{Metric, PerMetric, Stats, Summary};

/// The figures of a run, each where the file has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Requests that completed.
    pub completed: Option<u64>,
    /// Requests that failed.
    pub failed: Option<u64>,
    /// Length of the run, in s.
    pub duration_s: Option<f64>,
    /// Prompt tokens of the completed requests.
    pub total_input_tokens: Option<u64>,
    /// Output tokens of the completed requests.
    pub total_output_tokens: Option<u64>,
    /// Completed requests per second.
    pub request_throughput: Option<f64>,
    /// Prompt tokens per second.
    pub input_throughput: Option<f64>,
    /// Output tokens per second.
    pub output_throughput: Option<f64>,
    /// Prompt and output tokens per second.
    pub total_token_throughput: Option<f64>,
    /// Good requests per second.
    pub request_goodput: Option<f64>,
    /// Most output tokens in one second; none of a run of less than a second.
    pub max_output_tokens_per_s: Option<f64>,
    /// Most requests in flight at once.
    pub max_concurrent_requests: Option<u64>,
    /// The latencies.
    #[serde(with = "by_place")]
    pub latencies: PerMetric<StatFigures>,
}

/// Statistics of one metric, in ms, each where the file has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StatFigures {
    /// How many values.
    pub count: Option<u64>,
    /// Mean.
    pub mean_ms: Option<f64>,
    /// Median.
    pub median_ms: Option<f64>,
    /// Standard deviation.
    pub std_ms: Option<f64>,
    /// (percentile, value), ascending.
    pub percentiles_ms: Vec<(f64, f64)>,
}

impl StatFigures {
    /// Whether the file has nothing of this metric.
    pub fn is_missing(&self) -> bool {
        self.mean_ms.is_none() && self.median_ms.is_none() && self.percentiles_ms.is_empty()
    }

    /// The value at a percentile.
    pub fn percentile_ms(&self, percentile: f64) -> Option<f64> {
        self.percentiles_ms.iter().find(|(p, _)| *p == percentile).map(|(_, value)| *value)
    }
}

impl From<&Stats> for StatFigures {
    /// Of an empty list nothing is known.
    fn from(stats: &Stats) -> Self {
        if stats.count == 0 {
            return Self { count: Some(0), ..Self::default() };
        }
        Self {
            count: Some(stats.count.into()),
            mean_ms: Some(stats.mean_ms),
            median_ms: Some(stats.median_ms),
            std_ms: Some(stats.std_ms),
            percentiles_ms: stats.percentiles_ms.clone(),
        }
    }
}

impl Figures {
    /// The latencies that layouts by place leave out, by their words.
    pub fn further(&self) -> Vec<(String, StatFigures)> {
        Metric::further().map(|metric| (metric.word().to_owned(), self.latencies[metric].clone())).collect()
    }

    /// Takes over such latencies; words that this version does not know are passed over.
    pub fn set_further(&mut self, further: impl IntoIterator<Item = (String, StatFigures)>) {
        for (word, stats) in further {
            if let Some(metric) = Metric::from_word(&word).filter(|metric| !metric.is_standard()) {
                self.latencies[metric] = stats;
            }
        }
    }
}

/// The layout of shared links, whose values are told apart by their place alone: the standard latencies in their order.
/// The others follow elsewhere ([`Figures::further`]), so that a link of any version is read by any other.
mod by_place {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::StatFigures;
    use crate::metrics::{Metric, PerMetric};

    pub(super) fn serialize<S: Serializer>(latencies: &PerMetric<StatFigures>, to: S) -> Result<S::Ok, S::Error> {
        Metric::STANDARD.map(|metric| &latencies[metric]).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PerMetric<StatFigures>, D::Error> {
        let mut latencies = PerMetric::default();
        for (metric, stats) in Metric::STANDARD.into_iter().zip(<[StatFigures; 4]>::deserialize(from)?) {
            latencies[metric] = stats;
        }
        Ok(latencies)
    }
}

impl From<&Summary> for Figures {
    fn from(summary: &Summary) -> Self {
        Self {
            completed: Some(summary.completed.into()),
            failed: Some(summary.failed.into()),
            duration_s: Some(summary.duration_s),
            total_input_tokens: Some(summary.total_input_tokens),
            total_output_tokens: Some(summary.total_output_tokens),
            request_throughput: Some(summary.request_throughput),
            input_throughput: Some(summary.input_throughput),
            output_throughput: Some(summary.output_throughput),
            total_token_throughput: Some(summary.total_token_throughput),
            request_goodput: summary.request_goodput,
            max_output_tokens_per_s: summary.max_output_tokens_per_s,
            max_concurrent_requests: Some(summary.max_concurrent_requests.into()),
            latencies: PerMetric::from_fn(|metric| (&summary.latencies[metric]).into()),
        }
    }
}

/// Which way a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Less is better: latencies.
    Lower,
    /// More is better: throughputs.
    Higher,
    /// Neither: lengths, totals.
    Neither,
}

/// One figure of a table: what it is called, and how it is taken.
pub struct Figure {
    /// Its name.
    pub label: &'static str,
    /// Its unit; empty of a count.
    pub unit: &'static str,
    /// Which way it is better.
    pub better: Better,
    /// What it is a figure of.
    pub of: Of,
}

/// What a figure is taken of.
#[derive(Clone, Copy)]
pub enum Of {
    /// The run.
    Run(fn(&Figures) -> Option<f64>),
    /// The values of a latency.
    Latency(Metric, Statistic),
}

/// A statistic of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The mean.
    Mean,
    /// The median.
    Median,
    /// The 99th percentile.
    P99,
}

impl Statistic {
    /// Every statistic.
    pub const ALL: [Self; 3] = [Self::Mean, Self::Median, Self::P99];

    /// Its value.
    pub fn of(self, stats: &StatFigures) -> Option<f64> {
        match self {
            Self::Mean => stats.mean_ms,
            Self::Median => stats.median_ms,
            Self::P99 => stats.percentile_ms(99.0),
        }
    }
}

macro_rules! of_run {
    ($( $label:literal, $unit:literal, $better:ident, $get:expr; )*) => {
        /// The figures of the run as a whole.
        fn of_run() -> Vec<Figure> {
            vec![$( Figure { label: $label, unit: $unit, better: Better::$better, of: Of::Run($get) }, )*]
        }
    };
}

of_run! {
    "Successful requests", "", Neither, |f| f.completed.map(|n| n as f64);
    "Failed requests", "", Lower, |f| f.failed.map(|n| n as f64);
    "Benchmark duration", "s", Neither, |f| f.duration_s;
    "Total input tokens", "", Neither, |f| f.total_input_tokens.map(|n| n as f64);
    "Total generated tokens", "", Neither, |f| f.total_output_tokens.map(|n| n as f64);
    "Request throughput", "req/s", Higher, |f| f.request_throughput;
    "Request goodput", "req/s", Higher, |f| f.request_goodput;
    "Input token throughput", "tok/s", Higher, |f| f.input_throughput;
    "Output token throughput", "tok/s", Higher, |f| f.output_throughput;
    "Total token throughput", "tok/s", Higher, |f| f.total_token_throughput;
    "Peak output tokens", "tok/s", Higher, |f| f.max_output_tokens_per_s;
    "Peak concurrent requests", "", Neither, |f| f.max_concurrent_requests.map(|n| n as f64);
}

/// Every figure, in the order of the tables.
pub static FIGURES: LazyLock<Vec<Figure>> = LazyLock::new(|| {
    let of_metric = |metric: Metric| {
        let (row, better) = (metric.row(), Better::Lower);
        let named = row.statistics.into_iter().zip(Statistic::ALL);
        named.map(move |(label, statistic)| Figure {
            label,
            unit: Metric::UNIT,
            better,
            of: Of::Latency(metric, statistic),
        })
    };
    of_run().into_iter().chain(Metric::ALL.iter().copied().flat_map(of_metric)).collect()
});

impl Figure {
    /// Its value.
    pub fn get(&self, figures: &Figures) -> Option<f64> {
        match self.of {
            Of::Run(value) => value(figures),
            Of::Latency(metric, statistic) => statistic.of(&figures.latencies[metric]),
        }
    }

    /// The latency and the statistic, where it is one of a latency.
    pub fn of_latency(&self) -> Option<(Metric, Statistic)> {
        match self.of {
            Of::Run(_) => None,
            Of::Latency(metric, statistic) => Some((metric, statistic)),
        }
    }

    /// The figure as text, `-` where it is missing.
    pub fn show(&self, figures: &Figures) -> String {
        let whole = self.unit.is_empty();
        match self.get(figures) {
            None => "-".to_owned(),
            Some(value) if whole => format!("{value:.0}"),
            Some(value) => format!("{value:.2}"),
        }
    }

    /// The name with its unit.
    pub fn title(&self) -> String {
        if self.unit.is_empty() { self.label.to_owned() } else { format!("{} ({})", self.label, self.unit) }
    }
}
