//! Asks the browser and the server the simple things that tell why a request failed; `run::diagnose` judges.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, join_all, join4, select};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, RequestInit, RequestMode, RequestRedirect, Response, ResponseType};

use super::clock::BrowserClock;
use super::fetch::{absolute, plain_init};
use crate::backend::Target;
use crate::protocol::Job;
use crate::run::diagnose::{Evidence, Permission, Simple, address_space, by_address, cause, permission, sentence};
use crate::run::exchange::Clock;
use crate::web::scope::scope;

/// How long each question may take, ms.
const LIMIT_MS: f64 = 3000.0;
/// Told to a worker when its policy has stopped one of its requests.
const VIOLATION: &str = "securitypolicyviolation";

/// What was asked for in vain.
pub(super) struct Asked {
    /// The address, as the browser writes it.
    pub(super) url: String,
    method: &'static str,
    /// Other addresses of the same server that a page may be let to read.
    others: Vec<String>,
}

impl Asked {
    /// A run's requests.
    pub(super) fn of_run(target: &Target, page_url: &str) -> Self {
        let others = target.models_url().into_iter().chain(target.nearby_urls());
        let others = others.map(|url| absolute(&url, page_url)).collect();
        Self { url: absolute(&target.url(), page_url), method: "POST", others }
    }

    /// The list of models; none where the kind of server has no such list.
    pub(super) fn of_models(target: &Target, page_url: &str) -> Option<Self> {
        let others = [target.url()].into_iter().chain(target.nearby_urls());
        let others = others.map(|url| absolute(&url, page_url)).collect();
        Some(Self { url: absolute(&target.models_url()?, page_url), method: "GET", others })
    }
}

/// Why an address is not reached, in a sentence or two with what to do.
pub(super) async fn explain(job: &Job, asked: &Asked, clock: &BrowserClock) -> String {
    let url = asked.url.as_str();
    let mut evidence = Evidence {
        url,
        method: asked.method,
        page_url: &job.page_url,
        backend: job.settings.backend,
        with_key: job.api_key.is_some(),
        permission: None,
        reached_blindly: None,
        simple: Simple::Nothing,
        leads_away: false,
        readable: None,
        slow: false,
    };
    if by_address(url, &job.page_url).is_none() {
        let begun_ms = clock.now_ms();
        let violations = Violations::listen();
        let simple = simple(job, url, asked.method, clock);
        (evidence.permission, evidence.reached_blindly, evidence.simple, evidence.readable) =
            join4(permitted(url), reached_blindly(job, url, clock), simple, readable(job, &asked.others, clock)).await;
        evidence.leads_away = violations.is_some_and(|violations| violations.seen());
        evidence.slow = clock.now_ms() - begun_ms >= LIMIT_MS;
    }
    sentence(cause(&evidence), &evidence)
}

/// Sends a request that needs no preflight, and waits for its head; `None` when it takes too long, an error without words
/// for any failure.
async fn ask(url: &str, init: &RequestInit, clock: &BrowserClock) -> Option<Result<Response, ()>> {
    let answer = JsFuture::from(scope().fetch_with_str_and_init(url, init));
    match select(pin!(answer), pin!(clock.nap_until(clock.now_ms() + LIMIT_MS))).await {
        Either::Left((answer, _)) => Some(answer.map(JsCast::unchecked_into).map_err(drop)),
        Either::Right(_) => None,
    }
}

/// Whether a plain GET comes back, whatever the page may read of it. Without CORS the Fetch standard follows every
/// redirect, as far as the worker's policy lets it.
async fn reached_blindly(job: &Job, url: &str, clock: &BrowserClock) -> Option<bool> {
    let init = plain_init("GET", &job.page_url, url).ok()?;
    init.set_mode(RequestMode::NoCors);
    init.set_redirect(RequestRedirect::Follow);
    ask(url, &init, clock).await.map(|answer| answer.is_ok())
}

/// What a request of this method meets that has neither our headers nor a body. A server takes an empty POST for a
/// mistake, and generates nothing.
async fn simple(job: &Job, url: &str, method: &str, clock: &BrowserClock) -> Simple {
    let Ok(init) = plain_init(method, &job.page_url, url) else { return Simple::Nothing };
    init.set_redirect(RequestRedirect::Manual);
    match ask(url, &init, clock).await {
        Some(Ok(response)) if response.type_() == ResponseType::Opaqueredirect => Simple::Redirect,
        Some(Ok(response)) => Simple::Status(response.status()),
        Some(Err(())) | None => Simple::Nothing,
    }
}

/// The first of these addresses that this page may read.
async fn readable<'a>(job: &Job, urls: &'a [String], clock: &BrowserClock) -> Option<&'a str> {
    let found = join_all(urls.iter().map(|url| simple(job, url, "GET", clock))).await;
    let mut readable = urls.iter().zip(found).filter(|(_, found)| matches!(found, Simple::Status(_)));
    readable.next().map(|(url, _)| url.as_str())
}

/// What the worker's own policy stops. The worker asks its target alone, so that only a redirect can lead to anything
/// else; no other sign of such a redirect reaches a page.
struct Violations {
    seen: Rc<Cell<bool>>,
    on_violation: Closure<dyn FnMut(Event)>,
}

impl Violations {
    fn listen() -> Option<Self> {
        let seen = Rc::new(Cell::new(false));
        let note = Rc::clone(&seen);
        let on_violation = Closure::new(move |_| note.set(true));
        scope().add_event_listener_with_callback(VIOLATION, on_violation.as_ref().unchecked_ref()).ok()?;
        Some(Self { seen, on_violation })
    }

    fn seen(&self) -> bool {
        self.seen.get()
    }
}

impl Drop for Violations {
    fn drop(&mut self) {
        // It was added, so it can be removed.
        let _ = scope().remove_event_listener_with_callback(VIOLATION, self.on_violation.as_ref().unchecked_ref());
    }
}

/// What the browser says of its permission to reach the address; none where it knows no such permission.
async fn permitted(url: &str) -> Option<Permission> {
    let name = permission(address_space(url))?;
    match query(name).await.ok()?.as_deref() {
        Some("granted") => Some(Permission::Granted),
        Some("prompt") => Some(Permission::Prompt),
        Some("denied") => Some(Permission::Denied),
        _ => None,
    }
}

async fn query(name: &str) -> Result<Option<String>, JsValue> {
    let permissions = Reflect::get(&scope().navigator(), &"permissions".into())?;
    let query: Function = Reflect::get(&permissions, &"query".into())?.dyn_into()?;
    let descriptor = Object::new();
    Reflect::set(&descriptor, &"name".into(), &name.into())?;
    let promise: Promise = query.call1(&permissions, &descriptor)?.dyn_into()?;
    let status = JsFuture::from(promise).await?;
    Ok(Reflect::get(&status, &"state".into())?.as_string())
}
