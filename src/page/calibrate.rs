//! The calibration from the page's side: once the plan is known, a worker of its own, in the simulated server's scope,
//! measures what the browser adds; then the check or the run that waited for it goes on. A run never fails for it.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;
use super::link::Received;
use super::session::Phase;
use super::state::{AppState, Calibrated, Instrument};
use super::workers::Role;
use crate::protocol::StageError;
use crate::protocol::run::{FromRunner, ToRunner};
use crate::run::calibration::CalibrationJob;
use crate::run::forecast::PlanReport;

/// How long the calibration may take, the start of its worker included.
const LIMIT: Duration = Duration::from_secs(12);

impl AppState {
    /// The server answers, and it is known how requests will travel.
    pub(super) fn on_planned(self, plan: PlanReport) {
        let Some(settings) = self.prepared_settings() else { return };
        // A check was asked for; before a run it is a setting.
        let wanted = settings.calibrate || self.phase.with_untracked(|phase| *phase == Phase::Checking);
        let calibration = if wanted { Calibrated::Measuring } else { Calibrated::Not };
        let job = CalibrationJob::new(&plan, &settings, browser::page_url());
        self.instrument.set(Instrument { plan: Some(plan), calibration });
        if wanted {
            spawn_local(self.calibrate(job));
        } else {
            self.go_on();
        }
    }

    async fn calibrate(self, job: CalibrationJob) {
        let limit = move || self.calibrated(Calibrated::Impossible("It did not end in time.".into()));
        let limit = set_timeout_with_handle(limit, LIMIT).ok();
        self.backstage.update_value(|backstage| backstage.calibration_limit = limit);
        let attempt = self.attempt();
        if let Err(error) = self.start_calibration(job, attempt).await
            && attempt == self.attempt()
        {
            self.calibrated(Calibrated::Impossible(error.message));
        }
    }

    async fn start_calibration(self, job: CalibrationJob, attempt: u32) -> Result<(), StageError> {
        let receive = move |received| match received {
            Received::Message(FromRunner::Calibrated(found)) => self.calibrated(Calibrated::Found(found)),
            Received::Message(FromRunner::Failed(error)) => self.calibrated(Calibrated::Impossible(error.message)),
            Received::Message(_) => {}
            Received::Broken(why) => self.calibrated(Calibrated::Impossible(why)),
        };
        let link = self.start_worker(&job.settings(), receive).await?;
        if attempt != self.attempt() || !self.is_calibrating() {
            return Ok(());
        }
        self.keep_worker(Role::Calibrate, link);
        self.send(Role::Calibrate, &ToRunner::Calibrate(Box::new(job)))
    }

    fn is_calibrating(self) -> bool {
        self.instrument.with_untracked(|instrument| instrument.calibration == Calibrated::Measuring)
    }

    fn calibrated(self, outcome: Calibrated) {
        if !self.is_calibrating() {
            return;
        }
        self.instrument.update(|instrument| instrument.calibration = outcome);
        self.end_calibration();
        self.go_on();
    }

    /// Ends the worker that measures itself, if it still does.
    pub(super) fn end_calibration(self) {
        let limit = self.backstage.try_update_value(|backstage| backstage.calibration_limit.take());
        if let Some(limit) = limit.flatten() {
            limit.clear();
        }
        self.drop_worker(Role::Calibrate);
        if self.is_calibrating() {
            self.instrument.update(|instrument| instrument.calibration = Calibrated::Not);
        }
    }
}
