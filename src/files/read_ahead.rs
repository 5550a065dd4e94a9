//! The load worker's side of read-ahead.js, the thread that reads a large file while the load worker looks through what
//! came before.
//!
//! It is told `[file, piece bytes, pieces ahead]`, where the file is a Blob or an address, and `"more"` for every piece
//! that was taken. It answers with pieces in their order, then null; with words when it cannot go on. Of an address it
//! first says `[status, etag, last-modified]`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, MessageEvent, Url, Worker};

use crate::web::scope::js_error_text;

/// The thread's program. As a blob it lives under the policy of the page, as the load worker itself does.
const PROGRAM: &str = include_str!("read-ahead.js");
/// Bytes of a piece.
pub(super) const PIECE_BYTES: u32 = 16 << 20;
/// Pieces that may wait to be taken.
const AHEAD: u32 = 3;
/// The same of a file that all stays in memory anyway: as many as are read while a large tokenizer is parsed.
const KEPT_AHEAD: u32 = 16;

/// A file on its way.
pub(super) struct ReadAhead {
    worker: Worker,
    mail: Rc<Mail>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

/// What came and was not taken yet.
#[derive(Default)]
struct Mail {
    letters: RefCell<VecDeque<JsValue>>,
    waker: Cell<Option<Waker>>,
}

impl Mail {
    fn put(&self, letter: JsValue) {
        self.letters.borrow_mut().push_back(letter);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    async fn take(&self) -> JsValue {
        poll_fn(|cx| match self.letters.borrow_mut().pop_front() {
            Some(letter) => Poll::Ready(letter),
            None => {
                self.waker.set(Some(cx.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}

impl ReadAhead {
    /// Begins to read a Blob, or what is behind an address; further ahead where all of it will be kept.
    ///
    /// # Errors
    /// When the browser starts no thread.
    pub(super) fn start(file: &JsValue, kept: bool) -> Result<Self, String> {
        Self::try_start(file, if kept { KEPT_AHEAD } else { AHEAD }).map_err(|error| js_error_text(&error))
    }

    fn try_start(file: &JsValue, ahead: u32) -> Result<Self, JsValue> {
        let worker = start_program()?;
        let mail = Rc::<Mail>::default();
        let (heard, failed) = (mail.clone(), mail.clone());
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| heard.put(event.data()));
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            failed.put(format!("its reader broke: {}", event.message()).into());
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.post_message(&Array::of3(file, &PIECE_BYTES.into(), &ahead.into()))?;
        Ok(Self { worker, mail, _on_message: on_message, _on_error: on_error })
    }

    /// What came from the address: its status, "etag" and "last-modified".
    ///
    /// # Errors
    /// When nothing came.
    pub(super) async fn head(&self) -> Result<(u16, [Option<String>; 2]), String> {
        let head = self.letter().await?.unchecked_into::<Array>();
        let status = head.get(0).as_f64().unwrap_or_default() as u16;
        Ok((status, [head.get(1).as_string(), head.get(2).as_string()]))
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// Why the rest cannot be read.
    pub(super) async fn next(&self) -> Result<Option<Uint8Array>, String> {
        let letter = self.letter().await?;
        if letter.is_null() {
            return Ok(None);
        }
        self.worker.post_message(&"more".into()).map_err(|error| js_error_text(&error))?;
        Ok(Some(letter.unchecked_into()))
    }

    async fn letter(&self) -> Result<JsValue, String> {
        let letter = self.mail.take().await;
        letter.as_string().map_or(Ok(letter), Err)
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn start_program() -> Result<Worker, JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type("text/javascript");
    let program = Blob::new_with_str_sequence_and_options(&Array::of1(&PROGRAM.into()), &kind)?;
    let address = Url::create_object_url_with_blob(&program)?;
    let worker = Worker::new(&address);
    // A worker that was started has its program.
    let _ = Url::revoke_object_url(&address);
    worker
}
