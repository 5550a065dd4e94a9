//! The browsers that the page is tested and measured in: finding them and their drivers, setting them up, and starting a
//! plain one, with no driver attached that would slow down what is measured.

mod chromium;
mod display;
mod firefox;
mod webkit;

use std::env;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;

pub use chromium::{HEADLESS_ARGS, WIDE_AWAKE_ARGS, ensure_chromium, ensure_driver, find_chromedriver, find_chromium};
pub use display::Display;
pub use firefox::{find_firefox, find_geckodriver};
pub use webkit::{find_minibrowser, find_webkit_driver};

use crate::run::{output, say, which};
use crate::{Doing, Error, versions};

/// A browser engine, and the browser that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chromium or Chrome.
    Chromium,
    /// Firefox.
    Firefox,
    /// WebKitGTK's MiniBrowser.
    Webkit,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::Webkit];
    /// The environment variable that names the engine which a test starts.
    pub const VARIABLE: &str = "STREAMGAUGE_BROWSER";

    /// Its name on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }

    /// Its browser's name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::Webkit => "WebKit",
        }
    }

    /// The environment variables that name its browser and its driver, where they are not to be looked for.
    pub fn program_variables(self) -> [&'static str; 2] {
        match self {
            Self::Chromium => ["CHROME", "CHROMEDRIVER"],
            Self::Firefox => ["FIREFOX", "GECKODRIVER"],
            Self::Webkit => ["MINIBROWSER", "WEBKITWEBDRIVER"],
        }
    }

    /// The engine that [`Self::VARIABLE`] names; Chromium where it is not set.
    ///
    /// # Errors
    /// When it names none.
    pub fn chosen() -> Result<Self, Error> {
        env::var(Self::VARIABLE).map_or(Ok(Self::Chromium), |name| name.parse())
    }

    /// The engines of a list such as `chromium,firefox`.
    ///
    /// # Errors
    /// When one of them is none.
    pub fn list(names: &str) -> Result<Vec<Self>, Error> {
        names.split(',').map(str::parse).collect()
    }

    /// Finds its browser and its driver, or sets them up.
    ///
    /// # Errors
    /// When one is missing and cannot be installed.
    pub fn ensure(self) -> Result<(PathBuf, PathBuf), Error> {
        match self {
            Self::Chromium => chromium::ensure_driver(),
            Self::Firefox => firefox::ensure_driver(),
            Self::Webkit => webkit::ensure_driver(),
        }
    }

    /// A display for its browser, where that needs one.
    ///
    /// # Errors
    /// When none can be started.
    pub fn display(self) -> Result<Option<Display>, Error> {
        if self == Self::Webkit { Display::start().map(Some) } else { Ok(None) }
    }

    /// A plain browser with its profile in this folder; the page's address comes last.
    ///
    /// # Errors
    /// When there is no such browser, or no room for its preferences.
    pub fn command(self, profile: &Path, display: Option<&Display>) -> Result<Command, Error> {
        Ok(match self {
            Self::Chromium => chromium::command(&ensure_chromium()?, profile),
            Self::Firefox => {
                firefox::set_preferences(profile)?;
                firefox::command(&firefox::ensure()?, profile)
            }
            Self::Webkit => {
                let (browser, _) = webkit::ensure_driver()?;
                webkit::command(&browser, profile, display.ok_or_else(no_display)?)
            }
        })
    }

    /// Its driver on this port, for a browser with its profile in this folder.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub fn driver(self, port: u16, profile: &Path, display: Option<&Display>) -> Result<Command, Error> {
        let mut command = Command::new(self.ensure()?.1);
        command.arg(format!("--port={port}"));
        match self {
            Self::Chromium => {}
            Self::Firefox => {
                firefox::set_preferences(profile)?;
                command.arg("--websocket-port=0");
            }
            Self::Webkit => webkit::apply(&mut command, profile, display.ok_or_else(no_display)?),
        }
        Ok(command)
    }
}

fn no_display() -> Error {
    Error::Said("WebKit's browser needs a display".into())
}

impl FromStr for Engine {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let all = Self::ALL.map(Self::name).join(", ");
        let unknown = || Error::Said(format!("`{name}` is not a browser engine; there are {all}"));
        Self::ALL.into_iter().find(|engine| engine.name() == name).ok_or_else(unknown)
    }
}

/// A program: the one that this environment variable names, the first of these on PATH, or the first of these places.
fn find(variable: &str, names: &[&str], places: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file());
    let on_path = || names.iter().find_map(|name| which(name, None));
    named.or_else(on_path).or_else(|| places.into_iter().find(|path| path.is_file()))
}

/// Says so where browser and driver are of different versions.
fn same_version(browser: &Path, driver: &Path) {
    let version = |program: &Path| {
        let printed = output(Command::new(program).arg("--version"))?;
        versions::major(versions::printed(&printed)?)
    };
    let versions = [browser, driver].map(version);
    if versions[0] != versions[1] {
        let [of_browser, of_driver] =
            versions.map(|version| version.map_or_else(|| "unknown".into(), |version| version.to_string()));
        let (browser, driver) = (browser.display(), driver.display());
        say(&format!(
            "{browser} is of version {of_browser}, {driver} of {of_driver}: tests in the browser may fail until both are equal"
        ));
    }
}

/// A plain browser on a page, with a profile of its own; both end when it is dropped. What it says goes to `browser.log`
/// in the profile.
#[derive(Debug)]
pub struct Headless {
    child: Child,
    profile: PathBuf,
    _display: Option<Display>,
}

impl Headless {
    /// Starts Chromium, which does not slow down what runs out of sight.
    ///
    /// # Errors
    /// When there is no Chromium, or it does not start.
    pub fn start(url: &str) -> Result<Self, Error> {
        Self::start_with(url, &[])
    }

    /// Starts Chromium with further arguments.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(url: &str, args: &[&str]) -> Result<Self, Error> {
        Self::open(Engine::Chromium, url, args)
    }

    /// Starts this engine's browser.
    ///
    /// # Errors
    /// When there is none, or it does not start.
    pub fn start_in(engine: Engine, url: &str) -> Result<Self, Error> {
        Self::open(engine, url, &[])
    }

    fn open(engine: Engine, url: &str, args: &[&str]) -> Result<Self, Error> {
        let profile = env::temp_dir().join(format!("streamgauge-browser-{:016x}", random()));
        fs::create_dir_all(&profile).doing(|| format!("make {}", profile.display()))?;
        let log = File::create(profile.join(LOG)).doing(|| "make the browser's log".into())?;
        let display = engine.display()?;
        let mut command = engine.command(&profile, display.as_ref())?;
        if engine == Engine::Chromium {
            command.args(WIDE_AWAKE_ARGS);
        }
        command.args(args).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().doing(|| format!("start {}", command.get_program().display()))?;
        Ok(Self { child, profile, _display: display })
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

const LOG: &str = "browser.log";

/// A number that nobody guesses: the standard library seeds its hashers from the system's random source.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_listed_by_name() {
        assert_eq!(Engine::list("webkit,chromium").unwrap(), [Engine::Webkit, Engine::Chromium]);
        let error = Engine::list("chromium,safari").unwrap_err().to_string();
        assert!(error.contains("`safari`") && error.contains("chromium, firefox, webkit"), "{error}");
    }
}
