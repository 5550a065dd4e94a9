//! The worker's global scope, and what is asked of it in several places.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, Performance};

/// The scope of the dedicated worker that runs this code.
///
/// # Panics
/// Outside of a dedicated worker.
pub(super) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().dyn_into().expect("the load generator runs in a dedicated worker")
}

/// The worker's clock.
///
/// # Panics
/// In a browser without `performance`, of which there is none.
pub(super) fn performance() -> Performance {
    scope().performance().expect("every browser has performance in workers")
}

/// A JavaScript error in its own words.
pub(super) fn words(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| format!("{error:?}")),
    }
}
