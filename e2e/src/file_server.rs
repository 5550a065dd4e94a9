//! A server of one file on loopback, open to every page, that handles byte ranges in the ways that servers do: rightly,
//! not at all, or wrongly. The file is served as the page's own server serves files; what is wrong is done to requests and
//! answers around that.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_LENGTH, CONTENT_RANGE, RANGE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use tower_http::services::ServeFile;
use xtask::static_server::Serving;

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
    serving: Serving,
    parts: Arc<AtomicUsize>,
    _folder: tempfile::TempDir,
}

impl FileServer {
    /// Serves these bytes under every path.
    ///
    /// # Panics
    /// When there is no free port, or no room for the file.
    pub fn start(bytes: Vec<u8>, ranges: Ranges) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the file");
        let path = folder.path().join("dataset.json");
        let behaviour = Behaviour { ranges, size: bytes.len() as u64, parts: Arc::default() };
        fs::write(&path, bytes).expect("room for the file");
        let parts = Arc::clone(&behaviour.parts);
        let router = Router::new().fallback_service(ServeFile::new(path)).layer(from_fn_with_state(behaviour, answer));
        Self { serving: Serving::start(router, 0).expect("a free port"), parts, _folder: folder }
    }

    /// The file's address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/dataset.json", self.serving.port())
    }

    /// Parts that were sent as parts.
    pub fn parts(&self) -> usize {
        self.parts.load(Ordering::Acquire)
    }
}

/// What to do with requests for parts.
#[derive(Clone)]
struct Behaviour {
    ranges: Ranges,
    /// The file's size in bytes.
    size: u64,
    parts: Arc<AtomicUsize>,
}

/// Answers a request in the way that was chosen.
async fn answer(State(behaviour): State<Behaviour>, request: Request, next: Next) -> Response {
    let mut response = match asked(request.headers(), behaviour.size) {
        Some(part) => behaviour.answer_part(part, request, next).await,
        None => next.run(request).await,
    };
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// First and last byte of `range: bytes=5-9`; the last one may be left out for all the rest.
fn asked(headers: &HeaderMap, size: u64) -> Option<(u64, u64)> {
    let (first, last) = headers.get(RANGE)?.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let last = if last.is_empty() { size.checked_sub(1)? } else { last.parse().ok()? };
    Some((first.parse().ok()?, last))
}

impl Behaviour {
    async fn answer_part(&self, (first, last): (u64, u64), mut request: Request, next: Next) -> Response {
        let begun = self.parts.load(Ordering::Acquire) > 0;
        let headers = request.headers_mut();
        match self.ranges {
            Ranges::Promised if !begun => {}
            Ranges::Sent => {}
            Ranges::Ignored | Ranges::IgnoredInChunks | Ranges::Promised => drop(headers.remove(RANGE)),
            Ranges::Misplaced => drop(headers.insert(RANGE, text(format!("bytes=0-{}", last.saturating_sub(first))))),
            Ranges::Stalled => drop(headers.insert(RANGE, text(format!("bytes=0-{}", self.size / 2)))),
            Ranges::Refused => return StatusCode::RANGE_NOT_SATISFIABLE.into_response(),
        }
        let mut response = next.run(request).await;
        match self.ranges {
            Ranges::IgnoredInChunks => {
                response.headers_mut().remove(CONTENT_LENGTH);
                return response.map(|body| Body::from_stream(body.into_data_stream()));
            }
            Ranges::Stalled => return self.stalled(response),
            Ranges::Misplaced => {
                let claimed = text(format!("bytes {first}-{last}/{}", self.size));
                response.headers_mut().insert(CONTENT_RANGE, claimed);
            }
            _ => {}
        }
        if response.status() == StatusCode::PARTIAL_CONTENT {
            self.parts.fetch_add(1, Ordering::AcqRel);
        }
        response
    }

    /// The whole file by its headers, of which nothing more comes than this part.
    fn stalled(&self, mut part: Response) -> Response {
        *part.status_mut() = StatusCode::OK;
        part.headers_mut().remove(CONTENT_RANGE);
        part.headers_mut().insert(CONTENT_LENGTH, self.size.into());
        part.map(|body| Body::from_stream(body.into_data_stream().chain(stream::pending())))
    }
}

fn text(value: String) -> HeaderValue {
    HeaderValue::try_from(value).expect("a header's value")
}
