//! Base URL, host, port and endpoint in their one normal form, kind by kind of what people type.

use proptest::prelude::*;
use streamgauge::address::Address;
use streamgauge::backend::{Target, default_endpoint, target_urls, targets};
use streamgauge::settings::{BackendKind, Settings};

fn settings(fragment: &str) -> Settings {
    Settings::from_fragment(fragment).unwrap_or_else(|errors| panic!("{fragment}: {errors:?}"))
}

fn only(fragment: &str) -> Target {
    let targets = targets(&settings(fragment)).unwrap_or_else(|error| panic!("{fragment}: {error}"));
    assert_eq!(targets.len(), 1, "{fragment}");
    targets.into_iter().next().expect("a target")
}

/// The sentence of a refusal, and the field that it marks.
fn refusal(fragment: &str) -> (String, &'static str) {
    let error = targets(&settings(fragment)).expect_err(fragment);
    (error.to_string(), error.key())
}

#[test]
fn without_a_chosen_path_every_kind_has_its_usual_one() {
    for &kind in BackendKind::ALL {
        let target = only(&format!("backend={kind}"));
        assert_eq!(target.url(), format!("http://localhost:8000{}", default_endpoint(kind).0), "{kind}");
    }
}

#[test]
fn what_base_url_and_endpoint_share_is_used_once() {
    for (backend, base_url, endpoint, url) in [
        ("openai-chat", "http://gpu:1/v1", "", "http://gpu:1/v1/chat/completions"),
        ("openai-chat", "http://gpu:1/v1/", "", "http://gpu:1/v1/chat/completions"),
        ("openai-chat", "http://gpu:1/api/v1//", "", "http://gpu:1/api/v1/chat/completions"),
        ("openai-chat", "http://gpu:1/api/v1", "/chat/completions", "http://gpu:1/api/v1/chat/completions"),
        ("openai-chat", "http://gpu:1/api/v1/chat", "", "http://gpu:1/api/v1/chat/completions"),
        ("openai-chat", "http://gpu:1/v1", "/v1/chat/completions/", "http://gpu:1/v1/chat/completions"),
        ("openai", "http://gpu:1/v1", "", "http://gpu:1/v1/completions"),
        ("openai", "http://gpu:1/v11", "", "http://gpu:1/v11/v1/completions"),
        ("openai", "http://gpu:1/openai", "/openai/v1/completions", "http://gpu:1/openai/v1/completions"),
        ("openai", "http://gpu:1", "/completions", "http://gpu:1/completions"),
        ("vllm", "http://gpu:1/", "", "http://gpu:1/v1/completions"),
        ("tensorrt-llm", "http://gpu:1/v2/models/ensemble", "", "http://gpu:1/v2/models/ensemble/generate_stream"),
    ] {
        let endpoint = if endpoint.is_empty() { String::new() } else { format!("&endpoint={endpoint}") };
        let fragment = format!("backend={backend}&base-url={base_url}{endpoint}");
        assert_eq!(only(&fragment).url(), url, "{fragment}");
    }
}

#[test]
fn a_whole_endpoint_in_the_base_url_is_the_endpoint() {
    for (backend, base_url) in [
        ("openai-chat", "http://gpu:1/v1/chat/completions"),
        ("openai-chat", "http://gpu:1/openai/chat/completions"),
        ("openai-chat", "http://gpu:1/chat/completions"),
        ("openai", "http://gpu:1/v1/completions"),
        ("openai", "http://gpu:1/lm/api/v3/completions"),
        ("tgi", "http://gpu:1/generate_stream"),
        ("sglang", "http://gpu:1/router/generate"),
        ("deepspeed-mii", "http://gpu:1/generate"),
        ("tensorrt-llm", "http://gpu:1/v2/models/m/generate_stream"),
    ] {
        for slash in ["", "/"] {
            assert_eq!(only(&format!("backend={backend}&base-url={base_url}{slash}")).url(), base_url);
        }
    }
    let azure = "https://r.example/openai/deployments/d/chat/completions";
    let target = only(&format!("backend=openai-chat&base-url={azure}%3Fapi-version=1"));
    assert_eq!(target.url(), format!("{azure}?api-version=1"));
    let target = only("backend=openai-chat&base-url=https://r.example/v1%3Fa=1&endpoint=/v1/chat/completions%3Fb=2");
    assert_eq!(target.url(), "https://r.example/v1/chat/completions?a=1&b=2");
    assert_eq!(target.models_url().as_deref(), Some("https://r.example/v1/models?a=1&b=2"));
}

#[test]
fn an_endpoint_in_the_base_url_that_is_another_is_refused() {
    for (backend, base_url, endpoint) in [
        ("openai-chat", "http://gpu:1/v1/completions", "/v1/chat/completions"),
        ("openai", "http://gpu:1/v1/chat/completions", "/v1/completions"),
        ("vllm", "http://gpu:1/generate_stream", "/v1/completions"),
        ("openai-chat", "http://gpu:1/a/chat/completions", "/b/chat/completions"),
    ] {
        let (message, key) = refusal(&format!("backend={backend}&base-url={base_url}&endpoint={endpoint}"));
        assert_eq!(key, "base-url");
        assert!(message.contains("an endpoint of its own") && message.contains(endpoint), "{message}");
    }
}

