//! Presses every button, opens every fold, changes every select and types into every field, in every state of the page:
//! no panic, no console error, and no control without effect.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use e2e::crawl::{Crawled, Site, State};
use e2e::driver::{Driven, free_port};
use e2e::file_server::{FileServer, Ranges};
use e2e::made;
use e2e::run::{dist, fragment, random_fragment};
use mock_server::{Config, Fault, Mock};
use streamgauge::record::{Failure, FailureKind, Outcome};
use streamgauge::result::{WriteOptions, to_json};
use streamgauge::settings::{DatasetName, Settings};

const LONG: Duration = Duration::from_secs(60);

const IDLE: &str = "document.documentElement.dataset.runState === 'idle' && document.querySelector('.welcome')";
const RESULT: &str = "document.querySelector('.requests')";
const PREPARING: &str = "document.documentElement.dataset.runState === 'preparing'";

/// Controls whose effect shows only when a button is pressed later.
const SILENT: [(&str, &str); 4] = [
    ("Raw records, with every event", "decides what the result JSON will hold"),
    ("Generated texts", "decides what the result JSON will hold"),
    ("select Chart", "names the chart that the buttons beside it save"),
    ("type Name of", "a result has its new name when that is saved"),
];
/// As [`SILENT`], where a key would stay on this machine.
const SILENT_WITH_KEY: [(&str, &str); 2] =
    [("field-api-key", "a key is in no address, and is shown as dots"), SILENT[3]];

/// A result as a file.
fn file(requests: u32, label: &str) -> String {
    to_json(&made::result(made::records(requests, 5), Some(label.into())), WriteOptions::default())
}

fn site(results: &[(&str, String)]) -> Site {
    let mut files = vec![("one.json", file(20, "one")), ("two.json", file(30, "two"))];
    files.extend_from_slice(results);
    Site::of(&dist(), &files)
}

fn crawl(state: State<'_>, enter: impl AsyncFn(&Driven)) {
    crawl_in(&site(&[]), state, enter);
}

fn crawl_in(site: &Site, state: State<'_>, enter: impl AsyncFn(&Driven)) {
    let wrong = site.crawl(&state, enter).wrong;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn state<'a>(name: &'a str, fragment: &'a str, holds: &'a str, least: usize) -> State<'a> {
    State { name, fragment, holds, silent: &SILENT, least }
}

/// The link alone leads to the state.
async fn at_once(_: &Driven) {}

/// A short run on the simulated server, with nothing measured before it.
fn demo() -> Settings {
    Settings { num_prompts: 60, request_rate: f64::INFINITY, calibrate: false, ..Settings::demo() }
}

/// A server that answers at once.
fn quick(port: u16, fault_every: Option<(usize, Fault)>) -> Mock {
    Mock::start(Config { ttft_ms: 5.0, itl_ms: 1.0, port, fault_every, ..Config::default() }).expect("a mock")
}

/// A result of a run in which every seventh request failed.
fn with_failures(requests: u32) -> String {
    let mut records = made::records(requests, 5);
    for record in &mut records {
        record.reply.text = format!("Answer {} of the river.", record.index);
        if record.index % 7 == 0 {
            let message = format!("The server answered 503 to request {}.", record.index);
            record.outcome = Outcome::Failed(Failure { kind: FailureKind::HttpStatus, message });
        }
    }
    to_json(&made::result(records, None), WriteOptions::default())
}

async fn run(page: &Driven) {
    page.click("Run").await;
    page.wait_for_state(&["done"], LONG).await;
    page.wait_for(RESULT).await;
}

async fn press(page: &Driven, selector: &str) {
    page.wait_for(&format!("document.querySelector({selector:?})")).await;
    page.script(&format!("document.querySelector({selector:?}).click()")).await;
}

#[test]
fn the_demo_before_a_run() {
    crawl(state("demo", "", IDLE, 60), at_once);
}

#[test]
fn another_dataset_before_a_run() {
    let fragment = Settings { dataset_name: DatasetName::Sonnet, ..demo() }.to_fragment();
    crawl(state("sonnet", &fragment, IDLE, 60), at_once);
}

