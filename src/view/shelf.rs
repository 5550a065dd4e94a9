//! The list of results: runs that the browser keeps and results opened from files, newest first; which of them are
//! ticked to be compared; and which go when there are too many.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::view::history_entry::{Entry, Gist, State};
use crate::view::shown::Shown;

/// The most results that are compared at once; each has a colour of its own.
pub const MOST_COMPARED: usize = 4;
/// The most runs that are kept.
pub const MOST_RUNS: usize = 100;
/// The most bytes that are kept.
pub const MOST_BYTES: u64 = 200_000_000;
/// How long a run is taken to go on after its last sign of life, where the browser cannot tell (no Web Locks), ms.
const SIGN_OF_LIFE_MS: f64 = 60_000.0;

/// The list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shelf {
    items: Vec<Item>,
    /// Ids, in the order in which they were ticked.
    ticked: Vec<String>,
    /// Results that were put here from files so far.
    files: u32,
}

/// A result in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What is said of it.
    pub entry: Entry,
    /// The result itself, where it is held in memory and not in the browser's store: it goes with the page.
    pub held: Option<Arc<Shown>>,
}

impl Shelf {
    /// Everything, newest first.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The item with this id.
    pub fn get(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.entry.id == id)
    }

    /// Takes over what the store holds; results that are held in memory stay.
    pub fn take_stored(&mut self, entries: Vec<Entry>) {
        self.items.retain(|item| item.held.is_some());
        self.items.extend(entries.into_iter().map(|entry| Item { entry, held: None }));
        self.sort();
        self.ticked.retain(|id| self.items.iter().any(|item| item.entry.id == *id));
    }

    /// Puts an entry in, or in the place of the one with its id.
    pub fn put(&mut self, entry: Entry, held: Option<Arc<Shown>>) {
        self.items.retain(|item| item.entry.id != entry.id);
        self.items.push(Item { entry, held });
        self.sort();
    }

    /// Puts a result from a file in, and gives back its id. One that is there already keeps its place.
    pub fn put_file(&mut self, shown: Arc<Shown>, now_unix_ms: f64) -> String {
        if let Some(known) = self.items.iter().find(|item| item.held.as_ref().is_some_and(|held| held.is_same(&shown)))
        {
            return known.entry.id.clone();
        }
        self.files += 1;
        let id = format!("file-{}", self.files);
        let state = if shown.partial.is_some() { State::Partial } else { State::Whole };
        let gist = Gist::of(&shown.result);
        self.put(Entry { id: id.clone(), started_unix_ms: now_unix_ms, state, gist, ..Entry::default() }, Some(shown));
        id
    }

    /// Takes one out.
    pub fn remove(&mut self, id: &str) {
        self.items.retain(|item| item.entry.id != id);
        self.ticked.retain(|ticked| ticked != id);
    }

    /// Gives one a name, or none; what it then says of itself, if it is there.
    pub fn rename(&mut self, id: &str, name: &str) -> Option<Entry> {
        let name = name.trim();
        let item = self.items.iter_mut().find(|item| item.entry.id == id)?;
        item.entry.name = (!name.is_empty()).then(|| name.chars().take(200).collect());
        Some(item.entry.clone())
    }

    /// The ids of the runs of one sweep that are over, in the sweep's order; of those that are here twice, kept and from
    /// a file, one.
    pub fn runs_of_sweep(&self, sweep: &str) -> Vec<String> {
        let over = self.items.iter().map(|item| &item.entry).filter(|entry| entry.state != State::Live);
        let place = |entry: &Entry| entry.gist.sweep.as_ref().filter(|of| of.id == sweep).map(|of| of.place);
        let mut found = BTreeMap::new();
        for (entry, place) in over.filter_map(|entry| Some((entry, place(entry)?))) {
            found.entry(place).or_insert_with(|| entry.id.clone());
        }
        found.into_values().collect()
    }

    /// The ids of those that are ticked, in the order in which they were.
    pub fn ticked(&self) -> &[String] {
        &self.ticked
    }

    /// Ticks these alone, as far as they may be compared at once.
    pub fn tick_only(&mut self, ids: &[String]) {
        self.ticked.clear();
        for id in ids {
            self.tick(id, true);
        }
    }

    /// Ticks one, or takes the tick away. One tick too many, or one on a run that still goes on, does nothing.
    pub fn tick(&mut self, id: &str, on: bool) {
        self.ticked.retain(|ticked| ticked != id);
        if on && self.may_tick(id) {
            self.ticked.push(id.to_owned());
        }
    }

    /// Whether one has a tick, or may have one.
    pub fn may_tick(&self, id: &str) -> bool {
        let ticked = self.ticked.iter().any(|ticked| ticked == id);
        let over = self.get(id).is_some_and(|item| item.entry.state != State::Live);
        ticked || (over && self.ticked.len() < MOST_COMPARED)
    }

    /// Runs that are kept, and what they take in bytes.
    pub fn kept(&self) -> (usize, u64) {
        let kept = self.items.iter().filter(|item| item.held.is_none());
        kept.fold((0, 0), |(runs, bytes), item| (runs + 1, bytes + item.entry.bytes))
    }

    /// The ids of the runs that have to go, the oldest first: more than [`MOST_RUNS`], or more than [`MOST_BYTES`] in all.
    /// The newest one stays in any case, and so does one that still goes on.
    pub fn too_many(&self) -> Vec<String> {
        let (mut runs, mut bytes) = self.kept();
        let kept = || self.items.iter().filter(|item| item.held.is_none());
        let newest = kept().next().map(|item| item.entry.id.as_str());
        let mut gone = Vec::new();
        for item in kept().rev().filter(|item| item.entry.state != State::Live && newest != Some(&item.entry.id)) {
            if runs <= MOST_RUNS && bytes <= MOST_BYTES {
                break;
            }
            runs -= 1;
            bytes -= item.entry.bytes.min(bytes);
            gone.push(item.entry.id.clone());
        }
        gone
    }

    fn sort(&mut self) {
        self.items.sort_by(|a, b| b.entry.started_unix_ms.total_cmp(&a.entry.started_unix_ms));
    }
}

