//! What is kept and what is opened: runs outlive the page, a killed browser and a reload; they are renamed, deleted and
//! compared; and a result file of whatever content is shown as text or refused.

use std::path::Path;
use std::time::{Duration, Instant};

use e2e::driver::{Driven, Place, Theme, drive};
use e2e::run::random_fragment;
use mock_server::{Config, Mock};
use serde_json::{Value, json};
use streamgauge::settings::Settings;

const LONG: Duration = Duration::from_secs(60);
const DESK: (u32, u32) = (1280, 1600);

fn demo(label: &str, ttft_ms: f64) -> String {
    Settings {
        num_prompts: 25,
        request_rate: 25.0,
        simulated_ttft_ms: ttft_ms,
        label: Some(label.into()),
        ..Settings::demo()
    }
    .to_fragment()
}

/// The titles in the list of results, newest first.
async fn listed(page: &Driven) -> Vec<String> {
    let titles = page.script("return [...document.querySelectorAll('.entry-title')].map(e => e.innerText)").await;
    titles.as_array().into_iter().flatten().filter_map(|title| title.as_str().map(str::to_owned)).collect()
}

async fn run_once(page: &Driven, fragment: &str) {
    page.script(&format!("location.hash = {}", json!(fragment))).await;
    // The address is read when the event of its change comes.
    tokio::time::sleep(Duration::from_millis(300)).await;
    page.click("Run").await;
    page.wait_for_state(&["running"], LONG).await;
    page.wait_for_state(&["done"], LONG).await;
}

async fn click_at(page: &Driven, selector: &str) {
    page.wait_for(&format!("document.querySelector({})", json!(selector))).await;
    page.script(&format!("document.querySelector({}).click()", json!(selector))).await;
}

#[test]
fn two_runs_are_kept_compared_renamed_and_deleted() {
    let place = Place::new(&[]);
    let medians_shown = place.drive("", DESK, Theme::Light, async |page| {
        run_once(page, &demo("first", 80.0)).await;
        run_once(page, &demo("second", 240.0)).await;
        assert_eq!(listed(page).await, ["second", "first"]);
        click_at(page, "[aria-label='Compare first']").await;
        click_at(page, "[aria-label='Compare second']").await;
        page.click("Compare 2").await;
        page.wait_for("document.querySelector('.compare svg')").await;
        let text = page.text().await;
        for words in ["Simulated TTFT", "Label", "Baseline", "worse", "95 %"] {
            assert!(text.contains(words), "{words:?} is not on the page:\n{text}");
        }
        assert!(!text.contains("workloads differ"), "both sent the same workload:\n{text}");
        let cells = "const row = [...document.querySelectorAll('.compare-figures tr')]\
                     .find(row => row.innerText.startsWith('Median TTFT')); \
                     return [...row.querySelectorAll('.compared-value')].map(cell => cell.innerText)";
        let shown: Vec<String> = serde_json::from_value(page.script(cells).await).expect("two figures");
        let medians: Vec<f64> = shown.iter().map(|cell| cell.replace(',', "").parse().expect("a number")).collect();
        assert!(medians[0] >= 60.0 && medians[1] > medians[0] + 100.0, "{medians:?}");
        // The other one as the baseline: now the first is the better one.
        page.script("document.querySelectorAll('[name=baseline]')[1].click()").await;
        page.wait_for("document.querySelector('.compare-figures').innerText.includes('better')").await;
        page.click("Close comparison").await;
        page.wait_for("!document.querySelector('.compare')").await;
        shown
    });
    place.drive("", DESK, Theme::Light, async |page| {
        page.wait_for("document.querySelectorAll('.entry').length === 2").await;
        click_at(page, "[aria-label='Rename first']").await;
        page.wait_for("document.activeElement.id === 'entry-name'").await;
        page.script(
            "const field = document.activeElement; field.value = 'before the change'; \
                     field.dispatchEvent(new Event('input', { bubbles: true }))",
        )
        .await;
        page.click("Save").await;
        page.wait_for("document.activeElement.getAttribute('aria-label') === 'Rename before the change'").await;
        click_at(page, "[aria-label='Delete second']").await;
        click_at(page, "[aria-label='Delete for good second']").await;
        page.wait_for("document.querySelectorAll('.entry').length === 1").await;
        page.client.refresh().await.expect("a reload");
        page.wait_for("document.querySelector('.entry')").await;
        assert_eq!(listed(page).await, ["before the change"]);
        // It is what it was when it ended.
        page.click("before the change").await;
        page.wait_for_state(&["done"], LONG).await;
        let shown = &medians_shown[0];
        page.wait_for("document.querySelector('table.figures')").await;
        let text = page.text().await;
        assert!(text.contains("25 requests succeeded") && text.contains(shown.as_str()), "no {shown} in {text}");
    });
}

