//! What can be made to go wrong with an answer, by name.

use std::fmt;
use std::str::FromStr;

/// A fault. As text it is its name, with an argument after a colon where it takes one: `reset_mid_stream:5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `status:500`: this status, with the server's own error body.
    Status {
        /// The status.
        code: u16,
    },
    /// `reset_before_headers`: the connection is reset in place of an answer (HTTP/2: the stream).
    ResetBeforeHeaders,
    /// `reset_mid_stream:3`: a TCP reset after so many token events (HTTP/2: a stream reset).
    ResetMidStream {
        /// Token events before it.
        after: usize,
    },
    /// `close_mid_stream:3`: the connection is closed after so many token events, without the body's end.
    CloseMidStream {
        /// Token events before it.
        after: usize,
    },
    /// `stall:3`: nothing more after so many token events, and the connection stays.
    Stall {
        /// Token events before it.
        after: usize,
    },
    /// `broken_json:1`: the token event after so many is cut off in its middle.
    BrokenJson {
        /// Token events before it.
        after: usize,
    },
    /// `no_done`: the stream ends without its last mark.
    NoDone,
    /// `wrong_content_type`: an HTML page with status 200.
    WrongContentType,
    /// `endless`: tokens without end.
    Endless,
    /// `huge_line:20`: the second token event is so many MB long.
    HugeLine {
        /// Its length, MB.
        megabytes: usize,
    },
    /// `error_event:3`: an error as an event after so many token events, then the end.
    ErrorEvent {
        /// Token events before it.
        after: usize,
    },
    /// `empty`: status 200 and no event at all.
    Empty,
    /// `slow_headers:1000`: the answer begins so much later, headers and all.
    SlowHeaders {
        /// The delay, ms.
        ms: u32,
    },
}

impl Fault {
    /// What the setting takes, in words.
    pub(crate) const EXPECTED: &'static str = "a fault (status:500, reset_before_headers, reset_mid_stream:3, \
        close_mid_stream:3, stall:3, broken_json:1, no_done, wrong_content_type, endless, huge_line:20, error_event:3, \
        empty, slow_headers:1000)";

    /// The token event that it changes, counted from 0. It strikes in a short answer too, at its last token event.
    pub(crate) fn strikes_at(self, token_events: usize) -> Option<usize> {
        let wanted = match self {
            Self::ResetMidStream { after }
            | Self::CloseMidStream { after }
            | Self::Stall { after }
            | Self::BrokenJson { after }
            | Self::ErrorEvent { after } => after,
            Self::HugeLine { .. } => 1,
            _ => return None,
        };
        Some(wanted.min(token_events.saturating_sub(1)))
    }
}

impl FromStr for Fault {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (name, argument) = text.split_once(':').map_or((text, None), |(name, argument)| (name, Some(argument)));
        let number = |default: usize| argument.map_or(Ok(default), |argument| argument.parse().map_err(|_| ()));
        let fault = match name {
            "status" => Self::Status { code: status(number(500)?)? },
            "reset_mid_stream" => Self::ResetMidStream { after: number(3)? },
            "close_mid_stream" => Self::CloseMidStream { after: number(3)? },
            "stall" => Self::Stall { after: number(3)? },
            "broken_json" => Self::BrokenJson { after: number(1)? },
            "huge_line" => Self::HugeLine { megabytes: number(20)?.min(512) },
            "error_event" => Self::ErrorEvent { after: number(3)? },
            "slow_headers" => Self::SlowHeaders { ms: number(1000)?.try_into().map_err(|_| ())? },
            _ if argument.is_some() => return Err(()),
            "reset_before_headers" => Self::ResetBeforeHeaders,
            "no_done" => Self::NoDone,
            "wrong_content_type" => Self::WrongContentType,
            "endless" => Self::Endless,
            "empty" => Self::Empty,
            _ => return Err(()),
        };
        Ok(fault)
    }
}

fn status(code: usize) -> Result<u16, ()> {
    if (200..=599).contains(&code) { u16::try_from(code).map_err(|_| ()) } else { Err(()) }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { code } => write!(f, "status:{code}"),
            Self::ResetBeforeHeaders => f.write_str("reset_before_headers"),
            Self::ResetMidStream { after } => write!(f, "reset_mid_stream:{after}"),
            Self::CloseMidStream { after } => write!(f, "close_mid_stream:{after}"),
            Self::Stall { after } => write!(f, "stall:{after}"),
            Self::BrokenJson { after } => write!(f, "broken_json:{after}"),
            Self::NoDone => f.write_str("no_done"),
            Self::WrongContentType => f.write_str("wrong_content_type"),
            Self::Endless => f.write_str("endless"),
            Self::HugeLine { megabytes } => write!(f, "huge_line:{megabytes}"),
            Self::ErrorEvent { after } => write!(f, "error_event:{after}"),
            Self::Empty => f.write_str("empty"),
            Self::SlowHeaders { ms } => write!(f, "slow_headers:{ms}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_its_own_name() {
        for text in [
            "status:429",
            "reset_before_headers",
            "reset_mid_stream:5",
            "close_mid_stream:1",
            "stall:0",
            "broken_json:1",
            "no_done",
            "wrong_content_type",
            "endless",
            "huge_line:20",
            "error_event:3",
            "empty",
            "slow_headers:1000",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        for text in ["", "flood", "empty:1", "status:9", "status:abc", "stall:-1"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_fault_strikes_in_a_short_answer_too() {
        assert_eq!(Fault::Stall { after: 3 }.strikes_at(2), Some(1));
        assert_eq!(Fault::Stall { after: 3 }.strikes_at(100), Some(3));
    }
}
