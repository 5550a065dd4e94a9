//! A result in a person's hands: its figures under other definitions, the report that it leaves as, the link that it is
//! shared by, and the same figures wherever it is opened.

use std::time::Duration;

use e2e::driver::{Driven, Theme, drive};
use serde_json::{Value, json};
use streamgauge::settings::Settings;

const LONG: Duration = Duration::from_secs(60);
const DESK: (u32, u32) = (1280, 1600);
/// The cells of the tables of figures, which are called the same on the page and in a report.
const FIGURES: &str = "return ['Latencies in ms', 'Totals', 'Throughput'].map(name => \
    [...document.querySelectorAll('table')].filter(t => t.caption && t.caption.textContent === name) \
    .map(t => [...t.querySelectorAll('td')].map(cell => cell.textContent.trim())))";
/// What the charts say of themselves. Single requests travel in steps of the clock, so their charts are left out.
const CHARTS: &str = "return [...document.querySelectorAll('svg.chart desc')].slice(0, 7).map(d => d.textContent)";
/// The labels of charts that overlap another one of their chart on the screen, by more than the rounding of a pixel.
const OVERPRINTED: &str = "return [...document.querySelectorAll('svg.chart')].flatMap(svg => { \
    const texts = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]); \
    const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3; \
    return texts.flatMap(([a, of], i) => texts.slice(i + 1).filter(([, other]) => meet(of, other)) \
      .map(([b]) => `${a} and ${b}`)); })";
/// Keeps what the page hands out as files.
const KEEP_FILES: &str = "window.files = []; const make = URL.createObjectURL; \
    URL.createObjectURL = blob => { window.files.push(blob); return make.call(URL, blob); }";
/// The last file that was handed out: its type, its text, its size.
const LAST_FILE: &str = "const done = arguments[0]; const file = window.files.at(-1); \
    file.text().then(text => done([file.type, text, file.size]))";

fn demo() -> String {
    Settings { num_prompts: 30, request_rate: 20.0, ..Settings::demo() }.to_fragment()
}

async fn run_demo(page: &Driven) {
    page.click("Run").await;
    page.wait_for_state(&["done"], LONG).await;
    page.wait_for("document.querySelectorAll('svg.chart').length === 9").await;
}

async fn figures(page: &Driven) -> Value {
    let figures = page.script(FIGURES).await;
    let tables = figures.as_array().cloned().unwrap_or_default();
    assert!(tables.len() == 3 && tables.iter().all(|table| table[0][0].is_string()), "{figures}");
    figures
}

async fn last_file(page: &Driven) -> (String, String, u64) {
    let file = page.client.execute_async(LAST_FILE, vec![]).await.expect("a file");
    let text = |i: usize| file[i].as_str().unwrap_or_default().to_owned();
    (text(0), text(1), file[2].as_u64().unwrap_or_default())
}

async fn choose(page: &Driven, definition: &str) {
    page.script(&format!("document.querySelector('input[name=definition][value={definition}]').click()")).await;
}

#[test]
fn another_definition_moves_figures_says_why_and_is_named_in_the_file() {
    drive(&demo(), DESK, Theme::Light, async |page| {
        run_demo(page).await;
        page.script(KEEP_FILES).await;
        let reference = figures(page).await;
        choose(page, "guidellm").await;
        page.wait_for("document.querySelector('.moves')").await;
        let moved = figures(page).await;
        assert_ne!(moved, reference);
        let why = page.script("return document.querySelector('.moves').innerText").await.to_string();
        assert!(why.contains("the first token is in it") && why.contains("Mean TPOT") && why.contains('%'), "{why}");
        page.click("Download result").await;
        let (_, text, _) = last_file(page).await;
        let result: Value = serde_json::from_str(&text).expect("a result");
        assert_eq!(result["streamgauge"]["definition"], "guidellm");
        // Three cells are before the median: metric rows of mean, median, deviation, …; TPOT is the second row.
        let columns = moved[0][0].as_array().map_or(0, Vec::len) / 4;
        let shown: f64 = moved[0][0][columns].as_str().and_then(|text| text.parse().ok()).expect("a mean TPOT");
        assert!((shown - result["mean_tpot_ms"].as_f64().expect("a mean TPOT")).abs() < 0.06, "{shown}");
        choose(page, "reference").await;
        page.wait_for("!document.querySelector('.moves')").await;
        assert_eq!(figures(page).await, reference);
    });
}

