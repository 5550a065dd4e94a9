//! What the page loads stays small: the sum of its files, each compressed with gzip as a server would.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use e2e::run::{dist, run_on};
use streamgauge::settings::Settings;
use wasmparser::{Parser, Payload};
use xtask::site::collect;
use xtask::static_server::StaticServer;

/// What all that the page loads may weigh, for a visit with a demo and a ShareGPT run against a server.
const LIMIT_BYTES: usize = 1_200_000;

/// What such a visit does not load: the program for chat templates, which the sonnet dataset needs.
const ON_DEMAND: [&str; 2] = ["chat-template.js", "chat-template_bg.wasm"];

fn gzip_len(bytes: &[u8]) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory to write to");
    encoder.finish().expect("memory to write to").len()
}

/// Every file of the site but the compressed copies: its path there, and its compressed size.
fn files() -> Vec<(String, usize)> {
    let (site, mut paths) = (dist(), Vec::new());
    collect(&site, &mut paths).expect("a readable site");
    paths.retain(|path| path.extension().is_none_or(|ending| ending != "gz"));
    let name = |path: &Path| path.strip_prefix(&site).expect("a path in the site").to_string_lossy().replace('\\', "/");
    paths.iter().map(|path| (name(path), gzip_len(&fs::read(path).expect("a readable file")))).collect()
}

fn sum(files: &[(String, usize)]) -> usize {
    files.iter().map(|(_, len)| len).sum()
}

#[test]
fn everything_that_the_page_loads_is_under_the_limit() {
    let mut files = files();
    files.sort_by_key(|(_, len)| std::cmp::Reverse(*len));
    let (on_demand, loaded): (Vec<_>, Vec<_>) = files.into_iter().partition(|(name, _)| ON_DEMAND.contains(&&**name));
    println!("{} bytes with gzip; the largest: {:?}", sum(&loaded), &loaded[..loaded.len().min(4)]);
    println!("{} bytes more where they are asked for: {on_demand:?}", sum(&on_demand));
    assert!(loaded.len() >= 5, "only {loaded:?}");
    assert_eq!(on_demand.len(), ON_DEMAND.len(), "{on_demand:?}");
    assert!(sum(&loaded) < LIMIT_BYTES, "{} bytes with gzip, over {LIMIT_BYTES}: {loaded:?}", sum(&loaded));
}

/// What a function of a program may have of code. A browser compiles each at once when it has got hot, and until that is
/// done its loops are slow: 137 kB, as there once was, took half a second of a processor. The largest today is one of
/// regex-automata's, of 59 kB.
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
    for name in ON_DEMAND {
        assert!(site.first_asked(&format!("/{name}")).is_none(), "{name} was loaded");
    }
}
