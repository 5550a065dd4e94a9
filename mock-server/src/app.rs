//! What every handler of the mock shares.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config::Config;
use crate::log::Journal;
use crate::timer::Timer;

/// What every handler shares.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Clock,
    pub(crate) timer: Timer,
    pub(crate) journal: Arc<Journal>,
    pub(crate) slots: Option<Arc<Semaphore>>,
}

impl App {
    /// Whether a request carries the key, where one is wanted.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(key) = &self.config.api_key else { return true };
        headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes() == format!("Bearer {key}").as_bytes())
    }
}
