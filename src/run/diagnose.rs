//! Why a page does not reach a server. `fetch` says the same few words for every cause, so the cause is found from the
//! addresses, and from what simpler requests meet; each has a sentence that tells what to do.

use crate::address::{Address, AddressSpace};
use crate::settings::BackendKind;

/// Where a URL's host is; one that cannot be read is taken for public.
pub fn address_space(url: &str) -> AddressSpace {
    Address::parse(url).map_or(AddressSpace::Public, |address| address.origin.space())
}

/// What `fetch` is to be told of a target in this space (`targetAddressSpace`).
pub fn fetch_option(space: AddressSpace) -> Option<&'static str> {
    match space {
        AddressSpace::Loopback => Some("loopback"),
        AddressSpace::Local => Some("local"),
        AddressSpace::Public => None,
    }
}

/// The browser's name of the permission to reach this space.
pub fn permission(space: AddressSpace) -> Option<&'static str> {
    match space {
        AddressSpace::Loopback => Some("loopback-network"),
        AddressSpace::Local => Some("local-network"),
        AddressSpace::Public => None,
    }
}

/// A URL's origin, as servers are told it; "null" for a page without one, as one from disk.
fn origin(url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    Address::parse(url).map_or_else(|_| "null".to_owned(), |address| address.origin.to_string())
}

/// Ports that no browser connects to: those of the Fetch standard above 1024, where LLM servers may be.
const BLOCKED_PORTS: [u16; 14] = [1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6697, 10080];

/// What is known of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence<'a> {
    /// The address that was asked for, whole.
    pub url: &'a str,
    /// "POST" for a run's requests, "GET" for the list of models.
    pub method: &'a str,
    /// The page's address.
    pub page_url: &'a str,
    /// The kind of server.
    pub backend: BackendKind,
    /// Whether an API key was sent.
    pub with_key: bool,
    /// State of the browser's permission to reach the local network: "granted", "prompt" or "denied".
    pub permission: Option<Permission>,
    /// Whether a request whose answer no page may read reached the server; none if it was not tried.
    pub reached_blindly: Option<bool>,
    /// What a request met that needs no CORS preflight.
    pub simple: Simple,
    /// Whether the server redirects to another origin.
    pub leads_away: bool,
    /// An address of the same server that this page may read; none where there is none, or none was tried.
    pub readable: Option<&'a str>,
    /// Whether the failure took so long that a time limit is likelier than a refusal.
    pub slow: bool,
}

/// What a request met that needs no CORS preflight and follows no redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simple {
    /// An answer with this status, which the page may read.
    Status(u16),
    /// A redirect.
    Redirect,
    /// No answer, or none that the page may read.
    Nothing,
}

/// What a browser permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// It does.
    Granted,
    /// It would ask.
    Prompt,
    /// It does not.
    Denied,
}

/// Why a server is not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No address that a browser can go to.
    BadUrl,
    /// The browser goes to this port for no page.
    BlockedPort,
    /// A secure page may not ask an insecure server.
    MixedContent,
    /// The browser withholds the local network from pages of the Internet.
    LocalNetwork,
    /// The server redirects, and a run follows no redirect.
    Redirect,
    /// The server says that there is nothing at this path.
    NoSuchPath(u16),
    /// The server lets this page read another of its paths, but not this one.
    OnlyElsewhere,
    /// The server answers, but its CORS preflight refuses what we send.
    Preflight,
    /// The server answers, but lets no page of this origin read it.
    Cors,
    /// Nothing answers there.
    Nothing,
    /// Nothing answers in time.
    Silent,
}

/// The cause, from the addresses alone, where they suffice.
pub fn by_address(url: &str, page_url: &str) -> Option<Cause> {
    let Ok(Address { origin, .. }) = Address::parse(url) else { return Some(Cause::BadUrl) };
    if BLOCKED_PORTS.contains(&origin.port()) || (6665..=6669).contains(&origin.port()) {
        return Some(Cause::BlockedPort);
    }
    (page_url.starts_with("https:") && origin.is_plain_and_far()).then_some(Cause::MixedContent)
}

