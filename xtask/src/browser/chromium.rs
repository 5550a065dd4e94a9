//! Chromium or Chrome: finding it and its driver, setting them up, and how it starts.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{find, same_version};
use crate::{Error, apt};

const CHROMIUMS: &[&str] = &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const ON_A_MAC: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// For a browser that starts at once, asks nothing and calls no one. It opens the project's own page alone, so it goes without the sandbox, which root, containers and some systems do not allow.
pub const HEADLESS_ARGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// For a browser that does not slow down what runs out of sight.
pub const WIDE_AWAKE_ARGS: &[&str] = &[
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
];

/// Chromium or Chrome: the one that CHROME names, or the first of the usual ones on PATH.
pub fn find_chromium() -> Option<PathBuf> {
    find("CHROME", CHROMIUMS, ON_A_MAC.iter().map(PathBuf::from))
}

/// The driver: the one that CHROMEDRIVER names, or the one on PATH.
pub fn find_chromedriver() -> Option<PathBuf> {
    find("CHROMEDRIVER", &["chromedriver"], [])
}

/// Finds Chromium, or installs Debian's.
///
/// # Errors
/// When there is none and it cannot be installed.
pub fn ensure_chromium() -> Result<PathBuf, Error> {
    if find_chromium().is_none() {
        apt::install(&["chromium"], "Chromium", "install Chromium or Chrome, or set CHROME to its path")?;
    }
    find_chromium()
        .ok_or_else(|| Error::Said("Chromium was installed but is not on PATH; set CHROME to its path".into()))
}

/// Finds Chromium and a driver for it, or installs Debian's.
///
/// # Errors
/// When one is missing and cannot be installed.
pub fn ensure_driver() -> Result<(PathBuf, PathBuf), Error> {
    if find_chromium().is_none() || find_chromedriver().is_none() {
        let elsewhere = "install Chromium and its ChromeDriver, or set CHROME and CHROMEDRIVER to their paths";
        apt::install(&["chromium", "chromium-driver"], "Chromium with its driver", elsewhere)?;
    }
    let chromium = ensure_chromium()?;
    let driver = find_chromedriver().ok_or_else(|| {
        Error::Said("ChromeDriver was installed but is not on PATH; set CHROMEDRIVER to its path".into())
    })?;
    same_version(&chromium, &driver);
    Ok((chromium, driver))
}

/// A plain headless browser with its profile in this folder.
pub(super) fn command(program: &Path, profile: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(HEADLESS_ARGS).arg(format!("--user-data-dir={}", profile.display()));
    command
}
