//! Asks the browser and the server the simple things that tell why a request failed; `run::diagnose` judges.

use std::pin::pin;

use futures_util::future::{Either, join3, select};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::RequestMode;

use super::clock::BrowserClock;
use super::fetch::plain_init;
use crate::protocol::Job;
use crate::run::diagnose::{Evidence, Permission, address_space, by_address, cause, sentence};
use crate::run::exchange::Clock;
use crate::web::scope::scope;

/// How long each question may take, ms.
const LIMIT_MS: f64 = 3000.0;

/// Why `url` is not reached, in a sentence or two with what mends it.
pub(super) async fn explain(job: &Job, url: &str, clock: &BrowserClock) -> String {
    let mut evidence = Evidence {
        url,
        page_url: &job.page_url,
        backend: job.settings.backend,
        with_key: job.api_key.is_some(),
        permission: None,
        reached_blindly: None,
        read_simply: None,
        slow: false,
    };
    if by_address(url, &job.page_url).is_none() {
        let begun_ms = clock.now_ms();
        let blind = reaches(job, url, RequestMode::NoCors, clock);
        let simple = reaches(job, url, RequestMode::Cors, clock);
        (evidence.permission, evidence.reached_blindly, evidence.read_simply) =
            join3(permission(url), blind, simple).await;
        evidence.slow = clock.now_ms() - begun_ms >= LIMIT_MS;
    }
    sentence(cause(&evidence), &evidence)
}

/// Whether a plain GET, which needs no preflight, comes back; none when it takes too long.
async fn reaches(job: &Job, url: &str, mode: RequestMode, clock: &BrowserClock) -> Option<bool> {
    let init = plain_init("GET", &job.page_url, url).ok()?;
    init.set_mode(mode);
    if mode == RequestMode::NoCors {
        // Without CORS the Fetch standard knows no other way.
        init.set_redirect(web_sys::RequestRedirect::Follow);
    }
    let answer = JsFuture::from(scope().fetch_with_str_and_init(url, &init));
    match select(pin!(answer), pin!(clock.nap_until(clock.now_ms() + LIMIT_MS))).await {
        Either::Left((answer, _)) => Some(answer.is_ok()),
        Either::Right(_) => None,
    }
}

/// What the browser says of its permission to reach the address; none where it knows no such permission.
async fn permission(url: &str) -> Option<Permission> {
    let name = address_space(url).permission()?;
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
