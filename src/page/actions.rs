//! What a person, a link or the worker sets in motion. Every change of phase goes through [`AppState::dispatch`] and so
//! through [`session::next`]; components call the functions here and change nothing themselves.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser::{self, WakeLock};
use super::link::{Heard, WorkerLink};
use super::live::Live;
use super::run::{Left, last_outcome_s};
use super::session::{self, Event, Goal, Phase};
use super::state::{AppState, Models, Step, Tone};
use super::{outcome, simulated};
use crate::load::protocol::{Finished, FromWorker, Job, Prepared, Stage, StageError, ToWorker, Visibility};
use crate::settings::Settings;

/// How long the worker may take to hand over after Stop, before it is ended by force.
const STOP_GRACE: Duration = Duration::from_secs(20);

impl AppState {
    /// Moves to the next phase.
    pub(super) fn dispatch(self, event: Event) {
        self.phase.update(|phase| *phase = session::next(std::mem::take(phase), event));
    }

    /// The form was changed: what was shown of the old workload, and the old refusal, are stale.
    pub(super) fn edited(self) {
        if self.phase.with_untracked(|phase| *phase == Phase::Prepared) {
            self.workload.set(None);
        }
        self.dispatch(Event::Edited);
    }

    /// Previews, dry-runs or runs what the form holds; says what is missing when it cannot.
    pub(super) fn ask(self, goal: Goal) {
        if self.phase.with_untracked(Phase::is_busy) {
            return;
        }
        self.notices.update(|notices| notices.clear());
        self.tried.set(true);
        if let Some(problem) = untrack(|| self.problems()).first() {
            self.refuse(problem.message.clone());
            browser::focus(&super::form::field_id(problem.key));
            return;
        }
        let ready = self.phase.with_untracked(|phase| *phase == Phase::Prepared) && self.has_link();
        self.forget_run();
        if ready && goal == Goal::Run {
            self.dispatch(Event::Start);
            self.begin();
            return;
        }
        self.workload.set(None);
        self.dispatch(Event::Ask(goal));
        spawn_local(async move {
            if let Err(error) = self.prepare(goal).await {
                self.hear(Heard::Message(FromWorker::Failed(error)));
            }
        });
    }

    /// Ends the run and keeps what was measured. While preparing, which the worker does in one go, it is ended itself.
    pub(super) fn stop(self) {
        let sending = self.phase.with_untracked(Phase::is_sending);
        self.dispatch(Event::Stop);
        if !sending {
            self.drop_link();
            self.after_the_end(None);
            return;
        }
        if self.send(&ToWorker::Stop).is_err() {
            self.kill();
            return;
        }
        let still_stopping = move || {
            if self.phase.try_with_untracked(|phase| *phase == Phase::Stopping) == Some(true) {
                self.kill();
            }
        };
        set_timeout(still_stopping, STOP_GRACE);
    }

    /// Asks the server for its models.
    pub(super) fn list_models(self) {
        if self.models.with_untracked(|models| *models == Models::Asked) || self.phase.with_untracked(Phase::is_busy) {
            return;
        }
        self.models.set(Models::Asked);
        spawn_local(async move {
            if let Err(error) = self.say_to_worker(|job| ToWorker::ListModels(Box::new(job)), Goal::Run).await {
                self.models.set(Models::Refused(error.message));
            }
        });
    }

    /// Tells the worker that the page was shown or hidden.
    pub(super) fn tell_visibility(self, visibility: Visibility) {
        if self.phase.with_untracked(Phase::is_sending) {
            // A worker that cannot be told is broken, and says so itself.
            let _ = self.send(&ToWorker::Visibility(visibility));
        }
    }

    /// Takes what comes from the worker.
    fn hear(self, heard: Heard) {
        match heard {
            Heard::Broken(message) => {
                self.drop_link();
                self.end_early(StageError { stage: Stage::Page, message });
            }
            Heard::Message(message) => self.hear_message(message),
        }
    }

