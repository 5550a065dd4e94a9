//! Measures this worker against the simulated server, with the same runner and transport as a run: first a load like the
//! planned one, held against the simulator's log, then events as fast as they come.

use std::cell::RefCell;

use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::clock::BrowserClock;
use super::fetch::{FetchTransport, absolute, plain_init};
use super::resource_timing::ResourceTimings;
use crate::dataset::Request;
use crate::protocol::{Job, Stage, StageError};
use crate::record::Record;
use crate::record::client::Calibration;
use crate::run::calibration::{CalibrationJob, FLOOD_MS, LIMIT_MS, Truth, compare};
use crate::run::exchange::{Clock, Transport};
use crate::run::forecast::Pace;
use crate::run::runner::{Counters, Load, Observer, Opened, Runner};
use crate::settings::{SIMULATED_BASE_URL, Settings};
use crate::web::scope::{js_error_text, scope};

/// One request's time limit, ms; none comes near it.
const REQUEST_MS: f64 = 60_000.0;

/// What this worker adds to the times of a load like the planned one.
///
/// # Errors
/// When the simulated server does not answer, or nothing of what it sent was seen.
pub(super) async fn calibrate(clock: &BrowserClock, job: &CalibrationJob) -> Result<Calibration, StageError> {
    let failed = |why: String| StageError { stage: Stage::Page, message: format!("The calibration failed: {why}") };
    let requests = job.requests();
    let paced = Part { clock, job, settings: job.settings(), requests: &requests, intended_ms: &job.intended_ms() };
    let (records, ..) = paced.run(LIMIT_MS - FLOOD_MS).await.map_err(failed)?;
    let log = simulators_log(&job.page_url).await.map_err(|error| failed(js_error_text(&error)))?;
    let (requests, settings) = (job.flood_requests(), job.flood_settings());
    let flood = Part { clock, job, settings, requests: &requests, intended_ms: &vec![0.0; requests.len()] };
    let (_, events, took_ms) = flood.run(FLOOD_MS).await.map_err(failed)?;
    let sustained = events as f64 * 1000.0 / took_ms.max(1.0);
    compare(job, &records, &log, sustained).ok_or_else(|| failed("no stream of the simulator was seen.".into()))
}

/// A part of the calibration.
struct Part<'a> {
    clock: &'a BrowserClock,
    job: &'a CalibrationJob,
    settings: Settings,
    requests: &'a [Request],
    intended_ms: &'a [f64],
}

impl Part<'_> {
    /// Runs to the end, or for so long: the records, the events seen, and how long it took in ms.
    async fn run(&self, limit_ms: f64) -> Result<(Vec<Record>, u64, f64), String> {
        let timings = ResourceTimings::listen().map_err(|error| js_error_text(&error))?;
        let (settings, page_url) = (self.settings.clone(), self.job.page_url.clone());
        let job = Job { settings, page_url, api_key: None, dataset_files: 0, tokenizer_files: 0 };
        let transport = FetchTransport::new(&job, self.requests, &timings, self.clock);
        let load = Load {
            requests: self.requests,
            intended_ms: self.intended_ms,
            span_ms: 0.0,
            timeout_ms: REQUEST_MS,
            warmups: 0,
            ready_timeout_ms: 0.0,
            lead_ms: 0.0,
            rehearse: false,
        };
        let (notes, counters) = (Notes::default(), Counters::default());
        let (clock, backend) = (self.clock, job.settings.backend);
        let runner = Runner { load, transport: &transport, clock, backend, observer: &notes, counters: &counters };
        let opened = Opened { lanes: transport.connect().await, pace: Pace::default(), wanted_streams: 0 };
        let ended = runner.go(opened, clock.nap_until(clock.now_ms() + limit_ms)).await;
        Ok((notes.records.take(), counters.text_events.get(), ended.duration_ms))
    }
}

/// Keeps the records.
#[derive(Default)]
struct Notes {
    records: RefCell<Vec<Record>>,
}

impl Observer for Notes {
    fn testing(&self) {}
    fn started(&self, _t0_ms: f64) {}
    fn ended(&self, record: Record) {
        self.records.borrow_mut().push(record);
    }
}

/// What the simulated server wrote down of the requests that asked for it.
async fn simulators_log(page_url: &str) -> Result<Vec<Truth>, JsValue> {
    #[derive(Deserialize)]
    struct Log {
        requests: Vec<Truth>,
    }
    let url = absolute(&format!("{SIMULATED_BASE_URL}/log"), page_url);
    let fetched = scope().fetch_with_str_and_init(&url, &plain_init("GET", page_url, &url)?);
    let response: Response = JsFuture::from(fetched).await?.unchecked_into();
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let log: Log = serde_json::from_str(&text).map_err(|error| JsValue::from(error.to_string()))?;
    Ok(log.requests)
}
