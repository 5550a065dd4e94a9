//! A sweep from the page's side: ordinary runs, one after another, each with one value of what varies. Their results stand
//! together until another run or result takes their place; and kept runs of one sweep are brought together again.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;
use super::history::entry::Entry;
use super::run::Shown;
use super::session::{Event, Goal, Phase};
use super::state::{AppState, Compared};
use crate::protocol::{Stage, StageError};
use crate::result::RunResult;
use crate::result::sweep::{SweepPlace, Swept};
use crate::settings::{Settings, Sweep};

/// A sweep that is under way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chain {
    /// What its runs have in common.
    id: String,
    /// The run that is under way, from 0.
    place: usize,
    /// The settings of the whole sweep as it began; the form may have been edited since.
    settings: Settings,
}

impl Chain {
    /// "Run 2 of 4".
    pub(super) fn words(&self) -> String {
        format!("Run {} of {}", self.place + 1, self.settings.runs())
    }

    /// The settings of the run that is under way.
    pub(super) fn run_settings(&self) -> Settings {
        self.settings.of_run(self.place)
    }
}

impl AppState {
    /// Begins the sweep that the form asks for, if it asks for one.
    pub(super) fn begin_sweep(self) {
        let settings = self.form.with_untracked(|form| form.settings.clone());
        let id = || format!("{:.0}-{:08x}", js_sys::Date::now(), (js_sys::Math::random() * 4e9) as u32);
        self.chain.set(settings.sweep.is_some().then(|| Chain { id: id(), place: 0, settings }));
    }

    /// The place of the run with these settings in the sweep that is under way; none if there is no sweep.
    pub(super) fn place_in_sweep(self, settings: &Settings) -> Option<SweepPlace> {
        let Chain { id, place, settings: all } = self.chain.get_untracked()?;
        let key = all.sweep.as_ref()?.key;
        let of = all.runs() as u32;
        Some(SweepPlace { id, key, value: key.value_of(settings), place: place as u32 + 1, of })
    }

    /// Puts a result of this page on show: beside its sweep's others, or alone.
    pub(super) fn put_on_show(self, shown: &Arc<Shown>) {
        if self.chain.with_untracked(Option::is_none) {
            self.run.set(Some(Arc::clone(shown)));
            return;
        }
        let title = shown.result.about.label.clone().unwrap_or_default();
        self.swept.update(|swept| swept.push(Compared { title, shown: Arc::clone(shown) }));
    }

    /// A run came to its end: begins the sweep's next one. False if there is none to begin.
    pub(super) fn next_of_sweep(self) -> bool {
        let Some(chain) = self.chain.get_untracked() else { return false };
        let stopping = self.phase.with_untracked(|phase| *phase == Phase::Stopping);
        if stopping || chain.place + 1 >= chain.settings.runs() {
            return false;
        }
        let completed = |one: &Compared| one.shown.result.figures.completed.unwrap_or(0) > 0;
        if !self.swept.with_untracked(|swept| swept.last().is_some_and(completed)) {
            let message =
                format!("No request of {} succeeded, so the sweep ends with it.", chain.words().to_lowercase());
            self.end_early(StageError { stage: Stage::Server, message });
            return true;
        }
        self.let_go();
        self.forget_measured();
        self.workload.set(None);
        self.chain.set(Some(Chain { place: chain.place + 1, ..chain }));
        self.dispatch(Event::Next);
        self.begin_preparing(Goal::Run);
        true
    }

    /// The sweep on show, put together; none if there is none.
    pub(super) fn swept_together(self) -> Option<Swept> {
        self.shared_sweep.get().or_else(|| self.swept.with(|swept| Swept::of(&results(swept))))
    }

    /// The settings of the sweep on show: those of its first run, with the values of all that there are; none of one that
    /// came with a link, whose settings are in the form.
    pub(super) fn settings_of_sweep(self) -> Option<Settings> {
        self.swept.with_untracked(|swept| {
            let Swept { key, points, .. } = Swept::of(&results(swept))?;
            let values = points.iter().filter_map(|point| point.value.parse().ok()).collect();
            Some(swept.first()?.shown.result.own.as_ref()?.settings.of_sweep(Sweep { key, values }))
        })
    }

    /// Puts a sweep on show that came with a link.
    pub(super) fn show_shared_sweep(self, swept: Swept) {
        self.show_no_run();
        self.shared_sweep.set(Some(swept));
        self.dispatch(Event::Opened);
    }

    /// Takes the sweep on show away.
    pub(super) fn close_sweep(self) {
        self.swept.set(Vec::new());
        self.shared_sweep.set(None);
    }

    fn show_no_run(self) {
        self.compared.set(Vec::new());
        self.close_sweep();
        self.run.set(None);
        self.selected.set(None);
    }

    /// Whether a sweep is on show, and not one of its runs.
    pub(super) fn shows_sweep(self) -> bool {
        let has_sweep = self.shared_sweep.with(Option::is_some) || self.swept.with(|swept| !swept.is_empty());
        has_sweep && self.run.with(Option::is_none)
    }

    /// Puts one run of the sweep on show, by its place among those that there are.
    pub(super) fn open_of_sweep(self, place: usize) {
        let shown = self.swept.with_untracked(|swept| swept.get(place).map(|one| Arc::clone(&one.shown)));
        if let (Some(shown), false) = (shown, self.phase.with_untracked(Phase::is_busy)) {
            self.selected.set(None);
            self.run.set(Some(shown));
            request_animation_frame(|| browser::focus("run-title"));
        }
    }

    /// Goes back from one run of the sweep to all.
    pub(super) fn back_to_sweep(self) {
        self.selected.set(None);
        self.run.set(None);
        request_animation_frame(|| browser::focus("sweep-title"));
    }

    /// Brings the listed runs of one sweep together.
    pub(super) fn show_sweep(self, id: &str) {
        let ids = self.shelf.with_untracked(|shelf| shelf.runs_of_sweep(id));
        spawn_local(async move {
            let found = self.fetch_all(ids).await;
            if !found.is_empty() && !self.phase.with_untracked(Phase::is_busy) {
                self.show_no_run();
                self.swept.set(found);
                self.dispatch(Event::Opened);
                request_animation_frame(|| browser::focus("sweep-title"));
            }
        });
    }
}

/// The results alone.
pub(super) fn results(swept: &[Compared]) -> Vec<&RunResult> {
    swept.iter().map(|one| &one.shown.result).collect()
}

/// The id of the sweep that all these are runs of, if there are several and they are.
pub(super) fn one_sweep(entries: &[&Entry]) -> Option<String> {
    let id_of = |entry: &&Entry| entry.gist.sweep.as_ref().map(|sweep| sweep.id.clone());
    let id = entries.first().and_then(id_of)?;
    (entries.len() > 1 && entries.iter().all(|entry| id_of(entry).as_ref() == Some(&id))).then_some(id)
}
