//! Chromium and its driver: finding them, setting them up, and starting a plain headless browser, with no driver
//! attached that would slow down what is measured.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::run::{output, say, which};
use crate::{Doing, Error, apt, versions};

const CHROMIUMS: &[&str] = &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const ON_A_MAC: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// For a browser that starts at once, asks nothing, calls no one, and does not slow down what runs out of sight. It opens
/// the project's own page alone, so it goes without the sandbox, which root, containers and some systems do not allow.
pub const HEADLESS_ARGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
];

/// Chromium or Chrome: the one that CHROME names, or the first of the usual ones on PATH.
pub fn find_chromium() -> Option<PathBuf> {
    let named = env::var_os("CHROME").map(PathBuf::from).filter(|path| path.is_file());
    let on_path = || CHROMIUMS.iter().find_map(|name| which(name, None));
    let on_a_mac = || ON_A_MAC.iter().map(PathBuf::from).find(|path| path.is_file());
    named.or_else(on_path).or_else(on_a_mac)
}

/// The driver: the one that CHROMEDRIVER names, or the one on PATH.
pub fn find_chromedriver() -> Option<PathBuf> {
    let named = env::var_os("CHROMEDRIVER").map(PathBuf::from).filter(|path| path.is_file());
    named.or_else(|| which("chromedriver", None))
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
    let version = |program: &Path| {
        let printed = output(Command::new(program).arg("--version"))?;
        versions::major(versions::printed(&printed)?)
    };
    let (of_browser, of_driver) = (version(&chromium), version(&driver));
    if of_browser != of_driver {
        say(&format!(
            "{} is of version {}, {} of {}: tests in the browser may fail until both are equal",
            chromium.display(),
            of_browser.map_or_else(|| "unknown".into(), |version| version.to_string()),
            driver.display(),
            of_driver.map_or_else(|| "unknown".into(), |version| version.to_string()),
        ));
    }
    Ok((chromium, driver))
}

/// Starts a headless browser on a page, with a profile of its own. What it says goes to `chromium.log` in the profile.
/// The caller ends it.
///
/// # Errors
/// When there is no Chromium, or it does not start.
pub fn launch_headless(url: &str, profile_dir: &Path) -> Result<Child, Error> {
    let chromium = ensure_chromium()?;
    std::fs::create_dir_all(profile_dir).doing(|| format!("make {}", profile_dir.display()))?;
    let log = File::create(log_of(profile_dir)).doing(|| "make the browser's log".into())?;
    let mut command = Command::new(&chromium);
    command.args(HEADLESS_ARGS).arg(format!("--user-data-dir={}", profile_dir.display()));
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().doing(|| format!("start {}", chromium.display()))
}

/// Where a browser that was started on this profile writes what it says.
pub fn log_of(profile_dir: &Path) -> PathBuf {
    profile_dir.join("chromium.log")
}
