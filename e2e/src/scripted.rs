//! A server on loopback that answers each request as a script has it: for streams, refusals and errors that no mock of a
//! well-behaved server makes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What a request is answered with.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Events' data, each with its time after the headers in ms, and nothing else.
    Stream(Vec<(u64, String)>),
    /// A status with a JSON body.
    Status(u16, String),
}

/// A running server; it lives as long as the test's process.
pub struct Scripted {
    port: u16,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Scripted {
    /// Answers each POST as the script says of its body and of how many came before it; any GET with a list of one model.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(script: impl Fn(&Value, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let bodies: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (script, kept) = (Arc::new(script), bodies.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (script, bodies) = (script.clone(), kept.clone());
                // A browser that goes away in the middle is no fault of the test.
                thread::spawn(move || serve(&stream, &*script, &bodies).ok());
            }
        });
        Self { port, bodies }
    }

    /// The base URL.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The bodies of all POSTs, in their order.
    ///
    /// # Panics
    /// When an answer panicked.
    pub fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().expect("bodies").clone()
    }
}

const OPEN: &str = "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: authorization, content-type\r\n\
                    Timing-Allow-Origin: *\r\nConnection: close\r\n";

fn serve(
    stream: &TcpStream,
    script: &dyn Fn(&Value, usize) -> Answer,
    bodies: &Mutex<Vec<Value>>,
) -> std::io::Result<()> {
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    let (mut method, mut length) = (String::new(), 0);
    for line in reader.by_ref().lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            _ if method.is_empty() => method = line.split(' ').next().unwrap_or_default().to_owned(),
            _ => {}
        }
    }
    let json = |writer: &mut &TcpStream, status: u16, body: &str| {
        let len = body.len();
        write!(
            writer,
            "HTTP/1.1 {status} X\r\n{OPEN}Content-Type: application/json\r\nContent-Length: {len}\r\n\r\n{body}"
        )
    };
    if method != "POST" {
        return json(&mut writer, 200, r#"{"object":"list","data":[{"id":"scripted"}]}"#);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: Value = serde_json::from_slice(&body)?;
    let before = {
        let mut bodies = bodies.lock().map_err(|_| std::io::Error::other("a poisoned lock"))?;
        bodies.push(body.clone());
        bodies.len() - 1
    };
    match script(&body, before) {
        Answer::Status(status, body) => json(&mut writer, status, &body),
        Answer::Stream(parts) => {
            write!(writer, "HTTP/1.1 200 OK\r\n{OPEN}Content-Type: text/event-stream\r\n\r\n")?;
            let begun = Instant::now();
            for (at_ms, data) in parts {
                thread::sleep((begun + Duration::from_millis(at_ms)).saturating_duration_since(Instant::now()));
                writer.write_all(format!("data: {data}\n\n").as_bytes())?;
            }
            Ok(())
        }
    }
}
