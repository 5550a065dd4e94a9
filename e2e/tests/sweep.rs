//! A sweep from the form to the picture: every value is a run of its own with the same workload, what the page says of the
//! SLO is what the results say, Stop and a lost server end it and keep what was measured, and it can be shown again.

use std::time::{Duration, Instant};

use e2e::driver::{Driven, Theme, drive};
use e2e::run::{dist, number, random_fragment, run, start, wait_for_report};
use mock_server::{Config, Mock};
use serde_json::{Value, json};
use streamgauge::settings::Settings;

const LONG: Duration = Duration::from_secs(120);
const DESK: (u32, u32) = (1280, 1600);
/// The limit of the sweeps here. A server with two slots, each taken for 65 ms, keeps to it at 5 requests a second, and
/// cannot at 300: the last of 40 requests waits a second for its turn.
const TTFT_LIMIT_MS: f64 = 300.0;

fn two_slots() -> Mock {
    Mock::start(Config { ttft_ms: 20.0, itl_ms: 5.0, slots: Some(2), ..Config::default() }).expect("a mock")
}

fn swept(mock: &Mock, more: &str) -> String {
    let more = format!("random-output-len=10&calibrate=false&goodput=ttft:{TTFT_LIMIT_MS}&{more}");
    random_fragment(&mock.base_url(), &more)
}

/// The share of a result's requests that completed within the limit, by its raw figures.
fn good_share(result: &Value) -> f64 {
    let ttfts = result["ttfts"].as_array().expect("TTFTs");
    let completed = |place: &usize| result["errors"][*place] == "";
    let good = |place: &usize| ttfts[*place].as_f64().is_some_and(|ttft_s| ttft_s * 1000.0 <= TTFT_LIMIT_MS);
    (0..ttfts.len()).filter(completed).filter(good).count() as f64 / ttfts.len() as f64
}

#[test]
fn each_value_is_a_run_and_the_highest_that_meets_the_slo_is_the_results_own() {
    let mock = two_slots();
    let outcome = run(&swept(&mock, "num-prompts=40&sweep=request-rate:5 20 300&label=mine"), LONG);
    let (sweep, results) = (&outcome["sweep"], outcome["results"].as_array().expect("results"));
    assert_eq!((results.len(), &sweep["key"], &sweep["error"]), (3, &json!("request-rate"), &Value::Null));
    let mut highest = Value::Null;
    for ((place, value), result) in ["5", "20", "300"].into_iter().enumerate().zip(results) {
        let (own, point) = (&result["streamgauge"], &sweep["points"][place]);
        assert_eq!(
            (number(result, "request_rate"), number(result, "completed")),
            (value.parse().expect("a rate"), 40.0)
        );
        assert_eq!(result["label"], format!("mine · request-rate {value}"));
        assert_eq!(own["settings"]["request-rate"], json!([value]));
        assert_eq!((own["settings"].get("sweep"), &own["workload"]), (None, &results[0]["streamgauge"]["workload"]));
        let tie = &results[0]["streamgauge"]["sweep"]["id"];
        assert_eq!(
            own["sweep"],
            json!({"id": tie, "key": "request-rate", "value": value, "place": place + 1, "of": 3})
        );
        for key in ["request_throughput", "output_throughput", "median_ttft_ms", "p99_ttft_ms", "p99_tpot_ms"] {
            assert_eq!(point[key], result[key], "{key} at {value}");
        }
        let share = good_share(result);
        assert_eq!((point["good_share"].as_f64(), &point["meets_slo"]), (Some(share), &json!(share >= 0.99)));
        highest = if share >= 0.99 { json!(value) } else { highest };
    }
    println!("highest: {highest}; {}", sweep["conclusion"]);
    assert_eq!(sweep["highest"], highest);
    assert_eq!(sweep["points"][2]["meets_slo"], false, "two slots cannot serve 300 requests a second");
    if let Some(rate) = highest.as_str() {
        let said = sweep["conclusion"].as_str().expect("a sentence");
        assert!(
            said.starts_with(&format!("The highest request rate that meets the SLO is {rate} a second.")),
            "{said}"
        );
    }
    // A test request and 40 more, for each value.
    assert_eq!(mock.generations().len(), 3 * 41);
}

