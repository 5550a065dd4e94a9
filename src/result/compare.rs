//! Results side by side: the settings in which they differ, each figure with its difference from the first result's
//! and how far that may be chance, and whatever speaks against the comparison.

use super::bootstrap;
use super::figures::{FIGURES, Figure, Statistic};
use super::{RunResult, VerdictLevel, markdown::title, python};
use crate::metrics::Metric;
use crate::settings::FLAGS;

/// A comparison; every list of values is in the order of the results.
pub struct Comparison {
    /// What was set differently.
    pub settings: Vec<SettingRow>,
    /// Each figure that at least one result has.
    pub figures: Vec<FigureRow>,
    /// What speaks against the comparison, in sentences.
    pub warnings: Vec<String>,
}

/// A setting in which results differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// Its label.
    pub label: &'static str,
    /// Its values; none where a result does not say.
    pub values: Vec<Option<String>>,
}

/// A figure of all results.
pub struct FigureRow {
    /// The figure.
    pub figure: &'static Figure,
    /// Its values.
    pub values: Vec<Option<f64>>,
    /// Each value against the first; of the first itself, and where one of the two is missing, none.
    pub changes: Vec<Option<Change>>,
}

/// How a figure differs from the first result's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The difference, in the figure's unit.
    pub difference: f64,
    /// The difference as a share of the first value; none if that is 0.
    pub share: Option<f64>,
    /// The interval that holds the difference with 95 % confidence, where the requests are known; for one value a
    /// request (TTFT, TPOT, E2EL).
    pub interval: Option<(f64, f64)>,
}

impl Change {
    /// Whether the difference is more than chance: its interval leaves out zero.
    pub fn is_clear(&self) -> Option<bool> {
        self.interval.map(|(low, high)| low > 0.0 || high < 0.0)
    }
}

/// Compares results with the first of them.
pub fn compare(results: &[&RunResult]) -> Comparison {
    Comparison { settings: settings(results), figures: figures(results), warnings: warnings(results) }
}

fn settings(results: &[&RunResult]) -> Vec<SettingRow> {
    let own: Option<Vec<_>> = results.iter().map(|result| result.own.as_deref()).collect();
    let rows: Vec<SettingRow> = match own {
        Some(own) => FLAGS
            .iter()
            .map(|flag| {
                let value = |values: Vec<String>| (!values.is_empty()).then(|| values.join(" "));
                let values = own.iter().map(|own| value((flag.get)(&own.settings))).collect();
                SettingRow { label: flag.label, values }
            })
            .collect(),
        None => about_rows(results),
    };
    rows.into_iter().filter(|row| row.values.windows(2).any(|pair| pair[0] != pair[1])).collect()
}

/// What results of different tools say of themselves.
fn about_rows(results: &[&RunResult]) -> Vec<SettingRow> {
    let row = |label, value: fn(&RunResult) -> Option<String>| SettingRow {
        label,
        values: results.iter().map(|result| value(result)).collect(),
    };
    vec![
        row("Tool", |result| Some(result.tool.label().to_owned())),
        row("Backend", |result| result.about.backend.clone()),
        row("Model", |result| result.about.model_id.clone()),
        row("Tokenizer", |result| result.about.tokenizer_id.clone()),
        row("Number of prompts", |result| Some(result.about.num_prompts?.to_string())),
        row("Request rate", |result| result.about.request_rate.map(python::repr)),
        row("Burstiness", |result| result.about.burstiness.map(python::repr)),
        row("Maximum concurrency", |result| Some(result.about.max_concurrency?.to_string())),
    ]
}

fn figures(results: &[&RunResult]) -> Vec<FigureRow> {
    let intervals = intervals(results);
    let row = |figure: &'static Figure| {
        let values: Vec<Option<f64>> = results.iter().map(|result| (figure.get)(&result.figures)).collect();
        let change = |i: usize| {
            let (first, value) = (values[0]?, values[i]?);
            let known = |(metric, statistic)| {
                intervals[i].iter().find(|found| found.metric == metric).and_then(|found| found.get(statistic))
            };
            (i > 0).then(|| Change {
                difference: value - first,
                share: (first != 0.0).then(|| (value - first) / first),
                interval: figure.of.and_then(known),
            })
        };
        let changes = (0..results.len()).map(change).collect();
        FigureRow { figure, values, changes }
    };
    FIGURES.iter().map(row).filter(|row| row.values.iter().any(Option::is_some)).collect()
}

/// The intervals of one metric, one a statistic.
struct MetricIntervals {
    metric: Metric,
    of: [(f64, f64); 3],
}

impl MetricIntervals {
    fn get(&self, statistic: Statistic) -> Option<(f64, f64)> {
        Statistic::ALL.iter().zip(self.of).find(|(known, _)| **known == statistic).map(|(_, interval)| interval)
    }
}

/// For each result the intervals of each metric whose requests are known, against the first result.
fn intervals(results: &[&RunResult]) -> Vec<Vec<MetricIntervals>> {
    let Some(first) = results.first() else { return Vec::new() };
    let of = |other: &RunResult, metric: Metric| {
        let of = bootstrap::differences(&values_ms(first, metric)?, &values_ms(other, metric)?)?;
        Some(MetricIntervals { metric, of })
    };
    let others = results[1..].iter().map(|other| Metric::ALL.iter().filter_map(|metric| of(other, *metric)).collect());
    std::iter::once(Vec::new()).chain(others).collect()
}

