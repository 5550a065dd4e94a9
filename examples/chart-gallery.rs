//! Draws every chart, on made-up values, into one HTML page to look at, and prints how long charts of a large run
//! take: `cargo run --release --example chart-gallery --features charts -- gallery.html [dark]`.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use streamgauge::chart::{self, Series, Size, Span, Steps, SweepPoint, Theme};
use streamgauge::record::{Event, EventKind, Outcome, Record, Reply};

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

fn end_ms(records: &[Record]) -> f64 {
    records.iter().filter_map(|record| record.end_ms).fold(0.0, f64::max)
}

fn charts_of(records: &[Record], size: Size) -> Vec<String> {
    let spans = Span::all(records);
    let ends: Vec<(f64, f64)> = records.iter().filter_map(|record| Some((record.end_ms?, 1.0))).collect();
    let ttfts = chart::ttfts(records);
    let values: Vec<f64> = ttfts.iter().map(|(_, ttft)| *ttft).collect();
    let tall = Size { height_px: chart::timeline_height_px(spans.len()), ..size };
    vec![
        chart::distribution("Time to first token", &values, size),
        chart::in_flight("Requests in flight", &Steps::in_flight(&spans), size),
        chart::rate_over_time("Completed requests", "requests", &Steps::rate(&ends, end_ms(records)), size),
        chart::rate_over_time(
            "Output tokens",
            "tokens",
            &Steps::rate(&chart::text_tokens(records), end_ms(records)),
            size,
        ),
        chart::scatter_over_time("Time to first token over time", &ttfts, size),
        chart::timeline("Requests", &spans, tall),
    ]
}

fn gallery(size: Size) -> Vec<String> {
    let mut noise = Noise(1);
    let mut charts = charts_of(&run(60, 90), size);
    charts.extend(charts_of(&run(2000, 90), size));
    let narrow = noise.values(3000, |n| 20.0 * n.near_one(0.06));
    let tail = noise.values(2000, |n| 15.0 * n.tail(0.9));
    let zeros: Vec<f64> = (0..4000).map(|i| if i % 3 == 0 { 0.0 } else { 18.0 * noise.near_one(0.1) }).collect();
    let seconds = noise.values(300, |n| 2100.0 * n.near_one(0.25));
    charts.extend([
        chart::distribution("Inter-token latency", &narrow, size),
        chart::distribution("A long tail", &tail, size),
        chart::distribution("A third is zero", &zeros, size),
        chart::distribution("End-to-end latency", &seconds, size),
        chart::distribution("All equal", &[42.0; 50], size),
        chart::distribution("One value", &[123.4], size),
        chart::distribution("Five values", &[101.0, 119.0, 123.4, 180.0, 420.0], size),
        chart::distribution("No values", &[], size),
        chart::lengths("Prompt lengths", &tail.iter().map(|v| *v as u32 % 1024).collect::<Vec<_>>(), size),
        chart::overlay("TTFT, two runs", &[("Monday, 4/s", &seconds), ("Tuesday, 4/s", &tail)], size),
    ]);
    let sweep: Vec<SweepPoint> = [1.0, 2.0, 4.0, 8.0, 12.0, 14.0]
        .iter()
        .map(|rate| SweepPoint {
            label: rate.to_string(),
            throughput: rate * 0.97,
            median_ms: 100.0 + 1000.0 / (16.0 - rate),
            p99_ms: 120.0 + 4000.0 / (16.0 - rate),
        })
        .collect();
    charts.push(chart::throughput_latency("TTFT", "requests/s", &sweep, Some(1000.0), size));
    let mut series = Series::default();
    (0..900).for_each(|i| {
        series.push(f64::from(i) * 250.0, 600.0 * (f64::from(i) / 90.0).sin().abs() * noise.near_one(0.1))
    });
    charts.push(chart::sparkline("Output tokens", "tokens/s", &series, Size { width_px: 240, height_px: 64 }));
    charts.push(chart::sparkline("TTFT", "ms", &Series::default(), Size { width_px: 240, height_px: 64 }));
    charts
}

/// How long a large run's charts take, each drawn from what the page holds.
#[allow(clippy::disallowed_methods)] // This never runs in a browser.
fn timed(draw: impl FnOnce() -> Vec<String>) -> (Vec<String>, Duration) {
    let start = std::time::Instant::now();
    let charts = draw();
    (charts, start.elapsed())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "gallery.html".to_owned());
    let theme = if arguments.next().as_deref() == Some("dark") { Theme::Dark } else { Theme::Light };
    let mut html = String::from("<!doctype html><meta charset=utf-8><title>Charts</title>");
    for width_px in [800, 360] {
        for svg in gallery(Size { width_px, height_px: 260 }) {
            write!(html, "<div style='margin:8px;display:inline-block'>{}</div>", chart::export(&svg, theme))?;
        }
    }
    std::fs::write(&path, html)?;
    let records = run(10_000, 150);
    let events: usize = records.iter().map(|record| record.reply.events.len()).sum();
    let (charts, took) = timed(|| charts_of(&records, Size { width_px: 800, height_px: 260 }));
    let bytes: Vec<usize> = charts.iter().map(String::len).collect();
    println!("six charts of 10,000 requests and {events} events: {took:?}, {bytes:?} bytes");
    Ok(())
}
