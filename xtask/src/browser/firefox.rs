//! Firefox: finding it and its driver, setting them up, and how it starts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::find;
use crate::run::cache_dir;
use crate::{Doing, Error, apt, tools};

const FIREFOXES: &[&str] = &["firefox-esr", "firefox"];
const ON_A_MAC: &str = "/Applications/Firefox.app/Contents/MacOS/firefox";

/// For a browser that starts at once, asks nothing, calls no one, and after a kill opens what it is told to and no more.
/// What a page may do, and when, is as people have it.
const PREFERENCES: &[(&str, &str)] = &[
    ("app.normandy.enabled", "false"),
    ("app.update.disabledForTesting", "true"),
    ("browser.aboutwelcome.enabled", "false"),
    ("browser.newtabpage.activity-stream.feeds.system.topstories", "false"),
    ("browser.region.update.enabled", "false"),
    ("browser.safebrowsing.downloads.remote.enabled", "false"),
    ("browser.safebrowsing.malware.enabled", "false"),
    ("browser.safebrowsing.phishing.enabled", "false"),
    ("browser.sessionstore.resume_from_crash", "false"),
    ("browser.shell.checkDefaultBrowser", "false"),
    ("browser.startup.homepage_override.mstone", "\"ignore\""),
    ("browser.topsites.contile.enabled", "false"),
    ("datareporting.policy.dataSubmissionEnabled", "false"),
    ("dom.push.connection.enabled", "false"),
    ("extensions.getAddons.cache.enabled", "false"),
    ("extensions.systemAddon.update.enabled", "false"),
    ("media.gmp-manager.updateEnabled", "false"),
    ("network.captive-portal-service.enabled", "false"),
    ("network.connectivity-service.enabled", "false"),
    ("services.settings.server", "\"data:,\""),
    ("toolkit.startup.max_resumed_crashes", "-1"),
    ("toolkit.telemetry.reportingpolicy.firstRun", "false"),
];

/// Firefox: the one that FIREFOX names, or the first of the usual ones on PATH.
pub fn find_firefox() -> Option<PathBuf> {
    find("FIREFOX", FIREFOXES, [PathBuf::from(ON_A_MAC)])
}

/// The driver: the one that GECKODRIVER names, the one on PATH, or the one that set-up installed.
pub fn find_geckodriver() -> Option<PathBuf> {
    find("GECKODRIVER", &["geckodriver"], cache_dir().map(|dir| dir.join("tools/bin/geckodriver")))
}

/// Finds Firefox, or installs Debian's.
///
/// # Errors
/// When there is none and it cannot be installed.
pub(super) fn ensure() -> Result<PathBuf, Error> {
    if find_firefox().is_none() {
        apt::install(&["firefox-esr"], "Firefox", "install Firefox, or set FIREFOX to its path")?;
    }
    find_firefox()
        .ok_or_else(|| Error::Said("Firefox was installed but is not on PATH; set FIREFOX to its path".into()))
}

/// As [`ensure`], with the driver, which cargo installs.
pub(super) fn ensure_driver() -> Result<(PathBuf, PathBuf), Error> {
    let firefox = ensure()?;
    let driver = match find_geckodriver() {
        Some(driver) => driver,
        None => tools::ensure_geckodriver()?,
    };
    Ok((firefox, driver))
}

/// A plain headless browser with its profile in this folder.
pub(super) fn command(program: &Path, profile: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--headless", "--no-remote", "--profile"]).arg(profile);
    command
}

/// Writes the preferences into a profile.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn set_preferences(profile: &Path) -> Result<(), Error> {
    let lines = PREFERENCES.iter().map(|(name, value)| format!("user_pref(\"{name}\", {value});\n"));
    let path = profile.join("user.js");
    fs::write(&path, lines.collect::<String>()).doing(|| format!("write {}", path.display()))
}