/// The likeliest cause.
pub fn cause(evidence: &Evidence<'_>) -> Cause {
    if let Some(cause) = by_address(evidence.url, evidence.page_url) {
        return cause;
    }
    let page_is_public = address_space(evidence.page_url) == AddressSpace::Public;
    let target_is_near = address_space(evidence.url) != AddressSpace::Public;
    let permitted = evidence.permission == Some(Permission::Granted);
    match (evidence.simple, evidence.reached_blindly) {
        (Simple::Redirect, _) => Cause::Redirect,
        _ if evidence.leads_away => Cause::Redirect,
        (Simple::Status(status @ (404 | 405 | 410)), _) => Cause::NoSuchPath(status),
        (Simple::Status(300..=399), _) => Cause::Redirect,
        (Simple::Status(_), _) => Cause::Preflight,
        (Simple::Nothing, Some(true)) if evidence.readable.is_some() => Cause::OnlyElsewhere,
        (Simple::Nothing, Some(true)) => Cause::Cors,
        _ if page_is_public && target_is_near && !permitted => Cause::LocalNetwork,
        _ if evidence.slow => Cause::Silent,
        _ => Cause::Nothing,
    }
}

/// The cause in a sentence or two, with what mends it.
pub fn sentence(cause: Cause, evidence: &Evidence<'_>) -> String {
    let Evidence { url, page_url, .. } = evidence;
    let (server, page) = (origin(url), origin(page_url));
    let post = if evidence.method == "POST" { " -X POST" } else { "" };
    match cause {
        Cause::BadUrl => format!("{url} is not an address that a browser can go to. Check Base URL (base-url)."),
        Cause::BlockedPort => format!(
            "No browser connects to port {}: it is on the list of ports that are kept from pages. Let the server \
             listen on another one.",
            Address::parse(url).map_or(0, |address| address.origin.port())
        ),
        Cause::MixedContent => format!(
            "This page came over https, and from such a page a browser asks no server over plain http. Open the page \
             over http (`cargo xtask serve` on your machine), or put https in front of {server}."
        ),
        Cause::LocalNetwork => format!(
            "The browser keeps pages of the Internet from {server}, which is on your machine or network. Allow \"Local \
             network access\" for this site (beside the address bar), or open the page from your own machine \
             (`cargo xtask serve`), where no leave is needed."
        ),
        Cause::Redirect => format!(
            "The server at {server} redirects {url} to another address, and no request is sent on to where a redirect \
             leads. Write the address that it leads to as the base URL: often with https:// in place of http://, or \
             another path. To see it: curl -si{post} {}",
            shell_word(url)
        ),
        Cause::NoSuchPath(status) => format!(
            "The server at {server} answers {status} ({}) at {url}: the path is probably wrong. Check Base URL \
             (base-url) and Endpoint (endpoint).",
            if status == 405 { "method not allowed" } else { "not found" }
        ),
        Cause::OnlyElsewhere => format!(
            "The server at {server} lets this page read {}, but not {url}. The path is probably wrong, for many servers \
             send no CORS headers with \"not found\": check Base URL (base-url) and Endpoint (endpoint). If the path is \
             right, the server's CORS settings leave it out. {}",
            evidence.readable.unwrap_or_default(),
            check(evidence, &page)
        ),
        Cause::Preflight => format!(
            "The server at {server} answers, but refuses this page's request before it is made (CORS preflight): it does \
             not allow {}. {} {}",
            if evidence.with_key { "the header that carries the API key, authorization" } else { "its headers" },
            header_remedy(evidence, &page),
            check(evidence, &page)
        ),
        Cause::Cors => format!(
            "The server at {server} is there, but does not let this page read its answers (CORS). {} A wrong path looks \
             the same to a page: {url} was asked for. {}",
            remedy(evidence, &page),
            check(evidence, &page)
        ),
        Cause::Nothing => format!(
            "Nothing answers at {server}. Is the server running, is the address right, and does its port accept \
             connections from here?"
        ),
        Cause::Silent => format!(
            "{server} did not answer in time. A firewall may drop what is sent there, or the address is of another \
             machine."
        ),
    }
}

