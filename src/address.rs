//! Hosts and addresses: what an `http` or `https` address says, and whether its host is this machine, a private network or
//! anything else. This is the only answer to "is it local?", and security rests on it, so it is strict: where a browser
//! could read an address another way than it looks (`127.1`, `%6cocalhost`, backslashes, user names), it is refused with
//! a sentence and never guessed at. What is accepted, a browser reads alike (`tests/address.rs`, `tests/web_address.rs`).
//!
//! Rules: the URL Standard (<https://url.spec.whatwg.org/>), and Local Network Access for the address spaces.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Where a host is, as Local Network Access tells hosts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressSpace {
    /// This machine: nothing that is sent there crosses a network.
    Loopback,
    /// A private network: RFC 1918, link-local, unique local, shared (100.64.0.0/10) addresses, and names in `.local`.
    Local,
    /// Anywhere else, and every host of which this cannot be told.
    Public,
}

/// A host, as a URL names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, in lower case and without a dot at its end.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address.
    V6(Ipv6Addr),
}

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Whether the scheme is `https`; otherwise it is `http`.
    pub https: bool,
    /// The host.
    pub host: Host,
    /// The port; `None` when it is the scheme's own, 80 or 443.
    pub port: Option<u16>,
}

/// An absolute `http` or `https` address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Scheme, host and port.
    pub origin: Origin,
    /// The path as it was given; empty, or beginning with a slash.
    pub path: String,
    /// What follows the `?`, without it.
    pub query: Option<String>,
}

/// Why an address is refused: the rest of a sentence that begins with the field's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Another scheme, or none.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// `user:password@`.
    #[error(
        "contains a user name or password (the part before @), which browsers do not send: remove it. An API key belongs \
         in the API key field"
    )]
    Credentials,
    /// `http:///path`.
    #[error("has no host after http:// or https://")]
    NoHost,
    /// A browser takes a backslash for a slash.
    #[error("contains a backslash, which browsers read as a slash: write / instead")]
    Backslash,
    /// White space or a control character.
    #[error("contains a space or a control character: remove it")]
    Space,
    /// `#`.
    #[error("contains a #, and browsers send nothing of what follows it: remove it")]
    Fragment,
    /// A character that a host name does not have, or that a browser would rewrite.
    #[error(
        "has the host \"{0}\", which is not a plain host name: use the letters a to z, digits, hyphens and dots (for \
         other scripts, the name's xn-- form)"
    )]
    Name(String),
    /// A short, octal, hexadecimal or otherwise unusual IPv4 address.
    #[error("has the host \"{0}\", which is not an IPv4 address: write four numbers from 0 to 255, such as 127.0.0.1")]
    Ipv4(String),
    /// Text in brackets that is no IPv6 address; a zone such as `%eth0` is not part of one in a browser.
    #[error("has the host \"[{0}]\", which is not an IPv6 address that browsers accept, such as [::1]")]
    Ipv6(String),
    /// An IPv6 address without brackets.
    #[error("has an IPv6 address without brackets: write it as in http://[::1]:8000")]
    NoBrackets,
    /// A port that is not a number, or out of range.
    #[error("has the port \"{0}\", which is not a number from 0 to 65535")]
    Port(String),
}

impl Host {
    /// Reads a host as it stands in a URL: an IPv6 address in brackets.
    ///
    /// # Errors
    /// When it is none, or a browser could take it for another.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if let Some(inner) = text.strip_prefix('[') {
            let address = inner.strip_suffix(']').unwrap_or(inner);
            let bracketed = address.len() < inner.len();
            let parsed = address.parse().ok().filter(|_| bracketed);
            return parsed.map(Self::V6).ok_or_else(|| AddressError::Ipv6(address.to_owned()));
        }
        if text.is_empty() {
            return Err(AddressError::NoHost);
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if !name.split('.').all(is_label) {
            return Err(AddressError::Name(text.to_owned()));
        }
        if name.rsplit('.').next().is_some_and(is_number) {
            // Rust reads four decimal numbers without leading zeros and nothing else, which every reader reads alike.
            return name.parse().map(Self::V4).map_err(|_| AddressError::Ipv4(text.to_owned()));
        }
        Ok(Self::Name(name))
    }

    /// Where the host is.
    pub fn space(&self) -> AddressSpace {
        match self {
            Self::Name(name) if name == "localhost" || name.ends_with(".localhost") => AddressSpace::Loopback,
            Self::Name(name) if name.ends_with(".local") => AddressSpace::Local,
            Self::Name(_) => AddressSpace::Public,
            Self::V4(ip) => space_v4(*ip),
            Self::V6(ip) => ip.to_ipv4_mapped().map_or_else(|| space_v6(*ip), space_v4),
        }
    }

    /// Whether this is `0.0.0.0` or `[::]`, where a server listens and nobody can go.
    pub fn is_unspecified(&self) -> bool {
        match self {
            Self::Name(_) => false,
            Self::V4(ip) => ip.is_unspecified(),
            Self::V6(ip) => ip.to_ipv4_mapped().map_or_else(|| ip.is_unspecified(), |ip| ip.is_unspecified()),
        }
    }
}

