//! Our reader of addresses against the browser's: what we accept, `URL` reads alike, for tables and for hostile spellings
//! by the thousand. Security rests on it, so every engine is asked itself.
#![cfg(target_arch = "wasm32")]

use proptest::prelude::*;
use streamgauge::address::{Address, contacted};
use wasm_bindgen_test::*;
use web_sys::Url;

mod hostile;

wasm_bindgen_test_configure!(run_in_browser);

const PAGE: &str = "http://localhost:8080/a/b.html";

/// An origin as the browser writes it, but without the dot at the end of a name, which we drop.
fn without_dot(origin: &str) -> String {
    origin.replace(".:", ":").trim_end_matches('.').to_owned()
}

fn agree(text: &str) -> Result<(), TestCaseError> {
    if let Ok(address) = Address::parse(text) {
        let theirs = Url::new(text);
        prop_assert!(theirs.is_ok() || text.to_lowercase().contains("xn--"), "{:?} is accepted, and is no URL", text);
        if let Ok(theirs) = theirs {
            prop_assert_eq!(address.origin.to_string(), without_dot(&theirs.origin()), "{:?}", text);
            prop_assert_eq!(theirs.username() + &theirs.password(), "", "{:?}", text);
        }
    }
    let page = Address::parse("http://localhost:8080").expect("an address").origin;
    if let Ok(Some(origin)) = contacted(text, Some(&page))
        && let Ok(theirs) = Url::new_with_base(text, PAGE)
    {
        prop_assert_eq!(origin.to_string(), without_dot(&theirs.origin()), "{:?}", text);
    }
    Ok(())
}

fn check(strategy: impl Strategy<Value = String>) {
    let config = ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() };
    let found = proptest::test_runner::TestRunner::new(config).run(&strategy, |text| agree(&text));
    found.expect("both read the same");
}

fn parts(count: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let parts = prop::collection::vec(0..hostile::PARTS.len(), count);
    parts.prop_map(|parts| parts.into_iter().map(|part| hostile::PARTS[part]).collect())
}

#[wasm_bindgen_test]
fn the_table_of_refusals_is_the_browsers_too() {
    for text in hostile::REFUSED {
        assert!(Address::parse(text).is_err(), "{text:?}");
        agree(text).expect("both read the same");
    }
}

#[wasm_bindgen_test]
fn the_browser_reads_hostile_spellings_alike() {
    check(parts(0..9));
}

#[wasm_bindgen_test]
fn the_browser_reads_hostile_hosts_alike() {
    check((parts(1..6), "[ -~]{0,6}|\\PC{0,3}").prop_map(|(host, any)| format!("http://{host}{any}/")));
    check(any::<(u32, u128, u16)>().prop_map(|(v4, v6, port)| {
        let (v4, v6) = (std::net::Ipv4Addr::from_bits(v4), std::net::Ipv6Addr::from_bits(v6));
        if port % 2 == 0 { format!("http://{v4}:{port}") } else { format!("http://[{v6}]:{port}") }
    }));
}
