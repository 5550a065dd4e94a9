//! The regular expressions that tokenizers uses here are the browser's (see `patches/regex`). What they match is held
//! against the crate that this stands in for, fancy-regex: in a browser with the browser's engine, natively with another
//! of the same standard.
#![cfg(feature = "tokenizer")]

use std::cell::Cell;
use std::sync::LazyLock;

use fancy_regex_original::Regex as Original;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use regex::Regex;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// As tokenizer.json files have them: of GPT-2, Llama 3, Qwen 2, o200k, cl100k with possessive repetitions, DeepSeek,
/// BLOOM and others; and what tokenizers has in itself.
const PATTERNS: [&str; 27] = [
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    r"[!\x22#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[一-龥぀-ゟ゠-ヿ]+",
    r" ?[^(\s|[.,!?…。，、।۔،])]+",
    r"\p{N}{1,3}",
    r"\d{1,3}(?=(?:\d{3})*\b)",
    r"\p{Han}+|[^\p{Han}\s]+",
    r"[\p{Script=Hiragana}\p{sc=katakana}]+|\P{greek}{2}",
    r"\w+|[^\w\s]+",
    r"^\w",
    r"\w$",
    r"^\s*",
    r"\s*$",
    r"\s+$|^\s+",
    r" {2,}",
    r"(?:\r\n|[\r\n\u{85}\u{2028}])++",
    r"(?x) \p{Lu} \p{Ll}* # a name
      | [ \t]+",
    r"(?m)^.+$",
    r"(?s)a.b|(?-s:a.)",
    r"(?<=[a-z])(?=[A-Z])|(?<!\d)\d+",
    r"\bS\w*\b|\B\p{P}\B",
    r"[[:alpha:][:^ascii:]&&[^aeiou]]+",
    r"(?>a+|ab)c?|(?i)STRASSE|[k-s]ſ?",
];

/// Texts of what divides one pattern's opinion from another's.
fn text() -> impl Strategy<Value = String> {
    let word = "[a-zA-Z]{0,6}|(Straße|STRASSE|strasse|kKK|ſſ|Ǆǅǆ)|[一-三ぁ-ぅァ-ゥα-γΑ-Γ가]{1,3}|[\\PC]{0,3}|'(s|LL|vE|t)|[0-9٣½²]{1,5}";
    let mark = "[\u{a0}\u{2003}\u{85}\u{b}\u{1c}\u{301}\u{feff}\u{200d}\u{2028} \n\t\r]{0,3}|[.,!?…。#()\\[\\]\\\\|/_-]{1,3}|🙂|\u{1f468}\u{200d}\u{1f469}";
    prop::collection::vec((word, mark), 0..12).prop_map(|parts| parts.into_iter().map(|(a, b)| a + &b).collect())
}

#[rustfmt::skip]
const ATOMS: [&str; 57] = [
    "a", "b", "S", "k", "é", "ß", "3", r"\.", ".", r"\s", r"\S", r"\d", r"\D", r"\w", r"\W", r"\h", r"\n", r"\p{L}",
    r"\PL", r"\P{Lu}", r"\p{Ll}", r"[[:upper:]]", "[a~~b]", r"[\<\>]", "(?#a)",
    r"\p{N}", r"[a-z]", r"[^a-z\s]", r"[\p{L}&&[^a]]", r"[\w--[a-m]]", "[]a]", "[^]a]", "[a-]",
    r"[\]\-^]", r"[[:punct:]]", r"\x41", r"\u{1F642}", "一", r"\b", r"\B", "^", "$", r"\A", r"\z", r"(?=a)", r"(?!\s)",
    r"(?<=a)", r"(?<!\s)", " ", "'", "#", "&", "-", "]", "{", "}", "/",
];
const TIMES: [&str; 15] = ["", "", "", "", "+", "*", "?", "+?", "*?", "??", "{2}", "{1,2}", "{2,}", "++", "?+"];

