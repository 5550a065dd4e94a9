//! The simulated server: a Service Worker of the page that answers requests under `simulated/` as a model server would.
//! It must hold the page before the load worker starts, because a worker is held by what holds its page at that moment.

use std::time::Duration;

use js_sys::Promise;
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

const SCRIPT: &str = "simulated-server.js";
/// Longest wait until the Service Worker holds the page.
const LONGEST_WAIT_MS: u32 = 8000;
const STEP_MS: u32 = 25;

/// Whether a Service Worker holds the page.
pub(super) fn is_there() -> bool {
    // Absent where the page's address is not secure; the property is then undefined.
    let container = js_sys::Reflect::get(&window().navigator(), &"serviceWorker".into());
    container.is_ok_and(|container| container.is_object())
        && window().navigator().service_worker().controller().is_some()
}

/// Starts the simulated server and waits until it answers for the page.
///
/// # Errors
/// Why the browser has none to offer, in words.
pub(super) async fn start() -> Result<(), String> {
    let container = js_sys::Reflect::get(&window().navigator(), &"serviceWorker".into());
    if !container.is_ok_and(|container| container.is_object()) {
        return Err(
            "The simulated server needs a Service Worker, and the browser offers none here. Serve the page from \
                    localhost or over https, outside of a private window; or measure your own server."
                .into(),
        );
    }
    let registered = JsFuture::from(window().navigator().service_worker().register(SCRIPT)).await;
    registered.map_err(|error| format!("The simulated server could not be started ({}).", words(&error)))?;
    for _ in 0..LONGEST_WAIT_MS / STEP_MS {
        if is_there() {
            return Ok(());
        }
        pause(STEP_MS).await;
    }
    Err("The simulated server was started but did not take hold of this page. Reload the page and try again.".into())
}

/// Waits so many ms.
async fn pause(ms: u32) {
    let promise = Promise::new(&mut |resolve, _| {
        let wake = move || drop(resolve.call0(&JsValue::NULL));
        set_timeout(wake, Duration::from_millis(u64::from(ms)));
    });
    let _ = JsFuture::from(promise).await;
}

fn words(error: &JsValue) -> String {
    js_sys::Reflect::get(error, &"message".into())
        .ok()
        .and_then(|message| message.as_string())
        .unwrap_or_else(|| format!("{error:?}"))
}
