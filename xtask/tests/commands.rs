//! The program as a person calls it: what it prints, and how it ends.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A server that ends with the test.
struct Serve(Child);

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn xtask(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(words);
    command
}

fn output(words: &[&str]) -> (bool, String, String) {
    let Output { status, stdout, stderr } = xtask(words).output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("streamgauge-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn serve_prints_the_address_at_which_the_page_is() {
    let dist = folder("serve");
    fs::write(dist.join("index.html"), "<!doctype html>the page").unwrap();
    let mut serve = xtask(&["serve", "--port", "0", "--dist", dist.to_str().unwrap()]);
    let mut serve = Serve(serve.stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(serve.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let rest = line.strip_prefix("Streamgauge is at http://localhost:").unwrap_or_else(|| panic!("{line}"));
    let port = rest.split('/').next().unwrap().parse::<u16>().unwrap();
    let mut stream = TcpStream::connect(("localhost", port)).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("the page"), "{answer}");
    fs::remove_dir_all(dist).unwrap();
}

#[test]
fn a_folder_without_the_page_is_named() {
    let empty = folder("empty");
    let (success, _, error) = output(&["serve", "--port", "0", "--dist", empty.to_str().unwrap()]);
    assert!(!success && error.contains(empty.to_str().unwrap()) && error.contains("cargo xtask build"), "{error}");
    fs::remove_dir_all(empty).unwrap();
}

#[test]
fn help_succeeds_and_what_is_not_understood_fails() {
    let (success, help, _) = output(&["--help"]);
    assert!(success && help.contains("cargo xtask serve [--port N] [--dist DIR]"), "{help}");
    let (success, _, error) = output(&["serve", "--prot", "1"]);
    assert!(!success && error.contains("--prot"), "{error}");
}
