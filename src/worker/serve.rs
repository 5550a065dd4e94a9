//! A run worker: it greets the page, and then does what the page asks for, one thing at a time.

use super::calibrate::calibrate;
use super::clock::BrowserClock;
use super::models::list_models;
use super::page_link::PageLink;
use super::run::run;
use crate::protocol::Greeting;
use crate::protocol::run::{FromRunner, ToRunner};
use crate::web::scope::js_error_text;

/// Serves the page for as long as the worker lives.
pub async fn serve() {
    let clock = match BrowserClock::new() {
        Ok(clock) => clock,
        Err(error) => wasm_bindgen::throw_str(&format!("The load worker has no clock: {}", js_error_text(&error))),
    };
    let page = PageLink::open(&clock);
    page.send(&FromRunner::Ready(Greeting::ours()));
    loop {
        let done = match page.next().await {
            ToRunner::ListModels(job) => {
                list_models(&job, &clock).await.map(|names| page.send(&FromRunner::Models(names)))
            }
            ToRunner::Check(order) => run(&page, &clock, &order, true).await,
            ToRunner::Start(order) => run(&page, &clock, &order, false).await,
            ToRunner::Calibrate(job) => {
                calibrate(&clock, &job).await.map(|found| page.send(&FromRunner::Calibrated(found)))
            }
            // These act as they arrive.
            ToRunner::Stop | ToRunner::Go | ToRunner::Visibility(_) => Ok(()),
        };
        if let Err(error) = done {
            page.send(&FromRunner::Failed(error));
        }
    }
}
