//! The command line of `cargo xtask`: what each command takes, and what its help says.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lexopt::Parser;
use lexopt::prelude::*;
use xtask::browser::Engine;
use xtask::{Error, accuracy, bench, bench_dataset, bench_results};

/// Each command with its help, in the order of the whole help.
const HELP: [(&str, &str); 7] = [
    (
        "serve",
        "\
cargo xtask serve [--port N] [--dist DIR]
    Set up, build, and serve the page.
      --port N       The port; 8080 unless given
      --dist DIR     Serve this folder, which is built already",
    ),
    (
        "build",
        "\
cargo xtask build
    Set up, and build the static site in dist/.",
    ),
    (
        "bench",
        "\
cargo xtask bench ['FRAGMENT'] [--out FILE] [--timeout SECONDS]
    Run the page in a headless browser with the settings of FRAGMENT, or without one against the simulated server.
      --out FILE           Where the result goes; a name made from the settings unless given
      --timeout SECONDS    How long to wait for the outcome; made from the settings unless given",
    ),
    (
        "bench-dataset",
        "\
cargo xtask bench-dataset [--size-mb N] [--rounds N] [--out FILE] [--dist DIR]
    Draw the same prompts from a large dataset in the page and in Python, and compare times.
      --size-mb N    Size of the dataset, which is generated; 650 unless given
      --rounds N     How often each side draws; 3 unless given
      --out FILE     Where the figures go as JSON
      --dist DIR     Measure the page of this folder, which is built already",
    ),
    (
        "bench-results",
        "\
cargo xtask bench-results [--requests N] [--events N] [--rounds N]
    Open a large result in the page, and time it.
      --requests N    Requests of the result; 10000 unless given
      --events N      Events of each request; 100 unless given
      --rounds N      How often it is opened; 3 unless given",
    ),
    (
        "accuracy",
        "\
cargo xtask accuracy [--streams N,N,…] [--trials N]
    Measure the page beside a Python client, and write docs/accuracy.md.
      --streams N,N,…    Numbers of streams; 1,6,32,100,250 unless given
      --trials N         Runs of each client at each number; 5 unless given",
    ),
    (
        "test",
        "\
cargo xtask test [--browsers NAME,NAME,…]
    Set up, and run every test; those in the page, in these browsers.
      --browsers NAME,NAME,…    Of chromium, firefox and webkit; chromium unless given",
    ),
];

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    /// Print this text.
    Help(String),
    Build,
    Serve(ServeOptions),
    Bench(bench::Options),
    BenchDataset(bench_dataset::Options),
    BenchResults(bench_results::Options),
    Accuracy(accuracy::Options),
    Test(Vec<Engine>),
}

/// The options of `cargo xtask serve`.
#[derive(Debug, PartialEq)]
pub(crate) struct ServeOptions {
    pub(crate) port: u16,
    /// What is built already, in place of a build.
    pub(crate) dist: Option<PathBuf>,
}

/// Reads the words after `cargo xtask`.
///
/// # Errors
/// Which word is not understood, and where the help is.
pub(crate) fn command(words: impl IntoIterator<Item = OsString>) -> Result<Command, Error> {
    let mut words = Parser::from_args(words);
    let name = match words.next() {
        Ok(Some(Long("help") | Short('h'))) => "help".to_owned(),
        Ok(Some(Value(name))) => name.to_string_lossy().into_owned(),
        Ok(Some(other)) => other.unexpected().to_string(),
        Ok(None) => return Err(Error::Said(format!("Name a command:\n\n{}", help()))),
        Err(error) => return Err(Error::Said(error.to_string())),
    };
    let command = match name.as_str() {
        "help" => Ok(Command::Help(help())),
        "build" => bare(&mut words, "build", Command::Build),
        "serve" => serve(&mut words),
        "bench" => bench(&mut words),
        "bench-dataset" => bench_dataset(&mut words),
        "bench-results" => bench_results(&mut words),
        "accuracy" => accuracy(&mut words),
        "test" => test(&mut words),
        _ => return Err(Error::Said(format!("`{name}` is not a command. The commands are:\n\n{}", help()))),
    };
    command.map_err(|error| Error::Said(format!("{error}; `cargo xtask {name} --help` lists what it takes")))
}

