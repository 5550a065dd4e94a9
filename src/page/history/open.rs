//! Brings results back: the list from the store, a run from its pieces, several side by side. A run that was cut off is
//! found here, and told of once.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::entry::{Entry, Gist, State};
use super::shelf::{MOST_COMPARED, cut_off_words, was_cut_off};
use super::store::Store;
use crate::page::browser;
use crate::page::run::{Shown, from_pieces};
use crate::page::session::{Event, Phase};
use crate::page::state::{AppState, Compared, Tone};
use crate::web::web_lock::WebLock;

/// Reads the list from the store, as when the page is opened or shown again: other tabs write there too.
pub(in crate::page) fn reload(state: AppState) {
    spawn_local(async move {
        // A browser without a place for runs is told of when there is one to keep.
        let Ok(store) = store(state).await else { return };
        let Ok(entries) = store.entries().await else { return };
        let locks = WebLock::names(&window().navigator()).await;
        let mut found = Vec::with_capacity(entries.len());
        for entry in entries {
            if was_cut_off(&entry, locks.as_deref(), js_sys::Date::now()) {
                found.extend(recover(state, &store, entry).await);
            } else {
                found.push(entry);
            }
        }
        state.shelf.update(|shelf| shelf.take_stored(found));
        state.make_room();
    });
}

async fn store(state: AppState) -> Result<Store, String> {
    if let Some(store) = state.backstage.with_value(|backstage| backstage.store.clone()) {
        return Ok(store);
    }
    let store = Store::open().await?;
    state.backstage.update_value(|backstage| backstage.store = Some(store.clone()));
    Ok(store)
}

/// Settles a run that was cut off: with records it is partial, without any it goes.
async fn recover(state: AppState, store: &Store, entry: Entry) -> Option<Entry> {
    let pieces = store.pieces(&entry.id).await.ok()?;
    let (entry, records) = match from_pieces(pieces) {
        Ok(shown) if shown.result.requests.is_empty() => {
            let _ = store.delete(&entry.id).await;
            return None;
        }
        Ok(shown) => {
            let whole = shown.partial.is_none();
            let gist = Gist::of(&shown.result);
            let settled = if whole { State::Whole } else { State::Partial };
            (Entry { state: settled, gist, ..entry }, shown.result.requests.len())
        }
        // It stays in the list, and says what is wrong with it when it is opened.
        Err(_) => (Entry { state: State::Partial, ..entry }, 0),
    };
    let _ = store.write(&entry, None).await;
    if entry.state == State::Partial {
        state.say(Tone::Info, cut_off_words(&entry, records));
    }
    Some(entry)
}

impl AppState {
    /// Puts a result on show.
    pub(in crate::page) fn show(self, shown: Arc<Shown>) {
        self.selected.set(None);
        self.compared.set(Vec::new());
        self.close_sweep();
        self.run.set(Some(shown));
        self.dispatch(Event::Opened);
    }

    /// Puts a result on show that came from elsewhere, and into the list, so that it can be compared.
    pub(in crate::page) fn show_listed(self, shown: Arc<Shown>) {
        self.shelf.update(|shelf| {
            let id = shelf.put_file(Arc::clone(&shown), js_sys::Date::now());
            shelf.tick_only(&[id]);
        });
        self.show(shown);
    }

    /// Opens one of the list.
    pub(super) fn open_entry(self, id: String) {
        spawn_local(async move {
            match self.fetch(&id).await {
                Ok(compared) if !self.phase.with_untracked(Phase::is_busy) => {
                    self.show(compared.shown);
                    browser::focus("run-title");
                }
                Ok(_) => {}
                Err(why) => self.say(Tone::Bad, why),
            }
        });
    }

    /// Puts results of the list side by side, the first as the baseline.
    pub(in crate::page) fn compare(self, ids: Vec<String>) {
        spawn_local(async move {
            let compared = self.fetch_all(ids.into_iter().take(MOST_COMPARED).collect()).await;
            if compared.len() > 1 && !self.phase.with_untracked(Phase::is_busy) {
                self.baseline.set(0);
                self.compared.set(compared);
                request_animation_frame(|| browser::focus("compare-title"));
            }
        });
    }

    /// Those of the list that can be read; of the others the person is told.
    pub(in crate::page) async fn fetch_all(self, ids: Vec<String>) -> Vec<Compared> {
        let mut found = Vec::new();
        for id in ids {
            match self.fetch(&id).await {
                Ok(one) => found.push(one),
                Err(why) => self.say(Tone::Bad, why),
            }
        }
        found
    }

    async fn fetch(self, id: &str) -> Result<Compared, String> {
        let item = self.shelf.with_untracked(|shelf| shelf.get(id).cloned());
        let item = item.ok_or("This result is no longer in the list.")?;
        let title = item.entry.title();
        let shown = match item.held {
            Some(shown) => shown,
            None => {
                let failed = |why: String| format!("\u{201c}{title}\u{201d} cannot be opened. {why}");
                let pieces = store(self).await.map_err(failed)?.pieces(id).await.map_err(failed)?;
                let read = from_pieces(pieces);
                Arc::new(read.map_err(|error| failed(error.to_string()))?)
            }
        };
        Ok(Compared { title, shown })
    }

    /// Gives one a name.
    pub(super) fn rename(self, id: &str, name: &str) {
        let renamed = self.shelf.try_update(|shelf| shelf.rename(id, name)).flatten();
        let held = self.shelf.with_untracked(|shelf| shelf.get(id).is_some_and(|item| item.held.is_some()));
        let store = self.backstage.with_value(|backstage| backstage.store.clone());
        let (Some(entry), Some(store), false) = (renamed, store, held) else { return };
        let written = store.write(&entry, None);
        spawn_local(async move {
            if let Err(why) = written.await {
                self.say(Tone::Bad, format!("The name could not be kept: {why}."));
            }
        });
    }
}
