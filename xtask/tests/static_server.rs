//! The static server over real connections.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use xtask::static_server::StaticServer;

/// A folder with a page, a program with its compressed copy, a data file and, beside it, a secret that must not be served.
struct Site(PathBuf);

impl Site {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("streamgauge-site-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("dist/data")).unwrap();
        fs::write(folder.join("secret.txt"), "secret").unwrap();
        fs::write(folder.join("dist/index.html"), "<!doctype html>").unwrap();
        fs::write(folder.join("dist/page_bg.wasm"), "program").unwrap();
        fs::write(folder.join("dist/page_bg.wasm.gz"), "packed").unwrap();
        fs::write(folder.join("dist/data/a b.json"), "0123456789").unwrap();
        Self(folder)
    }

    fn serve(&self) -> StaticServer {
        StaticServer::start(&self.0.join("dist"), 0).unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Sends requests on one connection, the last of which closes it, and gives all that came back.
fn talk(server: &StaticServer, requests: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(requests.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// An answer: its status, its header lines, and its body.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &'_ str| line.split_once(": ").filter(|(have, _)| have.eq_ignore_ascii_case(name)).is_some();
        self.head.lines().find(|line| named(line)).and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    }
}

/// Sends one request with these header lines.
fn send(server: &StaticServer, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let common = if headers.contains("Host:") { "" } else { "Host: localhost\r\n" };
    let request = format!(
        "{method} {path} HTTP/1.1\r\n{common}{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let answer = talk(server, &request);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.into(), body: body.into() }
}

fn get(server: &StaticServer, path: &str, headers: &str) -> Answer {
    send(server, "GET", path, headers, "")
}

#[test]
fn the_page_is_isolated_never_stored_and_never_framed() {
    let site = Site::new("page");
    let answer = get(&site.serve(), "/", "");
    assert_eq!((answer.status, answer.body.as_str()), (200, "<!doctype html>"), "{answer:?}");
    for (name, value) in [
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Embedder-Policy", "credentialless"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", "frame-ancestors 'none'"),
        ("Cache-Control", "no-store"),
        ("Content-Type", "text/html"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name} in {answer:?}");
    }
}

#[test]
fn files_come_whole_in_part_or_not_again() {
    let site = Site::new("range");
    let server = site.serve();
    let ask = |headers: &str| get(&server, "/data/a%20b.json", headers);
    let whole = ask("");
    assert_eq!((whole.status, whole.body.as_str()), (200, "0123456789"));
    assert_eq!(whole.header("content-type"), Some("application/json"));
    assert_eq!(whole.header("cache-control"), Some("no-cache"));
    let part = ask("Range: bytes=2-4\r\n");
    assert_eq!((part.status, part.body.as_str()), (206, "234"));
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    let outside = ask("Range: bytes=10-\r\n");
    assert_eq!((outside.status, outside.header("content-range")), (416, Some("bytes */10")));
    let tag = whole.header("etag").unwrap();
    let again = ask(&format!("If-None-Match: {tag}\r\n"));
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let changed = ask("Range: bytes=2-4\r\nIf-Range: \"other\"\r\n");
    assert_eq!((changed.status, changed.body.as_str()), (200, "0123456789"));
}

#[test]
fn programs_come_compressed_where_that_is_understood() {
    let site = Site::new("packed");
    let server = site.serve();
    let plain = get(&server, "/page_bg.wasm", "");
    assert_eq!((plain.body.as_str(), plain.header("content-type")), ("program", Some("application/wasm")));
    let packed = get(&server, "/page_bg.wasm", "Accept-Encoding: gzip, br\r\n");
    assert_eq!((packed.body.as_str(), packed.header("content-encoding")), ("packed", Some("gzip")));
    assert_eq!(packed.header("content-type"), Some("application/wasm"));
    let data = get(&server, "/data/a%20b.json", "Accept-Encoding: gzip\r\n");
    assert_eq!((data.body.as_str(), data.header("content-encoding")), ("0123456789", None));
}

#[test]
fn a_connection_carries_several_requests() {
    let site = Site::new("keep");
    let requests = "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /data HTTP/1.1\r\nHost: localhost\r\n\r\n\
                    GET /data/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = talk(&site.serve(), requests);
    let statuses: Vec<_> = answer.split("HTTP/1.1 ").skip(1).map(|part| &part[..3]).collect();
    assert_eq!(statuses, ["200", "307", "404"], "{answer}");
    assert!(answer.contains("location: /data/\r\n"), "{answer}");
    assert!(!answer.contains("<!doctype"), "HEAD brought a body: {answer}");
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let site = Site::new("out");
    let server = site.serve();
    for path in
        ["/../secret.txt", "/data/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/..%5csecret.txt"]
    {
        let answer = get(&server, path, "");
        assert!(answer.status == 404 && !answer.body.contains("secret"), "{path}: {answer:?}");
    }
}

#[test]
fn only_names_of_this_machine_are_answered() {
    let site = Site::new("host");
    let server = site.serve();
    for host in ["localhost:8080", "LOCALHOST", "127.0.0.1:8080", "127.0.0.2", "[::1]:8080", "s1.localhost:8080"] {
        assert_eq!(get(&server, "/", &format!("Host: {host}\r\n")).status, 200, "{host}");
    }
    for host in ["streamgauge.example", "localhost.example:8080", "10.0.0.1", "", "127.0.0.1.nip.example"] {
        let answer = get(&server, "/", &format!("Host: {host}\r\n"));
        assert!(answer.status == 421 && answer.body.contains("localhost"), "{host}: {answer:?}");
    }
    let put = send(&server, "PUT", "/report/1", "Host: rebound.example\r\n", "{}");
    assert!(put.status == 421 && server.reports().try_recv().is_err());
}

/// What a browser sends with a navigation that this site began.
fn navigation(site: &str) -> String {
    format!("Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: {site}\r\n")
}

#[test]
fn a_link_of_another_site_is_asked_about() {
    let site = Site::new("link");
    let server = site.serve();
    let asked = get(&server, "/", &navigation("cross-site"));
    assert_eq!((asked.status, asked.header("content-type")), (403, Some("text/html; charset=utf-8")));
    assert!(asked.body.contains("Open Streamgauge") && asked.body.contains("<form method=\"post\">"), "{asked:?}");
    let policy = asked.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(send(&server, "POST", "/", &navigation("cross-site"), "").status, 403);
    assert_eq!(server.first_asked("/"), None, "no file was given");

    let agreed = send(&server, "POST", "/", &navigation("same-origin"), "");
    assert_eq!((agreed.status, agreed.header("location")), (303, Some("/")));
    let elsewhere = send(&server, "POST", "//other.example/", &navigation("same-origin"), "");
    assert_eq!((elsewhere.status, elsewhere.header("location")), (303, Some("/other.example/")));
    // A typed address, the server's own page, another port of this machine.
    for site in ["none", "same-origin", "same-site"] {
        assert_eq!(get(&server, "/", &navigation(site)).status, 200, "{site}");
    }
    assert_eq!(get(&server, "/", "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Site: cross-site\r\n").status, 200);
}

#[test]
fn reports_are_taken_where_they_belong() {
    let site = Site::new("report");
    let server = site.serve();
    let put = |path: &str| send(&server, "PUT", path, "", "{\"a\":1}").status;
    assert_eq!(put("/report/123"), 204);
    let (path, body) = server.reports().recv_timeout(Duration::from_secs(5)).unwrap();
    assert_eq!((path.as_str(), body.as_slice()), ("/report/123", b"{\"a\":1}".as_slice()));
    assert_eq!((put("/index.html"), put("/elsewhere/1")), (405, 405));
    // Nobody takes them: after a while there is no more room.
    let statuses: Vec<u16> = (0..20).map(|_| put("/report/1")).collect();
    assert!(statuses[0] == 204 && statuses[19] == 503, "{statuses:?}");
}

#[test]
fn a_dropped_server_frees_its_port() {
    let site = Site::new("drop");
    let server = site.serve();
    let port = server.port();
    drop(server);
    let again = StaticServer::start(&site.0.join("dist"), port);
    assert!(again.is_ok(), "{:?}", again.err());
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let site = Site::new("taken");
    let first = site.serve();
    assert!(StaticServer::start(&site.0.join("dist"), first.port()).is_err());
}

#[test]
fn further_folders_stand_under_their_names_and_first_requests_are_noted() {
    let site = Site::new("folders");
    let folders = [("more", site.0.join("dist/data"))];
    let server = StaticServer::start_with(&site.0.join("dist"), &folders, 0).unwrap();
    assert_eq!(server.first_asked("/more/a%20b.json"), None);
    assert_eq!(get(&server, "/more/a%20b.json", "").body, "0123456789");
    let first = server.first_asked("/more/a%20b.json").unwrap();
    assert_eq!(get(&server, "/more/a%20b.json", "Range: bytes=2-3\r\n").body, "23");
    assert_eq!(server.first_asked("/more/a%20b.json"), Some(first));
    assert_eq!(get(&server, "/more/../secret.txt", "").status, 404);
    assert_eq!(server.first_asked("/more/../secret.txt"), None);
}
