//! A static file server on loopback, as the page wants one: right media types, byte ranges, the headers of a
//! cross-origin isolated page, and a place where a run in this browser may put its report.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, UNIX_EPOCH};

use streamgauge::address::{Address, AddressSpace};

use crate::browser::random;
use crate::http::{Head, Part, media_type, range, safe_path};

/// Where the page asks for the token that lets a link act without a click.
const TOKEN_PATH: &str = "/start-token";
/// Reports are taken under this path, by PUT.
pub const REPORT_PATH: &str = "/report/";
/// The largest report that is taken, in bytes: the records of a very long run.
const REPORT_LIMIT: u64 = 1 << 30;
/// The largest request head, in bytes.
const HEAD_LIMIT: u64 = 64 << 10;
/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_secs(60);
/// Reports that may wait to be taken; more are refused.
const REPORT_QUEUE: usize = 16;

/// Sent with every answer. The first two give the page a fine clock; `credentialless` and not `require-corp`, so that the
/// page can still find out whether a server answers that it may not read.
const HEADERS: &str = "Cross-Origin-Opener-Policy: same-origin\r\n\
                       Cross-Origin-Embedder-Policy: credentialless\r\n\
                       Cross-Origin-Resource-Policy: same-origin\r\n\
                       X-Content-Type-Options: nosniff\r\n\
                       Referrer-Policy: no-referrer\r\n";

/// A server that runs until it is dropped.
pub struct StaticServer {
    port: u16,
    stop: Arc<AtomicBool>,
    threads: Vec<(SocketAddr, JoinHandle<()>)>,
    reports: Receiver<(String, Vec<u8>)>,
    shared: Arc<Shared>,
}

/// What each connection's thread needs.
struct Shared {
    dist: PathBuf,
    /// Folders that stand in `dist` under a name, wherever they are.
    folders: Vec<(String, PathBuf)>,
    /// When each file that is there was first asked for, by path.
    asked: Mutex<HashMap<String, Instant>>,
    reports: SyncSender<(String, Vec<u8>)>,
    token: String,
}

impl StaticServer {
    /// Serves a folder on 127.0.0.1 and, where there is one, [::1]; port 0 takes a free one. Links in the folder are
    /// followed, for they are its owner's.
    ///
    /// # Errors
    /// When the port is taken, or the folder is not there.
    pub fn start(dist: &Path, port: u16) -> io::Result<Self> {
        Self::start_with(dist, &[], port)
    }

    /// As [`StaticServer::start`], with further folders (name, place) that stand in the first one under their names.
    ///
    /// # Errors
    /// As [`StaticServer::start`].
    pub fn start_with(dist: &Path, folders: &[(&str, PathBuf)], port: u16) -> io::Result<Self> {
        let dist = dist.canonicalize()?;
        let (sender, reports) = sync_channel(REPORT_QUEUE);
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let port = v4.local_addr()?.port();
        let mut listeners = vec![v4];
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
            Ok(v6) => listeners.push(v6),
            // Another program answers there, and browsers would ask it first.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(_) => {}
        }
        let stop = Arc::new(AtomicBool::new(false));
        let token = format!("{:016x}{:016x}", random(), random());
        let folders = folders.iter().map(|(name, place)| ((*name).to_owned(), place.clone())).collect();
        let shared = Arc::new(Shared { dist, folders, asked: Mutex::default(), reports: sender, token });
        let mut threads = Vec::new();
        for listener in listeners {
            let (stop, shared) = (stop.clone(), shared.clone());
            threads.push((listener.local_addr()?, thread::spawn(move || accept(&listener, &stop, &shared))));
        }
        Ok(Self { port, stop, threads, reports, shared })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The page's address.
    pub fn url(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    /// The token of this start: a link to the page that has it, as `start-token`, acts without a click.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// When a file was first asked for, by the path in its address.
    pub fn first_asked(&self, path: &str) -> Option<Instant> {
        self.shared.asked().get(path).copied()
    }

    /// What was put under [`REPORT_PATH`]: (path, body).
    pub fn reports(&self) -> &Receiver<(String, Vec<u8>)> {
        &self.reports
    }
}

impl Shared {
    fn asked(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        // A map is whole whatever became of the thread that held it.
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a file is, by its path in the served folder.
    fn place(&self, relative: &Path) -> PathBuf {
        let inside = self.folders.iter().find_map(|(name, place)| Some(place.join(relative.strip_prefix(name).ok()?)));
        inside.unwrap_or_else(|| self.dist.join(relative))
    }
}

impl Drop for StaticServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        for (address, thread) in self.threads.drain(..) {
            // Wakes the thread that waits for a connection; once it has ended, the port is free.
            if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
                let _ = thread.join();
            }
        }
    }
}

fn accept(listener: &TcpListener, stop: &AtomicBool, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if stop.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = shared.clone();
        // A connection that breaks is the browser's affair; there is nobody to tell.
        thread::spawn(move || converse(&stream, &shared).ok());
    }
}

