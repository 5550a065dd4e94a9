//! The runs of one sweep side by side: a point a run, which values meet the service levels, the highest that does; and
//! all of it as one JSON text with the results.

use serde::{Deserialize, Serialize};

use super::python::Dict;
use super::{Figures, RunResult, VerdictLevel, WriteOptions, to_json};
use crate::metrics::{Limit, Metric, MetricOptions};
use crate::settings::{Settings, SweepKey};

/// Requests in a hundred that must keep to every limit, for a run to meet the SLO.
const SHARE_PERCENT: u64 = 99;

/// What "meets the SLO" means, in a sentence.
pub const MEETS: &str = "A run meets the SLO when at least 99 % of its requests keep to every goodput limit. A request \
                         that failed keeps to none, and a run that did not come to its end is not judged.";

/// A run's place in its sweep, as its result has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepPlace {
    /// The same in all runs of one sweep.
    pub id: String,
    /// What varies.
    pub key: SweepKey,
    /// This run's value, as the flag is spelt.
    pub value: String,
    /// Which of the runs it is, from 1.
    pub place: u32,
    /// How many were asked for.
    pub of: u32,
}

/// The runs of one sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Swept {
    /// What varies.
    pub key: SweepKey,
    /// How many runs were asked for.
    pub of: u32,
    /// The limits that a good request keeps to; none: no SLO.
    pub limits: Vec<Limit>,
    /// The runs that there are, in the sweep's order.
    pub points: Vec<Point>,
}

/// One run of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Its value, as the flag is spelt.
    pub value: String,
    /// Its figures.
    pub figures: Figures,
    /// Its requests, those that failed or were never sent among them.
    pub requests: u64,
    /// The share of its requests that keep to every limit, from 0 to 1; none without limits, and of a partial run.
    pub good_share: Option<f64>,
    /// Whether it meets the SLO, as [`MEETS`] has it; none where there is no share.
    pub meets: Option<bool>,
    /// Whether it was stopped or broke off.
    pub partial: bool,
    /// How far its client can be trusted.
    pub verdict: Option<VerdictLevel>,
}

impl Point {
    /// Median and 99th percentile of a metric, ms.
    pub fn latency_ms(&self, metric: Metric) -> [Option<f64>; 2] {
        let stats = self.figures.stats(metric);
        [stats.median_ms, stats.percentile_ms(99.0)]
    }
}

impl Swept {
    /// Puts the results of one sweep together, in the order given; none if there are none, or one is of no sweep or of
    /// another.
    pub fn of(results: &[&RunResult]) -> Option<Self> {
        let first = results.first()?.own.as_deref()?;
        let sweep = first.sweep.as_ref()?;
        let of_it = |result: &&RunResult| {
            let place = result.own.as_deref().and_then(|own| own.sweep.as_ref());
            place.is_some_and(|place| place.id == sweep.id)
        };
        results.iter().all(of_it).then(|| Self {
            key: sweep.key,
            of: sweep.of,
            limits: limits(&first.settings),
            points: results.iter().filter_map(|result| point(result)).collect(),
        })
    }

    /// The sweep of these settings from points that were kept without their results; none if the settings ask for none.
    pub fn from_points(settings: &Settings, points: Vec<Point>) -> Option<Self> {
        let sweep = settings.sweep.as_ref()?;
        let of = u32::try_from(sweep.values.len()).unwrap_or(u32::MAX);
        Some(Self { key: sweep.key, of, limits: limits(settings), points })
    }

    /// The limit of a metric, ms.
    pub fn limit_ms(&self, metric: Metric) -> Option<f64> {
        self.limits.iter().find(|limit| limit.metric == metric).map(|limit| limit.limit_ms)
    }

    /// The limits in words: "TTFT up to 200 ms, TPOT up to 50 ms"; empty without any.
    pub fn limits_in_words(&self) -> String {
        let words = |limit: &Limit| format!("{} up to {} ms", limit.metric.word().to_uppercase(), limit.limit_ms);
        self.limits.iter().map(words).collect::<Vec<_>>().join(", ")
    }

    /// The point with the highest value that meets the SLO.
    pub fn highest(&self) -> Option<&Point> {
        self.points.iter().rev().find(|point| point.meets == Some(true))
    }