/// What a page shows of a run that a killed browser left: the list, the news of it, and the result when it is opened.
const RECOVERED: &str = r#"
    await until(() => document.querySelector(".entry .mark-marginal"));
    const titles = [...document.querySelectorAll(".entry-title")];
    const [listed, news] = [titles.map((title) => title.innerText), document.body.innerText];
    titles[0].click();
    await until(() => document.documentElement.dataset.runState === "done" && document.querySelector("table.figures"));
    return { listed, news, opened: document.body.innerText, pager: document.querySelector(".pager .help").innerText };
"#;

#[test]
fn a_killed_browser_leaves_a_partial_run_that_lacks_a_second_at_most() {
    let place = Place::with_scripts();
    let mock = Mock::start(Config { ttft_ms: 20.0, itl_ms: 5.0, ..Config::default() }).expect("a mock");
    let more = "num-prompts=600&request-rate=20&random-output-len=10&label=killed&autorun";
    let mut browser = place.start_browser(&random_fragment(&mock.base_url(), more));
    let start = Instant::now();
    while mock.generations().len() < 80 {
        assert!(start.elapsed() < LONG, "the run did not begin: {} requests", mock.generations().len());
        std::thread::sleep(Duration::from_millis(50));
    }
    browser.kill().expect("a browser to kill");
    let killed_ms = mock.now_ms();
    browser.wait().expect("a browser that ended");
    // The test request is the first, and no record; what was just ending needs half a second more to be noticed.
    let ended_by = |ms: f64| mock.generations().iter().skip(1).filter(|g| g.end_ms.is_some_and(|end| end < ms)).count();
    let (least, most) = (ended_by(killed_ms - 1500.0), ended_by(killed_ms));
    assert!(least > 10, "{least} requests had ended");
    let found = place.ask("backend=openai", RECOVERED, LONG);
    let text = |key: &str| found[key].as_str().unwrap_or_else(|| panic!("no {key} in {found}")).to_owned();
    assert_eq!(found["listed"], json!(["killed"]));
    assert!(text("news").contains("was cut off") && text("news").contains("of 600 requests"), "{found}");
    assert!(text("opened").contains("Partial.") && text("opened").contains("cut off"), "{found}");
    let kept: usize = text("pager").rsplit(' ').next().and_then(|count| count.parse().ok()).expect("a number");
    println!("{kept} requests kept; {least} had ended 1.5 s before the kill, {most} by then");
    assert!((least..=most).contains(&kept), "{kept} kept, of {least} to {most}");
    // Told once: after that it is in the list and no news.
    let again = place.ask(
        "backend=openai",
        "await until(() => document.querySelector('.entry .mark-marginal')); return document.body.innerText;",
        LONG,
    );
    assert!(again.as_str().is_some_and(|text| text.contains("killed") && !text.contains("was cut off")), "{again}");
}

#[test]
fn another_tab_sees_a_live_run_as_running() {
    let settings = Settings { num_prompts: 400, request_rate: 10.0, label: Some("long".into()), ..Settings::demo() };
    drive(&settings.to_fragment(), DESK, Theme::Light, async |page| {
        page.click("Run").await;
        page.wait_for_state(&["running"], LONG).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let first = page.client.window().await.expect("a window");
        let second = page.client.new_window(true).await.expect("a tab");
        page.client.switch_to_window(second.handle).await.expect("the new tab");
        page.client.goto(&format!("{}/", page.origin)).await.expect("the page");
        page.wait_for("document.querySelector('.entry')").await;
        let entry = page.script("return document.querySelector('.entry').innerText").await.to_string();
        assert!(entry.contains("Running") && !entry.contains("Partial"), "{entry}");
        assert!(!page.text().await.contains("cut off"));
        page.client.close_window().await.expect("a tab to close");
        page.client.switch_to_window(first).await.expect("the first tab");
        page.click("Stop").await;
        page.wait_for_state(&["aborted"], LONG).await;
        page.wait_for("document.querySelector('.entry .mark-marginal')").await;
    });
}

#[test]
fn an_api_key_is_not_in_the_database() {
    let mock = Mock::start(Config { api_key: Some("very-secret".into()), ..Config::default() }).expect("a mock");
    let place = Place::new(&[]);
    place.drive(&random_fragment(&mock.base_url(), "num-prompts=3"), DESK, Theme::Light, async |page| {
        page.fill("API key", "very-secret").await;
        page.click("Run").await;
        page.wait_for_state(&["done"], LONG).await;
        page.wait_for("document.querySelector('.entry')").await;
        let all = "const done = arguments[arguments.length - 1]; const open = indexedDB.open('streamgauge'); \
                   open.onsuccess = () => { const tx = open.result.transaction(['runs', 'pieces']); \
                     const found = []; for (const name of ['runs', 'pieces']) \
                       tx.objectStore(name).getAll().onsuccess = (e) => found.push(...e.target.result); \
                     tx.oncomplete = () => done(found.join()); }";
        let kept = page.client.execute_async(all, vec![]).await.expect("a script that runs").to_string();
        assert!(kept.contains("records") && kept.contains("tail"), "{kept}");
        assert!(!kept.contains("very-secret"));
    });
}

