//! The project's commands: `cargo xtask build`, `serve`, `bench`, `bench-dataset`, `bench-results`, `accuracy` and `test`. Each sets up what it needs and is missing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use xtask::browser::Engine;
use xtask::static_server::StaticServer;
use xtask::{Error, accuracy, bench, bench_dataset, bench_results, site, suite};

const USAGE: &str = "\
cargo xtask serve [--port N] [--dist DIR]       set up, build, and serve the page (port 8080; DIR: what is built already)
cargo xtask build                               set up, and build the static site in dist/
cargo xtask bench ['FRAGMENT'] [--out FILE] [--timeout SECONDS]
                                                run the page in a headless browser (no FRAGMENT: the simulated server)
cargo xtask bench-dataset [--size-mb N] [--rounds N] [--out FILE] [--dist DIR]
                                                draw prompts from a dataset of 650 MB, in the page and in Python side by side
cargo xtask accuracy [--streams 1,6,32] [--trials N]
                                                measure the page beside a Python client, and write docs/accuracy.md
cargo xtask bench-results [--requests N] [--events N] [--rounds N]
                                                open a result of 10000 requests of 100 events in the page, and time it
cargo xtask test [--browsers chromium,firefox,webkit]
                                                set up, and run every test; those in the page, in these browsers";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match command(&words) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn command(words: &[&str]) -> Result<ExitCode, Error> {
    match words {
        ["build"] => site::build().map(|dist| println!("The site is in {}", dist.display()))?,
        ["serve", rest @ ..] => serve(&ServeOptions::read(rest)?)?,
        ["bench", rest @ ..] => bench::bench(&bench_options(rest)?)?,
        ["bench-dataset", rest @ ..] => {
            let same = bench_dataset::bench_dataset(&dataset_options(rest)?)?;
            return Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        ["accuracy", rest @ ..] => accuracy::accuracy(&accuracy_options(rest)?)?,
        ["bench-results", rest @ ..] => bench_results::bench_results(&results_options(rest)?)?,
        ["test"] => return test(&Engine::ALL),
        ["test", "--browsers", engines] => return test(&Engine::list(engines)?),
        ["help" | "--help" | "-h"] => println!("{USAGE}"),
        _ => return Err(Error::Said(format!("`{}` is no command. There are:\n{USAGE}", words.join(" ")))),
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, PartialEq)]
struct ServeOptions {
    port: u16,
    dist: Option<PathBuf>,
}

impl ServeOptions {
    fn read(words: &[&str]) -> Result<Self, Error> {
        match words {
            [] => Ok(Self { port: 8080, dist: None }),
            ["--port", port, rest @ ..] => Ok(Self { port: number("--port", port)?, ..Self::read(rest)? }),
            ["--dist", dist, rest @ ..] => Ok(Self { dist: Some(dist.into()), ..Self::read(rest)? }),
            _ => Err(unknown("serve", words)),
        }
    }
}

fn bench_options(words: &[&str]) -> Result<bench::Options, Error> {
    match words {
        [] => Ok(bench::Options::default()),
        ["--out", out, rest @ ..] => Ok(bench::Options { out: Some(out.into()), ..bench_options(rest)? }),
        ["--timeout", seconds, rest @ ..] => {
            let timeout = Some(Duration::from_secs(number("--timeout", seconds)?));
            Ok(bench::Options { timeout, ..bench_options(rest)? })
        }
        [fragment, rest @ ..] if !fragment.starts_with("--") => {
            let others = bench_options(rest)?;
            if !others.fragment.is_empty() {
                return Err(unknown("bench", words));
            }
            Ok(bench::Options { fragment: (*fragment).to_owned(), ..others })
        }
        _ => Err(unknown("bench", words)),
    }
}

fn dataset_options(words: &[&str]) -> Result<bench_dataset::Options, Error> {
    let [flag, value, rest @ ..] = words else {
        return if words.is_empty() { Ok(Default::default()) } else { Err(unknown("bench-dataset", words)) };
    };
    let others = dataset_options(rest)?;
    Ok(match *flag {
        "--size-mb" => bench_dataset::Options { size_mb: number(flag, value)?, ..others },
        "--rounds" => bench_dataset::Options { rounds: number(flag, value)?, ..others },
        "--out" => bench_dataset::Options { out: Some(value.into()), ..others },
        "--dist" => bench_dataset::Options { dist: Some(value.into()), ..others },
        _ => return Err(unknown("bench-dataset", words)),
    })
}

