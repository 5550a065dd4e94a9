//! One run in the worker: the runner over `fetch`, what it tells the page meanwhile, and what is known only at its end.

use std::cell::{Cell, RefCell};
use std::pin::pin;

use futures_util::future::{Either, select};
use js_sys::Date;

use super::clock::BrowserClock;
use super::diagnose::explain;
use super::fetch::FetchTransport;
use super::page_link::PageLink;
use super::resource_timing::ResourceTimings;
use crate::protocol::run::{Finished, FromRunner, Order};
use crate::protocol::{Job, Stage, StageError};
use crate::record::client::ClientReport;
use crate::record::{FailureKind, Record};
use crate::run::exchange::Clock;
use crate::run::forecast::PlanReport;
use crate::run::health::BEAT_MS;
use crate::run::network::attach;
use crate::run::rehearsal::Burst;
use crate::run::reporting::Reporting;
use crate::run::runner::{Counters, Ended, Load, Observer, Opened, Runner, TestFailed};
use crate::web::scope::{is_isolated, js_error_text, scope};
use crate::web::web_lock::WebLock;

/// How long the page may take to draw that a run begins, ms.
const LEAD_MS: f64 = 250.0;
/// How long after its end a record waits for the browser's timing of it, ms.
const SETTLE_MS: f64 = 150.0;
/// Records in one message at most, so that writing it does not hold up the streams.
const BATCH: usize = 100;

/// Sends the workload once the page has seen how it will travel, and tells the page all of it. To check, it goes no
/// further than that.
///
/// # Errors
/// When the test request fails.
pub(super) async fn run(
    page: &PageLink,
    clock: &BrowserClock,
    order: &Order,
    only_check: bool,
) -> Result<(), StageError> {
    let Order { job, requests, intended_ms, span_s } = order;
    let _lock = WebLock::hold(&scope().navigator(), "streamgauge-run");
    let clock_step_ms = clock.measure_step_ms();
    let timings = ResourceTimings::listen().map_err(|error| StageError {
        stage: Stage::Page,
        message: format!("This browser does not tell how its fetches went: {}.", js_error_text(&error)),
    })?;
    let transport = FetchTransport::new(job, requests, &timings, clock);
    let counters = Counters::default();
    let reporter = Reporter {
        page,
        clock,
        timings: &timings,
        transport: &transport,
        counters: &counters,
        intended_ms,
        t0_ms: Cell::new(None),
        ended: RefCell::default(),
        total: requests.len() as u32,
        wanted_streams: Cell::new(0),
        burst: Cell::new(None),
    };
    let load = Load {
        requests,
        intended_ms,
        span_ms: span_s * 1000.0,
        timeout_ms: job.settings.request_timeout_sec * 1000.0,
        warmups: job.settings.num_warmups,
        ready_timeout_ms: f64::from(job.settings.ready_check_timeout_sec) * 1000.0,
        lead_ms: LEAD_MS,
        rehearse: job.settings.calibrate && !job.settings.simulated_server,
    };
    let runner = Runner {
        load,
        transport: &transport,
        clock,
        backend: job.settings.backend,
        observer: &reporter,
        counters: &counters,
    };
    let ended = match select(pin!(reporter.course(&runner, only_check)), pin!(reporter.beat())).await {
        Either::Left((Ok(Some(ended)), _)) => ended,
        Either::Left((Ok(None), _)) => return Ok(()),
        Either::Left((Err(failed), _)) => return Err(test_failed(failed, job, &transport, clock).await),
        Either::Right((never, _)) => match never {},
    };
    let client = reporter.client(clock_step_ms);
    clock.nap_until(clock.now_ms() + SETTLE_MS).await;
    reporter.send_all();
    let (duration_s, stopped) = (ended.duration_ms / 1000.0, ended.stopped);
    page.send(&FromRunner::Finished(Box::new(Finished { duration_s, stopped, client })));
    Ok(())
}

async fn test_failed(
    failed: TestFailed,
    job: &Job,
    transport: &FetchTransport<'_>,
    clock: &BrowserClock,
) -> StageError {
    let stage = match failed.failure.kind {
        FailureKind::BadRequest => Stage::Settings,
        _ => Stage::Server,
    };
    let url = transport.urls().first().cloned().unwrap_or_default();
    let message = match failed.failure.kind {
        FailureKind::Unreachable => explain(job, &url, clock).await,
        _ => failed.to_string(),
    };
    StageError { stage, message }
}

/// The runner over `fetch`.
type BrowserRunner<'a> = Runner<'a, FetchTransport<'a>, BrowserClock>;

/// What a future gives that never ends.
enum Never {}

/// Hears the run, and passes it on to the page in pieces that do not hold up the streams.
struct Reporter<'a> {
    page: &'a PageLink,
    clock: &'a BrowserClock,
    timings: &'a ResourceTimings,
    transport: &'a FetchTransport<'a>,
    counters: &'a Counters,
    /// When requests are due, ms from t0, ascending.
    intended_ms: &'a [f64],
    /// None until the run has begun.
    t0_ms: Cell<Option<f64>>,
    /// Records that the page has not got yet, in the order of their ends.
    ended: RefCell<Vec<Record>>,
    /// Requests in the workload.
    total: u32,
    /// What the schedule is expected to want at its peak.
    wanted_streams: Cell<u32>,
    /// What a rehearsal of the burst found.
    burst: Cell<Option<Burst>>,
}

