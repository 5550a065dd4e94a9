//! The body of an answer: each write at its deadline, noted in the log at the moment that it is handed to the connection.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame};
use tokio::sync::OwnedSemaphorePermit;

use crate::connection::{Connection, Cut};
use crate::event::End;
use crate::framing::{Chunk, Piece};
use crate::log::Ticket;
use crate::timer::{Sleep, Timer};

/// What a body needs beside its bytes; dropped with it, which frees its slot and ends its log.
pub(crate) struct Serving {
    pub(crate) ticket: Ticket,
    pub(crate) timer: Timer,
    pub(crate) connection: Option<Connection>,
    pub(crate) _slot: Option<OwnedSemaphorePermit>,
}

/// A timed body.
pub(crate) struct AnswerBody {
    pieces: Box<dyn Iterator<Item = Piece> + Send>,
    next: Option<(Piece, Sleep)>,
    /// Whether its first write is all of it, so that nobody will ask for its end.
    single: bool,
    /// Whether a write has been handed over that the connection may still hold back to join it with the next.
    unflushed: bool,
    serving: Serving,
}

impl AnswerBody {
    /// A stream.
    pub(crate) fn stream(pieces: impl Iterator<Item = Piece> + Send + 'static, serving: Serving) -> Self {
        Self { pieces: Box::new(pieces), next: None, single: false, unflushed: false, serving }
    }

    /// One text, due now, and how it ends if not well.
    pub(crate) fn whole(text: String, chunk: Chunk, end: Option<End>, serving: Serving) -> Self {
        let due_ms = chunk.due_ms;
        let write = Piece::Write { due_ms, bytes: text.into_bytes(), chunks: vec![chunk] };
        let pieces = std::iter::once(write).chain(end.map(|end| Piece::End(end, due_ms + 1.0)));
        Self { pieces: Box::new(pieces), next: None, single: end.is_none(), unflushed: false, serving }
    }

    fn note(&self, chunks: &[Chunk]) {
        for chunk in chunks.iter().filter(|chunk| chunk.tokens > 0) {
            self.serving.ticket.note_chunk(chunk.due_ms, chunk.tokens, &chunk.text);
        }
        if self.single {
            self.serving.ticket.finish();
        }
    }

    fn end(&self, end: End) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match end {
            // Nobody will wake this body again; it is dropped when the client goes away.
            End::Stall => return Poll::Pending,
            End::Reset => self.serving.connection.iter().for_each(Connection::reset_on_drop),
            End::Close => {}
        }
        self.serving.ticket.finish();
        Poll::Ready(Some(Err(Cut)))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let this = &mut *self;
        if std::mem::take(&mut this.unflushed) {
            // The connection writes out what it holds when there is nothing more for the moment. This makes every write
            // its own, and makes it before the next event is prepared.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if this.next.is_none() {
            // The next write is made ready before its deadline.
            let Some(piece) = this.pieces.next() else {
                this.serving.ticket.finish();
                return Poll::Ready(None);
            };
            let due_ms = match &piece {
                Piece::Write { due_ms, .. } | Piece::End(_, due_ms) => *due_ms,
            };
            this.next = Some((piece, this.serving.timer.at(due_ms)));
        }
        if let Some((_, sleep)) = &mut this.next {
            ready!(Pin::new(sleep).poll(cx));
        }
        match this.next.take() {
            Some((Piece::Write { bytes, chunks, .. }, _)) => {
                this.unflushed = true;
                this.note(&chunks);
                Poll::Ready(Some(Ok(Frame::data(bytes.into()))))
            }
            Some((Piece::End(end, at_ms), sleep)) => {
                this.next = Some((Piece::End(end, at_ms), sleep));
                this.end(end)
            }
            None => Poll::Pending,
        }
    }
}
