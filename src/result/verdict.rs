//! How far the client itself can be trusted in a run: a level, and the reasons with their numbers.

use serde::{Deserialize, Serialize};

/// What a result says of its own client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// How far the figures can be trusted.
    pub level: VerdictLevel,
    /// What was looked at, the gravest first.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// What speaks against the figures: the reasons that are not of trust, the gravest first.
    pub fn doubts(&self) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(|reason| reason.level > VerdictLevel::Trusted)
    }

    /// The verdict with its doubts, on one line.
    pub fn line(&self) -> String {
        let doubts: String = self.doubts().map(|reason| format!(" {}", reason.text)).collect();
        format!("Verdict: {}.{doubts}", self.level.label().to_lowercase())
    }
}

/// The levels of trust, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictLevel {
    /// The client's share of the figures is small.
    Trusted,
    /// The client's share can be seen.
    Marginal,
    /// The figures are the client's as much as the server's.
    NotTrusted,
}

impl VerdictLevel {
    /// The level as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Trusted => "Trusted",
            Self::Marginal => "Marginal",
            Self::NotTrusted => "Not to be trusted",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// What the level would be for this alone.
    pub level: VerdictLevel,
    /// What was found, in a sentence with its number.
    pub text: String,
    /// A short name of what was measured: `browser_queue_share`, `event_loop_lag_p99_ms`.
    pub measure: String,
    /// The number.
    pub value: f64,
    /// Where trusted ends.
    pub threshold: f64,
}
