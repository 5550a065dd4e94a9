//! The parts of HTTP/1.1 that a static server needs, as functions of text: request heads, safe paths, byte ranges and
//! media types. RFC 9110 and 9112 are the rules.

use std::path::PathBuf;

/// The head of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// GET, HEAD, PUT…
    pub method: String,
    /// The target's path, still percent-encoded, without its query.
    pub path: String,
    headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a head: its lines without the empty one that ends it. None when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() || !version.starts_with("HTTP/1.") || !target.starts_with('/') {
            return None;
        }
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers = lines.map(header).collect::<Option<_>>()?;
        let path = target.split(['?', '#']).next()?.to_owned();
        Some(Self { method: method.to_owned(), path, headers })
    }

    /// A header's value; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// The file under the served folder that a path asks for, as a relative path; a folder's index.html for a path that ends
/// in a slash. None for whatever leads out of the folder or is no file's name.
pub fn safe_path(path: &str) -> Option<PathBuf> {
    let decoded = percent_decode(path)?;
    let mut out = PathBuf::new();
    for part in decoded.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." || part.contains(['\\', ':', '\0']) {
            return None;
        }
        out.push(part);
    }
    if decoded.ends_with('/') {
        out.push("index.html");
    }
    Some(out)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

/// What part of a file to send.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it: no range was asked for, or one that may be ignored.
    Whole,
    /// From the first byte to the last, both included.
    Bytes(u64, u64),
    /// Nothing of the file lies in the range.
    Outside,
}

/// Reads a Range header for a file of this length. Several ranges at a time are answered with the whole file, as the
/// rules allow.
pub fn range(header: Option<&str>, len: u64) -> Part {
    let Some((first, last)) = header.and_then(|value| value.strip_prefix("bytes=")?.split_once('-')) else {
        return Part::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim(), last.trim()) {
        ("", suffix) => match number(suffix) {
            Some(0) => Part::Outside,
            Some(_) if len == 0 => Part::Outside,
            Some(count) => Part::Bytes(len.saturating_sub(count), len - 1),
            None => Part::Whole,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), _) if first >= len && (last.is_empty() || number(last).is_some()) => Part::Outside,
            (Some(first), None) if last.is_empty() => Part::Bytes(first, len - 1),
            (Some(first), Some(last)) if first <= last => Part::Bytes(first, last.min(len - 1)),
            _ => Part::Whole,
        },
    }
}

/// The media type of a file, by its name's ending.
pub fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "jsonl" | "txt" | "md" | "jinja" | "csv" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn reads_a_head() {
        let head = Head::parse("GET /a%20b?x=1 HTTP/1.1\r\nHost: localhost\r\nRANGE:  bytes=1-2 \r\n").unwrap();
        assert_eq!((head.method.as_str(), head.path.as_str()), ("GET", "/a%20b"));
        assert_eq!(head.header("range"), Some("bytes=1-2"));
        assert_eq!(head.header("accept"), None);
    }

    #[test]
    fn refuses_what_is_no_head() {
        for text in
            ["", "GET", "GET /", "GET / HTTP/2", "GET http://x/ HTTP/1.1", "GET / HTTP/1.1 x", "GET / HTTP/1.1\r\nx"]
        {
            assert_eq!(Head::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn paths_stay_in_the_folder() {
        assert_eq!(safe_path("/").unwrap(), Path::new("index.html"));
        assert_eq!(safe_path("/demo/").unwrap(), Path::new("demo/index.html"));
        assert_eq!(safe_path("//a//./b%20c.json").unwrap(), Path::new("a/b c.json"));
        for path in
            ["/../x", "/a/../../x", "/%2e%2e/x", "/a%2f..%2f..%2fx", "/..\\x", "/c:/x", "/%00", "/%zz", "/%ff", "/%2"]
        {
            assert_eq!(safe_path(path), None, "{path}");
        }
    }

    #[test]
    fn ranges_are_read_as_the_rules_say() {
        let of = |header| range(Some(header), 10);
        assert_eq!(range(None, 10), Part::Whole);
        assert_eq!(of("bytes=0-0"), Part::Bytes(0, 0));
        assert_eq!(of("bytes=2-"), Part::Bytes(2, 9));
        assert_eq!(of("bytes=2-99"), Part::Bytes(2, 9));
        assert_eq!(of("bytes=-3"), Part::Bytes(7, 9));
        assert_eq!(of("bytes=-30"), Part::Bytes(0, 9));
        assert_eq!(of("bytes=-0"), Part::Outside);
        assert_eq!(of("bytes=10-"), Part::Outside);
        assert_eq!(of("bytes=10-12"), Part::Outside);
        for ignored in ["bytes=3-2", "bytes=a-b", "bytes=-", "bytes=0-1,3-4", "lines=0-1", "bytes=5", "bytes=12-x"] {
            assert_eq!(of(ignored), Part::Whole, "{ignored}");
        }
        assert_eq!(range(Some("bytes=0-"), 0), Part::Outside);
        assert_eq!(range(Some("bytes=-5"), 0), Part::Outside);
    }

    #[test]
    fn names_have_media_types() {
        assert_eq!(media_type("load-worker_bg.wasm"), "application/wasm");
        assert_eq!(media_type("simulated-server.js"), "text/javascript; charset=utf-8");
        assert_eq!(media_type("tokenizer.json"), "application/json");
        assert_eq!(media_type("README"), "application/octet-stream");
    }
}
