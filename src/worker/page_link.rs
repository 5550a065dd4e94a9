//! A run worker's link to the page: the channel, and what acts as it arrives (stop, go, visibility).

use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;

use super::clock::BrowserClock;
use crate::protocol::run::{FromRunner, ToRunner};
use crate::run::exchange::Clock;
use crate::run::health::Health;
use crate::web::channel::Channel;

/// The link to the page.
pub(super) struct PageLink {
    channel: Rc<Channel<ToRunner, FromRunner>>,
    signals: Rc<Signals>,
}

#[derive(Default)]
struct Signals {
    stop: Cell<bool>,
    go: Cell<bool>,
    /// What the page and the event loop tell of the client.
    health: RefCell<Health>,
}

impl PageLink {
    /// Opens the link, which lasts as long as the worker.
    pub(super) fn open(clock: &BrowserClock) -> Self {
        let signals = Rc::<Signals>::default();
        let (arrived, clock) = (Rc::clone(&signals), clock.clone());
        let channel = Channel::open(move |message| arrived.take(message, clock.now_ms()), FromRunner::Failed);
        Self { channel, signals }
    }

    /// Sends a message to the page.
    pub(super) fn send(&self, message: &FromRunner) {
        self.channel.send(message);
    }

    /// Waits for the next command.
    pub(super) async fn next(&self) -> ToRunner {
        self.channel.next().await.message
    }

    /// Waits until the page stops what is being done.
    pub(super) async fn stopped(&self) {
        self.channel.until(|| self.signals.stop.get().then_some(())).await;
    }

    /// Waits until the page lets the planned run go on.
    pub(super) async fn told_to_go(&self) {
        self.channel.until(|| self.signals.go.get().then_some(())).await;
    }

    /// What the page and the event loop tell of the client.
    pub(super) fn health(&self) -> RefMut<'_, Health> {
        self.signals.health.borrow_mut()
    }
}

impl Signals {
    /// Acts on what must act at once, and gives the rest back.
    fn take(&self, message: ToRunner, now_ms: f64) -> Option<ToRunner> {
        match message {
            ToRunner::Visibility(visibility) => self.health.borrow_mut().see(visibility, now_ms),
            ToRunner::Stop => self.stop.set(true),
            ToRunner::Go => self.go.set(true),
            ToRunner::Check(_) | ToRunner::Start(_) | ToRunner::Calibrate(_) | ToRunner::ListModels(_) => {
                // A stop, or a go, is for what was asked before it, not for what comes after.
                self.stop.set(false);
                self.go.set(false);
                return Some(message);
            }
        }
        None
    }
}
