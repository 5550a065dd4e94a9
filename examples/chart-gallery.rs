//! Draws every chart of the list, on made-up values, into one HTML page to look at, and prints how long charts of a large
//! run take: `cargo run --release --example chart-gallery --features charts -- gallery.html [light|dark] [width in px]`.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use streamgauge::chart::{Chart, ChartData, RunLatencies, STYLE, Series, SweepCurve, SweepPoint, Theme, list};
use streamgauge::metrics::{MetricOptions, RequestTimes};
use streamgauge::record::{Event, EventKind, Outcome, Record, Reply};
use streamgauge::result::{RequestRow, Run, RunResult};

/// Values in [0, 1) without pattern, the same at each run.
struct Noise(u64);

impl Noise {
    fn unit(&mut self) -> f64 {
        self.0 = self.0 * 48271 % 2_147_483_647;
        self.0 as f64 / 2_147_483_647.0
    }

    /// Around 1, bell-shaped.
    fn near_one(&mut self, spread: f64) -> f64 {
        1.0 + spread * ((0..6).map(|_| self.unit()).sum::<f64>() - 3.0)
    }

    /// At least 1, now and then much more.
    fn tail(&mut self, power: f64) -> f64 {
        (1.0 - self.unit()).powf(-power)
    }

    fn values(&mut self, count: usize, mut draw: impl FnMut(&mut Self) -> f64) -> Vec<f64> {
        (0..count).map(|_| draw(self)).collect()
    }
}

/// Records of a run with this many requests of this many events each, some of them failed.
fn run(requests: u32, events: u32) -> Vec<Record> {
    let mut noise = Noise(7);
    let mut intended_ms = 0.0;
    let mut record = |index: u32| {
        intended_ms += -125.0 * (1.0 - noise.unit()).ln();
        let sent_ms = intended_ms + noise.unit();
        let failed = noise.unit() < 0.03;
        let ttft = 120.0 * noise.near_one(0.2) + if noise.unit() < 0.05 { 400.0 } else { 0.0 };
        let mut at_ms = sent_ms + ttft;
        let count = if failed { events / 4 } else { (f64::from(events) * (0.3 + noise.unit())) as u32 };
        let mut event = |read: u32| {
            at_ms += 20.0 * noise.near_one(0.1);
            Event { at_ms, read, kind: EventKind::Text, chars: 5, tokens_so_far: None }
        };
        let events: Vec<Event> = (0..count).map(&mut event).collect();
        let outcome = if failed { Outcome::Stopped } else { Outcome::Completed };
        let reply = Reply { events, ..Reply::default() };
        let tokens = Some(count);
        let end_ms = Some(at_ms + 0.2);
        Record {
            index,
            intended_ms,
            sent_ms: Some(sent_ms),
            end_ms,
            reply,
            outcome,
            output_tokens: tokens,
            ..Record::default()
        }
    };
    (0..requests).map(&mut record).collect()
}

/// A run as a result.
fn result(records: Vec<Record>) -> RunResult {
    let duration_s = records.iter().filter_map(|record| record.end_ms).fold(0.0, f64::max) / 1000.0;
    RunResult::from_run(Run { records, duration_s, ..Run::default() }, &MetricOptions::default())
}

/// A result that has nothing but its requests' TTFTs, in ms.
fn latencies(ttfts_ms: &[f64]) -> RunResult {
    let row = |ttft_ms: &f64| {
        let times = RequestTimes { succeeded: true, ttft_s: Some(ttft_ms / 1000.0), ..RequestTimes::default() };
        RequestRow { times, ..RequestRow::default() }
    };
    RunResult { requests: ttfts_ms.iter().map(row).collect(), ..RunResult::default() }
}

/// Every chart of a result, as wide as asked.
fn of_result(result: &RunResult, width_px: u32) -> Vec<Chart> {
    let data = ChartData::of(result);
    list::of_result(data.has_times()).map(|kind| kind.draw(&data, width_px)).collect()
}

