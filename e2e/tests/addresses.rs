//! Addresses as people type them, against servers that answer as theirs do; and what links may contact by themselves.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv6Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use e2e::driver::{Driven, Place, Theme, drive};
use e2e::run::{fragment, number, run, summary};
use mock_server::{Config, Mock};
use serde_json::Value;

const LONG: Duration = Duration::from_secs(120);
const DESK: (u32, u32) = (1280, 1000);

/// What a server answers to a method and a path: status line, further header lines, body.
type Answer = (&'static str, String, &'static str);

const OPEN: &str = "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: *\r\n";
const STREAM: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Fine\"}}]}\n\n\
                      data: {\"choices\":[{\"delta\":{\"content\":\".\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
const MODELS: &str = "{\"object\":\"list\",\"data\":[{\"id\":\"m-of-the-list\"}]}";

/// Starts a server on loopback, to the end of the test's process; gives its port.
fn serve(answer: impl Fn(&str, &str) -> Answer + Send + Sync + Copy + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || converse(stream, answer));
        }
    });
    port
}

fn converse(stream: TcpStream, answer: impl Fn(&str, &str) -> Answer) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;
    let mut words = first.split(' ');
    let (status, headers, body) = answer(words.next()?, words.next()?);
    let head = format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    (&stream).write_all((head + body).as_bytes()).ok()
}

/// A server that knows two paths and sends CORS headers with no others.
fn strict(method: &str, path: &str) -> Answer {
    let open = OPEN.to_owned();
    match (method, path) {
        ("OPTIONS", "/api/v1/chat/completions" | "/api/v1/models") => ("204 No Content", open, ""),
        ("POST", "/api/v1/chat/completions") => ("200 OK", open + "Content-Type: text/event-stream\r\n", STREAM),
        (_, "/api/v1/chat/completions") => ("405 Method Not Allowed", open, ""),
        ("GET", "/api/v1/models") => ("200 OK", open + "Content-Type: application/json\r\n", MODELS),
        _ => ("404 Not Found", String::new(), "<!DOCTYPE html><title>Not found</title>"),
    }
}

fn chat(base_url: &str, more: &str) -> String {
    fragment(base_url, &format!("num-prompts=3&sharegpt-output-len=8&calibrate=false{more}"))
        .replace("=openai&", "=openai-chat&")
}

fn sentence(outcome: &Value) -> &str {
    outcome["error"].as_str().unwrap_or_else(|| panic!("no error in {}", summary(outcome)))
}

#[test]
fn a_base_url_with_the_endpoints_beginning_or_all_of_it() {
    let port = serve(strict);
    for (base, more) in [
        ("/api/v1", ""),
        ("/api/v1/", "&endpoint=/chat/completions"),
        ("/api/v1/chat/completions", ""),
        ("/api", "&endpoint=/v1/chat/completions/"),
    ] {
        for scheme in ["", "http://"] {
            let outcome = run(&chat(&format!("{scheme}127.0.0.1:{port}{base}"), more), LONG);
            assert!(outcome["completed"].is_number(), "{base}: {}", summary(&outcome));
            assert_eq!(number(&outcome, "completed"), 3.0, "{scheme} {base}: {}", summary(&outcome));
        }
    }
}

#[test]
fn a_wrong_path_and_a_redirect_are_not_called_cors() {
    let elsewhere = serve(strict);
    let moved = move |_: &str, path: &str| -> Answer {
        match path {
            "/open/v1/chat/completions" => ("307 Temporary Redirect", format!("{OPEN}Location: /new\r\n"), ""),
            "/404/v1/chat/completions" => ("404 Not Found", OPEN.to_owned().replace("Headers: *", "Headers: x"), "{}"),
            _ => ("301 Moved Permanently", format!("Location: http://127.0.0.1:{elsewhere}{path}\r\n"), ""),
        }
    };
    let moved = serve(moved);
    for (base_url, words) in [
        (format!("http://127.0.0.1:{elsewhere}/api/v2"), "path is probably wrong"),
        (format!("http://127.0.0.1:{elsewhere}/api/v1/v1/x"), "path is probably wrong"),
        (format!("http://127.0.0.1:{moved}/404"), "404 (not found)"),
        (format!("http://127.0.0.1:{moved}/open"), "redirects"),
        (format!("http://127.0.0.1:{moved}/away"), "redirects"),
    ] {
        let outcome = run(&chat(&base_url, ""), LONG);
        let message = sentence(&outcome);
        assert!(message.contains(words) && message.contains(&base_url), "{base_url}: {message}");
        assert!(!message.contains("allowed-origins") && !message.contains("preflight"), "{base_url}: {message}");
    }
}

