//! The runner's transport over `fetch`: one POST a request, its body read by a default reader with one copy into a buffer
//! that is used again. No cookies, no referrer, no redirect, no priority: what is sent is what the workload
//! says, and the browser adds as little as it can.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::future::{Either, join, join_all, select};
use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, DedicatedWorkerGlobalScope, Headers, Performance, ReadableStreamDefaultReader,
    ReadableStreamReadResult, ReferrerPolicy, RequestCache, RequestCredentials, RequestInit, RequestMode,
    RequestRedirect, Response, Url,
};

use super::clock::BrowserClock;
use super::resource_timing::ResourceTimings;
use crate::backend::{authorization, encode, endpoint};
use crate::dataset::Request;
use crate::protocol::Job;
use crate::record::{Failure, FailureKind};
use crate::run::diagnose::{AddressSpace, address_space};
use crate::run::exchange::{Call, Chunk, Clock, Head, Transport};
use crate::run::lanes::{Lane, Lanes, Plan, Probe, STREAMS_HTTP1, loopback_name};
use crate::web::promise::PromiseSlot;
use crate::web::scope::{js_error_text, performance, scope};
use crate::workload::prompt_outside;

/// What `fetch` is given beside the address, and what aborts it; or why it cannot be made.
type Made = Result<(RequestInit, AbortController), String>;

/// Sends a workload's requests.
pub struct FetchTransport<'a> {
    job: &'a Job,
    requests: &'a [Request],
    timings: &'a ResourceTimings,
    clock: &'a BrowserClock,
    key: Option<(String, String)>,
    plan: RefCell<Plan>,
    /// The requests that are expected next, as they will be sent, by their indices.
    expected: RefCell<BTreeMap<usize, Made>>,
    /// Each lane's whole address.
    urls: RefCell<Vec<String>>,
    performance: Performance,
    scope: DedicatedWorkerGlobalScope,
}

impl<'a> FetchTransport<'a> {
    /// A transport for this workload; until it has connected, it takes each base URL for a lane of what any server
    /// carries.
    pub fn new(job: &'a Job, requests: &'a [Request], timings: &'a ResourceTimings, clock: &'a BrowserClock) -> Self {
        let transport = Self {
            job,
            requests,
            timings,
            clock,
            key: authorization(job.settings.backend, job.api_key.as_deref()),
            plan: RefCell::new(Plan::new(&job.settings, requests.len() as u32, &[])),
            expected: RefCell::default(),
            urls: RefCell::default(),
            performance: performance(),
            scope: scope(),
        };
        transport.set_urls();
        transport
    }

    /// Each lane's whole address, as the browser writes it.
    pub fn urls(&self) -> Ref<'_, [String]> {
        Ref::map(self.urls.borrow(), Vec::as_slice)
    }

    /// The plan of connections.
    pub fn plan(&self) -> Ref<'_, Plan> {
        self.plan.borrow()
    }

    /// Whether requests stay with the page's own origin, so that none needs a CORS preflight.
    fn is_same_origin(&self) -> bool {
        let origin = |url: &str| Url::new(url).map(|url| url.origin()).ok();
        self.urls().iter().all(|url| origin(url) == origin(&self.job.page_url))
    }

    fn set_urls(&self) {
        let whole = |lane: &Lane| request_url(self.job, &lane.base_url);
        *self.urls.borrow_mut() = self.plan.borrow().lanes.iter().map(whole).collect();
    }

    fn init(&self, method: &str, headers: &[(String, String)]) -> Result<RequestInit, JsValue> {
        let all = Headers::new()?;
        for (name, value) in headers.iter().chain(&self.key) {
            all.append(name, value)?;
        }
        let init = bare_init(method);
        init.set_headers(&all);
        Ok(init)
    }

    /// Everything up to `fetch` itself, but for what depends on the lane.
    fn make(&self, prompt: &str, output_len: u32) -> Made {
        let http = encode(&self.job.settings, prompt, output_len).map_err(|e| e.to_string())?;
        let made = || {
            let init = self.init("POST", &http.headers)?;
            init.set_body(&Uint8Array::from(http.body.as_bytes()));
            // No cache keeps a POST's answer; but a request that shuns caches is preflighted anew each time.
            init.set_cache(RequestCache::Default);
            let controller = AbortController::new()?;
            init.set_signal(Some(&controller.signal()));
            Ok((init, controller))
        };
        made().map_err(|error| js_error_text(&error))
    }

    fn make_of_workload(&self, index: usize) -> Made {
        let missing = || "There is no such request in the workload.".to_owned();
        let request = self.requests.get(index).ok_or_else(missing)?;
        self.make(&request.prompt, request.output_len)
    }

    /// A GET at an address of requests, with their headers: it opens a connection and brings the CORS preflight that the
    /// requests would else bring, and no server generates anything for it. What it answers does not matter; whether the
    /// page may read it tells that the address works.
    ///
    /// Only a request in the default cache mode looks for a preflight that was made before, and leaves its own for
    /// others; but of GETs in that mode at one address the browser sends one at a time.
    async fn knock(&self, url: &str, cache: RequestCache) -> Result<(), JsValue> {
        let headers = encode(&self.job.settings, "", 1).map(|http| http.headers).unwrap_or_default();
        let init = self.init("GET", &headers)?;
        init.set_cache(cache);
        allow_address_space(&init, &self.job.page_url, url)?;
        let response: Response = JsFuture::from(self.scope.fetch_with_str_and_init(url, &init)).await?.unchecked_into();
        // A connection can be used again only when the body was read.
        JsFuture::from(response.text()?).await?;
        Ok(())
    }

    /// Whether the server answers by another of its names, where more lanes than one are wanted.
    async fn has_other_names(&self, base_url: &str, streams: u32) -> bool {
        match loopback_name(base_url, 1) {
            Some(name) if streams > STREAMS_HTTP1 => {
                self.knock(&request_url(self.job, &name), RequestCache::Default).await.is_ok()
            }
            _ => false,
        }
    }

    async fn probe(&self, base_url: String) -> Probe {
        let url = request_url(self.job, &base_url);
        let wanted = self.plan.borrow().wanted;
        let (_, other_names) =
            join(self.knock(&url, RequestCache::Default), self.has_other_names(&base_url, wanted)).await;
        self.clock.nap_until(self.clock.now_ms() + TIMING_MS).await;
        let entries = self.timings.entries.borrow();
        let of_url = entries.iter().filter(|entry| entry.url == url);
        Probe { protocol: of_url.filter_map(|entry| entry.timing.protocol.clone()).next_back(), other_names }
    }
}