/// A metric's values of the completed requests, in ms, where there is one a request. Inter-token latencies of one
/// request hang together, and drawing them one by one would promise too much.
fn values_ms(result: &RunResult, metric: Metric) -> Option<Vec<f64>> {
    let done = result.requests.iter().map(|row| &row.times).filter(|times| times.succeeded);
    let values = match metric {
        Metric::Ttft => done.filter_map(|times| times.ttft_s).collect::<Vec<_>>(),
        Metric::Tpot => done.filter_map(|times| times.tpot_s).collect(),
        Metric::E2el => done.filter_map(|times| times.latency_s).collect(),
        Metric::Itl => return None,
    };
    Some(values.into_iter().map(|seconds| seconds * 1000.0).collect())
}

fn warnings(results: &[&RunResult]) -> Vec<String> {
    let Some((first, others)) = results.split_first() else { return Vec::new() };
    let mut warnings = Vec::new();
    if others.iter().any(|other| definition(other) != definition(first)) {
        warnings.push(
            "The results follow different definitions: a latency of one is not measured as the other's is.".to_owned(),
        );
    }
    for other in others {
        let (one, two) = (title(first), title(other));
        match (workload(first), workload(other)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(_), Some(_)) => {
                warnings.push(format!(
                    "{one} and {two} did not send the same prompts and lengths: their workloads differ."
                ));
            }
            _ => warnings.push(format!("Whether {one} and {two} sent the same prompts cannot be told from the files.")),
        }
    }
    for result in results {
        let Some(own) = result.own.as_deref() else { continue };
        if own.partial {
            warnings.push(format!("{} is partial: its run was stopped before its end.", title(result)));
        }
        if let Some(verdict) = own.verdict.as_ref().filter(|verdict| verdict.level > VerdictLevel::Trusted) {
            let reason = verdict.reasons.first().map(|reason| format!(" {}", reason.text)).unwrap_or_default();
            let level = verdict.level.label().to_lowercase();
            warnings.push(format!("The client of {} was {level}.{reason}", title(result)));
        }
    }
    warnings
}

fn workload(result: &RunResult) -> Option<&str> {
    result.own.as_deref()?.workload.sha256.as_deref()
}

/// What tells one way of measuring from another: the named definition, or the tool.
fn definition(result: &RunResult) -> &'static str {
    result.own.as_deref().map_or(result.tool.label(), |own| own.summary.definition.label())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::RequestTimes;
    use crate::result::{Own, Reason, RequestRow, Tool, Verdict};

    fn result(shift_s: f64) -> RunResult {
        let row = |i: u32| RequestRow {
            times: RequestTimes {
                succeeded: true,
                ttft_s: Some(0.1 + shift_s + f64::from(i % 10) * 0.001),
                ..RequestTimes::default()
            },
            ..RequestRow::default()
        };
        let mut result = RunResult { requests: (0..100).map(row).collect(), ..RunResult::default() };
        result.figures.ttft.mean_ms = Some((0.1045 + shift_s) * 1000.0);
        result.own = Some(Box::default());
        result
    }

    fn own(result: &mut RunResult) -> &mut Own {
        result.own.as_mut().unwrap()
    }

    #[test]
    fn a_clear_difference_is_told_from_chance() {
        let (one, two, same) = (result(0.0), result(0.01), result(0.0));
        let compared = compare(&[&one, &two, &same]);
        let row = compared.figures.iter().find(|row| row.figure.label == "Mean TTFT").unwrap();
        let change = row.changes[1].unwrap();
        assert!((change.difference - 10.0).abs() < 1e-9 && change.is_clear() == Some(true), "{change:?}");
        assert_eq!((row.changes[0], row.changes[2].unwrap().is_clear()), (None, Some(false)));
    }

    #[test]
    fn what_speaks_against_a_comparison_is_said() {
        let (mut one, mut two) = (result(0.0), result(0.0));
        own(&mut one).workload.sha256 = Some("a".into());
        own(&mut two).workload.sha256 = Some("a".into());
        assert_eq!(compare(&[&one, &two]).warnings, Vec::<String>::new());
        own(&mut two).workload.sha256 = Some("b".into());
        own(&mut two).partial = true;
        let text = "312 of 500 requests waited.".to_owned();
        let reason =
            Reason { level: VerdictLevel::NotTrusted, text, measure: String::new(), value: 312.0, threshold: 25.0 };
        own(&mut two).verdict = Some(Verdict { level: VerdictLevel::NotTrusted, reasons: vec![reason] });
        let warnings = compare(&[&one, &two]).warnings.join("\n");
        assert!(warnings.contains("workloads differ") && warnings.contains("partial"), "{warnings}");
        assert!(warnings.contains("was not to be trusted. 312 of 500"), "{warnings}");
        let foreign = RunResult { tool: Tool::Vllm, ..RunResult::default() };
        let warnings = compare(&[&one, &foreign]).warnings.join("\n");
        assert!(warnings.contains("different definitions") && warnings.contains("cannot be told"), "{warnings}");
    }

    #[test]
    fn settings_that_differ_are_listed_alone() {
        let (one, mut two) = (result(0.0), result(0.0));
        own(&mut two).settings.request_rate = 4.0;
        let rows = compare(&[&one, &two]).settings;
        let values = vec![Some("inf".to_owned()), Some("4".to_owned())];
        assert_eq!(rows, [SettingRow { label: "Request rate", values }]);
    }
}
