//! One turn of the event loop: a message that a worker sends to itself, which arrives after all that already waits. It
//! costs a hundredth of a millisecond, where a chain of timers is held to 4 ms each.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::{MessageChannel, MessagePort};

/// This thread's event loop.
#[derive(Clone)]
pub struct EventLoop(Rc<Inner>);

struct Inner {
    out: MessagePort,
    turns: Rc<Turns>,
    _on_message: Closure<dyn FnMut()>,
}

#[derive(Default)]
struct Turns {
    count: Cell<u64>,
    wakers: RefCell<Vec<Waker>>,
}

impl EventLoop {
    /// The event loop of this thread.
    ///
    /// # Errors
    /// When the browser makes no MessageChannel.
    pub fn new() -> Result<Self, JsValue> {
        let channel = MessageChannel::new()?;
        let turns = Rc::<Turns>::default();
        let counted = turns.clone();
        let on_message = Closure::new(move || {
            counted.count.set(counted.count.get() + 1);
            for waker in counted.wakers.take() {
                waker.wake();
            }
        });
        channel.port1().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Ok(Self(Rc::new(Inner { out: channel.port2(), turns, _on_message: on_message })))
    }

    /// Lets all that waits in the event loop have its turn.
    pub fn turn(&self) -> impl Future<Output = ()> + '_ {
        let before = self.0.turns.count.get();
        let sent = self.0.out.post_message(&JsValue::NULL);
        poll_fn(move |cx| {
            if self.0.turns.count.get() > before || sent.is_err() {
                return Poll::Ready(());
            }
            self.0.turns.wakers.borrow_mut().push(cx.waker().clone());
            Poll::Pending
        })
    }
}
