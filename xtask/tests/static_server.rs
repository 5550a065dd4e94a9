//! The static server over real connections.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use xtask::static_server::StaticServer;

/// A folder with a page, a data file and, beside it, a secret that must not be served.
struct Site(PathBuf);

impl Site {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("streamgauge-site-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("dist/data")).unwrap();
        fs::write(folder.join("secret.txt"), "secret").unwrap();
        fs::write(folder.join("dist/index.html"), "<!doctype html>").unwrap();
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

fn get(server: &StaticServer, path: &str, headers: &str) -> String {
    talk(server, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"))
}

#[test]
fn the_page_is_isolated_and_never_stored() {
    let site = Site::new("page");
    let answer = get(&site.serve(), "/", "");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("<!doctype html>"), "{answer}");
    for header in [
        "Cross-Origin-Opener-Policy: same-origin",
        "Cross-Origin-Embedder-Policy: credentialless",
        "Cross-Origin-Resource-Policy: same-origin",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer",
        "Cache-Control: no-store",
        "Content-Type: text/html; charset=utf-8",
    ] {
        assert!(answer.contains(header), "{header} is not in {answer}");
    }
}

#[test]
fn files_come_whole_in_part_or_not_again() {
    let site = Site::new("range");
    let server = site.serve();
    let whole = get(&server, "/data/a%20b.json", "");
    assert!(whole.contains("Content-Type: application/json") && whole.ends_with("\r\n\r\n0123456789"), "{whole}");
    let part = get(&server, "/data/a%20b.json", "Range: bytes=2-4\r\n");
    assert!(part.starts_with("HTTP/1.1 206 ") && part.contains("Content-Range: bytes 2-4/10"), "{part}");
    assert!(part.ends_with("\r\n\r\n234"), "{part}");
    let outside = get(&server, "/data/a%20b.json", "Range: bytes=10-\r\n");
    assert!(outside.starts_with("HTTP/1.1 416 ") && outside.contains("Content-Range: bytes */10"), "{outside}");
    let tag = whole.lines().find_map(|line| line.strip_prefix("ETag: ")).unwrap();
    let again = get(&server, "/data/a%20b.json", &format!("If-None-Match: {tag}\r\n"));
    assert!(again.starts_with("HTTP/1.1 304 ") && again.ends_with("\r\n\r\n"), "{again}");
    let changed = get(&server, "/data/a%20b.json", "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n");
    assert!(changed.starts_with("HTTP/1.1 200 ") && changed.ends_with("0123456789"), "{changed}");
}

#[test]
fn a_connection_carries_several_requests() {
    let site = Site::new("keep");
    let requests = "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /data HTTP/1.1\r\nHost: localhost\r\n\r\n\
                    GET /data/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = talk(&site.serve(), requests);
    let statuses: Vec<_> = answer.split("HTTP/1.1 ").skip(1).map(|part| &part[..3]).collect();
    assert_eq!(statuses, ["200", "308", "404"], "{answer}");
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
        assert!(answer.starts_with("HTTP/1.1 404 ") && !answer.ends_with("secret"), "{path}: {answer}");
    }
}

#[test]
fn reports_are_taken_where_they_belong() {
    let site = Site::new("report");
    let server = site.serve();
    let put = |path: &str| {
        talk(&server, &format!("PUT {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: 7\r\n\r\n{{\"a\":1}}"))
    };
    assert!(put("/report/123").starts_with("HTTP/1.1 204 "));
    let (path, body) = server.reports().recv_timeout(Duration::from_secs(5)).unwrap();
    assert_eq!((path.as_str(), body.as_slice()), ("/report/123", b"{\"a\":1}".as_slice()));
    assert!(put("/index.html").starts_with("HTTP/1.1 405 "));
    let endless = talk(&server, "PUT /report/1 HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(endless.starts_with("HTTP/1.1 411 "), "{endless}");
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
    assert!(get(&server, "/more/a%20b.json", "").ends_with("0123456789"));
    let first = server.first_asked("/more/a%20b.json").unwrap();
    assert!(get(&server, "/more/a%20b.json", "Range: bytes=2-3\r\n").ends_with("\r\n\r\n23"));
    assert_eq!(server.first_asked("/more/a%20b.json"), Some(first));
    assert!(get(&server, "/more/../secret.txt", "").starts_with("HTTP/1.1 404"));
    assert_eq!(server.first_asked("/more/../secret.txt"), None);
}
