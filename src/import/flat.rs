//! Results with all figures at the top: the Python reference's, vLLM's of today, SGLang's. One reads the others' keys
//! where it has them.

use serde::Deserialize;

use super::json::{Number, Probe, Scalar};
use super::{ImportError, typed, wrong};
use crate::metrics::tpot_s;
use crate::metrics::{Metric, RequestTimes};
use crate::result::wire::Block;
use crate::result::{About, Figures, RequestRow, RunResult, Tool};

/// The arrays, aligned with the requests, and our own key, which only our own files have.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Arrays {
    input_lens: Option<Vec<Number>>,
    output_lens: Option<Vec<Number>>,
    ttfts: Option<Vec<Number>>,
    itls: Option<Vec<Option<Vec<Number>>>>,
    latencies: Option<Vec<Number>>,
    start_times: Option<Vec<Number>>,
    queue_times: Option<Vec<Number>>,
    pub(super) generated_texts: Option<Vec<Option<String>>>,
    errors: Option<Vec<Option<String>>>,
    pub(super) streamgauge: Option<Box<Block>>,
}

pub(super) fn read(text: &str, probe: &Probe, tool: Tool) -> Result<RunResult, ImportError> {
    let requests = typed::<Arrays>(text, tool)?.into_rows(tool)?;
    Ok(RunResult { tool, about: about(probe, tool)?, figures: figures(probe, tool)?, requests, own: None })
}

/// What was run.
pub(super) fn about(probe: &Probe, tool: Tool) -> Result<About, ImportError> {
    Ok(About {
        date: probe.text("date", tool)?,
        backend: probe.text("backend", tool)?,
        label: probe.text(if tool == Tool::Sglang { "tag" } else { "label" }, tool)?,
        model_id: probe.text("model_id", tool)?,
        tokenizer_id: probe.text("tokenizer_id", tool)?,
        best_of: probe.count("best_of", tool)?,
        use_beam_search: match probe.get("use_beam_search") {
            Some(Scalar::Bool(used)) => Some(*used),
            _ => None,
        },
        num_prompts: probe.count("num_prompts", tool)?,
        metadata: if tool == Tool::Sglang { Vec::new() } else { metadata(probe) },
        request_rate: request_rate(probe, tool)?,
        burstiness: probe.number("burstiness", tool)?,
        max_concurrency: probe.count("max_concurrency", tool)?,
    })
}

/// A number, or "inf" for all at once; SGLang may write "trace", which is no rate.
fn request_rate(probe: &Probe, tool: Tool) -> Result<Option<f64>, ImportError> {
    match probe.get("request_rate") {
        Some(Scalar::Text(text)) if text == "inf" => Ok(Some(f64::INFINITY)),
        Some(Scalar::Text(_)) => Ok(None),
        _ => probe.number("request_rate", tool),
    }
}

/// The pairs that a person added: texts between `num_prompts` and `request_rate`, where both tools write them.
fn metadata(probe: &Probe) -> Vec<(String, String)> {
    let added = probe.entries().iter().skip_while(|(key, _)| key != "num_prompts").skip(1);
    added
        .take_while(|(key, _)| key != "request_rate")
        .filter_map(|(key, value)| match value {
            Scalar::Text(text) => Some((key.clone(), text.clone())),
            _ => None,
        })
        .collect()
}

/// The figures.
pub(super) fn figures(probe: &Probe, tool: Tool) -> Result<Figures, ImportError> {
    let count = |key| probe.count(key, tool);
    let number = |key| probe.number(key, tool);
    let mut figures = Figures {
        completed: count("completed")?,
        failed: count("failed")?,
        duration_s: number("duration")?,
        total_input_tokens: count("total_input_tokens")?,
        total_output_tokens: count("total_output_tokens")?,
        request_throughput: number("request_throughput")?,
        input_throughput: number("input_throughput")?,
        output_throughput: number("output_throughput")?,
        total_token_throughput: number("total_token_throughput")?.or(number("total_throughput")?),
        request_goodput: number("request_goodput")?,
        max_output_tokens_per_s: number("max_output_tokens_per_s")?,
        max_concurrent_requests: count("max_concurrent_requests")?,
        ..Figures::default()
    };
    for metric in Metric::ALL {
        let stats = figures.stats_mut(*metric);
        let word = if tool == Tool::Sglang && *metric == Metric::E2el { "e2e_latency" } else { metric.word() };
        let of = |statistic: &str| probe.number(&format!("{statistic}_{word}_ms"), tool);
        stats.mean_ms = of("mean")?;
        stats.median_ms = of("median")?;
        stats.std_ms = of("std")?;
        stats.percentiles_ms = percentiles(probe, word, tool)?;
    }
    Ok(figures)
}

