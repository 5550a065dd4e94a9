//! WebKit, as the small browser of WebKitGTK: finding it and its driver, setting them up, and how it starts. It has no
//! headless mode, so it is given a display that nobody sees.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::display::Display;
use super::find;
use crate::run::{is_root, which};
use crate::{Error, apt};

/// Where distributions keep it, which is not on PATH.
const FOLDERS: &[&str] = &["/usr/lib", "/usr/libexec", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
const VERSIONS: &[&str] = &["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"];

/// MiniBrowser: the one that MINIBROWSER names, or the one of the system's WebKitGTK.
pub fn find_minibrowser() -> Option<PathBuf> {
    let of_folder = |folder: &'static str| VERSIONS.iter().map(move |version| Path::new(folder).join(version));
    find(
        "MINIBROWSER",
        &["MiniBrowser"],
        FOLDERS.iter().flat_map(|folder| of_folder(folder)).map(|dir| dir.join("MiniBrowser")),
    )
}

/// The driver: the one that WEBKITWEBDRIVER names, or the one on PATH.
pub fn find_webkit_driver() -> Option<PathBuf> {
    find("WEBKITWEBDRIVER", &["WebKitWebDriver"], [])
}

/// Finds MiniBrowser and its driver, or installs Debian's. They come together.
pub(super) fn ensure_driver() -> Result<(PathBuf, PathBuf), Error> {
    let missing = || find_minibrowser().is_none() || find_webkit_driver().is_none() || which("Xvfb", None).is_none();
    let elsewhere = "install WebKitGTK's MiniBrowser and WebKitWebDriver, and Xvfb, or set MINIBROWSER and \
                     WEBKITWEBDRIVER to their paths";
    if missing() {
        apt::install(&["webkit2gtk-driver", "xvfb"], "WebKitGTK with its driver, and a display for it", elsewhere)?;
    }
    let absent = || {
        Error::Said("WebKitGTK was installed but its MiniBrowser or WebKitWebDriver is not found; set MINIBROWSER and WEBKITWEBDRIVER to their paths".into())
    };
    find_minibrowser().zip(find_webkit_driver()).ok_or_else(absent)
}

/// A plain browser on this display.
pub(super) fn command(program: &Path, profile: &Path, display: &Display) -> Command {
    let mut command = Command::new(program);
    apply(&mut command, profile, display);
    command
}

/// Gives the browser, or the driver that starts it, its display and its profile. There is nothing to draw with but the
/// processor; and its sandbox, which root cannot set up, is not needed for the project's own page.
pub(super) fn apply(command: &mut Command, profile: &Path, display: &Display) {
    command.env("DISPLAY", display.name()).env("HOME", profile);
    for (variable, folder) in [("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config")] {
        command.env(variable, profile.join(folder));
    }
    command.envs([("WEBKIT_DISABLE_COMPOSITING_MODE", "1"), ("LIBGL_ALWAYS_SOFTWARE", "1")]);
    if is_root() {
        command.env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1");
    }
}
