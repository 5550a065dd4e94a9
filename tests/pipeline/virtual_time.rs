//! A clock that jumps from deadline to deadline, and the executor that moves it: an hour's run takes milliseconds, and
//! every time in it is exact.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use streamgauge::run::exchange::Clock;

/// A clock whose time only [`run`] moves. Clones share it. Starts at an arbitrary time, as real clocks do.
#[derive(Clone)]
pub(crate) struct VirtualClock(Rc<Inner>);

struct Inner {
    now_ms: Cell<f64>,
    next_timer: Cell<u64>,
    /// How often the executor went round.
    passes: Cell<u64>,
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
}

impl VirtualClock {
    pub(crate) fn new() -> Self {
        Self(Rc::new(Inner {
            now_ms: Cell::new(5000.0),
            next_timer: Cell::default(),
            passes: Cell::default(),
            timers: RefCell::default(),
        }))
    }

    pub(crate) fn sleep(&self, at_ms: f64) -> Sleep {
        let number = self.0.next_timer.get();
        self.0.next_timer.set(number + 1);
        Sleep { clock: self.clone(), at_ms, number }
    }

    fn wake_due(&self) {
        let later = self.0.timers.borrow_mut().split_off(&(self.now_ms().next_up().to_bits(), 0));
        let due = self.0.timers.replace(later);
        due.into_values().for_each(Waker::wake);
    }

    /// The client is held up: time passes, and nobody gets to run.
    pub(crate) fn hold_up(&self, ms: f64) {
        self.0.now_ms.set(self.0.now_ms.get() + ms);
    }
}

impl Clock for VirtualClock {
    fn now_ms(&self) -> f64 {
        self.0.now_ms.get()
    }

    fn sleep_until(&self, at_ms: f64) -> impl Future<Output = ()> {
        self.sleep(at_ms)
    }

    fn nap_until(&self, at_ms: f64) -> impl Future<Output = ()> {
        self.sleep(at_ms)
    }

    async fn turn(&self) {
        let before = self.0.passes.get();
        poll_fn(|cx| {
            if self.0.passes.get() > before {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

pub(crate) struct Sleep {
    clock: VirtualClock,
    at_ms: f64,
    number: u64,
}

impl Sleep {
    /// Times are positive, so that their bits order as they do.
    fn key(&self) -> (u64, u64) {
        (self.at_ms.max(0.0).to_bits(), self.number)
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.clock.now_ms() >= self.at_ms {
            return Poll::Ready(());
        }
        self.clock.0.timers.borrow_mut().insert(self.key(), cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.0.timers.borrow_mut().remove(&self.key());
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a future to its end, moving the clock whenever nothing else can go on.
pub(crate) fn run<F: Future>(clock: &VirtualClock, future: F) -> F::Output {
    let mut future = pin!(future);
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(flag.clone());
    loop {
        clock.wake_due();
        clock.0.passes.set(clock.0.passes.get() + 1);
        if flag.0.swap(false, Ordering::Relaxed) {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            continue;
        }
        let earliest = clock.0.timers.borrow().keys().next().map(|(at_bits, _)| f64::from_bits(*at_bits));
        clock.0.now_ms.set(earliest.expect("somebody waits for a time; else the run would hang for ever"));
    }
}
