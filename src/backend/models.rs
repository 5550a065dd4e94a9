//! A server's list of models.

use serde::Deserialize;

use super::error::{error_text, excerpt};

/// Why a list of models could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelsError {
    /// The answer is no such list.
    #[error("The server's list of models cannot be read, so type the model's name. The server said: {said}")]
    Unreadable {
        /// The server's words.
        said: String,
    },
    /// There is none.
    #[error("The server lists no model, so it has none loaded yet. Load one there, or type the model's name.")]
    None,
}

#[derive(Deserialize)]
struct List {
    /// OpenAI's.
    #[serde(default)]
    data: Option<Vec<Model>>,
    /// Ollama's.
    #[serde(default)]
    models: Option<Vec<Model>>,
    /// TGI's `/info`, of its one model.
    #[serde(default)]
    model_id: Option<String>,
}

#[derive(Deserialize)]
struct Model {
    /// OpenAI's.
    #[serde(default)]
    id: Option<String>,
    /// Ollama's.
    #[serde(default)]
    name: Option<String>,
}

/// Reads the answer at [`Target::models_url`](super::Target::models_url): the models' names, in the server's order.
///
/// # Errors
/// When it is no list of models, or an empty one.
pub fn parse_models(body: &str) -> Result<Vec<String>, ModelsError> {
    let unreadable = || ModelsError::Unreadable { said: excerpt(&error_text(200, body)) };
    let list: List = serde_json::from_str(body).map_err(|_| unreadable())?;
    if let Some(id) = list.model_id {
        return Ok(vec![id]);
    }
    let models = list.data.or(list.models).ok_or_else(unreadable)?;
    let names: Vec<String> = models.into_iter().filter_map(|model| model.id.or(model.name)).collect();
    if names.is_empty() { Err(ModelsError::None) } else { Ok(names) }
}
