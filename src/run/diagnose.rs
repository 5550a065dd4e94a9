//! Why a page does not reach a server. `fetch` says the same few words for every cause, so the cause is found from the
//! addresses, and from what simpler requests meet; each has a sentence that tells what to do.

use std::net::IpAddr;

use super::lanes::is_loopback;
use crate::settings::BackendKind;

/// Where an address is, as browsers tell them apart (Local Network Access).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressSpace {
    /// This machine.
    Loopback,
    /// A private network.
    Local,
    /// Anywhere else, as far as an address tells.
    Public,
}

impl AddressSpace {
    /// What `fetch` wants to be told of such a target.
    pub fn fetch_option(self) -> Option<&'static str> {
        match self {
            Self::Loopback => Some("loopback"),
            Self::Local => Some("local"),
            Self::Public => None,
        }
    }

    /// The browser's name of the permission to reach it.
    pub fn permission(self) -> Option<&'static str> {
        match self {
            Self::Loopback => Some("loopback-network"),
            Self::Local => Some("local-network"),
            Self::Public => None,
        }
    }
}

/// Where a URL's host is.
pub fn address_space(url: &str) -> AddressSpace {
    let host = host(url);
    let private = match host.parse() {
        Ok(IpAddr::V4(ip)) => {
            let [a, b, ..] = ip.octets();
            ip.is_private() || ip.is_link_local() || (a == 100 && b & 0xc0 == 64)
        }
        Ok(IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => host.ends_with(".local"),
    };
    match (is_loopback(&host), private) {
        (true, _) => AddressSpace::Loopback,
        (false, true) => AddressSpace::Local,
        (false, false) => AddressSpace::Public,
    }
}

/// (scheme, authority) of a URL.
fn split(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    Some((scheme, authority.rsplit('@').next().unwrap_or_default()))
}

/// The host of a URL, in lower case and without brackets.
fn host(url: &str) -> String {
    let authority = split(url).map_or("", |(_, authority)| authority);
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.to_ascii_lowercase()
}

fn port(url: &str) -> Option<u16> {
    let (_, authority) = split(url)?;
    authority.rsplit_once(':')?.1.parse().ok()
}

/// The origin of a URL, as servers are told it.
pub fn origin(url: &str) -> String {
    split(url).map_or_else(String::new, |(scheme, authority)| format!("{scheme}://{authority}"))
}

/// Ports that no browser connects to: those of the Fetch standard above 1024, where LLM servers may be.
const BLOCKED_PORTS: [u16; 14] = [1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6697, 10080];

/// What is known of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence<'a> {
    /// The address that was asked for, whole.
    pub url: &'a str,
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
    /// Whether a request that needs no CORS preflight could be read.
    pub read_simply: Option<bool>,
    /// Whether the failure took so long that a time limit is likelier than a refusal.
    pub slow: bool,
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
    /// `0.0.0.0` is where a server listens, not where it is.
    Wildcard,
    /// The browser goes to this port for no page.
    BlockedPort,
    /// A secure page may not ask an insecure server.
    MixedContent,
    /// The browser withholds the local network from pages of the Internet.
    LocalNetwork,
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
    let Some((scheme, authority)) = split(url) else { return Some(Cause::BadUrl) };
    if !matches!(scheme, "http" | "https") || authority.is_empty() {
        return Some(Cause::BadUrl);
    }
    if host(url) == "0.0.0.0" {
        return Some(Cause::Wildcard);
    }
    if port(url).is_some_and(|port| BLOCKED_PORTS.contains(&port) || (6665..=6669).contains(&port)) {
        return Some(Cause::BlockedPort);
    }
    let mixed = page_url.starts_with("https:") && scheme == "http" && address_space(url) != AddressSpace::Loopback;
    mixed.then_some(Cause::MixedContent)
}

/// The likeliest cause.
pub fn cause(evidence: &Evidence<'_>) -> Cause {
    if let Some(cause) = by_address(evidence.url, evidence.page_url) {
        return cause;
    }
    let page_is_public = address_space(evidence.page_url) == AddressSpace::Public;
    let target_is_near = address_space(evidence.url) != AddressSpace::Public;
    let permitted = evidence.permission == Some(Permission::Granted);
    match (evidence.read_simply, evidence.reached_blindly) {
        (Some(true), _) => Cause::Preflight,
        (_, Some(true)) => Cause::Cors,
        _ if page_is_public && target_is_near && !permitted => Cause::LocalNetwork,
        _ if evidence.slow => Cause::Silent,
        _ => Cause::Nothing,
    }
}