#[test]
fn an_own_server_before_a_run() {
    let far =
        "backend=openai-chat&base-url=http://server.invalid:8000&model=m&dataset-name=random&tokenizer=demo/tokenizer/";
    crawl(state("a server far away", far, IDLE, 60), at_once);
    let here = "backend=tgi&host=127.0.0.1&port=8000&dataset-name=sharegpt";
    let state = state("a server by its port", here, IDLE, 60);
    crawl(State { silent: &SILENT_WITH_KEY, ..state }, at_once);
}

#[test]
fn a_form_that_lacks_something() {
    let fragment = "backend=openai&base-url=http://localhost:8000&dataset-name=sharegpt";
    let state = state("refused", fragment, "document.querySelector('.problems')", 60);
    crawl(State { silent: &SILENT_WITH_KEY, ..state }, async |page| page.click("Run").await);
}

#[test]
fn a_link_that_cannot_be_read() {
    let holds = "document.documentElement.dataset.runState === 'failed'";
    crawl(state("unreadable", "num-prompts=abc", holds, 60), at_once);
}

#[test]
fn a_link_that_sends_the_outcome() {
    let fragment = format!("{}&report-to=http://collector.invalid/outcome", demo().to_fragment());
    let holds = "document.body.textContent.includes('collector.invalid')";
    crawl(state("report", &fragment, holds, 60), at_once);
}

#[test]
fn a_preview() {
    let fragment = demo().to_fragment();
    let holds = "document.querySelector('.preview') && document.documentElement.dataset.runState === 'idle'";
    let state = state("preview", &fragment, holds, 60);
    crawl(state, async |page| page.click("Preview workload").await);
}

#[test]
fn a_dry_run() {
    let fragment = format!("{}&dry-run", demo().to_fragment());
    let holds = "document.documentElement.dataset.runState === 'done'";
    let state = state("dry run", &fragment, holds, 60);
    crawl(state, async |page| page.click("Run").await);
}

#[test]
fn while_it_prepares_checks_and_tests() {
    // The second half of the dataset never arrives.
    let conversation =
        r#"{"conversations": [{"value": "How deep is the river?"}, {"value": "About two metres in spring."}]}"#;
    let dataset = FileServer::start(format!("[{}]", [conversation; 5000].join(", ")).into(), Ranges::Stalled);
    let stalled = format!("backend=openai&model=m&tokenizer=demo/tokenizer/&dataset-path={}", dataset.url());
    crawl(state("preparing", &stalled, PREPARING, 8), async |page| page.click("Run").await);
    // The first token takes hours.
    let mock = Mock::start(Config { ttft_ms: 1e7, ..Config::default() }).expect("a mock");
    let silent = fragment(&mock.base_url(), "num-prompts=5");
    let state = state("testing", &silent, PREPARING, 8);
    crawl(state, async |page| {
        page.click("Run").await;
        page.wait_for("document.querySelector('#run-title').textContent.includes('test request')").await;
    });
    let state = State { name: "checking", ..state };
    crawl(state, async |page| {
        page.click("Preview workload").await;
        page.wait_for("document.querySelector('.preview')").await;
        page.click("Check now").await;
    });
}

#[test]
fn while_it_runs() {
    let fragment = Settings { num_prompts: 5000, request_rate: 10.0, ..demo() }.to_fragment();
    let holds = "document.documentElement.dataset.runState === 'running'";
    let state = state("running", &fragment, holds, 8);
    crawl(state, async |page| page.click("Run").await);
}

#[test]
fn a_run_that_is_done() {
    let fragment = demo().to_fragment();
    crawl(state("done", &fragment, RESULT, 120), run);
}

#[test]
fn the_events_of_a_request() {
    let state = state("request detail", "result=results/many.json", "document.querySelector('#request-detail')", 120);
    crawl_in(&site(&[("many.json", with_failures(120))]), state, async |page| {
        press(page, ".requests tbody button").await;
    });
}

#[test]
fn a_run_that_was_stopped() {
    let fragment = Settings { num_prompts: 5000, request_rate: 60.0, ..demo() }.to_fragment();
    let state = state("partial", &fragment, RESULT, 120);
    crawl(state, async |page| {
        page.click("Run").await;
        page.wait_for("document.querySelectorAll('.live circle').length > 55").await;
        page.click("Stop").await;
        page.wait_for_state(&["aborted"], LONG).await;
    });
}

