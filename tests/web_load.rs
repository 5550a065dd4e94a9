//! What only a browser can show of the load generator: its clock, its reading of a body, its failures. Limits are wide,
//! for the machine may be busy with other tests; `cargo xtask accuracy` measures.
#![cfg(target_arch = "wasm32")]

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::pin::pin;

use futures_util::future::{Either, select};
use js_sys::{Promise, Reflect};
use streamgauge::dataset::Request;
use streamgauge::protocol::Job;
use streamgauge::record::{FailureKind, Record};
use streamgauge::run::exchange::{Call, Clock, Transport};
use streamgauge::run::runner::{Counters, Ended, Load, Observer, Runner};
use streamgauge::settings::{BackendKind, Settings};
use streamgauge::web::promise::PromiseSlot;
use streamgauge::worker::clock::BrowserClock;
use streamgauge::worker::fetch::FetchTransport;
use streamgauge::worker::resource_timing::ResourceTimings;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::*;
use web_sys::WorkerGlobalScope;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// A token stream of two words, in an address of its own. It ends as an endpoint must, in an SSE comment.
const STREAM: (&str, &str) = (
    "data:text/event-stream",
    ",data:%20%7B%22choices%22:%5B%7B%22text%22:%22river%20%22%7D%5D%7D%0A%0A\
     data:%20%7B%22choices%22:%5B%7B%22text%22:%22gauge%C3%A9%22%7D%5D%7D%0A%0Adata:%20%5BDONE%5D%0A%0A\
     :/v1/completions",
);

fn clock() -> BrowserClock {
    BrowserClock::new().expect("a clock")
}

fn page_url() -> String {
    let location = Reflect::get(&js_sys::global(), &"location".into()).expect("a location");
    let origin = Reflect::get(&location, &"origin".into()).expect("an origin");
    origin.as_string().expect("text") + "/"
}

fn job(base_url: &str, endpoint: &str) -> Job {
    let settings = Settings {
        backend: BackendKind::Openai,
        model: Some("m".into()),
        base_url: Some(base_url.into()),
        endpoint: endpoint.into(),
        ..Settings::default()
    };
    Job { settings, page_url: page_url(), api_key: None, dataset_files: 0, tokenizer_files: 0 }
}

fn requests(count: usize) -> Vec<Request> {
    vec![Request { prompt: "How deep is the river?".into(), prompt_len: 6, output_len: 2 }; count]
}

#[derive(Default)]
struct Notes {
    t0_ms: Cell<f64>,
    records: RefCell<Vec<Record>>,
}

impl Observer for Notes {
    fn testing(&self) {}
    fn started(&self, t0_ms: f64) {
        self.t0_ms.set(t0_ms);
    }
    fn ended(&self, record: Record) {
        self.records.borrow_mut().push(record);
    }
}

