//! Waiting for promises with the time at which they settle. A slot is made once per stream and used for every read of it:
//! the time is taken first thing when the promise settles, and nothing is allocated for a read.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::Performance;

/// Waits for one promise at a time.
pub struct PromiseSlot {
    state: Rc<State>,
}

/// A settled promise.
pub struct Settled {
    /// When it settled, on the worker's clock, ms.
    pub at_ms: f64,
    /// Its value, or why it was rejected.
    pub value: Result<JsValue, JsValue>,
}

struct State {
    settled: RefCell<Option<Settled>>,
    waker: RefCell<Option<Waker>>,
    /// A promise is on its way.
    expected: Cell<bool>,
    /// Nobody waits any more: the callbacks go when the promise has come.
    abandoned: Cell<bool>,
    callbacks: RefCell<Option<Callbacks>>,
}

type Callbacks = (Closure<dyn FnMut(JsValue)>, Closure<dyn FnMut(JsValue)>);

impl PromiseSlot {
    /// A slot whose times are this clock's.
    pub fn new(performance: &Performance) -> Self {
        let state = Rc::new(State {
            settled: RefCell::default(),
            waker: RefCell::default(),
            expected: Cell::new(false),
            abandoned: Cell::new(false),
            callbacks: RefCell::default(),
        });
        let callback = |settle: fn(JsValue) -> Result<JsValue, JsValue>| {
            let (state, performance) = (state.clone(), performance.clone());
            Closure::new(move |value| {
                let at_ms = performance.now();
                state.settle(Settled { at_ms, value: settle(value) });
            })
        };
        let callbacks = (callback(Ok), callback(Err));
        *state.callbacks.borrow_mut() = Some(callbacks);
        Self { state }
    }

    /// Waits for this promise; it must be the only one under way.
    pub fn wait(&self, promise: &Promise) -> impl Future<Output = Settled> {
        self.state.expected.set(true);
        if let Some((resolved, rejected)) = self.state.callbacks.borrow().as_ref() {
            let _ = promise.then2(resolved, rejected);
        }
        poll_fn(|cx| match self.state.settled.borrow_mut().take() {
            Some(settled) => Poll::Ready(settled),
            None => {
                self.state.waker.borrow_mut().replace(cx.waker().clone());
                Poll::Pending
            }
        })
    }
}

impl State {
    fn settle(&self, settled: Settled) {
        self.expected.set(false);
        if self.abandoned.get() {
            self.callbacks.borrow_mut().take();
            return;
        }
        *self.settled.borrow_mut() = Some(settled);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

impl Drop for PromiseSlot {
    fn drop(&mut self) {
        // A promise that still comes would call back into nothing; it takes the callbacks along when it has come.
        if self.state.expected.get() {
            self.state.abandoned.set(true);
        } else {
            self.state.callbacks.borrow_mut().take();
        }
    }
}