#[test]
fn a_server_that_is_not_there() {
    let fragment = fragment(&format!("http://localhost:{}", free_port()), "num-prompts=2");
    let state = state("failed", &fragment, "document.querySelector('.stage-error')", 60);
    crawl(State { silent: &SILENT_WITH_KEY, ..state }, async |page| page.click("Run").await);
}

#[test]
fn results_side_by_side() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/results");
    let read = |name: &str| std::fs::read_to_string(fixtures.join(name)).expect("a fixture");
    let site = site(&[("vllm.json", read("vllm.json")), ("guidellm.json", read("guidellm.json"))]);
    let state = state(
        "compare",
        "result=results/one.json&result=results/two.json&result=results/vllm.json&result=results/guidellm.json",
        "document.querySelectorAll('.compare svg').length === 4",
        80,
    );
    crawl_in(&site, state, at_once);
}

#[test]
fn another_tools_result() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/results");
    let text = std::fs::read_to_string(fixtures.join("vllm.json")).expect("a fixture");
    let state = state("another tool's", "result=results/vllm.json", "document.querySelector('.summary')", 80);
    crawl_in(&site(&[("vllm.json", text)]), state, at_once);
}

/// Two rates, with a service level that the lower one meets.
fn swept(base_url: &str) -> String {
    let more = "num-prompts=20&random-output-len=5&calibrate=false&goodput=ttft:500&sweep=request-rate:50 200";
    random_fragment(base_url, more)
}

const SWEEP: &str = "document.querySelectorAll('.sweep-runs tbody tr').length === 2";

async fn run_sweep(page: &Driven) {
    page.click("Run").await;
    page.wait_for_state(&["done"], LONG).await;
    page.wait_for(SWEEP).await;
}

#[test]
fn a_sweep_and_one_run_of_it() {
    let mock = quick(0, None);
    let fragment = swept(&mock.base_url());
    crawl(state("sweep", &fragment, SWEEP, 80), run_sweep);
    let holds = "document.querySelector('.requests') && document.body.textContent.includes('Back to the sweep')";
    let state = state("a run of a sweep", &fragment, holds, 120);
    crawl(state, async |page| {
        run_sweep(page).await;
        press(page, ".sweep-runs .link-button").await;
    });
}

#[test]
fn a_sweep_that_goes_on() {
    let port = free_port();
    let fragment = swept(&format!("http://127.0.0.1:{port}"));
    let holds = "document.querySelectorAll('.sweep-runs tbody tr').length === 1 \
                 && document.documentElement.dataset.runState === 'running'";
    let state = state("sweeping", &fragment, holds, 12);
    // The second of two runs never ends: each has a test request and twenty more, and the server counts from 1.
    let server = RefCell::new(None);
    crawl(state, async |page| {
        drop(server.take());
        *server.borrow_mut() = Some(quick(port, Some((25, Fault::Stall { after: 1 }))));
        page.click("Run").await;
    });
}

/// The fragment of a link with all figures of what is on show.
async fn link(page: &Driven) -> String {
    page.click("Share…").await;
    press(page, ".share input[type=checkbox]").await;
    page.wait_for("document.querySelector('.share textarea').value.includes('shared=')").await;
    let link = page.script("return document.querySelector('.share textarea').value").await;
    link.as_str().and_then(|link| link.split_once('#')).expect("a fragment").1.to_owned()
}

#[test]
fn what_came_with_a_link() {
    let site = site(&[("many.json", with_failures(120))]);
    let shared = site.drive("result=results/many.json", async |page| {
        page.wait_for(RESULT).await;
        link(page).await
    });
    let state = state("shared", &shared, "document.querySelector('.shared-note')", 80);
    crawl_in(&site, state, at_once);
    let mock = quick(0, None);
    let shared = site.drive(&swept(&mock.base_url()), async |page| {
        run_sweep(page).await;
        link(page).await
    });
    let state = State { name: "shared sweep", fragment: &shared, ..state };
    crawl_in(&site, state, at_once);
}

