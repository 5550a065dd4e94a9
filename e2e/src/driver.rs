//! A page driven as a person would drive it: a browser under its WebDriver, for clicks, typing and screenshots. Nothing
//! here measures times of the load. The engine is the one that STREAMGAUGE_BROWSER names, Chromium without it.

use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::rc::Rc;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use futures_util::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use xtask::browser::{self, Display, Engine};
use xtask::static_server::StaticServer;

use crate::capabilities::capabilities;
use crate::run::{copy, dist, engine};

/// A served page in a driven browser.
pub struct Driven {
    /// The driver's client.
    pub client: Client,
    /// The page's origin.
    pub origin: String,
    /// The server behind it; reports arrive here.
    pub site: Rc<StaticServer>,
    /// The engine that it is in.
    pub engine: Engine,
    _driver: Driver,
    _profile: Rc<tempfile::TempDir>,
    _display: Option<Rc<Display>>,
}

/// The built page on one origin, and a browser's profile: what a browser that is started again finds again.
pub struct Place {
    site: Rc<StaticServer>,
    profile: Rc<tempfile::TempDir>,
    engine: Engine,
    display: Option<Rc<Display>>,
    args: &'static [&'static str],
    /// The copy of the site into which scripts are put.
    scripts: Option<tempfile::TempDir>,
}

/// What stands around a script of [`Place::ask`].
const ASK_BEFORE: &str = "const until = async (test) => { \
    for (let found; ; await new Promise((wake) => setTimeout(wake, 50))) if ((found = test())) return found; };
const ask = async () => {
";
const ASK_AFTER: &str = "
};
const answer = await ask().then((found) => ({ found }), (error) => ({ thrown: `${error}` }));
await fetch('report/found', { method: 'PUT', body: JSON.stringify(answer) });
";

impl Place {
    /// A new one, with further folders (name, place) beside the page.
    ///
    /// # Panics
    /// When the site cannot be served.
    pub fn new(folders: &[(&str, PathBuf)]) -> Self {
        Self::of(StaticServer::start_with(&dist(), folders, 0).expect("a site on a free port"))
    }

    /// As [`Place::new`], for a page that scripts of a test look into: see [`Place::ask`].
    ///
    /// # Panics
    /// When the site cannot be copied or served.
    pub fn with_scripts() -> Self {
        Self::with_scripts_in(engine())
    }

    /// As [`Place::with_scripts`], in this engine.
    ///
    /// # Panics
    /// As [`Place::with_scripts`].
    pub fn with_scripts_in(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the site");
        copy(&dist(), folder.path());
        let site = StaticServer::start(folder.path(), 0).expect("a site on a free port");
        Self { scripts: Some(folder), ..Self::of_engine(engine, site) }
    }

    /// As [`Place::new`], with the page from this server.
    ///
    /// # Panics
    /// When there is no room for a profile.
    pub fn of(site: StaticServer) -> Self {
        Self::of_engine(engine(), site)
    }