    /// What the sweep says of the SLO, in a sentence or two; none without an SLO.
    pub fn conclusion(&self) -> Option<String> {
        if self.limits.is_empty() {
            return None;
        }
        let judged: Vec<&Point> = self.points.iter().filter(|point| point.meets.is_some()).collect();
        let (what, all) = (self.key.label(), judged.len());
        let met = judged.iter().filter(|point| point.meets == Some(true)).count();
        let amount = |point: &Point| self.key.amount(&point.value);
        let sentence = match (judged.last(), self.highest()) {
            (None, _) => return Some("No run came to its end, so nothing can be said of the SLO.".into()),
            (Some(last), None) if all == 1 => format!("A {what} of {} does not meet the SLO.", amount(last)),
            (Some(_), None) => format!("None of the {all} values of the {what} that were run meets the SLO."),
            (Some(last), Some(_)) if met == all && last.value == "inf" => {
                "Even all requests at once meet the SLO.".into()
            }
            (Some(last), Some(_)) if met == all => {
                format!(
                    "The SLO is met up to a {what} of {}, the highest that was run: the limit lies above.",
                    amount(last)
                )
            }
            (Some(_), Some(best)) => {
                let below = judged.iter().take_while(|point| point.value != best.value);
                let uneven = if below.filter(|point| point.meets == Some(false)).count() == 0 {
                    ""
                } else {
                    " Not every lower one does: the runs are short, or the server is not steady."
                };
                format!("The highest {what} that meets the SLO is {}.{uneven}", amount(best))
            }
        };
        Some(sentence + &self.doubt())
    }

    /// Which runs measured the client as much as the server; empty if none did.
    fn doubt(&self) -> String {
        let doubtful = self.points.iter().filter(|point| point.verdict == Some(VerdictLevel::NotTrusted));
        let values: Vec<&str> = doubtful.map(|point| point.value.as_str()).collect();
        let at = self.key.amount(&values.join(", "));
        if values.is_empty() { String::new() } else { format!(" The client was not to be trusted at {at}.") }
    }
}

fn limits(settings: &Settings) -> Vec<Limit> {
    MetricOptions::from_settings(settings).map(|options| options.goodput).unwrap_or_default()
}

fn point(result: &RunResult) -> Option<Point> {
    let own = result.own.as_deref()?;
    let summary = &own.summary;
    let requests = u64::from(summary.completed) + u64::from(summary.failed) + u64::from(summary.stopped);
    let good = summary.good_requests.map(u64::from).filter(|_| !own.partial && requests > 0);
    Some(Point {
        value: own.sweep.as_ref()?.value.clone(),
        figures: result.figures.clone(),
        requests,
        good_share: good.map(|good| good as f64 / requests as f64),
        meets: good.map(|good| good * 100 >= requests * SHARE_PERCENT),
        partial: own.partial,
        verdict: own.verdict.as_ref().map(|verdict| verdict.level),
    })
}

/// The sweep as one JSON object: `sweep` with its points and what they come to, `results` with each run's result.
/// `error` says why it has fewer runs than were asked for. None if the results are not of one sweep.
pub fn sweep_json(results: &[&RunResult], error: Option<&str>, options: WriteOptions) -> Option<String> {
    let swept = Swept::of(results)?;
    let mut dict = Dict::default();
    dict.set("key", &swept.key.word());
    dict.set("of", &swept.of);
    dict.set("goodput", &results.first()?.own.as_deref()?.settings.goodput);
    dict.set("meets", &MEETS);
    dict.set("highest", &swept.highest().map(|point| &point.value));
    dict.set("conclusion", &swept.conclusion());
    dict.set("error", &error);
    let listed = |texts: Vec<String>| format!("[{}]", texts.join(", "));
    dict.set_written("points", listed(swept.points.iter().map(point_json).collect()));
    let mut file = Dict::default();
    file.set_written("sweep", dict.finish());
    file.set_written("results", listed(results.iter().map(|result| to_json(result, options)).collect()));
    Some(file.finish())
}