#[test]
fn the_models_are_listed_beside_the_endpoint() {
    for (fragment, models) in [
        ("backend=openai-chat&base-url=http://gpu:1/x/v1&endpoint=/chat/completions", Some("http://gpu:1/x/v1/models")),
        ("backend=openai-chat&base-url=http://gpu:1/x/v1", Some("http://gpu:1/x/v1/models")),
        ("backend=openai&base-url=http://gpu:1/v1/completions", Some("http://gpu:1/v1/models")),
        ("backend=openai&base-url=http://gpu:1&endpoint=/completions", Some("http://gpu:1/models")),
        ("backend=openai&base-url=http://gpu:1&endpoint=/v1/my-completions", Some("http://gpu:1/v1/models")),
        ("backend=vllm&base-url=http://gpu:1", Some("http://gpu:1/v1/models")),
        ("backend=tgi&base-url=http://gpu:1/t/", Some("http://gpu:1/t/info")),
        ("backend=tgi&base-url=http://gpu:1/t/generate_stream", Some("http://gpu:1/t/info")),
        ("backend=sglang&base-url=http://gpu:1/generate", Some("http://gpu:1/v1/models")),
        ("backend=deepspeed-mii", None),
        ("backend=tensorrt-llm", None),
        ("simulated-server", Some("simulated/v1/models")),
    ] {
        assert_eq!(only(fragment).models_url().as_deref(), models, "{fragment}");
    }
}

#[test]
fn a_wrong_base_url_has_likely_places_nearby() {
    let nearby = |base: &str| only(&format!("backend=openai-chat&base-url=http://gpu:1{base}")).nearby_urls();
    assert_eq!(nearby(""), ["http://gpu:1/"]);
    assert_eq!(nearby("/api/v2"), ["http://gpu:1/api/v1/models", "http://gpu:1/v1/models", "http://gpu:1/"]);
    assert_eq!(only("backend=deepspeed-mii&base-url=http://gpu:1/a").nearby_urls(), ["http://gpu:1/"]);
}

#[test]
fn an_address_without_a_scheme_is_never_the_pages_own() {
    for (base_url, url) in [
        ("127.0.0.1:9900", "http://127.0.0.1:9900/v1/completions"),
        ("127.0.0.1:9900/v1/", "http://127.0.0.1:9900/v1/completions"),
        ("127.0.0.1", "http://127.0.0.1/v1/completions"),
        ("localhost:8000", "http://localhost:8000/v1/completions"),
        ("localhost", "http://localhost/v1/completions"),
        ("10.1.2.3/llm", "http://10.1.2.3/llm/v1/completions"),
        ("gpu:8000", "http://gpu:8000/v1/completions"),
        ("gpu.example:80", "http://gpu.example/v1/completions"),
        ("[::1]:8000", "http://[::1]:8000/v1/completions"),
        ("[fd00::7]", "http://[fd00::7]/v1/completions"),
        ("localhost:8000/x?u=http://y", "http://localhost:8000/x/v1/completions?u=http://y"),
    ] {
        assert_eq!(only(&format!("backend=openai&base-url={base_url}")).url(), url, "{base_url}");
    }
    for base_url in ["gpu", "api.example", "api.example/v1", "[2001:db8::1]"] {
        let (message, key) = refusal(&format!("backend=openai&base-url={base_url}"));
        assert!(key == "base-url" && message.contains("without a scheme") && message.contains(base_url), "{message}");
    }
    for base_url in ["/v1", "//gpu:8000", "v1/", "?x", "http:gpu", "http:/gpu", "ftp://gpu", "gpu:", "mailto:me", "."] {
        let (message, key) = refusal(&format!("backend=openai&base-url={base_url}"));
        assert!(key == "base-url" && message.starts_with("Base URL (base-url)"), "{message}");
    }
}

#[test]
fn host_and_port_take_what_people_write_there() {
    for (fragment, url) in [
        ("host=::1&port=9900", "http://[::1]:9900/v1/completions"),
        ("host=[::1]&port=9900", "http://[::1]:9900/v1/completions"),
        ("host=fd00::a:7", "http://[fd00::a:7]:8000/v1/completions"),
        ("host=[::1]:9900", "http://[::1]:9900/v1/completions"),
        ("host=gpu&port=80", "http://gpu/v1/completions"),
        ("host=gpu.&port=9", "http://gpu:9/v1/completions"),
        ("host=gpu:9000", "http://gpu:9000/v1/completions"),
        ("host=gpu:9000&port=9000", "http://gpu:9000/v1/completions"),
        ("host=gpu:80", "http://gpu/v1/completions"),
        ("host=http://gpu", "http://gpu:8000/v1/completions"),
        ("host=https://gpu.example:443/v1", "https://gpu.example/v1/completions"),
        ("host=http://gpu:9000/", "http://gpu:9000/v1/completions"),
        ("host=gpu/llm", "http://gpu:8000/llm/v1/completions"),
    ] {
        assert_eq!(only(&format!("backend=openai&{fragment}")).url(), url, "{fragment}");
    }
    let (message, key) = refusal("backend=openai&host=gpu:9000&port=7000");
    assert!(key == "host" && message.contains("9000") && message.contains("7000"), "{message}");
    for host in ["", "gpu@evil", "a b", "127.1", "gpu\\x", "::g", "[::1"] {
        let (message, key) = refusal(&format!("backend=openai&host={host}"));
        assert!(key == "host" && message.starts_with("Host (host)"), "{message}");
    }
}