    fn of_engine(engine: Engine, site: StaticServer) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the browser's profile");
        let display = engine.display().expect("a display for the browser").map(Rc::new);
        let args = if engine == Engine::Chromium { browser::WIDE_AWAKE_ARGS } else { &[] };
        Self { site: Rc::new(site), profile: Rc::new(profile), engine, display, args, scripts: None }
    }

    /// With a browser whose hidden pages sleep as a person's do. Only Chromium is kept awake otherwise.
    pub fn drowsy(self) -> Self {
        Self { args: &[], ..self }
    }

    /// With a plain browser's private window, which keeps nothing.
    pub fn private(self) -> Self {
        let args: &[&str] = match self.engine {
            Engine::Chromium => &["--incognito"],
            Engine::Firefox => &["--private-window"],
            Engine::Webkit => &["--private"],
        };
        Self { args, ..self }
    }

    /// The page's address with this fragment.
    pub fn url(&self, fragment: &str) -> String {
        format!("http://localhost:{}/#{fragment}", self.site.port())
    }

    /// Starts a plain browser on the page, to be killed by whoever asked for it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_browser(&self, fragment: &str) -> Child {
        self.start_browser_at(&self.url(fragment))
    }

    fn start_browser_at(&self, url: &str) -> Child {
        let command = self.engine.command(self.profile.path(), self.display.as_deref());
        let mut command = command.expect("a browser to start");
        command.args(self.args).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the browser starts")
    }

    /// Opens the page with `fragment` in a plain browser, and gives back what this script finds in it: the body of an
    /// async function, which may `await until(() => …)` for what is to come. Unlike a driven WebKit, which keeps nothing,
    /// a plain browser finds again what another of this place has kept. The place must be one of [`Place::with_scripts`].
    ///
    /// # Panics
    /// When it finds nothing in time, or throws.
    pub fn ask(&self, fragment: &str, script: &str, within: Duration) -> Value {
        let folder = self.scripts.as_ref().expect("a place with scripts").path();
        let mut file =
            tempfile::Builder::new().prefix("ask-").suffix(".js").tempfile_in(folder).expect("a script's file");
        write!(file, "{ASK_BEFORE}{script}{ASK_AFTER}").expect("a script to write");
        let name = file.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let page = fs::read_to_string(folder.join("index.html")).expect("the page");
        let asking = format!("{page}<script type=\"module\" src=\"{name}\"></script>");
        fs::write(folder.join(format!("{name}.html")), asking).expect("a page to write");
        let mut browser = self.start_browser_at(&self.url(fragment).replace("/#", &format!("/{name}.html#")));
        let found = self.site.reports().recv_timeout(within);
        let _ = browser.kill();
        let _ = browser.wait();
        let (_, body) = found.unwrap_or_else(|_| panic!("the script found nothing within {within:?}"));
        let found: Value = serde_json::from_slice(&body).expect("an answer in JSON");
        assert!(found["thrown"].is_null(), "the script threw {}", found["thrown"]);
        found["found"].clone()
    }

    /// Opens the page with `fragment` in a window of this size, and hands it to `test`.
    ///
    /// # Panics
    /// When the browser cannot be started.
    pub fn drive<T>(&self, fragment: &str, size: (u32, u32), theme: Theme, test: impl AsyncFnOnce(&Driven) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let driven = Driven::open(self, fragment, size, theme).await;
            // A failed test must not leave its browser running.
            let outcome = AssertUnwindSafe(test(&driven)).catch_unwind().await;
            let _ = driven.client.clone().close().await;
            outcome.unwrap_or_else(|panic| resume_unwind(panic))
        })
    }
}

/// A running driver; it ends with this.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves the built page, opens it with `fragment` in a window of this size, and hands it to `test`.
///
/// # Panics
/// When the browser cannot be started.
pub fn drive<T>(fragment: &str, size: (u32, u32), theme: Theme, test: impl AsyncFnOnce(&Driven) -> T) -> T {
    Place::new(&[]).drive(fragment, size, theme, test)
}

/// The colour scheme that the browser asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark text on light ground.
    Light,
    /// Light text on dark ground.
    Dark,
}

