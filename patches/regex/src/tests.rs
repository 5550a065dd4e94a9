//! What is seen without the crates that this stands in for; with them, see `tests/regex.rs` of the package.

use super::*;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

fn characters(class: &ClassUnicode) -> Vec<char> {
    class.iter().flat_map(|range| range.start()..=range.end()).collect()
}

/// What a Unicode knows that may be older than the standard library's.
fn assigned() -> Vec<char> {
    match regex_syntax::parse(r"\P{Cn}").expect("a class").into_kind() {
        HirKind::Class(Class::Unicode(class)) => characters(&class),
        other => panic!("{other:?} is no class"),
    }
}

#[test]
fn variants_are_those_of_unicodes_folding() {
    let assigned = assigned();
    assert!(assigned.len() > 280_000, "{}", assigned.len());
    for &c in &assigned {
        let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
        class.case_fold_simple();
        let mut found = case::variants(c);
        found.retain(|c| assigned.binary_search(c).is_ok());
        found.sort_unstable();
        assert_eq!(found, characters(&class), "{c:?}");
    }
}

fn refusal(pattern: &str) -> String {
    Regex::new(pattern).map(|_| ()).expect_err(pattern).to_string()
}

#[test]
fn what_is_refused_is_told_with_its_place() {
    for (pattern, at, reason) in [
        (r"a)", 1, "closes no group"),
        (r"(a", 2, "does not end"),
        (r"[a", 2, "does not end"),
        (r"*a", 1, "nothing to repeat"),
        (r"(?=a)+", 6, "cannot be repeated"),
        (r"(a)\1", 5, "not known here"),
        (r"a\Kb", 3, "not known here"),
        (r"(?(1)a|b)", 2, "not known here"),
        (r"\p{Quark}", 9, "no such property"),
        (r"\p{Lu}|\p{L}}{x", 15, ""),
        (r"[z-a]", 4, "no range"),
        (r"\x4", 3, "no character"),
        (r"(?#a\)", 6, "does not end"),
        (r"\u{d800}", 8, "no character"),
        (r"a\", 2, "before nothing"),
        (r"(?<=a++)b", 7, "lookbehind"),
    ] {
        if reason.is_empty() {
            assert!(Regex::new(pattern).is_ok(), "{pattern}");
            continue;
        }
        let words = refusal(pattern);
        assert!(words.contains(reason) && words.contains(&format!("at character {at}:")), "{pattern}: {words}");
    }
    assert!(refusal(&"(".repeat(1000)).contains("too deep"));
    assert!(refusal(&"[".repeat(1000)).contains("too deep"));
}

#[test]
fn an_escaped_text_is_found_as_it_is() {
    let text: String = ('\t'..'\x7f').chain("é一<|im_end|></s>".chars()).collect();
    let found = Regex::new(&escape(&text)).expect("a pattern").find(&format!("é{text}é")).expect("a match");
    assert_eq!((found.start(), found.end()), (2, 2 + text.len()));
}

#[test]
fn long_runs_and_long_patterns_take_no_longer_than_they_must() {
    // Each took seconds and more where time grows with the square.
    let spaces = " ".repeat(30_000) + "x";
    assert!(Regex::new(r"\s+$").expect("a pattern").find(&spaces).is_none());
    let end = Regex::new(r"\s*$").expect("a pattern").find(&spaces).expect("the end");
    assert_eq!((end.start(), end.end()), (spaces.len(), spaces.len()));
    assert!(Regex::new(&("{".repeat(30_000) + "}")).is_ok());
}
