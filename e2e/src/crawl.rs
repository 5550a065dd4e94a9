//! A crawl: everything that a person can press, open, choose or type into is used, one after the other, and whatever
//! panics, complains or does nothing is reported. `crawl.js` is served with the page, ahead of the page's own code; it
//! does the deeds, so that all of it works in every browser that a driver drives.

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
/// How often a state may be entered: each time that a control leaves it, it is entered again.
const MOST_ENTRIES: usize = 80;
const LONG: Duration = Duration::from_secs(60);
const DESK: (u32, u32) = (1280, 1600);

/// A state of the page that is crawled.
#[derive(Debug, Clone, Copy)]
pub struct State<'a> {
    /// What it is called in messages.
    pub name: &'a str,
    /// The link that it begins with.
    pub fragment: &'a str,
    /// An expression that is true in the page as long as it is in this state.
    pub holds: &'a str,
    /// Controls whose effect cannot be seen, by a part of their name, each with the reason.
    pub silent: &'a [(&'a str, &'a str)],
    /// Controls that it has at least: fewer mean that it is not the state that was meant.
    pub least: usize,
}

/// The page with the script beside it.
pub struct Site {
    place: Place,
    _folder: TempDir,
}

/// What came of a crawl.
#[derive(Debug)]
pub struct Crawled {
    /// The controls that were used.
    pub used: Vec<String>,
    /// What was wrong, a line each.
    pub wrong: Vec<String>,
}

/// What came of one control.
#[derive(Debug, Deserialize)]
struct Step {
    key: String,
    wrong: Vec<String>,
    errors: Vec<String>,
}

impl Site {
    /// A copy of a site with the script in it, and with these files, by name and text, in its folder `results`.
    ///
    /// # Panics
    /// When it cannot be written or served.
    pub fn of(site: &Path, results: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the site");
        copy(site, folder.path());
        let index = folder.path().join("index.html");
        let page = fs::read_to_string(&index).expect("a page");
        // Scripts that stand in the page come before modules.
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

    /// Opens the page in a browser of its own and hands it over, for what has to be done before a crawl.
    pub fn drive<T>(&self, fragment: &str, test: impl AsyncFnOnce(&Driven) -> T) -> T {
        self.place.drive(fragment, DESK, Theme::Light, test)
    }

    /// Uses every control in a state, which `enter` leads to from its link.
    ///
    /// # Panics
    /// When the state cannot be entered, or the page cannot be spoken to.
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
                let t = Instant::now();
                let Some(step) = next(&page.client, &done).await else { break };
                if t.elapsed().as_millis() > 400 { eprintln!("SLOW {:?} {}", t.elapsed(), step.key); }
                // A page that broke is no longer in any state.
                is_there = step.errors.is_empty();
                let silent = state.silent.iter().any(|(part, _)| step.key.contains(part));
                let said = step.errors.iter().chain(step.wrong.iter().filter(|_| !silent));
                wrong.extend(said.map(|what| format!("{}, {}: {what}", state.name, step.key)));
                done.push(step.key);
            }
            println!("{}: {} controls, {entries} entries, {:.0?}", state.name, done.len(), start.elapsed());
            assert!(done.len() >= state.least, "{}: only {} controls: {done:#?}", state.name, done.len());
            Crawled { used: done, wrong }
        })
    }

    /// Opens the page anew with this fragment, whatever it is doing.
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

/// What the page has complained of since this was last asked.
async fn errors(page: &Driven) -> Vec<String> {
    let script = "crawl.errors().then(arguments[0])";
    let errors = page.client.execute_async(script, vec![]).await.expect("a script that runs");
    serde_json::from_value(errors).expect("a list of texts")
}

/// Uses the first control that is not done; none when all are.
async fn next(client: &Client, done: &[String]) -> Option<Step> {
    let script = "const [done, reply] = arguments; \
                  crawl.next(done).then(reply, error => reply({ key: 'the crawl', wrong: [], errors: [String(error)] }))";
    let step = client.execute_async(script, vec![json!(done)]).await.expect("a script that runs");
    serde_json::from_value(step).expect("a step")
}