fn help() -> String {
    HELP.map(|(_, text)| text).join("\n")
}

/// A word that the command has no option for: its help, or an error that names the word.
fn other(word: lexopt::Arg<'_>, command: &str) -> Result<Command, lexopt::Error> {
    match word {
        Long("help") | Short('h') => {
            let text = HELP.iter().find(|(name, _)| *name == command).map(|(_, text)| *text);
            Ok(Command::Help(text.unwrap_or_default().to_owned()))
        }
        word => Err(word.unexpected()),
    }
}

/// A command without options.
fn bare(words: &mut Parser, name: &str, command: Command) -> Result<Command, lexopt::Error> {
    words.next()?.map_or(Ok(command), |word| other(word, name))
}

fn test(words: &mut Parser) -> Result<Command, lexopt::Error> {
    let mut engines = vec![Engine::Chromium];
    while let Some(word) = words.next()? {
        match word {
            Long("browsers") => {
                let names = words.value()?.string()?;
                engines = Engine::list(&names).map_err(|error| lexopt::Error::Custom(Box::new(error)))?;
            }
            word => return other(word, "test"),
        }
    }
    Ok(Command::Test(engines))
}

fn serve(words: &mut Parser) -> Result<Command, lexopt::Error> {
    let mut options = ServeOptions { port: 8080, dist: None };
    while let Some(word) = words.next()? {
        match word {
            Long("port") => options.port = number(words, "--port")?,
            Long("dist") => options.dist = Some(words.value()?.into()),
            word => return other(word, "serve"),
        }
    }
    Ok(Command::Serve(options))
}

fn bench(words: &mut Parser) -> Result<Command, lexopt::Error> {
    let mut options = bench::Options::default();
    while let Some(word) = words.next()? {
        match word {
            Long("out") => options.out = Some(words.value()?.into()),
            Long("timeout") => options.timeout = Some(Duration::from_secs(number(words, "--timeout")?)),
            Value(fragment) if options.fragment.is_empty() => options.fragment = fragment.string()?,
            word => return other(word, "bench"),
        }
    }
    Ok(Command::Bench(options))
}

fn bench_dataset(words: &mut Parser) -> Result<Command, lexopt::Error> {
    let mut options = bench_dataset::Options::default();
    while let Some(word) = words.next()? {
        match word {
            Long("size-mb") => options.size_mb = number(words, "--size-mb")?,
            Long("rounds") => options.rounds = number(words, "--rounds")?,
            Long("out") => options.out = Some(words.value()?.into()),
            Long("dist") => options.dist = Some(words.value()?.into()),
            word => return other(word, "bench-dataset"),
        }
    }
    Ok(Command::BenchDataset(options))
}

fn bench_results(words: &mut Parser) -> Result<Command, lexopt::Error> {
    let mut options = bench_results::Options::default();
    while let Some(word) = words.next()? {
        match word {
            Long("requests") => options.requests = number(words, "--requests")?,
            Long("events") => options.events = number(words, "--events")?,
            Long("rounds") => options.rounds = number(words, "--rounds")?,
            word => return other(word, "bench-results"),
        }
    }
    Ok(Command::BenchResults(options))
}

fn accuracy(words: &mut Parser) -> Result<Command, lexopt::Error> {
    let mut options = accuracy::Options::default();
    while let Some(word) = words.next()? {
        match word {
            Long("streams") => {
                options.streams = words.value()?.string()?;
                options.streams.split(',').try_for_each(|streams| parse::<u32>(streams, "--streams").map(drop))?;
            }
            Long("trials") => options.trials = number(words, "--trials")?,
            word => return other(word, "accuracy"),
        }
    }
    Ok(Command::Accuracy(options))
}

/// The whole number after a flag.
fn number<T: FromStr<Err: Display>>(words: &mut Parser, flag: &str) -> Result<T, lexopt::Error> {
    parse(&words.value()?.string()?, flag)
}

