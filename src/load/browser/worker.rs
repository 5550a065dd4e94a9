//! The load worker: it says that it is ready, and then does what the page asks for, one thing at a time. Where a workload
//! comes from is not its business: a [`Preparer`] makes it.

use std::cell::Cell;

use web_sys::File;

use super::calibrate::calibrate;
use super::clock::BrowserClock;
use super::models::list_models;
use super::run::run;
use super::scope::{memory_bytes, performance, words};
use super::wire::{Letter, Wire};
use crate::load::exchange::Clock;
use crate::load::protocol::{BUILD, FromWorker, Job, PROTOCOL, PrepareCost, Prepared, StageError, ToWorker};
use crate::workload::Workload;
use crate::workload::tokenize::Tokenize;

/// Makes workloads.
pub trait Preparer {
    /// The tokenizer that it reads.
    type Tokenizer: Tokenize;
    /// Reads dataset and tokenizer and makes the workload. `files` are the picked ones, the dataset's first; `say` hears
    /// what is being done, and which share of it is done.
    fn prepare(
        &self,
        job: &Job,
        files: &[File],
        say: &impl Fn(&str, Option<f64>),
    ) -> impl Future<Output = Result<Material<Self::Tokenizer>, StageError>>;
}

/// What preparing makes.
pub struct Material<T> {
    /// What to send, and when.
    pub workload: Workload,
    /// Counts the outputs afterwards.
    pub tokenizer: T,
}

/// Texts whose tokens are counted before the event loop has its turn.
const TEXTS_A_TURN: usize = 20;

/// Milliseconds between two words on how far a step is. More often would be drawn, not read, and the drawing takes the
/// processor away from the work.
const PROGRESS_MS: f64 = 100.0;

/// Serves the page for ever.
pub async fn serve(preparer: impl Preparer) {
    let clock = match BrowserClock::new() {
        Ok(clock) => clock,
        Err(error) => wasm_bindgen::throw_str(&format!("The load worker has no clock: {}", words(&error))),
    };
    let wire = Wire::open(&clock);
    wire.say(&FromWorker::Ready { protocol: PROTOCOL, build: BUILD.into() });
    let mut tokenizer = None;
    loop {
        let Letter { message, files } = wire.next().await;
        let done = match message {
            ToWorker::Prepare(job) => prepare(&wire, &preparer, &job, &files).await.map(|made| tokenizer = Some(made)),
            ToWorker::ListModels(job) => models(&wire, &clock, &job).await,
            ToWorker::Check(order) => run(&wire, &clock, &order, true).await,
            ToWorker::Start(order) => run(&wire, &clock, &order, false).await,
            ToWorker::Calibrate(job) => {
                calibrate(&clock, &job).await.map(|found| wire.say(&FromWorker::Calibrated(found)))
            }
            ToWorker::Count(texts) => {
                wire.say(&FromWorker::Counted(count(tokenizer.as_ref(), &clock, &texts).await));
                Ok(())
            }
            // These act as they arrive.
            ToWorker::Stop | ToWorker::Go | ToWorker::Visibility(_) => Ok(()),
        };
        if let Err(error) = done {
            wire.say(&FromWorker::Failed(error));
        }
    }
}

/// Makes a workload and hands it to the page; gives the tokenizer back.
async fn prepare<P: Preparer>(
    wire: &Wire,
    preparer: &P,
    job: &Job,
    files: &[File],
) -> Result<P::Tokenizer, StageError> {
    let start_ms = performance().now();
    let said_ms = Cell::new(f64::NEG_INFINITY);
    let say = |step: &str, fraction: Option<f64>| {
        let now_ms = performance().now();
        if now_ms >= said_ms.get() + PROGRESS_MS {
            said_ms.set(now_ms);
            wire.say(&FromWorker::Preparing { step: step.into(), fraction });
        }
    };
    let Material { workload, tokenizer } = preparer.prepare(job, files, &say).await?;
    let cost = PrepareCost { preparing_ms: performance().now() - start_ms, memory_bytes: memory_bytes() };
    wire.say(&FromWorker::Prepared(Box::new(Prepared {
        summary: workload.summary,
        requests: workload.requests,
        intervals_s: workload.schedule.intervals_s,
        dry_run: job.settings.dry_run,
        cost,
    })));
    Ok(tokenizer)
}

/// The tokens of each text.
async fn count(tokenizer: Option<&impl Tokenize>, clock: &BrowserClock, texts: &[Option<String>]) -> Vec<Option<u32>> {
    let mut counts = Vec::with_capacity(texts.len());
    for turn in texts.chunks(TEXTS_A_TURN) {
        let count = |text: &Option<String>| tokenizer?.count_plain(text.as_ref()?).ok();
        counts.extend(turn.iter().map(count));
        clock.turn().await;
    }
    counts
}

async fn models(wire: &Wire, clock: &BrowserClock, job: &Job) -> Result<(), StageError> {
    wire.say(&FromWorker::Models(list_models(job, clock).await?));
    Ok(())
}