/// Patterns that nobody wrote. What is repeated takes a character at least: ECMAScript ends a repetition that took
/// none, and takes nothing of it. That this is a comma, of which texts have few, keeps an engine that goes back from
/// trying all of a million ways.
fn pattern() -> impl Strategy<Value = String> {
    let piece = (prop::sample::select(&ATOMS[..]), prop::sample::select(&TIMES[..])).prop_map(|(atom, times)| {
        let place = atom.starts_with("(?") || matches!(atom, "^" | "$" | r"\b" | r"\B" | r"\A" | r"\z");
        format!("{atom}{}", if place { "" } else { times })
    });
    let branch = prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat());
    branch.prop_recursive(3, 12, 3, |inner| {
        let group = (prop::sample::select(vec!["(", "(?:", "(?i:", "(?s:", "(?>", "(?<n>"]), inner.clone());
        prop_oneof![
            (group, prop::sample::select(vec!["", "+", "*", "?", "{1,2}", "*?"])).prop_map(
                |((open, inner), times)| format!(
                    "{open}{}(?:{inner})){times}",
                    if times.is_empty() { "" } else { "," }
                )
            ),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one}|{other}")),
            (inner.clone(), inner).prop_map(|(one, other)| format!("{one}{other}")),
        ]
    })
}

/// Whether the Unicode of the original, which may be an older one, knows all of a text's characters.
fn is_known(text: &str) -> bool {
    static KNOWN: LazyLock<Original> = LazyLock::new(|| Original::new(r"\A\P{Cn}*\z").expect("a pattern"));
    KNOWN.is_match(text).expect("a match or none")
}

/// A pattern in both; none if the original refuses it.
fn both(pattern: &str) -> Option<(Regex, Original)> {
    let original = Original::new(pattern).ok()?;
    Some((Regex::new(pattern).unwrap_or_else(|error| panic!("{error}")), original))
}

fn agree((ours, original): &(Regex, Original), text: &str) -> Result<(), TestCaseError> {
    let places = original.find_iter(text).map(|found| found.ok().map(|found| (found.start(), found.end())));
    // It gives up where it goes back too often.
    if let (true, Some(expected)) = (is_known(text), places.collect::<Option<Vec<_>>>()) {
        let found: Vec<_> = ours.find_iter(text).map(|found| (found.start(), found.end())).collect();
        prop_assert_eq!(found, expected, "{:?}", text);
    }
    Ok(())
}

/// Of so many cases, or of as many as `STREAMGAUGE_FUZZ_CASES` says.
fn runner(cases: u32) -> TestRunner {
    let asked = std::env::var("STREAMGAUGE_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = asked.unwrap_or(cases);
    // The same each time, for a browser keeps no file of what failed.
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    TestRunner::new_with_rng(Config { cases, failure_persistence: None, ..Config::default() }, rng)
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn patterns_of_tokenizers_match_what_they_match_in_tokenizers() {
    for pattern in PATTERNS {
        let both = both(pattern).unwrap_or_else(|| panic!("the original refuses {pattern}"));
        let run = runner(300).run(&text(), |text| agree(&both, &text));
        run.unwrap_or_else(|error| panic!("{pattern}: {error}"));
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn made_up_patterns_match_what_they_match_in_the_original() {
    let texts = prop::collection::vec(text(), 1..4);
    let (seen, refused) = (Cell::new(0), Cell::new(0));
    let run = runner(2000).run(&(pattern(), texts), |(pattern, texts)| {
        seen.set(seen.get() + 1);
        match both(&pattern) {
            Some(both) => texts.iter().try_for_each(|text| agree(&both, text)),
            // What the original refuses has nothing to be held against.
            None => {
                refused.set(refused.get() + 1);
                Ok(())
            }
        }
    });
    run.unwrap_or_else(|error| panic!("{error}"));
    assert!(refused.get() * 10 < seen.get(), "the original refused {} of {} patterns", refused.get(), seen.get());
}

/// Natively there is no such limit.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
fn a_text_that_is_too_long_for_the_browser_is_told() {
    assert_eq!(regex::take_failure(), None);
    let many = Regex::new(r"(?:\p{L}|b)*").expect("a pattern");
    assert_eq!(many.find(&"a".repeat(100_000)).map(|found| found.end()), Some(100_000));
    assert_eq!(regex::take_failure(), None);
    assert!(many.find(&"a".repeat(30_000_000)).is_none());
    let words = regex::take_failure().expect("a failure").to_string();
    assert!(words.contains(r"(?:\\p{L}|b)*") && words.contains("refused by the browser"), "{words}");
    assert_eq!(regex::take_failure(), None);
}