/// Notes every run state and title from now on.
const WATCH: &str = "window.states = []; window.titles = []; \
    const root = document.documentElement; \
    new MutationObserver(() => { states.push(root.dataset.runState); }) \
        .observe(root, { attributes: true, attributeFilter: ['data-run-state'] }); \
    new MutationObserver(() => { titles.push(document.title); }) \
        .observe(document.querySelector('title'), { childList: true }); \
    window.files = []; const make = URL.createObjectURL; \
    URL.createObjectURL = blob => { files.push(blob); return make.call(URL, blob); };";

async fn texts(page: &Driven, selector: &str) -> Vec<String> {
    let script = format!(
        "return [...document.querySelectorAll({})].map(e => (e.innerText ?? e.textContent).trim())",
        json!(selector)
    );
    serde_json::from_value(page.script(&script).await).expect("texts")
}

#[test]
fn a_person_sweeps_opens_a_run_and_finds_the_sweep_again() {
    let mock = two_slots();
    drive(&swept(&mock, "num-prompts=25"), DESK, Theme::Light, async |page| {
        page.fill("Sweep", "request-rate:20 5").await;
        page.wait_for("document.querySelector('#error-sweep').innerText.includes('rising')").await;
        page.fill("Sweep", "request-rate:5 300").await;
        page.wait_for("location.hash.includes('sweep=request-rate')").await;
        page.script(WATCH).await;
        page.click("Run").await;
        page.wait_for("document.querySelector('#run-title').innerText === 'Run 2 of 2, at 300 requests a second'")
            .await;
        page.wait_for("document.querySelectorAll('.sweep-runs tbody tr').length === 1").await;
        page.wait_for_state(&["done", "failed"], LONG).await;
        let states = page.script("return states.filter((state, i) => state !== states[i - 1])").await;
        assert_eq!(states, json!(["preparing", "running", "preparing", "running", "done"]));
        let titles = page.script("return titles.join()").await.to_string();
        assert!(titles.contains("Run 1 of 2 · ") && titles.contains("Run 2 of 2 · "), "{titles}");
        let said = texts(page, ".sweep-conclusion").await.concat();
        assert!(said.contains("SLO"), "{said}");

        page.click("Download result").await;
        let read = "const done = arguments[0]; files.at(-1).text().then(done)";
        let file = page.client.execute_async(read, vec![]).await.expect("a script that runs");
        let file = file.as_str().expect("a file").to_owned();
        let outcome: Value = serde_json::from_str(&file).expect("JSON");
        assert_eq!(outcome["sweep"]["conclusion"], said.as_str());
        let spots = texts(page, ".sweep .spots rect title").await;
        assert_eq!(spots.len(), 2);
        let cells = texts(page, ".sweep-runs td").await;
        for (place, result) in outcome["results"].as_array().expect("results").iter().enumerate() {
            let row = &cells[place * 7..(place + 1) * 7];
            assert_eq!(row[1], "25 of 25");
            let shown: f64 = row[3].replace(',', "").parse().expect("a number");
            assert!((shown / number(result, "output_throughput") - 1.0).abs() < 0.01, "{row:?}");
        }

        // The picture of it: the drawing, and what is handed out.
        page.script(
            "window.before = files.length; document.querySelector('[aria-label=\"Download chart as PNG\"]').click()",
        )
        .await;
        page.wait_for("files.length === before + 2 && files.at(-1).type === 'image/png' && files.at(-1).size > 1000")
            .await;

        // One run, and back.
        page.script("document.querySelectorAll('.sweep-runs button')[1].click()").await;
        page.wait_for("document.querySelector('table.figures')").await;
        assert!(page.text().await.contains("Run 2 of 2 of a sweep, at 300 requests a second."));
        page.click("Back to the sweep").await;
        page.wait_for("document.activeElement.id === 'sweep-title'").await;

        // From the history, after a reload; and from the file.
        page.client.refresh().await.expect("a reload");
        page.wait_for("document.querySelectorAll('.entry').length === 2").await;
        page.click("Show sweep").await;
        page.wait_for("document.querySelectorAll('.sweep-runs tbody tr').length === 2").await;
        assert_eq!(texts(page, ".sweep-conclusion").await.concat(), said);
        assert_eq!(texts(page, ".sweep-runs td").await, cells);
        page.click("Close sweep").await;
        page.wait_for("!document.querySelector('.sweep')").await;
        page.drop_files(&[("sweep.json", file.clone())]).await;
        page.wait_for("document.querySelectorAll('.sweep-runs tbody tr').length === 2").await;
        assert_eq!(texts(page, ".sweep-conclusion").await.concat(), said);
    });
}

