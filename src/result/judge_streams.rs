//! What the streams of a run say of its figures: how they ended, answers without text, and prompts that came back.

use super::bounds::{PROMPT_ECHOED, UNMARKED_END, WITHOUT_TEXT};
use super::evidence::{Evidence, of, share};
use super::verdict::Reason;

/// Nothing is said of records that do not tell how their streams ended.
pub(super) fn stream_ends(run: &Evidence<'_>) -> Option<Reason> {
    let streams = run.summary.streams;
    let (unmarked, ended) = (streams.unmarked as usize, streams.ended as usize);
    let blame = if unmarked > 0 { ": some of those answers may have been cut off" } else { "" };
    let text = format!("{} ended without [DONE], a finish reason or usage{blame}.", of(unmarked, ended));
    (ended > 0).then(|| UNMARKED_END.reason(share(unmarked, ended), text))?
}

pub(super) fn answers_without_text(run: &Evidence<'_>) -> Option<Reason> {
    let (without, all) = (run.summary.streams.without_text as usize, run.summary.completed as usize);
    let text = format!(
        "{} brought no text, but reasoning, tool calls or a refusal alone: each counts as 0 output tokens, and under the \
         reference's definitions has no TTFT and no TPOT.",
        of(without, all)
    );
    (without > 0).then(|| WITHOUT_TEXT.reason(share(without, all), text))?
}

pub(super) fn echoed_prompts(run: &Evidence<'_>) -> Option<Reason> {
    let (echoed, all) = (run.summary.streams.prompts_echoed as usize, run.summary.completed as usize);
    let text = format!(
        "The answers to {} began with the prompt, which was removed: it is neither in the text nor in the output tokens.",
        of(echoed, all)
    );
    (echoed > 0).then(|| PROMPT_ECHOED.reason(share(echoed, all), text))?
}
