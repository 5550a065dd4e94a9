//! The result of a run: held in memory as [`RunResult`], written as the contract's JSON ([`write`], whose types stand
//! apart in [`wire`]), kept in pieces while it runs ([`kept`]), judged ([`judge`], within [`bounds`]), put into tables
//! ([`tables`]) and compared ([`compare`], [`sweep`]).

mod bootstrap;
pub mod bounds;
pub mod compare;
mod figures;
pub mod judge;
pub mod kept;
pub(crate) mod lift;
pub mod moves;
mod name;
pub mod python;
pub mod sweep;
pub mod tables;
mod verdict;
pub(crate) mod wire;
pub mod write;

use std::sync::Arc;

use crate::metrics::{self, MetricOptions, RequestTimes, Summary};
use crate::record::client::Calibration;
use crate::record::client::ClientReport;
use crate::record::{Outcome, Record};
use crate::settings::Settings;
pub use figures::{Better, FIGURES, Figure, Figures, StatFigures, Statistic};
use judge::Evidence;
pub use name::{MetadataError, file_name, parse_metadata, sweep_file_name};
use sweep::SweepPlace;
pub use verdict::{Reason, Verdict, VerdictLevel};
pub use wire::without_secrets;
pub use write::{WriteOptions, to_json, to_reference_json};

/// The result of one run, by whichever tool.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunResult {
    /// The tool that made it.
    pub tool: Tool,
    /// What was run.
    pub about: About,
    /// The figures.
    pub figures: Figures,
    /// One row a request, where the file has them; the order of the workload.
    pub requests: Vec<RequestRow>,
    /// What only our own results have.
    pub own: Option<Box<Own>>,
}

/// The tools whose results we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum Tool {
    /// Streamgauge.
    #[default]
    Streamgauge,
    /// The Python reference client.
    Reference,
    /// `vllm bench serve`.
    Vllm,
    /// SGLang's `bench_serving`.
    Sglang,
    /// GuideLLM.
    Guidellm,
    /// AIPerf.
    Aiperf,
    /// genai-bench.
    GenaiBench,
}

impl Tool {
    /// The tool's name as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Streamgauge => "Streamgauge",
            Self::Reference => "Reference client",
            Self::Vllm => "vLLM",
            Self::Sglang => "SGLang",
            Self::Guidellm => "GuideLLM",
            Self::Aiperf => "AIPerf",
            Self::GenaiBench => "genai-bench",
        }
    }
}

/// What was run, where the file says it.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct About {
    /// Local time of the run, as `YYYYmmdd-HHMMSS` where the tool writes it so.
    pub date: Option<String>,
    /// The backend, in the tool's word.
    pub backend: Option<String>,
    /// A name that a person gave the run.
    pub label: Option<String>,
    /// The model.
    pub model_id: Option<String>,
    /// The tokenizer.
    pub tokenizer_id: Option<String>,
    /// Answers made for each prompt.
    pub best_of: Option<u64>,
    /// Whether beam search was used.
    pub use_beam_search: Option<bool>,
    /// Requests asked for.
    pub num_prompts: Option<u64>,
    /// KEY=VALUE pairs that a person gave the run.
    pub metadata: Vec<(String, String)>,
    /// Requests per second; infinite: all at once.
    pub request_rate: Option<f64>,
    /// Shape of the arrivals.
    pub burstiness: Option<f64>,
    /// Limit of requests in flight.
    pub max_concurrency: Option<u64>,
}

/// One request of a result.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestRow {
    /// Its times and lengths.
    pub times: RequestTimes,
    /// The generated text, where it was kept.
    pub text: Option<String>,
    /// SHA-256 of the generated text, in lower-case hex.
    pub text_sha256: Option<String>,
    /// Why it failed; none if it did not.
    pub error: Option<String>,
}

/// What only a result of ours has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Own {
    /// The version that made it.
    pub version: String,
    /// The mark of its build.
    pub build: String,
    /// The settings; a header's value that may be a key is blanked out.
    pub settings: Settings,
    /// Whether the run was stopped or broke off.
    pub partial: bool,
    /// Its place in a sweep; none if it was no sweep's.
    pub sweep: Option<SweepPlace>,
    /// The workload.
    pub workload: WorkloadFacts,
    /// What the client measured of itself.
    pub client: Option<ClientReport>,
    /// What the client was found to add, before the run; none where it was not measured.
    pub calibration: Option<Calibration>,
    /// How far the client can be trusted.
    pub verdict: Option<Verdict>,
    /// All figures.
    pub summary: Summary,
    /// The raw records; empty if they were left out. They are the same under all definitions.
    pub records: Arc<Vec<Record>>,
}

/// What identifies a workload.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct WorkloadFacts {
    /// SHA-256 over all prompts and lengths.
    pub sha256: Option<String>,
    /// Requests made.
    pub requests: Option<u32>,
    /// Requests whose prompt repeats an earlier one's.
    pub repeated_prompts: Option<u32>,
    /// Other requests whose prompt begins as an earlier one's does.
    pub repeated_prefixes: Option<u32>,
}

