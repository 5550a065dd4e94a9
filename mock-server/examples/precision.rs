//! How late the mock's tokens leave, and how long they travel to a client in the same process, at 1, 10 and 100 streams:
//! `cargo run --release -p mock-server --example precision`.

use std::io::{Read, Write};
use std::net::TcpStream;

use mock_server::{Config, Mock};

const TOKENS: usize = 200;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One stream; when each read with an event in it returned.
fn stream(mock: &Mock) -> Result<Vec<f64>, Failure> {
    let mut socket = TcpStream::connect(mock.address())?;
    let body = format!(r#"{{"prompt":"a","max_tokens":{TOKENS},"stream":true}}"#);
    let head =
        "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n";
    write!(socket, "{head}content-length: {}\r\n\r\n{body}", body.len())?;
    let (mut reads, mut buffer) = (Vec::new(), [0; 1 << 16]);
    loop {
        let count = socket.read(&mut buffer)?;
        let now_ms = mock.now_ms();
        if count == 0 {
            return Ok(reads);
        }
        let events = buffer[..count].windows(7).filter(|window| window == b"data: {").count();
        reads.extend(std::iter::repeat_n(now_ms, events));
    }
}

fn line(name: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get((values.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    let max = values.last().copied().unwrap_or(f64::NAN);
    println!("{name:<28} p50 {:8.3} ms   p99 {:8.3} ms   max {max:8.3} ms", at(0.5), at(0.99));
}

fn main() -> Result<(), Failure> {
    for streams in [1, 10, 100] {
        let mock = Mock::start(Config { ttft_ms: 50.0, itl_ms: 10.0, ..Config::default() })?;
        let reads = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..streams).map(|_| scope.spawn(|| stream(&mock))).collect();
            clients
                .into_iter()
                .map(|client| client.join().map_err(|_| "a client panicked")?)
                .collect::<Result<Vec<_>, _>>()
        })?;
        let log = mock.generations();
        let chunks = log.iter().flat_map(|log| log.chunks.iter());
        line(&format!("{streams:>3} streams, leave late by"), chunks.map(|chunk| chunk.at_ms - chunk.due_ms).collect());
        let gaps = log.iter().flat_map(|log| log.gaps_ms());
        line("    error of a gap", gaps.map(|gap| (gap - 10.0).abs()).collect());
        if let ([reads], [log]) = (reads.as_slice(), log.as_slice()) {
            let travel = reads.iter().zip(&log.chunks).map(|(read, chunk)| read - chunk.at_ms);
            line("    travel for", travel.collect());
        }
    }
    Ok(())
}
