//! The worker's end of the wire to the page. A message down is an array: its bytes, then the files that travel with it;
//! a message up is its bytes, whose memory is handed over. What must act at once (stop, go, visibility) does so as it
//! arrives; the rest waits its turn.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

use super::clock::BrowserClock;
use super::scope::{scope, words};
use crate::load::exchange::Clock;
use crate::load::health::Health;
use crate::load::protocol::{FromWorker, Stage, StageError, ToWorker, decode, encode};

/// The wire.
pub(super) struct Wire {
    scope: DedicatedWorkerGlobalScope,
    letters: RefCell<VecDeque<Letter>>,
    stop: Cell<bool>,
    go: Cell<bool>,
    wakers: RefCell<Vec<Waker>>,
    /// What the page and the event loop tell of the client.
    pub(super) health: RefCell<Health>,
}

/// A message with its files.
pub(super) struct Letter {
    /// The message.
    pub(super) message: ToWorker,
    /// The files beside it.
    pub(super) files: Vec<File>,
}

impl Wire {
    /// Begins to hear the page. The wire lasts as long as the worker.
    pub(super) fn open(clock: &BrowserClock) -> Rc<Self> {
        let wire = Rc::new(Self {
            scope: scope(),
            letters: RefCell::default(),
            stop: Cell::new(false),
            go: Cell::new(false),
            wakers: RefCell::default(),
            health: RefCell::default(),
        });
        let (heard, clock) = (wire.clone(), clock.clone());
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match read(&event) {
            Ok(letter) => heard.take(letter, clock.now_ms()),
            Err(message) => heard.say(&FromWorker::Failed(StageError { stage: Stage::Page, message })),
        });
        wire.scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        wire
    }

    /// Tells the page.
    pub(super) fn say(&self, message: &FromWorker) {
        let sent = encode(message).map_err(|error| error.to_string()).and_then(|bytes| {
            let bytes = Uint8Array::from(bytes.as_slice());
            let memory = Array::of1(&bytes.buffer());
            self.scope.post_message_with_transfer(&bytes, &memory).map_err(|error| words(&error))
        });
        if let Err(error) = sent {
            // The wire itself is broken: an error of the worker is all that still reaches the page.
            wasm_bindgen::throw_str(&format!("The load worker cannot answer: {error}"));
        }
    }

    /// Waits for the next message but those that act at once.
    pub(super) async fn next(&self) -> Letter {
        self.until(|| self.letters.borrow_mut().pop_front()).await
    }

    /// Waits until the page wants what is being done to stop.
    pub(super) async fn stopped(&self) {
        self.until(|| self.stop.get().then_some(())).await;
    }

    /// Waits until the page wants the planned run to go on.
    pub(super) async fn told_to_go(&self) {
        self.until(|| self.go.get().then_some(())).await;
    }

    async fn until<T>(&self, mut ready: impl FnMut() -> Option<T>) -> T {
        poll_fn(|cx| match ready() {
            Some(value) => Poll::Ready(value),
            None => {
                let mut wakers = self.wakers.borrow_mut();
                if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
                    wakers.push(cx.waker().clone());
                }
                Poll::Pending
            }
        })
        .await
    }

    fn take(&self, letter: Letter, now_ms: f64) {
        match letter.message {
            ToWorker::Visibility(visibility) => self.health.borrow_mut().see(visibility, now_ms),
            ToWorker::Stop => self.stop.set(true),
            ToWorker::Go => self.go.set(true),
            ToWorker::Prepare(_)
            | ToWorker::Check(_)
            | ToWorker::Start(_)
            | ToWorker::Calibrate(_)
            | ToWorker::Count(_)
            | ToWorker::ListModels(_) => {
                // A stop, or a go, is for what was asked before it, not for what comes after.
                self.stop.set(false);
                self.go.set(false);
                self.letters.borrow_mut().push_back(letter);
            }
        }
        for waker in self.wakers.take() {
            waker.wake();
        }
    }
}

fn read(event: &MessageEvent) -> Result<Letter, String> {
    let parts: Array = event.data().dyn_into().map_err(|_| "The page sent no message but something else.")?;
    let bytes: Uint8Array = parts.get(0).dyn_into().map_err(|_| "The page sent a message without its bytes.")?;
    let message = decode(&bytes.to_vec()).map_err(|error| format!("The page's message cannot be read: {error}."))?;
    let files = parts.iter().skip(1).filter_map(|file| file.dyn_into().ok()).collect();
    Ok(Letter { message, files })
}
