//! The project's own sources, for tests that read them.

use std::fs;
use std::path::{Path, PathBuf};

/// Every source under src, by its path there, with its text.
///
/// # Panics
/// When src cannot be read.
pub(crate) fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    assert!(paths.len() > 10, "found only {} sources", paths.len());
    let read = |path: &Path| fs::read_to_string(path).expect("a readable source");
    paths.iter().map(|path| (path.strip_prefix(&root).expect("a path under src").to_owned(), read(path))).collect()
}

fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            walk(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            out.push(path);
        }
    }
}