/// The cause in a sentence or two, with what mends it.
pub fn sentence(cause: Cause, evidence: &Evidence<'_>) -> String {
    let Evidence { url, page_url, .. } = evidence;
    let (server, page) = (origin(url), origin(page_url));
    match cause {
        Cause::BadUrl => format!("{url} is not an address: the base URL must begin with http:// or https://."),
        Cause::Wildcard => {
            let mended = url.replacen("0.0.0.0", "127.0.0.1", 1);
            format!("0.0.0.0 is where a server listens, not an address to go to. Take {} instead.", origin(&mended))
        }
        Cause::BlockedPort => format!(
            "No browser connects to port {}: it is on the list of ports that are kept from pages. Let the server \
             listen on another one.",
            port(url).unwrap_or_default()
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
        Cause::Preflight => format!(
            "The server at {server} answers, but refuses this page's request before it is made (CORS preflight): it does \
             not allow {}. {} {}",
            if evidence.with_key { "the header that carries the API key, authorization" } else { "its headers" },
            header_remedy(evidence, &page),
            check(evidence, &page)
        ),
        Cause::Cors => format!(
            "The server at {server} is there, but does not let this page read its answers (CORS). {} {}",
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
        "To see what it allows: curl -i -X OPTIONS {} -H 'Origin: {page}' -H 'Access-Control-Request-Method: POST' -H \
         'Access-Control-Request-Headers: {headers}'",
        shell_word(evidence.url)
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
            page_url,
            backend: BackendKind::Vllm,
            with_key: false,
            permission: None,
            reached_blindly: Some(false),
            read_simply: Some(false),
            slow: false,
        }
    }

    #[test]
    fn tells_where_an_address_is() {
        for (url, space) in [
            ("http://localhost:8000/v1", AddressSpace::Loopback),
            ("http://s3.localhost", AddressSpace::Loopback),
            ("http://[::1]:8000", AddressSpace::Loopback),
            ("http://127.9.9.9", AddressSpace::Loopback),
            ("http://192.168.0.7:1", AddressSpace::Local),
            ("http://user:pw@10.0.0.1/", AddressSpace::Local),
            ("http://100.64.0.1", AddressSpace::Local),
            ("http://169.254.1.1", AddressSpace::Local),
            ("http://[fd00::1]", AddressSpace::Local),
            ("http://gpu.local:8000", AddressSpace::Local),
            ("https://100.128.0.1", AddressSpace::Public),
            ("https://api.example/v1?u=http://localhost", AddressSpace::Public),
            ("https://localhost.example", AddressSpace::Public),
        ] {
            assert_eq!(address_space(url), space, "{url}");
        }
    }

    #[test]
    fn some_addresses_tell_by_themselves() {
        let page = "https://gauge.example/";
        for (url, cause) in [
            ("localhost:8000/v1", Some(Cause::BadUrl)),
            ("ftp://x", Some(Cause::BadUrl)),
            ("http:///v1", Some(Cause::BadUrl)),
            ("http://0.0.0.0:8000/v1", Some(Cause::Wildcard)),
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
        assert_eq!(cause(&Evidence { read_simply: Some(true), ..near }), Cause::Preflight);
        let far = evidence("http://localhost:8000/v1", "https://gauge.example/");
        assert_eq!(cause(&far), Cause::LocalNetwork);
        assert_eq!(cause(&Evidence { permission: Some(Permission::Granted), ..far }), Cause::Nothing);
    }

    #[test]
    fn the_remedy_names_the_server_and_this_page() {
        let page = "http://localhost:8080/#model=m";
        let cors = evidence("http://10.0.0.2:8000/v1/completions", page);
        let text = sentence(Cause::Cors, &cors);
        assert!(text.contains("http://10.0.0.2:8000 is there"), "{text}");
        assert!(text.contains("--allowed-origins '[\"http://localhost:8080\"]'. To see"), "{text}");
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
        let wildcard = evidence("http://0.0.0.0:8000/v1", page);
        assert!(sentence(Cause::Wildcard, &wildcard).ends_with("Take http://127.0.0.1:8000 instead."));
    }
}
