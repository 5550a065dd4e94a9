//! `cargo xtask test`: every check and test, one after the other, with the output as it comes and one count at the end.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::browser::Engine;
use crate::run::{failed, run, say};
use crate::wasm::{Compiler, TARGET};
use crate::{Doing, Error, caddy, cross_engine, root, site, tools, wasm};

/// How many checks and tests passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Counts a check that passes or fails as a whole, and says so when it failed.
    fn check(&mut self, name: &str, result: Result<(), Error>) -> bool {
        let fine = result.is_ok();
        if let Err(error) = result {
            say(&format!("FAILED: {name}: {error}"));
        }
        self.add(Self { passed: u64::from(fine), failed: u64::from(!fine) });
        fine
    }

    /// Counts a command's tests; one that fails without a failed test is a failure too.
    fn tests(&mut self, name: &str, result: Result<(Self, bool), Error>) {
        match result {
            Ok((tally, fine)) => {
                self.add(tally);
                if !fine && tally.failed == 0 {
                    say(&format!("FAILED: {name}: it ended with an error"));
                    self.failed += 1;
                }
            }
            Err(error) => {
                self.check(name, Err(error));
            }
        }
    }
}

/// Sets up what tests need and runs them all; those in the page, in these engines.
///
/// # Errors
/// When set-up fails. Failed tests are no error: they are counted.
pub fn test(engines: &[Engine]) -> Result<Tally, Error> {
    let compiler = wasm::ensure()?;
    let path = tools::ensure_for_build(&compiler)?;
    for engine in engines {
        engine.ensure()?;
    }
    let llama = tools::ensure_test_python()?;
    caddy::ensure()?;

    let mut tally = Tally::default();
    lint(&mut tally, &compiler);

    say("Native tests (2 to 5 minutes the first time)");
    let mut native = cargo();
    native.args(["test", "--no-fail-fast", "--workspace", "--exclude", "e2e", "--features", NATIVE_FEATURES]);
    tally.tests("native tests", count(&mut native));

    if engines.contains(&Engine::Chromium) {
        in_browser(&mut tally, &compiler, &path)?;
    }
    match site::build() {
        Ok(dist) => {
            tally.passed += 1;
            for engine in engines {
                end_to_end(&mut tally, *engine, &dist, &llama)?;
            }
        }
        Err(error) => {
            tally.check("build", Err(error));
        }
    }
    Ok(tally)
}

/// The native tests that run in a browser too.
fn in_browser(tally: &mut Tally, compiler: &Compiler, path: &OsStr) -> Result<(), Error> {
    let browser_tests = browser_tests(&root())?;
    if browser_tests.is_empty() {
        say("No tests with wasm_bindgen_test");
        return Ok(());
    }
    say("Tests in headless Chromium (2 to 5 minutes the first time)");
    let (_, driver) = Engine::Chromium.ensure()?;
    let mut wasm = compiler.cargo();
    wasm.args(["test", "--no-fail-fast", "--target", TARGET, "--features", "app,worker,text"]).args(&browser_tests);
    wasm.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner").env("PATH", path);
    wasm.env("CHROMEDRIVER", &driver).env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    tally.tests("tests in the browser", count(&mut wasm));
    Ok(())
}

/// The end-to-end tests in one engine: all of them in Chromium, those that are alike in all engines in the others.
fn end_to_end(tally: &mut Tally, engine: Engine, dist: &Path, llama: &Path) -> Result<(), Error> {
    let (browser, driver) = engine.ensure()?;
    let mut e2e = cargo();
    e2e.args(["test", "--no-fail-fast", "--package", "e2e"]);
    if engine != Engine::Chromium {
        e2e.args(["--tests", "--", "--exact"]).args(cross_engine::TESTS);
    } else {
        e2e.arg("--");
    }
    e2e.arg("--test-threads=1").env(Engine::VARIABLE, engine.name());
    e2e.env("STREAMGAUGE_DIST", dist).env("STREAMGAUGE_LLAMA_PYTHON", llama);
    let [of_browser, of_driver] = engine.program_variables();
    e2e.env(of_browser, browser).env(of_driver, driver);
    let minutes = if engine == Engine::Chromium { "10 to 20 minutes" } else { "4 to 6 minutes" };
    say(&format!("End-to-end tests in {} ({minutes})", engine.title()));
    let counted = count(&mut e2e);
    let ran = counted.as_ref().map_or(0, |(tally, _)| tally.passed + tally.failed);
    let name = format!("end-to-end tests in {}", engine.title());
    tally.tests(&name, counted);
    if engine != Engine::Chromium && ran != cross_engine::TESTS.len() as u64 {
        let text = format!("{ran} of {} tests ran", cross_engine::TESTS.len());
        tally.check(&name, Err(Error::Said(text)));
    }
    Ok(())
}

const NATIVE_FEATURES: &str = "streamgauge/text,streamgauge/charts";

/// The running toolchain's cargo, in the workspace.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

fn lint(tally: &mut Tally, compiler: &Compiler) {
    say("Formatting and lints (2 to 5 minutes the first time)");
    let mut fmt = cargo();
    tally.check("fmt", run(fmt.args(["fmt", "--all", "--check"]), "Run `cargo fmt --all`."));

    let strict = ["--", "-D", "warnings"];
    let mend = "Mend what clippy says.";
    let mut native = cargo();
    native.args(["clippy", "--workspace", "--all-targets", "--features", NATIVE_FEATURES]).args(strict);
    tally.check("clippy", run(&mut native, mend));
    for binary in ["app", "worker", "chat-template"] {
        tally.check(&format!("clippy {binary}"), lint_binary(compiler, binary, strict));
    }
}

