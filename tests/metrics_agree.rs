//! Every latency's figures are the same wherever they are read: in the tables of page and report, as Markdown, as CSV, in
//! the result JSON, in a comparison, in the text table and behind a shared link, for any result.

use proptest::prelude::*;
use serde_json::Value;
use streamgauge::export::report::TableOptions;
use streamgauge::export::{csv, markdown, report};
use streamgauge::format::fixed;
use streamgauge::import::from_json;
use streamgauge::metrics::{Definition, Metric, MetricOptions, Place, Read, Stats};
use streamgauge::record::{Event, EventKind, Failure, FailureKind, Outcome, Record, Reply, Usage};
use streamgauge::result::compare::{Named, compare};
use streamgauge::result::{FIGURES, Run, RunResult, StatFigures, Statistic, WriteOptions, tables, to_json};
use streamgauge::settings::Settings;

/// Some events after a send, and how the request ended.
#[derive(Debug, Clone)]
struct Request {
    sent_ms: f64,
    gaps_ms: Vec<(f64, EventKind)>,
    tokens: Option<u32>,
    usage: Option<u32>,
    outcome: u8,
}

fn request() -> impl Strategy<Value = Request> {
    let kind = prop_oneof![
        1 => Just(EventKind::Empty),
        2 => Just(EventKind::Reasoning),
        5 => Just(EventKind::Text),
    ];
    let gaps_ms = prop::collection::vec((0.0..200.0_f64, kind), 0..12);
    let counts = (prop::option::of(0..40_u32), prop::option::of(0..40_u32));
    (0.0..5000.0_f64, gaps_ms, counts, 0..6_u8).prop_map(|(sent_ms, gaps_ms, (tokens, usage), outcome)| Request {
        sent_ms,
        gaps_ms,
        tokens,
        usage,
        outcome,
    })
}

fn record((index, request): (usize, Request)) -> Record {
    let mut at_ms = request.sent_ms;
    let mut events = Vec::new();
    for (read, (gap_ms, kind)) in request.gaps_ms.into_iter().chain([(3.0, EventKind::Done)]).enumerate() {
        at_ms += gap_ms;
        let chars = u32::from(matches!(kind, EventKind::Text | EventKind::Reasoning)) * 4;
        events.push(Event { at_ms, read: read as u32, kind, chars, tokens_so_far: None });
    }
    Record {
        index: index as u32,
        prompt_len: 10,
        asked_output_len: 16,
        intended_ms: request.sent_ms,
        sent_ms: Some(request.sent_ms),
        end_ms: Some(at_ms),
        output_tokens: request.tokens,
        outcome: match request.outcome {
            0 => Outcome::Failed(Failure { kind: FailureKind::Broken, message: "broken, \"off\"".into() }),
            1 => Outcome::Stopped,
            _ => Outcome::Completed,
        },
        reply: Reply {
            events,
            usage: Some(Usage { prompt_tokens: Some(10), completion_tokens: request.usage }),
            ..Reply::default()
        },
        ..Record::default()
    }
}

fn result() -> impl Strategy<Value = RunResult> {
    let definition = prop::sample::select(Definition::ALL.to_vec());
    (prop::collection::vec(request(), 0..25), definition).prop_map(|(requests, definition)| {
        let words: Vec<&str> = Metric::ALL.iter().map(|metric| metric.word()).collect();
        let settings = Settings { percentile_metrics: words.join(","), ..Settings::default() };
        let options = MetricOptions { definition, ..MetricOptions::from_settings(&settings).expect("known words") };
        let records: Vec<Record> = requests.into_iter().enumerate().map(record).collect();
        RunResult::from_run(Run { settings, duration_s: 6.0, records, ..Run::default() }, &options)
    })
}

/// The mean, the median and the 99th percentile of a latency.
fn three(stats: &StatFigures) -> [Option<f64>; 3] {
    Statistic::ALL.map(|statistic| statistic.of(stats))
}

/// A latency's figures from its values, which are read off the CSV.
fn from_csv(csv: &str, metric: Metric) -> Vec<f64> {
    let mut lines = csv.split("\r\n");
    let column = format!("{}_ms", metric.word());
    let Some(place) = lines.next().and_then(|head| head.split(',').position(|name| name == column)) else {
        return Vec::new();
    };
    // The messages hold a comma, so that a failed request has one column more; it has no figures either way.
    let done = lines.filter(|line| line.contains(",completed,"));
    done.filter_map(|line| line.split(',').nth(place).filter(|cell| !cell.is_empty()))
        .map(|cell| cell.parse().expect("a number"))
        .collect()
}

fn is_close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
        (a, b) => a == b,
    }
}