impl Observer for Reporter<'_> {
    fn testing(&self) {
        self.page.send(&FromRunner::Testing);
    }

    fn started(&self, t0_ms: f64) {
        self.t0_ms.set(Some(t0_ms));
        self.page.health().restart(t0_ms);
        self.page.send(&FromRunner::Started { t0_unix_ms: self.clock.origin_unix_ms() + t0_ms });
    }

    fn rehearsed(&self, burst: Burst) {
        self.burst.set(Some(burst));
    }

    fn ended(&self, record: Record) {
        self.ended.borrow_mut().push(record);
    }
}

impl Reporter<'_> {
    /// From the test request to the end; none where only the plan was asked for.
    async fn course(&self, runner: &BrowserRunner<'_>, only_check: bool) -> Result<Option<Ended>, TestFailed> {
        let opening = async {
            let opened = runner.open().await?;
            self.page.send(&FromRunner::Planned(Box::new(self.planned(&opened))));
            if !only_check {
                self.page.told_to_go().await;
            }
            Ok(opened)
        };
        match select(pin!(opening), pin!(self.page.stopped())).await {
            Either::Left((opened, _)) if only_check => opened.map(|_| None),
            Either::Left((opened, _)) => Ok(Some(runner.go(opened?, self.page.stopped()).await)),
            Either::Right(_) => Ok(Some(Ended { duration_ms: 0.0, stopped: true })),
        }
    }

    fn planned(&self, opened: &Opened) -> PlanReport {
        let plan = self.transport.plan();
        self.wanted_streams.set(opened.wanted_streams.min(plan.wanted));
        PlanReport {
            lanes: plan.lanes.iter().map(|lane| lane.base_url.clone()).collect(),
            base_urls: plan.lanes.last().map_or(0, |lane| u32::from(lane.target) + 1),
            protocols: plan.protocols.clone(),
            streams_that_fit: plan.streams_that_fit(),
            wanted_streams: self.wanted_streams.get(),
            pace: opened.pace,
        }
    }

    /// Feels the event loop's pulse, and reports at some of its beats.
    async fn beat(&self) -> Never {
        let mut reporting = Reporting::new(self.intended_ms);
        loop {
            let due_ms = self.clock.now_ms().ceil() + BEAT_MS;
            self.clock.nap_until(due_ms).await;
            let now_ms = self.clock.now_ms();
            self.page.health().beat(due_ms, now_ms, Date::now());
            let Some(t0_ms) = self.t0_ms.get() else { continue };
            let report = reporting.is_due(now_ms - t0_ms, now_ms - due_ms);
            // However seldom there is time for a report, no more than a batch is left behind.
            let settled = self.settled(now_ms - t0_ms);
            if report || settled >= BATCH {
                self.send(settled.min(BATCH), t0_ms);
            }
            if report {
                self.say_progress(t0_ms);
            }
        }
    }

    /// Records at the head of the queue that the browser has had the time to tell the timing of; ms from t0.
    fn settled(&self, now_ms: f64) -> usize {
        let settled = |record: &&Record| record.end_ms.is_none_or(|end_ms| end_ms + SETTLE_MS <= now_ms);
        self.ended.borrow().iter().take_while(settled).count()
    }

    fn say_progress(&self, t0_ms: f64) {
        let elapsed_ms = (self.clock.now_ms() - t0_ms).max(0.0);
        self.page.send(&FromRunner::Progress(self.counters.progress(elapsed_ms, self.total)));
    }

    fn send(&self, count: usize, t0_ms: f64) {
        let mut records: Vec<Record> = self.ended.borrow_mut().drain(..count).collect();
        if records.is_empty() {
            return;
        }
        attach(&mut records, &mut self.timings.entries.borrow_mut(), &self.transport.urls(), t0_ms);
        let health = self.page.health();
        for record in &mut records {
            health.taint(record, t0_ms);
        }
        self.page.send(&FromRunner::Records(records));
    }

    /// Sends what is left, and how the run stands at its end.
    fn send_all(&self) {
        let Some(t0_ms) = self.t0_ms.get() else { return };
        while !self.ended.borrow().is_empty() {
            let count = self.ended.borrow().len().min(BATCH);
            self.send(count, t0_ms);
        }
        self.say_progress(t0_ms);
    }

    fn client(&self, clock_step_ms: f64) -> ClientReport {
        let mut health = self.page.health();
        let now_ms = self.clock.now_ms();
        let plan = self.transport.plan();
        ClientReport {
            clock_step_ms,
            cross_origin_isolated: is_isolated(),
            lanes: plan.lanes.len() as u32,
            streams_that_fit: plan.streams_that_fit(),
            wanted_streams: self.wanted_streams.get(),
            send_gap_ms: self.burst.get().map(|burst| burst.gap_ms),
            burst_delay_ms: self.burst.get().map(|burst| burst.longer_ms),
            event_loop_lag_ms: health.lag_ms(),
            visibility: health.intervals(self.t0_ms.get().unwrap_or(now_ms), now_ms),
            user_agent: scope().navigator().user_agent().unwrap_or_default(),
        }
    }
}
