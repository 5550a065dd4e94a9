//! Listening and connections: hyper's server around axum's router, so that each request knows its connection and a fault
//! can reset it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::Version;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::connection::{Connection, Cut, ResetMark};

/// Streams that an HTTP/2 connection carries at once, unless configured.
const HTTP2_MAX_STREAMS: u32 = 200;

/// Listens, with room for a whole run's connections at once. To be called inside the runtime.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind(address)?;
    socket.listen(4096)
}

/// Accepts connections until the runtime ends. `http2_max_streams` is how many streams an HTTP/2 connection carries at
/// once.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    http2_max_streams: Option<u32>,
    router: Router,
) {
    let mut http = Builder::new(TokioExecutor::new());
    http.http2().max_concurrent_streams(http2_max_streams.unwrap_or(HTTP2_MAX_STREAMS));
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
    let (connection, socket) = Connection::new(stream, peer.port());
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
        request.extensions_mut().insert(connection.for_request(shared));
        let response = service.call(request);
        async move {
            let Ok(response) = response.await;
            if response.extensions().get::<ResetMark>().is_some() { Err(Cut) } else { Ok(response) }
        }
    });
    http.serve_connection(TokioIo::new(stream), service).await
}
