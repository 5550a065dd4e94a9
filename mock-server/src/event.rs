//! The steps of a stream before they are bytes: timed events, and the ends that a fault puts in their place.

/// One step of a stream, before it is bytes.
pub(crate) enum Item {
    /// An event.
    Event(Event),
    /// An end that is not the stream's own, at a time in ms.
    End(End, f64),
}

/// A message of the stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) due_ms: f64,
    /// What follows `data:`.
    pub(crate) data: String,
    /// Tokens in it, and their text.
    pub(crate) tokens: u32,
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

/// What an event is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It brings tokens.
    Token,
    /// The last mark of the stream.
    Done,
    /// Anything else.
    Other,
}

/// How a stream ends that does not end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The connection is reset.
    Reset,
    /// The connection is closed.
    Close,
    /// Nothing more comes.
    Stall,
}
