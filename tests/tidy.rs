//! The house rules that a compiler does not keep: which room may know which, how long a file may be, that each says
//! what it is.

mod sources;

use sources::sources;

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

#[test]
fn a_room_knows_only_the_rooms_before_it() {
    let allowed: &[(&str, &[&str])] = &[
        ("settings", &["settings"]),
        ("record", &["record"]),
        ("workload", &["workload", "settings", "schedule"]),
        ("schedule", &["schedule", "settings", "workload"]),
        ("backend", &["backend", "settings", "record"]),
        ("metrics", &["metrics", "record", "settings"]),
        ("chart", &["chart", "metrics", "record"]),
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = path.iter().next().and_then(|first| first.to_str()).unwrap_or_default().trim_end_matches(".rs");
        let Some((_, may)) = allowed.iter().find(|(name, _)| *name == room) else { continue };
        for part in code(&text).split("crate::").skip(1) {
            let other = part.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            if !may.contains(&other) && !other.is_empty() {
                wrong.push(format!("{} names crate::{other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_browser_rooms_touch_the_browser() {
    let browser = ["web_sys", "js_sys", "wasm_bindgen", "gloo", "leptos"];
    let rooms = ["page", "load/browser", "load/web_lock.rs", "bin", "main.rs"];
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
