//! `cargo xtask bench`: the page in a plain headless browser, started by its address alone; it sends its outcome back by
//! PUT. The summary table is printed and the result JSON written.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use serde_json::Value;
use streamgauge::settings::Settings;

use crate::browser::{ensure_chromium, launch_headless, log_of};
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
    let mut settings = Settings::from_fragment(&options.fragment).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Error::Said(lines.join("\n"))
    })?;
    ensure_chromium()?;
    let dist = site::build()?;
    let server = StaticServer::start(&dist, 0).doing(|| "start a server for the page".into())?;
    let path = format!("{REPORT_PATH}{:016x}", random());
    settings.autorun = true;
    settings.report_to = Some(format!("http://localhost:{}{path}", server.port()));
    let limit = options.timeout.unwrap_or_else(|| patience(&settings));
    say(&format!("Running {} in a headless browser (giving up after {} s)", what(&settings), limit.as_secs()));
    let body = outcome(&server, &settings, &path, limit)?;
    conclude(&body, options.out.as_deref())
}

/// What is measured, in a few words.
fn what(settings: &Settings) -> String {
    let target = settings.base_urls().join(" ");
    let target = if settings.simulated_server { "the simulated server".to_owned() } else { target };
    format!("{} prompts at {} requests/s against {target}", settings.num_prompts, settings.request_rate)
}

/// Twice the time that the schedule takes, and an hour for the server and the dataset.
fn patience(settings: &Settings) -> Duration {
    let schedule_s = f64::from(settings.num_prompts) / settings.request_rate;
    let schedule_s = if schedule_s.is_finite() { schedule_s } else { 0.0 };
    Duration::from_secs(3600) + Duration::from_secs_f64((2.0 * schedule_s).min(1e7))
}

/// A number that nobody guesses: the standard library seeds its hashers from the system's random source.
fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// A browser that ends with its profile when it is dropped.
struct Browser {
    child: Child,
    profile: PathBuf,
}

impl Browser {
    fn start(url: &str) -> Result<Self, Error> {
        let profile = std::env::temp_dir().join(format!("streamgauge-browser-{:016x}", random()));
        Ok(Self { child: launch_headless(url, &profile)?, profile })
    }

    /// What it said last, when it has ended by itself.
    fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        let log = fs::read_to_string(log_of(&self.profile)).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(5).collect();
        Some(format!("{status}\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n")))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// Waits for what the page puts under this path.
fn outcome(server: &StaticServer, settings: &Settings, path: &str, limit: Duration) -> Result<Vec<u8>, Error> {
    let mut browser = Browser::start(&format!("{}#{}", server.url(), settings.to_fragment()))?;
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

/// Prints the outcome's table and writes the outcome; an error outcome is an error.
fn conclude(body: &[u8], out: Option<&Path>) -> Result<(), Error> {
    let outcome: Value = serde_json::from_slice(body)
        .map_err(|error| Error::Said(format!("the page's outcome is not JSON ({error}): a fault of the page")))?;
    if let Some(sentence) = outcome.get("error").and_then(Value::as_str) {
        return Err(Error::Said(sentence.to_owned()));
    }
    let name = match outcome.get("requests").and_then(Value::as_array) {
        Some(requests) => {
            println!("Dry run: {} requests made, none sent.", requests.len());
            "dry-run.json".to_owned()
        }
        None => {
            print!("{}", table(&outcome));
            file_name(&outcome)
        }
    };
    let path = out.map_or_else(|| PathBuf::from(&name), Path::to_owned);
    fs::write(&path, body).doing(|| format!("write {}", path.display()))?;
    println!("Result: {}", path.display());
    Ok(())
}

/// The summary, as the reference prints it, from the result's keys.
fn table(result: &Value) -> String {
    use std::fmt::Write;
    let mut text = format!("{:=^50}\n", " Serving Benchmark Result ");
    for (label, key, title) in ROWS {
        if !title.is_empty() {
            let _ = writeln!(text, "{title:-^50}");
        }
        let shown = match result.get(key) {
            Some(Value::Number(number)) if number.is_f64() => format!("{:.2}", number.as_f64().unwrap_or_default()),
            Some(Value::Number(number)) => number.to_string(),
            _ => "none".to_owned(),
        };
        let _ = writeln!(text, "{label:<40} {shown:<10}");
    }
    text + &"=".repeat(50) + "\n"
}

/// The contract's file name, for a result that does not name its own.
fn file_name(result: &Value) -> String {
    let word = |key: &str| match result.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "unknown".to_owned(),
    };
    let model = word("model_id");
    let model = model.rsplit('/').next().unwrap_or_default();
    let name = format!("{}-{}qps-{model}-{}.json", word("backend"), word("request_rate"), word("date"));
    name.chars().map(|c| if c.is_alphanumeric() || "-_.+".contains(c) { c } else { '_' }).collect()
}

/// Label, key, and the title of the section that it opens.
const ROWS: &[(&str, &str, &str)] = &[
    ("Successful requests:", "completed", ""),
    ("Benchmark duration (s):", "duration", ""),
    ("Total input tokens:", "total_input_tokens", ""),
    ("Total generated tokens:", "total_output_tokens", ""),
    ("Request throughput (req/s):", "request_throughput", ""),
    ("Input token throughput (tok/s):", "input_throughput", ""),
    ("Output token throughput (tok/s):", "output_throughput", ""),
    ("Mean TTFT (ms):", "mean_ttft_ms", "Time to First Token"),
    ("Median TTFT (ms):", "median_ttft_ms", ""),
    ("P99 TTFT (ms):", "p99_ttft_ms", ""),
    ("Mean TPOT (ms):", "mean_tpot_ms", "Time per Output Token (excl. 1st token)"),
    ("Median TPOT (ms):", "median_tpot_ms", ""),
    ("P99 TPOT (ms):", "p99_tpot_ms", ""),
    ("Mean ITL (ms):", "mean_itl_ms", "Inter-token Latency"),
    ("Median ITL (ms):", "median_itl_ms", ""),
    ("P99 ITL (ms):", "p99_itl_ms", ""),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
    fn a_result_is_named_as_the_contract_says() {
        let result =
            json!({"backend": "openai", "request_rate": "inf", "model_id": "org/m x", "date": "20260101-000000"});
        assert_eq!(file_name(&result), "openai-infqps-m_x-20260101-000000.json");
    }

    #[test]
    fn the_wait_grows_with_the_schedule() {
        let at = |request_rate| patience(&Settings { num_prompts: 100, request_rate, ..Settings::demo() }).as_secs();
        assert_eq!(at(f64::INFINITY), 3600);
        assert_eq!(at(1.0), 3800);
    }
}
