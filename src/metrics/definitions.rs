//! What the tools mean by TTFT, ITL, TPOT, E2EL and output tokens, in words; [`super::request_times`] computes it. The
//! reference's are the default; the others follow their tools' sources, as the README's table of definitions says.

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

/// What latencies count from, under every definition.
const SEND_EXPLAINED: &str = "When the browser began to send the request, where the server lets it tell \
    (Timing-Allow-Origin, or the page's own origin); else when the page asked it to.";

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

    /// What each metric means here: (metric, sentence).
    pub fn explained(self) -> [(&'static str, &'static str); 6] {
        let [ttft, itl, tpot, e2el, tokens] = match self {
            Self::Reference => [
                "To the first chunk with text.",
                "From one chunk with text to the next, all requests together; for chat, from the chunk before, whatever it held.",
                "(E2EL - TTFT) / (output tokens - 1), one value a request of two tokens or more.",
                "To the end mark of the stream.",
                "The text, counted with the tokenizer.",
            ],
            Self::Vllm => [
                "To the first chunk with a choice, even one without text.",
                "From one chunk with a choice to the next, all requests together.",
                "(E2EL - TTFT) / (output tokens - 1), one value a request of two tokens or more.",
                "To the last chunk with a choice.",
                "As the server reports them; where it does not, counted with the tokenizer.",
            ],
            Self::Sglang => [
                "To the first chunk with text or reasoning.",
                "From chunk to chunk; where the server counts its tokens, divided by them, one value a token.",
                "(E2EL - TTFT) / (output tokens - 1), one value a request of two tokens or more.",
                "To the last line of any kind.",
                "As the server reports them; where it does not, as many as were asked for.",
            ],
            Self::Guidellm => [
                "To the first chunk with text, reasoning or a tool call.",
                "(last chunk - first chunk) / (output tokens - 1), one value a request.",
                "(last chunk - send) / output tokens: the first token is in it.",
                "To the end of the response.",
                "As the server reports them; where it does not, the chunks.",
            ],
            Self::Aiperf => [
                "To the first chunk with text, reasoning or a tool call.",
                "(E2EL - TTFT) / (output tokens - those of the first chunk), one value a request.",
                "The same as ITL.",
                "To the last chunk with text, reasoning or a tool call.",
                "Text, reasoning and tool calls, counted with the tokenizer.",
            ],
        };
        [
            ("Send", SEND_EXPLAINED),
            ("TTFT", ttft),
            ("ITL", itl),
            ("TPOT", tpot),
            ("E2EL", e2el),
            ("Output tokens", tokens),
        ]
    }
}
