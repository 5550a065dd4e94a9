//! The run: one loop over a schedule. It sends each request at its due time, late ones at once and nothing re-spaced;
//! holds a request back only when the lanes are full, in order, with the wait on its record; and ends when all have
//! ended. Rules: the Python reference's order (a single test request first, whose failure ends the run), and vLLM's
//! for warm-ups and the ready check.

mod ready;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::exchange::{Call, Clock, Desk, Transport};
use super::forecast::Pace;
use super::lanes::Lanes;
use super::rehearsal::Burst;
use crate::dataset::Request;
use crate::record::{Failure, Outcome, Record};
use crate::run::reporting::RunProgress;
use crate::settings::BackendKind;

/// What a run sends, and when.
#[derive(Debug, Clone)]
pub struct Load<'a> {
    /// The requests, in order.
    pub requests: &'a [Request],
    /// When each is due, ms from t0, ascending; as many as there are requests.
    pub intended_ms: &'a [f64],
    /// When the schedule's last wait ends, ms from t0; the run lasts at least that long.
    pub span_ms: f64,
    /// Time limit of one request, ms.
    pub timeout_ms: f64,
    /// Requests sent before the run and not measured.
    pub warmups: u32,
    /// How long the test request is tried again until it succeeds, ms; 0: it is tried once.
    pub ready_timeout_ms: f64,
    /// How long before t0 the observer hears of it, ms: what it has to do about it is then over when the first requests go.
    pub lead_ms: f64,
    /// Whether a load that goes all at once is rehearsed with requests that ask for nothing.
    pub rehearse: bool,
}

/// Who hears of a run's course. Every call is made between two reads of a stream: it must return at once.
pub trait Observer {
    /// The test request begins.
    fn testing(&self);
    /// The run begins at t0 on the clock, which is not past.
    fn started(&self, t0_ms: f64);
    /// A rehearsal of the burst is over.
    fn rehearsed(&self, _burst: Burst) {}
    /// A request has ended, or (when the run was stopped) will not be sent.
    fn ended(&self, record: Record);
}

/// How a run stands, to be read at any time.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests sent.
    pub sent: Cell<u32>,
    /// Sent and not ended.
    pub in_flight: Cell<u32>,
    /// Due, but held back by us.
    pub waiting: Cell<u32>,
    /// Completed.
    pub completed: Cell<u32>,
    /// Failed.
    pub failed: Cell<u32>,
    /// Stream events that brought text.
    pub text_events: Cell<u64>,
}

impl Counters {
    /// The counts as the page is told them.
    pub fn progress(&self, elapsed_ms: f64, total: u32) -> RunProgress {
        RunProgress {
            elapsed_ms,
            total,
            sent: self.sent.get(),
            in_flight: self.in_flight.get(),
            waiting: self.waiting.get(),
            completed: self.completed.get(),
            failed: self.failed.get(),
            text_events: self.text_events.get(),
        }
    }
}

/// A run that can begin: the server answers, and it is known how requests will travel.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Places for requests.
    pub lanes: Lanes,
    /// How the test request was answered.
    pub pace: Pace,
    /// Requests under way at once at the schedule's peak, if all are answered so and none has to wait.
    pub wanted_streams: u32,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ended {
    /// From t0 to the last outcome, and at least to the end of the schedule's last wait, ms. A stopped run ends when
    /// it is stopped.
    pub duration_ms: f64,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// The test request failed: the run was not begun.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("The test request failed, so the run was not started. {}{}", .failure.message, advice(*.status))]
pub struct TestFailed {
    /// HTTP status, if headers came.
    pub status: Option<u16>,
    /// Why it failed.
    pub failure: Failure,
}

/// What mends an error status most often.
fn advice(status: Option<u16>) -> &'static str {
    match status {
        Some(401 | 403) => " Give the server's API key in its field, or check the one that is there.",
        Some(404 | 405) => " Check the endpoint and the model's name.",
        Some(429) => " The server limits how often it may be asked; wait, or ask for less.",
        _ => "",
    }
}

/// How long the loop may send without a look at the streams, ms: a `fetch` takes its time, and a burst of hundreds would
/// keep what arrives meanwhile unread.
const BURST_MS: f64 = 5.0;
/// All that a run works with.
pub struct Runner<'a, T, C> {
    /// What is sent, and when.
    pub load: Load<'a>,
    /// Sends.
    pub transport: &'a T,
    /// Keeps the time.
    pub clock: &'a C,
    /// The kind of server, whose responses are read.
    pub backend: BackendKind,
    /// Hears.
    pub observer: &'a dyn Observer,
    /// Counts.
    pub counters: &'a Counters,
}