#[test]
fn where_a_server_listens_is_no_place_to_go() {
    for (fragment, words) in [
        ("host=::&port=9900", "Host (host) is [::], which is where a server listens"),
        ("host=0.0.0.0", "write 127.0.0.1"),
        ("host=[::]", "write [::1]"),
        ("base-url=http://0.0.0.0:8000", "Base URL (base-url) is 0.0.0.0"),
        ("base-url=0.0.0.0:8000", "write 127.0.0.1"),
        ("base-url=http://[::]:8000/v1", "write [::1]"),
        ("base-url=http://[::ffff:0.0.0.0]:8000/v1", "write [::1]"),
    ] {
        let (message, _) = refusal(&format!("backend=openai&{fragment}"));
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn credentials_have_a_sentence_of_their_own_which_does_not_repeat_them() {
    for fragment in [
        "base-url=http://me:s3cret@gpu:8000",
        "base-url=me:s3cret@gpu:8000/v1",
        "base-url=http://s3cret@gpu",
        "base-url=http://gpu:1%20https://me:s3cret@b.example",
        "host=me:s3cret@gpu",
        "host=http://me:s3cret@gpu",
    ] {
        let (message, _) = refusal(&format!("backend=openai&{fragment}"));
        assert!(message.contains("user name or password") && !message.contains("s3cret"), "{message}");
        let shown = target_urls(&settings(&format!("backend=openai&{fragment}"))).join(" ");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[test]
fn several_base_urls_each_have_their_own_form() {
    let all = targets(&settings("backend=openai&base-url=a:1/v1,%20http://b:2/,https://c.example/x/v1/completions"));
    let urls: Vec<String> = all.expect("addresses").iter().map(Target::url).collect();
    assert_eq!(urls, ["http://a:1/v1/completions", "http://b:2/v1/completions", "https://c.example/x/v1/completions"]);
    let (message, _) = refusal("backend=openai&base-url=http://a:1,http://b\\c");
    assert!(message.contains("\"http://b\\c\"") && message.contains("backslash"), "{message}");
}

#[test]
fn the_simulated_server_is_beside_the_page() {
    let target = only("simulated-server");
    assert_eq!((target.origin.clone(), target.url()), (None, "simulated/v1/completions".into()));
    assert_eq!(target.base_url(), "simulated");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the endpoint says, the host is the base URL's.
    #[test]
    fn no_endpoint_changes_the_host(endpoint in "/[ -~]{0,20}", base in "(/[a-z0-9.%@:]{0,6}){0,3}") {
        let settings = Settings {
            base_url: Some(format!("http://gpu:9{base}")), endpoint: format!("{endpoint}/completions"),
            backend: BackendKind::Openai, ..Settings::default()
        };
        if let Ok(targets) = targets(&settings) {
            let url = targets[0].url();
            prop_assert!(url.starts_with("http://gpu:9/"), "{}", url);
            if let Ok(theirs) = url::Url::parse(&url) {
                prop_assert_eq!(theirs.origin().ascii_serialization(), "http://gpu:9");
            }
        }
    }

    /// The normal form is a fixed point: given as the base URL, it is understood as itself.
    #[test]
    fn what_was_understood_is_understood_again(path in "(/(v1|api|chat|x|completions)){0,4}", chat: bool, slash: bool) {
        let backend = if chat { BackendKind::OpenaiChat } else { BackendKind::Openai };
        let slash = if slash { "/" } else { "" };
        let at = |base_url: String| targets(&Settings { base_url: Some(base_url), backend, ..Settings::default() });
        if let Ok(first) = at(format!("gpu:9{path}{slash}")) {
            prop_assert_eq!(&at(first[0].url()).expect("the normal form is accepted"), &at(first[0].url()).expect("twice"));
            prop_assert_eq!(at(first[0].url()).expect("accepted")[0].url(), first[0].url());
        }
    }

    #[test]
    fn every_target_is_an_address_that_parses(base in "\\PC{0,24}", host in "\\PC{0,12}", port: u16) {
        let base_url = Some(base.trim().to_owned()).filter(|base| !base.is_empty());
        for target in targets(&Settings { base_url, host, port, ..Settings::default() }).unwrap_or_default() {
            let parsed = Address::parse(&target.url());
            prop_assert!(parsed.is_ok(), "{}", target.url());
            prop_assert_eq!(parsed.ok().map(|address| address.origin), target.origin);
        }
    }
}
