//! Making a workload: the worker that prepares, what is asked of it, and what it answers.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::link::Received;
use super::{AppState, Step, Tone};
use crate::protocol::prepare::{FromPreparer, Prepared, ToPreparer};
use crate::protocol::{Job, Stage, StageError};
use crate::settings::Settings;
use crate::view::session::{Event, Goal, Phase};

impl AppState {
    /// Has the workload made for this goal, and what follows from it.
    pub(in crate::page) fn begin_preparing(self, goal: Goal) {
        let attempt = self.attempt();
        spawn_local(async move {
            if let Err(error) = self.prepare(goal, attempt).await
                && attempt == self.attempt()
            {
                self.end_early(error);
            }
        });
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
    pub(in crate::page) fn expect_work(self) {
        spawn_local(async move {
            if let Err(error) = self.ready_preparer().await {
                self.say(Tone::Bad, error.message);
            }
        });
    }

    async fn ready_preparer(self) -> Result<(), StageError> {
        self.ensure_preparer(move |received| self.receive_from_preparer(received)).await
    }
}
