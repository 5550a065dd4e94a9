//! Real tokenizers: the `tokenizers` crate with what transformers puts around it, as of its version 4.44, which the
//! Python reference was written for.

mod config;
mod pieces;
mod tokenizer;

pub use tokenizer::{Tokenizer, TokenizerFiles};
