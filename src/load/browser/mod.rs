//! What the load generator needs of a browser: a clock, fetches, the browser's own timings, and the loop that hears the
//! page. It lives in a dedicated Worker, where a busy page cannot hold it up.

mod blob;
mod body;
mod calibrate;
mod chat_template;
pub mod clock;
mod dataset_file;
mod diagnose;
mod download;
pub mod fetch;
mod kept;
pub mod landing;
mod models;
pub mod prepare;
mod ranges;
mod read_ahead;
pub mod resource_timing;
mod run;
mod scope;
mod tokenizer_files;
mod wire;
pub mod worker;
