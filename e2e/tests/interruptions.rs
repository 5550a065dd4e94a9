//! What may happen to a page in mid-run: it is hidden behind another tab, or it stands still. A hidden page measures as one in
//! view; one that stood still says so, and which requests it cost.

use std::process::Command;
use std::time::{Duration, Instant};

use e2e::cpu::renderers;
use e2e::driver::{Driven, Place, Theme};
use e2e::run::{dist, number, random_fragment, start, summary, wait_for_report};
use mock_server::{Config, Mock, RequestLog};
use serde_json::Value;
use streamgauge::metrics::stats::median;
use xtask::static_server::StaticServer;

const LONG: Duration = Duration::from_secs(120);
const REQUESTS: usize = 150;

fn mock() -> Mock {
    Mock::start(Config { ttft_ms: 50.0, itl_ms: 10.0, ..Config::default() }).expect("a mock")
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

fn reason<'a>(result: &'a Value, measure: &str) -> Option<&'a Value> {
    result["streamgauge"]["verdict"]["reasons"].as_array()?.iter().find(|reason| reason["measure"] == measure)
}

/// What one run came to; each time is held against the server's log of the same run.
#[derive(Debug)]
struct Seen {
    /// Median TTFT as reported, less the log's, ms.
    ttft_error_ms: f64,
    /// Median lateness of the sends by the page's records, ms.
    slip_ms: f64,
    /// Requests that were sent while the page was hidden.
    hidden_share: f64,
}

/// Runs in a browser that slows hidden pages down as people's browsers do; behind another tab, if asked.
fn run_in_tab(hidden: bool) -> Seen {
    let mock = mock();
    let more = format!("num-prompts={REQUESTS}&request-rate=30&random-output-len=20&report-to=report/outcome");
    let site = StaticServer::start(&dist(), 0).expect("a site on a free port");
    Place::of(site).drowsy().drive(
        &random_fragment(&mock.base_url(), &more),
        (1200, 1000),
        Theme::Light,
        async |page| {
            if hidden {
                hide(page).await;
            }
            page.script("document.getElementById('run').click()").await;
            page.wait_for_state(&["done", "failed"], LONG).await;
            let state = page.script("return document.visibilityState").await;
            assert_eq!(state, if hidden { "hidden" } else { "visible" });
            let (_, body) = page.site.reports().recv_timeout(Duration::from_secs(20)).expect("a report");
            seen(&serde_json::from_slice(&body).expect("a result in JSON"), &mock)
        },
    )
}

/// Opens another tab in front; scripts still run in the page.
async fn hide(page: &Driven) {
    page.script("window.open('about:blank', '_blank', 'noopener')").await;
    page.wait_for("document.visibilityState === 'hidden'").await;
}

fn seen(result: &Value, mock: &Mock) -> Seen {
    assert_eq!(number(result, "completed"), REQUESTS as f64, "{}", summary(result));
    let log = mock.generations().split_off(1);
    let true_ttft_ms = median(&sorted(log.iter().filter_map(RequestLog::ttft_ms).collect()));
    let waits = result["queue_times"].as_array().into_iter().flatten().filter_map(Value::as_f64);
    let slips_ms = sorted(waits.map(|seconds| seconds * 1000.0).collect());
    Seen {
        ttft_error_ms: number(result, "median_ttft_ms") - true_ttft_ms,
        slip_ms: median(&slips_ms),
        hidden_share: reason(result, "hidden_share").map_or(0.0, |reason| reason["value"].as_f64().unwrap_or_default()),
    }
}

#[test]
fn a_hidden_tab_measures_as_one_in_view() {
    // A busy machine disturbs one run or the other: the best of a few pairs is compared.
    let mut closest = f64::INFINITY;
    for _ in 0..3 {
        let (shown, hidden) = (run_in_tab(false), run_in_tab(true));
        println!("shown: {shown:?}\nhidden: {hidden:?}");
        assert_eq!((shown.hidden_share, hidden.hidden_share), (0.0, 1.0));
        let apart = [hidden.ttft_error_ms - shown.ttft_error_ms, hidden.slip_ms - shown.slip_ms];
        closest = closest.min(apart.iter().fold(0.0, |most, ms: &f64| most.max(*ms)));
        if closest < 1.0 {
            return;
        }
    }
    panic!("hidden, the page was {closest} ms worse in the best of three pairs");
}

#[test]
fn a_page_that_stood_still_says_so() {
    let mock = mock();
    let more = format!("num-prompts={REQUESTS}&request-rate=30&random-output-len=20&calibrate=false");
    let (site, browser) = start(&dist(), &random_fragment(&mock.base_url(), &more));
    let deadline = Instant::now() + LONG;
    while mock.generations().len() < 30 {
        assert!(Instant::now() < deadline, "the run does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    // All that shows pages stands still, as if the machine slept, while the server goes on.
    let pages = renderers(browser.id());
    assert!(!pages.is_empty());
    signal("-STOP", &pages);
    std::thread::sleep(Duration::from_millis(2500));
    signal("-CONT", &pages);
    let (body, _browser) = wait_for_report(&site, browser, LONG);
    let result: Value = serde_json::from_slice(&body).expect("a result in JSON");

    assert_eq!(number(&result, "completed"), REQUESTS as f64, "{}", summary(&result));
    let frozen = reason(&result, "frozen_share").expect("the verdict names it");
    println!("{}", frozen["text"]);
    assert_ne!(frozen["level"], "trusted");
    let stood_ms: f64 = intervals(&result).iter().map(|(from_ms, to_ms)| to_ms - from_ms).sum();
    assert!((2400.0..4000.0).contains(&stood_ms), "{:?}", intervals(&result));
    // What overlaps is tainted, and nothing else is.
    let records = result["streamgauge"]["records"].as_array().expect("records");
    let mut tainted = 0;
    for record in records {
        let [sent_ms, due_ms, end_ms] =
            ["sent_ms", "intended_ms", "end_ms"].map(|key| record[key].as_f64().expect(key));
        let overlaps = |(from_ms, to_ms): &(f64, f64)| *from_ms <= end_ms && sent_ms.min(due_ms) <= *to_ms;
        let says = record["taints"].as_array().expect("taints").iter().any(|taint| taint == "frozen");
        assert_eq!(says, intervals(&result).iter().any(overlaps), "{record}");
        tainted += usize::from(says);
    }
    assert!((1..REQUESTS).contains(&tainted), "{tainted}");
    assert_eq!(frozen["value"], tainted as f64 / REQUESTS as f64);
}

fn signal(which: &str, processes: &[u32]) {
    let status = Command::new("kill").arg(which).args(processes.iter().map(ToString::to_string)).status();
    assert!(status.expect("kill runs").success());
}

/// When the page stood still: (from, to), ms.
fn intervals(result: &Value) -> Vec<(f64, f64)> {
    let all = result["streamgauge"]["client"]["visibility"].as_array().cloned().unwrap_or_default();
    let frozen =
        all.iter().filter(|interval| interval[2].as_str().is_some_and(|which| which.eq_ignore_ascii_case("frozen")));
    frozen.filter_map(|interval| Some((interval[0].as_f64()?, interval[1].as_f64()?))).collect()
}