fn point_json(point: &Point) -> String {
    let mut dict = Dict::default();
    dict.set("value", &point.value);
    dict.set("requests", &point.requests);
    dict.set("completed", &point.figures.completed);
    dict.set("request_throughput", &point.figures.request_throughput);
    dict.set("output_throughput", &point.figures.output_throughput);
    for metric in Metric::ALL {
        let [median_ms, p99_ms] = point.latency_ms(*metric);
        dict.set(&format!("median_{}_ms", metric.word()), &median_ms);
        dict.set(&format!("p99_{}_ms", metric.word()), &p99_ms);
    }
    dict.set("good_share", &point.good_share);
    dict.set("meets_slo", &point.meets);
    dict.set("partial", &point.partial);
    dict.finish()
}

/// The points as a text table, and what they come to.
pub fn text_table(swept: &Swept) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    let heads = ["req/s", "tok/s", "p50 TTFT", "p99 TTFT", "p50 TPOT", "p99 TPOT", "p50 E2EL", "p99 E2EL"];
    let line = |first: &str, cells: &[String], last: &str| {
        let cells: String = cells.iter().map(|cell| format!("{cell:>11}")).collect();
        format!("{first:<16}{cells}{last:>9}\n")
    };
    let mut out = line(swept.key.word(), &heads.map(str::to_owned), "SLO");
    for point in &swept.points {
        let rates = [point.figures.request_throughput, point.figures.output_throughput];
        let times = [Metric::Ttft, Metric::Tpot, Metric::E2el].map(|metric| point.latency_ms(metric));
        let cells: Vec<String> = rates.into_iter().chain(times.into_iter().flatten()).map(number).collect();
        let slo = match (point.partial, point.meets) {
            (true, _) => "partial",
            (false, Some(true)) => "met",
            (false, Some(false)) => "missed",
            (false, None) => "-",
        };
        out += &line(&point.value, &cells, slo);
    }
    out + &swept.conclusion().map(|sentence| sentence + "\n").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::from_json;
    use crate::metrics::Summary;
    use crate::result::{About, Own, Tool, Verdict};
    use crate::settings::Settings;

    /// A run of 200 requests, of which so many failed or missed a limit.
    fn run(value: &str, bad: u32) -> RunResult {
        let settings = Settings { goodput: Some("ttft:200 tpot:50".into()), ..Settings::default() };
        let place = SweepPlace { id: "s".into(), key: SweepKey::RequestRate, value: value.into(), place: 1, of: 4 };
        let summary = Summary {
            completed: 190,
            failed: 10,
            good_requests: Some(200 - bad),
            output_throughput: 33.5,
            ..Summary::default()
        };
        RunResult {
            about: About::of_settings(&settings, "20260102-030405".into()),
            figures: Figures::from(&summary),
            own: Some(Box::new(Own { settings, summary, sweep: Some(place), ..Own::default() })),
            ..RunResult::default()
        }
    }

    fn own(result: &mut RunResult) -> &mut Own {
        result.own.as_mut().unwrap()
    }

    fn swept(runs: &[RunResult]) -> Swept {
        Swept::of(&runs.iter().collect::<Vec<_>>()).unwrap()
    }

    fn said(runs: &[RunResult]) -> String {
        swept(runs).conclusion().unwrap()
    }

    #[test]
    fn a_run_meets_the_slo_with_ninety_nine_of_a_hundred_good_requests() {
        let meets = |bad| swept(&[run("1", bad)]).points[0].meets;
        assert_eq!([0, 2, 3, 200].map(meets), [Some(true), Some(true), Some(false), Some(false)]);
        assert_eq!(swept(&[run("1", 2)]).points[0].good_share, Some(0.99));
    }

    #[test]
    fn the_highest_value_that_meets_the_slo_is_named() {
        assert_eq!(
            said(&[run("1", 0), run("2", 1), run("4", 50), run("8", 200)]),
            "The highest request rate that meets the SLO is 2 a second."
        );
        assert!(said(&[run("1", 9), run("2", 0), run("4", 9)]).ends_with("or the server is not steady."));
        assert!(said(&[run("1", 9), run("2", 0)]).starts_with("The highest request rate that meets the SLO is 2 a"));
        assert_eq!(
            said(&[run("1", 9), run("2", 9)]),
            "None of the 2 values of the request rate that were run meets the SLO."
        );
        assert_eq!(said(&[run("1", 9)]), "A request rate of 1 a second does not meet the SLO.");
        let all = said(&[run("1", 0), run("8", 0)]);
        assert_eq!(
            all,
            "The SLO is met up to a request rate of 8 a second, the highest that was run: the limit lies above."
        );
        assert_eq!(said(&[run("1", 0), run("inf", 0)]), "Even all requests at once meet the SLO.");
    }

    #[test]
    fn a_run_without_an_end_is_not_judged_and_nothing_is_claimed_without_limits() {
        let mut partial = run("4", 0);
        own(&mut partial).partial = true;
        assert_eq!(said(&[partial.clone()]), "No run came to its end, so nothing can be said of the SLO.");
        let runs = [run("1", 0), partial];
        assert_eq!((swept(&runs).points[1].meets, swept(&runs).highest().unwrap().value.as_str()), (None, "1"));
        assert!(said(&runs).contains("up to a request rate of 1 a second"));
        let mut without = run("1", 0);
        own(&mut without).settings.goodput = None;
        own(&mut without).summary.good_requests = None;
        let without = swept(&[without]);
        assert_eq!((without.conclusion(), without.points[0].meets), (None, None));
    }

    #[test]
    fn runs_whose_client_is_not_to_be_trusted_are_named() {
        let mut doubtful = run("16", 0);
        own(&mut doubtful).verdict = Some(Verdict { level: VerdictLevel::NotTrusted, reasons: Vec::new() });
        assert!(said(&[run("1", 0), doubtful]).ends_with(" The client was not to be trusted at 16 a second."));
    }

    #[test]
    fn results_of_no_sweep_or_of_two_are_no_sweep() {
        let (one, mut other, mut none) = (run("1", 0), run("2", 0), run("4", 0));
        own(&mut other).sweep.as_mut().unwrap().id = "t".into();
        own(&mut none).sweep = None;
        assert!(
            Swept::of(&[]).is_none() && Swept::of(&[&one, &other]).is_none() && Swept::of(&[&one, &none]).is_none()
        );
        assert!(Swept::of(&[&RunResult { tool: Tool::Vllm, ..RunResult::default() }]).is_none());
    }

    #[test]
    fn the_file_of_a_sweep_is_read_as_its_results() {
        let runs = [run("1", 0), run("2", 50)];
        let json = sweep_json(&[&runs[0], &runs[1]], Some("It was stopped."), WriteOptions::default()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (value["sweep"]["key"].as_str(), value["sweep"]["highest"].as_str()),
            (Some("request-rate"), Some("1"))
        );
        assert_eq!(value["sweep"]["error"], "It was stopped.");
        assert_eq!(value["sweep"]["points"][1]["good_share"], 0.75);
        assert_eq!(value["sweep"]["points"][1]["meets_slo"], false);
        let place = serde_json::json!({"id": "s", "key": "request-rate", "value": "2", "place": 1, "of": 4});
        assert_eq!(value["results"][1]["streamgauge"]["sweep"], place);
        let read = from_json(&json).unwrap();
        let places = |runs: &[RunResult]| runs.iter().map(|run| run.own.clone().unwrap().sweep).collect::<Vec<_>>();
        assert_eq!(places(&read), places(&runs));
        let mut ordinary = run("1", 0);
        own(&mut ordinary).sweep = None;
        assert!(!to_json(&ordinary, WriteOptions::default()).contains("\"sweep\""));
        assert_eq!(sweep_json(&[&ordinary], None, WriteOptions::default()), None);
    }

    #[test]
    fn a_broken_file_of_a_sweep_is_refused_with_its_place() {
        let said = |text: &str| from_json(text).unwrap_err().to_string();
        assert!(said(r#"{"sweep": {}, "results": 7}"#).contains("results"));
        assert!(said(r#"{"sweep": {}, "results": [{"streamgauge": 7}]}"#).contains("streamgauge"));
        assert!(said(r#"{"sweep": {}, "results": [{"sweep": {}, "results": []}]}"#).contains("streamgauge"));
        assert!(said(r#"{"sweep": {}, "results": []}"#).contains("empty"));
    }

    #[test]
    fn the_table_has_a_line_a_run_and_the_conclusion() {
        let table = text_table(&swept(&[run("1", 0), run("2", 50)]));
        let lines: Vec<&str> = table.lines().collect();
        assert!(
            lines[0].starts_with("request-rate") && lines[1].contains("33.50") && lines[1].ends_with("met"),
            "{table}"
        );
        assert!(lines[2].ends_with("missed") && lines[3].contains("is 1 a second"), "{table}");
    }
}
