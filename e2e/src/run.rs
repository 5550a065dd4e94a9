//! One run of the page without hands: a link with `autorun` and `report-to`, opened in a plain browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use serde_json::Value;
use xtask::browser::{Engine, Headless};
use xtask::static_server::StaticServer;

use crate::cpu;

/// The reference's keys, in its order.
pub const REFERENCE_KEYS: [&str; 33] = [
    "date",
    "backend",
    "model_id",
    "tokenizer_id",
    "best_of",
    "use_beam_search",
    "num_prompts",
    "request_rate",
    "duration",
    "completed",
    "total_input_tokens",
    "total_output_tokens",
    "request_throughput",
    "input_throughput",
    "output_throughput",
    "mean_ttft_ms",
    "median_ttft_ms",
    "std_ttft_ms",
    "p99_ttft_ms",
    "mean_tpot_ms",
    "median_tpot_ms",
    "std_tpot_ms",
    "p99_tpot_ms",
    "mean_itl_ms",
    "median_itl_ms",
    "std_itl_ms",
    "p99_itl_ms",
    "input_lens",
    "output_lens",
    "ttfts",
    "itls",
    "generated_texts",
    "errors",
];

/// The engine that tests start: the one that STREAMGAUGE_BROWSER names, Chromium without it.
///
/// # Panics
/// When it names none.
pub fn engine() -> Engine {
    Engine::chosen().unwrap_or_else(|error| panic!("{}: {error}", Engine::VARIABLE))
}

/// The folder of the built site: `STREAMGAUGE_DIST`, or `dist` beside the sources.
pub fn dist() -> PathBuf {
    let built = std::env::var_os("STREAMGAUGE_DIST").map(PathBuf::from);
    let dist = built.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist"));
    assert!(dist.join("index.html").is_file(), "no built site at {}; run cargo xtask build", dist.display());
    dist
}

/// Copies a folder and all that is in it, the built site for one, to put more files beside it.
///
/// # Panics
/// When a file cannot be copied.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder to make");
    for entry in fs::read_dir(from).expect("a readable folder") {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).expect("a readable entry");
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("a file to copy");
        }
    }
}

/// Opens the page with this fragment plus `autorun` and `report-to`, and gives back what it reports.
///
/// # Panics
/// When nothing is reported within the time.
pub fn run(fragment: &str, within: Duration) -> Value {
    run_site(&dist(), fragment, within)
}

/// As [`run`], with the site in another folder.
///
/// # Panics
/// As [`run`].
pub fn run_site(dist: &Path, fragment: &str, within: Duration) -> Value {
    run_counted(dist, fragment, within).0
}

/// As [`run_site`], with the processor time that the browser used, from its start to the outcome, in s; None where the
/// system does not tell.
///
/// # Panics
/// As [`run`].
pub fn run_counted(dist: &Path, fragment: &str, within: Duration) -> (Value, Option<f64>) {
    run_on(&StaticServer::start(dist, 0).expect("a site on a free port"), fragment, within)
}

/// As [`run_counted`], on a site that is served already.
///
/// # Panics
/// As [`run`].
pub fn run_on(site: &StaticServer, fragment: &str, within: Duration) -> (Value, Option<f64>) {
    let (body, browser) = wait_for_report(site, open(site, fragment), within);
    let cpu_s = cpu::tree_s(browser.id());
    (serde_json::from_slice(&body).expect("an outcome in JSON"), cpu_s)
}

/// Serves the site, and opens it with this fragment plus `autorun` and `report-to`.
///
/// # Panics
/// When there is no browser.
pub fn start(dist: &Path, fragment: &str) -> (StaticServer, Headless) {
    let site = StaticServer::start(dist, 0).expect("a site on a free port");
    let browser = open(&site, fragment);
    (site, browser)
}

fn open(site: &StaticServer, fragment: &str) -> Headless {
    let origin = format!("http://localhost:{}", site.port());
    let token = site.token();
    let url = format!("{origin}/#{fragment}&autorun&report-to={origin}/report/outcome&start-token={token}");
    Headless::start_in(engine(), &url).expect("a browser")
}

/// Waits until the page in this browser puts its report at this site.
///
/// # Panics
/// When it does not within the time.
pub fn wait_for_report(site: &StaticServer, mut browser: Headless, within: Duration) -> (Vec<u8>, Headless) {
    let start = Instant::now();
    let body = loop {
        match site.reports().recv_timeout(Duration::from_millis(500)) {
            Ok((_, body)) => break body,
            Err(error) => assert_eq!(error, RecvTimeoutError::Timeout, "the site's server stopped"),
        }
        if let Some(how) = browser.ended() {
            panic!("the browser ended before it reported: {how}");
        }
        let said = || browser.last_words();
        assert!(start.elapsed() < within, "no outcome within {within:?}; the browser said: {}", said());
    };
    (body, browser)
}

/// The fragment of a run against an OpenAI completions server with the page's own dataset and tokenizer.
pub fn fragment(base_url: &str, more: &str) -> String {
    format!(
        "backend=openai&base-url={base_url}&model=mock&dataset-name=sharegpt&dataset-path=demo/sharegpt.json\
         &tokenizer=demo/tokenizer/&{more}"
    )
}

/// As [`fragment`], with prompts of random tokens, of which there are as many as one likes.
pub fn random_fragment(base_url: &str, more: &str) -> String {
    format!(
        "backend=openai&base-url={base_url}&model=mock&dataset-name=random&random-input-len=24&tokenizer=demo/tokenizer/&{more}"
    )
}

/// A number of the result.
///
/// # Panics
/// When the key is not there, or not a number.
pub fn number(result: &Value, key: &str) -> f64 {
    result[key].as_f64().unwrap_or_else(|| panic!("{key} is {} in {}", result[key], summary(result)))
}

/// A result without its long lists, for a message.
pub fn summary(result: &Value) -> String {
    let Some(object) = result.as_object() else { return result.to_string() };
    let short = object.iter().filter(|(_, value)| !value.is_array() && !value.is_object());
    let short: Vec<String> = short.map(|(key, value)| format!("{key}: {value}")).collect();
    short.join(", ")
}
