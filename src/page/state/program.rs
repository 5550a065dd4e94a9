//! The load worker's program: its script as text, and its compiled WebAssembly module. Both are loaded by the page, once
//! for all workers: a worker gets the script as the blob that it starts from, and the module as its first message. So a
//! worker needs to reach nothing but what it measures, and the browser compiles the program once.

use std::cell::RefCell;

use js_sys::{Array, Promise, WebAssembly};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::Response;

use crate::page::browser;
use crate::protocol::BUILD;

/// What wasm-bindgen made to load the module.
const GLUE: &str = "load-worker.js";
const MODULE: &str = "load-worker_bg.wasm";
/// Waits for the module, and starts it. The simulated server's workers load the same file.
const START: &str = include_str!("../../../assets/start-load-worker.js");

/// The loaded program.
pub(in crate::page) struct Program {
    /// The text of the worker's script.
    pub(in crate::page) script: String,
    /// The `WebAssembly.Module`, which every worker of the page can be sent.
    pub(in crate::page) module: JsValue,
}

thread_local! {
    /// The program as `[script, module]`, loaded or on its way.
    static LOADED: RefCell<Option<Promise>> = const { RefCell::new(None) };
}

/// Loads the program, or gives the one that was loaded before.
///
/// # Errors
/// Why it cannot be loaded, in words; the next call tries again.
pub(in crate::page) async fn load() -> Result<Program, String> {
    let start = || future_to_promise(async { Ok(Array::of2(&script().await?, &module().await?).into()) });
    let loading = LOADED.with_borrow_mut(|loaded| loaded.get_or_insert_with(start).clone());
    match JsFuture::from(loading).await {
        Ok(parts) => {
            let parts: Array = parts.unchecked_into();
            Ok(Program { script: parts.get(0).as_string().unwrap_or_default(), module: parts.get(1) })
        }
        Err(error) => {
            LOADED.take();
            let words = browser::words(&error);
            Err(format!(
                "The load worker's program could not be loaded ({words}). Is the page's folder complete, and its server running?"
            ))
        }
    }
}

async fn script() -> Result<JsValue, JsValue> {
    let glue = JsFuture::from(get(GLUE).await?.text()?).await?.as_string().unwrap_or_default();
    Ok(format!("{glue}\n{START}").into())
}

async fn module() -> Result<JsValue, JsValue> {
    let response = get(MODULE).await?;
    // Compiling as the bytes arrive needs a server that sends application/wasm.
    if response.headers().get("content-type")?.is_some_and(|kind| kind.starts_with("application/wasm")) {
        let response = Promise::resolve(&JsValue::from(response));
        return JsFuture::from(WebAssembly::compile_streaming(&response)).await;
    }
    let bytes = JsFuture::from(response.array_buffer()?).await?;
    JsFuture::from(WebAssembly::compile(&bytes)).await
}

/// Fetches a file of this build from the page's folder.
async fn get(file: &str) -> Result<Response, JsValue> {
    let address = format!("{file}?v={BUILD}");
    let response: Response = JsFuture::from(window().fetch_with_str(&address)).await?.unchecked_into();
    if response.ok() { Ok(response) } else { Err(format!("{file} answered {}", response.status()).into()) }
}
