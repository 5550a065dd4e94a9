//! The worker's global scope, and what is asked of it in several places.

use js_sys::{ArrayBuffer, Reflect, WebAssembly};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, Performance};

/// The scope of the dedicated worker that runs this code.
///
/// # Panics
/// Outside of a dedicated worker.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().dyn_into().expect("the load generator runs in a dedicated worker")
}

/// The worker's clock.
///
/// # Panics
/// In a browser without `performance`, of which there is none.
pub fn performance() -> Performance {
    scope().performance().expect("every browser has performance in workers")
}

/// Whether the page is cross-origin isolated, which brings a finer clock and memory that threads share.
pub fn is_isolated() -> bool {
    Reflect::get(&scope(), &"crossOriginIsolated".into()).is_ok_and(|isolated| isolated.is_truthy())
}

/// The size of this program's memory, in bytes.
pub fn memory_bytes() -> u64 {
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    u64::from(memory.buffer().unchecked_into::<ArrayBuffer>().byte_length())
}

/// A JavaScript error in its own words.
pub fn js_error_text(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| format!("{error:?}")),
    }
}
