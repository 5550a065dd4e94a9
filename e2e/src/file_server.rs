//! A server of one file on loopback, open to every page, that handles byte ranges in the ways that servers do: rightly,
//! not at all, or wrongly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

/// How it answers a request for a part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranges {
    /// With the part.
    Sent,
    /// With the whole file.
    Ignored,
    /// With the whole file, and no word of its length.
    IgnoredInChunks,
    /// With an error.
    Refused,
    /// To the first one as if it would send parts; to later ones with the whole file.
    Promised,
    /// With the whole file, of which the second half never comes.
    Stalled,
    /// With status 206 and the start of the file, whatever part was asked for.
    Misplaced,
}

/// A running server; it stops when it is dropped.
pub struct FileServer {
    port: u16,
    stop: Arc<AtomicBool>,
    parts: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl FileServer {
    /// Serves these bytes under every path.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(bytes: Vec<u8>, ranges: Ranges) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let (stop, parts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (bytes, stopping, counted) = (Arc::new(bytes), stop.clone(), parts.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopping.load(Ordering::Acquire) {
                    return;
                }
                let (bytes, counted) = (bytes.clone(), counted.clone());
                // A browser that goes away in the middle is no fault of the test.
                thread::spawn(move || answer(&stream, &bytes, ranges, &counted).ok());
            }
        });
        Self { port, stop, parts, thread: Some(thread) }
    }

    /// The file's address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/dataset.json", self.port)
    }

    /// Parts that were sent as parts.
    pub fn parts(&self) -> usize {
        self.parts.load(Ordering::Acquire)
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// First and last byte of `range: bytes=5-9`; the last one is left out for all the rest.
fn asked(line: &str, len: usize) -> Option<(usize, usize)> {
    let (name, value) = line.split_once(':')?;
    let (first, last) =
        value.trim().strip_prefix("bytes=").filter(|_| name.eq_ignore_ascii_case("range"))?.split_once('-')?;
    let first = first.parse().ok()?;
    let last = if last.is_empty() { len.checked_sub(1)? } else { last.parse().ok()? };
    (first <= last && last < len).then_some((first, last))
}

fn answer(stream: &TcpStream, bytes: &[u8], ranges: Ranges, parts: &AtomicUsize) -> std::io::Result<()> {
    let mut range = None;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        range = range.or(asked(&line, bytes.len()));
    }
    let mut writer = stream;
    let open = "Access-Control-Allow-Origin: *\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let whole = |writer: &mut &TcpStream| {
        write!(writer, "HTTP/1.1 200 OK\r\n{open}Content-Length: {}\r\n\r\n", bytes.len())?;
        writer.write_all(bytes)
    };
    let Some((first, last)) = range else { return whole(&mut writer) };
    let begun = parts.load(Ordering::Acquire) > 0;
    let (from, count) = match ranges {
        Ranges::Sent => (first, last - first + 1),
        Ranges::Promised if !begun => (first, last - first + 1),
        Ranges::Misplaced => (0, last - first + 1),
        Ranges::Ignored | Ranges::Promised => return whole(&mut writer),
        Ranges::IgnoredInChunks => return in_chunks(writer, open, bytes),
        Ranges::Stalled => return half(writer, open, bytes),
        Ranges::Refused => {
            return write!(writer, "HTTP/1.1 416 Range Not Satisfiable\r\n{open}Content-Length: 0\r\n\r\n");
        }
    };
    parts.fetch_add(1, Ordering::AcqRel);
    let of = bytes.len();
    write!(
        writer,
        "HTTP/1.1 206 Partial Content\r\n{open}Content-Range: bytes {first}-{last}/{of}\r\nContent-Length: {count}\r\n\r\n"
    )?;
    writer.write_all(&bytes[from..from + count])
}

/// Half of the bytes; then it waits until the browser goes away.
fn half(mut stream: &TcpStream, open: &str, bytes: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\n{open}Content-Length: {}\r\n\r\n", bytes.len())?;
    stream.write_all(&bytes[..bytes.len() / 2])?;
    stream.read_exact(&mut [0])
}

fn in_chunks(mut writer: &TcpStream, open: &str, bytes: &[u8]) -> std::io::Result<()> {
    write!(writer, "HTTP/1.1 200 OK\r\n{open}Transfer-Encoding: chunked\r\n\r\n")?;
    for chunk in bytes.chunks(1 << 20) {
        write!(writer, "{:x}\r\n", chunk.len())?;
        writer.write_all(chunk)?;
        writer.write_all(b"\r\n")?;
    }
    writer.write_all(b"0\r\n\r\n")
}