async fn run(job: &Job, intended_ms: &[f64]) -> (Result<Ended, String>, Vec<Record>) {
    let (clock, timings, requests) =
        (clock(), ResourceTimings::listen().expect("timings"), requests(intended_ms.len()));
    let transport = FetchTransport::new(job, &requests, &timings, &clock);
    let (notes, counters) = (Notes::default(), Counters::default());
    let load = Load {
        requests: &requests,
        intended_ms,
        span_ms: 0.0,
        timeout_ms: 5000.0,
        warmups: 0,
        ready_timeout_ms: 0.0,
        lead_ms: 0.0,
        rehearse: false,
    };
    let backend = job.settings.backend;
    let runner = Runner { load, transport: &transport, clock: &clock, backend, observer: &notes, counters: &counters };
    let ended = runner.run(pending()).await.map_err(|failed| failed.to_string());
    (ended, notes.records.into_inner())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[wasm_bindgen_test]
async fn the_clock_has_a_step_and_sleeps_to_the_point() {
    let clock = clock();
    let step_ms = clock.measure_step_ms();
    assert!(step_ms > 0.0 && step_ms <= 1.0, "step {step_ms}");
    let mut slips = Vec::new();
    for i in 0..40 {
        // Some are longer than the timers that browsers mean exactly.
        let at_ms = clock.now_ms() + 3.0 + f64::from(i % 7) * 2.3 + f64::from(i % 4 / 3) * 40.0;
        clock.sleep_until(at_ms).await;
        slips.push(clock.now_ms() - at_ms);
    }
    assert!(slips.iter().all(|slip| *slip >= 0.0), "woke too early: {slips:?}");
    assert!(median(slips.clone()) < 2.0, "{slips:?}");
}

#[wasm_bindgen_test]
async fn a_nap_is_never_short_and_can_be_dropped() {
    let clock = clock();
    let at_ms = clock.now_ms() + 12.4;
    clock.nap_until(at_ms).await;
    assert!(clock.now_ms() >= at_ms);
    let (long, short) = (clock.nap_until(at_ms + 1e12), clock.nap_until(at_ms + 20.0));
    let (long, short) = (pin!(long), pin!(short));
    assert!(matches!(select(long, short).await, Either::Right(_)));
    clock.sleep_until(0.0).await;
}

#[wasm_bindgen_test]
async fn a_landing_takes_promise_after_promise() {
    let performance = js_sys::global().unchecked_into::<WorkerGlobalScope>().performance().expect("performance");
    let landing = PromiseSlot::new(&performance);
    for i in 0..3 {
        let before_ms = performance.now();
        let landed = landing.wait(&Promise::resolve(&JsValue::from(i))).await;
        assert_eq!(landed.value, Ok(JsValue::from(i)));
        assert!(landed.at_ms >= before_ms && landed.at_ms <= performance.now());
    }
    assert_eq!(landing.wait(&Promise::reject(&"no".into())).await.value, Err("no".into()));
    // What settles after the landing is gone must not call into it.
    let mut settle = None;
    let late = Promise::new(&mut |resolve, _| settle = Some(resolve));
    drop(landing.wait(&late));
    drop(landing);
    let _ = settle.expect("a promise's end").call0(&JsValue::NULL);
    clock().turn().await;
}

#[wasm_bindgen_test]
async fn reads_a_stream_through_fetch() {
    let (ended, records) = run(&job(STREAM.0, STREAM.1), &[0.0, 0.0, 30.0]).await;
    assert_eq!(ended.map(|ended| ended.stopped), Ok(false));
    assert_eq!(records.len(), 3);
    for record in &records {
        assert!(record.succeeded(), "{:?}", record.outcome);
        assert_eq!(record.reply.text, "river gaugeé");
        assert_eq!(record.status, Some(200));
        let times = [record.sent_ms, record.headers_ms, Some(record.reply.events[0].at_ms), record.end_ms];
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "{times:?}");
        assert!(record.sent_ms >= Some(record.intended_ms));
    }
}

#[wasm_bindgen_test]
async fn a_server_that_is_not_there_fails_the_test_request() {
    let (ended, records) = run(&job("http://127.0.0.1:59999", "/v1/completions"), &[0.0]).await;
    let message = ended.expect_err("nobody listens there");
    assert!(message.contains("the server is not there"), "{message}");
    assert!(records.is_empty());
}

#[wasm_bindgen_test]
async fn an_error_status_is_a_failure_of_its_kind() {
    let job = job(&page_url(), "/v1/completions");
    let (requests, timings, clock) = (requests(1), ResourceTimings::listen().expect("timings"), clock());
    let transport = FetchTransport::new(&job, &requests, &timings, &clock);
    let mut call = transport.start(0, 0);
    let head = call.head().await.expect("the test's own server answers");
    assert!(head.status >= 400, "{head:?}");
    assert!(head.at_ms >= call.sent_ms());
    while call.chunk().await.expect("an ordinary body").is_some() {}
}

#[wasm_bindgen_test]
async fn what_cannot_be_said_is_not_sent() {
    let mut job = job(STREAM.0, STREAM.1);
    job.settings.header = vec!["bad header=x".into()];
    let (requests, timings, clock) = (requests(1), ResourceTimings::listen().expect("timings"), clock());
    let transport = FetchTransport::new(&job, &requests, &timings, &clock);
    let failure = transport.start(0, 0).head().await.expect_err("no such header");
    assert_eq!(failure.kind, FailureKind::BadRequest);
    let failure = transport.start(7, 0).head().await.expect_err("no such request");
    assert_eq!(failure.kind, FailureKind::BadRequest);
}
