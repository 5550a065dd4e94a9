//! `cargo xtask bench`: the page in a plain headless browser, started by its address alone; it sends its outcome back by
//! PUT. The summary table is printed and the result JSON written.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::IgnoredAny;
use streamgauge::export::report::{TableOptions, table};
use streamgauge::import::from_json;
use streamgauge::result::sweep::{Swept, text_table};
use streamgauge::result::{RunResult, file_name, sweep_file_name};
use streamgauge::settings::Settings;

use crate::browser::{Headless, ensure_chromium, random};
use crate::run::say;
use crate::static_server::{REPORT_PATH, StaticServer};
use crate::{Doing, Error, site};

/// What the command line asks for.
#[derive(Debug, Default, PartialEq)]
pub struct Options {
    /// The settings, as in the page's address; empty for the demo.
    pub fragment: String,
    /// Where the result goes; None for the name that the contract gives it, in the working directory.
    pub out: Option<PathBuf>,
    /// How long to wait for the outcome; None for what the settings let expect, and plenty more.
    pub timeout: Option<Duration>,
}

/// Runs a benchmark with no hands.
///
/// # Errors
/// When the settings are wrong, set-up fails, the browser ends before it reports, the time is over, or the outcome is an
/// error.
pub fn bench(options: &Options) -> Result<(), Error> {
    let settings = Settings::from_fragment(&options.fragment).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Error::Said(lines.join("\n"))
    })?;
    ensure_chromium()?;
    let dist = site::build()?;
    let server = StaticServer::start(&dist, 0).doing(|| "start a server for the page".into())?;
    let limit = options.timeout.unwrap_or_else(|| patience(&settings));
    say(&format!("Running {} in a headless browser (giving up after {} s)", what(&settings), limit.as_secs()));
    let (body, _) = run_page(&server, &settings, limit)?;
    conclude(&body, options.out.as_deref())
}

/// Opens the served page with these settings in a headless browser, and gives what it reports and when that arrived.
///
/// # Errors
/// When the browser ends before it reports, or the time is over.
pub(crate) fn run_page(
    server: &StaticServer,
    settings: &Settings,
    limit: Duration,
) -> Result<(Vec<u8>, Instant), Error> {
    let path = format!("{REPORT_PATH}{:016x}", random());
    let report_to = Some(format!("http://localhost:{}{path}", server.port()));
    let settings = Settings { autorun: true, report_to, ..settings.clone() };
    let body = outcome(server, &settings, &path, limit)?;
    Ok((body, Instant::now()))
}

/// What is measured, in a few words.
fn what(settings: &Settings) -> String {
    let target = settings.base_urls().join(" ");
    let target = if settings.simulated_server { "the simulated server".to_owned() } else { target };
    let prompts = settings.num_prompts;
    match &settings.sweep {
        Some(sweep) => format!("{} runs of {prompts} prompts ({sweep}) against {target}", sweep.values.len()),
        None => format!("{prompts} prompts at {} requests/s against {target}", settings.request_rate),
    }
}

/// Twice the time that the schedules take, and an hour a run for the server and the dataset.
fn patience(settings: &Settings) -> Duration {
    let runs = settings.runs();
    let schedule_s = |place| f64::from(settings.num_prompts) / settings.of_run(place).request_rate;
    let schedule_s: f64 = (0..runs).map(schedule_s).filter(|schedule_s| schedule_s.is_finite()).sum();
    Duration::from_secs(3600 * runs as u64) + Duration::from_secs_f64((2.0 * schedule_s).min(1e7))
}

