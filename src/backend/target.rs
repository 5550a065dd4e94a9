//! Where requests go: base URL (or host and port) and endpoint in one normal form. Whatever sends, probes, confines, asks or
//! shows takes the address from here, so that what a person reads before a run is what is contacted.
//!
//! | given | understood |
//! | --- | --- |
//! | `/v1` at the end of the base URL and at the start of the endpoint | once |
//! | the whole endpoint in the base URL | the endpoint, as long as none was chosen |
//! | slashes at the end | none |
//! | `127.0.0.1:9900`, without a scheme | `http://`; a public host without a port must say which |
//! | a scheme, port or path in `host`; a bare IPv6 address there | as in a base URL; with brackets |
//! | `0.0.0.0` or `[::]`, `user:password@`, anything that a browser could read another way | refused |

use super::{COMPLETIONS_PATH, Place, backend};
use crate::address::{Address, AddressError, AddressSpace, Host, Origin};
use crate::settings::{BackendKind, SIMULATED_BASE_URL, Settings, names};

/// Where the requests for one base URL go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Scheme, host and port; `None` for the simulated server, whose address is relative to the page.
    pub origin: Option<Origin>,
    /// The path before the endpoint, without a slash at its end.
    pub base: String,
    /// The endpoint's path.
    pub endpoint: String,
    /// The path of the list of models; `None` where the kind of server has none.
    pub models: Option<String>,
    /// What follows the `?` in base URL and endpoint.
    pub query: Option<String>,
}

/// Why there is no address to send to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The address is none, or ambiguous.
    #[error("{}{} {error}.", field(.key), quoted(.text))]
    Address {
        /// The flag that it is in.
        key: &'static str,
        /// The address as it was typed.
        text: String,
        /// What is wrong with it.
        error: AddressError,
    },
    /// A public host with neither scheme nor port.
    #[error(
        "{} is \"{text}\", without a scheme: write http:// or https:// in front, whichever the server speaks.",
        field("base-url")
    )]
    NoScheme {
        /// The base URL as it was typed.
        text: String,
    },
    /// `0.0.0.0` or `[::]`.
    #[error("{} is {host}, which is where a server listens and not an address to connect to: for this machine write {instead}.", field(.key))]
    Unspecified {
        /// The flag that it is in.
        key: &'static str,
        /// The host as it was understood.
        host: Host,
        /// The loopback address of the same family.
        instead: &'static str,
    },
    /// A port in the host, and another in its own field.
    #[error("{} has the port {in_host}, and {} is {port}: remove one of them.", field("host"), field("port"))]
    TwoPorts {
        /// The port in the host.
        in_host: u16,
        /// The port in its own field.
        port: u16,
    },
    /// An endpoint in the base URL that is not the endpoint.
    #[error(
        "{} ends with {in_base}, an endpoint of its own, but requests for {backend} go to {endpoint}: remove it from the \
         base URL, or choose the backend that it belongs to.", field(.key)
    )]
    TwoEndpoints {
        /// The flag of the address.
        key: &'static str,
        /// The end of its path.
        in_base: String,
        /// The endpoint's path.
        endpoint: String,
        /// The backend.
        backend: BackendKind,
    },
    /// The endpoint belongs to another API.
    #[error("{} is {path}, but for {backend} it must end with {must}. Usual is {usual}.", field("endpoint"))]
    Endpoint {
        /// The path as set.
        path: String,
        /// The backend.
        backend: BackendKind,
        /// What it must end with.
        must: &'static str,
        /// The usual path.
        usual: &'static str,
    },
}

impl TargetError {
    /// The flag at fault.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Address { key, .. } | Self::Unspecified { key, .. } | Self::TwoEndpoints { key, .. } => key,
            Self::NoScheme { .. } => "base-url",
            Self::TwoPorts { .. } => "host",
            Self::Endpoint { .. } => "endpoint",
        }
    }
}

/// A field as sentences name it: "Base URL (base-url)".
fn field(key: &str) -> String {
    names(key).map_or_else(|| key.to_owned(), |(key, label)| format!("{label} ({key})"))
}

/// An address in a sentence; nothing of one that may hold a password.
fn quoted(text: &str) -> String {
    if text.is_empty() || text.contains('@') { String::new() } else { format!(" \"{text}\"") }
}

impl Target {
    /// The whole address of a request; relative to the page for the simulated server.
    pub fn url(&self) -> String {
        self.at(&format!("{}{}", self.base, self.endpoint))
    }

