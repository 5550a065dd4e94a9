//! The project's commands: `cargo xtask build`, `serve`, `bench`, `bench-dataset`, `bench-results`, `accuracy` and `test`. Each sets up what it needs and is missing.

mod args;

use std::path::Path;
use std::process::ExitCode;

use xtask::browser::Engine;
use xtask::static_server::StaticServer;
use xtask::{Error, accuracy, bench, bench_dataset, bench_results, site, suite};

use args::{Command, ServeOptions};

fn main() -> ExitCode {
    match args::command(std::env::args_os().skip(1)).and_then(|command| run(&command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<ExitCode, Error> {
    match command {
        Command::Help(text) => println!("{text}"),
        Command::Build => site::build().map(|dist| println!("The site is in {}", dist.display()))?,
        Command::Serve(options) => serve(options)?,
        Command::Bench(options) => bench::bench(options)?,
        Command::BenchDataset(options) => {
            let same = bench_dataset::bench_dataset(options)?;
            return Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::BenchResults(options) => bench_results::bench_results(options)?,
        Command::Accuracy(options) => accuracy::accuracy(options)?,
        Command::Test(engines) => return test(engines),
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(options: &ServeOptions) -> Result<(), Error> {
    let dist = match &options.dist {
        Some(dist) => dist.clone(),
        None => site::build()?,
    };
    let server = start(&dist, options.port)?;
    println!("Streamgauge is at {} (Ctrl-C ends it)", server.url());
    println!("A link to it that is to run by itself against other hosts needs start-token={}", server.token());
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
