//! The whole load pipeline against a scripted server in virtual time: every load shape and every fault, with figures
//! that are known exactly.

mod faults;
mod protocol;
mod script;
mod shapes;
mod virtual_time;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use script::{Log, Script, ScriptedTransport};
use streamgauge::dataset::Request;
use streamgauge::record::Record;
use streamgauge::run::exchange::Clock;
use streamgauge::run::lanes::{Lanes, Plan, Probe};
use streamgauge::run::rehearsal::Burst;
use streamgauge::run::runner::{Counters, Ended, Load, Observer, Runner, TestFailed};
use streamgauge::settings::Settings;
use virtual_time::VirtualClock;

/// A run to be made; [`Trial::run`] makes it.
struct Trial {
    clock: VirtualClock,
    book: Box<dyn Fn(usize, usize) -> Script>,
    send_cost_ms: f64,
    intended_ms: Vec<f64>,
    span_ms: f64,
    settings: Settings,
    timeout_ms: f64,
    warmups: u32,
    ready_timeout_ms: f64,
    lead_ms: f64,
    rehearse: bool,
    /// What a knock keeps the wire busy for, ms.
    wire_ms: f64,
    /// When the person presses Stop, ms from the beginning of the test request.
    stop_ms: f64,
}

/// What came of it.
struct Result {
    ended: std::result::Result<Ended, TestFailed>,
    /// By index.
    records: Vec<Record>,
    /// Indices in the order in which they ended.
    order: Vec<u32>,
    counters: Counters,
    log: Rc<RefCell<Log>>,
    /// t0 on the clock.
    t0_ms: f64,
    /// What a rehearsal found.
    burst: Option<Burst>,
}

#[derive(Default)]
struct Notes {
    testing: Cell<u32>,
    t0_ms: Cell<f64>,
    burst: Cell<Option<Burst>>,
    records: RefCell<Vec<Record>>,
}

impl Observer for Notes {
    fn testing(&self) {
        self.testing.set(self.testing.get() + 1);
    }

    fn started(&self, t0_ms: f64) {
        self.t0_ms.set(t0_ms);
    }

    fn rehearsed(&self, burst: Burst) {
        self.burst.set(Some(burst));
    }

    fn ended(&self, record: Record) {
        self.records.borrow_mut().push(record);
    }
}

impl Trial {
    /// Requests due at these times at a server on this machine, each answered by `book` (index, sends before it).
    fn new(intended_ms: Vec<f64>, book: impl Fn(usize, usize) -> Script + 'static) -> Self {
        Self {
            book: Box::new(book),
            clock: VirtualClock::new(),
            send_cost_ms: 0.0,
            span_ms: intended_ms.last().copied().unwrap_or_default(),
            intended_ms,
            settings: Settings::default(),
            timeout_ms: 60_000.0,
            warmups: 0,
            ready_timeout_ms: 0.0,
            lead_ms: 0.0,
            rehearse: false,
            wire_ms: 0.0,
            stop_ms: 1e9,
        }
    }

    fn at_once(requests: usize, book: impl Fn(usize, usize) -> Script + 'static) -> Self {
        Self::new(vec![0.0; requests], book)
    }

    fn run(self) -> Result {
        let count = self.intended_ms.len() as u32;
        let requests: Vec<Request> =
            (0..count).map(|i| Request { prompt: format!("p{i}"), prompt_len: 10 + i, output_len: 5 }).collect();
        let load = Load {
            requests: &requests,
            intended_ms: &self.intended_ms,
            span_ms: self.span_ms,
            timeout_ms: self.timeout_ms,
            warmups: self.warmups,
            ready_timeout_ms: self.ready_timeout_ms,
            lead_ms: self.lead_ms,
            rehearse: self.rehearse,
        };
        let probe = Probe { protocol: Some("http/1.1".into()), other_names: true };
        let plan = Plan::new(&self.settings, count, &[probe]);
        let lanes = Lanes::new(&plan, self.settings.max_concurrency);
        let transport = ScriptedTransport::new(&self.clock, lanes, self.book);
        transport.send_cost_ms.set(self.send_cost_ms);
        transport.wire_ms.set(self.wire_ms);
        let (notes, counters) = (Notes::default(), Counters::default());
        let stop = self.clock.sleep(self.clock.now_ms() + self.stop_ms);
        let runner = Runner {
            load,
            transport: &transport,
            clock: &self.clock,
            backend: self.settings.backend,
            observer: &notes,
            counters: &counters,
        };
        let ended = virtual_time::run(&self.clock, runner.run(stop));
        assert_eq!(notes.testing.get(), 1, "told once that the test began");
        let mut records = notes.records.into_inner();
        let order = records.iter().map(|record| record.index).collect();
        records.sort_by_key(|record| record.index);
        for (lane, peak) in &transport.log.borrow().lane_peak {
            assert!(*peak <= plan.lanes[usize::from(*lane)].capacity, "lane {lane} held {peak}");
        }
        let (t0_ms, burst) = (notes.t0_ms.get(), notes.burst.get());
        Result { ended, records, order, counters, log: transport.log.clone(), t0_ms, burst }
    }
}

impl Result {
    fn ended(&self) -> Ended {
        *self.ended.as_ref().expect("the run was made")
    }
}

/// Time to first token, ms, from the send.
fn ttft_ms(record: &Record) -> f64 {
    record.reply.events[0].at_ms - record.sent_ms.expect("sent")
}

/// Waits between events with text, ms.
fn itls_ms(record: &Record) -> Vec<f64> {
    let texts: Vec<f64> = record.reply.events.iter().filter(|event| event.chars > 0).map(|event| event.at_ms).collect();
    texts.windows(2).map(|pair| pair[1] - pair[0]).collect()
}