impl<T: Transport, C: Clock> Runner<'_, T, C> {
    /// Runs to the end, or until `stop` is ready: then requests in flight are aborted, and what they brought is kept.
    ///
    /// # Errors
    /// When the test request fails. A request of the run itself that fails is data, in its record.
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<Ended, TestFailed> {
        let mut stop = pin!(stop);
        let opened = match select(pin!(self.open()), stop.as_mut()).await {
            Either::Left((opened, _)) => opened?,
            Either::Right(_) => return Ok(Ended { duration_ms: 0.0, stopped: true }),
        };
        Ok(self.go(opened, stop).await)
    }

    /// Runs what was opened, as [`Self::run`] does.
    pub async fn go(&self, opened: Opened, stop: impl Future<Output = ()>) -> Ended {
        let mut stop = pin!(stop);
        let gap_ms = match select(pin!(self.get_ready(&opened)), stop.as_mut()).await {
            Either::Left((gap_ms, _)) => gap_ms,
            Either::Right(_) => return Ended { duration_ms: 0.0, stopped: true },
        };
        self.measure(opened.lanes, gap_ms, stop).await
    }

    fn desk<'b>(&'b self, t0_ms: f64, counters: Option<&'b Counters>) -> Desk<'b, C> {
        Desk { clock: self.clock, backend: self.backend, timeout_ms: self.load.timeout_ms, t0_ms, counters }
    }

    async fn measure(&self, lanes: Lanes, gap_ms: f64, mut stop: Pin<&mut dyn Future<Output = ()>>) -> Ended {
        let desk = &self.desk(self.clock.now_ms() + self.load.lead_ms, Some(self.counters));
        let records = &self.blank_records();
        self.observer.started(desk.t0_ms);
        let mut queue = Queue { lanes, due: 0, sent: 0 };
        let mut in_flight = FuturesUnordered::new();
        let mut alarm: Option<Alarm<'_>> = None;
        // Sends have slots, `gap_ms` apart; one that comes late to its slot goes at once.
        let mut slot_ms = 0.0_f64;
        let mut pause_until_ms = None;
        let mut duration_ms = self.load.span_ms;
        loop {
            if queue.admit(self.load.intended_ms, desk.now_ms()) && pause_until_ms.is_none() {
                alarm = None;
            }
            let burst_end_ms = desk.now_ms() + BURST_MS;
            while pause_until_ms.is_none()
                && let Some((index, lane)) = queue.next()
            {
                let call = self.send(desk, &records[index], lane, queue.lanes.in_flight() - 1);
                in_flight.push(async move {
                    desk.follow(call, &records[index]).await;
                    (index, lane)
                });
                let now_ms = desk.now_ms();
                slot_ms = slot_ms.max(now_ms - BURST_MS) + gap_ms;
                let pauses = slot_ms > now_ms || now_ms >= burst_end_ms;
                pause_until_ms = pauses.then_some(slot_ms);
                alarm = alarm.filter(|_| !pauses);
            }
            if alarm.is_none() {
                alarm = self.alarm(desk.t0_ms, &queue, pause_until_ms);
            }
            queue.count(self.counters);
            if queue.sent < records.len() {
                self.transport.expect(queue.sent);
            } else if in_flight.is_empty() {
                return Ended { duration_ms, stopped: false };
            }
            match poll_fn(|cx| wait(cx, stop.as_mut(), &mut in_flight, &mut alarm)).await {
                Woken::Due => (alarm, pause_until_ms) = (None, None),
                Woken::Ended(index, lane) => {
                    queue.lanes.give_back(lane);
                    duration_ms = duration_ms.max(records[index].borrow().end_ms.unwrap_or_default());
                    self.conclude(records[index].take());
                }
                Woken::Stop => break,
            }
        }
        drop(in_flight);
        self.stopped(desk, records, queue.sent)
    }

    /// What wakes the loop for the next send: its time, or the end of a pause, which gives all else a turn.
    fn alarm(&self, t0_ms: f64, queue: &Queue, pause_until_ms: Option<f64>) -> Option<Alarm<'_>> {
        if let Some(until_ms) = pause_until_ms {
            return Some(Box::pin(async move {
                self.clock.turn().await;
                self.clock.nap_until(t0_ms + until_ms).await;
            }));
        }
        let next_ms = self.load.intended_ms.get(queue.due)?;
        Some(Box::pin(self.clock.sleep_until(t0_ms + next_ms)))
    }

    fn blank_records(&self) -> Vec<RefCell<Record>> {
        let pairs = self.load.requests.iter().zip(self.load.intended_ms).zip(0..);
        let blank = |((request, intended_ms), index): ((&Request, &f64), u32)| Record {
            index,
            prompt_len: request.prompt_len,
            asked_output_len: request.output_len,
            intended_ms: *intended_ms,
            ..Record::default()
        };
        pairs.map(|pair| RefCell::new(blank(pair))).collect()
    }

    fn send(&self, desk: &Desk<'_, C>, record: &RefCell<Record>, lane: u16, others: u32) -> T::Call {
        let mut record = record.borrow_mut();
        let call = self.transport.start(record.index as usize, lane);
        record.sent_ms = Some(call.sent_ms() - desk.t0_ms);
        record.handed_ms = Some(call.handed_ms() - desk.t0_ms);
        record.in_flight_at_send = others;
        record.lane = lane;
        call
    }

    fn conclude(&self, record: Record) {
        let count = if record.succeeded() { &self.counters.completed } else { &self.counters.failed };
        count.set(count.get() + 1);
        self.observer.ended(record);
    }

    /// Hands over, as stopped, the requests in flight with what they brought, and those that were never sent.
    fn stopped(&self, desk: &Desk<'_, C>, records: &[RefCell<Record>], sent: usize) -> Ended {
        let duration_ms = desk.now_ms().max(0.0);
        for (index, record) in records.iter().enumerate() {
            let mut record = record.take();
            let in_flight = record.sent_ms.is_some(); // An ended record was taken from its place before.
            if in_flight || index >= sent {
                record.outcome = Outcome::Stopped;
                record.end_ms = in_flight.then_some(duration_ms);
                self.observer.ended(record);
            }
        }
        self.counters.in_flight.set(0);
        self.counters.waiting.set(0);
        Ended { duration_ms, stopped: true }
    }
}