/// Whether a browser leaves a part of a name as it is. A label in the `xn--` form that ends with a hyphen would decode to
/// plain ASCII, and so to another name.
fn is_label(label: &str) -> bool {
    let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    !label.is_empty() && plain && !(label.starts_with("xn--") && label.ends_with('-'))
}

/// Whether a browser takes a host for an IPv4 address because of this last part.
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(hex) => hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn space_v4(ip: Ipv4Addr) -> AddressSpace {
    let [a, b, ..] = ip.octets();
    let shared = a == 100 && b & 0xc0 == 64;
    match ip {
        _ if ip.is_loopback() => AddressSpace::Loopback,
        _ if ip.is_private() || ip.is_link_local() || shared => AddressSpace::Local,
        _ => AddressSpace::Public,
    }
}

fn space_v6(ip: Ipv6Addr) -> AddressSpace {
    match ip {
        Ipv6Addr::LOCALHOST => AddressSpace::Loopback,
        _ if ip.is_unique_local() || ip.is_unicast_link_local() => AddressSpace::Local,
        _ => AddressSpace::Public,
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(ip) => ip.fmt(f),
            // Browsers write the end of an IPv4-mapped address as numbers, unlike Rust.
            Self::V6(ip) => match (ip.to_ipv4_mapped(), ip.segments()) {
                (Some(_), [.., high, low]) => write!(f, "[::ffff:{high:x}:{low:x}]"),
                (None, _) => write!(f, "[{ip}]"),
            },
        }
    }
}

impl Origin {
    /// Where the host is.
    pub fn space(&self) -> AddressSpace {
        self.host.space()
    }

    /// "http" or "https".
    pub fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// The port, the scheme's own included.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.https { 443 } else { 80 })
    }

    /// The same origin at another port.
    pub fn with_port(self, port: u16) -> Self {
        let usual = if self.https { 443 } else { 80 };
        Self { port: Some(port).filter(|port| *port != usual), ..self }
    }

    /// Whether what is sent there can be read on its way: it is plain http, and leaves this machine.
    pub fn is_plain_and_far(&self) -> bool {
        !self.https && self.space() != AddressSpace::Loopback
    }

    /// The same server by another of this machine's names, `s{n}.localhost`, each of which has connections of its own;
    /// `None` where it is not on this machine, or a certificate would not know the name.
    pub fn other_name(&self, n: u32) -> Option<Self> {
        let may = !self.https && self.space() == AddressSpace::Loopback;
        may.then(|| Self { host: Host::Name(format!("s{n}.localhost")), ..self.clone() })
    }

    /// Reads scheme, host and port up to the path, and gives what is left.
    fn parse(text: &str) -> Result<(Self, &str), AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Scheme)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(AddressError::Scheme),
        };
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(AddressError::Credentials);
        }
        let after_host = match authority.find(']') {
            Some(bracket) if authority.starts_with('[') => bracket + 1,
            _ => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, port) = authority.split_at(after_host);
        if port.bytes().filter(|byte| *byte == b':').count() > 1 {
            return Err(AddressError::NoBrackets);
        }
        let origin = Self { https, host: Host::parse(host)?, port: None };
        if port.is_empty() { Ok((origin, rest)) } else { Ok((origin.with_port(parse_port(port)?), rest)) }
    }
}

/// Reads ":8000".
fn parse_port(text: &str) -> Result<u16, AddressError> {
    let digits = text.strip_prefix(':').unwrap_or(text);
    let number = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()) && digits != text);
    number.ok_or_else(|| AddressError::Port(digits.to_owned()))
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl Address {
    /// Reads an absolute address.
    ///
    /// # Errors
    /// When it is none that a browser can send requests to, or a browser could read it another way.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        refuse_ambiguous(text)?;
        let (origin, rest) = Origin::parse(text)?;
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (rest, None),
        };
        Ok(Self { origin, path: path.to_owned(), query })
    }
}

/// Refuses the characters that a browser removes, rewrites or keeps to itself, wherever they are.
fn refuse_ambiguous(text: &str) -> Result<(), AddressError> {
    match text.chars().find(|c| matches!(c, '\\' | '#') || c.is_whitespace() || c.is_control()) {
        Some('\\') => Err(AddressError::Backslash),
        Some('#') => Err(AddressError::Fragment),
        Some(_) => Err(AddressError::Space),
        None => Ok(()),
    }
}

/// The origin that a browser contacts for an address which may be relative to a page; `None` where a page has no origin,
/// as one from disk. A fragment, which is not sent, is not looked at.
///
/// # Errors
/// As [`Address::parse`], and for an address such as `//host`, which takes its scheme from the page.
pub fn contacted(text: &str, page: Option<&Origin>) -> Result<Option<Origin>, AddressError> {
    let text = text.split('#').next().unwrap_or_default();
    refuse_ambiguous(text)?;
    if has_scheme(text) || text.starts_with("//") {
        return Address::parse(text).map(|address| Some(address.origin));
    }
    Ok(page.cloned())
}

/// Whether a browser takes what stands before the first colon for a scheme.
fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}
