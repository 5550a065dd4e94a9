//! What each engine's driver is told of the browser that it is to start.

use std::path::Path;

use serde_json::{Map, Value, json};
use xtask::browser::{self, Engine};

use crate::driver::Theme;

/// Chromium makes no window narrower; a narrower page is that of a device that it plays.
const NARROWEST_WINDOW_PX: u32 = 500;

/// The capabilities of a new session: a browser with its profile in this folder, started with these arguments too, in a
/// window of this size. Firefox and WebKit get their size afterwards.
///
/// # Panics
/// When the browser is not there, or cannot play this.
pub(crate) fn capabilities(
    engine: Engine,
    profile: &Path,
    args: &[&str],
    size: (u32, u32),
    theme: Theme,
) -> Map<String, Value> {
    assert!(size.0 >= NARROWEST_WINDOW_PX || engine == Engine::Chromium, "only Chromium plays a page of {} px", size.0);
    let (browser, _) = engine.ensure().expect("a browser and its driver");
    let options = match engine {
        Engine::Chromium => json!({ "goog:chromeOptions": chromium(&browser, profile, args, size, theme) }),
        Engine::Firefox => {
            let scheme = json!({ "layout.css.prefers-color-scheme.content-override": u8::from(theme == Theme::Light) });
            let args = json!(["-headless", "-profile", profile]);
            json!({ "moz:firefoxOptions": { "binary": browser, "args": args, "prefs": scheme } })
        }
        Engine::Webkit => {
            assert!(theme == Theme::Light, "WebKit is driven with its light theme alone");
            json!({ "webkitgtk:browserOptions": { "binary": browser, "args": ["--automation"] } })
        }
    };
    options.as_object().cloned().unwrap_or_default()
}

fn chromium(browser: &Path, profile: &Path, args: &[&str], size: (u32, u32), theme: Theme) -> Value {
    let own = [
        format!("--user-data-dir={}", profile.display()),
        format!("--window-size={},{}", size.0, size.1),
        // Blink counts dark as 0 and light as 1.
        format!("--blink-settings=preferredColorScheme={}", u8::from(theme == Theme::Light)),
    ];
    let args: Vec<&str> =
        own.iter().map(String::as_str).chain(browser::HEADLESS_ARGS.iter().chain(args).copied()).collect();
    let mut options = json!({ "binary": browser, "args": args });
    if size.0 < NARROWEST_WINDOW_PX {
        let metrics = json!({ "width": size.0, "height": size.1, "pixelRatio": 1.0, "touch": false });
        options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
    }
    options
}
