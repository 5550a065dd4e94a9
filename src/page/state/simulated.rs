//! The simulated server: a Service Worker that answers requests under `simulated/` as a model server would. Its scope is
//! that folder alone: it holds a load worker that is started from there, and never the page or the worker of a run
//! against a real server, whose requests it would delay.

use std::time::Duration;

use js_sys::Promise;
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RegistrationOptions, ServiceWorkerRegistration};

use crate::page::browser::words;

const SCRIPT: &str = "simulated-server.js";
const SCOPE: &str = "simulated/";
/// Longest wait until the Service Worker is at work.
const LONGEST_WAIT_MS: u32 = 8000;
const STEP_MS: u32 = 25;

/// Starts the simulated server and waits until it is at work.
///
/// # Errors
/// Why the browser has none to offer, in words.
pub(in crate::page) async fn start() -> Result<(), String> {
    // Absent where the page's address is not secure; the property is then undefined.
    let container = js_sys::Reflect::get(&window().navigator(), &"serviceWorker".into());
    if !container.is_ok_and(|container| container.is_object()) {
        return Err(
            "The simulated server needs a Service Worker, and the browser offers none here. Serve the page from \
                    localhost or over https, outside of a private window; or measure your own server."
                .into(),
        );
    }
    let options = RegistrationOptions::new();
    options.set_scope(SCOPE);
    let register = window().navigator().service_worker().register_with_options(SCRIPT, &options);
    let registration = JsFuture::from(register)
        .await
        .map_err(|error| format!("The simulated server could not be started ({}).", words(&error)))?;
    let registration: ServiceWorkerRegistration = registration.unchecked_into();
    for _ in 0..LONGEST_WAIT_MS / STEP_MS {
        // A new version replaces the one at work as soon as it is installed.
        if registration.active().is_some() && registration.installing().is_none() && registration.waiting().is_none() {
            return Ok(());
        }
        pause(STEP_MS).await;
    }
    Err("The simulated server was started but is not at work. Reload the page and try again.".into())
}

/// Waits so many ms.
async fn pause(ms: u32) {
    let promise = Promise::new(&mut |resolve, _| {
        let wake = move || drop(resolve.call0(&JsValue::NULL));
        set_timeout(wake, Duration::from_millis(u64::from(ms)));
    });
    let _ = JsFuture::from(promise).await;
}
