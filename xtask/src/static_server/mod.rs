//! The server of the page, on loopback: files with media types, byte ranges and compressed copies, the headers of a
//! cross-origin isolated page, and a place where a run in this browser may put its report. `cargo xtask serve` and `bench`
//! and the end-to-end tests use it.

mod guard;
mod serving;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, IF_RANGE, RANGE};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{get, put};
use tower_http::services::ServeDir;

pub use serving::Serving;

use crate::browser::random;

/// Where the page asks for the token that lets a link act without a click. Pages of other origins cannot read it, and
/// requests under another host's name are refused.
const TOKEN_PATH: &str = "/start-token";
/// Reports are taken under this path, by PUT.
pub const REPORT_PATH: &str = "/report/";
/// The largest report that is taken, in bytes: the records of a very long run.
const REPORT_LIMIT_BYTES: usize = 1 << 30;
/// Reports that may wait to be taken; more are refused.
const REPORT_QUEUE: usize = 16;
/// Bytes of a file that are read at a time. Datasets are large, and each read is a hand-over between threads.
const READ_BYTES: usize = 1 << 20;

/// Sent with every answer, unless it has its own. The first two give the page a fine clock; `credentialless` and not
/// `require-corp`, so that the page can still find out whether a server answers that it may not read. The last keeps the page
/// out of frames of other pages: within one, a click on it may not be meant.
const HEADERS: [(&str, &str); 6] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "credentialless"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "frame-ancestors 'none'"),
];

/// A server of the page that runs until it is dropped.
pub struct StaticServer {
    serving: Serving,
    reports: Receiver<(String, Vec<u8>)>,
    first_asked: FirstAsked,
    token: String,
}

/// When each file that is there was first asked for, by the path in its address.
type FirstAsked = Arc<Mutex<HashMap<String, Instant>>>;

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
        let (sender, reports) = sync_channel(REPORT_QUEUE);
        let first_asked = FirstAsked::default();
        let token = format!("{:016x}{:016x}", random(), random());
        let router = files(&dist.canonicalize()?, folders)
            .layer(from_fn_with_state(Arc::clone(&first_asked), file_answer))
            .merge(report_route(sender, REPORT_LIMIT_BYTES))
            .merge(token_route(token.clone()))
            .layer(from_fn(guard::guard))
            .layer(map_response(add_headers));
        Ok(Self { serving: Serving::start(router, port)?, reports, first_asked, token })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.serving.port()
    }

    /// The page's address.
    pub fn url(&self) -> String {
        format!("http://localhost:{}/", self.port())
    }

    /// The token of this start: a link to the page that has it, as `start-token`, acts without a click.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// When a file was first asked for, by the path in its address.
    pub fn first_asked(&self, path: &str) -> Option<Instant> {
        lock(&self.first_asked).get(path).copied()
    }

    /// What was put under [`REPORT_PATH`]: (path, body).
    pub fn reports(&self) -> &Receiver<(String, Vec<u8>)> {
        &self.reports
    }
}

fn lock(first_asked: &FirstAsked) -> MutexGuard<'_, HashMap<String, Instant>> {
    // A map is whole whatever became of the thread that held it.
    first_asked.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The files of a folder, and of further ones under their names.
fn files(dist: &Path, folders: &[(&str, PathBuf)]) -> Router {
    let serve = |place: &Path| ServeDir::new(place).precompressed_gzip().with_buf_chunk_size(READ_BYTES);
    folders.iter().fold(Router::new().fallback_service(serve(dist)), |router, (name, place)| {
        let prefix = format!("/{name}");
        router.nest_service(&prefix, serve(place).redirect_path_prefix(&prefix))
    })
}

/// Notes when a file was first asked for, and says how long its answer may be kept.
async fn file_answer(State(first_asked): State<FirstAsked>, mut request: Request, next: Next) -> Response {
    let asked = Instant::now();
    let path = request.uri().path().to_owned();
    // The whole file is always a right answer to a range that is wanted only of a certain version.
    if request.headers().contains_key(IF_RANGE) {
        request.headers_mut().remove(RANGE);
    }
    let mut response = next.run(request).await;
    if response.status().is_success() {
        lock(&first_asked).entry(path).or_insert(asked);
    }
    let is_page = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let caching = if is_page { "no-store" } else { "no-cache" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

/// Where the token of this start is told.
fn token_route(token: String) -> Router {
    Router::new().route(TOKEN_PATH, get(|| async { ([(CACHE_CONTROL, "no-store")], token) }))
}

/// Where reports are put.
fn report_route(reports: SyncSender<(String, Vec<u8>)>, limit_bytes: usize) -> Router {
    let take = put(take_report).layer(DefaultBodyLimit::max(limit_bytes)).with_state(reports);
    Router::new().route(&format!("{REPORT_PATH}{{*name}}"), take)
}

async fn take_report(State(reports): State<SyncSender<(String, Vec<u8>)>>, uri: Uri, body: Bytes) -> StatusCode {
    match reports.try_send((uri.path().to_owned(), body.into())) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn add_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    #[test]
    fn a_start_tells_its_own_token_to_this_machine_alone() {
        let router = token_route("secret".into()).layer(from_fn(guard::guard));
        let serving = Serving::start(router, 0).unwrap();
        let get = |host: &str| {
            let mut stream = TcpStream::connect(("127.0.0.1", serving.port())).unwrap();
            write!(stream, "GET {TOKEN_PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let own = get("localhost");
        assert!(own.starts_with("HTTP/1.1 200 ") && own.ends_with("secret"), "{own}");
        let foreign = get("evil.example");
        assert!(foreign.starts_with("HTTP/1.1 421 ") && !foreign.contains("secret"), "{foreign}");
    }

    #[test]
    fn a_report_over_the_limit_is_refused() {
        let (sender, reports) = sync_channel(REPORT_QUEUE);
        let serving = Serving::start(report_route(sender, 4), 0).unwrap();
        let put = |body: &str| {
            let mut stream = TcpStream::connect(("127.0.0.1", serving.port())).unwrap();
            let head = "PUT /report/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close";
            write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        assert!(put("1234").starts_with("HTTP/1.1 204 "));
        assert_eq!(reports.try_recv().unwrap().1, b"1234");
        let refused = put("12345");
        assert!(refused.starts_with("HTTP/1.1 413 "), "{refused}");
        assert!(reports.try_recv().is_err());
    }
}
