//! Text as models read it: tokenizers (the `tokenizers` crate with what transformers puts around it, as of its version
//! 4.44, which the Python reference was written for) and chat templates.

#[cfg(feature = "tokenizer")]
mod config;
#[cfg(feature = "tokenizer")]
mod pieces;
pub mod template;
pub mod tokenize;
#[cfg(feature = "tokenizer")]
mod tokenizer;

#[cfg(feature = "tokenizer")]
pub use tokenizer::{Tokenizer, TokenizerFiles};
