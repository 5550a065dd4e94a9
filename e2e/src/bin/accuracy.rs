//! `cargo xtask accuracy` sets up and calls this: it measures with the page and with the asyncio client in turns, latencies
//! first and then how well they keep a schedule, prints the tables, and writes them with their machine to docs/accuracy.md.
//!
//! `accuracy STREAMS TRIALS`, as in `accuracy 1,6,32 2`; STREAMGAUGE_DIST is the built site and STREAMGAUGE_PYTHON a
//! Python with aiohttp.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use e2e::accuracy::{LEAST_REQUESTS, Measured, TOKENS, Who, measure, table};
use e2e::known_times::{ITL_MS, TTFT_MS};
use e2e::run::dist;
use e2e::slip::{self, Sleeps, Slip};
use xtask::{browser, run};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match accuracy(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn accuracy(words: &[String]) -> Result<(), String> {
    let [streams, trials] = words else {
        return Err("usage: accuracy STREAMS TRIALS, as in `accuracy 1,6,32 2`".into());
    };
    let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is no whole number"));
    let streams = streams.split(',').map(number).collect::<Result<Vec<u32>, _>>()?;
    let trials = number(trials)?;
    let python = PathBuf::from(std::env::var_os("STREAMGAUGE_PYTHON").unwrap_or_else(|| "python3".into()));
    let before = load();
    let mut rows: Vec<(u32, Who, Measured)> = Vec::new();
    for &streams in &streams {
        for who in Who::ALL {
            rows.push((streams, who, Measured::default()));
        }
    }
    for trial in 0..trials {
        for group in rows.chunks_mut(Who::ALL.len()) {
            // Who goes first changes from trial to trial.
            for turn in 0..group.len() {
                let (streams, who, measured) = &mut group[(turn + trial as usize) % Who::ALL.len()];
                let run = measure(*who, *streams, &dist(), &python)?;
                let error_ms = run.ttft_error_ms();
                println!("trial {} of {trials}: {streams} streams, {}: {error_ms:+.2} ms", trial + 1, who.label());
                measured.add(run);
            }
        }
    }
    let (table, slips) = (table(&rows), slips(trials, &python)?);
    println!("\n{table}\n{slips}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/accuracy.md");
    let text = document(&table, &slips, trials, &machine(&python, &before));
    fs::write(&path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    println!("Written to docs/accuracy.md");
    Ok(())
}

/// How late sends were in all trials, as a table in Markdown.
fn slips(trials: u32, python: &Path) -> Result<String, String> {
    let names = ["page", "asyncio, from send to send", "asyncio, to the times", "a thread that only sleeps"];
    let mut sums = names.map(|_| Slip::default());
    for trial in 1..=trials {
        let (page, result, _) = slip::page(&dist());
        let intended_ms = slip::intended_ms(&result);
        let [waits, times] =
            [Sleeps::FromSendToSend, Sleeps::ToTimes].map(|how| slip::python(python, &intended_ms, how));
        let slips = [page, waits?, times?, slip::machine(&intended_ms)];
        for ((name, sum), slip) in names.iter().zip(&mut sums).zip(&slips) {
            println!("trial {trial} of {trials}: schedule, {name}: {}", slip.cells().join(" | "));
            sum.add(slip);
        }
        if let Some((name, _)) = names.iter().zip(&slips[..3]).find(|(_, slip)| !slip.is_whole()) {
            return Err(format!("{name}: not all {} requests were sent and arrived", slip::REQUESTS));
        }
    }
    let rows = names.iter().zip(&sums).map(|(name, slip)| format!("| {name} | {} |\n", slip.cells().join(" | ")));
    let head = "| client | p50 by its records | p99 | p50 by the log | p99 |\n| --- | ---: | ---: | ---: | ---: |\n";
    Ok(format!("{head}{}", rows.collect::<String>()))
}

fn document(table: &str, slips: &str, trials: u32, machine: &str) -> String {
    format!(
        "# How exact the page is\n\n\
         `cargo xtask accuracy` made this file. The page, in plain headless Chromium, and a Python client\n\
         (`e2e/accuracy/asyncio_client.py`: asyncio and aiohttp, as the Python benchmarks do it) measured the mock server in turns,\n\
         on one machine in one go. The mock was set to TTFT {TTFT_MS} ms and ITL {ITL_MS} ms; it logs when each request had arrived and\n\
         when each token left, and the columns \"log\" are that. As many requests as there are streams were sent at once (with fewer\n\
         than {LEAST_REQUESTS} streams, {LEAST_REQUESTS} requests, each as soon as a stream was free), each for {TOKENS} tokens, {trials} runs of each, all\n\
         together in one row. Times are in ms.\n\n\
         \"Error\" is the reported mean TTFT less the log's: what the client adds, the way of the request to the server included, which\n\
         no client can see. Where the server lets the browser tell when it began to send (`Timing-Allow-Origin`, or the page's own\n\
         origin), the page counts from then; the rows \"page, untold\" are of a server that does not. CPU is of one run, with the client's start: the browser's whole process tree, the page's calibration of two\n\
         seconds included, or the Python process.\n\
         \"Verdict\" is what the page says of its own runs (docs/measurement.md); with fewer than 100 requests it is marginal for\n\
         that alone.\n\n{table}\n\
         ## How well sends keep a schedule\n\n\
         {} requests for {} tokens each were to go at the times of one Poisson process of {} a second, {trials} runs of each client in turns.\n\
         How late each went, in ms: by the client's own records, and by the log of arrivals, whose smallest difference from the\n\
         schedule counts as none, for the clocks are two. The page keeps to the schedule's times. The asyncio client sleeps from one\n\
         send to the next, as the reference does, so that its lateness adds up; or to the schedule's times, as vLLM's does. The last row\n\
         is what this machine does to a thread that sends nothing and only sleeps to the same times.\n\n{slips}\n\
         {machine}\n",
        slip::REQUESTS,
        slip::TOKENS,
        slip::RATE
    )
}

/// What it ran on, in a sentence or two.
fn machine(python: &Path, load_before: &str) -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("an unknown processor");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let printed = |program: &Path, words: &[&str]| {
        let printed = run::output(Command::new(program).args(words)).unwrap_or_default();
        printed.lines().next().unwrap_or_default().trim().to_owned()
    };
    let chromium = browser::find_chromium().map(|chromium| printed(&chromium, &["--version"])).unwrap_or_default();
    let versions = "import sys, aiohttp; print(f'Python {sys.version.split()[0]} with aiohttp {aiohttp.__version__}')";
    format!(
        "Machine: {}, {cores} cores, {}; {chromium}; {}. Measured on {}, with the load average at {load_before} before and {} after.",
        model.trim_start_matches([' ', '\t', ':']),
        printed(Path::new("uname"), &["-s"]),
        printed(python, &["-c", versions]),
        printed(Path::new("date"), &["-u", "+%Y-%m-%d"]),
        load(),
    )
}

/// The load average over a minute.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("an unknown value").to_owned()
}
