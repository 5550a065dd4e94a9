//! The prepare worker: it greets the page, makes workloads, and counts the tokens of outputs with the tokenizer of the last
//! one.

use std::cell::Cell;

use web_sys::File;

use super::prepare::{Material, prepare};
use crate::protocol::prepare::{FromPreparer, PrepareCost, Prepared, ToPreparer};
use crate::protocol::{Greeting, Job, StageError};
use crate::text::Tokenizer;
use crate::text::tokenize::Tokenize;
use crate::web::channel::{Channel, Received};
use crate::web::event_loop::EventLoop;
use crate::web::scope::{js_error_text, memory_bytes, performance};

type Page = Channel<ToPreparer, FromPreparer>;

/// Texts whose tokens are counted before the event loop has its turn.
const TEXTS_PER_TURN: usize = 20;

/// Least time between two messages on how far a step is, ms. More often would be drawn, not read, and the drawing takes
/// the processor away from the work.
const PROGRESS_MS: f64 = 100.0;

/// Serves the page for as long as the worker lives.
pub async fn serve() {
    let event_loop = match EventLoop::new() {
        Ok(event_loop) => event_loop,
        Err(error) => wasm_bindgen::throw_str(&format!("The load worker cannot start: {}", js_error_text(&error))),
    };
    let page = Page::open(Some, FromPreparer::Failed);
    page.send(&FromPreparer::Ready(Greeting::ours()));
    let mut tokenizer = None;
    loop {
        let Received { message, files } = page.next().await;
        match message {
            ToPreparer::Prepare(job) => match make(&page, *job, &files).await {
                Ok(made) => tokenizer = Some(made),
                Err(error) => page.send(&FromPreparer::Failed(error)),
            },
            ToPreparer::Count(texts) => {
                let counts = count(tokenizer.as_ref(), &event_loop, &texts).await;
                page.send(&FromPreparer::Counted(counts));
            }
        }
    }
}

/// Makes a workload and sends it to the page; returns its tokenizer.
async fn make(page: &Page, job: Job, files: &[File]) -> Result<Tokenizer, StageError> {
    let start_ms = performance().now();
    let told_ms = Cell::new(f64::NEG_INFINITY);
    let tell = |step: &str, fraction: Option<f64>| {
        let now_ms = performance().now();
        if now_ms >= told_ms.get() + PROGRESS_MS {
            told_ms.set(now_ms);
            page.send(&FromPreparer::Preparing { step: step.into(), fraction });
        }
    };
    let Material { workload, tokenizer } = prepare(&job, files, &tell).await?;
    let cost = PrepareCost { preparing_ms: performance().now() - start_ms, memory_bytes: memory_bytes() };
    page.send(&FromPreparer::Prepared(Box::new(Prepared {
        settings: job.settings,
        summary: workload.summary,
        requests: workload.requests,
        intervals_s: workload.schedule.intervals_s,
        cost,
    })));
    Ok(tokenizer)
}

/// The tokens of each text.
async fn count(tokenizer: Option<&Tokenizer>, event_loop: &EventLoop, texts: &[Option<String>]) -> Vec<Option<u32>> {
    let mut counts = Vec::with_capacity(texts.len());
    for turn in texts.chunks(TEXTS_PER_TURN) {
        let count = |text: &Option<String>| tokenizer?.count_plain(text.as_ref()?).ok();
        counts.extend(turn.iter().map(count));
        event_loop.turn().await;
    }
    counts
}