/// Waits for what the page puts under this path.
fn outcome(server: &StaticServer, settings: &Settings, path: &str, limit: Duration) -> Result<Vec<u8>, Error> {
    let mut browser = Headless::start(&format!("{}#{}", server.url(), settings.to_fragment()))?;
    let start = Instant::now();
    let mut told = Duration::ZERO;
    loop {
        match server.reports().recv_timeout(Duration::from_millis(500)) {
            Ok((to, body)) if to == path => return Ok(body),
            Ok(_) => continue,
            Err(RecvTimeoutError::Disconnected) => return Err(Error::Said("the server for the page stopped".into())),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(how) = browser.ended() {
            return Err(Error::Said(format!("the browser ended before the run did: {how}")));
        }
        let waited = start.elapsed();
        if waited > limit {
            let limit = limit.as_secs();
            return Err(Error::Said(format!("no outcome after {limit} s; give more time with --timeout SECONDS")));
        }
        if waited >= told + Duration::from_secs(10) {
            told = waited;
            say(&format!("running for {} s", waited.as_secs()));
        }
    }
}

/// Writes the outcome and prints its table; an error outcome is an error.
fn conclude(body: &[u8], out: Option<&Path>) -> Result<(), Error> {
    let outcome: Outcome = serde_json::from_slice(body)
        .map_err(|error| Error::Said(format!("the page's outcome is not JSON ({error}): a fault of the page")))?;
    if let Some(sentence) = outcome.error {
        return Err(Error::Said(sentence));
    }
    let summary = match outcome.requests {
        Some(requests) => {
            Ok((format!("Dry run: {} requests made, none sent.\n", requests.len()), "dry-run.json".into()))
        }
        None if outcome.sweep.is_some() => sweep_summary(body),
        None => summary(body),
    };
    // What was measured is kept, even if it cannot be shown.
    let name = summary.as_ref().map_or("result.json", |(_, name)| name);
    let path = out.map_or_else(|| PathBuf::from(name), Path::to_owned);
    fs::write(&path, body).doing(|| format!("write {}", path.display()))?;
    let table = summary.map(|(text, _)| text);
    print!("{}", table.as_deref().unwrap_or_default());
    println!("Result: {}", path.display());
    match (table, outcome.sweep.and_then(|sweep| sweep.error)) {
        (Ok(_), Some(why)) => Err(Error::Said(format!("the sweep did not come to its end: {why}"))),
        (table, _) => table.map(drop),
    }
}

/// What tells the outcomes apart: a run that failed, a dry run, a sweep, or a result with none of these keys.
#[derive(Deserialize)]
struct Outcome {
    error: Option<String>,
    requests: Option<Vec<IgnoredAny>>,
    sweep: Option<SweepOutcome>,
}

#[derive(Deserialize)]
struct SweepOutcome {
    /// Why it has fewer runs than were asked for.
    error: Option<String>,
}

fn fault(what: impl std::fmt::Display) -> Error {
    Error::Said(format!("{what} This is a fault of the page."))
}

fn results(body: &[u8]) -> Result<Vec<RunResult>, Error> {
    let text = str::from_utf8(body).map_err(|error| fault(format!("The result is not UTF-8: {error}.")))?;
    from_json(text).map_err(fault)
}

/// A sweep's table, a line a run, and the name for its file.
fn sweep_summary(body: &[u8]) -> Result<(String, String), Error> {
    let results = results(body)?;
    let all: Vec<&RunResult> = results.iter().collect();
    let (Some(first), Some(swept)) = (all.first(), Swept::of(&all)) else {
        return Err(fault("The results are not of one sweep."));
    };
    Ok((text_table(&swept), sweep_file_name(&first.about, first.own.as_deref(), swept.key)))
}

/// A result's table, with the end-to-end latency and the verdict's line, and the name for its file.
fn summary(body: &[u8]) -> Result<(String, String), Error> {
    let results = results(body)?;
    let result = results.first().ok_or_else(|| fault("The result is empty."))?;
    let own = result.own.as_deref();
    let verdict = own.and_then(|own| own.verdict.as_ref()).map(|verdict| verdict.line() + "\n").unwrap_or_default();
    Ok((table(result, TableOptions { e2el: true }) + &verdict, file_name(&result.about, own)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamgauge::metrics::MetricOptions;
    use streamgauge::result::sweep::{SweepPlace, sweep_json};
    use streamgauge::result::{Run, WriteOptions, to_json};
    use streamgauge::settings::SweepKey;

    #[test]
    fn an_error_outcome_is_an_error_with_its_sentence() {
        let error = conclude(br#"{"error": "The server refused."}"#, None).unwrap_err();
        assert_eq!(error.to_string(), "The server refused.");
        assert!(conclude(b"not JSON", None).unwrap_err().to_string().contains("not JSON"));
    }

    #[test]
    fn the_outcome_is_written_as_it_came() {
        let path = std::env::temp_dir().join(format!("streamgauge-outcome-{}.json", std::process::id()));
        let body = br#"{"requests": [{"prompt": "a"}],  "intervals_s": []}"#;
        conclude(body, Some(&path)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), body);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_result_gives_the_table_and_the_contracts_file_name() {
        let settings = Settings { model: Some("org/m".into()), request_rate: 8.0, ..Settings::demo() };
        let client = Some(Default::default());
        let run = Run { settings, date: "20260102-030405".into(), duration_s: 1.5, client, ..Run::default() };
        let json = to_json(&RunResult::from_run(run, &MetricOptions::default()), WriteOptions::default());
        let (text, name) = summary(json.as_bytes()).unwrap();
        assert!(text.contains("Serving Benchmark Result") && text.contains("P99 E2EL (ms):"), "{text}");
        let last = text.lines().last().unwrap();
        assert_eq!(last, "Verdict: not to be trusted. No request completed: there is nothing to measure.");
        assert_eq!(name, "openai-8.0qps-m-20260102-030405.json");
        assert!(summary(b"{}").unwrap_err().to_string().contains("not a result"));
    }

    #[test]
    fn a_sweep_gives_a_line_a_run_and_is_an_error_where_it_broke_off() {
        let place = SweepPlace { id: "s".into(), key: SweepKey::RequestRate, value: "2".into(), place: 1, of: 2 };
        let settings = Settings { model: Some("m".into()), ..Settings::demo() };
        let run = Run { settings, sweep: Some(place), date: "20260102-030405".into(), ..Run::default() };
        let result = RunResult::from_run(run, &MetricOptions::default());
        let json = |error| sweep_json(&[&result], error, WriteOptions::default()).unwrap();
        let (text, name) = sweep_summary(json(None).as_bytes()).unwrap();
        assert!(text.starts_with("request-rate") && text.lines().count() == 2, "{text}");
        assert_eq!(name, "openai-sweep-request-rate-m-20260102-030405.json");
        let path = std::env::temp_dir().join(format!("streamgauge-sweep-{}.json", std::process::id()));
        conclude(json(None).as_bytes(), Some(&path)).unwrap();
        let broken = conclude(json(Some("The server is gone.")).as_bytes(), Some(&path)).unwrap_err().to_string();
        assert_eq!(broken, "the sweep did not come to its end: The server is gone.");
        assert!(fs::read_to_string(&path).unwrap().contains("The server is gone."), "what was measured is kept");
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn the_wait_grows_with_the_schedule() {
        let at = |request_rate| patience(&Settings { num_prompts: 100, request_rate, ..Settings::demo() }).as_secs();
        assert_eq!(at(f64::INFINITY), 3600);
        assert_eq!(at(1.0), 3800);
        let sweep = Settings { sweep: "request-rate:1 2 inf".parse().ok(), num_prompts: 100, ..Settings::demo() };
        assert_eq!(patience(&sweep).as_secs(), 3 * 3600 + 2 * 150);
    }
}
