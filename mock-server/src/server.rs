//! Listening, connections and routes: hyper's server around axum's router, so that each request knows its connection and
//! a fault can reset it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, Version};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::generate::{App, generate};
use crate::{cors, stream::Cut};

/// What a request knows of its connection.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// The client's port.
    pub(crate) peer_port: u16,
    reset: Arc<AtomicBool>,
    /// Whether requests share it at the same time, so that a fault of one must not end it.
    shared: bool,
}

impl Connection {
    /// Lets the connection end in a TCP reset, unless others use it too.
    pub(crate) fn reset_on_drop(&self) {
        self.reset.store(!self.shared, Relaxed);
    }
}

/// In a response's extensions: reset the connection (HTTP/2: the stream) and answer nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResetMark;

/// All routes.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/v1/models", get(models))
        .route("/health", get(|| async { StatusCode::OK }))
        .route("/mock/log", get(log).delete(clear_log))
        .route("/mock/stats", get(stats))
        .fallback(generate)
        .layer(middleware::from_fn_with_state(app.clone(), cors::layer))
        .with_state(app)
}

async fn models(State(app): State<App>, request: Request) -> Response {
    app.journal.note_plain(&request);
    if !app.admits(request.headers()) {
        let error = crate::dialect::openai_error(401, "Unauthorized");
        return (StatusCode::UNAUTHORIZED, Json(error)).into_response();
    }
    let created = (app.clock.start_unix_ms() / 1e3) as u64;
    let model = |id: &String| json!({ "id": id, "object": "model", "created": created, "owned_by": "mock" });
    let models: Vec<_> = app.config.models.iter().map(model).collect();
    Json(json!({ "object": "list", "data": models })).into_response()
}

async fn log(State(app): State<App>) -> Response {
    Json(app.journal.file()).into_response()
}

async fn clear_log(State(app): State<App>) -> StatusCode {
    app.journal.clear();
    StatusCode::NO_CONTENT
}

async fn stats(State(app): State<App>) -> Response {
    Json(app.journal.stats()).into_response()
}

/// Listens, with room for a whole run's connections at once. To be called inside the runtime.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind(address)?;
    socket.listen(4096)
}

/// Accepts connections until the runtime ends.
pub(crate) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, app: App) {
    let mut http = Builder::new(TokioExecutor::new());
    http.http2().max_concurrent_streams(app.config.http2_max_streams.unwrap_or(200));
    let router = router(app);
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            // The client was gone already, or this process has too many files open, which passes.
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        };
        tokio::spawn(connect(stream, peer, tls.clone(), http.clone(), router.clone()));
    }
}

async fn connect(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    http: Builder<TokioExecutor>,
    router: Router,
) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let connection = Connection { peer_port: peer.port(), reset: Arc::default(), shared: false };
    let socket = Socket { stream, reset: Arc::clone(&connection.reset) };
    // How a connection ends is the client's to judge; the log says what was sent.
    if let Some(tls) = tls {
        let Ok(stream) = tls.accept(socket).await else { return };
        let _ = speak(stream, connection, &http, router).await;
    } else {
        let _ = speak(socket, connection, &http, router).await;
    }
}

async fn speak<S>(
    stream: S,
    connection: Connection,
    http: &Builder<TokioExecutor>,
    router: Router,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        let shared = request.version() == Version::HTTP_2;
        request.extensions_mut().insert(Connection { shared, ..connection.clone() });
        let response = service.call(request);
        async move {
            let Ok(response) = response.await;
            if response.extensions().get::<ResetMark>().is_some() { Err(Cut) } else { Ok(response) }
        }
    });
    http.serve_connection(TokioIo::new(stream), service).await
}

/// A TCP stream that can end in a reset.
struct Socket {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A reset takes the place of an orderly end.
        if self.reset.load(Relaxed) { Poll::Ready(Ok(())) } else { Pin::new(&mut self.stream).poll_shutdown(cx) }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.load(Relaxed) {
            // With no time to linger, the system sends a reset. If it cannot be set, the client sees a plain close.
            let _ = self.stream.set_zero_linger();
        }
    }
}