/// Lints what ships to the browser. Debian's compiler has no clippy, so there the running toolchain's lints the code as
/// if for this machine, and the compiler for the browser checks it.
fn lint_binary(compiler: &Compiler, feature: &str, strict: [&str; 3]) -> Result<(), Error> {
    let mend = "Mend what clippy says.";
    if compiler.has_clippy() {
        let mut wasm = compiler.cargo();
        return run(wasm.args(["clippy", "--target", TARGET, "--features", feature]).args(strict), mend);
    }
    let mut native = cargo();
    run(native.args(["clippy", "--lib", "--bins", "--features", feature]).args(strict), mend)?;
    let mut check = compiler.cargo();
    run(check.args(["check", "--target", TARGET, "--features", feature]), "Mend what the compiler says.")
}

/// The `cargo test` targets that hold tests for the browser: integration tests by name, each a file or a folder with a
/// main.rs, and the library.
fn browser_tests(root: &Path) -> Result<Vec<String>, Error> {
    let mut targets = Vec::new();
    let folder = root.join("tests");
    for entry in fs::read_dir(&folder).doing(|| format!("read {}", folder.display()))?.flatten() {
        let path = entry.path();
        let is_test = path.extension().is_some_and(|ending| ending == "rs") || path.join("main.rs").is_file();
        if let Some(name) = path.file_stem().filter(|_| is_test)
            && names_browser_tests(&path)?
        {
            targets.push(format!("--test={}", name.to_string_lossy()));
        }
    }
    targets.sort();
    if names_browser_tests(&root.join("src"))? {
        targets.push("--lib".to_owned());
    }
    Ok(targets)
}

/// Whether a source in this folder, or this source, names the attribute of tests for the browser.
fn names_browser_tests(path: &Path) -> Result<bool, Error> {
    let mut sources = Vec::new();
    site::collect(path, &mut sources)?;
    let names = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.contains("wasm_bindgen_test"));
    Ok(sources.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")).any(names))
}

/// Runs a test command, shows what it prints and counts its results: the tests, and whether it succeeded.
fn count(command: &mut Command) -> Result<(Tally, bool), Error> {
    let advice = "It could not be started.";
    let child = command.stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| failed(command, &error.to_string(), advice))?;
    let mut tally = Tally::default();
    if let Some(stdout) = child.stdout.take() {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).doing(|| "read a test's output".into())? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            tally.add(results(&text).unwrap_or_default());
            line.clear();
        }
    }
    let status = child.wait().map_err(|error| failed(command, &error.to_string(), advice))?;
    Ok((tally, status.success()))
}

/// Reads a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn results(line: &str) -> Option<Tally> {
    let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let count = |what: &str| counts.split("; ").find_map(|part| part.strip_suffix(what)?.trim().parse().ok());
    Some(Tally { passed: count(" passed")?, failed: count(" failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_lines_of_test_runners() {
        let of = |passed, failed| Some(Tally { passed, failed });
        let ok = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s";
        assert_eq!(results(ok), of(12, 0));
        assert_eq!(
            results("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n"),
            of(1, 2)
        );
        assert_eq!(
            results("test result: ok. 3 passed; 0 failed; 0 ignored; 0 filtered out; finished in 1.2s"),
            of(3, 0)
        );
        for other in ["test a ... ok", "result: ok. 1 passed; 0 failed", "test result: ok", ""] {
            assert_eq!(results(other), None, "{other}");
        }
    }

    #[test]
    fn finds_the_tests_for_the_browser() {
        let root = std::env::temp_dir().join(format!("streamgauge-tests-{}", std::process::id()));
        for folder in ["src", "tests/deep", "tests/data"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let browser = "use wasm_bindgen_test::*;";
        let sources = [
            ("src/lib.rs", ""),
            ("tests/native.rs", ""),
            ("tests/web.rs", browser),
            ("tests/deep/main.rs", ""),
            ("tests/deep/part.rs", browser),
            ("tests/data/note.rs", browser),
        ];
        for (path, text) in sources {
            fs::write(root.join(path), text).unwrap();
        }
        assert_eq!(browser_tests(&root).unwrap(), ["--test=deep", "--test=web"]);
        fs::write(root.join("src/lib.rs"), browser).unwrap();
        assert_eq!(browser_tests(&root).unwrap(), ["--test=deep", "--test=web", "--lib"]);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn counts_what_a_command_prints_and_how_it_ends() {
        let script = "printf 'x\\ntest result: ok. 2 passed; 0 failed; 0 ignored\\n\\377\\n\
                      test result: FAILED. 1 passed; 1 failed; 0 ignored\\n'; exit 3";
        let (tally, fine) = count(Command::new("sh").args(["-c", script])).unwrap();
        assert_eq!((tally, fine), (Tally { passed: 3, failed: 1 }, false));
    }

    #[test]
    fn a_command_that_breaks_without_a_failed_test_counts_as_a_failure() {
        let mut tally = Tally::default();
        tally.tests("broken", count(Command::new("sh").args(["-c", "exit 1"])));
        tally.tests("not there", count(&mut Command::new("no-such-program-here")));
        tally.tests(
            "fine",
            count(Command::new("sh").args(["-c", "echo 'test result: ok. 4 passed; 0 failed; 0 ignored'"])),
        );
        assert_eq!(tally, Tally { passed: 4, failed: 2 });
    }
}
