//! Datasets and tokenizers from disk, network and cache, and the worker that makes workloads of them. It may read from
//! anywhere and never holds the API key.

mod blob;
mod body;
mod chat_template;
mod dataset_file;
mod download;
mod kept;
mod prepare;
mod ranges;
mod read_ahead;
mod serve;
mod tokenizer_files;

pub use serve::serve;
