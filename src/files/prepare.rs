//! From a job to its workload, in the worker: finds the dataset and the tokenizer, wherever they are, and has the workload
//! made of them.

use futures_util::future::try_join;
use web_sys::File;

use super::dataset_file::DatasetFile;
use super::{chat_template, download, tokenizer_files};
use crate::dataset::{self, DrawProgress};
use crate::protocol::{Job, Stage, StageError};
use crate::text::Tokenizer;
use crate::workload::{self, Part, Workload, WorkloadError};

/// What preparing makes.
pub(super) struct Material {
    /// What to send, and when.
    pub(super) workload: Workload,
    /// Counts the outputs afterwards.
    pub(super) tokenizer: Tokenizer,
}

/// Reads dataset and tokenizer and makes the workload. `files` are the picked ones, the dataset's first; `tell` is called
/// with what is being done and which share of it is done.
///
/// # Errors
/// When dataset or tokenizer cannot be had, or make no workload.
pub(super) async fn prepare(
    job: &Job,
    files: &[File],
    tell: &impl Fn(&str, Option<f64>),
) -> Result<Material, StageError> {
    let (dataset_files, tokenizer_files) = files.split_at((job.dataset_files as usize).min(files.len()));
    tell("Loading the tokenizer", None);
    // Side by side: a dataset takes its time to come, and a tokenizer that cannot be had should not be waited for.
    let (dataset, tokenizer) = try_join(dataset(job, dataset_files, tell), tokenizer(job, tokenizer_files)).await?;
    let progress = |step| {
        let (words, fraction) = describe(step);
        tell(&words, Some(fraction));
    };
    let workload =
        workload::prepare(&job.settings, dataset.as_ref(), &tokenizer, progress).await.map_err(stage_error)?;
    Ok(Material { workload, tokenizer })
}

fn stage_error(error: WorkloadError) -> StageError {
    let stage = match error.part() {
        Part::Settings => Stage::Settings,
        Part::Dataset => Stage::Dataset,
        Part::Tokenizer => Stage::Tokenizer,
    };
    StageError { stage, message: error.to_string() }
}

fn describe(progress: DrawProgress) -> (String, f64) {
    match progress {
        DrawProgress::Indexing { bytes, total, conversations } => {
            let words = format!("Reading the dataset: {} MB, {conversations} conversations", bytes / 1_000_000);
            (words, bytes as f64 / total.max(1) as f64)
        }
        DrawProgress::Sampling { requests, wanted } => {
            (format!("Drawing prompts: {requests} of {wanted}"), f64::from(requests) / f64::from(wanted.max(1)))
        }
    }
}

async fn tokenizer(job: &Job, files: &[File]) -> Result<Tokenizer, StageError> {
    let failed = |message: String| StageError { stage: Stage::Tokenizer, message };
    let found = if files.is_empty() {
        let missing = "No tokenizer is given. Pick tokenizer.json, or name its folder's address or a Hugging Face model (tokenizer).";
        let place = job.settings.tokenizer_place().ok_or_else(|| failed(missing.into()))?;
        let found = tokenizer_files::from_place(place, &job.page_url, &job.settings.hf_endpoint).await;
        found.map_err(|reason| failed(format!("The tokenizer {place:?} could not be loaded: {reason}.")))?
    } else {
        let found = tokenizer_files::from_picked(files).await;
        found.map_err(|reason| failed(format!("The tokenizer's files could not be read: {reason}.")))?
    };
    let mut tokenizer = Tokenizer::from_files(found.as_files()).map_err(|error| failed(error.to_string()))?;
    if dataset::about(job.settings.dataset_name).templated
        && let Some(template) = tokenizer.template()
    {
        let render = chat_template::renderer(template, &job.page_url).await?;
        tokenizer.render_with(render);
    }
    Ok(tokenizer)
}

/// The dataset's file: picked, or downloaded from its address; none for a workload that needs none.
async fn dataset(
    job: &Job,
    files: &[File],
    tell: &impl Fn(&str, Option<f64>),
) -> Result<Option<DatasetFile>, StageError> {
    if !dataset::about(job.settings.dataset_name).needs_file {
        return Ok(None);
    }
    let failed = |name: &str, reason| StageError {
        stage: Stage::Dataset,
        message: format!("The dataset {name:?} could not be read: {reason}."),
    };
    if let Some(file) = files.first() {
        return DatasetFile::picked(file).await.map(Some).map_err(|reason| failed(&file.name(), reason));
    }
    let Some(place) = job.settings.dataset_path.as_deref() else { return Ok(None) };
    let failed = |reason| failed(place, reason);
    let url = download::absolute(place, &job.page_url).map_err(failed)?;
    let progress = |bytes: f64, total: Option<f64>| {
        tell(&format!("Downloading the dataset: {:.0} MB", bytes / 1e6), total.map(|total| bytes / total));
    };
    DatasetFile::at(&url, progress).await.map(Some).map_err(failed)
}
