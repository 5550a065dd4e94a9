//! A server and its network as a script: what each request's response brings, and when.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use streamgauge::record::{Failure, FailureKind};
use streamgauge::run::exchange::{Call, Chunk, Clock, Head, Transport};
use streamgauge::run::lanes::Lanes;

use crate::virtual_time::VirtualClock;

/// What a request meets; times in ms from its send.
#[derive(Clone, Default)]
pub(crate) struct Script {
    /// When the head comes, and with which status; none: `fetch` fails then.
    pub(crate) head: (f64, Option<u16>),
    /// What the body brings, in order.
    pub(crate) body: Vec<(f64, Step)>,
}

#[derive(Clone)]
pub(crate) enum Step {
    Bytes(String),
    /// The connection breaks.
    Break,
    /// The body ends. Without one, the stream stalls for ever.
    End,
}

pub(crate) fn token(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"text\":\"{text}\"}}]}}\n\n")
}

pub(crate) const DONE: &str = "data: [DONE]\n\n";

impl Script {
    /// A sound response: the first token after `ttft_ms`, then one each `itl_ms`, then the end mark.
    pub(crate) fn tokens(count: u32, ttft_ms: f64, itl_ms: f64) -> Self {
        let at = |i: u32| ttft_ms + f64::from(i) * itl_ms;
        let mut body: Vec<_> = (0..count).map(|i| (at(i), Step::Bytes(token("word")))).collect();
        let end = at(count.saturating_sub(1));
        body.extend([(end, Step::Bytes(DONE.into())), (end, Step::End)]);
        Self { head: (ttft_ms.min(5.0), Some(200)), body }
    }

    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self { head: (2.0, Some(status)), body: vec![(3.0, Step::Bytes(body.into())), (3.0, Step::End)] }
    }

    pub(crate) fn unreachable() -> Self {
        Self { head: (2.0, None), ..Self::default() }
    }

    /// The body up to its first `steps` steps, then another.
    pub(crate) fn cut(mut self, steps: usize, last: Option<Step>) -> Self {
        self.body.truncate(steps);
        let at = self.body.last().map_or(self.head.0, |(at, _)| *at);
        self.body.extend(last.map(|step| (at + 1.0, step)));
        self
    }
}

/// What the server saw.
#[derive(Default)]
pub(crate) struct Log {
    /// (time from the clock's origin, request, lane) of each send.
    pub(crate) sent: Vec<(f64, usize, u16)>,
    /// The requests that it was told to expect, once each in a row, with the time.
    pub(crate) expected: Vec<(f64, usize)>,
    pub(crate) warmed: Vec<(u16, u32)>,
    /// The requests outside of the run, by their numbers.
    pub(crate) outside: Vec<u32>,
    /// Most requests at once, in all and by lane.
    pub(crate) peak: u32,
    pub(crate) lane_peak: BTreeMap<u16, u32>,
    /// Calls that were dropped before their body's end.
    pub(crate) aborted: u32,
    open: BTreeMap<u16, u32>,
}

type Book = dyn Fn(usize, usize) -> Script;

/// Plays a script for each request.
pub(crate) struct ScriptedTransport {
    clock: VirtualClock,
    /// From (the request's index, how many were sent before it) to its script.
    book: Box<Book>,
    pub(crate) log: Rc<RefCell<Log>>,
    pub(crate) lanes: Lanes,
    /// The client needs this long to send a request, ms.
    pub(crate) send_cost_ms: Cell<f64>,
    /// A knock keeps the wire busy for this long, ms; others wait for it unseen.
    pub(crate) wire_ms: Cell<f64>,
    wire_free_ms: Cell<f64>,
}

