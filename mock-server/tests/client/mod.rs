//! A small HTTP/1.1 client over plain sockets that shows what libraries hide: each HTTP chunk with the time at which it
//! came, and how a connection ended.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "shared by several test programs, each of which uses a part"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use mock_server::Mock;
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The body came to its end.
    Complete,
    /// The connection was closed before.
    Closed,
    /// The connection was reset.
    Reset,
    /// Nothing came for two seconds.
    Silent,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Status line and headers, in lower case.
    pub head: String,
    /// Each HTTP chunk, or read of a body with a length, and when it came on the mock's clock.
    pub chunks: Vec<(f64, Vec<u8>)>,
    pub ending: Ending,
    pub sent_ms: f64,
    pub local_port: u16,
}

impl Answer {
    pub fn text(&self) -> String {
        let bytes: Vec<u8> = self.chunks.iter().flat_map(|chunk| chunk.1.clone()).collect();
        String::from_utf8(bytes).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// The data of each event; `prefix` as the server writes it.
    pub fn data(&self, prefix: &str) -> Vec<String> {
        self.text().split("\n\n").filter_map(|event| Some(event.strip_prefix(prefix)?.to_owned())).collect()
    }

    /// The JSON of each event but the last mark.
    pub fn events(&self, prefix: &str) -> Vec<Value> {
        self.data(prefix).iter().filter(|d| *d != "[DONE]").map(|d| serde_json::from_str(d).unwrap()).collect()
    }
}

pub fn post(mock: &Mock, path: &str, body: &Value) -> Answer {
    request(mock, "POST", path, "content-type: application/json\r\n", &body.to_string())
}

pub fn request(mock: &Mock, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut socket = open(mock);
    send(&mut socket, method, path, headers, body);
    receive(mock, &mut socket)
}

pub fn open(mock: &Mock) -> TcpStream {
    let socket = TcpStream::connect(mock.address()).unwrap();
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    socket
}

pub fn send(socket: &mut TcpStream, method: &str, path: &str, headers: &str, body: &str) {
    let length = body.len();
    let text =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n\r\n{body}");
    socket.write_all(text.as_bytes()).unwrap();
}

pub fn receive(mock: &Mock, socket: &mut TcpStream) -> Answer {
    let local_port = socket.local_addr().unwrap().port();
    let sent_ms = mock.now_ms();
    let mut answer =
        Answer { status: 0, head: String::new(), chunks: Vec::new(), ending: Ending::Complete, sent_ms, local_port };
    let (mut pending, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        answer.ending = match socket.read(&mut buffer) {
            Ok(0) => Ending::Closed,
            Ok(count) => {
                pending.extend_from_slice(&buffer[..count]);
                if take(&mut answer, &mut pending, mock.now_ms()) {
                    return answer;
                }
                continue;
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ending::Reset,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ending::Silent,
            Err(error) => panic!("{error}"),
        };
        return answer;
    }
}

/// Takes what is complete from the bytes that came; whether the answer is.
fn take(answer: &mut Answer, pending: &mut Vec<u8>, now_ms: f64) -> bool {
    if answer.head.is_empty() {
        let Some(end) = find(pending, b"\r\n\r\n") else { return false };
        let head: Vec<u8> = pending.drain(..end + 4).collect();
        answer.head = String::from_utf8(head).unwrap().to_lowercase();
        answer.status = answer.head[9..12].parse().unwrap();
    }
    if answer.head.contains("transfer-encoding: chunked") {
        return take_chunks(answer, pending, now_ms);
    }
    let length = answer
        .head
        .split("content-length: ")
        .nth(1)
        .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
    if !pending.is_empty() {
        answer.chunks.push((now_ms, std::mem::take(pending)));
    }
    answer.chunks.iter().map(|chunk| chunk.1.len()).sum::<usize>() >= length
}

fn take_chunks(answer: &mut Answer, pending: &mut Vec<u8>, now_ms: f64) -> bool {
    while let Some(line) = find(pending, b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&pending[..line]).unwrap(), 16).unwrap();
        let end = line + 2 + length + 2;
        if pending.len() < end {
            return false;
        }
        if length == 0 {
            return true;
        }
        answer.chunks.push((now_ms, pending[line + 2..end - 2].to_vec()));
        pending.drain(..end);
    }
    false
}

/// Waits until the mock has nothing more to do; it learns of clients that went away a little later.
pub fn settle(mock: &Mock) {
    for _ in 0..500 {
        if mock.stats().in_flight == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("requests stay in flight: {:?}", mock.stats());
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
