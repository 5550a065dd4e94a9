//! Pictures of the real page in every state, at three widths, light and dark; and the README's picture.
//!
//! `cargo run -p e2e --bin screenshots -- FOLDER` writes them all there; `-- --readme` writes docs/page.png alone.

use std::fs;
use std::path::Path;
use std::time::Duration;

use e2e::driver::{Driven, Theme, drive};
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
    });
    let unreachable =
        "backend=openai&base-url=http://localhost:9&model=m&dataset-path=demo/sharegpt.json&tokenizer=demo/tokenizer/";
    drive(unreachable, (width, height), theme, async |page| {
        page.click("Run").await;
        page.wait_for_state(&["failed"], LONG).await;
        shoot(page, &name("failed")).await;
    });
}

fn readme() {
    drive(&demo(), (1280, 1500), Theme::Light, async |page| {
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
    for width in WIDTHS {
        for theme in [Theme::Light, Theme::Dark] {
            states(Path::new(&folder), width, theme);
        }
    }
}