/// Which requests are due and which are sent. Both go in the workload's order, so two numbers say it all.
struct Queue {
    lanes: Lanes,
    /// Requests before this one are due.
    due: usize,
    /// Requests before this one are sent.
    sent: usize,
}

impl Queue {
    /// Takes in the requests that have come due; whether there were any.
    fn admit(&mut self, intended_ms: &[f64], now_ms: f64) -> bool {
        let newly = intended_ms[self.due..].iter().take_while(|at_ms| **at_ms <= now_ms).count();
        self.due += newly;
        newly > 0
    }

    /// The next request that is due, with the lane it goes over; none while the lanes are full.
    fn next(&mut self) -> Option<(usize, u16)> {
        if self.sent == self.due {
            return None;
        }
        let lane = self.lanes.take()?;
        self.sent += 1;
        Some((self.sent - 1, lane))
    }

    fn count(&self, counters: &Counters) {
        counters.sent.set(self.sent as u32);
        counters.in_flight.set(self.lanes.in_flight());
        counters.waiting.set((self.due - self.sent) as u32);
    }
}

/// Wakes the loop for the next send.
type Alarm<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Why the loop went on.
enum Woken {
    /// A request ended: its index and lane.
    Ended(usize, u16),
    /// The next request is due.
    Due,
    /// The run is to stop.
    Stop,
}

/// Waits for whatever comes first. A stop goes before all else; a due send goes before an ended request, whose times
/// are already taken.
fn wait(
    cx: &mut Context<'_>,
    stop: Pin<&mut dyn Future<Output = ()>>,
    in_flight: &mut FuturesUnordered<impl Future<Output = (usize, u16)>>,
    alarm: &mut Option<Alarm<'_>>,
) -> Poll<Woken> {
    if stop.poll(cx).is_ready() {
        return Poll::Ready(Woken::Stop);
    }
    if alarm.as_mut().is_some_and(|alarm| alarm.as_mut().poll(cx).is_ready()) {
        return Poll::Ready(Woken::Due);
    }
    match in_flight.poll_next_unpin(cx) {
        Poll::Ready(Some((index, lane))) => Poll::Ready(Woken::Ended(index, lane)),
        Poll::Ready(None) | Poll::Pending => Poll::Pending,
    }
}
