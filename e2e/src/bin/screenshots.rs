//! Pictures of the real page in every state, at three widths, light and dark; and the README's picture.
//!
//! `cargo run -p e2e --bin screenshots -- FOLDER` writes them all there, `-- FOLDER 360` those of one width, `-- FOLDER
//! kept` those of the list of results and of comparisons, `-- FOLDER sweep` those of a sweep; `-- --readme` writes docs/page.png alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use e2e::driver::{Driven, Place, Theme, drive};
use e2e::run::random_fragment;
use mock_server::{Config, Fault, Mock};
use streamgauge::settings::Settings;

const WIDTHS: [u32; 3] = [1600, 1024, 360];
const LONG: Duration = Duration::from_secs(60);

fn demo() -> String {
    Settings { num_prompts: 40, request_rate: 10.0, ..Settings::demo() }.to_fragment()
}

async fn shoot(page: &Driven, path: &Path) {
    fs::write(path, page.screenshot().await).expect("a picture to write");
    println!("{}", path.display());
}

fn states(folder: &Path, width: u32, theme: Theme) {
    let height = if width < 500 { 5000 } else { 3200 };
    let name = |state: &str| folder.join(format!("{state}-{width}-{}.png", theme.word()));
    drive(&demo(), (width, height), theme, async |page| {
        shoot(page, &name("idle")).await;
        page.click("Run").await;
        page.wait_for_state(&["running"], LONG).await;
        tokio::time::sleep(Duration::from_millis(3500)).await;
        shoot(page, &name("running")).await;
        page.wait_for_state(&["done"], LONG).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        shoot(page, &name("done")).await;
        let (link, report) = results(page, &name).await;
        shared(page, &link, &report, &name).await;
    });
    // One lane, and more wanted than it carries.
    let mock = Mock::start(Config { host: [127, 0, 0, 2].into(), ..Config::default() }).expect("a mock");
    drive(&random_fragment(&mock.base_url(), "num-prompts=100"), (width, height), theme, async |page| {
        page.click("Preview workload").await;
        page.wait_for("document.getElementById('instrument-title')").await;
        shoot(page, &name("preview")).await;
        page.click("Check now").await;
        page.wait_for_state(&["preparing"], LONG).await;
        page.wait_for_state(&["idle"], LONG).await;
        shoot(page, &name("checked")).await;
    });
    let unreachable =
        "backend=openai&base-url=http://localhost:9&model=m&dataset-path=demo/sharegpt.json&tokenizer=demo/tokenizer/";
    drive(unreachable, (width, height), theme, async |page| {
        page.click("Run").await;
        page.wait_for_state(&["failed"], LONG).await;
        shoot(page, &name("failed")).await;
    });
    // The test request is served, and no other.
    let faulty = Config { fault_every: Some((2, Fault::Status { code: 500 })), ..Config::default() };
    let mock = Mock::start(faulty).expect("a mock");
    drive(&random_fragment(&mock.base_url(), "num-prompts=1"), (width, height), theme, async |page| {
        page.click("Run").await;
        page.wait_for_state(&["done"], LONG).await;
        shoot(page, &name("nothing-succeeded")).await;
    });
}

/// What is done with a result; gives its shared link and its report.
async fn results(page: &Driven, name: &impl Fn(&str) -> PathBuf) -> (String, String) {
    page.script("document.querySelector('input[name=definition][value=guidellm]').click()").await;
    page.wait_for("document.querySelector('.moves')").await;
    shoot(page, &name("definitions")).await;
    page.script("document.querySelector('input[name=definition][value=reference]').click()").await;
    let read = "const chart = document.querySelector('.drawing'); chart.focus(); \
        chart.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true })); \
        document.querySelectorAll('.values')[1].open = true";
    page.script(read).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    shoot(page, &name("reading")).await;
    page.script(
        "window.files = []; const make = URL.createObjectURL; \
        URL.createObjectURL = blob => { window.files.push(blob); return make.call(URL, blob); }; \
        document.querySelector('#export').click()",
    )
    .await;
    shoot(page, &name("export")).await;
    page.click("Download HTML").await;
    let report =
        page.client.execute_async("const done = arguments[0]; window.files[0].text().then(done)", vec![]).await;
    page.script("document.querySelector('#export').click()").await;
    page.click("Share…").await;
    page.script("document.querySelector('.share input[type=checkbox]').click()").await;
    page.wait_for("document.querySelector('.share textarea').value.includes('shared=')").await;
    shoot(page, &name("share")).await;
    let link = page.script("return document.querySelector('.share textarea').value").await;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (text(&link), text(&report.expect("a report")))
}

/// The link as someone else sees it, and the report from disk.
async fn shared(page: &Driven, link: &str, report: &str, name: &impl Fn(&str) -> PathBuf) {
    page.client.goto("about:blank").await.expect("a blank page");
    page.client.goto(link).await.expect("the link opens");
    page.wait_for("document.querySelectorAll('svg.chart').length === 9").await;
    shoot(page, &name("shared")).await;
    let path = name("report").with_extension("html");
    fs::write(&path, report).expect("a report to write");
    let path = fs::canonicalize(path).expect("the report's path");
    page.client.goto(&format!("file://{}", path.display())).await.expect("the report opens");
    shoot(page, &name("report")).await;
}

