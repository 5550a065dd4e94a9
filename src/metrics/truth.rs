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
    /// Chunks with text of those.
    pub compared_chunks: u64,
    /// Chunks with tokens of any kind of all completed requests.
    pub chunks: u64,
    /// Of the compared ones, those whose two counts differ by more than [`TOLERANCE`].
    pub differing: u32,
    /// Completed requests whose prompt was counted by both.
    pub prompts_compared: u32,
    /// Prompt tokens of those, as the workload counts them.
    pub client_prompt_tokens: u64,
    /// Prompt tokens of those, as the server reports them.
    pub usage_prompt_tokens: u64,
    /// Of those, the prompts whose two counts differ by more than [`TOLERANCE`]. A server's chat template adds tokens
    /// to each prompt, so that this alone is no alarm for chat.
    pub prompts_differing: u32,
}

/// The difference that passes, as a share of the server's count; one or two tokens (an end token) always pass.
pub const TOLERANCE: f64 = 0.03;

/// The share of requests with differing counts from which on they are spoken of; a few odd texts pass.
const DOUBT: f64 = 0.05;

impl TokenTruth {
    /// Compares the counts of the completed requests.
    pub fn of(records: &[Record]) -> Self {
        let mut truth = Self::default();
        for record in records.iter().filter(|record| record.succeeded()) {
            let reply = &record.reply;
            let chunks = reply.events.iter().filter(|event| event.kind.is_token()).count() as u64;
            truth.chunks += chunks;
            let Some(usage) = reply.usage else { continue };
            // The tokenizer's count of the text leaves all else out, the server's does not.
            let is_all = reply.events.iter().all(|event| event.kind == EventKind::Text || !event.kind.is_token());
            let counted = record.output_tokens.filter(|_| is_all && reply.reasoning.is_empty());
            if let (Some(client), Some(server)) = (counted, usage.completion_tokens) {
                truth.compared += 1;
                truth.compared_chunks += chunks;
                truth.client_tokens += u64::from(client);
                truth.usage_tokens += u64::from(server);
                truth.differing += u32::from(differ(client, server));
            }
            if let Some(server) = usage.prompt_tokens {
                truth.prompts_compared += 1;
                truth.client_prompt_tokens += u64::from(record.prompt_len);
                truth.usage_prompt_tokens += u64::from(server);
                truth.prompts_differing += u32::from(differ(record.prompt_len, server));
            }
        }
        truth
    }

    /// What the counts mean, in sentences with the likeliest cause; `chat` where the server puts the prompt into a template.
    /// The first of each pair says whether it puts figures into doubt.
    pub fn says(&self, chat: bool) -> Vec<(bool, &'static str)> {
        let mut says = Vec::new();
        let outputs_differ = self.differing_share().is_some_and(|share| share > DOUBT);
        let prompts_agree = self.prompts_compared > 0 && self.prompts_differing == 0;
        let prompts_differ = self.prompts_compared > 0 && share(self.prompts_differing, self.prompts_compared) > DOUBT;
        if outputs_differ && prompts_agree {
            says.push((
                true,
                "The prompts' counts agree, so this is likely the model's tokenizer, and the server generated tokens that \
                 the text does not show one by one: special tokens, reasoning that it keeps to itself, or pieces that \
                 read back as fewer tokens. TPOT and token rates rest on the text's count.",
            ));
        } else if outputs_differ {
            says.push((
                true,
                "The likeliest cause is that this is not the model's own tokenizer. TPOT and token rates rest on its \
                 count, and the prompts are longer or shorter than asked for: pick the model's tokenizer.json and run again.",
            ));
        }
        if prompts_differ && !outputs_differ && chat {
            says.push((
                false,
                "The server's chat template adds tokens to each prompt, which the count here leaves out, as the reference's does.",
            ));
        } else if prompts_differ && !outputs_differ {
            says.push((
                true,
                "The prompts are counted differently, the outputs alike: the server may add or leave out special tokens, \
                 cut prompts, or put them into a template.",
            ));
        }
        if self.compared > 0 && self.compared_chunks as f64 * (1.0 + TOLERANCE) < self.usage_tokens as f64 {
            says.push((
                false,
                "There are fewer chunks than tokens: the server sends several tokens at a time (speculative decoding, or \
                 batches of tokens), so an ITL is the pause between chunks, not between tokens.",
            ));
        }
        if self.compared == 0 && self.prompts_compared == 0 {
            says.push((false, "The server reports no usage, so nothing confirms the tokenizer's count."));
        } else if says.is_empty() {
            says.push((false, "The counts agree."));
        }
        says
    }

    /// The share of compared requests whose output counts differ; none if none could be compared.
    pub fn differing_share(&self) -> Option<f64> {
        (self.compared > 0).then(|| share(self.differing, self.compared))
    }
}

fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole.max(1))
}

fn differ(client: u32, server: u32) -> bool {
    let apart = client.abs_diff(server);
    apart > 2 && f64::from(apart) > TOLERANCE * f64::from(server)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, Outcome, Reply, Usage};

    /// A completed request: (tokenizer, server) tokens of prompt and output, and so many chunks.
    fn record(prompt: (u32, u32), output: (u32, u32), chunks: usize) -> Record {
        let event = Event { at_ms: 0.0, read: 0, kind: EventKind::Text, chars: 1, tokens_so_far: None };
        let usage = Usage { prompt_tokens: Some(prompt.1), completion_tokens: Some(output.1) };
        let reply = Reply { events: vec![event; chunks], usage: Some(usage), ..Reply::default() };
        let (prompt_len, output_tokens) = (prompt.0, Some(output.0));
        Record { prompt_len, output_tokens, reply, outcome: Outcome::Completed, ..Record::default() }
    }

    fn truth(record: &Record) -> TokenTruth {
        TokenTruth::of(&vec![record.clone(); 10])
    }

    /// What is said: whether it is a doubt, and whether these words are in it.
    fn assert_says(truth: &TokenTruth, chat: bool, expected: &[(bool, &str)]) {
        let says = truth.says(chat);
        assert_eq!(says.len(), expected.len(), "{says:?}");
        for ((doubt, text), (expected_doubt, words)) in says.iter().zip(expected) {
            assert!(doubt == expected_doubt && text.contains(words), "{text:?} for {words:?}");
        }
    }

    #[test]
    fn counts_stand_side_by_side() {
        let truth = truth(&record((10, 12), (100, 150), 90));
        assert_eq!((truth.compared, truth.client_tokens, truth.usage_tokens), (10, 1000, 1500));
        assert_eq!((truth.compared_chunks, truth.chunks, truth.differing), (900, 900, 10));
        assert_eq!((truth.client_prompt_tokens, truth.usage_prompt_tokens), (100, 120));
    }

    #[test]
    fn each_difference_has_its_likeliest_cause() {
        assert_says(&truth(&record((100, 100), (50, 51), 51)), false, &[(false, "agree")]);
        assert_says(&truth(&record((100, 140), (50, 70), 70)), false, &[(true, "not the model's own tokenizer")]);
        assert_says(&truth(&record((100, 100), (50, 70), 70)), false, &[(true, "likely the model's tokenizer")]);
        assert_says(&truth(&record((100, 120), (50, 50), 50)), true, &[(false, "chat template")]);
        assert_says(&truth(&record((100, 120), (50, 50), 50)), false, &[(true, "special tokens")]);
        assert_says(&truth(&record((100, 100), (50, 50), 20)), false, &[(false, "fewer chunks than tokens")]);
        assert_says(&TokenTruth::default(), false, &[(false, "no usage")]);
    }
}
