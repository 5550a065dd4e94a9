//! Results from files: picked in the header, dropped anywhere on the page, or at the address that a link names. One is
//! shown; several are put side by side.

use std::sync::Arc;

use gloo_net::http::Request;
use js_sys::{Reflect, Uint8Array};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DragEvent, File, FileList, HtmlInputElement, ReadableStream, ReadableStreamDefaultReader, RequestCredentials,
};

use super::browser;
use super::history::shelf::MOST_COMPARED;
use super::run::Shown;
use super::state::{AppState, Tone, app};
use super::sweep::one_sweep;
use crate::import::{MAX_BYTES, from_json};

/// The way to results in files.
#[component]
pub(super) fn OpenButton() -> impl IntoView {
    let state = app();
    let pick: NodeRef<html::Input> = NodeRef::new();
    view! {
        <button
            type="button"
            class="button small"
            disabled=move || state.is_busy()
            on:click=move |_| {
                if let Some(input) = pick.get_untracked() {
                    input.click();
                }
            }
        >
            "Open result…"
        </button>
        <input
            node_ref=pick
            type="file"
            id="pick-result"
            class="visually-hidden"
            tabindex="-1"
            aria-label="Open result files"
            multiple
            accept=".json,.jsonl,application/json"
            on:change=move |event| {
                if let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) {
                    open_files(state, input.files());
                    input.set_value("");
                }
            }
        />
    }
}

/// Takes files that are dropped where no field wants them; without this the browser would leave the page for them.
pub(super) fn take_drops(state: AppState) {
    window_event_listener(leptos::ev::dragover, |event: DragEvent| event.prevent_default());
    window_event_listener(leptos::ev::drop, move |event: DragEvent| {
        event.prevent_default();
        open_files(state, event.data_transfer().and_then(|transfer| transfer.files()));
    });
}

fn open_files(state: AppState, list: Option<FileList>) {
    let files: Vec<File> =
        list.map(|list| (0..list.length()).filter_map(|i| list.get(i)).collect()).unwrap_or_default();
    if files.is_empty() {
        return;
    }
    if untrack(|| state.is_busy()) {
        state.say(Tone::Info, "A run is going on. Open the file when it has ended.");
        return;
    }
    spawn_local(async move {
        let mut found = Vec::new();
        for file in files {
            let name = file.name();
            take(state, &mut found, &name, read_file(&file).await);
        }
        put(state, found);
    });
}

/// Opens the results at these addresses, which may be relative to the page.
pub(super) fn open_addresses(state: AppState, addresses: Vec<String>) {
    spawn_local(async move {
        let mut found = Vec::new();
        for address in addresses {
            let name = name_of(&address);
            take(state, &mut found, &name, read_address(&address).await);
        }
        put(state, found);
    });
}

async fn read_file(file: &File) -> Result<String, String> {
    if file.size() > MAX_BYTES as f64 {
        return Err("It is too large for a result. A dataset goes on its field in the form.".to_owned());
    }
    // As bytes: a text would be turned into the browser's own kind of text and back.
    let bytes = JsFuture::from(file.array_buffer()).await.map_err(|_| "The browser could not read it.".to_owned())?;
    Ok(text_of(Uint8Array::new(&bytes).to_vec()))
}

async fn read_address(address: &str) -> Result<String, String> {
    let url = browser::absolute(address).ok_or("It is not an address.")?.href();
    // Whoever wrote the link learns nothing by it: neither cookies nor a referrer go along.
    let response = Request::get(&url).credentials(RequestCredentials::Omit).send().await.map_err(|_| {
        format!("{url} does not answer, or its server does not let this page read it (CORS). Download the file and drop it here.")
    })?;
    if !response.ok() {
        return Err(format!("{url} answered {} {}.", response.status(), response.status_text()));
    }
    let body = response.body().ok_or("It is empty.")?;
    let bytes = read_at_most(body, MAX_BYTES).await?;
    Ok(text_of(bytes))
}

/// Bytes as text; what is no UTF-8 in them is marked.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// A stream's bytes; no more are loaded than a result may have.
async fn read_at_most(body: ReadableStream, most: usize) -> Result<Vec<u8>, String> {
    let broke = |_: JsValue| "Its transfer broke off.".to_owned();
    let reader = ReadableStreamDefaultReader::new(&body).map_err(broke)?;
    let mut bytes = Vec::new();
    loop {
        let read = JsFuture::from(reader.read()).await.map_err(broke)?;
        let chunk = Reflect::get(&read, &"value".into()).map_err(broke)?;
        let Some(chunk) = chunk.dyn_ref::<Uint8Array>() else { return Ok(bytes) };
        bytes.extend(chunk.to_vec());
        if bytes.len() > most {
            // Nobody waits for the rest; that it is not wanted is all there is to say.
            let _ = reader.cancel();
            return Err("It is too large for a result.".to_owned());
        }
    }
}

/// What an address is called in the list: the last part of its path.
fn name_of(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if address.starts_with("data:") || last.is_empty() { "the link's result".to_owned() } else { last.to_owned() }
}

/// Adds what a text holds to what was found, or says why it holds nothing.
fn take(state: AppState, found: &mut Vec<Shown>, name: &str, text: Result<String, String>) {
    match text.and_then(|text| from_json(&text).map_err(|error| error.to_string())) {
        Ok(results) => found.extend(results.into_iter().map(|result| Shown::from_file(result, name))),
        Err(why) => state.say(Tone::Bad, format!("{name} is not shown. {why}")),
    }
}

/// Puts results into the list; one is shown, several are compared.
fn put(state: AppState, found: Vec<Shown>) {
    // A run may have begun while they were read.
    if untrack(|| state.is_busy()) || found.is_empty() {
        return;
    }
    let now = js_sys::Date::now();
    let found: Vec<Arc<Shown>> = found.into_iter().map(Arc::new).collect();
    if let [only] = found.as_slice() {
        state.show_listed(Arc::clone(only));
        return;
    }
    let put_all = |shelf: &mut super::history::shelf::Shelf| {
        // The first opened is the newest, so that it stands first.
        let ids: Vec<String> = found.iter().rev().map(|shown| shelf.put_file(Arc::clone(shown), now)).collect();
        let ids: Vec<String> = ids.into_iter().rev().collect();
        shelf.tick_only(&ids);
        ids
    };
    let ids = state.shelf.try_update(put_all).unwrap_or_default();
    let sweep = state.shelf.with_untracked(|shelf| {
        let entries: Vec<_> = ids.iter().filter_map(|id| Some(&shelf.get(id)?.entry)).collect();
        one_sweep(&entries)
    });
    if let Some(sweep) = sweep {
        state.show_sweep(&sweep);
        return;
    }
    if ids.len() > MOST_COMPARED {
        let text = format!(
            "{} results were opened. {MOST_COMPARED} are compared at once: the first are. All are listed under History.",
            ids.len()
        );
        state.say(Tone::Info, text);
    }
    state.compare(ids);
}