/// The list of results, results side by side, and a run that was cut off.
fn kept(folder: &Path, width: u32, theme: Theme) {
    let height = if width < 500 { 4600 } else { 2600 };
    let name = |state: &str| folder.join(format!("{state}-{width}-{}.png", theme.word()));
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/results");
    let fixture = |name: &str| fs::read_to_string(fixtures.join(name)).expect("a fixture");
    let long = fixture("vllm.json").replace(
        "\"label\": null",
        "\"label\": \"organisation-of-great-names/a-model-with-a-very-long-name-instruct-awq-int4-128k-preview-2025-11-25\"",
    );
    let place = Place::new(&[]);
    let run = |label: &str, ttft_ms: f64| Settings {
        num_prompts: 60,
        request_rate: 30.0,
        simulated_ttft_ms: ttft_ms,
        label: Some(label.into()),
        ..Settings::demo()
    };
    place.drive("", (width, height), theme, async |page| {
        for settings in [run("before the change", 120.0), run("with prefix caching on two replicas", 90.0)] {
            page.script(&format!("location.hash = {:?}", settings.to_fragment())).await;
            tokio::time::sleep(Duration::from_millis(400)).await;
            page.click("Run").await;
            page.wait_for_state(&["running"], LONG).await;
            page.wait_for_state(&["done"], LONG).await;
            page.wait_for("document.querySelector('.entry')").await;
        }
        page.script("[...document.querySelectorAll('.entry input')].reverse().forEach(box => box.click())").await;
        page.click("Compare 2").await;
        page.wait_for("document.querySelector('.compare svg')").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        shoot(page, &name("compare-2")).await;
        let files = [("long.json", long.clone()), ("guidellm-benchmarks.json", fixture("guidellm.json"))];
        page.drop_files(&files).await;
        page.wait_for("document.querySelectorAll('.compared-result').length === 3").await;
        page.click("Close comparison").await;
        page.script("document.querySelectorAll('.entry input')[4].click()").await;
        page.click("Compare 4").await;
        page.wait_for("document.querySelectorAll('.compared-result').length === 4").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        shoot(page, &name("compare-4")).await;
        page.script("document.querySelector('.notices .dismiss')?.click()").await;
        let endless = Settings { num_prompts: 400, ..run("night run, all layers", 120.0) };
        page.script(&format!("location.hash = {:?}", endless.to_fragment())).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        page.click("Run").await;
        page.wait_for_state(&["running"], LONG).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        page.client.goto(&place.url("num-prompts=2")).await.expect("another address");
        page.client.refresh().await.expect("the page anew");
        page.wait_for("document.querySelectorAll('.entry').length === 3").await;
        page.script("document.querySelector('.entry input').click()").await;
        shoot(page, &name("idle-history")).await;
        page.script("document.querySelector('.entry-title').click()").await;
        page.wait_for("document.querySelector('table.figures')").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        shoot(page, &name("partial")).await;
    });
}

/// A sweep while it goes on, when it has ended, as a link that shares it, and one of its runs.
fn sweep(folder: &Path, width: u32, theme: Theme) {
    let height = if width < 500 { 3600 } else { 1900 };
    let name = |state: &str| folder.join(format!("{state}-{width}-{}.png", theme.word()));
    let settings = Settings {
        num_prompts: 60,
        sweep: "request-rate:4 8 16 24 32 64".parse().ok(),
        goodput: Some("ttft:300 tpot:60".into()),
        simulated_slots: 8,
        sharegpt_output_len: Some(16),
        calibrate: false,
        ..Settings::demo()
    };
    let link = drive(&settings.to_fragment(), (width, height), theme, async |page| {
        shoot(page, &name("sweep-idle")).await;
        page.click("Run").await;
        page.wait_for_state(&["running"], LONG).await;
        page.wait_for("document.querySelectorAll('.sweep-runs tbody tr').length === 1").await;
        page.wait_for_state(&["running"], LONG).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        shoot(page, &name("sweep-running")).await;
        page.wait_for_state(&["done"], LONG).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        shoot(page, &name("sweep-done")).await;
        page.click("Share…").await;
        page.script("document.querySelector('.share input').click()").await;
        page.wait_for("document.querySelector('.share textarea').value.includes('shared=')").await;
        shoot(page, &name("sweep-share")).await;
        let link = page.script("return document.querySelector('.share textarea').value").await;
        page.script("document.querySelector('dialog').close()").await;
        page.script("document.querySelectorAll('.sweep-runs button')[2].click()").await;
        page.wait_for("document.querySelector('table.figures')").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        shoot(page, &name("sweep-run")).await;
        link.as_str().unwrap_or_default().to_owned()
    });
    drive(link.split_once('#').expect("a fragment").1, (width, height), theme, async |page| {
        page.wait_for("document.querySelector('.sweep-runs')").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        shoot(page, &name("sweep-shared")).await;
    });
}

fn readme() {
    drive("", (1280, 1500), Theme::Light, async |page| {
        page.click("Run").await;
        page.wait_for_state(&["done"], LONG).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        page.script("window.scrollTo(0, 0)").await;
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        fs::create_dir_all(&docs).expect("a folder for the picture");
        shoot(page, &docs.join("page.png")).await;
    });
}

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "--readme".into());
    if folder == "--readme" {
        return readme();
    }
    fs::create_dir_all(&folder).expect("a folder for the pictures");
    let which = std::env::args().nth(2);
    let kept_alone = which.as_deref() == Some("kept");
    let sweep_alone = which.as_deref() == Some("sweep");
    let only = which.and_then(|width| width.parse::<u32>().ok());
    for width in WIDTHS.into_iter().filter(|width| only.is_none_or(|only| only == *width)) {
        for theme in [Theme::Light, Theme::Dark] {
            let folder = Path::new(&folder);
            if !kept_alone && !sweep_alone {
                states(folder, width, theme);
            }
            if !sweep_alone {
                kept(folder, width, theme);
            }
            if !kept_alone {
                sweep(folder, width, theme);
            }
        }
    }
}
