//! The page's end of the wire to the load worker. It starts the worker, keeps messages back until the worker says that it
//! is ready (earlier ones would be lost), and ends it when it is dropped.
//!
//! The first message down is the worker's program; each after it is an array of its bytes and the picked files. A message
//! up is its bytes.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, File, MessageEvent, Url, Worker};

use super::browser::words;
use super::frame::{self, Frame};
use super::policy::run_policy;
use super::program::{self, Program};
use crate::load::protocol::{BUILD, FromWorker, PROTOCOL, ToWorker, decode, encode};

/// The worker's script within the simulated server's scope; that server answers it, with a policy.
const SIMULATED: &str = "simulated/load-worker.js?v={}";

/// Where a worker lives, which decides where it may connect.
pub(super) enum Home {
    /// Under the page's own policy, for it reads datasets and tokenizers from anywhere.
    Page,
    /// Under a policy that lets it connect to these addresses and nothing else.
    Confined(Vec<String>),
    /// In the simulated server's scope, under a policy that lets it connect to the page's own origin. It has no key.
    Simulated,
}

/// What comes up the wire.
pub(super) enum Heard {
    /// A message.
    Message(FromWorker),
    /// The wire is broken, in words; nothing more will come.
    Broken(String),
}

/// A running load worker.
pub(super) struct WorkerLink {
    wire: Rc<Wire>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
    _frame: Option<Frame>,
}

struct Wire {
    worker: Worker,
    /// Messages that wait for the worker to be ready; none once it is.
    waiting: RefCell<Option<Vec<Array>>>,
}

impl WorkerLink {
    /// Starts a worker; `hear` is told all that comes from it.
    ///
    /// # Errors
    /// When the browser starts no worker, in words.
    pub(super) async fn start(home: Home, hear: impl Fn(Heard) + Clone + 'static) -> Result<Self, String> {
        let refused = |error: JsValue| format!("The browser did not start the load worker: {}.", words(&error));
        let Program { script, module } = program::load().await?;
        let (worker, frame) = start(home, &script).await.map_err(refused)?;
        worker.post_message(&module).map_err(refused)?;
        let wire = Rc::new(Wire { worker, waiting: RefCell::new(Some(Vec::new())) });
        let on_message = {
            let (wire, hear) = (Rc::clone(&wire), hear.clone());
            Closure::new(move |event: MessageEvent| {
                if let Some(heard) = wire.receive(&event.data()) {
                    hear(heard);
                }
            })
        };
        let on_error = Closure::new(move |event: Event| hear(Heard::Broken(broken(&event))));
        wire.worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        wire.worker.set_onmessageerror(Some(on_error.as_ref().unchecked_ref()));
        wire.worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { wire, _on_message: on_message, _on_error: on_error, _frame: frame })
    }

    /// Sends a message, with files beside it; it waits here until the worker is ready.
    ///
    /// # Errors
    /// When it cannot be sent, in words.
    pub(super) fn send(&self, message: &ToWorker, files: &[File]) -> Result<(), String> {
        let bytes = encode(message).map_err(|error| error.to_string())?;
        let letter = Array::of1(&Uint8Array::from(bytes.as_slice()));
        for file in files {
            letter.push(file);
        }
        match self.wire.waiting.borrow_mut().as_mut() {
            Some(waiting) => {
                waiting.push(letter);
                Ok(())
            }
            None => self.wire.worker.post_message(&letter).map_err(|error| words(&error)),
        }
    }
}

impl Drop for WorkerLink {
    fn drop(&mut self) {
        self.wire.worker.set_onmessage(None);
        self.wire.worker.set_onerror(None);
        self.wire.worker.set_onmessageerror(None);
        self.wire.worker.terminate();
    }
}

impl Wire {
    /// Reads one message; the first one lets the waiting ones go.
    fn receive(&self, data: &JsValue) -> Option<Heard> {
        let bytes = match data.dyn_ref::<ArrayBuffer>() {
            Some(buffer) => Uint8Array::new(buffer),
            None => Uint8Array::new(data),
        };
        match decode::<FromWorker>(&bytes.to_vec()) {
            Ok(FromWorker::Ready { protocol, build }) if protocol == PROTOCOL && build == BUILD => self.open().err(),
            Ok(FromWorker::Ready { build, .. }) => Some(Heard::Broken(format!(
                "This page and its load worker are of different builds ({BUILD} and {build}). Reload the page; if that \
                 does not help, empty the browser's cache for it."
            ))),
            Ok(message) => Some(Heard::Message(message)),
            Err(error) => Some(Heard::Broken(format!("The load worker said something unreadable: {error}."))),
        }
    }

    fn open(&self) -> Result<(), Heard> {
        let waiting = self.waiting.borrow_mut().take().unwrap_or_default();
        waiting
            .iter()
            .try_for_each(|letter| self.worker.post_message(letter))
            .map_err(|error| Heard::Broken(words(&error)))
    }
}

/// Starts a worker from this script, or from the simulated server's. A worker that is started from a blob lives under the
/// policy of the document that starts it; one that is loaded by address takes that of its own response.
async fn start(home: Home, script: &str) -> Result<(Worker, Option<Frame>), JsValue> {
    match home {
        Home::Page => {
            let address = Url::create_object_url_with_blob(&frame::script(script)?)?;
            Ok((Worker::new(&address)?, None))
        }
        Home::Confined(targets) => {
            let frame = Frame::open(&run_policy(&targets)).await?;
            Ok((frame.start_worker(script)?, Some(frame)))
        }
        Home::Simulated => Ok((Worker::new(&SIMULATED.replace("{}", BUILD))?, None)),
    }
}

/// What an error of the worker means. One without words is a script that could not be loaded.
fn broken(event: &Event) -> String {
    let message = js_sys::Reflect::get(event, &"message".into()).ok().and_then(|message| message.as_string());
    match message.filter(|message| !message.is_empty()) {
        Some(message) => format!("The load worker broke: {message}. What it had sent before is kept."),
        None => "The load worker could not be loaded. Is the page's folder whole, and its server still there?".into(),
    }
}
