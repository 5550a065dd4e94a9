//! The programs that a build or a test needs beside the compiler: trunk, wasm-bindgen, wasm-opt, and Python with a
//! llama.cpp server and aiohttp. What is missing goes into a folder of this user's, and nobody's own tools are replaced.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::run::{cache_dir, cargo_home, output, run, say, search_path, which};
use crate::wasm::Compiler;
use crate::{Doing, Error, apt, versions};

/// The search path for a build: our tools, the compiler, then PATH and cargo's own folder. Tools that are missing on it,
/// or are there in another version, are installed first.
///
/// # Errors
/// When a tool cannot be set up.
pub fn ensure_for_build(compiler: &Compiler) -> Result<std::ffi::OsString, Error> {
    let tools = cache_dir()?.join("tools");
    let binaryen = cache_dir()?.join(format!("binaryen-{}", versions::BINARYEN));
    let ours = [binaryen.join("node_modules/.bin"), tools.join("bin")];
    let cargo_bin: Vec<PathBuf> = cargo_home().map(|home| home.join("bin")).into_iter().collect();
    let path = compiler.path(&ours, &cargo_bin)?;

    cargo_tool(&path, "trunk", "trunk", versions::TRUNK, true, "4 to 8 minutes on two cores")?;
    let bindgen = versions::wasm_bindgen()?;
    for program in ["wasm-bindgen", "wasm-bindgen-test-runner"] {
        // Its own lock file names crates that not every registry has, so the newest that fit are taken.
        cargo_tool(&path, program, "wasm-bindgen-cli", &bindgen, false, "2 to 4 minutes on two cores")?;
    }
    wasm_opt(&path, &binaryen)?;
    Ok(path)
}

/// The version that the program on this path prints; None without it.
fn version_on(path: &OsStr, program: &str) -> Option<String> {
    let printed = output(Command::new(which(program, Some(path))?).arg("--version").env("PATH", path))?;
    versions::printed(&printed).map(str::to_owned)
}

/// These tools run for seconds and take minutes to compile: less optimised, they are there in two thirds of the time.
const QUICK_TO_COMPILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"),
];

/// Makes sure that the first `program` on the path has this version, installing the crate when it has not.
fn cargo_tool(
    path: &OsStr,
    program: &str,
    krate: &str,
    version: &str,
    locked: bool,
    how_long: &str,
) -> Result<(), Error> {
    if version_on(path, program).as_deref() == Some(version) {
        return Ok(());
    }
    say(&format!("Installing {krate} {version} with cargo ({how_long})"));
    let tools = cache_dir()?.join("tools");
    // A folder of our own for what is compiled: an interrupted install goes on where it stopped.
    let work = cache_dir()?.join(format!("{krate}-build"));
    let mut command = Command::new("cargo");
    command.args(["install", krate, "--version", version, "--force", "--root"]).arg(&tools);
    command.args(locked.then_some("--locked")).env("CARGO_TARGET_DIR", &work).current_dir(std::env::temp_dir());
    command.envs(QUICK_TO_COMPILE);
    run(&mut command, "Check the network, and that this machine's rustc is 1.90 or later.")?;
    let _ = fs::remove_dir_all(work);
    if version_on(path, program).as_deref() == Some(version) {
        return Ok(());
    }
    Err(Error::Said(format!("{program} was installed into {} but does not run from there", tools.display())))
}

/// The driver for Firefox, installed into the folder of this user's tools.
///
/// # Errors
/// When it cannot be installed.
pub fn ensure_geckodriver() -> Result<PathBuf, Error> {
    let bin = cache_dir()?.join("tools/bin");
    let path = search_path(std::slice::from_ref(&bin), &[])?;
    cargo_tool(&path, "geckodriver", "geckodriver", versions::GECKODRIVER, true, "2 to 5 minutes on two cores")?;
    Ok(bin.join("geckodriver"))
}

fn wasm_opt(path: &OsStr, folder: &std::path::Path) -> Result<(), Error> {
    let wanted = versions::major(versions::BINARYEN);
    let found = || version_on(path, "wasm-opt").and_then(|version| versions::major(&version));
    if found() == wanted {
        return Ok(());
    }
    if which("npm", None).is_none() || which("node", None).is_none() {
        apt::install(&["nodejs", "npm"], "Node.js with npm", "install Node.js (https://nodejs.org)")?;
    }
    say(&format!("Installing wasm-opt (npm package binaryen {}, under a minute)", versions::BINARYEN));
    fs::create_dir_all(folder).doing(|| format!("make {}", folder.display()))?;
    let mut command = Command::new("npm");
    command.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(folder);
    run(command.arg(format!("binaryen@{}", versions::BINARYEN)), "Check the network and npm's registry.")?;
    if found() == wanted {
        return Ok(());
    }
    Err(Error::Said(format!("wasm-opt was installed into {} but does not run; is node 18 or later?", folder.display())))
}

/// A Python with the packages that the end-to-end tests and the accuracy measurement need.
///
/// # Errors
/// As [`ensure_python`].
pub fn ensure_test_python() -> Result<PathBuf, Error> {
    ensure_python("python", versions::PYTHON_PACKAGES, "a llama.cpp server and aiohttp")
}

/// A Python with these packages (`what` in a word), in a virtual environment of ours with this name.
///
/// # Errors
/// When there is no Python and it cannot be installed, or when pip fails.
pub fn ensure_python(name: &str, packages: &[&str], what: &str) -> Result<PathBuf, Error> {
    let folder = cache_dir()?.join(name);
    let python = folder.join("bin/python");
    let mark = folder.join("packages.txt");
    let listed = packages.join(" ");
    if fs::read_to_string(&mark).is_ok_and(|have| have == listed) && python.exists() {
        return Ok(python);
    }
    let make = || Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder).output();
    if !make().is_ok_and(|done| done.status.success()) {
        apt::install(&["python3", "python3-venv"], "Python with venv", "install Python 3.11 or later")?;
        run(
            Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder),
            "Install Python with its venv module.",
        )?;
    }
    say(&format!("Installing {what} with pip: {listed} (1 to 2 minutes)"));
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
    run(&mut pip, "Check the network and pip's index.")?;
    fs::write(&mark, listed).doing(|| format!("write {}", mark.display()))?;
    Ok(python)
}
