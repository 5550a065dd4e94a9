//! The page's load workers. One prepares workloads and counts tokens: it reads from anywhere, and never holds the API key.
//! Each run has another, which can connect to the run's target alone, holds the key, and ends with the run.
//! One more measures itself against the simulated server, and ends with that.

use leptos::prelude::*;

use super::link::{Heard, Home, WorkerLink};
use super::simulated;
use super::state::AppState;
use crate::backend::targets;
use crate::load::protocol::{Stage, StageError, ToWorker};
use crate::settings::Settings;

/// What a worker is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Makes workloads, and counts the tokens of outputs.
    Prepare,
    /// Asks the server for its models.
    Ask,
    /// Sends a workload.
    Run,
    /// Measures itself.
    Calibrate,
}

/// The workers that there are.
#[derive(Default)]
pub(super) struct Workers {
    prepare: Option<WorkerLink>,
    ask: Option<WorkerLink>,
    run: Option<WorkerLink>,
    calibrate: Option<WorkerLink>,
}

impl Workers {
    fn of(&mut self, role: Role) -> &mut Option<WorkerLink> {
        match role {
            Role::Prepare => &mut self.prepare,
            Role::Ask => &mut self.ask,
            Role::Run => &mut self.run,
            Role::Calibrate => &mut self.calibrate,
        }
    }
}

impl AppState {
    /// Starts a worker for these settings, in place of the one that there may be.
    ///
    /// # Errors
    /// When the browser starts none.
    pub(super) async fn start_worker(
        self,
        role: Role,
        settings: &Settings,
        hear: impl Fn(Heard) + Clone + 'static,
    ) -> Result<WorkerLink, StageError> {
        let home = match role {
            Role::Prepare => Home::Page,
            Role::Ask | Role::Run | Role::Calibrate if settings.simulated_server => {
                simulated::start().await.map_err(|message| StageError { stage: Stage::Server, message })?;
                Home::Simulated
            }
            Role::Ask | Role::Run | Role::Calibrate => {
                let targets = targets(settings)
                    .map_err(|error| StageError { stage: Stage::Settings, message: error.to_string() })?;
                Home::Confined(targets.into_iter().filter_map(|target| target.origin).collect())
            }
        };
        WorkerLink::start(home, hear).await.map_err(|message| StageError { stage: Stage::Page, message })
    }

    /// Keeps a started worker.
    pub(super) fn keep_worker(self, role: Role, link: WorkerLink) {
        self.drop_worker(role);
        self.backstage.update_value(|backstage| *backstage.workers.of(role) = Some(link));
    }

    /// Whether there is a worker for this.
    pub(super) fn has_worker(self, role: Role) -> bool {
        self.backstage.try_update_value(|backstage| backstage.workers.of(role).is_some()).unwrap_or(false)
    }

    /// Sends a message to a worker, with picked files beside it.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(super) fn send(self, role: Role, message: &ToWorker, files: &[web_sys::File]) -> Result<(), StageError> {
        let gone = || Err("The load worker is gone; run again.".to_owned());
        let send = |link: &WorkerLink| link.send(message, files);
        let sent =
            self.backstage.try_update_value(|backstage| backstage.workers.of(role).as_ref().map_or_else(gone, send));
        sent.unwrap_or_else(gone).map_err(|message| StageError { stage: Stage::Page, message })
    }

    /// Ends a worker.
    pub(super) fn drop_worker(self, role: Role) {
        let link = self.backstage.try_update_value(|backstage| backstage.workers.of(role).take());
        // Dropped later: it may be one of its own closures that calls.
        queue_microtask(move || drop(link));
    }
}
