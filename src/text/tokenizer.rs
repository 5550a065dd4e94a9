//! A tokenizer folder's files as one tokenizer that counts, decodes and templates as transformers does.

use tokenizers::AddedToken;

use super::config::Config;
use super::pieces::Pieces;
use super::template::{ChatTemplate, Render};
#[cfg(feature = "template")]
use super::template::{LocalTime, Renderer};
use super::tokenize::{Tokenize, TokenizerError};

/// The contents of a tokenizer's files.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokenizerFiles<'a> {
    /// `tokenizer.json`.
    pub tokenizer: &'a [u8],
    /// `tokenizer_config.json`.
    pub tokenizer_config: Option<&'a [u8]>,
    /// `chat_template.jinja`, which goes before a template in the config.
    pub chat_template: Option<&'a [u8]>,
    /// `special_tokens_map.json`.
    pub special_tokens_map: Option<&'a [u8]>,
}

/// A tokenizer, with its chat template if it has one, which [`Tokenizer::render_with`] brings to life.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Counts faster, where the tokenizer allows it.
    pieces: Option<Pieces>,
    clean_up_spaces: bool,
    template: Option<ChatTemplate>,
    render: Option<Render>,
}

impl Tokenizer {
    /// Reads the files.
    ///
    /// # Errors
    /// When a file is not what it should be.
    pub fn from_files(files: TokenizerFiles<'_>) -> Result<Self, TokenizerError> {
        let unreadable = |error: tokenizers::Error| TokenizerError::Unreadable(error.to_string());
        let mut inner = tokenizers::Tokenizer::from_bytes(files.tokenizer).map_err(unreadable)?;
        inner.with_truncation(None).map_err(unreadable)?;
        inner.with_padding(None);
        let config = Config::read(&files)?;
        add_missing(&mut inner, &config).map_err(unreadable)?;
        let pieces = Pieces::of(&inner);
        let clean_up_spaces = config.clean_up_spaces;
        Ok(Self { inner, pieces, clean_up_spaces, template: config.into_template(), render: None })
    }

    /// The chat template, if there is one.
    pub fn template(&self) -> Option<&ChatTemplate> {
        self.template.as_ref()
    }

    /// Sets what renders the chat template; without it [`Tokenize::chat_prompt`] has none.
    pub fn render_with(&mut self, render: Render) {
        self.render = Some(render);
    }

    /// Renders the chat template, if there is one, in this very program; `now` is what a template gets that asks for the
    /// date.
    ///
    /// # Errors
    /// When the template cannot be read.
    #[cfg(feature = "template")]
    pub fn with_renderer(mut self, now: LocalTime) -> Result<Self, TokenizerError> {
        if let Some(template) = &self.template {
            let renderer = Renderer::new(template, now)?;
            self.render_with(Box::new(move |content| renderer.render(content)));
        }
        Ok(self)
    }

    /// The token numbers of `text`.
    ///
    /// # Errors
    /// When the tokenizer has no token for something in the text.
    pub fn encode(&self, text: &str, add_special_tokens: bool) -> Result<Vec<u32>, TokenizerError> {
        let encoding = self.inner.encode_fast(text, add_special_tokens).map_err(refused_text)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of these tokens, special ones included, with spaces as the decoder leaves them.
    ///
    /// # Errors
    /// When the tokenizer's decoder refuses them.
    pub fn decode_as_is(&self, ids: &[u32]) -> Result<String, TokenizerError> {
        self.inner.decode(ids, false).map_err(|error| TokenizerError::Decode(error.to_string()))
    }

    fn count_tokens(&self, text: &str, add_special_tokens: bool) -> Result<u32, TokenizerError> {
        let count = match &self.pieces {
            Some(pieces) => pieces.count(&self.inner, text, add_special_tokens),
            None => self.inner.encode_fast(text, add_special_tokens).map(|it| it.len() as u32),
        };
        count.map_err(refused_text)
    }
}

impl Tokenize for Tokenizer {
    fn count(&self, text: &str) -> Result<u32, TokenizerError> {
        self.count_tokens(text, true)
    }

    fn count_plain(&self, text: &str) -> Result<u32, TokenizerError> {
        self.count_tokens(text, false)
    }

    fn decode(&self, ids: &[u32]) -> Result<String, TokenizerError> {
        let text = self.decode_as_is(ids)?;
        Ok(if self.clean_up_spaces { clean_up(text) } else { text })
    }

    fn vocab_size(&self) -> u32 {
        self.inner.get_vocab_size(false) as u32
    }

    fn chat_prompt(&self, content: &str) -> Result<String, TokenizerError> {
        let render = self.render.as_ref().ok_or(TokenizerError::NoTemplate)?;
        Ok(render(content)?)
    }
}

fn refused_text(error: tokenizers::Error) -> TokenizerError {
    TokenizerError::Encode(error.to_string())
}

/// Adds the tokens that the config names and `tokenizer.json` lacks, as transformers does.
fn add_missing(inner: &mut tokenizers::Tokenizer, config: &Config) -> tokenizers::Result<()> {
    let present = inner.get_added_tokens_decoder();
    let is_there = |token: &AddedToken| present.values().any(|it| it == token);
    let mut missing: Vec<AddedToken> = config.added.iter().filter(|token| !is_there(token)).cloned().collect();
    let special = config.special.iter().map(|(_, text)| text).chain(&config.more_special);
    for text in special {
        let known = present.values().chain(&missing).any(|token| token.content == *text);
        if !known {
            missing.push(AddedToken::from(text.as_str(), true));
        }
    }
    if !missing.is_empty() {
        inner.add_tokens(missing)?;
    }
    Ok(())
}

/// Takes out the spaces that English does not have, as transformers does: one plain replacement after the other.
fn clean_up(text: String) -> String {
    const REPLACED: [(&str, &str); 10] = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    REPLACED.into_iter().fold(text, |text, (from, to)| if text.contains(from) { text.replace(from, to) } else { text })
}
