//! Keeps a run while it goes on: records are written twice a second at most, so that a crash costs less than a second of
//! them, beside the load worker, which knows nothing of it. A Web Lock tells other tabs that this one is at it.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::entry::{Entry, Gist, State};
use super::shelf::lock_name;
use super::store::{Piece, Store};
use crate::page::browser;
use crate::page::run::{self, Shown};
use crate::page::state::{AppState, Calibrated, Tone};
use crate::result::kept::{self, Head, Tail};
use crate::result::{About, RunResult};
use crate::settings::Settings;
use crate::web::web_lock::WebLock;

/// Least time from one write to the next, ms.
const REST_MS: f64 = 500.0;

/// A run that is being kept.
pub(in crate::page) struct Keeper {
    store: Store,
    entry: Entry,
    /// Pieces that were written.
    pieces: u32,
    /// Records that were.
    records: usize,
    /// Whether the next write has its time.
    waits: bool,
    _lock: Option<WebLock>,
}

impl Keeper {
    fn begin(store: Store, head: &Head, started_unix_ms: f64) -> Self {
        let about = About::of_settings(&head.settings, head.date.clone());
        let requests = head.workload.requests.map(u64::from);
        let gist = Gist { requests, tool: None, ..Gist::of(&RunResult { about, ..RunResult::default() }) };
        // Two tabs may begin in the same millisecond.
        let id = format!("{started_unix_ms:014.0}-{:08x}", (js_sys::Math::random() * 4e9) as u32);
        Self {
            store,
            _lock: WebLock::hold(&window().navigator(), &lock_name(&id)),
            entry: Entry { id, started_unix_ms, gist, ..Entry::default() },
            pieces: 0,
            records: 0,
            waits: false,
        }
    }

    /// Writes a piece and how the entry now stands.
    fn write(&mut self, text: String) -> impl Future<Output = Result<(), String>> + use<> {
        self.entry.bytes += text.len() as u64;
        self.entry.written_unix_ms = js_sys::Date::now();
        let piece = Piece { number: self.pieces, text };
        self.pieces += 1;
        self.store.write(&self.entry, Some(piece))
    }
}

impl AppState {
    /// A run has begun: from now on it is kept, where the browser has a place for it.
    pub(in crate::page) fn keep_from_now(self, head: Head) {
        let begun = self.backstage.try_update_value(|backstage| {
            let mut keeper = Keeper::begin(backstage.store.clone()?, &head, backstage.started_unix_ms);
            let written = keeper.write(kept::head(head));
            self.shelf.update(|shelf| shelf.put(keeper.entry.clone(), None));
            backstage.keeper = Some(keeper);
            Some(written)
        });
        self.watch(begun.flatten());
    }

    /// Records have come: they are written now, or when the last write is long enough ago.
    pub(in crate::page) fn keep_records(self) {
        let wait_ms = self.backstage.try_update_value(|backstage| {
            let keeper = backstage.keeper.as_mut().filter(|keeper| !keeper.waits)?;
            keeper.waits = true;
            Some((keeper.entry.written_unix_ms + REST_MS - js_sys::Date::now()).clamp(0.0, REST_MS))
        });
        match wait_ms.flatten() {
            Some(wait_ms) if wait_ms > 0.0 => {
                set_timeout(move || self.keep_what_came(), std::time::Duration::from_millis(wait_ms.ceil() as u64));
            }
            Some(_) => self.keep_what_came(),
            None => {}
        }
    }

    /// Writes the records that were not written yet.
    pub(in crate::page) fn keep_what_came(self) {
        let written = self.backstage.try_update_value(|backstage| {
            let keeper = backstage.keeper.as_mut()?;
            keeper.waits = false;
            let new = backstage.records.get(keeper.records..).filter(|new| !new.is_empty())?;
            keeper.records += new.len();
            Some(keeper.write(kept::records(new)))
        });
        self.watch(written.flatten());
    }

    /// The run has ended: what only its end knows is written, and it is listed.
    pub(in crate::page) fn keep_to_its_end(self, shown: &Arc<Shown>, tail: Tail) {
        let state = if shown.partial.is_some() { State::Partial } else { State::Whole };
        let gist = Gist::of(&shown.result);
        let keeper = self.backstage.try_update_value(|backstage| backstage.keeper.take()).flatten();
        let Some(mut keeper) = keeper else {
            let now = js_sys::Date::now();
            let id = format!("held-{now:014.0}");
            let entry = Entry { id, started_unix_ms: now, state, gist, ..Entry::default() };
            self.shelf.update(|shelf| shelf.put(entry, Some(Arc::clone(shown))));
            return;
        };
        keeper.entry = Entry { state, gist, ..keeper.entry };
        let written = keeper.write(kept::tail(tail));
        self.shelf.update(|shelf| shelf.put(keeper.entry.clone(), None));
        let shown = Arc::clone(shown);
        spawn_local(async move {
            if let Err(why) = written.await {
                self.shelf.update(|shelf| shelf.put(keeper.entry, Some(shown)));
                self.cannot_keep(&why);
            }
            self.make_room();
        });
    }

    /// The run came to nothing that could be shown; neither is it kept.
    pub(in crate::page) fn keep_nothing(self) {
        if let Some(keeper) = self.backstage.try_update_value(|backstage| backstage.keeper.take()).flatten() {
            self.forget(keeper.entry.id.clone());
        }
    }

    /// Takes runs out that are too many, the oldest first.
    pub(super) fn make_room(self) {
        for id in self.shelf.with_untracked(super::shelf::Shelf::too_many) {
            self.forget(id);
        }
    }

    /// Takes one out of the list and of the store.
    pub(super) fn forget(self, id: String) {
        self.shelf.update(|shelf| shelf.remove(&id));
        if let Some(store) = self.backstage.with_value(|backstage| backstage.store.clone()) {
            let deleted = store.delete(&id);
            spawn_local(async move {
                if let Err(why) = deleted.await {
                    self.say(Tone::Bad, format!("The kept run could not be deleted: {why}."));
                }
            });
        }
    }

    /// Hears whether a write went well; a run that cannot be written is kept no further.
    fn watch(self, written: Option<impl Future<Output = Result<(), String>> + 'static>) {
        let Some(written) = written else { return };
        spawn_local(async move {
            if let Err(why) = written.await
                && self.backstage.try_update_value(|backstage| backstage.keeper.take()).flatten().is_some()
            {
                self.cannot_keep(&why);
            }
        });
    }

    fn cannot_keep(self, why: &str) {
        self.say(
            Tone::Bad,
            format!(
                "This run cannot be kept in the browser: {why}. Its result goes with this page; download it, or delete \
                 older runs under History."
            ),
        );
    }

    /// The head of the run that begins now.
    pub(in crate::page) fn head_of_run(self) -> Head {
        let settings = Settings { dry_run: false, ..self.prepared_settings().unwrap_or_default() };
        let started_unix_ms = self.backstage.with_value(|backstage| backstage.started_unix_ms);
        let workload = self.workload.with_untracked(|prepared| prepared.as_ref().map(|p| p.summary.clone()));
        let calibration = self.instrument.with_untracked(|instrument| match &instrument.calibration {
            Calibrated::Found(calibration) => Some(*calibration),
            _ => None,
        });
        let sweep = self.place_in_sweep(&settings);
        let date = browser::local_stamp(started_unix_ms);
        Head { sweep, ..run::head(settings, date, &workload.unwrap_or_default(), calibration) }
    }
}
