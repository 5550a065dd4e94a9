//! What differs between engines, measured: opens a probe (e2e/browsers/probe.js) in a plain browser of each engine, prints
//! the table and puts it into docs/browsers.md.
//!
//! `browser-facts chromium,firefox,webkit`; STREAMGAUGE_DIST is the built site.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use e2e::driver::Place;
use mock_server::{Config, Mock};
use serde_json::{Value, json};
use xtask::Error;
use xtask::browser::Engine;

const PROBE: &str = include_str!("../../browsers/probe.js");
const LONG: Duration = Duration::from_secs(180);
/// Between these lines of the document stands the table.
const MARKS: [&str; 2] = ["<!-- measured by browser-facts -->\n", "<!-- end -->\n"];

fn main() -> ExitCode {
    let engines = std::env::args().nth(1).map_or_else(|| Ok(Engine::ALL.to_vec()), |names| Engine::list(&names));
    match engines.and_then(|engines| facts(&engines)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn facts(engines: &[Engine]) -> Result<(), Error> {
    let found: Vec<(Engine, Facts)> = engines.iter().map(|engine| (*engine, Facts::of(*engine))).collect();
    let table = table(&found);
    println!("{table}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/browsers.md");
    let failed = |source| Error::Io { doing: format!("rewrite {}", path.display()), source };
    let text = fs::read_to_string(&path).map_err(failed)?;
    let no_marks = || Error::Said(format!("{} has no place for the table", path.display()));
    let (before, rest) = text.split_once(MARKS[0]).ok_or_else(no_marks)?;
    let (_, after) = rest.split_once(MARKS[1]).ok_or_else(no_marks)?;
    fs::write(&path, [before, MARKS[0], &table, MARKS[1], after].concat()).map_err(failed)
}

/// What was found in one engine.
struct Facts {
    /// In a window as people have it.
    open: Value,
    /// The same in a private window, from which only what there is counts.
    private: Value,
    /// Streams that were in flight at once: to one name, to five, to a hundred.
    in_flight: [usize; 3],
}

impl Facts {
    fn of(engine: Engine) -> Self {
        let (open, in_flight) = probe(&Place::with_scripts_in(engine));
        let (private, _) = probe(&Place::with_scripts_in(engine).private());
        Self { open, private, in_flight }
    }
}

/// What the probe finds, and how many streams the mocks saw in flight.
fn probe(place: &Place) -> (Value, [usize; 3]) {
    let start = |config: Config| Mock::start(config).expect("a mock");
    let config = || Config { itl_ms: 10.0, ..Config::default() };
    let timed = |headers_at_once, timing_allow_origin| {
        start(Config { ttft_ms: 100.0, headers_at_once, timing_allow_origin, ..config() })
    };
    let timed = [timed(true, true), timed(false, true), timed(false, false)];
    let bursts = [700.0, 700.0, 15_000.0].map(|ttft_ms| start(Config { ttft_ms, ..config() }));
    let servers = json!({
        "early": timed[0].base_url(), "late": timed[1].base_url(), "untold": timed[2].base_url(),
        "oneName": bursts[0].base_url(), "fiveNames": bursts[1].base_url(), "manyNames": bursts[2].base_url(),
    });
    let found = place.ask("", &format!("const servers = {servers};\n{PROBE}"), LONG);
    (found, bursts.map(|mock| mock.max_in_flight()))
}

/// A row of the table: what it says, and how it is read off an engine's facts.
type Row = (&'static str, fn(&Facts) -> String);

const ROWS: &[Row] = &[
    ("version", |facts| version(facts.open["agent"].as_str().unwrap_or_default())),
    ("cross-origin isolated with COEP `credentialless`", |facts| yes(&facts.open["isolated"])),
    ("clock step, isolated as far as it can be, ms", |facts| ms(&facts.open["clockStep"], 3)),
    ("a timer of 20 ms late by p50 / p99, ms", |facts| late(&facts.open["timer"])),
    ("a timer of 200 ms late by p50 / p99, ms", |facts| late(&facts.open["longTimer"])),
    ("a message to oneself, µs", |facts| {
        facts.open["hop"].as_f64().map_or_else(String::new, |ms| format!("{:.0}", ms * 1000.0))
    }),
    ("streams at once to one name (40 sent)", |facts| facts.in_flight[0].to_string()),
    ("… to five names of `*.localhost` (40 sent)", |facts| facts.in_flight[1].to_string()),
    ("… to a hundred such names (600 sent)", |facts| facts.in_flight[2].to_string()),
    ("headers at once, first token 100 ms later: `fetch` resolves after, ms", |facts| {
        ms(&facts.open["early"]["resolved"], 1)
    }),
    ("… first bytes read after, ms", |facts| ms(&facts.open["early"]["first"], 1)),
    ("… `responseStart`, ms", |facts| ms(&facts.open["early"]["responseStart"], 1)),
    ("headers with the first token: read less `responseStart`, ms", |facts| {
        difference(&facts.open["late"], "resolved", "responseStart")
    }),
    ("… end read less `responseEnd`, ms", |facts| difference(&facts.open["late"], "end", "responseEnd")),
    ("… the same without `Timing-Allow-Origin`, ms", |facts| difference(&facts.open["untold"], "end", "responseEnd")),
    ("Service Worker: window / private window", |facts| both(facts, "serviceWorker")),
    ("IndexedDB: window / private window", |facts| both(facts, "indexedDb")),
    ("files of its own (OPFS), in a worker: window / private window", |facts| both(facts, "opfs")),
    ("Cache: window / private window", |facts| both(facts, "caches")),
    ("reads into our buffers (BYOB)", |facts| yes(&facts.open["byob"])),
    ("Web Locks", |facts| yes(&facts.open["locks"])),
    ("Wake Lock", |facts| yes(&facts.open["wakeLock"])),
    ("`deviceMemory`, GB", |facts| facts.open["memory"].as_f64().map_or_else(|| "–".into(), |gb| gb.to_string())),
];

fn table(found: &[(Engine, Facts)]) -> String {
    let row = |name: &str, cells: Vec<String>| format!("| {name} | {} |\n", cells.join(" | "));
    let titles = found.iter().map(|(engine, _)| engine.title().to_owned()).collect();
    let rule = format!("| --- |{}\n", " ---: |".repeat(found.len()));
    let rows = ROWS.iter().map(|(name, read)| row(name, found.iter().map(|(_, facts)| read(facts)).collect()));
    row("", titles) + &rule + &rows.collect::<String>()
}

/// The browser's name and version, of its user agent's last words that have any.
fn version(agent: &str) -> String {
    let known = ["Chrome/", "Firefox/", "Version/"];
    let word = agent.split(' ').find(|word| known.iter().any(|name| word.contains(name)));
    word.map_or_else(|| agent.to_owned(), |word| word.trim_start_matches("Headless").replace('/', " "))
}

fn yes(value: &Value) -> String {
    if value == &json!(true) { "yes" } else { "no" }.to_owned()
}

fn both(facts: &Facts, key: &str) -> String {
    format!("{} / {}", yes(&facts.open[key]), yes(&facts.private[key]))
}

fn ms(value: &Value, digits: usize) -> String {
    value.as_f64().map_or_else(|| "not told".into(), |ms| format!("{ms:.digits$}"))
}

fn late(value: &Value) -> String {
    format!("{} / {}", ms(&value["p50"], 1), ms(&value["p99"], 1))
}

fn difference(value: &Value, later: &str, earlier: &str) -> String {
    let pair = value[later].as_f64().zip(value[earlier].as_f64());
    pair.map_or_else(|| "not told".into(), |(later, earlier)| format!("{:.1}", later - earlier))
}
