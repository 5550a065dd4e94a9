//! The house rules that a compiler does not keep: which room may know which, how long a file may be, that each says
//! what it is.

use std::fs;
use std::path::{Path, PathBuf};

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

/// Every source under src, by its path there, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    assert!(paths.len() > 10, "found only {} sources", paths.len());
    let read = |path: &Path| fs::read_to_string(path).expect("a readable source");
    paths.iter().map(|path| (path.strip_prefix(&root).expect("a path under src").to_owned(), read(path))).collect()
}

/// The part of a source before its tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<_> = sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(p, _)| p).collect();
    assert!(silent.is_empty(), "no //! at the top of {silent:?}");
}

#[test]
fn no_file_is_longer_than_a_subject_needs() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > 600)
        .collect();
    assert!(long.is_empty(), "over 600 lines: {long:?}");
}

/// Which rooms each room may import, as the plan of the house has it.
const ROOMS: &[(&str, &[&str])] = &[
    ("settings", &[]),
    ("format", &[]),
    ("rng", &[]),
    ("text", &["settings"]),
    ("dataset", &["settings", "rng", "text"]),
    ("schedule", &["settings", "rng"]),
    ("workload", &["settings", "rng", "text", "dataset", "schedule"]),
    ("record", &[]),
    ("backend", &["settings", "record"]),
    ("metrics", &["record", "settings"]),
    ("result", &["metrics", "record", "settings", "format"]),
    ("import", &["result", "metrics", "record", "settings"]),
    ("chart", &["metrics", "result", "record"]),
    ("export", &["result", "chart", "metrics", "record", "settings", "format"]),
    ("run", &["backend", "record", "dataset", "metrics", "settings"]),
    ("protocol", &["settings", "dataset", "workload", "record", "run"]),
    ("web", &["protocol"]),
    ("worker", &["run", "protocol", "backend", "record", "dataset", "workload", "settings", "web"]),
    ("files", &["dataset", "text", "workload", "protocol", "web"]),
];

/// A source's code without whole-line comments, which name other modules freely.
fn without_comments(text: &str) -> String {
    code(text).lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect()
}

/// Every `crate::` path in a source's code, with groups taken apart: "settings::Settings".
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let code = without_comments(text);
    for part in code.split("crate::").skip(1) {
        let path = match part.split_once(';') {
            Some((path, _)) if part.starts_with('{') || path.contains("::{") => path,
            _ => part.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').next().unwrap_or_default(),
        };
        expand("", path, &mut found);
    }
    found
}

/// Takes `a::{b, c::{d, e}}` apart.
fn expand(before: &str, path: &str, out: &mut Vec<String>) {
    let path: String = path.split_whitespace().collect();
    let Some((head, group)) = path.split_once('{') else {
        out.push(format!("{before}{path}"));
        return;
    };
    let group = group.strip_suffix('}').unwrap_or(group);
    let (mut depth, mut from) = (0, 0);
    for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if at > from {
                    expand(&format!("{before}{head}"), &group[from..at], out);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// The first part of a file's path under src: its room.
fn room(path: &Path) -> String {
    let first = path.iter().next().and_then(|first| first.to_str()).unwrap_or_default();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn groups_of_imports_are_taken_apart() {
    let text = "use crate::a::{b, c::{d, e}};\nuse crate::f;\nlet x = crate::g::h(1);\nuse crate::{i::j, k};";
    assert_eq!(imports(text), ["a::b", "a::c::d", "a::c::e", "f", "g::h", "i::j", "k"]);
}

#[test]
fn a_room_imports_only_the_rooms_of_its_row() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room(&path);
        let Some((_, may)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            let free = ["page", "bin", "lib", "main"];
            assert!(free.contains(&room.as_str()), "{room} has no row");
            continue;
        };
        for import in imports(&text) {
            let other = import.split("::").next().unwrap_or_default();
            if other != room && !may.contains(&other) {
                wrong.push(format!("{} imports crate::{import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rooms_do_not_import_each_other_in_a_circle() {
    let row = |room: &str| ROOMS.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, may)| *may);
    let mut below: Vec<&str> = Vec::new();
    while let Some((next, _)) =
        ROOMS.iter().find(|(name, may)| !below.contains(name) && may.iter().all(|other| below.contains(other)))
    {
        below.push(next);
    }
    let left: Vec<_> =
        ROOMS.iter().filter(|(name, _)| !below.contains(name)).map(|(name, _)| (name, row(name))).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The module of a file under src, as its path in code: "dataset::sharegpt".
fn module(path: &Path) -> String {
    let path = path.with_extension("");
    let mut parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    if parts.last() == Some(&"mod") {
        parts.pop();
    }
    parts.join("::")
}

/// The modules of files that this one imports, of those that there are. `super::` is taken from where it stands.
fn imported_modules(module: &str, text: &str, modules: &[String]) -> Vec<String> {
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let absolute =
        without_comments(text).replace("super::super::", "crate::?").replace("super::", &format!("crate::{parent}::"));
    let longest = |import: &String| {
        let known = modules.iter().filter(|known| {
            import == *known || import.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with("::"))
        });
        known.max_by_key(|known| known.len()).cloned()
    };
    imports(&absolute).iter().filter_map(longest).filter(|other| other != module).collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let all = sources();
    // The root of a folder names the files in it and is named by them: it is no part of a circle.
    let is_root = |path: &Path| all.iter().any(|(other, _)| module(other).starts_with(&format!("{}::", module(path))));
    let files: Vec<_> = all.iter().filter(|(path, _)| !is_root(path)).collect();
    let modules: Vec<String> = files.iter().map(|(path, _)| module(path)).collect();
    let mut left: Vec<(String, Vec<String>)> =
        files.iter().map(|(path, text)| (module(path), imported_modules(&module(path), text, &modules))).collect();
    assert!(left.iter().map(|(_, imports)| imports.len()).sum::<usize>() > 100, "hardly any import was found");
    loop {
        let names: Vec<String> = left.iter().map(|(name, _)| name.clone()).collect();
        let before = left.len();
        left.retain(|(_, imports)| imports.iter().any(|other| names.contains(other)));
        if left.len() == before {
            break;
        }
    }
    // What is left imports a circle or is in one; only the latter are to be named.
    let imported = |name: &String| left.iter().any(|(_, imports)| imports.contains(name));
    let circle: Vec<_> = left.iter().filter(|(name, _)| imported(name) && !name.starts_with("page")).collect();
    assert!(circle.is_empty(), "{circle:#?}");
}

#[test]
fn only_the_browser_rooms_touch_the_browser() {
    let browser = ["web_sys", "js_sys", "wasm_bindgen", "gloo", "leptos"];
    let rooms = ["page", "web", "worker", "files", "bin", "main.rs"];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if rooms.iter().any(|room| path.starts_with(room)) {
            continue;
        }
        let named = browser.iter().filter(|name| code(&text).contains(*name));
        wrong.extend(named.map(|name| format!("{} names {name}", path.display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