    /// The address up to the endpoint.
    pub fn base_url(&self) -> String {
        format!("{}{}", self.origin_text(), self.base)
    }

    /// The address of the list of models; `None` where the kind of server has none.
    pub fn models_url(&self) -> Option<String> {
        self.models.as_deref().map(|path| self.at(path))
    }

    /// Where the list of models would be if the base URL ended sooner, and the server's root: what else there may be to
    /// read, where the base URL is wrong.
    pub fn nearby_urls(&self) -> Vec<String> {
        let tail = self.models.as_deref().and_then(|path| path.strip_prefix(&self.base));
        let sooner = self.base.match_indices('/').rev().map(|(slash, _)| &self.base[..slash]);
        let lists = tail.into_iter().flat_map(|tail| sooner.clone().map(move |base| self.at(&format!("{base}{tail}"))));
        let root = self.origin.as_ref().map(|origin| format!("{origin}/"));
        lists.chain(root).collect()
    }

    /// The same server by the `n`-th of this machine's other names, where it has those.
    pub fn by_other_name(&self, n: u32) -> Option<Self> {
        let origin = self.origin.as_ref()?.other_name(n)?;
        Some(Self { origin: Some(origin), ..self.clone() })
    }

    fn at(&self, path: &str) -> String {
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{path}{query}", self.origin_text())
    }

    fn origin_text(&self) -> String {
        self.origin.as_ref().map(Origin::to_string).unwrap_or_default()
    }
}

/// Where requests go, one target per base URL; never empty.
///
/// # Errors
/// When an address cannot be used, or does not go with the endpoint.
pub fn targets(settings: &Settings) -> Result<Vec<Target>, TargetError> {
    let api = Api::of(settings)?;
    if settings.simulated_server {
        return Ok(vec![api.target(None, SIMULATED_BASE_URL, &api.path, None)]);
    }
    let base_urls = settings.base_urls();
    if base_urls.is_empty() {
        return Ok(vec![api.at("host", host(settings)?)?]);
    }
    base_urls.into_iter().map(|text| api.at("base-url", base_url(text)?)).collect()
}

/// The addresses of [`targets`] as text. Where they cannot be used, what was typed in their place, without any password.
pub fn target_urls(settings: &Settings) -> Vec<String> {
    let without_user = |text: &str| text.rsplit('@').next().unwrap_or(text).to_owned();
    match targets(settings) {
        Ok(targets) => targets.iter().map(Target::url).collect(),
        Err(_) if settings.base_urls().is_empty() => vec![without_user(&settings.host)],
        Err(_) => settings.base_urls().into_iter().map(without_user).collect(),
    }
}

/// The API that is asked: the endpoint, and what its kind of server usually has.
struct Api {
    backend: BackendKind,
    place: Place,
    path: String,
    query: Option<String>,
    /// Whether nobody chose another endpoint than the usual one.
    is_usual: bool,
}