/// What a finished run gives to its result.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    /// The settings that it was made with.
    pub settings: Settings,
    /// Local time of its start, as `YYYYmmdd-HHMMSS`.
    pub date: String,
    /// The mark of the build.
    pub build: String,
    /// From t0 to the last outcome and the end of the schedule, in s.
    pub duration_s: f64,
    /// Whether it was stopped or broke off.
    pub partial: bool,
    /// Its place in a sweep; none if it was no sweep's.
    pub sweep: Option<SweepPlace>,
    /// The workload.
    pub workload: WorkloadFacts,
    /// What the client measured of itself.
    pub client: Option<ClientReport>,
    /// What the client was found to add, before the run; none where it was not measured.
    pub calibration: Option<Calibration>,
    /// The raw records, in the workload's order.
    pub records: Vec<Record>,
}

impl RunResult {
    /// The result of a run of ours, judged where the client told of itself.
    pub fn from_run(run: Run, options: &MetricOptions) -> Self {
        let times = metrics::times(&run.records, options);
        let summary = metrics::summarize_both(&run.records, &times, run.duration_s, options);
        let evidence = |client| Evidence {
            settings: &run.settings,
            client,
            calibration: run.calibration.as_ref(),
            workload: &run.workload,
            records: &run.records,
            summary: &summary,
        };
        let verdict = run.client.as_ref().map(|client| judge::judge(&evidence(client)));
        Self {
            tool: Tool::Streamgauge,
            about: About::of_settings(&run.settings, run.date),
            figures: Figures::from(&summary),
            requests: rows(&run.records, times),
            own: Some(Box::new(Own {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                build: run.build,
                settings: wire::without_secrets(run.settings),
                partial: run.partial,
                sweep: run.sweep,
                workload: run.workload,
                client: run.client,
                calibration: run.calibration,
                verdict,
                summary,
                records: Arc::new(run.records),
            })),
        }
    }

    /// The figures of one of our results under other definitions; none without its raw records.
    pub fn figures_under(&self, options: &MetricOptions) -> Option<Figures> {
        let own = self.own.as_ref().filter(|own| !own.records.is_empty())?;
        Some(Figures::from(&metrics::summarize(&own.records, own.summary.duration_s, options)))
    }

    /// The smallest step of the clock that its times were taken with, ms; of another tool's result a fine one.
    pub fn clock_step_ms(&self) -> f64 {
        let client = self.own.as_ref().and_then(|own| own.client.as_ref());
        client.map(|client| client.clock_step_ms).filter(|step_ms| *step_ms > 0.0).unwrap_or(0.001)
    }

    /// Takes over the hashes of texts that were left out, one a request; the text of such a request is none, not empty.
    pub fn set_text_hashes(&mut self, hashes: Vec<Option<String>>) {
        for (row, hash) in self.requests.iter_mut().zip(hashes) {
            if hash != row.text_sha256 {
                row.text = None;
                row.text_sha256 = hash;
            }
        }
    }

    /// One of our results under other definitions or with other percentiles; none without its raw records.
    pub fn under(&self, options: &MetricOptions) -> Option<Self> {
        let own = self.own.as_ref().filter(|own| !own.records.is_empty())?;
        let times = metrics::times(&own.records, options);
        let summary = metrics::summarize_both(&own.records, &times, own.summary.duration_s, options);
        let row = |(row, times): (&RequestRow, RequestTimes)| RequestRow {
            times,
            text: row.text.clone(),
            text_sha256: row.text_sha256.clone(),
            error: row.error.clone(),
        };
        Some(Self {
            tool: self.tool,
            about: self.about.clone(),
            figures: Figures::from(&summary),
            requests: self.requests.iter().zip(times).map(row).collect(),
            own: Some(Box::new(Own { summary, ..(**own).clone() })),
        })
    }
}

impl About {
    /// What settings say of a run.
    pub fn of_settings(settings: &Settings, date: String) -> Self {
        Self {
            date: Some(date),
            backend: Some(settings.backend.word().to_owned()),
            label: settings.label.clone(),
            model_id: settings.model.clone(),
            tokenizer_id: settings.tokenizer_place().map(str::to_owned),
            best_of: Some(settings.best_of.into()),
            use_beam_search: Some(settings.use_beam_search),
            num_prompts: Some(settings.num_prompts.into()),
            metadata: parse_metadata(&settings.metadata).unwrap_or_default(),
            request_rate: Some(settings.request_rate),
            burstiness: Some(settings.burstiness),
            max_concurrency: settings.max_concurrency.map(u64::from),
        }
    }
}

/// The rows of records, with what each comes to.
pub(crate) fn rows(records: &[Record], times: Vec<RequestTimes>) -> Vec<RequestRow> {
    // Many have none: those of a file without texts.
    let of_no_text = wire::sha256("");
    let sha256 = |text: &str| if text.is_empty() { of_no_text.clone() } else { wire::sha256(text) };
    let row = |(record, times): (&Record, RequestTimes)| RequestRow {
        times,
        text: Some(record.reply.text.clone()),
        text_sha256: Some(sha256(&record.reply.text)),
        error: match &record.outcome {
            Outcome::Completed => None,
            Outcome::Failed(failure) => Some(failure.message.clone()),
            Outcome::Stopped | Outcome::Pending => Some("The run was stopped before this request ended.".to_owned()),
        },
    };
    records.iter().zip(times).map(row).collect()
}