    fn hear_message(self, message: FromWorker) {
        match message {
            FromWorker::Ready { .. } => {}
            FromWorker::Preparing { step, fraction } => self.step.set(Step { text: step, fraction }),
            FromWorker::Prepared(prepared) => self.on_prepared(*prepared),
            FromWorker::Testing => self.dispatch(Event::Testing),
            FromWorker::Started { t0_unix_ms } => {
                self.backstage.update_value(|backstage| backstage.started_unix_ms = t0_unix_ms);
                self.dispatch(Event::Started);
            }
            FromWorker::Progress(progress) => self.live.update(|live| live.hear_progress(progress)),
            FromWorker::Records(mut records) => {
                self.live.update(|live| live.hear_records(&records));
                self.backstage.update_value(|backstage| backstage.records.append(&mut records));
            }
            FromWorker::Finished(finished) => self.on_finished(*finished),
            FromWorker::Failed(error) if self.phase.with_untracked(Phase::is_busy) => self.end_early(error),
            FromWorker::Failed(error) => self.models.set(Models::Refused(error.message)),
            FromWorker::Models(names) => self.on_models(names),
        }
    }

    fn on_prepared(self, prepared: Prepared) {
        let goal = self.phase.with_untracked(|phase| match phase {
            Phase::Preparing(goal) => Some(*goal),
            _ => None,
        });
        self.workload.set(Some(Arc::new(prepared)));
        self.dispatch(Event::Prepared);
        match goal {
            Some(Goal::Run) => self.begin(),
            Some(Goal::DryRun) => self.after_the_end(None),
            Some(Goal::Preview) | None => {}
        }
    }

    fn on_finished(self, finished: Finished) {
        let stopped = finished.stopped;
        // A run that was stopped during its test request has nothing to show.
        if !stopped || self.backstage.with_value(|backstage| !backstage.records.is_empty()) {
            self.show_run(finished, stopped.then(|| "It was stopped before its end.".to_owned()));
        }
        self.dispatch(Event::Finished { stopped });
        self.after_the_end(None);
    }

    fn on_models(self, names: Vec<String>) {
        if let ([only], true) = (names.as_slice(), self.form.with_untracked(|form| form.settings.model.is_none())) {
            let only = only.clone();
            self.form.update(|form| form.settings.model = Some(only));
        }
        self.models.set(Models::Named(names));
    }

    /// Sends the prepared workload.
    fn begin(self) {
        let begun = self.send(&ToWorker::Visibility(browser::visibility())).and_then(|()| self.send(&ToWorker::Start));
        if let Err(message) = begun {
            self.end_early(StageError { stage: Stage::Page, message });
            return;
        }
        spawn_local(async move {
            let lock = WakeLock::ask().await;
            if self.phase.with_untracked(Phase::is_sending) {
                self.backstage.update_value(|backstage| backstage.wake_lock = lock);
            }
        });
    }

    async fn prepare(self, goal: Goal) -> Result<(), StageError> {
        self.backstage.update_value(|backstage| backstage.asked = Some(self.settings_to_run()));
        self.step.set(Step { text: "Starting the load worker".into(), fraction: None });
        self.say_to_worker(|job| ToWorker::Prepare(Box::new(job)), goal).await
    }

    /// Starts the worker (and the simulated server) where needed, and sends it a message made from the form's job.
    async fn say_to_worker(self, message: impl FnOnce(Job) -> ToWorker, goal: Goal) -> Result<(), StageError> {
        let fault = |message: String| StageError { stage: Stage::Page, message };
        let simulated = untrack(|| self.is_simulated());
        if simulated {
            simulated::start().await.map_err(|message| StageError { stage: Stage::Server, message })?;
        }
        if self.backstage.with_value(|backstage| backstage.link_is_simulated) != simulated {
            self.drop_link();
        }
        if !self.has_link() {
            let link = WorkerLink::start(simulated, move |heard| self.hear(heard)).map_err(fault)?;
            self.backstage.update_value(|backstage| {
                backstage.link = Some(link);
                backstage.link_is_simulated = simulated;
            });
        }
        let (job, files) = self.job(goal);
        let sent = self
            .backstage
            .with_value(|backstage| backstage.link.as_ref().map_or(Ok(()), |link| link.send(&message(job), &files)));
        sent.map_err(fault)
    }

