//! What a person, a link or the worker sets in motion. Every change of phase goes through [`AppState::dispatch`] and so
//! through [`session::next`]; components call the functions here and change nothing themselves.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser::{self, WakeLock};
use super::link::Received;
use super::live::Live;
use super::outcome;
use super::run::{Left, last_outcome_s, tail};
use super::session::{self, Event, Goal, Phase};
use super::state::{AppState, Instrument, Models, Step, Tone};
use super::sweep::Chain;
use super::workers::Role;
use crate::protocol::prepare::{FromPreparer, Prepared, ToPreparer};
use crate::protocol::run::{Finished, FromRunner, Order, ToRunner};
use crate::protocol::{Job, Stage, StageError};
use crate::record::Record;
use crate::record::client::Visibility;
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
            self.instrument.set(Instrument::default());
        }
        if self.models.with_untracked(|models| matches!(models, Models::Refused(_))) {
            self.models.set(Models::Unknown);
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
        let ready = self.phase.with_untracked(|phase| *phase == Phase::Prepared);
        self.forget_run();
        if goal == Goal::Run {
            self.begin_sweep();
        }
        if ready && goal == Goal::Run {
            self.dispatch(Event::Start);
            self.begin();
            return;
        }
        self.workload.set(None);
        self.dispatch(Event::Ask(goal));
        self.begin_preparing(goal);
    }

    /// Has the workload made for this goal, and what follows from it.
    pub(super) fn begin_preparing(self, goal: Goal) {
        let attempt = self.attempt();
        spawn_local(async move {
            if let Err(error) = self.prepare(goal, attempt).await
                && attempt == self.attempt()
            {
                self.end_early(error);
            }
        });
    }

    /// Ends the run and keeps what was measured. While preparing, which the worker does in one go, it is ended itself.
    pub(super) fn stop(self) {
        let sending = self.phase.with_untracked(Phase::is_sending);
        self.dispatch(Event::Stop);
        if !sending {
            self.drop_preparer();
            self.after_the_end(None);
            return;
        }
        if self.send(Role::Run, &ToRunner::Stop).is_err() {
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

    /// Looks at server, connections and browser, for the workload that is ready.
    pub(super) fn check(self) {
        self.instrument.set(Instrument::default());
        self.dispatch(Event::Check);
        self.start(ToRunner::Check);
    }

    /// Tells the worker that the page was shown or hidden.
    pub(super) fn tell_visibility(self, visibility: Visibility) {
        if self.phase.with_untracked(Phase::is_sending) {
            // A worker that cannot be told is broken, and says so itself.
            let _ = self.send(Role::Run, &ToRunner::Visibility(visibility));
        }
    }

    /// Takes what comes from the worker that prepares.
    fn receive_from_preparer(self, received: Received<FromPreparer>) {
        match received {
            Received::Message(message) => self.on_preparer_message(message),
            Received::Broken(message) => {
                self.drop_preparer();
                if self.phase.with_untracked(|phase| matches!(phase, Phase::Preparing(_))) {
                    self.end_early(StageError { stage: Stage::Page, message });
                } else if self.backstage.with_value(|backstage| backstage.finished.is_some()) {
                    self.say(Tone::Bad, format!("The output tokens could not be counted. {message}"));
                    self.on_counted(&[]);
                }
            }
        }
    }

    fn on_preparer_message(self, message: FromPreparer) {
        match message {
            // The link reads it.
            FromPreparer::Ready(_) => {}
            FromPreparer::Preparing { step, fraction } => self.step.set(Step { text: step, fraction }),
            FromPreparer::Prepared(prepared) => self.on_prepared(*prepared),
            FromPreparer::Counted(tokens) => self.on_counted(&tokens),
            FromPreparer::Failed(error) => self.end_early(error),
        }
    }

    /// Takes what comes from the worker that sends.
    fn receive_from_runner(self, received: Received<FromRunner>) {
        match received {
            Received::Broken(message) => self.end_early(StageError { stage: Stage::Page, message }),
            Received::Message(message) => self.on_runner_message(message),
        }
    }

    fn on_runner_message(self, message: FromRunner) {
        match message {
            FromRunner::Testing => self.dispatch(Event::Testing),
            FromRunner::Planned(plan) => self.on_planned(*plan),
            FromRunner::Started { t0_unix_ms } => {
                self.backstage.update_value(|backstage| backstage.started_unix_ms = t0_unix_ms);
                self.dispatch(Event::Started);
                self.keep_from_now(self.head_of_run());
            }
            FromRunner::Progress(progress) => self.live.update(|live| live.hear_progress(progress)),
            FromRunner::Records(mut records) => {
                // Drawn with the next progress, which comes right after them or soon.
                self.live.update_untracked(|live| live.hear_records(&records));
                self.backstage.update_value(|backstage| backstage.records.append(&mut records));
                self.keep_records();
            }
            FromRunner::Finished(finished) => self.on_finished(*finished),
            FromRunner::Failed(error) => self.end_early(error),
            // The link reads the greeting; models and a calibration are asked of workers of their own.
            FromRunner::Ready(_) | FromRunner::Calibrated(_) | FromRunner::Models(_) => {}
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

    /// All was sent and heard; what is left to do is to count the outputs' tokens.
    fn on_finished(self, finished: Finished) {
        let texts = self.backstage.try_update_value(|backstage| {
            backstage.finished = Some(finished);
            let text = |record: &Record| Some(record.reply.text.clone()).filter(|text| !text.is_empty());
            backstage.records.iter().map(text).collect()
        });
        if self.send_to_preparer(&ToPreparer::Count(texts.unwrap_or_default()), &[]).is_err() {
            self.on_counted(&[]);
        }
    }

    fn on_counted(self, tokens: &[Option<u32>]) {
        let finished = self.backstage.try_update_value(|backstage| {
            for (record, tokens) in backstage.records.iter_mut().zip(tokens) {
                record.output_tokens = *tokens;
            }
            backstage.finished.take()
        });
        let Some(finished) = finished.flatten() else { return };
        let stopped = finished.stopped;
        // A run that was stopped during its test request has nothing to show.
        if !stopped || self.backstage.with_value(|backstage| !backstage.records.is_empty()) {
            self.show_run(finished, stopped.then(|| "It was stopped before its end.".to_owned()));
        }
        if !stopped && self.next_of_sweep() {
            return;
        }
        self.dispatch(Event::Finished { stopped });
        self.after_the_end(None);
    }

    /// Sends the prepared workload.
    fn begin(self) {
        self.start(ToRunner::Start);
        spawn_local(async move {
            let lock = WakeLock::ask().await;
            if self.phase.with_untracked(Phase::is_sending) {
                self.backstage.update_value(|backstage| backstage.wake_lock = lock);
            }
        });
    }

    /// Starts a worker that may ask the server, and has it do this with the prepared workload.
    fn start(self, what: fn(Box<Order>) -> ToRunner) {
        let attempt = self.attempt();
        spawn_local(async move {
            if let Err(error) = self.start_run(what, attempt).await
                && attempt == self.attempt()
            {
                self.end_early(error);
            }
        });
    }

    async fn start_run(self, what: fn(Box<Order>) -> ToRunner, attempt: u32) -> Result<(), StageError> {
        let missing = || StageError { stage: Stage::Page, message: "The workload is gone; run again.".into() };
        let settings = self.prepared_settings().ok_or_else(missing)?;
        let link = self.start_worker(&settings, move |received| self.receive_from_runner(received)).await?;
        if attempt != self.attempt() {
            return Ok(());
        }
        let order = self.workload.with_untracked(|prepared| {
            prepared.as_ref().map(|prepared| Order {
                job: self.job(settings, true),
                requests: prepared.requests.clone(),
                intended_ms: prepared.summary.intended_ms.clone(),
                span_s: prepared.summary.schedule_span_s,
            })
        });
        self.keep_worker(Role::Run, link);
        self.send(Role::Run, &ToRunner::Visibility(browser::visibility()))?;
        self.send(Role::Run, &what(Box::new(order.ok_or_else(missing)?)))
    }

    async fn prepare(self, goal: Goal, attempt: u32) -> Result<(), StageError> {
        let settings = self.settings_to_run();
        self.step.set(Step { text: "Starting the load worker".into(), fraction: None });
        self.ready_preparer().await?;
        if attempt != self.attempt() {
            return Ok(());
        }
        let picked = self.files.get_untracked();
        let job = Job {
            dataset_files: u32::from(picked.dataset.is_some()),
            tokenizer_files: picked.tokenizer.len() as u32,
            ..self.job(Settings { dry_run: goal == Goal::DryRun, ..settings }, false)
        };
        let files: Vec<web_sys::File> = picked.dataset.into_iter().chain(picked.tokenizer).collect();
        self.send_to_preparer(&ToPreparer::Prepare(Box::new(job)), &files)
    }

    /// Starts the worker that prepares ahead of the run, while the form is filled in.
    pub(super) fn expect_work(self) {
        spawn_local(async move {
            if let Err(error) = self.ready_preparer().await {
                self.say(Tone::Bad, error.message);
            }
        });
    }

    async fn ready_preparer(self) -> Result<(), StageError> {
        self.ensure_preparer(move |received| self.receive_from_preparer(received)).await
    }

    /// What a worker needs to know. Only one that asks the server, and can ask nobody else, is told the key.
    pub(super) fn job(self, settings: Settings, with_key: bool) -> Job {
        let key = self.api_key.get_untracked();
        let key = Some(key.trim().to_owned()).filter(|key| with_key && !key.is_empty() && !settings.simulated_server);
        Job { settings, page_url: browser::page_url(), api_key: key, dataset_files: 0, tokenizer_files: 0 }
    }

    /// Which of the things that were asked for is under way.
    pub(super) fn attempt(self) -> u32 {
        self.backstage.with_value(|backstage| backstage.attempt)
    }

    /// The settings that the workload was made with, which the run uses; none without a workload.
    pub(super) fn prepared_settings(self) -> Option<Settings> {
        self.workload.with_untracked(|prepared| prepared.as_ref().map(|prepared| prepared.settings.clone()))
    }

    /// The settings of the run to prepare next, the sweep's or the form's, without what a link asks the page itself.
    pub(super) fn settings_to_run(self) -> Settings {
        let chained = self.chain.with_untracked(|chain| chain.as_ref().map(Chain::run_settings));
        let settings = chained.unwrap_or_else(|| self.form.with_untracked(|form| form.settings.of_run(0)));
        Settings { autorun: false, report_to: None, dry_run: false, ..settings }
    }

    /// The browser has been measured, or will not be: what waited for that goes on.
    pub(super) fn go_on(self) {
        let checking = self.phase.with_untracked(|phase| *phase == Phase::Checking);
        self.dispatch(Event::Checked);
        if checking {
            self.drop_worker(Role::Run);
        } else if self.phase.with_untracked(|phase| *phase == Phase::Testing)
            && let Err(error) = self.send(Role::Run, &ToRunner::Go)
        {
            self.end_early(error);
        }
    }

    /// Ends the worker by force, and shows what it had sent.
    fn kill(self) {
        self.show_what_there_is("The load worker did not hand over in time and was ended.");
        self.dispatch(Event::Killed);
        self.after_the_end(None);
    }

    /// The run cannot go on; what was measured is kept.
    pub(super) fn end_early(self, error: StageError) {
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
        self.keep_what_came();
        let records = self.backstage.try_update_value(|backstage| std::mem::take(&mut backstage.records));
        let records = records.unwrap_or_default();
        let tail = tail(finished, partial, &records);
        let shown = Arc::new(Left { head: self.head_of_run(), records, tail: tail.clone() }.into_shown());
        self.put_on_show(&shown);
        self.keep_to_its_end(&shown, tail);
    }

    fn forget_run(self) {
        self.run.set(None);
        self.compared.set(Vec::new());
        self.close_sweep();
        self.selected.set(None);
        self.forget_measured();
    }

    /// Forgets what was heard of a run that is over.
    pub(super) fn forget_measured(self) {
        self.instrument.set(Instrument::default());
        self.live.set(Live::default());
        self.step.set(Step::default());
        self.backstage.update_value(|backstage| {
            backstage.records.clear();
            backstage.finished = None;
        });
    }

    /// Lets go of all that served a run, and of its sweep, and sends the outcome where a link wants it.
    fn after_the_end(self, error: Option<String>) {
        self.let_go();
        self.chain.set(None);
        outcome::report(self, error);
    }

    /// Ends the worker that sent, lets the screen sleep, and keeps nothing of a run without a result.
    pub(super) fn let_go(self) {
        self.drop_worker(Role::Run);
        self.backstage.update_value(|backstage| backstage.attempt += 1);
        let lock = self.backstage.try_update_value(|backstage| backstage.wake_lock.take());
        drop(lock);
        self.end_calibration();
        self.keep_nothing();
    }
}
