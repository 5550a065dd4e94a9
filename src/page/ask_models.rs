//! Asking the server for its models.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;
use super::link::Received;
use super::session::Phase;
use super::state::{AppState, KEY_IN_THE_CLEAR, Models};
use super::workers::Role;
use crate::protocol::StageError;
use crate::protocol::run::{FromRunner, ToRunner};

impl AppState {
    /// Asks the server for its models.
    pub(super) fn list_models(self) {
        if self.models.with_untracked(|models| *models == Models::Asked) || self.phase.with_untracked(Phase::is_busy) {
            return;
        }
        if untrack(|| self.key_needs_word()) {
            self.models.set(Models::Refused(KEY_IN_THE_CLEAR.into()));
            browser::focus(&super::form::field_id("api-key"));
            return;
        }
        self.models.set(Models::Asked);
        spawn_local(async move {
            if let Err(error) = self.ask_for_models().await {
                self.models.set(Models::Refused(error.message));
            }
        });
    }

    async fn ask_for_models(self) -> Result<(), StageError> {
        let settings = self.settings_to_run();
        let link = self.start_worker(&settings, move |received| self.receive_models(received)).await?;
        self.keep_worker(Role::Ask, link);
        self.send(Role::Ask, &ToRunner::ListModels(Box::new(self.job(settings, true))))
    }

    fn receive_models(self, received: Received<FromRunner>) {
        match received {
            Received::Message(FromRunner::Models(names)) => self.on_models(names),
            Received::Message(FromRunner::Failed(StageError { message, .. })) | Received::Broken(message) => {
                self.models.set(Models::Refused(message));
            }
            Received::Message(_) => return,
        }
        self.drop_worker(Role::Ask);
    }

    fn on_models(self, names: Vec<String>) {
        if let ([only], true) = (names.as_slice(), self.form.with_untracked(|form| form.settings.model.is_none())) {
            let only = only.clone();
            self.form.update(|form| form.settings.model = Some(only));
        }
        self.models.set(Models::Named(names));
    }
}
