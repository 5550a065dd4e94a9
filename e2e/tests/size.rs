//! What a visit loads stays small: its files, each compressed with gzip as a server would, in two sums. The page is what a
//! visit needs before it can be used; the workers' programs load beside it, in the background.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use e2e::driver::{Place, Theme};
use e2e::run::{dist, run_on};
use streamgauge::settings::Settings;
use wasmparser::{Parser, Payload};
use xtask::static_server::StaticServer;

/// What the page may weigh: its program and glue, its styles, its HTML and start script, its icon.
const PAGE_LIMIT_BYTES: usize = 700_000;

/// What the programs of the load worker and of the chat templates may weigh together: 1,065 kB, and 3 % more.
const BACKGROUND_LIMIT_BYTES: usize = 1_097_000;

/// The load worker, which starts once the page can be used; and the program for chat templates, which it loads for the
/// sonnet dataset alone.
const WORKER: [&str; 2] = ["load-worker.js", "load-worker_bg.wasm"];
const CHAT_TEMPLATE: [&str; 2] = ["chat-template.js", "chat-template_bg.wasm"];

/// What the demo and the simulated server are made of, which load when one of them runs; and the build's mark.
const ON_DEMAND: [&str; 4] = ["demo/", "simulated/", "simulated-server.js", "sources.txt"];

fn gzip_len(bytes: &[u8]) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory to write to");
    encoder.finish().expect("memory to write to").len()
}

/// Every file in a folder but the compressed copies, however deep: their paths under `site`.
fn walk(site: &Path, dir: &Path, out: &mut Vec<String>) {
    for entry in fs::read_dir(dir).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            walk(site, &path, out);
        } else if path.extension().is_none_or(|ending| ending != "gz") {
            out.push(path.strip_prefix(site).expect("a path in the site").to_string_lossy().replace('\\', "/"));
        }
    }
}

/// The built site's files: those of the page, and those of the workers.
fn files() -> (Vec<String>, Vec<String>) {
    let (site, mut names) = (dist(), Vec::new());
    walk(&site, &site, &mut names);
    names.retain(|name| !ON_DEMAND.iter().any(|start| name.starts_with(start)));
    names.sort();
    names.into_iter().partition(|name| !WORKER.contains(&&**name) && !CHAT_TEMPLATE.contains(&&**name))
}

/// Whether a visit asks for a file by its name and at once: it asks for index.html as the folder, and a browser takes the
/// icon when it likes.
fn is_asked_by_name(name: &str) -> bool {
    !matches!(name, "index.html" | "favicon.svg")
}

/// What files weigh together; each is printed.
fn weigh(what: &str, names: &[String]) -> usize {
    let weigh = |name: &String| (gzip_len(&fs::read(dist().join(name)).expect("a readable file")), name.clone());
    let mut weights: Vec<(usize, String)> = names.iter().map(weigh).collect();
    weights.sort_by(|one, other| other.cmp(one));
    let sum = weights.iter().map(|(len, _)| len).sum();
    println!("{what}: {sum} bytes with gzip, {weights:?}");
    sum
}

#[test]
fn the_page_and_its_workers_are_each_under_their_limit() {
    let (page, background) = files();
    assert_eq!(background.len(), WORKER.len() + CHAT_TEMPLATE.len(), "{background:?}");
    for (what, names, limit) in
        [("the page", page, PAGE_LIMIT_BYTES), ("the workers", background, BACKGROUND_LIMIT_BYTES)]
    {
        let sum = weigh(what, &names);
        assert!(sum <= limit, "{what}: {sum} bytes with gzip, over {limit}");
    }
}

#[test]
fn the_readme_says_the_same_limits() {
    let readme = include_str!("../../README.md");
    for limit in [PAGE_LIMIT_BYTES, BACKGROUND_LIMIT_BYTES] {
        let limit = match limit / 1000 {
            kb @ ..1000 => format!("{kb} kB"),
            kb => format!("{},{:03} kB", kb / 1000, kb % 1000),
        };
        assert!(readme.contains(&limit), "README.md does not say {limit}");
    }
}

