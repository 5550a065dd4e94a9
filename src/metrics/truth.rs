//! Whether token counts can be believed: what the tokenizer counted, what the server reported, and how many chunks
//! came. A wrong tokenizer is the commonest mistake, and shows here first.

use serde::{Deserialize, Serialize};

use crate::record::{EventKind, Record};

/// Counts of the completed requests side by side.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenTruth {
    /// Completed requests whose output was counted by both the tokenizer and the server.
    pub compared: u32,
    /// Output tokens of those, as the tokenizer counts them.
    pub client_tokens: u64,
    /// Output tokens of those, as the server reports them.
    pub usage_tokens: u64,
    /// Chunks with text or reasoning of all completed requests.
    pub chunks: u64,
    /// Of the compared ones, those whose two counts differ by more than [`TOLERANCE`].
    pub differing: u32,
    /// Completed requests whose prompt was counted by both.
    pub prompts_compared: u32,
    /// Of those, the prompts whose two counts differ by more than [`TOLERANCE`]. A server's chat template adds tokens
    /// to each prompt, so that this alone is no alarm for chat.
    pub prompts_differing: u32,
}

/// The difference that passes, as a share of the server's count; one or two tokens (an end token) always pass.
pub const TOLERANCE: f64 = 0.03;

impl TokenTruth {
    /// Compares the counts of the completed requests.
    pub fn of(records: &[Record]) -> Self {
        let mut truth = Self::default();
        for record in records.iter().filter(|record| record.succeeded()) {
            let text = |kind| matches!(kind, EventKind::Text | EventKind::Reasoning);
            truth.chunks += record.reply.events.iter().filter(|event| text(event.kind)).count() as u64;
            let Some(usage) = record.reply.usage else { continue };
            // The tokenizer's count leaves reasoning out, the server's does not.
            let counted = record.output_tokens.filter(|_| record.reply.reasoning.is_empty());
            if let (Some(client), Some(server)) = (counted, usage.completion_tokens) {
                truth.compared += 1;
                truth.client_tokens += u64::from(client);
                truth.usage_tokens += u64::from(server);
                truth.differing += u32::from(differ(client, server));
            }
            if let Some(server) = usage.prompt_tokens {
                truth.prompts_compared += 1;
                truth.prompts_differing += u32::from(differ(record.prompt_len, server));
            }
        }
        truth
    }

    /// The share of compared requests whose output counts differ; none if none could be compared.
    pub fn differing_share(&self) -> Option<f64> {
        (self.compared > 0).then(|| f64::from(self.differing) / f64::from(self.compared))
    }
}

fn differ(client: u32, server: u32) -> bool {
    let apart = client.abs_diff(server);
    apart > 2 && f64::from(apart) > TOLERANCE * f64::from(server)
}
