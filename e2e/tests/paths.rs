//! What ships names no folder of the machine that built it: the messages of panics say which source they come from.

use std::fs;

use e2e::run::dist;
use xtask::run::cargo_home;
use xtask::site::collect;

/// How often a text stands in these bytes.
fn count(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}

#[test]
fn no_file_names_a_folder_of_the_building_machine() {
    let root = xtask::root().canonicalize().expect("the workspace");
    let folders = [std::env::home_dir(), cargo_home(), Some(root)];
    // With a separator, since a name such as /root is also a word; and none that is the root of all.
    let mut told: Vec<String> = folders
        .into_iter()
        .flatten()
        .filter(|folder| folder.parent().is_some())
        .map(|folder| format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR))
        .collect();
    told.extend(["/.cargo/", "/.rustup/", "rustlib/src"].map(str::to_owned));
    let (mut paths, mut located) = (Vec::new(), 0);
    collect(&dist(), &mut paths).expect("a readable site");
    let mut wrong = Vec::new();
    for path in paths {
        let bytes = fs::read(&path).expect("a readable file");
        let found = told.iter().filter(|folder| count(&bytes, folder) > 0);
        wrong.extend(found.map(|folder| format!("{} names {folder}", path.display())));
        located += count(&bytes, "cargo/registry/src/");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        located > 10,
        "only {located} places in libraries are named at all: does a panic still say where it arose?"
    );
}
