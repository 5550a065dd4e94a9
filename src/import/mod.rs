//! Results from files, ours and other tools'. The tool is told by the keys at the top; then one file a tool reads it.
//! Nothing is trusted: size and depth are bounded, unknown keys are passed over without being kept, and what is of the
//! wrong kind is named.

mod aiperf;
mod flat;
mod genai_bench;
mod guidellm;
mod json;

mod own;
mod path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::result::lift::{Lifted, lift};
use crate::result::{RunResult, Tool};
use json::Probe;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 128 << 20;
/// The most results that one file may hold.
pub const MAX_RESULTS: usize = 1000;

/// Why a file is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Too much.
    #[error("The file has {bytes} bytes, and at most {MAX_BYTES} are read. Save the result without its raw records.")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Too many results in it.
    #[error("The file holds more than {MAX_RESULTS} results. Split it.")]
    TooMany,
    /// Nothing.
    #[error("The file is empty.")]
    Empty,
    /// Not JSON.
    #[error("The file is not JSON: {reason}.")]
    NotJson {
        /// What the reader met, with line and column.
        reason: String,
    },
    /// JSON, but of no tool that we know.
    #[error(
        "The file is JSON, but not a result that is known here: at its top are {keys}. Results of Streamgauge, the Python \
         client, vLLM, SGLang, GuideLLM, AIPerf (profile_export_aiperf.json) and genai-bench are read."
    )]
    UnknownFormat {
        /// The first few keys.
        keys: String,
    },
    /// A known tool's, but broken.
    #[error("The file looks like a result of {tool}, but {key}: {reason}.", tool = tool.label())]
    Wrong {
        /// The tool.
        tool: Tool,
        /// The key, with its path.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The results of a file: one, or one a line where a tool appends them.
///
/// # Errors
/// Why the file is no result, and which of its keys is at fault.
pub fn from_json(text: &str) -> Result<Vec<RunResult>, ImportError> {
    if text.len() > MAX_BYTES {
        return Err(ImportError::TooLarge { bytes: text.len() });
    }
    let text = text.trim_start_matches('\u{feff}');
    match read_lifted(text) {
        Some(result) => Ok(vec![result]),
        None => read_whole(text),
    }
}

fn read_whole(text: &str) -> Result<Vec<RunResult>, ImportError> {
    let text = json::without_bare_words(text);
    let mut results = Vec::new();
    let mut documents = serde_json::Deserializer::from_str(&text).into_iter::<Probe>();
    let mut start = 0;
    while let Some(probe) = documents.next() {
        let probe = probe.map_err(|error| {
            let no_object = || ImportError::UnknownFormat { keys: Probe::default().first_keys() };
            if error.is_data() { no_object() } else { ImportError::NotJson { reason: error.to_string() } }
        })?;
        let end = documents.byte_offset();
        results.extend(read_one(&text[start..end], &probe)?);
        start = end;
        if results.len() > MAX_RESULTS {
            return Err(ImportError::TooMany);
        }
    }
    if results.is_empty() { Err(ImportError::Empty) } else { Ok(results) }
}

/// One of our own results with raw records, in a fraction of the time. None of anything else: that is read whole, and
/// told what is wrong with it.
fn read_lifted(text: &str) -> Option<RunResult> {
    let Lifted { rest, events } = lift(text, &["streamgauge", "records"])?;
    let probe: Probe = serde_json::from_str(&rest).ok()?;
    tool_of(&probe).filter(|tool| *tool == Tool::Streamgauge)?;
    own::read(&rest, &probe, Some(events)).ok()
}

fn read_one(text: &str, probe: &Probe) -> Result<Vec<RunResult>, ImportError> {
    if probe.has("sweep") && probe.has("results") {
        return read_sweep(text);
    }
    let tool = tool_of(probe).ok_or_else(|| ImportError::UnknownFormat { keys: probe.first_keys() })?;
    match tool {
        Tool::Streamgauge => own::read(text, probe, None).map(|result| vec![result]),
        Tool::Reference | Tool::Vllm | Tool::Sglang => flat::read(text, probe, tool).map(|result| vec![result]),
        Tool::Guidellm => guidellm::read(text),
        Tool::Aiperf => aiperf::read(text).map(|result| vec![result]),
        Tool::GenaiBench => genai_bench::read(text).map(|result| vec![result]),
    }
}

/// The file of a sweep.
#[derive(Deserialize)]
struct SweepFile<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

/// The results in the file of a sweep, each as it would be read alone.
fn read_sweep(text: &str) -> Result<Vec<RunResult>, ImportError> {
    const OURS: Tool = Tool::Streamgauge;
    let file: SweepFile = serde_json::from_str(text).map_err(|error| wrong(OURS, "results", error.to_string()))?;
    let one = |result: &RawValue| match read_lifted(result.get()) {
        Some(result) => Ok(result),
        None => own::read(result.get(), &typed(result.get(), OURS)?, None),
    };
    file.results.into_iter().map(one).collect()
}

/// Tells the tool by its keys, those first that no other tool has.
fn tool_of(probe: &Probe) -> Option<Tool> {
    let has_any = |keys: &[&str]| keys.iter().any(|key| probe.has(key));
    let marks: [(&[&str], Tool); 7] = [
        (&["streamgauge"], Tool::Streamgauge),
        (&["aggregated_metrics"], Tool::GenaiBench),
        (&["benchmarks"], Tool::Guidellm),
        (&["aiperf_version", "request_latency", "time_to_first_token", "inter_token_latency"], Tool::Aiperf),
        (&["mean_e2e_latency_ms", "total_output_tokens_retokenized"], Tool::Sglang),
        (&["endpoint_type", "request_goodput", "total_token_throughput", "max_concurrency"], Tool::Vllm),
        (&["mean_ttft_ms", "request_throughput"], Tool::Reference),
    ];
    marks.into_iter().find(|(keys, _)| has_any(keys)).map(|(_, tool)| tool)
}

/// Reads a document as a type, or says which key does not fit.
fn typed<T: DeserializeOwned>(text: &str, tool: Tool) -> Result<T, ImportError> {
    serde_json::from_str(text).map_err(|error| wrong(tool, shortened(&path::of_error(text, &error)), error.to_string()))
}

fn wrong(tool: Tool, key: impl Into<String>, reason: impl Into<String>) -> ImportError {
    ImportError::Wrong { tool, key: key.into(), reason: reason.into() }
}

/// Text from a file, short enough for a sentence.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::MetricOptions;
    use crate::record::{Event, EventKind, Outcome, Record, Reply};
    use crate::result::{Run, WriteOptions, to_json};

    /// A file of ours: three records of four events each, of which one says its tokens.
    fn own_file() -> String {
        let record = |index: u32| {
            let kinds = [EventKind::Empty, EventKind::Text, EventKind::Text, EventKind::Done];
            let event = |(read, kind): (u32, EventKind)| Event {
                at_ms: f64::from(index) * 100.0 + f64::from(read) * 10.0 / 3.0,
                read,
                kind,
                chars: if kind == EventKind::Text { 5 } else { 0 },
                tokens_so_far: (index == 1 && read > 1).then_some(read),
            };
            let events = (0..).zip(kinds).map(event).collect();
            Record {
                index,
                sent_ms: Some(f64::from(index) * 99.0),
                end_ms: Some(f64::from(index) * 100.0 + 20.0),
                output_tokens: Some(2),
                outcome: Outcome::Completed,
                reply: Reply { events, text: "a \"b\" [c".into(), ..Reply::default() },
                ..Record::default()
            }
        };
        let run = Run { duration_s: 0.3, records: (0..3).map(record).collect(), ..Run::default() };
        let result = RunResult::from_run(run, &MetricOptions::default());
        to_json(&result, WriteOptions { texts: true, ..WriteOptions::default() })
    }

    #[test]
    fn what_we_write_is_read_the_quick_way_and_comes_to_the_same() {
        let file = own_file();
        let quick = read_lifted(&file).expect("a file of ours");
        assert_eq!(Ok(vec![quick]), read_whole(&file));
        let pretty: serde_json::Value = serde_json::from_str(&file).expect("JSON");
        let pretty = serde_json::to_string_pretty(&pretty).expect("JSON");
        assert_eq!(read_lifted(&pretty).map(|result| vec![result]), read_whole(&pretty).ok());
    }

    #[test]
    fn what_is_not_as_we_write_it_is_read_whole() {
        let file = own_file();
        for (from, to) in [
            ("\"at_ms\": [0.0", "\"at_ms\": [NaN"),
            ("\"at_ms\": [0.0", "\"at_ms\": [00.0"),
            ("\"at_ms\": [0.0", "\"at_ms\": [1e999"),
            ("\"read\": [0,", "\"read\": [-1,"),
            ("\"read\": [0,", "\"read\": [0, 0,"),
            ("\"read\": [0,", "\"read\": [0,,"),
            ("\"read\": [0,", "\"read\": [,"),
            ("\"kind\": \"e", "\"kind\": \"x"),
            ("\"chars\": [0,", "\"chars\": [\"0\","),
            ("\"chars\": [0,", "\"other\": [0,"),
            ("\"itls\": [[", "\"itls\": [[{},"),
            ("\"itls\": [[", "\"itls\": [[\"inf\", "),
            ("\"itls\": [[", "\"itls\": [[1E999, "),
            ("\"itls\": [[", &format!("\"itls\": [[{}, ", "9".repeat(400))),
        ] {
            assert!(file.contains(from), "{from}");
            assert_eq!(read_lifted(&file.replacen(from, to, 1)), None, "{to}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn the_quick_way_takes_nothing_that_the_whole_way_refuses(
            at in any::<prop::sample::Index>(), gone in 0usize..4, put in "[]{}\\[,:\"\\\\0-9.eE+n x-]{0,3}",
        ) {
            let mut file = own_file();
            let at = at.index(file.len());
            file.replace_range(at..(at + gone).min(file.len()), &put);
            if let Some(result) = read_lifted(&file) {
                prop_assert_eq!(Ok(vec![result]), read_whole(&file));
            }
        }
    }
}
