//! Real tokenizers: the `tokenizers` crate with what transformers puts around it, as of its version 4.44, which the
//! Python reference was written for.

mod chat_template;
mod config;
mod pieces;
mod python_json;
mod strftime;
mod tokenizer;

pub use strftime::LocalTime;
pub use tokenizer::{Tokenizer, TokenizerFiles};
