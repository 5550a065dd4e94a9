//! The page's workers. One prepares workloads and counts tokens: it reads from anywhere, and never holds the API key.
//! Each run has another, which can connect to the run's target alone, holds the key, and ends with the run.
//! One more measures itself against the simulated server, and ends with that.

use leptos::prelude::*;
use web_sys::File;

use crate::backend::targets;
use crate::page::state::{AppState, Backstage};
use crate::page::state::link::{Home, Received, WorkerLink};
use crate::page::state::simulated;
use crate::protocol::prepare::{FromPreparer, ToPreparer};
use crate::protocol::run::{FromRunner, ToRunner};
use crate::protocol::{Stage, StageError};
use crate::settings::Settings;

/// What a run worker is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::page) enum Role {
    /// Asks the server for its models.
    Ask,
    /// Sends a workload.
    Run,
    /// Measures itself.
    Calibrate,
}

/// The workers that there are.
#[derive(Default)]
pub(in crate::page) struct Workers {
    prepare: Option<WorkerLink<ToPreparer>>,
    ask: Option<WorkerLink<ToRunner>>,
    run: Option<WorkerLink<ToRunner>>,
    calibrate: Option<WorkerLink<ToRunner>>,
}

impl Workers {
    fn of(&mut self, role: Role) -> &mut Option<WorkerLink<ToRunner>> {
        match role {
            Role::Ask => &mut self.ask,
            Role::Run => &mut self.run,
            Role::Calibrate => &mut self.calibrate,
        }
    }
}

fn page_error(message: String) -> StageError {
    StageError { stage: Stage::Page, message }
}

fn gone<T>() -> Result<T, String> {
    Err("The load worker is gone; run again.".into())
}

impl AppState {
    /// Starts the worker that prepares, unless there is one.
    ///
    /// # Errors
    /// When the browser starts none.
    pub(in crate::page) async fn ensure_preparer(
        self,
        receive: impl Fn(Received<FromPreparer>) + Clone + 'static,
    ) -> Result<(), StageError> {
        if self.backstage.with_value(|backstage| backstage.workers.prepare.is_none()) {
            let link = WorkerLink::start(Home::Page, receive).await.map_err(page_error)?;
            // Two may have been started at once: the first one to be there stays, for it may be at work already.
            let keep_first = |backstage: &mut Backstage| match &backstage.workers.prepare {
                Some(_) => Some(link),
                None => backstage.workers.prepare.replace(link),
            };
            drop_later(self.backstage.try_update_value(keep_first));
        }
        Ok(())
    }

    /// Sends a message to the worker that prepares, with picked files beside it.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(in crate::page) fn send_to_preparer(self, message: &ToPreparer, files: &[File]) -> Result<(), StageError> {
        let sent = self.backstage.try_update_value(|backstage| match &backstage.workers.prepare {
            Some(link) => link.send(message, files),
            None => gone(),
        });
        sent.unwrap_or_else(gone).map_err(page_error)
    }

    /// Ends the worker that prepares.
    pub(in crate::page) fn drop_preparer(self) {
        drop_later(self.backstage.try_update_value(|backstage| backstage.workers.prepare.take()));
    }

    /// Starts a run worker for these settings.
    ///
    /// # Errors
    /// When the browser starts none.
    pub(in crate::page) async fn start_worker(
        self,
        settings: &Settings,
        receive: impl Fn(Received<FromRunner>) + Clone + 'static,
    ) -> Result<WorkerLink<ToRunner>, StageError> {
        let home = if settings.simulated_server {
            simulated::start().await.map_err(|message| StageError { stage: Stage::Server, message })?;
            Home::Simulated
        } else {
            let targets =
                targets(settings).map_err(|error| StageError { stage: Stage::Settings, message: error.to_string() })?;
            Home::Confined(targets.into_iter().filter_map(|target| target.origin).collect())
        };
        WorkerLink::start(home, receive).await.map_err(page_error)
    }

    /// Keeps a started run worker, in place of the one that there may be.
    pub(in crate::page) fn keep_worker(self, role: Role, link: WorkerLink<ToRunner>) {
        self.drop_worker(role);
        self.backstage.update_value(|backstage| *backstage.workers.of(role) = Some(link));
    }

    /// Sends a message to a run worker.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(in crate::page) fn send(self, role: Role, message: &ToRunner) -> Result<(), StageError> {
        let sent = self.backstage.try_update_value(|backstage| match backstage.workers.of(role) {
            Some(link) => link.send(message, &[]),
            None => gone(),
        });
        sent.unwrap_or_else(gone).map_err(page_error)
    }

    /// Ends a run worker.
    pub(in crate::page) fn drop_worker(self, role: Role) {
        drop_later(self.backstage.try_update_value(|backstage| backstage.workers.of(role).take()));
    }
}

/// Drops a worker's link after the current task: it may be one of its own closures that calls.
fn drop_later<To: 'static>(link: Option<Option<WorkerLink<To>>>) {
    queue_microtask(move || drop(link));
}