/// What lets this page in, by kind of server.
fn remedy(evidence: &Evidence<'_>, page: &str) -> String {
    match evidence.backend {
        BackendKind::Vllm | BackendKind::Aphrodite => {
            format!("Start it with --allowed-origins '[\"{page}\"]'.")
        }
        BackendKind::Tgi => format!("Start it with --cors-allow-origin {page}."),
        BackendKind::Lmdeploy => format!("Start it with --allow-origins {page}."),
        BackendKind::Openai | BackendKind::OpenaiChat => format!(
            "What lets it in: vLLM: --allowed-origins '[\"{page}\"]'. Ollama: OLLAMA_ORIGINS={page}. llama.cpp: \
             --cors-origins {page}. LM Studio: lms server start --cors. Others: a proxy that serves this page and the \
             API on one origin."
        ),
        BackendKind::Sglang | BackendKind::Scalellm | BackendKind::DeepspeedMii | BackendKind::TensorrtLlm => {
            ONE_ORIGIN.into()
        }
    }
}

/// What mends a server that lets every page in, but refuses this request's headers.
fn header_remedy(evidence: &Evidence<'_>, page: &str) -> String {
    match evidence.backend {
        BackendKind::Tgi if evidence.with_key => {
            "TGI accepts no API key from a page (its CORS layer allows Content-Type alone): run without a key, or put a \
             proxy in front of it that serves this page and the API on one origin."
                .into()
        }
        BackendKind::Vllm | BackendKind::Aphrodite => "Start it with --allowed-headers '[\"*\"]'.".into(),
        BackendKind::Lmdeploy => "Start it with --allow-headers '*'.".into(),
        BackendKind::Openai | BackendKind::OpenaiChat => {
            let headers = if evidence.with_key { "authorization,content-type" } else { "content-type" };
            format!(
                "What mends it: vLLM: --allowed-headers '[\"*\"]'. llama.cpp: --cors-headers {headers}. Ollama: \
                 OLLAMA_ORIGINS={page}. LM Studio: lms server start --cors. Others: a proxy that serves this page and the \
                 API on one origin."
            )
        }
        _ => remedy(evidence, page),
    }
}

const ONE_ORIGIN: &str = "Put a proxy in front of it that serves this page and the API on one origin.";

/// A line for a terminal that shows what the server says to a browser that asks for leave.
fn check(evidence: &Evidence<'_>, page: &str) -> String {
    let headers = if evidence.with_key { "authorization,content-type" } else { "content-type" };
    format!(
        "To see what it allows: curl -i -X OPTIONS {} -H 'Origin: {page}' -H 'Access-Control-Request-Method: {}' -H \
         'Access-Control-Request-Headers: {headers}'",
        shell_word(evidence.url),
        evidence.method,
    )
}

