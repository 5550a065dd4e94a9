//! The load worker: it says that it is ready, and then does what the page asks for, one thing at a time. Where a workload
//! comes from is not its business: a [`Preparer`] makes it.

use std::cell::RefCell;
use std::pin::pin;

use futures_util::future::{Either, select};
use web_sys::File;

use super::clock::BrowserClock;
use super::models::list_models;
use super::run::run;
use super::scope::{memory_bytes, performance, words};
use super::wire::{Letter, Wire};
use crate::load::protocol::{
    self, BUILD, Finished, FromWorker, Job, PROTOCOL, PrepareCost, Prepared, Stage, StageError, ToWorker,
};
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

/// What a run is made of.
pub struct Material<T> {
    /// What to send, and when.
    pub workload: Workload,
    /// Counts the outputs afterwards.
    pub tokenizer: T,
}

/// Serves the page for ever.
pub async fn serve(preparer: impl Preparer) {
    let clock = match BrowserClock::new() {
        Ok(clock) => clock,
        Err(error) => wasm_bindgen::throw_str(&format!("The load worker has no clock: {}", words(&error))),
    };
    let wire = Wire::open(&clock);
    wire.say(&FromWorker::Ready { protocol: PROTOCOL, build: BUILD.into() });
    let mut ready = None;
    loop {
        let Letter { message, files } = wire.next().await;
        let done = match message {
            ToWorker::Prepare(job) => prepare(&wire, &preparer, *job, &files).await.map(|made| ready = made),
            ToWorker::ListModels(job) => models(&wire, &clock, &job).await,
            ToWorker::Start => match &ready {
                Some((job, material)) => run(&wire, &clock, job, material).await,
                None => Err(StageError {
                    stage: Stage::Page,
                    message: "There is no workload yet. Prepare one, then start.".into(),
                }),
            },
            // These act as they arrive.
            ToWorker::Stop | ToWorker::Visibility(_) => Ok(()),
        };
        if let Err(error) = done {
            wire.say(&FromWorker::Failed(error));
        }
    }
}

/// Makes a workload and shows it to the page; none if that was stopped.
async fn prepare<P: Preparer>(
    wire: &Wire,
    preparer: &P,
    job: Job,
    files: &[File],
) -> Result<Option<(Job, Material<P::Tokenizer>)>, StageError> {
    let said = RefCell::new(String::new());
    let say = |step: &str, fraction: Option<f64>| {
        // The same words again change nothing that a person sees.
        if *said.borrow() != step {
            step.clone_into(&mut said.borrow_mut());
            wire.say(&FromWorker::Preparing { step: step.into(), fraction });
        }
    };
    let start_ms = performance().now();
    let material = match select(pin!(preparer.prepare(&job, files, &say)), pin!(wire.stopped())).await {
        Either::Left((material, _)) => material?,
        Either::Right(_) => {
            wire.say(&FromWorker::Finished(Box::new(Finished { stopped: true, ..Finished::default() })));
            return Ok(None);
        }
    };
    let cost = PrepareCost { preparing_ms: performance().now() - start_ms, memory_bytes: memory_bytes() };
    wire.say(&FromWorker::Prepared(Box::new(shown(&job, &material.workload, cost))));
    Ok(Some((job, material)))
}

fn shown(job: &Job, workload: &Workload, cost: PrepareCost) -> protocol::Prepared {
    let dry = job.settings.dry_run;
    Prepared {
        summary: workload.summary.clone(),
        requests: dry.then(|| workload.requests.clone()),
        intervals_s: dry.then(|| workload.schedule.intervals_s.clone()),
        cost,
    }
}

async fn models(wire: &Wire, clock: &BrowserClock, job: &Job) -> Result<(), StageError> {
    match select(pin!(list_models(job, clock)), pin!(wire.stopped())).await {
        Either::Left((names, _)) => wire.say(&FromWorker::Models(names?)),
        Either::Right(_) => {}
    }
    Ok(())
}
