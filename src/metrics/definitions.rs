//! The tools whose definitions of latencies and output tokens the figures can follow. [`super::explained`] has them in words, and
//! [`super::request_times`] computes them. The reference's are the default; the others follow their tools' sources, as the
//! README's table of definitions says.

use serde::{Deserialize, Serialize};

/// Whose definitions the figures follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Definition {
    /// The Python reference client.
    #[default]
    Reference,
    /// `vllm bench serve`.
    Vllm,
    /// SGLang's `bench_serving`.
    Sglang,
    /// GuideLLM.
    Guidellm,
    /// AIPerf.
    Aiperf,
}

impl Definition {
    /// Every definition.
    pub const ALL: &'static [Self] = &[Self::Reference, Self::Vllm, Self::Sglang, Self::Guidellm, Self::Aiperf];

    /// The word that a result says.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Vllm => "vllm",
            Self::Sglang => "sglang",
            Self::Guidellm => "guidellm",
            Self::Aiperf => "aiperf",
        }
    }

    /// The definition with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|definition| definition.word() == word)
    }

    /// The name that a person reads.
    pub fn label(self) -> &'static str {
        match self {
            Self::Reference => "Reference client",
            Self::Vllm => "vLLM",
            Self::Sglang => "SGLang",
            Self::Guidellm => "GuideLLM",
            Self::Aiperf => "AIPerf",
        }
    }
}