/// `p{N}_{word}_ms`, ascending.
fn percentiles(probe: &Probe, word: &str, tool: Tool) -> Result<Vec<(f64, f64)>, ImportError> {
    let tail = format!("_{word}_ms");
    let mut percentiles = Vec::new();
    for (key, _) in probe.entries() {
        let digits = key.strip_prefix('p').and_then(|rest| rest.strip_suffix(&tail));
        let Some(percentile) = digits.and_then(|digits| digits.parse::<f64>().ok()) else { continue };
        if let Some(value) = probe.number(key, tool)? {
            percentiles.push((percentile, value));
        }
    }
    percentiles.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    percentiles.dedup_by_key(|(percentile, _)| *percentile);
    Ok(percentiles)
}

impl Arrays {
    /// A row a request.
    pub(super) fn into_rows(self, tool: Tool) -> Result<Vec<RequestRow>, ImportError> {
        let lens = [
            ("input_lens", self.input_lens.as_ref().map(Vec::len)),
            ("output_lens", self.output_lens.as_ref().map(Vec::len)),
            ("ttfts", self.ttfts.as_ref().map(Vec::len)),
            ("itls", self.itls.as_ref().map(Vec::len)),
            ("latencies", self.latencies.as_ref().map(Vec::len)),
            ("start_times", self.start_times.as_ref().map(Vec::len)),
            ("queue_times", self.queue_times.as_ref().map(Vec::len)),
            ("generated_texts", self.generated_texts.as_ref().map(Vec::len)),
            ("errors", self.errors.as_ref().map(Vec::len)),
        ];
        let mut present = lens.into_iter().filter_map(|(key, len)| Some((key, len?)));
        let Some((first, rows)) = present.next() else { return Ok(Vec::new()) };
        if let Some((key, len)) = present.find(|(_, len)| *len != rows) {
            return Err(wrong(tool, key, format!("it has {len} entries, and {first} has {rows}")));
        }
        Ok((0..rows).map(|i| self.row(i)).collect())
    }

    fn row(&self, i: usize) -> RequestRow {
        let at = |column: &Option<Vec<Number>>| column.as_ref().map(|column| column[i]).unwrap_or_default();
        let text_at = |column: &Option<Vec<Option<String>>>| column.as_ref().and_then(|column| column[i].clone());
        let error = text_at(&self.errors).filter(|error| !error.is_empty());
        let output_len = at(&self.output_lens).len();
        // Without its errors a file tells a failure by its output alone.
        let succeeded = if self.errors.is_some() { error.is_none() } else { output_len.is_none_or(|len| len > 0) };
        // These tools write 0 for a time that they do not have.
        let time = |column| at(column).0.filter(|time_s| *time_s != 0.0);
        let (ttft_s, latency_s) = (time(&self.ttfts), time(&self.latencies).filter(|_| succeeded));
        let itls = self.itls.as_ref().and_then(|itls| itls[i].as_ref());
        RequestRow {
            times: RequestTimes {
                index: u32::try_from(i).unwrap_or(u32::MAX),
                succeeded,
                prompt_len: at(&self.input_lens).len(),
                output_len,
                ttft_s,
                itls_s: itls.map(|gaps| gaps.iter().filter_map(|gap| gap.0).collect()).unwrap_or_default(),
                tpot_s: latency_s.zip(ttft_s).and_then(|(e2el, ttft)| tpot_s(e2el, ttft, output_len?)),
                latency_s,
                sent_s: at(&self.start_times).0,
                delay_s: at(&self.queue_times).0,
                ..RequestTimes::default()
            },
            text: text_at(&self.generated_texts),
            text_sha256: None,
            error,
        }
    }
}
