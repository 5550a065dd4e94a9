//! Our own results. Where the raw records are in the file, the figures are computed from them anew.

use std::sync::Arc;

use super::flat;
use super::flat::Arrays;
use super::json::Probe;
use super::{ImportError, typed, wrong};
use crate::metrics;
use crate::metrics::{MetricOptions, Stats, Summary};
use crate::record::Event;
use crate::result::wire::{Block, Extra, WireRecord, settings_of};
use crate::result::{Figures, Own, RunResult, StatFigures, Tool, rows};
use crate::settings::Settings;

const TOOL: Tool = Tool::Streamgauge;

/// Reads a document of ours, with its records' events where they were lifted out of it.
pub(super) fn read(text: &str, probe: &Probe, lifted: Option<Vec<Vec<Event>>>) -> Result<RunResult, ImportError> {
    let mut arrays = typed::<Arrays>(text, TOOL)?;
    let no_block = || wrong(TOOL, "streamgauge", "it is null");
    let mut block = arrays.streamgauge.take().ok_or_else(no_block)?;
    let mut about = flat::about(probe, TOOL)?;
    let mut figures = flat::figures(probe, TOOL)?;
    let settings = settings_of(&block.settings);
    about.metadata = crate::result::parse_metadata(&settings.metadata).unwrap_or_default();
    let options = options(&settings, &block);
    let (requests, summary, records);
    let mut text_hashes = None;
    match block.records.take() {
        Some(mut wire) => {
            if lifted.is_some_and(|events| !WireRecord::take_events(&mut wire, events)) {
                return Err(wrong(TOOL, "streamgauge.records", "their events are not where they should be"));
            }
            let mut texts = arrays.generated_texts.take().unwrap_or_default().into_iter();
            let mut hashes = Vec::with_capacity(wire.len());
            let mut read = Vec::with_capacity(wire.len());
            for (i, record) in wire.into_iter().enumerate() {
                let broken = |reason| wrong(TOOL, format!("streamgauge.records[{i}]"), reason);
                let (record, hash) = record.into_record(texts.next().flatten()).map_err(broken)?;
                read.push(record);
                hashes.push(hash);
            }
            let times = metrics::times(&read, &options);
            summary = metrics::summarize_both(&read, &times, figures.duration_s.unwrap_or(0.0), &options);
            figures = Figures::from(&summary);
            requests = rows(&read, times);
            text_hashes = Some(hashes);
            records = read;
        }
        None => {
            summary = summary_of(&mut figures, std::mem::take(&mut block.figures), &options);
            requests = arrays.into_rows(TOOL)?;
            records = Vec::new();
        }
    }
    let own = Own {
        version: block.version,
        build: block.build,
        settings,
        partial: block.partial,
        sweep: block.sweep,
        workload: block.workload,
        client: block.client,
        calibration: block.calibration,
        verdict: block.verdict,
        summary,
        records: Arc::new(records),
    };
    let mut result = RunResult { tool: TOOL, about, figures, requests, own: Some(Box::new(own)) };
    result.set_text_hashes(text_hashes.unwrap_or_default());
    Ok(result)
}

fn options(settings: &Settings, block: &Block) -> MetricOptions {
    let options = MetricOptions::from_settings(settings).unwrap_or_default();
    MetricOptions { definition: block.definition, backend: settings.backend, ..options }
}

/// The summary of a file without raw records.
fn summary_of(figures: &mut Figures, extra: Extra, options: &MetricOptions) -> Summary {
    let counts = extra.counts;
    let each = [&mut figures.ttft, &mut figures.tpot, &mut figures.itl, &mut figures.e2el];
    for (stats, count) in each.into_iter().zip(counts) {
        stats.count = Some(count.into());
    }
    let stats = |figures: &StatFigures, count: u32| Stats {
        count,
        mean_ms: figures.mean_ms.unwrap_or(0.0),
        median_ms: figures.median_ms.unwrap_or(0.0),
        std_ms: figures.std_ms.unwrap_or(0.0),
        percentiles_ms: figures.percentiles_ms.clone(),
    };
    let count = |value: Option<u64>| u32::try_from(value.unwrap_or(0)).unwrap_or(u32::MAX);
    let mut summary = Summary {
        definition: options.definition,
        completed: count(figures.completed),
        failed: count(figures.failed),
        duration_s: figures.duration_s.unwrap_or(0.0),
        total_input_tokens: figures.total_input_tokens.unwrap_or(0),
        total_output_tokens: figures.total_output_tokens.unwrap_or(0),
        request_throughput: figures.request_throughput.unwrap_or(0.0),
        input_throughput: figures.input_throughput.unwrap_or(0.0),
        output_throughput: figures.output_throughput.unwrap_or(0.0),
        total_token_throughput: figures.total_token_throughput.unwrap_or(0.0),
        request_goodput: figures.request_goodput,
        ttft: stats(&figures.ttft, counts[0]),
        tpot: stats(&figures.tpot, counts[1]),
        itl: stats(&figures.itl, counts[2]),
        e2el: stats(&figures.e2el, counts[3]),
        max_output_tokens_per_s: figures.max_output_tokens_per_s.unwrap_or(0.0),
        max_concurrent_requests: count(figures.max_concurrent_requests),
        ..Summary::default()
    };
    extra.fill(&mut summary);
    summary
}
