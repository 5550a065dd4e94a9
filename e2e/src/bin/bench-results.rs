//! `cargo xtask bench-results` sets up and calls this: it opens a result of many requests with many events each in the
//! real page, looks at it as a person would, and prints what each step took.
//!
//! `bench-results REQUESTS EVENTS ROUNDS`; STREAMGAUGE_DIST is the built site.

use std::process::ExitCode;
use std::time::Duration;

use e2e::driver::{Driven, Theme, drive};
use fantoccini::Locator;
use streamgauge::metrics::MetricOptions;
use streamgauge::record::{Event, EventKind, Outcome, Record, Reply};
use streamgauge::result::{Run, RunResult, WriteOptions, to_json};
use streamgauge::settings::Settings;

/// What is done to an open result, and the script that does it; each ends with a frame that shows the effect.
const STEPS: [(&str, &str); 5] = [
    ("switch to vLLM's definitions", "document.querySelector('input[name=definition][value=vllm]').click()"),
    ("switch to GuideLLM's definitions", "document.querySelector('input[name=definition][value=guidellm]').click()"),
    ("switch back to the reference's", "document.querySelector('input[name=definition][value=reference]').click()"),
    ("sort the requests by TTFT", "document.querySelectorAll('.sort')[5].click()"),
    ("open a request's events", "document.querySelector('.rows tbody button').click()"),
];

fn main() -> ExitCode {
    let numbers: Option<Vec<u32>> = std::env::args().skip(1).map(|word| word.parse().ok()).collect();
    let Some([requests, events, rounds]) = numbers.as_deref() else {
        eprintln!("usage: bench-results REQUESTS EVENTS ROUNDS, as in `bench-results 10000 100 3`");
        return ExitCode::FAILURE;
    };
    let json = to_json(&result(*requests, *events), WriteOptions::default());
    let folder = tempfile::tempdir().expect("a folder for the result");
    let path = folder.path().join("result.json");
    std::fs::write(&path, &json).expect("a result to write");
    println!("{requests} requests of {events} events: a file of {:.1} MB", json.len() as f64 / 1e6);
    let mut rows: Vec<(String, Vec<f64>)> = Vec::new();
    for _ in 0..*rounds {
        let times = drive("", (1400, 2400), Theme::Light, async |page| look(page, &path.display().to_string()).await);
        for (place, (what, ms)) in times.into_iter().enumerate() {
            match rows.get_mut(place) {
                Some((_, all)) => all.push(ms),
                None => rows.push((what, vec![ms])),
            }
        }
    }
    for (what, mut ms) in rows {
        ms.sort_by(f64::total_cmp);
        println!(
            "{what:<40} {:>7.0} ms (of {} rounds, from {:.0} to {:.0})",
            ms[ms.len() / 2],
            ms.len(),
            ms[0],
            ms[ms.len() - 1]
        );
    }
    ExitCode::SUCCESS
}

/// Opens the file and does every step; what each took in the page's own time, ms.
async fn look(page: &Driven, path: &str) -> Vec<(String, f64)> {
    // From the moment that the page has the file to the frames that show the figures and every chart.
    let open = "window.opened = new Promise(done => { \
        document.querySelector('#pick-result').addEventListener('change', () => { const start = performance.now(); \
          const times = []; const wanted = ['.summary td', 'svg.chart']; const counts = [1, 9]; \
          const look = () => { \
            const there = document.querySelectorAll(wanted[times.length]).length >= counts[times.length]; \
            const next = () => { if (there) times.push(performance.now() - start); \
              if (times.length === wanted.length) done(times); else requestAnimationFrame(look); }; \
            if (there) setTimeout(next); else next(); }; \
          look(); }, { capture: true }); })";
    page.script(open).await;
    let input = page.client.find(Locator::Css("#pick-result")).await.expect("a file input");
    input.send_keys(path).await.expect("a file to pick");
    let mut times = Vec::new();
    for (place, what) in ["open the file, to the figures", "open the file, to the last chart"].into_iter().enumerate() {
        let wait = format!("const done = arguments[0]; window.opened.then(times => done(times[{place}]))");
        times.push((what.to_owned(), ms(page, &wait).await));
    }
    for (what, step) in STEPS {
        let script = format!(
            "const done = arguments[0]; const start = performance.now(); {step}; \
             requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)))"
        );
        times.push((what.to_owned(), ms(page, &script).await));
    }
    let redraw = "const done = arguments[0]; const before = document.querySelector('svg.chart').getAttribute('width'); \
        document.querySelector('main').style.width = '1100px'; window.dispatchEvent(new Event('resize')); \
        setTimeout(() => { const start = performance.now(); \
          const look = () => document.querySelector('svg.chart').getAttribute('width') !== before \
            ? setTimeout(() => done(performance.now() - start)) : requestAnimationFrame(look); look(); }, 145)";
    times.push(("draw all charts for another width".to_owned(), ms(page, redraw).await));
    times
}

async fn ms(page: &Driven, script: &str) -> f64 {
    let answer = page.client.execute_async(script, vec![]);
    let answer = tokio::time::timeout(Duration::from_secs(120), answer).await.expect("an answer in two minutes");
    answer.expect("a script that runs").as_f64().expect("a time")
}

/// A run like a real one: uneven arrivals, uneven tokens.
fn result(requests: u32, events: u32) -> RunResult {
    let mut state = 7_u64;
    let mut unit = move || {
        state = state * 48271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    };
    let mut due_ms = 0.0;
    let mut record = |index: u32| {
        due_ms += -20.0 * (1.0 - unit()).ln();
        let sent_ms = due_ms + 0.3 * unit();
        let mut at_ms = sent_ms + 100.0 + 200.0 * unit();
        let mut stream: Vec<Event> = Vec::new();
        for read in 0..events.saturating_sub(1) {
            stream.push(Event { at_ms, read, kind: EventKind::Text, chars: 4, tokens_so_far: None });
            at_ms += 15.0 + 10.0 * unit();
        }
        stream.push(Event { at_ms, read: events, kind: EventKind::Done, chars: 0, tokens_so_far: None });
        Record {
            index,
            prompt_len: 200,
            asked_output_len: events,
            intended_ms: due_ms,
            sent_ms: Some(sent_ms),
            end_ms: Some(at_ms + 0.1),
            output_tokens: Some(events.saturating_sub(1)),
            outcome: Outcome::Completed,
            reply: Reply { events: stream, ..Reply::default() },
            ..Record::default()
        }
    };
    let records: Vec<Record> = (0..requests).map(&mut record).collect();
    let duration_s = records.iter().filter_map(|record| record.end_ms).fold(0.0, f64::max) / 1000.0;
    let settings =
        Settings { num_prompts: requests, request_rate: 50.0, model: Some("made-up".into()), ..Settings::default() };
    let run = Run {
        settings,
        date: "20260101-000000".into(),
        duration_s,
        client: Some(Default::default()),
        records,
        ..Run::default()
    };
    RunResult::from_run(run, &MetricOptions::default())
}
