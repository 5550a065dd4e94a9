//! A worker's end of the channel to the page. A message down is an array: its bytes, then the files that travel with it; a
//! message up is its bytes, whose memory is handed over. A message that must act at once does so as it arrives; the rest
//! waits its turn.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Array, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

use super::scope::{js_error_text, scope};
use crate::protocol::{Stage, StageError, decode, encode};

/// The channel of a worker that takes `In` and answers `Out`.
pub struct Channel<In, Out> {
    scope: DedicatedWorkerGlobalScope,
    waiting: RefCell<VecDeque<Received<In>>>,
    wakers: RefCell<Vec<Waker>>,
    out: PhantomData<fn(&Out)>,
}

/// A message with the files beside it.
pub struct Received<In> {
    /// The message.
    pub message: In,
    /// The files.
    pub files: Vec<File>,
}

impl<In: DeserializeOwned + 'static, Out: Serialize + 'static> Channel<In, Out> {
    /// Opens the channel, which lasts as long as the worker. `on_arrival` sees each message as it arrives and keeps those
    /// that act at once; `failed` makes the answer to a message that cannot be read.
    pub fn open(on_arrival: impl Fn(In) -> Option<In> + 'static, failed: fn(StageError) -> Out) -> Rc<Self> {
        let channel =
            Rc::new(Self { scope: scope(), waiting: RefCell::default(), wakers: RefCell::default(), out: PhantomData });
        let receiver = Rc::clone(&channel);
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            match read(&event) {
                Ok(Received { message, files }) => {
                    let waiting = on_arrival(message).map(|message| Received { message, files });
                    receiver.waiting.borrow_mut().extend(waiting);
                }
                Err(message) => receiver.send(&failed(StageError { stage: Stage::Page, message })),
            }
            for waker in receiver.wakers.take() {
                waker.wake();
            }
        });
        channel.scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        channel
    }

    /// Sends a message to the page.
    pub fn send(&self, message: &Out) {
        let sent = encode(message).map_err(|error| error.to_string()).and_then(|bytes| {
            let bytes = Uint8Array::from(bytes.as_slice());
            let memory = Array::of1(&bytes.buffer());
            self.scope.post_message_with_transfer(&bytes, &memory).map_err(|error| js_error_text(&error))
        });
        if let Err(error) = sent {
            // The channel itself is broken: an error of the worker is all that still reaches the page.
            wasm_bindgen::throw_str(&format!("The load worker cannot answer: {error}"));
        }
    }

    /// Waits for the next message that did not act at once.
    pub async fn next(&self) -> Received<In> {
        self.until(|| self.waiting.borrow_mut().pop_front()).await
    }

    /// Waits until this gives a value; it is asked again after each message.
    pub async fn until<T>(&self, mut ready: impl FnMut() -> Option<T>) -> T {
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
}

fn read<In: DeserializeOwned>(event: &MessageEvent) -> Result<Received<In>, String> {
    let parts: Array = event.data().dyn_into().map_err(|_| "The page sent no message but something else.")?;
    let bytes: Uint8Array = parts.get(0).dyn_into().map_err(|_| "The page sent a message without its bytes.")?;
    let message = decode(&bytes.to_vec()).map_err(|error| format!("The page's message cannot be read: {error}."))?;
    let files = parts.iter().skip(1).filter_map(|file| file.dyn_into().ok()).collect();
    Ok(Received { message, files })
}