/// Answers the requests of a connection, one after the other.
fn converse(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let Some(text) = read_head(&mut reader)? else { return Ok(()) };
        let Some(head) = Head::parse(&text) else { return refuse(&mut writer, "400 Bad Request", true) };
        let close = head.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        match head.method.as_str() {
            "GET" if head.path == TOKEN_PATH => send_token(&mut writer, &head, shared)?,
            "GET" | "HEAD" => send_file(&mut writer, &head, shared)?,
            "PUT" if head.path.starts_with(REPORT_PATH) => take_report(&mut reader, &mut writer, &head, shared)?,
            _ => return refuse(&mut writer, "405 Method Not Allowed", true),
        }
        if close {
            return Ok(());
        }
    }
}

/// The lines of a head; None when the connection ended before one.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut reader = reader.take(HEAD_LIMIT);
    let mut text = String::new();
    loop {
        let before = text.len();
        if reader.read_line(&mut text)? == 0 {
            return Ok(None);
        }
        match &text[before..] {
            "\r\n" | "\n" if before > 0 => return Ok(Some(text[..before].to_owned())),
            // An empty line before a request is skipped.
            "\r\n" | "\n" => text.clear(),
            _ => {}
        }
    }
}

/// An answer without a file.
fn refuse(writer: &mut impl Write, status: &str, close: bool) -> io::Result<()> {
    let connection = if close { "Connection: close\r\n" } else { "" };
    let length = status.len();
    write!(
        writer,
        "HTTP/1.1 {status}\r\n{HEADERS}{connection}Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{status}"
    )
}

/// Tells the page the token. Pages of other origins cannot read it, and one that has its own name lead here (DNS
/// rebinding) asks for another host.
fn send_token(writer: &mut impl Write, head: &Head, shared: &Shared) -> io::Result<()> {
    let host = head.header("host").and_then(|host| Address::parse(&format!("http://{host}")).ok());
    if host.is_none_or(|host| host.origin.space() != AddressSpace::Loopback) {
        return refuse(writer, "403 Forbidden", true);
    }
    let (token, length) = (&shared.token, shared.token.len());
    write!(
        writer,
        "HTTP/1.1 200 OK\r\n{HEADERS}Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: \
         {length}\r\n\r\n{token}"
    )
}

fn send_file(writer: &mut (impl Write + ?Sized), head: &Head, shared: &Shared) -> io::Result<()> {
    let mut writer = writer;
    let Some(relative) = safe_path(&head.path) else { return refuse(&mut writer, "404 Not Found", false) };
    let came = Instant::now();
    let path = shared.place(&relative);
    if path.is_dir() {
        let location = format!("{}/", head.path);
        return write!(
            writer,
            "HTTP/1.1 308 Permanent Redirect\r\n{HEADERS}Location: {location}\r\nContent-Length: 0\r\n\r\n"
        );
    }
    let Ok(mut file) = File::open(&path) else { return refuse(&mut writer, "404 Not Found", false) };
    shared.asked().entry(head.path.clone()).or_insert(came);
    let meta = file.metadata()?;
    let len = meta.len();
    let tag = entity_tag(&meta);
    let name = relative.to_string_lossy();
    let caching = if name.ends_with(".html") { "no-store" } else { "no-cache" };
    let about = format!("{HEADERS}Cache-Control: {caching}\r\nETag: {tag}\r\nAccept-Ranges: bytes\r\n");
    if head.header("if-none-match").is_some_and(|have| have == tag) {
        return write!(writer, "HTTP/1.1 304 Not Modified\r\n{about}\r\n");
    }
    let same = head.header("if-range").is_none_or(|have| have == tag);
    let part = range(head.header("range").filter(|_| same), len);
    let (status, extra, first, count) = match part {
        Part::Whole => ("200 OK", String::new(), 0, len),
        Part::Bytes(first, last) => {
            ("206 Partial Content", format!("Content-Range: bytes {first}-{last}/{len}\r\n"), first, last - first + 1)
        }
        Part::Outside => ("416 Range Not Satisfiable", format!("Content-Range: bytes */{len}\r\n"), 0, 0),
    };
    let kind = media_type(&name);
    write!(writer, "HTTP/1.1 {status}\r\n{about}{extra}Content-Type: {kind}\r\nContent-Length: {count}\r\n\r\n")?;
    if head.method == "GET" && count > 0 {
        file.seek(SeekFrom::Start(first))?;
        io::copy(&mut file.take(count), &mut writer)?;
    }
    Ok(())
}

/// Changes when the file does: its length and the time of its last change.
fn entity_tag(meta: &fs::Metadata) -> String {
    let changed = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    format!("\"{:x}-{:x}\"", meta.len(), changed.as_nanos())
}

fn take_report(reader: &mut impl Read, writer: &mut impl Write, head: &Head, shared: &Shared) -> io::Result<()> {
    let Some(length) = head.header("content-length").and_then(|text| text.parse::<u64>().ok()) else {
        refuse(writer, "411 Length Required", true)?;
        return Err(io::ErrorKind::InvalidData.into());
    };
    if length > REPORT_LIMIT {
        refuse(writer, "413 Content Too Large", true)?;
        return Err(io::ErrorKind::InvalidData.into());
    }
    if head.header("expect").is_some() {
        write!(writer, "HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    if body.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    match shared.reports.try_send((head.path.clone(), body)) {
        Ok(()) => write!(writer, "HTTP/1.1 204 No Content\r\n{HEADERS}\r\n"),
        Err(_) => refuse(writer, "503 Service Unavailable", false),
    }
}