#[test]
fn a_long_history() {
    let names: Vec<String> = (0..14).map(|n| format!("h{n}.json")).collect();
    let files: Vec<(&str, String)> =
        names.iter().zip(10..).map(|(name, requests)| (name.as_str(), file(requests, name))).collect();
    let fragment: Vec<String> = names.iter().map(|name| format!("result=results/{name}")).collect();
    let holds = format!("{IDLE} && document.querySelectorAll('.history .entry').length > 1");
    let fragment = fragment.join("&");
    let state = state("history", &fragment, &holds, 80);
    crawl_in(&site(&files), state, async |page| {
        page.wait_for("document.querySelector('.compare svg')").await;
        page.click("Close comparison").await;
    });
}

#[test]
fn the_share_dialog() {
    const OPEN: &str = "document.querySelector('dialog[open] textarea')";
    let share = async |page: &Driven| page.click("Share…").await;
    crawl(state("sharing settings", "", OPEN, 3), share);
    let site = site(&[("many.json", with_failures(120))]);
    crawl_in(&site, state("sharing a run", "result=results/many.json", OPEN, 4), async |page| {
        page.wait_for(RESULT).await;
        share(page).await;
    });
}

#[test]
fn a_result_of_ten_thousand_requests() {
    let site = site(&[("large.json", with_failures(10_000))]);
    let state = state("10,000", "result=results/large.json", RESULT, 120);
    let Crawled { used, wrong } = site.crawl(&state, async |page| {
        page.wait_for("document.querySelector('.pager').textContent.includes('10,000')").await;
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The exceptions are not stale, and the button that once broke the page was used.
    for part in SILENT.iter().map(|(part, _)| *part).chain(["press Next", "press Previous", "tick Failures only"]) {
        assert!(used.iter().any(|key| key.contains(part)), "there is no {part:?} among {used:#?}");
    }
}

/// A page of its own, for what a crawl must find: all controls are faulty but the first and the last two.
const BROKEN: &str = r##"<!doctype html><html data-run-state="idle"><title>Broken</title><main>
<style>.cover { position: absolute; inset: 0 } .box { position: relative }</style>
<button id="fine">fine</button> <button id="dead">dead</button> <button id="throws">throws</button>
<button id="complains">complains</button> <button id="rejects">rejects</button> <button id="empty">empty</button>
<div class="box"><button id="covered">covered</button><div class="cover"></div></div>
<input id="ignored"> <select id="deaf"><option>a<option>b</select> <input type="checkbox" id="idle">
<details><summary id="hollow">hollow</summary></details>
<details><summary id="holds">holds</summary><button id="inside">inside</button></details>
</main><script src="page.js"></script>"##;
const BROKEN_SCRIPT: &str = r##"
const on = (id, act) => document.querySelector(id).addEventListener("click", act);
const note = () => document.querySelector("main").append("!");
on("#fine", note); on("#inside", note); on("#covered", note);
on("#throws", () => { note(); throw new Error("a fault"); });
on("#complains", () => { note(); console.error("a complaint"); });
on("#rejects", () => { note(); Promise.reject(new Error("a refusal")); });
on("#empty", () => { const link = document.createElement("a"); link.download = "x"; link.href = URL.createObjectURL(new Blob([])); link.click(); });
"##;

#[test]
fn a_crawl_finds_what_is_broken() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("index.html"), BROKEN).expect("a page to write");
    std::fs::write(folder.path().join("page.js"), BROKEN_SCRIPT).expect("a script to write");
    let state = State { name: "broken", fragment: "", holds: "document.querySelector('main')", silent: &[], least: 13 };
    let wrong = Site::of(folder.path(), &[]).crawl(&state, at_once).wrong;
    let expected = [
        ("press dead", "it does nothing"),
        ("press throws", "a fault"),
        ("press complains", "a complaint"),
        ("press rejects", "a refusal"),
        ("press empty", "x is empty"),
        ("press covered", "it lies under <div class=\"cover\">"),
        ("type ignored", "typing does nothing"),
        ("select deaf", "its option b does nothing"),
        ("tick idle", "it does nothing"),
        ("fold hollow", "it opens on nothing"),
    ];
    for (control, what) in expected {
        assert!(
            wrong.iter().any(|line| line.contains(control) && line.contains(what)),
            "{control} is not in {wrong:#?}"
        );
    }
    assert_eq!(wrong.len(), expected.len(), "{wrong:#?}");
}