/// A text as one word of a shell's line.
fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence<'a>(url: &'a str, page_url: &'a str) -> Evidence<'a> {
        Evidence {
            url,
            method: "POST",
            page_url,
            backend: BackendKind::Vllm,
            with_key: false,
            permission: None,
            reached_blindly: Some(false),
            simple: Simple::Nothing,
            leads_away: false,
            readable: None,
            slow: false,
        }
    }

    #[test]
    fn some_addresses_tell_by_themselves() {
        let page = "https://gauge.example/";
        for (url, cause) in [
            ("localhost:8000/v1", Some(Cause::BadUrl)),
            ("ftp://x", Some(Cause::BadUrl)),
            ("http:///v1", Some(Cause::BadUrl)),
            ("http://127.1:8000/v1", Some(Cause::BadUrl)),
            ("http://localhost:6000/v1", Some(Cause::BlockedPort)),
            ("http://localhost:6667/v1", Some(Cause::BlockedPort)),
            ("http://gpu.example/v1", Some(Cause::MixedContent)),
            ("http://127.0.0.1:8000/v1", None),
            ("https://gpu.example/v1", None),
        ] {
            assert_eq!(by_address(url, page), cause, "{url}");
        }
        assert_eq!(by_address("http://gpu.example/v1", "http://localhost:8080/"), None);
    }

    #[test]
    fn weighs_what_simpler_requests_met() {
        let near = evidence("http://localhost:8000/v1", "http://localhost:8080/");
        assert_eq!(cause(&near), Cause::Nothing);
        assert_eq!(cause(&Evidence { slow: true, ..near }), Cause::Silent);
        assert_eq!(cause(&Evidence { reached_blindly: Some(true), ..near }), Cause::Cors);
        assert_eq!(cause(&Evidence { simple: Simple::Status(400), ..near }), Cause::Preflight);
        let far = evidence("http://localhost:8000/v1", "https://gauge.example/");
        assert_eq!(cause(&far), Cause::LocalNetwork);
        assert_eq!(cause(&Evidence { permission: Some(Permission::Granted), ..far }), Cause::Nothing);
    }

    #[test]
    fn a_wrong_address_is_named_before_cors_is() {
        let page = "http://localhost:8080/";
        let cut_off = Evidence { reached_blindly: Some(true), ..evidence("http://gpu:8000/v2/completions", page) };
        for (found, expected, words) in [
            (Evidence { simple: Simple::Redirect, ..cut_off }, Cause::Redirect, "redirects"),
            (Evidence { leads_away: true, ..cut_off }, Cause::Redirect, "curl -si -X POST 'http://gpu:8000/v2/"),
            (Evidence { leads_away: true, reached_blindly: Some(false), ..cut_off }, Cause::Redirect, "redirects"),
            (Evidence { simple: Simple::Status(404), ..cut_off }, Cause::NoSuchPath(404), "404 (not found)"),
            (Evidence { simple: Simple::Status(405), ..cut_off }, Cause::NoSuchPath(405), "Endpoint (endpoint)"),
            (
                Evidence { readable: Some("http://gpu:8000/v1/models"), ..cut_off },
                Cause::OnlyElsewhere,
                "read http://gpu:8000/v1/models, but not http://gpu:8000/v2/completions",
            ),
        ] {
            assert_eq!(cause(&found), expected);
            let text = sentence(expected, &found);
            assert!(text.contains(words) && !text.contains("allowed-origins") && !text.contains("reflight"), "{text}");
        }
        assert!(sentence(Cause::Cors, &cut_off).contains("http://gpu:8000/v2/completions was asked for"));
    }

    #[test]
    fn the_remedy_names_the_server_and_this_page() {
        let page = "http://localhost:8080/#model=m";
        let cors = evidence("http://10.0.0.2:8000/v1/completions", page);
        let text = sentence(Cause::Cors, &cors);
        assert!(text.contains("http://10.0.0.2:8000 is there"), "{text}");
        assert!(text.contains("--allowed-origins '[\"http://localhost:8080\"]'. A wrong path"), "{text}");
        assert!(
            text.ends_with(
                "curl -i -X OPTIONS 'http://10.0.0.2:8000/v1/completions' -H 'Origin: http://localhost:8080' -H \
                 'Access-Control-Request-Method: POST' -H 'Access-Control-Request-Headers: content-type'"
            ),
            "{text}"
        );
        let keyed = Evidence { with_key: true, ..cors };
        let text = sentence(Cause::Preflight, &keyed);
        assert!(text.contains("--allowed-headers '[\"*\"]'") && text.contains("authorization,content-type"), "{text}");
        let tgi = Evidence { backend: BackendKind::Tgi, ..keyed };
        assert!(sentence(Cause::Preflight, &tgi).contains("TGI accepts no API key"));
        assert!(sentence(Cause::Cors, &tgi).contains("--cors-allow-origin http://localhost:8080"));
    }
}