/// How long the browser may take to tell the timing of a fetch that has ended, ms.
const TIMING_MS: f64 = 50.0;
/// How long finding out about a server may take, ms; what is not known then is taken for the least.
const PROBE_MS: f64 = 4000.0;

/// The whole address of requests at a base URL.
pub fn request_url(job: &Job, base_url: &str) -> String {
    // A path that does not suit is refused before anything is sent; for a message's sake it is taken as it is.
    let path = endpoint(&job.settings).unwrap_or(&job.settings.endpoint);
    absolute(&format!("{base_url}{path}"), &job.page_url)
}

/// An address as the browser writes it, relative ones taken from the page's.
pub fn absolute(url: &str, page_url: &str) -> String {
    Url::new_with_base(url, page_url).map_or_else(|_| url.to_owned(), |url| url.href())
}

/// A request to an address, without anything that a browser would add of its own.
pub fn plain_init(method: &str, page_url: &str, url: &str) -> Result<RequestInit, JsValue> {
    let init = bare_init(method);
    allow_address_space(&init, page_url, url)?;
    Ok(init)
}

fn bare_init(method: &str) -> RequestInit {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_mode(RequestMode::Cors);
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    init.set_redirect(RequestRedirect::Error);
    init
}

/// A page on the Internet must say that it means this machine or the local network; else the browser may not even ask the
/// person for leave.
fn allow_address_space(init: &RequestInit, page_url: &str, url: &str) -> Result<(), JsValue> {
    if address_space(page_url) == AddressSpace::Public
        && let Some(name) = address_space(url).fetch_option()
    {
        Reflect::set(init, &"targetAddressSpace".into(), &name.into())?;
    }
    Ok(())
}

impl FetchTransport<'_> {
    fn send(&self, made: Made, lane: u16) -> FetchCall {
        let urls = self.urls.borrow();
        let url = urls.get(usize::from(lane)).map(String::as_str).unwrap_or_default();
        let made = made.and_then(|(init, controller)| {
            allow_address_space(&init, &self.job.page_url, url).map_err(|error| js_error_text(&error))?;
            Ok((init, controller))
        });
        let sent_ms = self.performance.now();
        let state = match made {
            Ok((init, controller)) => {
                State::Sent { response: self.scope.fetch_with_str_and_init(url, &init).unchecked_into(), controller }
            }
            Err(message) => State::Refused(Failure { kind: FailureKind::BadRequest, message }),
        };
        FetchCall {
            state,
            sent_ms,
            handed_ms: self.performance.now(),
            landing: PromiseSlot::new(&self.performance),
            reader: None,
            buffer: Vec::new(),
            bytes: 0,
        }
    }
}