impl Api {
    /// The reference's default endpoint is the completions API's; for a server of another kind it means that nobody chose
    /// one, and the kind's usual one is taken. One that belongs to another API is refused, for its stream would be
    /// misread; the reference asserts the same.
    fn of(settings: &Settings) -> Result<Self, TargetError> {
        let (backend, place) = (settings.backend, backend(settings.backend).place());
        let chosen = if settings.endpoint == COMPLETIONS_PATH { place.path } else { &settings.endpoint };
        let (path, query) = match chosen.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (chosen, None),
        };
        let path = path.trim_end_matches('/');
        // A chat path also ends with "completions".
        let is_chat = path.ends_with("chat/completions") && !place.path_end.starts_with("chat");
        if !path.ends_with(place.path_end) || is_chat {
            let (must, usual) = (place.path_end, place.path);
            return Err(TargetError::Endpoint { path: chosen.to_owned(), backend, must, usual });
        }
        let is_usual = path == place.path;
        let path = if path.is_empty() { "/" } else { path }.to_owned();
        Ok(Self { backend, place, path, query, is_usual })
    }

    fn at(&self, key: &'static str, address: Address) -> Result<Target, TargetError> {
        if address.origin.host.is_unspecified() {
            let instead = if matches!(address.origin.host, Host::V6(_)) { "[::1]" } else { "127.0.0.1" };
            return Err(TargetError::Unspecified { key, host: address.origin.host, instead });
        }
        let path = address.path.trim_end_matches('/');
        let two = |in_base: &str| TargetError::TwoEndpoints {
            key,
            in_base: format!("/{in_base}"),
            endpoint: self.path.clone(),
            backend: self.backend,
        };
        let (base, endpoint) = self.join(path).map_err(two)?;
        Ok(self.target(Some(address.origin), base, endpoint, address.query))
    }

    /// The part of a base URL's path before the endpoint, and the endpoint there. Segments that the one ends and the other
    /// begins with are taken once. The error is the other endpoint with which the path ends.
    fn join<'a>(&'a self, path: &'a str) -> Result<(&'a str, &'a str), &'static str> {
        let begins =
            |end: &str| self.path.strip_prefix(end).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if let Some((shared, _)) = path.match_indices('/').find(|(at, _)| begins(&path[*at..])) {
            return Ok((&path[..shared], &self.path));
        }
        match known_end(path) {
            None => Ok((path, &self.path)),
            Some(end) if end == self.place.path_end && self.is_usual => Ok(path.split_at(path.len() - end.len() - 1)),
            Some(end) => Err(end),
        }
    }

    fn target(&self, origin: Option<Origin>, base: &str, endpoint: &str, query: Option<String>) -> Target {
        let queries: Vec<String> = query.into_iter().chain(self.query.clone()).collect();
        Target {
            origin,
            base: base.to_owned(),
            endpoint: endpoint.to_owned(),
            models: self.models(&format!("{base}{endpoint}")),
            query: Some(queries.join("&")).filter(|query| !query.is_empty()),
        }
    }

    /// The list of models is where it usually is, seen from the endpoint: beside it (`/v1/models`) or at the server's root.
    fn models(&self, path: &str) -> Option<String> {
        let before_end = |path: &str| {
            let before = path.strip_suffix(self.place.path_end).unwrap_or(path);
            before.rfind('/').map_or_else(String::new, |slash| before[..slash].to_owned())
        };
        let beside = self.place.models?.strip_prefix(&before_end(self.place.path))?;
        Some(before_end(path) + beside)
    }
}

/// The end of a path, if some kind of server has it as its endpoint: the longest, for some end alike.
fn known_end(path: &str) -> Option<&'static str> {
    let ends = BackendKind::ALL.iter().map(|kind| backend(*kind).place().path_end).filter(|end| !end.is_empty());
    let has = |end: &&str| path.strip_suffix(*end).is_some_and(|before| before.ends_with('/'));
    ends.filter(has).max_by_key(|end| end.len())
}

/// Reads one base URL.
fn base_url(text: &str) -> Result<Address, TargetError> {
    let wrong = |error| TargetError::Address { key: "base-url", text: text.to_owned(), error };
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    if text[authority.len()..].starts_with("//") && authority.ends_with(':') {
        return Address::parse(text).map_err(wrong);
    }
    if authority.contains('@') {
        return Err(wrong(AddressError::Credentials));
    }
    // Before a colon stands a host where a port or the rest of an IPv6 address follows, else a scheme.
    let port = authority.split_once(':').map(|(_, port)| port);
    let is_port = |port: &str| port.starts_with(|c: char| c.is_ascii_digit() || c == ':');
    if authority.is_empty() || (!authority.starts_with('[') && !port.is_none_or(is_port)) {
        return Err(wrong(AddressError::Scheme));
    }
    let address = Address::parse(&format!("http://{text}")).map_err(wrong)?;
    if address.origin.space() == AddressSpace::Public && !has_port(authority) {
        return Err(TargetError::NoScheme { text: text.to_owned() });
    }
    Ok(address)
}

/// Reads host and port; the host may be a bare IPv6 address, or hold more than a host.
fn host(settings: &Settings) -> Result<Address, TargetError> {
    let text = settings.host.as_str();
    let wrong = |error| TargetError::Address { key: "host", text: text.to_owned(), error };
    if let Ok(ip) = text.parse() {
        let origin = Origin { https: false, host: Host::V6(ip), port: None }.with_port(settings.port);
        return Ok(Address { origin, path: String::new(), query: None });
    }
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let whole = if rest.len() < text.len() { text.to_owned() } else { format!("http://{text}") };
    let address = Address::parse(&whole).map_err(wrong)?;
    if !has_port(rest.split(['/', '?']).next().unwrap_or_default()) {
        return Ok(Address { origin: address.origin.with_port(settings.port), ..address });
    }
    let in_host = address.origin.port();
    if settings.port != in_host && settings.port != Settings::default().port {
        return Err(TargetError::TwoPorts { in_host, port: settings.port });
    }
    Ok(address)
}

/// Whether a port follows the host.
fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}