/// Whether a stored run that says it goes on was cut off: nobody holds its lock, or, where the browser has no locks
/// (`held` is none), it has given no sign of life for a while.
pub fn was_cut_off(entry: &Entry, held: Option<&[String]>, now_unix_ms: f64) -> bool {
    let alive = match held {
        Some(held) => held.iter().any(|lock| *lock == lock_name(&entry.id)),
        None => now_unix_ms - entry.written_unix_ms < SIGN_OF_LIFE_MS,
    };
    entry.state == State::Live && !alive
}

/// The name of the Web Lock that a tab holds while it writes a run.
pub fn lock_name(id: &str) -> String {
    format!("streamgauge-keeps-{id}")
}

/// What the list says when a run was found that was cut off: how much of it is there.
pub fn cut_off_words(entry: &Entry, records: usize) -> String {
    let of = entry.gist.requests.map(|all| format!(" of {all}")).unwrap_or_default();
    format!(
        "The run \u{201c}{}\u{201d} was cut off when its page was closed, reloaded or broke. What it had measured by \
         then, {records}{of} requests, is kept under History.",
        entry.title()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::RunResult;
    use crate::result::sweep::SweepPlace;
    use crate::settings::SweepKey;

    fn entry(id: &str, at: f64) -> Entry {
        Entry { id: id.into(), started_unix_ms: at, state: State::Whole, bytes: 10, ..Entry::default() }
    }

    fn shelf(entries: Vec<Entry>) -> Shelf {
        let mut shelf = Shelf::default();
        shelf.take_stored(entries);
        shelf
    }

    fn ids(shelf: &Shelf) -> Vec<&str> {
        shelf.items().iter().map(|item| item.entry.id.as_str()).collect()
    }

    fn from_file(name: &str) -> Arc<Shown> {
        Arc::new(Shown {
            result: RunResult::default(),
            partial: None,
            file: Some(name.into()),
            reference: None,
            shared: None,
        })
    }

    #[test]
    fn newest_first_and_files_stay_when_the_store_is_read_again() {
        let mut shelf = shelf(vec![entry("a", 1.0), entry("b", 3.0)]);
        let file = shelf.put_file(from_file("x.json"), 2.0);
        assert_eq!(shelf.put_file(from_file("x.json"), 9.0), file, "the same file twice is one result");
        assert_eq!(ids(&shelf), ["b", "file-1", "a"]);
        shelf.tick_only(&["a".into(), file.clone()]);
        shelf.take_stored(vec![entry("c", 4.0)]);
        assert_eq!(ids(&shelf), ["c", "file-1"]);
        assert_eq!(shelf.ticked(), [file]);
    }

    #[test]
    fn ticks_keep_their_order_and_their_number() {
        let mut shelf = shelf((0..6).map(|i| entry(&i.to_string(), f64::from(i))).collect());
        shelf.put(Entry { state: State::Live, ..entry("live", 9.0) }, None);
        for id in ["3", "1", "live", "0", "2", "5", "none"] {
            shelf.tick(id, true);
        }
        assert_eq!(shelf.ticked(), ["3", "1", "0", "2"]);
        assert!(shelf.may_tick("3") && !shelf.may_tick("5") && !shelf.may_tick("live"));
        shelf.tick("3", false);
        shelf.tick("5", true);
        assert_eq!(shelf.ticked(), ["1", "0", "2", "5"]);
        shelf.remove("1");
        assert_eq!(shelf.ticked(), ["0", "2", "5"]);
    }

    #[test]
    fn the_runs_of_a_sweep_are_found_in_its_order_each_once() {
        let run = |id: &str, at, sweep: &str, place| {
            let mut entry = entry(id, at);
            let key = SweepKey::RequestRate;
            entry.gist.sweep = Some(SweepPlace { id: sweep.into(), key, value: "1".into(), place, of: 3 });
            entry
        };
        let mut shelf =
            shelf(vec![run("b", 2.0, "s", 2), run("a", 1.0, "s", 1), run("x", 3.0, "t", 1), entry("y", 4.0)]);
        shelf.put(run("twin", 9.0, "s", 2), None);
        shelf.put(Entry { state: State::Live, ..run("live", 9.5, "s", 3) }, None);
        assert_eq!(shelf.runs_of_sweep("s"), ["a", "twin"]);
        assert!(shelf.runs_of_sweep("u").is_empty());
    }

    #[test]
    fn names_are_trimmed_bounded_and_taken_away() {
        let mut shelf = shelf(vec![entry("a", 1.0)]);
        assert_eq!(shelf.rename("a", "  two  ").unwrap().name.as_deref(), Some("two"));
        assert_eq!(shelf.rename("a", &"é".repeat(500)).unwrap().name.unwrap().chars().count(), 200);
        assert_eq!(shelf.rename("a", " ").unwrap().name, None);
        assert_eq!(shelf.rename("b", "x"), None);
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_or_they_are_too_large() {
        let many = shelf((0..MOST_RUNS as u32 + 2).map(|i| entry(&i.to_string(), f64::from(i))).collect());
        assert_eq!(many.too_many(), ["0", "1"]);
        let large = |id: &str, at| Entry { bytes: MOST_BYTES / 2, ..entry(id, at) };
        let mut heavy = shelf(vec![large("a", 1.0), large("b", 2.0), large("c", 3.0)]);
        assert_eq!(heavy.too_many(), ["a"]);
        heavy.put(Entry { state: State::Live, ..large("a", 1.0) }, None);
        assert_eq!(heavy.too_many(), ["b"], "a run that goes on stays");
        let huge = shelf(vec![Entry { bytes: 3 * MOST_BYTES, ..entry("new", 5.0) }, entry("old", 1.0)]);
        assert_eq!(huge.too_many(), ["old"], "the newest stays, however large");
        let mut files = shelf(vec![entry("a", 1.0)]);
        files.put_file(from_file("x.json"), 2.0);
        assert_eq!(files.kept(), (1, 10));
        assert!(files.too_many().is_empty());
    }

    #[test]
    fn a_live_run_of_another_tab_is_not_taken_for_one_that_was_cut_off() {
        let live = Entry { state: State::Live, written_unix_ms: 1000.0, ..entry("a", 1.0) };
        assert!(!was_cut_off(&live, Some(&[lock_name("a")]), 1e9));
        assert!(was_cut_off(&live, Some(&[lock_name("b")]), 1001.0));
        assert!(!was_cut_off(&live, None, 30_000.0) && was_cut_off(&live, None, 90_000.0));
        assert!(!was_cut_off(&entry("a", 1.0), Some(&[]), 1e9));
    }

    #[test]
    fn what_was_cut_off_says_how_much_is_there() {
        let mut cut = entry("a", 1.0);
        cut.gist.requests = Some(60);
        assert!(cut_off_words(&cut, 12).contains("12 of 60 requests"));
    }
}