#[test]
fn a_report_from_disk_has_the_pages_figures() {
    drive(&demo(), DESK, Theme::Light, async |page| {
        run_demo(page).await;
        page.script(KEEP_FILES).await;
        let (on_page, charts) = (figures(page).await, page.script(CHARTS).await);
        page.script("document.querySelector('#export').click()").await;
        page.click("Download HTML").await;
        let (kind, report, _) = last_file(page).await;
        assert_eq!(kind, "text/html");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.html");
        std::fs::write(&path, report).expect("a file to write");
        page.client.goto(&format!("file://{}", path.display())).await.expect("the report opens");
        assert_eq!(figures(page).await, on_page);
        assert_eq!(page.script(CHARTS).await, charts);
    });
}

#[test]
fn every_form_in_the_export_menu_is_handed_out() {
    drive(&demo(), DESK, Theme::Light, async |page| {
        run_demo(page).await;
        page.script(KEEP_FILES).await;
        page.script("document.querySelector('#export').click()").await;
        let forms = [
            ("Download Requests, as CSV", "text/csv", "index,outcome,"),
            ("Download Summary, as Markdown", "text/markdown", "| Successful requests | 30 |"),
            ("Download Summary, as the Python client prints it", "text/plain", "Serving Benchmark Result"),
            ("Download result JSON", "application/json", "\"streamgauge\""),
            ("Download chart as SVG", "image/svg+xml", "Time to first token"),
            ("Download chart as PNG", "image/png", "PNG"),
        ];
        for (place, (label, kind, holds)) in forms.into_iter().enumerate() {
            page.script(&format!("document.querySelector('[aria-label=\"{label}\"]').click()")).await;
            // A picture makes two blobs: the drawing, and what is handed out.
            let enough = place + 1 + usize::from(kind == "image/png");
            page.wait_for(&format!("window.files.length >= {enough}")).await;
            let (got, text, size) = last_file(page).await;
            assert_eq!(got, kind, "{label}");
            assert!(text.contains(holds) && size > 100, "{label}: {size} bytes");
        }
    });
}

#[test]
fn a_shared_link_shows_the_same_figures_in_a_fresh_profile() {
    let (link, shown, charts) = drive(&demo(), DESK, Theme::Light, async |page| {
        run_demo(page).await;
        let (shown, charts) = (figures(page).await, page.script(CHARTS).await);
        page.click("Share…").await;
        page.wait_for("document.querySelector('.share textarea').value.includes('#')").await;
        let bare = page.script("return document.querySelector('.share textarea').value").await;
        assert!(!bare.to_string().contains("shared="), "no figures without a tick: {bare}");
        page.script("document.querySelector('.share input[type=checkbox]').click()").await;
        page.wait_for("document.querySelector('.share textarea').value.includes('shared=')").await;
        let contents = page.script("return document.querySelector('.share-contents').innerText").await.to_string();
        assert!(contents.contains("All figures") && contents.contains("The API key"), "{contents}");
        let link = page.script("return document.querySelector('.share textarea').value").await;
        page.click("Copy link").await;
        page.wait_for("document.querySelector('.notices').innerText.includes('The link is on the clipboard')").await;
        page.wait_for("!document.querySelector('dialog[open]')").await;
        (link.as_str().unwrap_or_default().to_owned(), shown, charts)
    });
    println!("a link of {} characters", link.len());
    assert!(link.len() < 4096, "{} characters", link.len());
    assert!(!link.contains("autorun") && !link.contains("report-to"));
    let fragment = link.split_once('#').expect("a fragment").1;
    drive(fragment, DESK, Theme::Light, async |page| {
        page.wait_for_state(&["done"], LONG).await;
        page.wait_for("document.querySelectorAll('svg.chart').length === 9").await;
        assert_eq!(figures(page).await, shown);
        assert_eq!(page.script(CHARTS).await, charts);
        let text = page.text().await;
        assert!(text.contains("Shared summary") && text.contains("Missing are the single requests"), "{text}");
        assert_eq!(page.script("return document.querySelectorAll('.requests').length").await, json!(0));
    });
}

