//! What each definition means by the latencies and by output tokens, in words.

use super::{Definition, Metric};

/// What latencies count from, under every definition.
const SEND_EXPLAINED: &str = "When the browser began to send the request, where the server lets it tell \
    (Timing-Allow-Origin, or the page's own origin); else when the page asked it to.";

impl Definition {
    /// What each latency means here, with what they count from before them and how tokens are counted after them: (name,
    /// sentence).
    pub fn explained(self) -> Vec<(&'static str, &'static str)> {
        let latencies = Metric::ALL.iter().map(|metric| (metric.label(), self.rule(*metric)));
        let mut all = vec![("Send", SEND_EXPLAINED)];
        all.extend(latencies);
        all.push(("Output tokens", self.output_tokens()));
        all
    }

    /// A latency that tools agree on has the table's sentence.
    fn rule(self, metric: Metric) -> &'static str {
        const AFTER_THE_FIRST: &str = "(E2EL - TTFT) / (output tokens - 1), one value a request of two tokens or more.";
        match (metric, self) {
            (Metric::Ttft, Self::Reference) => "To the first chunk with text.",
            (Metric::Ttft, Self::Vllm) => "To the first chunk with a choice, even one without text.",
            (Metric::Ttft, Self::Sglang) => "To the first chunk with text or reasoning.",
            (Metric::Ttft, Self::Guidellm | Self::Aiperf) => "To the first chunk with text, reasoning or a tool call.",
            (Metric::Itl, Self::Reference) => {
                "From one chunk with text to the next, all requests together; for chat, from the chunk before, whatever it held."
            }
            (Metric::Itl, Self::Vllm) => "From one chunk with a choice to the next, all requests together.",
            (Metric::Itl, Self::Sglang) => {
                "From chunk to chunk; where the server counts its tokens, divided by them, one value a token."
            }
            (Metric::Itl, Self::Guidellm) => "(last chunk - first chunk) / (output tokens - 1), one value a request.",
            (Metric::Itl, Self::Aiperf) => {
                "(E2EL - TTFT) / (output tokens - those of the first chunk), one value a request."
            }
            (Metric::Tpot, Self::Reference | Self::Vllm | Self::Sglang) => AFTER_THE_FIRST,
            (Metric::Tpot, Self::Guidellm) => "(last chunk - send) / output tokens: the first token is in it.",
            (Metric::Tpot, Self::Aiperf) => "The same as ITL.",
            (Metric::E2el, Self::Reference) => "To the end mark of the stream.",
            (Metric::E2el, Self::Vllm) => "To the last chunk with a choice.",
            (Metric::E2el, Self::Sglang) => "To the last line of any kind.",
            (Metric::E2el, Self::Guidellm) => "To the end of the response.",
            (Metric::E2el, Self::Aiperf) => "To the last chunk with text, reasoning or a tool call.",
            (agreed, _) => agreed.row().help,
        }
    }

    fn output_tokens(self) -> &'static str {
        match self {
            Self::Reference => "The text, counted with the tokenizer.",
            Self::Aiperf => "Text, reasoning and tool calls, counted with the tokenizer.",
            Self::Vllm => "As the server reports them; where it does not, counted with the tokenizer.",
            Self::Sglang => "As the server reports them; where it does not, as many as were asked for.",
            Self::Guidellm => "As the server reports them; where it does not, the chunks.",
        }
    }
}