impl ScriptedTransport {
    pub(crate) fn new(clock: &VirtualClock, lanes: Lanes, book: impl Fn(usize, usize) -> Script + 'static) -> Self {
        Self {
            clock: clock.clone(),
            book: Box::new(book),
            log: Rc::default(),
            lanes,
            send_cost_ms: Cell::new(0.0),
            wire_ms: Cell::new(0.0),
            wire_free_ms: Cell::new(0.0),
        }
    }
}

impl Transport for ScriptedTransport {
    type Call = ScriptedCall;

    fn expect(&self, index: usize) {
        let mut log = self.log.borrow_mut();
        if log.expected.last().is_none_or(|(_, last)| *last != index) {
            log.expected.push((self.clock.now_ms(), index));
        }
    }

    fn start(&self, index: usize, lane: u16) -> ScriptedCall {
        let sent_ms = self.clock.now_ms();
        self.clock.hold_up(self.send_cost_ms.get());
        let handed_ms = self.clock.now_ms();
        let mut log = self.log.borrow_mut();
        let script = (self.book)(index, log.sent.len());
        log.sent.push((sent_ms, index, lane));
        let in_lane = log.open.entry(lane).or_default();
        *in_lane += 1;
        let (in_lane, all) = (*in_lane, log.open.values().sum());
        log.peak = log.peak.max(all);
        let lane_peak = log.lane_peak.entry(lane).or_default();
        *lane_peak = in_lane.max(*lane_peak);
        ScriptedCall {
            clock: self.clock.clone(),
            log: self.log.clone(),
            script,
            lane,
            sent_ms,
            handed_ms,
            step: 0,
            ended: false,
        }
    }

    fn start_outside(&self, nth: u32, lane: u16) -> ScriptedCall {
        self.log.borrow_mut().outside.push(nth);
        self.start(0, lane)
    }

    async fn connect(&self) -> Lanes {
        self.lanes.clone()
    }

    async fn warm(&self, lane: u16, nth: u32) {
        self.log.borrow_mut().warmed.push((lane, nth));
        let left_ms = self.wire_free_ms.get().max(self.clock.now_ms()) + self.wire_ms.get();
        self.wire_free_ms.set(left_ms);
        self.clock.sleep(left_ms + 3.0).await;
    }

    fn exchanges_a_knock(&self) -> f64 {
        1.0
    }
}

pub(crate) struct ScriptedCall {
    clock: VirtualClock,
    log: Rc<RefCell<Log>>,
    script: Script,
    lane: u16,
    sent_ms: f64,
    handed_ms: f64,
    step: usize,
    ended: bool,
}

impl Call for ScriptedCall {
    fn sent_ms(&self) -> f64 {
        self.sent_ms
    }

    fn handed_ms(&self) -> f64 {
        self.handed_ms
    }

    async fn head(&mut self) -> Result<Head, Failure> {
        let (at_ms, status) = self.script.head;
        self.clock.sleep(self.sent_ms + at_ms).await;
        let Some(status) = status else {
            self.ended = true;
            return Err(Failure { kind: FailureKind::Unreachable, message: "Refused.".into() });
        };
        Ok(Head { status, at_ms: self.clock.now_ms() })
    }

    async fn chunk(&mut self) -> Result<Option<Chunk<'_>>, Failure> {
        let Some((at_ms, step)) = self.script.body.get(self.step) else { return std::future::pending().await };
        self.clock.sleep(self.sent_ms + at_ms).await;
        self.step += 1;
        match step {
            Step::Bytes(text) => Ok(Some(Chunk { bytes: text.as_bytes(), at_ms: self.clock.now_ms() })),
            Step::End => {
                self.ended = true;
                Ok(None)
            }
            Step::Break => {
                self.ended = true;
                Err(Failure { kind: FailureKind::Broken, message: "The connection was reset.".into() })
            }
        }
    }
}

impl Drop for ScriptedCall {
    fn drop(&mut self) {
        let mut log = self.log.borrow_mut();
        *log.open.entry(self.lane).or_default() -= 1;
        log.aborted += u32::from(!self.ended);
    }
}