impl Transport for FetchTransport<'_> {
    type Call = FetchCall;

    fn expect(&self, index: usize) {
        self.expected.borrow_mut().entry(index).or_insert_with(|| self.make_of_workload(index));
    }

    fn start(&self, index: usize, lane: u16) -> FetchCall {
        let expected = self.expected.borrow_mut().remove(&index);
        self.send(expected.unwrap_or_else(|| self.make_of_workload(index)), lane)
    }

    fn start_outside(&self, nth: u32, lane: u16) -> FetchCall {
        let made = match self.requests.first() {
            Some(first) if !self.job.settings.test_first_prompt => {
                self.make(&prompt_outside(&first.prompt, nth), first.output_len)
            }
            _ => self.make_of_workload(0),
        };
        self.send(made, lane)
    }

    async fn connect(&self) -> Lanes {
        let settings = &self.job.settings;
        if !settings.simulated_server {
            let probes = join_all(settings.base_urls().into_iter().map(|base_url| self.probe(base_url)));
            let limit = self.clock.nap_until(self.clock.now_ms() + PROBE_MS);
            if let Either::Left((probes, _)) = select(pin!(probes), pin!(limit)).await {
                *self.plan.borrow_mut() = Plan::new(settings, self.requests.len() as u32, &probes);
                self.set_urls();
            }
        }
        Lanes::new(&self.plan.borrow(), settings.max_concurrency)
    }

    async fn warm(&self, lane: u16, nth: u32) {
        let url = self.urls.borrow().get(usize::from(lane)).cloned();
        if let Some(url) = url {
            let cache = if nth == 0 { RequestCache::Default } else { RequestCache::NoStore };
            let _ = self.knock(&url, cache).await;
        }
    }

    /// A request to another origin that shuns the cache brings its CORS preflight each time.
    fn exchanges_a_knock(&self) -> f64 {
        if self.is_same_origin() { 1.0 } else { 2.0 }
    }
}

/// A `fetch` under way.
pub struct FetchCall {
    state: State,
    sent_ms: f64,
    handed_ms: f64,
    landing: PromiseSlot,
    reader: Option<ReadableStreamDefaultReader>,
    buffer: Vec<u8>,
    bytes: u64,
}

enum State {
    /// It could not be made.
    Refused(Failure),
    /// It is under way.
    Sent { response: Promise, controller: AbortController },
    /// The body has ended, one way or another.
    Over,
}

impl Call for FetchCall {
    fn sent_ms(&self) -> f64 {
        self.sent_ms
    }

    fn handed_ms(&self) -> f64 {
        self.handed_ms
    }

    async fn head(&mut self) -> Result<Head, Failure> {
        let response = match &self.state {
            State::Sent { response, .. } => response.clone(),
            State::Refused(failure) => return Err(failure.clone()),
            State::Over => return Err(broken("There is no more to read.")),
        };
        let landed = self.landing.wait(&response).await;
        match landed.value {
            Ok(response) => {
                let response: Response = response.unchecked_into();
                // A response without a body has no reader, and ends at the first read.
                self.reader = response.body().map(|body| body.get_reader().unchecked_into());
                Ok(Head { status: response.status(), at_ms: landed.at_ms })
            }
            Err(error) => {
                self.state = State::Over;
                Err(unreachable(&error, landed.at_ms - self.sent_ms))
            }
        }
    }

    async fn chunk(&mut self) -> Result<Option<Chunk<'_>>, Failure> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let landed = self.landing.wait(&reader.read().unchecked_into()).await;
        let result: ReadableStreamReadResult = match landed.value {
            Ok(result) => result.unchecked_into(),
            Err(error) => {
                self.end();
                return Err(broken(&format!(
                    "The stream broke off after {} bytes: {}.",
                    self.bytes,
                    js_error_text(&error)
                )));
            }
        };
        if result.get_done().unwrap_or(true) {
            self.end();
            return Ok(None);
        }
        let array: Uint8Array = result.get_value().unchecked_into();
        let length = array.length() as usize;
        self.bytes += length as u64;
        if self.buffer.len() < length {
            self.buffer.resize(length, 0);
        }
        array.copy_to(&mut self.buffer[..length]);
        Ok(Some(Chunk { bytes: &self.buffer[..length], at_ms: landed.at_ms }))
    }
}

impl FetchCall {
    fn end(&mut self) {
        self.state = State::Over;
        self.reader = None;
    }
}

impl Drop for FetchCall {
    fn drop(&mut self) {
        if let State::Sent { controller, .. } = &self.state {
            controller.abort();
        }
    }
}

fn broken(message: &str) -> Failure {
    Failure { kind: FailureKind::Broken, message: message.to_owned() }
}

fn unreachable(error: &JsValue, after_ms: f64) -> Failure {
    let words = js_error_text(error);
    let message = format!(
        "The browser gave no answer of the server to this page, and says only \"{words}\" (after {after_ms:.0} ms): the \
         server is not there, or does not let this page in (CORS)."
    );
    Failure { kind: FailureKind::Unreachable, message }
}