#[test]
fn several_files_are_compared_and_a_link_opens_results() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/results");
    let text = |name: &str| std::fs::read_to_string(fixtures.join(name)).expect("a fixture");
    let place = Place::new(&[("results", fixtures.clone())]);
    place.drive("", DESK, Theme::Light, async |page| {
        page.drop_files(&[("two.json", text("vllm_appended.json")), ("one.json", text("guidellm.json"))]).await;
        page.wait_for("document.querySelectorAll('.compared-result').length === 4").await;
        page.wait_for("document.querySelectorAll('.compare svg').length === 4").await;
        page.wait_for("document.querySelectorAll('.chart-files [aria-label$=\"as PNG\"]').length === 4").await;
        let words = page.text().await;
        assert!(words.contains("different definitions") && words.contains("cannot be told"), "{words}");
        // What a file lacks is missing and not zero.
        let cells = "return [...document.querySelectorAll('.compare-figures .compared-value')].map(e => e.innerText)";
        let cells = page.script(cells).await.to_string();
        assert!(cells.contains('–'), "{cells}");
        assert_eq!(listed(page).await.len(), 4);
    });
    place.drive("result=results/vllm.json", DESK, Theme::Light, async |page| {
        page.wait_for_state(&["done"], LONG).await;
        page.wait_for("document.querySelector('h2').innerText.includes('vLLM result from vllm.json')").await;
        assert_eq!(page.script("return location.hash").await, json!("#result=results/vllm.json"));
    });
    place.drive("result=results/vllm.json&result=results/aiperf.json", DESK, Theme::Light, async |page| {
        page.wait_for("document.querySelectorAll('.compared-result').length === 2").await;
    });
    place.drive("result=results/nothing-there.json", DESK, Theme::Light, async |page| {
        page.wait_for("document.querySelector('.notice.bad')").await;
        assert!(page.text().await.contains("answered 404"));
    });
}

/// Text that would run if anything took it for markup.
const SCRIPT: &str = "</script><img src=x onerror=\"window.pwned=1\"><svg onload=window.pwned=1>\
                      <script>window.pwned=1</script>${alert(1)}{{pwned}}";

/// Puts the text in the place of every string, and beside every key.
fn poison(value: &mut Value) {
    match value {
        Value::String(text) => *text = SCRIPT.to_owned(),
        Value::Array(items) => items.iter_mut().for_each(poison),
        Value::Object(entries) => {
            entries.values_mut().for_each(poison);
            entries.insert("__proto__".into(), json!({ "pwned": 1 }));
            entries.insert(SCRIPT.into(), json!(SCRIPT));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn no_result_file_runs_a_script() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/results");
    let read = |name: &str| std::fs::read_to_string(fixtures.join(name)).expect("a fixture");
    let mut files = Vec::new();
    for name in ["vllm.json", "guidellm.json", "aiperf.json", "genai_bench.json"] {
        let mut value: Value = serde_json::from_str(&read(name)).expect("JSON");
        poison(&mut value);
        files.push((SCRIPT, value.to_string()));
        // As it is, but for the texts that are shown.
        let mut value: Value = serde_json::from_str(&read(name)).expect("JSON");
        for key in ["model_id", "label", "backend", "date", "tokenizer_id"] {
            if let Some(text) = value.get_mut(key) {
                *text = json!(SCRIPT);
            }
        }
        files.push((SCRIPT, value.to_string()));
    }
    files.push((SCRIPT, format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))));
    files.push((SCRIPT, "{\"streamgauge\": 7}".to_owned()));
    drive("", DESK, Theme::Light, async |page| {
        page.drop_files(&files).await;
        page.wait_for("document.querySelector('.compare svg')").await;
        page.wait_for("document.querySelector('.notice.bad')").await;
        harmless(page).await;
        page.script("document.querySelector('.entry-title').click()").await;
        page.wait_for("document.querySelector('table.figures')").await;
        harmless(page).await;
        page.script("document.querySelectorAll('.rows tbody tr button, .rows tbody tr').forEach(e => e.click())").await;
        harmless(page).await;
    });
}

/// The text is there as text, and nothing of it became an element.
async fn harmless(page: &Driven) {
    tokio::time::sleep(Duration::from_millis(300)).await;
    let found = page
        .script(
            "return [document.body.innerText.includes('onerror='), window.pwned === undefined, ({}).pwned === undefined, \
             document.querySelectorAll('body img, body script:not([src]), [onerror], [onload]').length, \
             document.querySelectorAll('.crash').length]",
        )
        .await;
    assert_eq!(found, json!([true, true, true, 0, 0]));
}