/// Every chart of the list, as wide as asked, under headings.
fn gallery(width_px: u32) -> Vec<(&'static str, Vec<Chart>)> {
    let mut noise = Noise(1);
    let narrow = noise.values(3000, |n| 20.0 * n.near_one(0.06));
    let tail = noise.values(2000, |n| 15.0 * n.tail(0.9));
    let zeros: Vec<f64> = (0..4000).map(|i| if i % 3 == 0 { 0.0 } else { 18.0 * noise.near_one(0.1) }).collect();
    let seconds = noise.values(300, |n| 2100.0 * n.near_one(0.25));
    let five = [101.0, 119.0, 123.4, 180.0, 420.0];
    let odd: [&[f64]; 8] = [&narrow, &tail, &zeros, &seconds, &[42.0; 50], &[123.4], &five, &[]];
    let odd = odd.iter().filter_map(|values| of_result(&latencies(values), width_px).into_iter().next()).collect();
    let days = [("Monday, 4/s", &seconds), ("Tuesday, 4/s", &tail), ("Wednesday", &narrow)];
    let runs: Vec<RunLatencies> = days.map(|(name, values)| RunLatencies::of(name, &latencies(values))).into();
    let lengths: Vec<u32> = tail.iter().map(|value| *value as u32 % 1024).collect();
    let mut series = Series::default();
    let mut value = |i: u32| 600.0 * (f64::from(i) / 90.0).sin().abs() * noise.near_one(0.1);
    (0..900).for_each(|i| series.push(f64::from(i) * 250.0, value(i)));
    let live = [list::LIVE_TTFT, list::LIVE_TOKENS, list::LIVE_IN_FLIGHT].into_iter();
    let live = live.flat_map(|kind| [kind.draw(&series, 240), kind.draw(&Series::default(), width_px.min(300))]);
    let points: Vec<(f64, f64)> = seconds.iter().enumerate().map(|(i, value)| (i as f64 * 90.0, *value)).collect();
    vec![
        ("A result of 60 requests", of_result(&result(run(60, 90)), width_px)),
        ("A result of 2,000 requests", of_result(&result(run(2000, 90)), width_px)),
        ("Odd distributions", odd),
        ("Three results", list::comparisons().take(1).map(|kind| kind.draw(&runs, width_px)).collect()),
        ("Sweeps", [1.0, 40.0].map(|steep| list::SWEEP.draw(&sweep(steep), width_px)).into()),
        ("A workload", [list::PROMPT_LENGTHS, list::OUTPUT_LENGTHS].map(|kind| kind.draw(&lengths, width_px)).into()),
        ("A run under way", live.chain([list::LIVE_REQUESTS.draw(&points, width_px)]).collect()),
    ]
}

/// A sweep past saturation.
fn sweep(steep: f64) -> SweepCurve {
    let point = |rate: f64| SweepPoint {
        label: rate.to_string(),
        throughput: rate * 0.97,
        median_ms: 100.0 + 1000.0 * steep / (16.0 - rate),
        p99_ms: 120.0 + 4000.0 * steep / (15.0 - rate),
    };
    SweepCurve {
        latency: "TTFT".to_owned(),
        unit: "requests/s".to_owned(),
        points: [1.0, 2.0, 4.0, 8.0, 12.0, 14.0, 14.2].map(point).into(),
        limit_ms: Some(1000.0),
    }
}

/// How long a large run's charts take, each drawn from what the page holds.
#[allow(clippy::disallowed_methods)] // This never runs in a browser.
fn timed<T>(make: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    let made = make();
    (made, start.elapsed())
}

/// The page: as the charts stand on ours, and one as a file.
fn page(width_px: u32, theme: &str) -> Result<String, std::fmt::Error> {
    let mut html = format!(
        "<!doctype html><html data-theme={theme}><meta charset=utf-8><title>Charts</title><style>{}{STYLE}{LOOK}</style>",
        include_str!("../style/tokens.css")
    );
    for (heading, charts) in gallery(width_px) {
        write!(html, "<h2>{heading}</h2><div class=cards>")?;
        charts.iter().try_for_each(|chart| write!(html, "<div>{}</div>", chart.svg))?;
        html += "</div>";
    }
    let file = list::SWEEP.draw(&sweep(1.0), width_px);
    for theme in [Theme::Light, Theme::Dark] {
        write!(html, "<h2>A file, {theme:?}</h2><div class=cards><div>{}</div></div>", as_image(&file.to_file(theme)))?;
    }
    Ok(html)
}

/// A file as a picture, which sees nothing of the page's style.
fn as_image(svg: &str) -> String {
    let encoded: String = svg.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("<img alt=\"\" src=\"data:image/svg+xml,{encoded}\">")
}

const LOOK: &str = "body{margin:8px;background:var(--ground);color:var(--ink);font-family:var(--sans)}\
    .cards{display:flex;flex-wrap:wrap;gap:8px}.cards>div{background:var(--surface)}svg,img{display:block}";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "gallery.html".to_owned());
    let theme = arguments.next().unwrap_or_else(|| "light".to_owned());
    let width_px = arguments.next().map_or(Ok(510), |width| width.parse())?;
    std::fs::write(&path, page(width_px, &theme)?)?;
    let result = result(run(10_000, 150));
    let (data, took) = timed(|| ChartData::of(&result));
    println!("data of 10,000 requests: {took:?}");
    let (charts, took) = timed(|| list::of_result(true).map(|kind| kind.draw(&data, 800)).collect::<Vec<_>>());
    let bytes: Vec<usize> = charts.iter().map(|chart| chart.svg.len()).collect();
    println!("its {} charts: {took:?}, {bytes:?} bytes", charts.len());
    Ok(())
}