fn accuracy_options(words: &[&str]) -> Result<accuracy::Options, Error> {
    match words {
        [] => Ok(accuracy::Options::default()),
        ["--streams", streams, rest @ ..] => {
            streams.split(',').try_for_each(|streams| number::<u32>("--streams", streams).map(drop))?;
            Ok(accuracy::Options { streams: (*streams).to_owned(), ..accuracy_options(rest)? })
        }
        ["--trials", trials, rest @ ..] => {
            Ok(accuracy::Options { trials: number("--trials", trials)?, ..accuracy_options(rest)? })
        }
        _ => Err(unknown("accuracy", words)),
    }
}

fn results_options(words: &[&str]) -> Result<bench_results::Options, Error> {
    let [flag, value, rest @ ..] = words else {
        return if words.is_empty() { Ok(Default::default()) } else { Err(unknown("bench-results", words)) };
    };
    let others = results_options(rest)?;
    Ok(match *flag {
        "--requests" => bench_results::Options { requests: number(flag, value)?, ..others },
        "--events" => bench_results::Options { events: number(flag, value)?, ..others },
        "--rounds" => bench_results::Options { rounds: number(flag, value)?, ..others },
        _ => return Err(unknown("bench-results", words)),
    })
}

fn number<T: std::str::FromStr>(flag: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Said(format!("{flag} takes a whole number, and `{text}` is none that fits")))
}

fn unknown(command: &str, words: &[&str]) -> Error {
    Error::Said(format!("`{}` is not understood after `{command}`. There are:\n{USAGE}", words.join(" ")))
}

fn serve(options: &ServeOptions) -> Result<(), Error> {
    let dist = match &options.dist {
        Some(dist) => dist.clone(),
        None => site::build()?,
    };
    let server = start(&dist, options.port)?;
    println!("Streamgauge is at {} (Ctrl-C ends it)", server.url());
    loop {
        // Nobody asked for reports here; they are dropped.
        if server.reports().recv().is_err() {
            return Ok(());
        }
    }
}

fn start(dist: &Path, port: u16) -> Result<StaticServer, Error> {
    if !dist.join("index.html").is_file() {
        let dist = dist.display();
        return Err(Error::Said(format!("there is no index.html in {dist}; build the site with `cargo xtask build`")));
    }
    StaticServer::start(dist, port)
        .map_err(|error| Error::Said(format!("port {port} cannot be used ({error}); try another with --port N")))
}

fn test(engines: &[Engine]) -> Result<ExitCode, Error> {
    let tally = suite::test(engines).unwrap_or_else(|error| {
        eprintln!("{error}");
        suite::Tally { passed: 0, failed: 1 }
    });
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(if tally.failed == 0 && tally.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serve_takes_its_flags_in_any_order() {
        let read = |words: &[&str]| ServeOptions::read(words).unwrap();
        assert_eq!(read(&[]), ServeOptions { port: 8080, dist: None });
        assert_eq!(read(&["--dist", "d", "--port", "1"]), ServeOptions { port: 1, dist: Some("d".into()) });
        assert!(ServeOptions::read(&["--port", "70000"]).is_err());
        assert!(ServeOptions::read(&["--port"]).is_err());
    }

    #[test]
    fn bench_takes_one_fragment_among_its_flags() {
        let options = bench_options(&["--out", "o.json", "seed=1", "--timeout", "9"]).unwrap();
        assert_eq!((options.fragment.as_str(), options.out), ("seed=1", Some("o.json".into())));
        assert_eq!(options.timeout, Some(Duration::from_secs(9)));
        assert!(bench_options(&["seed=1", "seed=2"]).is_err());
        assert!(bench_options(&["--nonsense"]).is_err());
    }

    #[test]
    fn bench_dataset_takes_its_flags_in_any_order() {
        let options = dataset_options(&["--rounds", "1", "--size-mb", "20"]).unwrap();
        assert_eq!(options, bench_dataset::Options { size_mb: 20, rounds: 1, ..Default::default() });
        assert!(dataset_options(&["--rounds"]).is_err());
        assert!(dataset_options(&["--size-mb", "big"]).is_err());
    }

    #[test]
    fn bench_results_takes_numbers() {
        let options = results_options(&["--events", "5", "--requests", "20"]).unwrap();
        assert_eq!(options, bench_results::Options { requests: 20, events: 5, ..Default::default() });
        assert!(results_options(&["--events"]).is_err() && results_options(&["--events", "many"]).is_err());
    }

    #[test]
    fn accuracy_takes_a_list_of_streams() {
        let options = accuracy_options(&["--trials", "2", "--streams", "1,6"]).unwrap();
        assert_eq!(options, accuracy::Options { streams: "1,6".into(), trials: 2 });
        assert!(accuracy_options(&["--streams", "1,six"]).unwrap_err().to_string().contains("six"));
    }

    #[test]
    fn an_unknown_command_is_told_the_known_ones() {
        let error = command(&["sevre"]).unwrap_err().to_string();
        assert!(error.contains("sevre") && error.contains("cargo xtask serve"), "{error}");
    }
}