#[test]
fn what_was_understood_is_shown_and_asked_for() {
    let port = serve(strict);
    drive(&chat(&format!("127.0.0.1:{port}/api/v1"), ""), DESK, Theme::Light, async |page| {
        let url = format!("http://127.0.0.1:{port}/api/v1/chat/completions");
        assert!(page.text().await.contains(&url), "{}", page.text().await);
        page.click("List models").await;
        page.wait_for(
            "document.body.innerText.includes('m-of-the-list') || document.querySelector('[value=\"m-of-the-list\"]')",
        )
        .await;
        page.fill("Base URL", "http://me:s3cret@127.0.0.1:1").await;
        page.wait_for("document.body.innerText.includes('user name or password')").await;
        page.click("Run").await;
        page.wait_for_state(&["failed"], LONG).await;
        assert!(page.text().await.contains("Not started"));
        page.fill("Base URL", "gpu.example").await;
        page.wait_for("document.body.innerText.includes('without a scheme')").await;
    });
}

#[test]
fn a_bare_ipv6_host() {
    let Ok(mock) = Mock::start(Config { host: IpAddr::V6(Ipv6Addr::LOCALHOST), ..Config::default() }) else { return };
    let rest =
        "&model=mock&dataset-path=demo/sharegpt.json&tokenizer=demo/tokenizer/&num-prompts=3&sharegpt-output-len=8";
    for host in ["::1", "[::1]"] {
        let outcome = run(&format!("backend=openai&host={host}&port={}{rest}", mock.port()), LONG);
        assert_eq!(number(&outcome, "completed"), 3.0, "{host}: {}", summary(&outcome));
    }
    let outcome = run(&format!("backend=openai&host=::&port={}{rest}", mock.port()), LONG);
    assert!(sentence(&outcome).contains("write [::1]"), "{}", sentence(&outcome));
}

async fn waits(page: &Driven, address: &str) {
    page.wait_for("document.getElementById('asks-title')").await;
    assert!(page.text().await.contains(address), "{address} is not in {}", page.text().await);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(page.wait_for_state(&["idle"], Duration::from_secs(1)).await, "idle");
}

/// A host that no name server knows, so that nothing leaves this machine whatever the page does.
const FAR: &str = "http://gpu.invalid:8000";

#[test]
fn a_link_asks_before_it_contacts_anybody_else() {
    let link = format!("{}&autorun", fragment(FAR, "num-prompts=2"));
    drive(&link, DESK, Theme::Light, async |page| {
        waits(page, "http://gpu.invalid:8000/v1/completions").await;
        page.click("Ignore").await;
        page.wait_for("!document.getElementById('asks-title')").await;
        page.script(&format!("location.hash = {:?}", format!("{link}&seed=1&start-token=0123456789abcdef"))).await;
        waits(page, "http://gpu.invalid:8000/v1/completions").await;
        page.click("Allow").await;
        page.wait_for("document.body.innerText.includes('Nothing answers')").await;
        page.script(&format!("location.hash = {:?}", format!("{link}&seed=2&start-token={}", page.site.token()))).await;
        page.wait_for("document.documentElement.dataset.runState !== 'failed'").await;
        page.wait_for("document.body.innerText.includes('Nothing answers')").await;
        assert_eq!(page.script("return !!document.getElementById('asks-title')").await, Value::Bool(false));
    });
    drive("result=http://gpu.invalid/r.json&result=here.json", DESK, Theme::Light, async |page| {
        waits(page, "http://gpu.invalid/r.json").await;
        let asked = "performance.getEntriesByType('resource').some(entry => entry.name.includes('.invalid/'))";
        assert_eq!(page.script(&format!("return {asked}")).await, Value::Bool(false), "nothing was fetched yet");
        page.click("Allow").await;
        page.wait_for("document.body.innerText.includes('does not answer')").await;
    });
}

#[test]
fn a_page_inside_a_frame_does_nothing_that_its_link_asks_for() {
    let outer = tempfile::tempdir().expect("a folder");
    let frame = "<main><button>a button</button></main><iframe src=\"/#autorun\" width=900 height=700></iframe>";
    fs::write(outer.path().join("index.html"), frame).expect("a page to write");
    let place = Place::new(&[("outer", outer.path().to_owned())]);
    place.drive("", DESK, Theme::Light, async |page| {
        page.client.goto(&format!("{}/outer/index.html", page.origin)).await.expect("the page opens");
        let inside = "document.querySelector('iframe').contentDocument";
        page.wait_for(&format!("{inside}.body.innerText.includes('inside another one')")).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let state = page.script(&format!("return {inside}.documentElement.dataset.runState")).await;
        assert_eq!(state, Value::from("idle"));
    });
}