    /// What the worker needs to know, and the files beside it.
    fn job(self, goal: Goal) -> (Job, Vec<web_sys::File>) {
        let settings = Settings { dry_run: goal == Goal::DryRun, ..self.settings_to_run() };
        let picked = self.files.get_untracked();
        let key = self.api_key.get_untracked();
        let api_key = Some(key.trim().to_owned()).filter(|key| !key.is_empty() && !settings.simulated_server);
        let job = Job {
            settings,
            page_url: browser::page_url(),
            api_key,
            dataset_files: u32::from(picked.dataset.is_some()),
            tokenizer_files: picked.tokenizer.len() as u32,
        };
        (job, picked.dataset.into_iter().chain(picked.tokenizer).collect())
    }

    /// The form's settings, without what a link asks the page itself.
    fn settings_to_run(self) -> Settings {
        let settings = self.form.with_untracked(|form| form.settings.clone());
        Settings { autorun: false, report_to: None, dry_run: false, ..settings }
    }

    fn send(self, message: &ToWorker) -> Result<(), String> {
        let gone = || Err("The load worker is gone; run again.".to_owned());
        self.backstage.with_value(|backstage| backstage.link.as_ref().map_or_else(gone, |link| link.send(message, &[])))
    }

    fn has_link(self) -> bool {
        self.backstage.with_value(|backstage| backstage.link.is_some())
    }

    fn drop_link(self) {
        let link = self.backstage.try_update_value(|backstage| backstage.link.take());
        // Dropped later: it may be one of its own closures that calls.
        queue_microtask(move || drop(link));
    }

    /// Ends the worker by force, and shows what it had sent.
    fn kill(self) {
        self.drop_link();
        self.show_what_there_is("The load worker did not hand over in time and was ended.");
        self.dispatch(Event::Killed);
        self.after_the_end(None);
    }

    /// The run cannot go on; what was measured is kept.
    fn end_early(self, error: StageError) {
        let was_busy = self.phase.with_untracked(Phase::is_busy);
        self.show_what_there_is(&error.message);
        if was_busy {
            self.dispatch(Event::Failed(error.clone()));
        } else {
            self.say(Tone::Bad, error.message.clone());
        }
        self.after_the_end(Some(error.message));
    }

    /// What was asked for cannot be begun as the form stands.
    pub(super) fn refuse(self, message: String) {
        self.dispatch(Event::Refused(StageError { stage: Stage::Settings, message: message.clone() }));
        outcome::report(self, Some(message));
    }

    fn show_what_there_is(self, why: &str) {
        let records = self.backstage.with_value(|backstage| backstage.records.clone());
        if records.is_empty() {
            return;
        }
        let duration_s = last_outcome_s(&records);
        self.show_run(Finished { duration_s, stopped: true, ..Finished::default() }, Some(why.to_owned()));
    }

    fn show_run(self, finished: Finished, partial: Option<String>) {
        let (records, settings, started_unix_ms) = self
            .backstage
            .try_update_value(|backstage| {
                (std::mem::take(&mut backstage.records), backstage.asked.clone(), backstage.started_unix_ms)
            })
            .unwrap_or_default();
        let workload = self.workload.with_untracked(|prepared| prepared.as_ref().map(|p| p.summary.clone()));
        let left = Left {
            settings: settings.unwrap_or_default(),
            date: browser::local_stamp(started_unix_ms),
            records,
            finished,
            workload: workload.unwrap_or_default(),
        };
        self.run.set(Some(Arc::new(left.into_shown(partial))));
    }

    fn forget_run(self) {
        self.run.set(None);
        self.selected.set(None);
        self.live.set(Live::default());
        self.step.set(Step::default());
        self.backstage.update_value(|backstage| backstage.records.clear());
    }

    /// Lets the screen sleep, and sends the outcome where a link wants it.
    fn after_the_end(self, error: Option<String>) {
        let lock = self.backstage.try_update_value(|backstage| backstage.wake_lock.take());
        drop(lock);
        outcome::report(self, error);
    }
}