#[test]
fn a_shared_sweep_shows_the_same_table_with_no_server_in_between() {
    let mock = two_slots();
    let (link, said, cells) =
        drive(&swept(&mock, "num-prompts=10&sweep=request-rate:10 100"), DESK, Theme::Light, async |page| {
            page.click("Run").await;
            page.wait_for_state(&["done", "failed"], LONG).await;
            let (said, cells) = (texts(page, ".sweep-conclusion").await.concat(), texts(page, ".sweep-runs td").await);
            page.click("Share…").await;
            page.script("document.querySelector('.share input[type=checkbox]').click()").await;
            page.wait_for("document.querySelector('.share textarea').value.includes('shared=s1.')").await;
            let contents = page.script("return document.querySelector('.share-contents').innerText").await.to_string();
            assert!(contents.contains("each of its 2 runs"), "{contents}");
            let link = page.script("return document.querySelector('.share textarea').value").await;
            (link.as_str().unwrap_or_default().to_owned(), said, cells)
        });
    assert!(link.len() < 3000 && !link.contains("base-url") && link.contains("sweep=request-rate:10"), "{link}");
    drop(mock);
    drive(link.split_once('#').expect("a fragment").1, DESK, Theme::Light, async |page| {
        page.wait_for_state(&["done"], LONG).await;
        page.wait_for("document.querySelectorAll('.sweep-runs tbody tr').length === 2").await;
        assert_eq!(texts(page, ".sweep-conclusion").await.concat(), said);
        assert_eq!(texts(page, ".sweep-runs td").await, cells);
        assert_eq!(texts(page, ".sweep .spots rect title").await.len(), 2);
        assert!(page.text().await.contains("Someone else's, as its link has it"));
        assert_eq!(texts(page, ".sweep-runs button").await.len(), 0);
        page.click("Close sweep").await;
        page.wait_for("!document.querySelector('.sweep')").await;
    });
}

#[test]
fn stop_ends_the_whole_sweep_and_keeps_what_was_measured() {
    let settings =
        Settings { num_prompts: 40, sweep: "request-rate:8 9 10".parse().ok(), calibrate: false, ..Settings::demo() };
    drive(&settings.to_fragment(), DESK, Theme::Light, async |page| {
        page.click("Run").await;
        page.wait_for("document.querySelector('#run-title').innerText.startsWith('Run 2 of 3')").await;
        page.wait_for_state(&["running"], LONG).await;
        // Some of its requests are over.
        page.wait_for("[...document.querySelectorAll('.counter')].some(c => /^Done\\s+[1-9]/.test(c.innerText))").await;
        page.click("Stop").await;
        page.wait_for_state(&["aborted"], LONG).await;
        let text = page.text().await;
        assert!(text.contains("Stopped. 1 of 3 runs came to their end"), "{text}");
        let marks = texts(page, ".sweep-runs .marks").await;
        assert_eq!(marks.len(), 2);
        assert!(!marks[0].contains("Partial") && marks[1].contains("Partial"), "{marks:?}");
        // Nothing goes on behind it.
        tokio::time::sleep(Duration::from_secs(2)).await;
        page.wait_for_state(&["aborted"], LONG).await;
        page.wait_for("document.querySelectorAll('.entry').length === 2").await;
    });
}

#[test]
fn a_lost_server_ends_the_sweep_with_its_reason_and_keeps_the_runs_before() {
    let mock = two_slots();
    let (site, browser) = start(&dist(), &swept(&mock, "num-prompts=40&sweep=request-rate:19 20 21"));
    let began = Instant::now();
    // Two test requests, the first run's forty, and ten of the second's.
    while mock.generations().len() < 52 {
        assert!(began.elapsed() < LONG, "only {} requests came", mock.generations().len());
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(mock);
    let (body, _browser) = wait_for_report(&site, browser, LONG);
    let outcome: Value = serde_json::from_slice(&body).expect("an outcome in JSON");
    let results = outcome["results"].as_array().expect("results");
    println!("{}", outcome["sweep"]["error"]);
    assert_eq!((results.len(), number(&results[0], "completed")), (2, 40.0));
    assert!(number(&results[1], "completed") < 40.0);
    assert!(outcome["sweep"]["error"].as_str().is_some_and(|why| why.len() > 20), "{}", outcome["sweep"]["error"]);
}
