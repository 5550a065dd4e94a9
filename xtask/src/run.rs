//! Running other programs: finding them, saying what is done, and turning their failure into a sentence.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{Doing, Error};

/// Says what is being done, and how long it may take, on a line of its own.
pub fn say(what: &str) {
    println!("==> {what}");
}

/// Runs a command to its end, its output shown as it comes.
///
/// # Errors
/// When it cannot be started or does not succeed; `advice` closes the sentence.
pub fn run(command: &mut Command, advice: &str) -> Result<(), Error> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(command, &status.to_string(), advice)),
        Err(error) => Err(failed(command, &error.to_string(), advice)),
    }
}

/// Runs a command to its end and gives what it printed, both streams as text; None when it cannot be started or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let Output { status, stdout, stderr } = command.output().ok()?;
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    status.success().then_some(text)
}

/// A failure of a command, as an error.
pub fn failed(command: &Command, how: &str, advice: &str) -> Error {
    Error::Failed { command: line(command), how: how.to_owned(), advice: advice.to_owned() }
}

/// The command line, as a person would type it.
fn line(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    words.join(" ")
}

/// The program of that name on this search path (PATH when None).
pub fn which(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let own = env::var_os("PATH");
    let path = path.or(own.as_deref())?;
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(path).map(|folder| folder.join(&file)).find(|candidate| is_program(candidate))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// PATH with folders put before it and after it.
///
/// # Errors
/// When a folder's name cannot stand in PATH.
pub fn search_path(before: &[PathBuf], after: &[PathBuf]) -> Result<OsString, Error> {
    let own = env::var_os("PATH").unwrap_or_default();
    let all = before.iter().cloned().chain(env::split_paths(&own)).chain(after.iter().cloned());
    env::join_paths(all).map_err(|error| Error::Said(format!("a folder cannot be put into PATH: {error}")))
}

/// Whether this runs as root, who may install packages and for whom browsers refuse their sandbox.
pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// The folder of this user's that set-up fills: tools, not data of anyone's.
///
/// # Errors
/// When there is neither XDG_CACHE_HOME nor HOME.
pub fn cache_dir() -> Result<PathBuf, Error> {
    let base = env::var_os("XDG_CACHE_HOME")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .ok_or_else(|| Error::Said("set HOME or XDG_CACHE_HOME: set-up keeps its tools in a folder there".into()))?;
    let dir = base.join("streamgauge");
    std::fs::create_dir_all(&dir).doing(|| format!("make {}", dir.display()))?;
    Ok(dir)
}

/// The folder in which cargo keeps programs and sources; None without a home.
pub fn cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_programs_and_only_programs() {
        assert!(which("cargo", None).is_some());
        assert!(which("no-such-program-here", None).is_none());
        assert!(which("cargo", Some(OsStr::new("/nonexistent"))).is_none());
    }

    #[test]
    fn a_failure_names_the_command_and_the_advice() {
        let error = run(Command::new("no-such-program-here").arg("--flag"), "Install it.").unwrap_err().to_string();
        assert!(error.contains("no-such-program-here --flag") && error.ends_with("Install it."), "{error}");
    }

    #[test]
    fn folders_go_around_the_path() {
        let path = search_path(&["/first".into()], &["/last".into()]).unwrap();
        let folders: Vec<_> = env::split_paths(&path).collect();
        assert_eq!(folders.first().unwrap(), Path::new("/first"));
        assert_eq!(folders.last().unwrap(), Path::new("/last"));
    }
}