impl Theme {
    /// "light" or "dark".
    pub fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Driven {
    async fn open(place: &Place, fragment: &str, size: (u32, u32), theme: Theme) -> Self {
        let Place { engine, site, profile, display, .. } = place;
        let port = free_port();
        let mut driver = engine.driver(port, profile.path(), display.as_deref()).expect("the browser's driver");
        let driver = driver.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let driver = Driver(driver.expect("the driver starts"));
        let client = connect(port, place, size, theme).await;
        let driven = Self {
            client,
            origin: format!("http://localhost:{}", site.port()),
            site: Rc::clone(site),
            engine: *engine,
            _driver: driver,
            _profile: Rc::clone(profile),
            _display: display.clone(),
        };
        driven.client.goto(&place.url(fragment)).await.expect("the page opens");
        driven.wait_for("document.querySelector('main button')").await;
        driven
    }

    /// Waits until the page's run state is one of these, and says which.
    ///
    /// # Panics
    /// When it is none of them in time.
    pub async fn wait_for_state(&self, states: &[&str], within: Duration) -> String {
        let deadline = tokio::time::Instant::now() + within;
        loop {
            let state = self.script("return document.documentElement.dataset.runState || ''").await;
            let state = state.as_str().unwrap_or_default().to_owned();
            if states.contains(&state.as_str()) {
                return state;
            }
            assert!(tokio::time::Instant::now() < deadline, "the run state is {state:?}, not one of {states:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until this expression is true in the page.
    ///
    /// # Panics
    /// When it is not in half a minute.
    pub async fn wait_for(&self, expression: &str) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while self.script(&format!("return !!({expression})")).await != json!(true) {
            assert!(tokio::time::Instant::now() < deadline, "waited in vain for {expression}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs a script in the page and gives back what it returns.
    ///
    /// # Panics
    /// When the script throws.
    pub async fn script(&self, code: &str) -> Value {
        self.client.execute(code, vec![]).await.expect("a script that runs")
    }

    /// The button that says this.
    ///
    /// # Panics
    /// When there is none.
    pub async fn find_button(&self, label: &str) -> Element {
        let path = format!("//button[normalize-space(.)={label:?}]");
        let button = self.client.find(Locator::XPath(&path)).await;
        button.unwrap_or_else(|error| panic!("no button {label:?}: {error}"))
    }

    /// Clicks the button that says this.
    ///
    /// # Panics
    /// When there is none to click.
    pub async fn click(&self, label: &str) {
        self.find_button(label)
            .await
            .click()
            .await
            .unwrap_or_else(|error| panic!("{label:?} cannot be clicked: {error}"));
    }

    /// The field that a label names.
    ///
    /// # Panics
    /// When there is no such label, or it is tied to nothing.
    pub async fn field(&self, label: &str) -> Element {
        let path = format!("//*[@id=//label[normalize-space(.)={label:?}]/@for]");
        let field = self.client.find(Locator::XPath(&path)).await;
        field.unwrap_or_else(|error| panic!("no field {label:?}: {error}"))
    }

    /// Types into the field that a label names, in place of what it holds, and leaves it.
    ///
    /// # Panics
    /// When there is no such field.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.expect("a field to clear");
        field.send_keys(text).await.expect("a field to type in");
        self.script("document.activeElement.blur()").await;
    }

    /// Runs a script that ends with a list of times, and gives back the longest.
    ///
    /// # Panics
    /// When it gives none.
    pub async fn slowest(&self, code: &str) -> f64 {
        let times = self.client.execute_async(code, vec![]).await.expect("a script that runs");
        let times = times.as_array().cloned().unwrap_or_default();
        times.iter().filter_map(Value::as_f64).fold(f64::NAN, f64::max)
    }

    /// Drops files, by name and text, on the page.
    ///
    /// # Panics
    /// When the page has nothing to drop them on.
    pub async fn drop_files(&self, files: &[(&str, String)]) {
        let files: Vec<Value> = files.iter().map(|(name, text)| json!([name, text])).collect();
        let script = "const transfer = new DataTransfer(); \
             for (const [name, text] of arguments[0]) transfer.items.add(new File([text], name)); \
             const options = { dataTransfer: transfer, bubbles: true, cancelable: true }; \
             document.body.dispatchEvent(new DragEvent('drop', options));";
        self.client.execute(script, vec![Value::from(files)]).await.expect("a script that runs");
    }

    /// The page's text, as a person sees it.
    pub async fn text(&self) -> String {
        self.script("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Takes a picture of the whole page.
    ///
    /// # Panics
    /// When the browser takes none.
    pub async fn screenshot(&self) -> Vec<u8> {
        self.client.screenshot().await.expect("a screenshot")
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

async fn connect(port: u16, place: &Place, size: (u32, u32), theme: Theme) -> Client {
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities(place.engine, place.profile.path(), place.args, size, theme));
    let mut refused = String::new();
    for _ in 0..100 {
        match builder.connect(&format!("http://127.0.0.1:{port}")).await {
            Ok(client) => {
                if place.engine != Engine::Chromium {
                    client.set_window_size(size.0, size.1).await.expect("a window of this size");
                }
                return client;
            }
            Err(error) => refused = error.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the driver of {} started no browser: {refused}", place.engine.name());
}
