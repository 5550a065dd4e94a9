//! A client's connection: what each request on it knows of it, and how a fault ends it in a TCP reset.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

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
    /// The connection on this stream, and the stream as a socket that it can end in a reset.
    pub(crate) fn new(stream: TcpStream, peer_port: u16) -> (Self, Socket) {
        let reset = Arc::<AtomicBool>::default();
        (Self { peer_port, reset: Arc::clone(&reset), shared: false }, Socket { stream, reset })
    }

    /// As a request on it knows it; `shared` where others may be in flight beside it.
    pub(crate) fn for_request(&self, shared: bool) -> Self {
        Self { shared, ..self.clone() }
    }

    /// Lets the connection end in a TCP reset, unless others use it too.
    pub(crate) fn reset_on_drop(&self) {
        self.reset.store(!self.shared, Relaxed);
    }
}

/// In a response's extensions: reset the connection (HTTP/2: the stream) and answer nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResetMark;

/// The answer was cut on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the mock cut this answer, as it was configured to")]
pub(crate) struct Cut;

/// A TCP stream that can end in a reset.
pub(crate) struct Socket {
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
