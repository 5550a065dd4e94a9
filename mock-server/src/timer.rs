//! Wake-ups finer than tokio's millisecond: one thread sleeps to the next deadline, with the kernel's timer slack turned
//! off, and wakes the task that waits for it. It never spins, so that it takes no core from the client on the same machine.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::clock::Clock;

/// A handle to the timer thread, which ends when [`Timer::stop`] is called.
#[derive(Clone)]
pub(crate) struct Timer {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: BinaryHeap<Entry>,
    stopped: bool,
}

struct Entry {
    at_ms: f64,
    waker: Waker,
}

impl Ord for Entry {
    /// Reversed, so that the heap gives the earliest first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.at_ms.total_cmp(&self.at_ms)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl Timer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(clock: Clock) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { clock, state: Mutex::default(), changed: Condvar::new() });
        let timer = Self { shared: Arc::clone(&shared) };
        std::thread::Builder::new().name("mock-timer".into()).spawn(move || shared.run())?;
        Ok(timer)
    }

    /// Completes at the given time, in ms since the mock's start; at once if that has passed.
    pub(crate) fn at(&self, at_ms: f64) -> Sleep {
        Sleep { timer: self.clone(), at_ms, registered: None }
    }

    /// Ends the thread. Sleeps that still wait are not woken.
    pub(crate) fn stop(&self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
    }

    fn register(&self, at_ms: f64, waker: Waker) {
        let mut state = self.shared.lock();
        let first = state.waiting.peek().is_none_or(|entry| at_ms < entry.at_ms);
        state.waiting.push(Entry { at_ms, waker });
        drop(state);
        if first {
            self.shared.changed.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        turn_off_timer_slack();
        let mut state = self.lock();
        while !state.stopped {
            let Some(next_ms) = state.waiting.peek().map(|entry| entry.at_ms) else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if let Some(wait) = self.clock.until(next_ms) {
                state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
            } else if let Some(entry) = state.waiting.pop() {
                drop(state);
                entry.waker.wake();
                state = self.lock();
            }
        }
    }
}

/// Linux rounds a thread's sleeps up by 50 µs unless told otherwise. Where it cannot be told, wake-ups are that much later.
fn turn_off_timer_slack() {
    if let Ok(thread) = std::fs::read_link("/proc/thread-self")
        && let Some(id) = thread.file_name().and_then(|name| name.to_str())
    {
        let _ = std::fs::write(format!("/proc/{id}/timerslack_ns"), "1");
    }
}

/// A wait for a point in time.
pub(crate) struct Sleep {
    timer: Timer,
    at_ms: f64,
    registered: Option<Waker>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.timer.shared.clock.until(self.at_ms).is_none() {
            return Poll::Ready(());
        }
        if !self.registered.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.registered = Some(cx.waker().clone());
            self.timer.register(self.at_ms, cx.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sleeps_end_and_never_before_their_time() {
        let clock = Clock::start();
        let timer = Timer::start(clock).unwrap();
        let waits: Vec<_> = [30.0, 10.0, 20.0]
            .into_iter()
            .map(|at_ms| {
                let timer = timer.clone();
                tokio::spawn(async move {
                    timer.at(at_ms).await;
                    clock.now_ms() - at_ms
                })
            })
            .collect();
        for wait in waits {
            let late_ms = wait.await.unwrap();
            assert!((0.0..1000.0).contains(&late_ms), "{late_ms} ms late");
        }
        timer.stop();
    }
}
