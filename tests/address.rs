//! Hosts and addresses against tables, and against another reader of the URL Standard (the `url` crate) for thousands of
//! hostile spellings: what we accept, it reads alike. `tests/web_address.rs` does the same with the browser's own.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use streamgauge::address::{Address, AddressError, AddressSpace, Host, contacted};
use url::Url;

mod hostile;

fn space(url: &str) -> AddressSpace {
    Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}")).origin.space()
}

#[test]
fn hosts_of_this_machine() {
    for url in [
        "http://localhost:8000/v1",
        "http://LOCALHOST.",
        "https://s3.localhost",
        "http://s3.LocalHost.:9/",
        "http://127.0.0.1",
        "http://127.9.9.9.:1",
        "http://127.255.255.255",
        "http://[::1]:8000",
        "http://[0:0:0:0:0:0:0:1]",
        "http://[::ffff:127.0.0.1]",
        "http://[::FFFF:7f00:1]",
        "HTTP://localhost",
    ] {
        assert_eq!(space(url), AddressSpace::Loopback, "{url}");
    }
}

#[test]
fn hosts_of_a_private_network() {
    for url in [
        "http://10.0.0.1",
        "http://10.255.255.255",
        "http://172.16.0.1",
        "http://172.31.255.255",
        "http://192.168.0.7:1",
        "http://169.254.169.254",
        "http://100.64.0.1",
        "http://100.127.255.255",
        "http://[fc00::1]",
        "http://[fd12:3456::1]",
        "http://[fe80::1]",
        "http://[febf::1]",
        "http://[::ffff:10.0.0.1]",
        "http://[::ffff:100.64.0.1]",
        "http://gpu.local:8000",
        "http://gpu.local.",
    ] {
        assert_eq!(space(url), AddressSpace::Local, "{url}");
    }
}

#[test]
fn hosts_of_which_it_cannot_be_told_are_public() {
    for url in [
        "https://example.org",
        "http://gpu",
        "http://local",
        "http://localhost.example.org",
        "http://notlocalhost",
        "http://localhost-",
        "http://localhost.localdomain",
        "http://127.0.0.1.example.org",
        "http://0.0.0.0",
        "http://[::]",
        "http://9.255.255.255",
        "http://11.0.0.0",
        "http://172.15.255.255",
        "http://172.32.0.1",
        "http://100.63.255.255",
        "http://100.128.0.1",
        "http://128.0.0.1",
        "http://126.255.255.255",
        "http://169.253.1.1",
        "http://[2001:db8::1]",
        "http://[fec0::1]",
        "http://[::127.0.0.1]",
        "http://[64:ff9b::127.0.0.1]",
        "http://[2002:7f00:1::]",
        "http://[::2]",
        "https://api.example/v1?u=http://localhost",
    ] {
        assert_eq!(space(url), AddressSpace::Public, "{url}");
    }
}

#[test]
fn what_a_browser_could_read_another_way_is_refused() {
    for url in hostile::REFUSED {
        assert!(Address::parse(url).is_err(), "{url:?}");
        assert!(!matches!(contacted(url, None), Ok(Some(_))), "{url:?}");
    }
}

#[test]
fn each_refusal_says_why() {
    let refusal = |url: &str| Address::parse(url).expect_err(url);
    assert_eq!(refusal("gpu:8000"), AddressError::Scheme);
    assert_eq!(refusal("ftp://gpu"), AddressError::Scheme);
    assert_eq!(refusal("http://user:pw@gpu"), AddressError::Credentials);
    assert_eq!(refusal("http:///v1"), AddressError::NoHost);
    assert_eq!(refusal("http://gpu\\v1"), AddressError::Backslash);
    assert_eq!(refusal("http://gpu/a b"), AddressError::Space);
    assert_eq!(refusal("http://gpu/#v1"), AddressError::Fragment);
    assert_eq!(refusal("http://127.1:80"), AddressError::Ipv4("127.1".into()));
    assert_eq!(refusal("http://[::g]"), AddressError::Ipv6("::g".into()));
    assert_eq!(refusal("http://fd00::1"), AddressError::NoBrackets);
    assert_eq!(refusal("http://gpu:65536"), AddressError::Port("65536".into()));
    assert_eq!(refusal("http://gp%75"), AddressError::Name("gp%75".into()));
    assert!(!refusal("http://user:pw@gpu").to_string().contains("pw"));
}

#[test]
fn addresses_in_their_normal_form() {
    for (url, origin, path) in [
        ("HTTP://GPU.Example.:80/V1/", "http://gpu.example", "/V1/"),
        ("https://gpu:443", "https://gpu", ""),
        ("https://gpu:80/a?b=//c", "https://gpu:80", "/a"),
        ("http://[2001:DB8:0:0::1]:8000/", "http://[2001:db8::1]:8000", "/"),
        ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]", "/"),
        ("http://gpu:08000", "http://gpu:8000", ""),
        ("http://a_b.example", "http://a_b.example", ""),
        ("http://xn--bcher-kva.example", "http://xn--bcher-kva.example", ""),
    ] {
        let address = Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!((address.origin.to_string().as_str(), address.path.as_str()), (origin, path), "{url}");
    }
}

