//! `performance.now` as the runner's clock. A timer alone is some ms late and a chain of timers is held to 4 ms each, so
//! a sleep takes a timer to a few ms before its end and then takes turns of the event loop, which cost a hundredth of a ms.
//! They keep a core busy that the browser's other threads need, so the thread rests between them, where it may.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::{Atomics, Int32Array, SharedArrayBuffer};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, Performance};

use crate::run::exchange::Clock;
use crate::web::event_loop::EventLoop;
use crate::web::scope::{is_isolated, performance, scope};

/// How long before its end a sleep gives up the timer for hops, ms. Exact timers come later than this once in a hundred
/// times.
const HOP_MS: f64 = 3.0;
/// How long the thread rests between two hops, ms; what arrives meanwhile is read after it.
const REST_MS: f64 = 0.2;
/// It does not rest when its sleep ends so soon, for a rest may last some tenths longer; where rests last longer than this, it
/// never does, ms.
const RESTLESS_MS: f64 = 0.6;
/// Rests that are tried before the first one counts.
const RESTS_TRIED: usize = 5;
/// A hop that took no longer met nothing to do, ms.
const IDLE_HOP_MS: f64 = 0.05;
/// The longest timer that is meant exactly, ms: Chromium lets one of 32 ms or more come up to 8 ms late, together with others.
const EXACT_MS: f64 = 30.0;
/// The longest timer, ms; browsers hold the delay in 31 bits.
const MAX_TIMER_MS: f64 = 2_000_000_000.0;

/// The worker's clock: ms since the worker began, never stepped.
#[derive(Clone)]
pub struct BrowserClock {
    performance: Performance,
    scope: DedicatedWorkerGlobalScope,
    event_loop: EventLoop,
    rest: Rest,
}

impl BrowserClock {
    /// The clock of this worker.
    ///
    /// # Errors
    /// When the browser makes no MessageChannel.
    pub fn new() -> Result<Self, JsValue> {
        let performance = performance();
        let rest = Rest::new(&performance);
        Ok(Self { performance, scope: scope(), event_loop: EventLoop::new()?, rest })
    }

    /// The smallest step that the clock is seen to make within some ms.
    pub fn measure_step_ms(&self) -> f64 {
        let start = self.now_ms();
        let (mut last, mut step) = (start, f64::INFINITY);
        while last - start < 5.0 {
            let now = self.now_ms();
            if now > last {
                step = step.min(now - last);
                last = now;
            }
        }
        // The step is a whole number of µs; what is beyond comes of subtracting large numbers.
        (step * 1000.0).round() / 1000.0
    }

    /// The clock's origin as Unix time, ms.
    pub fn origin_unix_ms(&self) -> f64 {
        self.performance.time_origin()
    }
}

impl Clock for BrowserClock {
    fn now_ms(&self) -> f64 {
        self.performance.now()
    }

    async fn sleep_until(&self, at_ms: f64) {
        let mut is_idle = false;
        loop {
            let left_ms = at_ms - self.now_ms();
            if left_ms <= 0.0 {
                return;
            }
            let timer_ms = (left_ms - HOP_MS).floor();
            if timer_ms > EXACT_MS {
                // Though it may be late, there is time left for an exact one.
                Timer::new(&self.scope, timer_ms - EXACT_MS / 2.0).await;
            } else if timer_ms >= 1.0 {
                Timer::new(&self.scope, timer_ms).await;
            } else {
                if is_idle && left_ms > RESTLESS_MS {
                    self.rest.take();
                }
                let before_ms = self.now_ms();
                self.turn().await;
                is_idle = self.now_ms() - before_ms < IDLE_HOP_MS;
            }
        }
    }

    async fn nap_until(&self, at_ms: f64) {
        loop {
            let left_ms = at_ms - self.now_ms();
            if left_ms <= 0.0 {
                return;
            }
            Timer::new(&self.scope, left_ms.ceil()).await;
        }
    }

    async fn turn(&self) {
        self.event_loop.turn().await;
    }
}

/// One `setTimeout`, taken back when it is dropped.
struct Timer {
    scope: DedicatedWorkerGlobalScope,
    state: Rc<TimerState>,
    handle: Result<i32, JsValue>,
    _callback: Closure<dyn FnMut()>,
}

#[derive(Default)]
struct TimerState {
    fired: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Timer {
    fn new(scope: &DedicatedWorkerGlobalScope, delay_ms: f64) -> Self {
        let state = Rc::<TimerState>::default();
        let fired = state.clone();
        let callback = Closure::new(move || {
            fired.fired.set(true);
            if let Some(waker) = fired.waker.borrow_mut().take() {
                waker.wake();
            }
        });
        let function = callback.as_ref().unchecked_ref();
        let delay_ms = delay_ms.clamp(0.0, MAX_TIMER_MS) as i32;
        let handle = scope.set_timeout_with_callback_and_timeout_and_arguments_0(function, delay_ms);
        Self { scope: scope.clone(), state, handle, _callback: callback }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.state.fired.get() || self.handle.is_err() {
            return Poll::Ready(());
        }
        self.state.waker.borrow_mut().replace(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let (Ok(handle), false) = (&self.handle, self.state.fired.get()) {
            self.scope.clear_timeout_with_handle(*handle);
        }
    }
}

/// Lets the thread stand still for a moment, which only a page that shares memory among threads may ask for.
#[derive(Clone)]
struct Rest(Option<Int32Array>);

impl Rest {
    /// It is tried first, for systems differ in how exactly they end a rest.
    fn new(performance: &Performance) -> Self {
        let rest = Self(is_isolated().then(|| Int32Array::new(&SharedArrayBuffer::new(4))));
        let mut took_ms = [0.0; RESTS_TRIED].map(|_: f64| {
            let begin_ms = performance.now();
            rest.take();
            performance.now() - begin_ms
        });
        took_ms.sort_unstable_by(f64::total_cmp);
        if took_ms[RESTS_TRIED / 2] < RESTLESS_MS { rest } else { Self(None) }
    }

    fn take(&self) {
        if let Some(word) = &self.0 {
            // Nobody ever wakes it: its time runs out.
            let _ = Atomics::wait_with_timeout(word, 0, 0, REST_MS);
        }
    }
}