fn check_json(result: &RunResult, metric: Metric) {
    let text = to_json(result, WriteOptions::default());
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let stats = &result.figures.latencies[metric];
    let key = |statistic: &str| json[format!("{statistic}_{}_ms", metric.word())].as_f64();
    assert_eq!(["mean", "median", "p99"].map(key), three(stats), "{metric:?}");
    if !metric.is_standard() {
        let own = &json["streamgauge"]["figures"]["latencies"][metric.word()];
        assert_eq!(["mean_ms", "median_ms"].map(|key| own[key].as_f64()), [stats.mean_ms, stats.median_ms]);
        assert_eq!(own["count"].as_u64(), stats.count);
    }
    for records in [true, false] {
        let text = to_json(result, WriteOptions { records, texts: false });
        assert_eq!(from_json(&text).expect("a result")[0].figures.latencies, result.figures.latencies);
    }
}

fn check_tables(result: &RunResult, metric: Metric) {
    let stats = &result.figures.latencies[metric];
    let table = tables::latencies(&result.figures, 0.1);
    let row = table.rows.iter().find(|(label, ..)| *label == metric.label());
    assert_eq!(row.is_some(), metric.is_standard() || !stats.is_missing(), "{metric:?}");
    if let Some((_, name, cells)) = row {
        let cell = |head: &str| table.heads.iter().position(|known| known == head).map(|place| cells[place].clone());
        let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| fixed(value, 1));
        assert_eq!((*name, cell("Mean")), (metric.row().name, Some(shown(stats.mean_ms))));
        assert_eq!(cell("Median"), Some(shown(stats.median_ms)));
        assert_eq!(cell("P99").unwrap_or_else(|| "–".into()), shown(stats.percentile_ms(99.0)));
    }
    let markdown = markdown::table(&[result]);
    let text = report::table(result, TableOptions { e2el: true });
    for (name, value) in metric.row().statistics.into_iter().zip(three(stats)) {
        let line = value.map(|value| format!("| {name} (ms) | {value:.2} |\n"));
        assert_eq!(markdown.contains(&format!("| {name} (ms) |")), value.is_some(), "{markdown}");
        assert!(line.is_none_or(|line| markdown.contains(&line)), "{name} in {markdown}");
        let in_text = text.lines().find(|line| line.starts_with(&format!("{name} (ms):")));
        assert_eq!(in_text.is_some(), metric.row().place != Place::Further);
        let printed = in_text.and_then(|line| line.split_whitespace().last());
        // A latency without a value is 0 there, as the reference prints it.
        assert!(printed.is_none_or(|printed| printed == format!("{:.2}", value.unwrap_or(0.0))), "{text}");
    }
}

fn check_csv(result: &RunResult, metric: Metric) {
    let stats = &result.figures.latencies[metric];
    // Pooled values are no columns of their own; a latency of some runs only has no figures where the run is no such one.
    if !matches!(metric.row().read, Read::Pooled(_)) && !stats.is_missing() {
        let values_s = from_csv(&csv::requests(result), metric).into_iter().map(|ms| ms / 1000.0).collect();
        let of_csv = StatFigures::from(&Stats::of_seconds(values_s, &[99.0]));
        assert_eq!(of_csv.count, stats.count, "{metric:?}");
        let pairs = three(&of_csv).into_iter().zip(three(stats));
        pairs.for_each(|(a, b)| assert!(is_close(a, b), "{metric:?}: {a:?} and {b:?}"));
    }
}

fn check_comparison(result: &RunResult, metric: Metric) {
    let named = ["A", "B"].map(|name| Named { name, result });
    let comparison = compare(&named, 0);
    let stats = &result.figures.latencies[metric];
    for (name, value) in metric.row().statistics.into_iter().zip(three(stats)) {
        let row = comparison.figures.iter().find(|row| row.figure.label == name);
        assert_eq!(row.map(|row| row.values.clone()), value.map(|value| vec![Some(value); 2]), "{name}");
    }
    let of_figures = FIGURES.iter().filter(|figure| figure.of_latency().is_some_and(|(known, _)| known == metric));
    assert_eq!(of_figures.map(|figure| figure.get(&result.figures)).collect::<Vec<_>>(), three(stats));
}

#[cfg(feature = "charts")]
fn check_link(result: &RunResult) {
    use streamgauge::chart::ChartData;
    use streamgauge::export::link::LinkParts;
    use streamgauge::export::shared::{decode, encode};

    let bytes = encode(result, &ChartData::of(result), false, LinkParts::default()).expect("bytes");
    let opened = decode(&bytes, &Settings::default()).expect("a summary");
    assert_eq!(opened.result.figures, result.figures);
}

#[test]
fn the_document_has_every_latency() {
    let document = include_str!("../docs/measurement.md");
    for metric in Metric::ALL {
        let (row, name) = (metric.row(), metric.row().name);
        let named = format!("| `{}` | {}: {}{} |", row.word, row.label, name[..1].to_lowercase(), &name[1..]);
        assert!(document.contains(&named), "no {named:?} in docs/measurement.md");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_latencys_figures_are_the_same_everywhere(result in result()) {
        for metric in Metric::ALL.iter().copied() {
            check_json(&result, metric);
            check_tables(&result, metric);
            check_csv(&result, metric);
            check_comparison(&result, metric);
        }
        #[cfg(feature = "charts")]
        check_link(&result);
    }
}
