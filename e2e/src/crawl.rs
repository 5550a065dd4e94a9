//! Crawls the page: uses every control that can be pressed, opened, chosen or typed into, and reports panics, console
//! errors and controls without effect. `crawl.js` is served with the page, ahead of the page's own code, and acts inside
//! the page, so that a crawl is the same in every browser.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use fantoccini::Client;
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;
use xtask::static_server::StaticServer;

use crate::driver::{Driven, Place, Theme};
use crate::run::copy;

/// The script that is served with the page.
const AGENT: &str = include_str!("crawl.js");
/// A state is entered again each time that a control leaves it; more entries than this fail.
const MOST_ENTRIES: usize = 80;
const LONG: Duration = Duration::from_secs(60);
const DESK: (u32, u32) = (1280, 1600);

/// A state of the page to crawl.
#[derive(Debug, Clone, Copy)]
pub struct State<'a> {
    /// Name in messages.
    pub name: &'a str,
    /// Fragment of the page's address.
    pub fragment: &'a str,
    /// JavaScript expression that is true while the page is in this state.
    pub holds: &'a str,
    /// Controls without a visible effect: part of the name, and the reason.
    pub silent: &'a [(&'a str, &'a str)],
    /// Least number of controls; guards against crawling an empty page.
    pub least: usize,
}

/// The page with the script beside it.
pub struct Site {
    place: Place,
    _folder: TempDir,
}

/// The outcome of a crawl.
#[derive(Debug)]
pub struct Crawled {
    /// The controls that were used.
    pub used: Vec<String>,
    /// What was wrong, one line per fault.
    pub wrong: Vec<String>,
}

/// The outcome of one control.
#[derive(Debug, Deserialize)]
struct Step {
    key: String,
    wrong: Vec<String>,
    errors: Vec<String>,
}

impl Site {
    /// A copy of a site with the script in it, and with these files (name, text) in its folder `results`.
    ///
    /// # Panics
    /// When it cannot be written or served.
    pub fn of(site: &Path, results: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the site");
        copy(site, folder.path());
        let index = folder.path().join("index.html");
        let page = fs::read_to_string(&index).expect("a page");
        // A script in the page runs before its modules.
        let with_agent = page.replacen("<title", "<script src=\"crawl.js\"></script><title", 1);
        assert_ne!(page, with_agent, "no title in {page}");
        fs::write(&index, with_agent).expect("a page to write");
        fs::write(folder.path().join("crawl.js"), AGENT).expect("a script to write");
        fs::create_dir_all(folder.path().join("results")).expect("a folder to make");
        for (name, text) in results {
            fs::write(folder.path().join("results").join(name), text).expect("a result to write");
        }
        let server = StaticServer::start(folder.path(), 0).expect("a site on a free port");
        Self { place: Place::of(server), _folder: folder }
    }

    /// Opens the page in a browser of its own, for preparations before a crawl.
    pub fn drive<T>(&self, fragment: &str, test: impl AsyncFnOnce(&Driven) -> T) -> T {
        self.place.drive(fragment, DESK, Theme::Light, test)
    }

    /// Uses every control in a state, which `enter` leads to from its link.
    ///
    /// # Panics
    /// When the state cannot be entered, or the browser does not answer.
    pub fn crawl(&self, state: &State<'_>, enter: impl AsyncFn(&Driven)) -> Crawled {
        self.drive("", async |page| {
            let start = Instant::now();
            let (mut done, mut wrong, mut entries): (Vec<String>, Vec<String>, usize) = (Vec::new(), Vec::new(), 0);
            let mut is_there = false;
            loop {
                is_there = is_there && page.script(&format!("return !!({})", state.holds)).await == json!(true);
                if !is_there {
                    entries += 1;
                    assert!(entries <= MOST_ENTRIES, "{}: {entries} entries, last for {:?}", state.name, done.last());
                    self.open(page, state.fragment).await;
                    enter(page).await;
                    page.wait_for(state.holds).await;
                    let errors = errors(page).await;
                    wrong.extend(errors.into_iter().map(|error| format!("{}, on the way there: {error}", state.name)));
                }
                let Some(step) = next(&page.client, &done, state).await else { break };
                // After an error the page may be broken.
                is_there = step.errors.is_empty();
                let is_silent = state.silent.iter().any(|(part, _)| step.key.contains(part));
                let faults = step.wrong.iter().filter(|fault| !(is_silent && fault.ends_with("nothing")));
                let said = step.errors.iter().chain(faults);
                wrong.extend(said.map(|what| format!("{}, {}: {what}", state.name, step.key)));
                done.push(step.key);
            }
            println!("{}: {} controls, {entries} entries, {:.0?}", state.name, done.len(), start.elapsed());
            assert!(done.len() >= state.least, "{}: only {} controls: {done:#?}", state.name, done.len());
            Crawled { used: done, wrong }
        })
    }

    /// Stops a run that is in progress, and loads the page with this fragment.
    async fn open(&self, page: &Driven, fragment: &str) {
        let stop = "const stop = document.querySelector('.stop:enabled'); if (stop) stop.click(); \
                    return ['preparing', 'running'].includes(document.documentElement.dataset.runState)";
        let end = Instant::now() + LONG;
        while page.script(stop).await == json!(true) {
            assert!(Instant::now() < end, "the run does not stop");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Another fragment alone would not load the page again.
        page.client.goto("about:blank").await.expect("an empty page");
        page.client.goto(&self.place.url(fragment)).await.expect("the page opens");
        page.wait_for("window.crawl && document.querySelector('main button')").await;
    }
}

/// The page's errors since they were last read.
async fn errors(page: &Driven) -> Vec<String> {
    let script = "crawl.errors().then(arguments[0])";
    let errors = page.client.execute_async(script, vec![]).await.expect("a script that runs");
    serde_json::from_value(errors).expect("a list of texts")
}

/// Uses the first control that is not done; none when all are.
async fn next(client: &Client, done: &[String], state: &State<'_>) -> Option<Step> {
    let script = "const [done, silent, reply] = arguments; const broken = error => reply({ key: 'the crawl', wrong: [], \
                  errors: [String(error)] }); crawl.next(done, silent).then(reply, broken)";
    let silent: Vec<&str> = state.silent.iter().map(|(part, _)| *part).collect();
    let step = client.execute_async(script, vec![json!(done), json!(silent)]).await.expect("a script that runs");
    serde_json::from_value(step).expect("a step")
}
