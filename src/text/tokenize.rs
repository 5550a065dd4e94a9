//! What the samplers ask of a tokenizer, so that they can be tested with a small stand-in.

use super::template::TemplateError;

/// A tokenizer, as the reference uses one.
pub trait Tokenize {
    /// Tokens of `text` with the special tokens that the tokenizer adds, as prompts are counted.
    ///
    /// # Errors
    /// When the tokenizer has no token for something in the text.
    fn count(&self, text: &str) -> Result<u32, TokenizerError>;

    /// Tokens of `text` without added special tokens, as outputs are counted.
    ///
    /// # Errors
    /// As [`Tokenize::count`].
    fn count_plain(&self, text: &str) -> Result<u32, TokenizerError>;

    /// The text of these tokens, special ones included, with spaces cleaned up as the tokenizer's config says.
    ///
    /// # Errors
    /// When the tokenizer's decoder refuses them.
    fn decode(&self, ids: &[u32]) -> Result<String, TokenizerError>;

    /// Entries of the vocabulary, without tokens added beyond it.
    fn vocab_size(&self) -> u32;

    /// The prompt for one user message, as the chat template has it, up to where the model should answer.
    ///
    /// # Errors
    /// When there is no template, or it fails.
    fn chat_prompt(&self, content: &str) -> Result<String, TokenizerError>;
}

/// What is wrong with a tokenizer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenizerError {
    /// `tokenizer.json` is not one.
    #[error("tokenizer.json cannot be read as a tokenizer: {0}. Give the tokenizer.json that comes with the model.")]
    Unreadable(String),
    /// One of the files beside it is not what it should be.
    #[error("{file} cannot be read: {reason}. Mend the file or leave it out.")]
    Config {
        /// The file's name.
        file: &'static str,
        /// Why not.
        reason: String,
    },
    /// Text that cannot be tokenized.
    #[error("The tokenizer cannot encode a text of the dataset: {0}.")]
    Encode(String),
    /// Tokens that cannot be decoded.
    #[error("The tokenizer cannot decode tokens into a prompt: {0}.")]
    Decode(String),
    /// An empty vocabulary.
    #[error("The tokenizer has an empty vocabulary, so no random prompt can be made of it.")]
    NoVocabulary,
    /// No chat template, where one is needed.
    #[error(
        "The tokenizer has no chat template, which the sonnet dataset needs. Add tokenizer_config.json or \
         chat_template.jinja to the tokenizer's files, or take another dataset."
    )]
    NoTemplate,
    /// A chat template that fails.
    #[error("The tokenizer's chat template fails: {0}.")]
    Template(#[from] TemplateError),
}
