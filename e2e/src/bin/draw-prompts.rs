//! `cargo xtask bench-dataset` calls this: the page draws prompts from a dataset, once, and what it took is printed as JSON.
//!
//! `draw-prompts picked|address DATASET TOKENIZER_FOLDER NUM_PROMPTS SEED`; STREAMGAUGE_DIST is the built site.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use e2e::driver::{Driven, Place, Theme};
use e2e::run::dist;
use fantoccini::Locator;
use serde::Deserialize;
use serde_json::json;
use streamgauge::dataset::Request;
use streamgauge::settings::{DatasetName, Settings};
use streamgauge::workload::sha256;
use xtask::static_server::{REPORT_PATH, StaticServer};

/// The folders of dataset and tokenizer, as the page sees them.
const DATASET: &str = "bench-dataset";
const TOKENIZER: &str = "bench-tokenizer";
/// How long the page may take.
const LIMIT: Duration = Duration::from_secs(600);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [place @ ("picked" | "address"), dataset, tokenizer, num_prompts, seed] = words.as_slice() else {
        eprintln!("usage: draw-prompts picked|address DATASET TOKENIZER_FOLDER NUM_PROMPTS SEED");
        return ExitCode::FAILURE;
    };
    let number = |text: &str| text.parse().expect("a whole number");
    let settings = Settings {
        dataset_name: DatasetName::Sharegpt,
        model: Some("m".into()),
        num_prompts: number(num_prompts),
        seed: number(seed),
        dry_run: true,
        ..Settings::default()
    };
    draw(settings, Path::new(dataset), Path::new(tokenizer), *place == "picked");
    ExitCode::SUCCESS
}

/// Draws, and prints the seconds from the wish (picked) or from the first request for the dataset (address) to the
/// outcome's arrival, the worker's memory, and the prompts by number and hash.
fn draw(mut settings: Settings, dataset: &Path, tokenizer: &Path, picked: bool) {
    let parent = dataset.parent().map(Path::to_owned).unwrap_or_default();
    let folders = [(DATASET, parent), (TOKENIZER, tokenizer.to_owned())];
    let site = StaticServer::start_with(&dist(), &folders, 0).expect("a site on a free port");
    let name = dataset.file_name().unwrap_or_default().to_string_lossy().into_owned();
    settings.report_to = Some(format!("http://localhost:{}{REPORT_PATH}draw", site.port()));
    settings.tokenizer = Some(format!("{TOKENIZER}/"));
    settings.dataset_path = (!picked).then(|| format!("{DATASET}/{name}"));
    Place::of(site).drive(&settings.to_fragment(), (1280, 1000), Theme::Light, async |page| {
        if picked {
            pick(page, dataset.to_owned()).await;
        }
        let clicked = Instant::now();
        page.click("Run").await;
        let (_, body) = page.site.reports().recv_timeout(LIMIT).expect("an outcome in time");
        let arrived = Instant::now();
        let outcome: Outcome = serde_json::from_slice(&body).expect("an outcome in JSON");
        assert_eq!(outcome.error, None, "the page drew nothing");
        let asked = page.site.first_asked(&format!("/{DATASET}/{name}"));
        let begun = if picked { clicked } else { asked.expect("the page asked for the dataset") };
        let memory = page.script("return +document.querySelector('.preview').dataset.memoryBytes").await;
        let drawn = json!({
            "total_s": arrived.duration_since(begun).as_secs_f64(),
            "memory_bytes": memory,
            "count": outcome.requests.len(),
            "sha256": sha256(&outcome.requests),
        });
        println!("{drawn}");
    });
}

async fn pick(page: &Driven, file: PathBuf) {
    let field = page.client.find(Locator::Id("pick-dataset-path")).await.expect("the dataset's file field");
    field.send_keys(&file.display().to_string()).await.expect("a file to pick");
    page.wait_for("[...document.querySelectorAll('.picked')].some(e => !e.hidden)").await;
}

/// What the page reports.
#[derive(Deserialize)]
struct Outcome {
    error: Option<String>,
    #[serde(default)]
    requests: Vec<Request>,
}
