//! The page's end of the link to a worker. It starts the worker, keeps messages back until the worker says that it
//! is ready (earlier ones would be lost), and ends it when it is dropped.
//!
//! A message down is an array of its bytes and the picked files; a message up is its bytes.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, File, MessageEvent, Url, Worker, WorkerOptions};

use super::browser;
use super::frame::{self, Frame};
use super::policy::connect_src;
use crate::protocol::prepare::WORKER_NAME;
use crate::protocol::{BUILD, FromWorker, Greeting, decode, encode};

/// The script that starts the worker within the simulated server's scope.
const SIMULATED: &str = "simulated/load-worker.js?v={}";
/// The worker's program.
const PROGRAM: &str = "load-worker_bg.wasm";

/// Where a worker lives, which decides where it may connect.
pub(super) enum Home {
    /// Under the page's own policy, for it reads datasets and tokenizers from anywhere.
    Page,
    /// Under a policy that lets it connect to these addresses and nothing else.
    Confined(Vec<String>),
    /// In the simulated server's scope. It asks nobody else, and has no key.
    Simulated,
}

/// What comes from a worker.
pub(super) enum Received<From> {
    /// A message.
    Message(From),
    /// The link is broken, in words; nothing more will come.
    Broken(String),
}

/// A running worker that takes `To` and answers.
pub(super) struct WorkerLink<To> {
    port: Rc<Port>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
    _frame: Option<Frame>,
    to: PhantomData<fn(&To)>,
}

struct Port {
    worker: Worker,
    /// Messages that wait for the worker to be ready; none once it is.
    waiting: RefCell<Option<Vec<Array>>>,
}

impl<To: Serialize> WorkerLink<To> {
    /// Starts a worker; `receive` is given all that comes from it.
    ///
    /// # Errors
    /// When the browser starts no worker, in words.
    pub(super) async fn start<From: FromWorker>(
        home: Home,
        receive: impl Fn(Received<From>) + Clone + 'static,
    ) -> Result<Self, String> {
        let refused = |error: JsValue| format!("The browser did not start the load worker: {}.", words(&error));
        let (worker, frame) = start(home).await.map_err(refused)?;
        let port = Rc::new(Port { worker, waiting: RefCell::new(Some(Vec::new())) });
        let on_message = {
            let (port, receive) = (Rc::clone(&port), receive.clone());
            Closure::new(move |event: MessageEvent| {
                if let Some(received) = port.receive(&event.data()) {
                    receive(received);
                }
            })
        };
        let on_error = Closure::new(move |event: Event| receive(Received::Broken(broken(&event))));
        port.worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        port.worker.set_onmessageerror(Some(on_error.as_ref().unchecked_ref()));
        port.worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { port, _on_message: on_message, _on_error: on_error, _frame: frame, to: PhantomData })
    }

    /// Sends a message, with files beside it; it waits here until the worker is ready.
    ///
    /// # Errors
    /// When it cannot be sent, in words.
    pub(super) fn send(&self, message: &To, files: &[File]) -> Result<(), String> {
        let bytes = encode(message).map_err(|error| error.to_string())?;
        let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
        for file in files {
            parts.push(file);
        }
        match self.port.waiting.borrow_mut().as_mut() {
            Some(waiting) => {
                waiting.push(parts);
                Ok(())
            }
            None => self.port.worker.post_message(&parts).map_err(|error| words(&error)),
        }
    }
}

impl<To> Drop for WorkerLink<To> {
    fn drop(&mut self) {
        self.port.worker.set_onmessage(None);
        self.port.worker.set_onerror(None);
        self.port.worker.set_onmessageerror(None);
        self.port.worker.terminate();
    }
}

impl Port {
    /// Reads one message; the greeting lets the waiting ones go.
    fn receive<From: FromWorker>(&self, data: &JsValue) -> Option<Received<From>> {
        let bytes = match data.dyn_ref::<ArrayBuffer>() {
            Some(buffer) => Uint8Array::new(buffer),
            None => Uint8Array::new(data),
        };
        let message = match decode::<From>(&bytes.to_vec()) {
            Ok(message) => message,
            Err(error) => {
                let text = format!("The load worker sent something that cannot be read: {error}.");
                return Some(Received::Broken(text));
            }
        };
        match message.greeting() {
            None => Some(Received::Message(message)),
            Some(greeting) if *greeting == Greeting::ours() => self.open().err().map(Received::Broken),
            Some(Greeting { build, .. }) => Some(Received::Broken(format!(
                "This page and its load worker are of different builds ({BUILD} and {build}). Reload the page; if that \
                 does not help, empty the browser's cache for it."
            ))),
        }
    }

    fn open(&self) -> Result<(), String> {
        let waiting = self.waiting.borrow_mut().take().unwrap_or_default();
        waiting.iter().try_for_each(|parts| self.worker.post_message(parts)).map_err(|error| words(&error))
    }
}

async fn start(home: Home) -> Result<(Worker, Option<Frame>), JsValue> {
    match home {
        Home::Page => {
            let address = Url::create_object_url_with_blob(&frame::script(&source())?)?;
            let options = WorkerOptions::new();
            options.set_name(WORKER_NAME);
            Ok((Worker::new_with_options(&address, &options)?, None))
        }
        Home::Confined(targets) => {
            let frame = Frame::open(&connect_src(&targets, &absolute(PROGRAM))).await?;
            Ok((frame.start_worker(&source())?, Some(frame)))
        }
        Home::Simulated => Ok((Worker::new(&SIMULATED.replace("{}", BUILD))?, None)),
    }
}

/// A script that starts the worker. It is made into a blob, so that the worker lives under the policy of the document that
/// starts it; a worker loaded by address would take its own.
fn source() -> String {
    let address = |file: &str| serde_json::Value::String(absolute(&format!("{file}?v={BUILD}"))).to_string();
    format!(
        "const fail = (error) => setTimeout(() => {{ throw error; }});\n\
         self.importModule = (address) => import(address);\n\
         importScripts({});\n\
         wasm_bindgen({{ module_or_path: {} }}).catch(fail);\n",
        address("load-worker.js"),
        address(PROGRAM),
    )
}

fn absolute(file: &str) -> String {
    browser::absolute(file).map(|url| url.href()).unwrap_or_default()
}

/// What an error of the worker means. One without words is a script that could not be loaded.
fn broken(event: &Event) -> String {
    let message = js_sys::Reflect::get(event, &"message".into()).ok().and_then(|message| message.as_string());
    match message.filter(|message| !message.is_empty()) {
        Some(message) => format!("The load worker broke: {message}. What it had sent before is kept."),
        None => "The load worker could not be loaded. Is the page's folder whole, and its server still there?".into(),
    }
}

/// The words of a JavaScript error.
fn words(error: &JsValue) -> String {
    let message = js_sys::Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.unwrap_or_else(|| format!("{error:?}"))
}