#[test]
fn a_visit_can_be_used_with_the_page_alone() {
    let (page_files, _) = files();
    let site = tempfile::tempdir().expect("a folder");
    for name in &page_files {
        fs::copy(dist().join(name), site.path().join(name)).expect("a file to copy");
    }
    let place = Place::of(StaticServer::start(site.path(), 0).expect("a site on a free port"));
    place.drive("backend=openai", (1280, 1000), Theme::Light, async |page| {
        page.fill("Number of prompts", "7").await;
        page.wait_for("location.hash.includes('num-prompts=7')").await;
        assert!(page.find_button("Run").await.is_enabled().await.expect("a button's state"));
        for name in page_files.iter().filter(|name| is_asked_by_name(name)) {
            assert!(page.site.first_asked(&format!("/{name}")).is_some(), "{name} is not of what a visit needs");
        }
        assert_eq!(page.script("return document.documentElement.dataset.runState").await, "idle");
    });
}

#[test]
fn the_worker_loads_after_the_page_and_before_it_is_asked_for() {
    let place = Place::new(&[]);
    place.drive("backend=openai", (1280, 1000), Theme::Light, async |page| {
        let asked = |name: &str| page.site.first_asked(&format!("/{name}"));
        let deadline = Instant::now() + Duration::from_secs(30);
        while asked(WORKER[1]).is_none() {
            assert!(Instant::now() < deadline, "the load worker's program was not asked for");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let worker = asked(WORKER[0]);
        for name in files().0.iter().filter(|name| is_asked_by_name(name)) {
            assert!(asked(name).is_some() && asked(name) < worker, "{name} was not asked for before the load worker");
        }
        for name in CHAT_TEMPLATE {
            assert_eq!(asked(name), None, "{name} was loaded");
        }
    });
}

/// What a function of a program may have of code. A browser compiles each at once when it has got hot, and until that is
/// done its loops are slow: 137 kB, as there once was, took half a second of a processor. The largest today is one of
/// regex-automata's in the load worker, of 59 kB.
const MOST_FUNCTION_BYTES: u64 = 70_000;

#[test]
fn no_function_keeps_the_browsers_compiler_long() {
    for program in ["page", "load-worker", "chat-template"] {
        let is_program = |name: &str| name.starts_with(program) && name.ends_with(".wasm");
        let files = fs::read_dir(dist()).expect("a readable folder").flatten();
        let mut named = files.filter(|file| is_program(&file.file_name().to_string_lossy()));
        let file = named.next().unwrap_or_else(|| panic!("no program {program} in the site"));
        let bytes = fs::read(file.path()).expect("a readable file");
        let code = |payload| match payload {
            Ok(Payload::CodeSectionEntry(body)) => Some(body.range().end - body.range().start),
            Ok(_) => None,
            Err(error) => panic!("{program} is no WebAssembly: {error}"),
        };
        let sizes: Vec<u64> = Parser::new(0).parse_all(&bytes).filter_map(code).collect();
        assert!(sizes.len() > 100, "{program} has {} functions", sizes.len());
        let most = sizes.into_iter().max().unwrap_or_default();
        println!("the largest function of {program}: {most} bytes");
        assert!(most < MOST_FUNCTION_BYTES, "a function of {program} has {most} bytes");
    }
}

#[test]
fn a_run_asks_for_nothing_of_what_is_left_out() {
    let site = StaticServer::start(&dist(), 0).expect("a site on a free port");
    let settings = Settings { num_prompts: 5, request_rate: f64::INFINITY, ..Settings::demo() };
    let (result, _) = run_on(&site, &settings.to_fragment(), Duration::from_secs(60));
    assert_eq!(result["completed"], 5, "{result:.300}");
    assert!(site.first_asked("/load-worker_bg.wasm").is_some());
    for name in CHAT_TEMPLATE {
        assert!(site.first_asked(&format!("/{name}")).is_none(), "{name} was loaded");
    }
}