fn parse<T: FromStr<Err: Display>>(text: &str, flag: &str) -> Result<T, lexopt::Error> {
    text.parse().map_err(|error| format!("{flag} takes a whole number, not `{text}` ({error})").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Command, String> {
        command(words.iter().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn serve_takes_its_flags_in_any_order() {
        let serve = |port, dist: Option<&str>| Ok(Command::Serve(ServeOptions { port, dist: dist.map(Into::into) }));
        assert_eq!(read(&["serve"]), serve(8080, None));
        assert_eq!(read(&["serve", "--dist", "d", "--port", "1"]), serve(1, Some("d")));
        assert_eq!(read(&["serve", "--port=1", "--dist=d"]), serve(1, Some("d")));
        assert!(read(&["serve", "--port", "70000"]).unwrap_err().contains("--port takes a whole number, not `70000`"));
        assert!(read(&["serve", "--port"]).unwrap_err().contains("--port"));
    }

    #[test]
    fn bench_takes_one_fragment_among_its_flags() {
        let options = bench::Options {
            fragment: "seed=1".into(),
            out: Some("o.json".into()),
            timeout: Some(Duration::from_secs(9)),
        };
        assert_eq!(read(&["bench", "--out", "o.json", "seed=1", "--timeout", "9"]), Ok(Command::Bench(options)));
        assert!(read(&["bench", "seed=1", "seed=2"]).unwrap_err().contains("seed=2"));
    }

    #[test]
    fn the_other_commands_take_theirs() {
        let dataset = bench_dataset::Options { size_mb: 20, rounds: 1, ..Default::default() };
        assert_eq!(read(&["bench-dataset", "--rounds", "1", "--size-mb", "20"]), Ok(Command::BenchDataset(dataset)));
        let results = bench_results::Options { requests: 20, events: 5, ..Default::default() };
        assert_eq!(read(&["bench-results", "--events", "5", "--requests", "20"]), Ok(Command::BenchResults(results)));
        let accuracy = accuracy::Options { streams: "1,6".into(), trials: 2 };
        assert_eq!(read(&["accuracy", "--trials", "2", "--streams", "1,6"]), Ok(Command::Accuracy(accuracy)));
        assert!(read(&["accuracy", "--streams", "1,six"]).unwrap_err().contains("six"));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let error = read(&["sevre"]).unwrap_err();
        assert!(error.contains("sevre") && error.contains("cargo xtask serve"), "{error}");
        for (command, _) in HELP {
            let error = read(&[command, "--nonsense"]).unwrap_err();
            assert!(error.contains("'--nonsense'"), "{error}");
            assert!(error.contains(&format!("cargo xtask {command} --help")), "{error}");
        }
        assert!(read(&["--nonsense"]).unwrap_err().contains("--nonsense"));
        assert!(read(&[]).unwrap_err().contains("cargo xtask serve"));
    }

    /// The flags that a text names.
    fn flags(text: &str) -> Vec<&str> {
        let words = text.split(|char: char| char.is_whitespace() || "[]\"()|".contains(char));
        let mut flags: Vec<&str> = words.filter(|word| word.starts_with("--")).collect();
        flags.sort_unstable();
        flags.dedup();
        flags
    }

    #[test]
    fn each_help_lists_what_the_command_takes() {
        let source = include_str!("args.rs");
        for (command, text) in HELP {
            assert_eq!(read(&[command, "--help"]), Ok(Command::Help(text.to_owned())));
            for flag in flags(text) {
                let error = read(&[command, flag]).unwrap_err();
                assert!(error.contains("missing argument") && error.contains(flag), "{command} {flag}: {error}");
            }
            // Every flag that the command's function takes is in its help.
            let function = source.split(&format!("\nfn {}(", command.replace('-', "_"))).nth(1).unwrap_or_default();
            let body = function.split("\n}").next().unwrap_or_default();
            for taken in body.split("Long(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(flags(text).contains(&format!("--{taken}").as_str()), "{command} --{taken} is not in its help");
            }
        }
        assert_eq!(read(&["--help"]), Ok(Command::Help(help())));
        assert_eq!(read(&["help"]), read(&["-h"]));
    }
}
