//! What a run does before its t0: the test request, the connections, the rehearsal of a burst, the warm-ups, and the making
//! of the first requests. Nothing of it is measured.

use std::cell::RefCell;
use std::pin::pin;

use futures_util::future::{Either, join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::record::{Outcome, Record};
use crate::run::exchange::{Clock, Transport};
use crate::run::forecast::{Pace, peak_streams};
use crate::run::lanes::Lanes;
use crate::run::rehearsal::rehearse;
use crate::run::runner::{Opened, Runner, TestFailed};

/// Requests that are made in one go before t0.
const MADE_A_TURN: usize = 16;
/// How long to wait before the test request is tried again, ms; vLLM's.
const READY_PAUSE_MS: f64 = 5000.0;
/// Warming up may take this long, ms; what is not warm then is left cold.
const WARM_LIMIT_MS: f64 = 5000.0;

impl<T: Transport, C: Clock> Runner<'_, T, C> {
    /// Sends the test request, and finds out how requests will travel.
    ///
    /// # Errors
    /// When the test request fails.
    pub async fn open(&self) -> Result<Opened, TestFailed> {
        self.observer.testing();
        let pace = Pace::of(&self.test().await?);
        let lanes = self.transport.connect().await;
        let wanted_streams = peak_streams(&pace, self.load.requests, self.load.intended_ms);
        Ok(Opened { lanes, pace, wanted_streams })
    }

    /// What comes last before t0: warm connections, warm-up requests, and the making of the first ones. A server under
    /// load is slower than for the test request, so twice as many connections are opened as its pace would want. Gives the
    /// least time between two sends, ms.
    pub(super) async fn get_ready(&self, opened: &Opened) -> f64 {
        let warm = self.warm(&opened.lanes, opened.wanted_streams.saturating_mul(2));
        select(pin!(warm), pin!(self.clock.nap_until(self.clock.now_ms() + WARM_LIMIT_MS))).await;
        let gap_ms = if self.load.rehearse && self.load.span_ms == 0.0 {
            self.rehearse(opened.lanes.clone()).await
        } else {
            0.0
        };
        self.warm_up(opened.lanes.clone()).await;
        self.expect_first(opened.lanes.clone()).await;
        gap_ms
    }

    /// Has those requests made that go at t0, one right after the other. Between some of them all else has its turn, so
    /// that what came due meanwhile is over at t0.
    async fn expect_first(&self, mut lanes: Lanes) {
        let at_once = self.load.intended_ms.iter().take_while(|at_ms| **at_ms <= 0.0);
        for (index, _) in at_once.take_while(|_| lanes.take().is_some()).enumerate() {
            self.transport.expect(index);
            if (index + 1) % MADE_A_TURN == 0 {
                self.clock.nap_until(self.clock.now_ms() + 1.0).await;
            }
        }
    }

    /// Sends what opens connections, now that they are open, in as large a burst as the run's own. Gives the time between
    /// two sends that keeps it out of the browser's own queue, ms.
    async fn rehearse(&self, mut lanes: Lanes) -> f64 {
        let places: Vec<u16> = self.load.requests.iter().map_while(|_| lanes.take()).collect();
        let limit = self.clock.nap_until(self.clock.now_ms() + WARM_LIMIT_MS);
        match select(pin!(rehearse(self.transport, self.clock, &places)), pin!(limit)).await {
            Either::Left((burst, _)) => {
                self.observer.rehearsed(burst);
                burst.gap_ms
            }
            Either::Right(_) => 0.0,
        }
    }

    /// Sends the test request until it succeeds.
    async fn test(&self) -> Result<Record, TestFailed> {
        let give_up_ms = self.clock.now_ms() + self.load.ready_timeout_ms;
        loop {
            let record = self.unmeasured(0, 0).await;
            let now_ms = self.clock.now_ms();
            let Outcome::Failed(failure) = &record.outcome else { return Ok(record) };
            if now_ms >= give_up_ms {
                return Err(TestFailed { status: record.status, failure: failure.clone() });
            }
            self.clock.nap_until(give_up_ms.min(now_ms + READY_PAUSE_MS)).await;
        }
    }

    /// Opens the connections that so many requests use. The first of each lane goes ahead, for it brings the lane's
    /// CORS preflight, which the others then need not repeat.
    async fn warm(&self, lanes: &Lanes, streams: u32) {
        let connections = lanes.connections(streams.min(self.load.requests.len() as u32));
        join_all(connections.iter().map(|(lane, _)| self.transport.warm(*lane, 0))).await;
        let others =
            connections.iter().flat_map(|(lane, count)| (1..*count).map(|nth| self.transport.warm(*lane, nth)));
        join_all(others).await;
    }

    /// Sends the warm-up requests, as many at a time as the lanes carry.
    async fn warm_up(&self, mut lanes: Lanes) {
        let mut in_flight = FuturesUnordered::new();
        let mut sent = 0;
        loop {
            while sent < self.load.warmups
                && let Some(lane) = lanes.take()
            {
                sent += 1;
                in_flight.push(async move {
                    self.unmeasured(sent, lane).await;
                    lane
                });
            }
            let Some(lane) = in_flight.next().await else { return };
            lanes.give_back(lane);
        }
    }

    /// Sends a request outside the records of the run.
    async fn unmeasured(&self, nth: u32, lane: u16) -> Record {
        let record = RefCell::new(Record { sent_ms: Some(0.0), ..Record::default() });
        if !self.load.requests.is_empty() {
            let desk = self.desk(self.clock.now_ms(), None);
            desk.follow(self.transport.start_outside(nth, lane), &record).await;
        }
        record.take()
    }
}