#[test]
fn a_link_whose_summary_is_broken_says_so_and_leaves_a_page_that_runs() {
    for (text, said) in [("1.AAAA", "incomplete"), ("9.AAAA", "another version"), ("1.%3Cscript%3E", "incomplete")] {
        drive(&format!("{}&shared={text}", demo()), DESK, Theme::Light, async |page| {
            page.wait_for(&format!("document.querySelector('.notices').innerText.includes('{said}')")).await;
            page.find_button("Run").await;
            assert_eq!(page.wait_for_state(&["idle"], LONG).await, "idle");
        });
    }
}

#[test]
fn charts_are_read_and_requests_opened_with_the_keyboard() {
    drive(&demo(), DESK, Theme::Light, async |page| {
        run_demo(page).await;
        let press = async |label: &str, key: &str| {
            let script = format!(
                "const chart = [...document.querySelectorAll('.drawing')].find(d => d.ariaLabel.startsWith({label:?})); \
                 chart.focus(); chart.dispatchEvent(new KeyboardEvent('keydown', {{ key: {key:?}, bubbles: true }})); \
                 return [chart.getAttribute('aria-valuetext'), chart.nextElementSibling.innerText]"
            );
            page.script(&script).await
        };
        press("Time to first", "ArrowRight").await;
        let read = page.script("return document.activeElement.getAttribute('aria-valuetext')").await;
        assert!(read.as_str().is_some_and(|text| text.contains(" ms to ") && text.contains("value")), "{read}");
        press("Requests, from", "Home").await;
        press("Requests, from", "Enter").await;
        page.wait_for("document.activeElement.id === 'request-detail'").await;
        assert!(page.text().await.contains("Request 0"));
        page.script(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))",
        )
        .await;
        page.wait_for("!document.querySelector('#request-detail')").await;
        page.wait_for("document.activeElement.closest('.requests, .drawing')").await;
    });
}

#[test]
fn labels_of_charts_stand_apart_and_pointing_reads_the_value_under_the_pointer() {
    for size in [DESK, (360, 800)] {
        drive(&demo(), size, Theme::Light, async |page| {
            run_demo(page).await;
            assert_eq!(page.script(OVERPRINTED).await, json!([]), "at {size:?}");
            // Each spot of the picture says what the line below says when its middle is pointed at.
            let point = "const drawing = document.querySelector('.drawing'); drawing.scrollIntoView(); \
                const spot = [...drawing.querySelectorAll('.spots rect')].at(-1); const at = spot.getBoundingClientRect(); \
                drawing.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, \
                  clientX: at.left + at.width / 2, clientY: at.top + at.height / 2 })); \
                return spot.textContent";
            let said = page.script(point).await;
            let read = "document.querySelector('.reading.value')?.innerText";
            page.wait_for(&format!("{read} === {said}")).await;
            let frame = "const at = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.width] \
                .map(Math.round) }; return [at(document.querySelector('.spot-frame rect')), \
                at([...document.querySelectorAll('.drawing')[0].querySelectorAll('.spots rect')].at(-1))]";
            let places = page.script(frame).await;
            assert_eq!(places[0], places[1], "the frame is around the spot");
        });
    }
}
