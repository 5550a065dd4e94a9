//! Results side by side: the settings in which they differ, each figure with its difference from the baseline's and how
//! far that may be chance, and whatever speaks against the comparison.

use super::bootstrap;
use super::figures::{FIGURES, Figure, Statistic};
use super::{RunResult, VerdictLevel, python};
use crate::metrics::Metric;
use crate::settings::FLAGS;

/// A result with a short name for it: "A", "before the change".
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// The name, as the sentences of a comparison have it.
    pub name: &'a str,
    /// The result.
    pub result: &'a RunResult,
}

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
    /// Each value against the baseline's; of the baseline itself, and where one of the two is missing, none.
    pub changes: Vec<Option<Change>>,
}

/// How a figure differs from the baseline's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The difference, in the figure's unit.
    pub difference: f64,
    /// The difference as a share of the baseline's value; none if that is 0.
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

/// Compares results with the one at place `baseline`.
pub fn compare(named: &[Named<'_>], baseline: usize) -> Comparison {
    let results: Vec<&RunResult> = named.iter().map(|named| named.result).collect();
    Comparison {
        settings: settings(&results),
        figures: figures(&results, baseline),
        warnings: warnings(named, baseline),
    }
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

fn figures(results: &[&RunResult], baseline: usize) -> Vec<FigureRow> {
    let Some(base) = results.get(baseline) else { return Vec::new() };
    let against_itself = |i: usize| i == baseline;
    let intervals = |(i, other): (usize, &&RunResult)| {
        if against_itself(i) { Vec::new() } else { intervals(base, other) }
    };
    let intervals: Vec<Vec<MetricIntervals>> = results.iter().enumerate().map(intervals).collect();
    let row = |figure: &'static Figure| {
        let values: Vec<Option<f64>> = results.iter().map(|result| figure.get(&result.figures)).collect();
        let change = |i: usize| {
            let (first, value) = (values[baseline]?, values[i]?);
            let known = |(metric, statistic)| {
                intervals[i].iter().find(|found| found.metric == metric).and_then(|found| found.get(statistic))
            };
            (!against_itself(i)).then(|| Change {
                difference: value - first,
                share: (first != 0.0).then(|| (value - first) / first),
                interval: figure.of_latency().and_then(known),
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

/// The intervals of each metric whose requests are known, against the baseline.
fn intervals(base: &RunResult, other: &RunResult) -> Vec<MetricIntervals> {
    let of = |metric: &Metric| {
        let of = bootstrap::differences(&values_ms(base, *metric)?, &values_ms(other, *metric)?)?;
        Some(MetricIntervals { metric: *metric, of })
    };
    Metric::ALL.iter().filter_map(of).collect()
}

/// A latency's values of the completed requests, in ms, where there is one a request. Inter-token latencies of one
/// request hang together, and drawing them one by one would promise too much.
fn values_ms(result: &RunResult, metric: Metric) -> Option<Vec<f64>> {
    let values_s = metric.values_s(result.requests.iter().map(|row| &row.times));
    (!metric.is_pooled()).then(|| values_s.into_iter().map(|seconds| seconds * 1000.0).collect())
}

fn warnings(named: &[Named<'_>], baseline: usize) -> Vec<String> {
    let Some(base) = named.get(baseline) else { return Vec::new() };
    let others = || named.iter().enumerate().filter(|(i, _)| *i != baseline).map(|(_, other)| other);
    let those = |wanted: &dyn Fn(&RunResult) -> bool| {
        let names: Vec<&str> = others().filter(|other| wanted(other.result)).map(|other| other.name).collect();
        listed(&names)
    };
    let mut warnings = Vec::new();
    if let Some(names) = those(&|other| definition(other) != definition(base.result)) {
        warnings.push(format!(
            "Latencies of {names} are not measured as those of {} are: the results follow different definitions.",
            base.name
        ));
    }
    let differs = |other: &RunResult| Some(workload(base.result)? != workload(other)?);
    if let Some(names) = those(&|other| differs(other) == Some(true)) {
        warnings.push(format!(
            "{names} did not send the prompts and lengths that {} did: the workloads differ.",
            base.name
        ));
    }
    if let Some(names) = those(&|other| differs(other).is_none()) {
        warnings.push(format!(
            "Whether {names} sent the prompts that {} did cannot be told from what the results say.",
            base.name
        ));
    }
    warnings.extend(named.iter().flat_map(doubts));
    warnings
}

/// What speaks against one result.
fn doubts(named: &Named<'_>) -> Vec<String> {
    let Some(own) = named.result.own.as_deref() else { return Vec::new() };
    let mut doubts = Vec::new();
    if own.partial {
        doubts.push(format!("{} is partial: its run did not come to its end.", named.name));
    }
    if let Some(verdict) = own.verdict.as_ref().filter(|verdict| verdict.level > VerdictLevel::Trusted) {
        let reason = verdict.doubts().next().map(|reason| format!(" {}", reason.text)).unwrap_or_default();
        let level = verdict.level.label().to_lowercase();
        doubts.push(format!("The measurement of {} was {level}.{reason}", named.name));
    }
    doubts
}

/// "B", "B and C", "B, C and D"; none of none.
fn listed(names: &[&str]) -> Option<String> {
    let (last, before) = names.split_last()?;
    Some(if before.is_empty() { (*last).to_owned() } else { format!("{} and {last}", before.join(", ")) })
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
        result.figures.latencies[Metric::Ttft].mean_ms = Some((0.1045 + shift_s) * 1000.0);
        result.own = Some(Box::default());
        result
    }

    fn own(result: &mut RunResult) -> &mut Own {
        result.own.as_mut().unwrap()
    }

    fn named<'a>(results: &[&'a RunResult]) -> Vec<Named<'a>> {
        ["A", "B", "C"].into_iter().zip(results).map(|(name, result)| Named { name, result }).collect()
    }

    #[test]
    fn a_clear_difference_is_told_from_chance() {
        let (one, two, same) = (result(0.0), result(0.01), result(0.0));
        let compared = compare(&named(&[&one, &two, &same]), 0);
        let row = compared.figures.iter().find(|row| row.figure.label == "Mean TTFT").unwrap();
        let change = row.changes[1].unwrap();
        assert!((change.difference - 10.0).abs() < 1e-9 && change.is_clear() == Some(true), "{change:?}");
        assert_eq!((row.changes[0], row.changes[2].unwrap().is_clear()), (None, Some(false)));
    }

    #[test]
    fn any_result_can_be_the_baseline() {
        let (one, two) = (result(0.0), result(0.01));
        let compared = compare(&named(&[&one, &two]), 1);
        let row = compared.figures.iter().find(|row| row.figure.label == "Mean TTFT").unwrap();
        let change = row.changes[0].unwrap();
        assert!((change.difference + 10.0).abs() < 1e-9 && change.is_clear() == Some(true), "{change:?}");
        assert_eq!(row.changes[1], None);
        assert!(compared.warnings[0].starts_with("Whether A sent the prompts that B did"), "{:?}", compared.warnings);
        assert!(compare(&[], 0).figures.is_empty() && compare(&named(&[&one]), 3).figures.is_empty());
    }

    #[test]
    fn what_speaks_against_a_comparison_is_said() {
        let (mut one, mut two) = (result(0.0), result(0.0));
        own(&mut one).workload.sha256 = Some("a".into());
        own(&mut two).workload.sha256 = Some("a".into());
        assert_eq!(compare(&named(&[&one, &two]), 0).warnings, Vec::<String>::new());
        own(&mut two).workload.sha256 = Some("b".into());
        own(&mut two).partial = true;
        let text = "312 of 500 requests waited.".to_owned();
        let reason =
            Reason { level: VerdictLevel::NotTrusted, text, measure: String::new(), value: 312.0, threshold: 25.0 };
        own(&mut two).verdict = Some(Verdict { level: VerdictLevel::NotTrusted, reasons: vec![reason] });
        let warnings = compare(&named(&[&one, &two, &two]), 0).warnings.join("\n");
        assert!(warnings.contains("B and C did not send the prompts and lengths that A did"), "{warnings}");
        assert!(warnings.contains("B is partial") && !warnings.contains("A is partial"), "{warnings}");
        assert!(warnings.contains("The measurement of C was not to be trusted. 312 of 500"), "{warnings}");
        let foreign = RunResult { tool: Tool::Vllm, ..RunResult::default() };
        let warnings = compare(&named(&[&one, &foreign]), 0).warnings.join("\n");
        assert!(warnings.contains("different definitions") && warnings.contains("cannot be told"), "{warnings}");
    }

    #[test]
    fn settings_that_differ_are_listed_alone() {
        let (one, mut two) = (result(0.0), result(0.0));
        own(&mut two).settings.request_rate = 4.0;
        let rows = compare(&named(&[&one, &two]), 0).settings;
        let values = vec![Some("inf".to_owned()), Some("4".to_owned())];
        assert_eq!(rows, [SettingRow { label: "Request rate", values }]);
    }
}
