//! Chat templates: what a tokenizer's files say of one, and the program that renders it. In the browser that is a
//! WebAssembly module of its own, which is loaded by the few workloads that need it.

#[cfg(feature = "template")]
mod python_json;
#[cfg(feature = "template")]
mod render;
#[cfg(feature = "template")]
mod strftime;

use serde::{Deserialize, Serialize};

#[cfg(feature = "template")]
pub use render::Renderer;
#[cfg(feature = "template")]
pub use strftime::LocalTime;

/// A template and the variables that stand beside the messages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChatTemplate {
    /// The template's text, in Jinja.
    pub source: String,
    /// Special tokens by name.
    pub special: Vec<(String, String)>,
    /// Further special tokens.
    pub more_special: Vec<String>,
}

/// Why a chat template cannot be read or rendered, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(pub String);

/// Gives the prompt of one user message in a chat template, up to where the model should answer.
pub type Render = Box<dyn Fn(&str) -> Result<String, TemplateError>>;
