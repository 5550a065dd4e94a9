//! Where promises land. A landing is made once a stream and used for every read of it: the time is taken first thing when
//! the promise settles, and nothing is allocated for a read.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::Performance;

/// Waits for one promise at a time.
pub struct Landing {
    strip: Rc<Strip>,
}

/// A settled promise.
pub struct Landed {
    /// When it settled, on the worker's clock, ms.
    pub at_ms: f64,
    /// Its value, or why it was rejected.
    pub value: Result<JsValue, JsValue>,
}

struct Strip {
    landed: RefCell<Option<Landed>>,
    waker: RefCell<Option<Waker>>,
    /// A promise is on its way.
    expected: Cell<bool>,
    /// Nobody waits any more: the callbacks go when the promise has come.
    abandoned: Cell<bool>,
    callbacks: RefCell<Option<Callbacks>>,
}

type Callbacks = (Closure<dyn FnMut(JsValue)>, Closure<dyn FnMut(JsValue)>);

impl Landing {
    /// A landing whose times are this clock's.
    pub fn new(performance: &Performance) -> Self {
        let strip = Rc::new(Strip {
            landed: RefCell::default(),
            waker: RefCell::default(),
            expected: Cell::new(false),
            abandoned: Cell::new(false),
            callbacks: RefCell::default(),
        });
        let callback = |settle: fn(JsValue) -> Result<JsValue, JsValue>| {
            let (strip, performance) = (strip.clone(), performance.clone());
            Closure::new(move |value| {
                let at_ms = performance.now();
                strip.land(Landed { at_ms, value: settle(value) });
            })
        };
        let callbacks = (callback(Ok), callback(Err));
        *strip.callbacks.borrow_mut() = Some(callbacks);
        Self { strip }
    }

    /// Waits for this promise; it must be the only one under way.
    pub fn wait(&self, promise: &Promise) -> impl Future<Output = Landed> {
        self.strip.expected.set(true);
        if let Some((resolved, rejected)) = self.strip.callbacks.borrow().as_ref() {
            let _ = promise.then2(resolved, rejected);
        }
        poll_fn(|cx| match self.strip.landed.borrow_mut().take() {
            Some(landed) => Poll::Ready(landed),
            None => {
                self.strip.waker.borrow_mut().replace(cx.waker().clone());
                Poll::Pending
            }
        })
    }
}

impl Strip {
    fn land(&self, landed: Landed) {
        self.expected.set(false);
        if self.abandoned.get() {
            self.callbacks.borrow_mut().take();
            return;
        }
        *self.landed.borrow_mut() = Some(landed);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        // A promise that still comes would call back into nothing; it takes the callbacks along when it has come.
        if self.strip.expected.get() {
            self.strip.abandoned.set(true);
        } else {
            self.strip.callbacks.borrow_mut().take();
        }
    }
}
