//! Chromium and its driver: finding them, setting them up, and starting a plain headless browser, with no driver
//! attached that would slow down what is measured.

use std::env;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::run::{output, say, which};
use crate::{Doing, Error, apt, versions};

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

/// A headless browser on a page, with a profile of its own; both end when it is dropped. What it says goes to
/// `chromium.log` in the profile.
#[derive(Debug)]
pub struct Headless {
    child: Child,
    profile: PathBuf,
}

impl Headless {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no Chromium, or it does not start.
    pub fn start(url: &str) -> Result<Self, Error> {
        Self::start_with(url, &[])
    }

    /// Starts it with further arguments.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(url: &str, args: &[&str]) -> Result<Self, Error> {
        let chromium = ensure_chromium()?;
        let profile = env::temp_dir().join(format!("streamgauge-browser-{:016x}", random()));
        fs::create_dir_all(&profile).doing(|| format!("make {}", profile.display()))?;
        let log = File::create(profile.join(LOG)).doing(|| "make the browser's log".into())?;
        let mut command = Command::new(&chromium);
        command
            .args(HEADLESS_ARGS)
            .args(WIDE_AWAKE_ARGS)
            .args(args)
            .arg(format!("--user-data-dir={}", profile.display()));
        command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().doing(|| format!("start {}", chromium.display()))?;
        Ok(Self { child, profile })
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended and what it said last, when it has ended by itself.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(format!("{status}\n{}", self.last_words()))
    }

    /// The last lines that it said.
    pub fn last_words(&self) -> String {
        let log = fs::read(self.profile.join(LOG)).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

impl Drop for Headless {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

const LOG: &str = "chromium.log";

/// A number that nobody guesses: the standard library seeds its hashers from the system's random source.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}