#[test]
fn other_names_are_this_machines_alone() {
    let other = |url: &str| Some(Address::parse(url).ok()?.origin.other_name(2)?.to_string());
    assert_eq!(other("http://[::1]:81").as_deref(), Some("http://s2.localhost:81"));
    assert_eq!(other("http://[::ffff:127.0.0.1]:81").as_deref(), Some("http://s2.localhost:81"));
    assert_eq!(other("http://127.8.0.1/x").as_deref(), Some("http://s2.localhost"));
    assert_eq!(other("http://gpu.LOCALHOST.:1").as_deref(), Some("http://s2.localhost:1"));
    for url in ["https://localhost:8000", "http://192.168.1.4:8000", "http://notlocalhost", "http://[::]", "http://gpu"]
    {
        assert_eq!(other(url), None, "{url}");
    }
}

#[test]
fn a_relative_address_is_the_pages_own_and_nothing_else_is() {
    let page = Address::parse("https://gauge.example:8443").expect("an address").origin;
    let origin = |text: &str| contacted(text, Some(&page)).ok().flatten().map(|origin| origin.to_string());
    for own in ["", "demo/a.json", "/x", "./x?u=http://evil.example", "org/model", "?a:b", "a/b:c", "#//evil.example"] {
        assert_eq!(origin(own).as_deref(), Some("https://gauge.example:8443"), "{own}");
    }
    assert_eq!(origin("http://127.0.0.1:9/x#y").as_deref(), Some("http://127.0.0.1:9"));
    for refused in
        ["//evil.example/x", "/\\evil.example", "data:,x", "evil:x", "https:evil.example", "\t//evil.example"]
    {
        assert_eq!(origin(refused), None, "{refused:?}");
    }
    assert_eq!(contacted("demo/a.json", None), Ok(None));
}

/// What both readers make of a text: ours must refuse it, or read it as the standard does.
fn agree(text: &str) -> Result<(), TestCaseError> {
    let (ours, theirs) = (Address::parse(text), Url::parse(text));
    // Of a name in its xn-- form we do not look into the Unicode; one that is none reaches nobody.
    prop_assert!(
        ours.is_err() || theirs.is_ok() || text.to_lowercase().contains("xn--"),
        "{text:?} is accepted, and no URL"
    );
    if let (Ok(address), Ok(theirs)) = (ours, theirs) {
        prop_assert_eq!(address.origin.scheme(), theirs.scheme(), "{:?}", text);
        // The dot at a name's end is dropped here and kept there; both name the same host.
        let host = theirs.host_str().unwrap_or_default();
        prop_assert_eq!(address.origin.host.to_string(), host.strip_suffix('.').unwrap_or(host), "{:?}", text);
        prop_assert_eq!(address.origin.port, theirs.port(), "{:?}", text);
        prop_assert_eq!(theirs.username(), "");
    }
    let page = Address::parse("http://localhost:8080").expect("an address").origin;
    if let Ok(Some(origin)) = contacted(text, Some(&page)) {
        let base = Url::parse("http://localhost:8080/a/b.html").expect("a URL");
        if let Ok(theirs) = base.join(text) {
            let theirs = theirs.origin().ascii_serialization().replace(".:", ":");
            prop_assert_eq!(origin.to_string(), theirs.trim_end_matches('.'), "{:?}", text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_spellings_are_read_alike_or_refused(parts in prop::collection::vec(0..hostile::PARTS.len(), 0..9)) {
        agree(&parts.iter().map(|part| hostile::PARTS[*part]).collect::<String>())?;
    }

    #[test]
    fn hostile_hosts_are_read_alike_or_refused(
        parts in prop::collection::vec(0..hostile::PARTS.len(), 1..6), any in "[ -~]{0,6}|\\PC{0,3}",
    ) {
        let host = parts.iter().map(|part| hostile::PARTS[*part]).collect::<String>();
        agree(&format!("http://{host}{any}/"))?;
        agree(&format!("http://{any}{host}"))?;
    }

    #[test]
    fn every_ip_address_is_read_alike(v4: u32, v6: u128, mapped: u32, port: u16) {
        let mapped = Ipv4Addr::from_bits(mapped).to_ipv6_mapped();
        for host in [Host::V4(Ipv4Addr::from_bits(v4)), Host::V6(Ipv6Addr::from_bits(v6)), Host::V6(mapped)] {
            let url = format!("http://{host}:{port}");
            agree(&url)?;
            prop_assert_eq!(Address::parse(&url).map(|address| address.origin.host), Ok(host));
        }
    }

    #[test]
    fn never_panics(text in "\\PC*") {
        let _ = (Address::parse(&text), Host::parse(&text), contacted(&text, None));
    }
}
