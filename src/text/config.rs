//! What transformers reads beside `tokenizer.json`: special tokens, added tokens, clean-up of spaces, chat template.

use serde::Deserialize;
use serde_json::{Map, Value};
use tokenizers::AddedToken;

use super::TokenizerFiles;
use super::template::{ChatTemplate, TemplateError};
use super::tokenize::TokenizerError;

/// The names of the special tokens, in transformers' order.
const SPECIAL_TOKENS: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
/// The name of the list of further ones.
const MORE_SPECIAL_TOKENS: &str = "additional_special_tokens";
/// The tokens that the tokenizer had when it was saved, by their numbers.
const ADDED_TOKENS: &str = "added_tokens_decoder";

/// The files beside `tokenizer.json`, read.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// Special tokens by name.
    pub(super) special: Vec<(&'static str, String)>,
    /// Further special tokens.
    pub(super) more_special: Vec<String>,
    /// Tokens that `tokenizer.json` should hold, in the order of their numbers.
    pub(super) added: Vec<AddedToken>,
    /// Whether decoded text has its spaces cleaned up.
    pub(super) clean_up_spaces: bool,
    /// The chat template.
    pub(super) template: Option<String>,
}

impl Config {
    pub(super) fn read(files: &TokenizerFiles<'_>) -> Result<Self, TokenizerError> {
        let mut config = object("tokenizer_config.json", files.tokenizer_config)?;
        if !config.contains_key(ADDED_TOKENS) {
            // Only configs from before `added_tokens_decoder` leave the last word to this file.
            config.extend(object("special_tokens_map.json", files.special_tokens_map)?);
        }
        let template = match files.chat_template {
            Some(bytes) => Some(utf8("chat_template.jinja", bytes)?.to_owned()),
            None => config.get("chat_template").map(template).transpose()?.flatten(),
        };
        let special = |name| Some((name, token_text(config.get(name)?)?));
        let more_special = config.get(MORE_SPECIAL_TOKENS).and_then(Value::as_array);
        let clean_up = config.get("clean_up_tokenization_spaces").and_then(Value::as_bool);
        Ok(Self {
            special: SPECIAL_TOKENS.into_iter().filter_map(special).collect(),
            more_special: more_special.into_iter().flatten().filter_map(token_text).collect(),
            added: config.get(ADDED_TOKENS).map(added_tokens).transpose()?.unwrap_or_default(),
            // Where the config does not say, transformers up to 4.44 cleans up, and later ones do not.
            clean_up_spaces: clean_up.unwrap_or(true),
            template,
        })
    }

    /// The chat template with what it may speak of.
    pub(super) fn into_template(self) -> Option<ChatTemplate> {
        let special = self.special.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        Some(ChatTemplate { source: self.template?, special, more_special: self.more_special })
    }
}

fn fault(file: &'static str, reason: impl ToString) -> TokenizerError {
    TokenizerError::Config { file, reason: reason.to_string() }
}

fn utf8<'a>(file: &'static str, bytes: &'a [u8]) -> Result<&'a str, TokenizerError> {
    std::str::from_utf8(bytes).map_err(|error| fault(file, error))
}

/// A file's JSON object; an empty one when there is no file.
fn object(file: &'static str, bytes: Option<&[u8]>) -> Result<Map<String, Value>, TokenizerError> {
    bytes.map_or(Ok(Map::new()), |bytes| serde_json::from_slice(bytes).map_err(|error| fault(file, error)))
}

/// A special token, which is text or an object with the text in it. An empty one counts as none.
fn token_text(value: &Value) -> Option<String> {
    let text = value.as_str().or_else(|| value.get("content")?.as_str())?;
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// The chat template: text, or of a list of named ones the one named "default".
fn template(value: &Value) -> Result<Option<String>, TokenizerError> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
        template: String,
    }
    let Value::Array(_) = value else { return Ok(value.as_str().map(str::to_owned)) };
    let named = Vec::<Named>::deserialize(value).map_err(|error| fault("tokenizer_config.json", error))?;
    let default = named.into_iter().find(|named| named.name == "default");
    let none = || TemplateError("it has several templates, and none of them is named \"default\"".into()).into();
    default.map(|named| Some(named.template)).ok_or_else(none)
}

/// The tokens of `added_tokens_decoder`, in the order of their numbers.
fn added_tokens(value: &Value) -> Result<Vec<AddedToken>, TokenizerError> {
    #[derive(Deserialize)]
    #[serde(default)]
    struct Added {
        content: String,
        lstrip: bool,
        normalized: bool,
        rstrip: bool,
        single_word: bool,
        special: bool,
    }
    impl Default for Added {
        fn default() -> Self {
            let AddedToken { content, single_word, lstrip, rstrip, normalized, special } = AddedToken::default();
            Self { content, lstrip, normalized, rstrip, single_word, special }
        }
    }
    let fault = |error: serde_json::Error| fault("tokenizer_config.json", error);
    let by_number = std::collections::BTreeMap::<u32, Added>::deserialize(value).map_err(fault)?;
    let token = |Added { content, lstrip, normalized, rstrip, single_word, special }| AddedToken {
        content,
        single_word,
        lstrip,
        rstrip,
        normalized,
        special,
    };
    Ok(by_number.into_values().map(token).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &str, map: Option<&str>, jinja: Option<&str>) -> Result<Config, TokenizerError> {
        Config::read(&TokenizerFiles {
            tokenizer: b"",
            tokenizer_config: Some(config.as_bytes()),
            special_tokens_map: map.map(str::as_bytes),
            chat_template: jinja.map(str::as_bytes),
        })
    }

    #[test]
    fn reads_special_tokens_in_every_form() {
        let config = r#"{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "unk_token": null, "pad_token": "",
            "additional_special_tokens": ["<a>", {"content": "<b>"}], "clean_up_tokenization_spaces": false}"#;
        let config = read(config, None, None).unwrap();
        assert_eq!(config.special, [("bos_token", "<s>".to_owned()), ("eos_token", "</s>".to_owned())]);
        assert_eq!(config.more_special, ["<a>", "<b>"]);
        assert!(!config.clean_up_spaces && config.template.is_none());
        assert!(read("{}", None, None).unwrap().clean_up_spaces);
    }

    #[test]
    fn the_special_tokens_map_counts_for_old_configs_only() {
        let map = Some(r#"{"bos_token": "<map>"}"#);
        assert_eq!(read(r#"{"bos_token": "<s>"}"#, map, None).unwrap().special[0].1, "<map>");
        let new = r#"{"bos_token": "<s>", "added_tokens_decoder": {"10": {"content": "b"}, "9": {"content": "a"}}}"#;
        let new = read(new, map, None).unwrap();
        assert_eq!(new.special[0].1, "<s>");
        assert_eq!(new.added.iter().map(|token| token.content.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn finds_the_template_wherever_it_is() {
        let named =
            r#"{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}"#;
        assert_eq!(read(named, None, None).unwrap().template.as_deref(), Some("d"));
        assert_eq!(read(named, None, Some("j")).unwrap().template.as_deref(), Some("j"));
        assert_eq!(read(r#"{"chat_template": "c"}"#, None, None).unwrap().template.as_deref(), Some("c"));
        let undecided = read(r#"{"chat_template": [{"name": "a", "template": "t"}]}"#, None, None).unwrap_err();
        assert!(undecided.to_string().contains("none of them is named \"default\""));
    }

    #[test]
    fn names_the_file_that_is_wrong() {
        let words = |result: Result<Config, TokenizerError>| result.unwrap_err().to_string();
        assert!(words(read("{", None, None)).starts_with("tokenizer_config.json cannot be read: EOF"));
        assert!(words(read("[]", None, None)).starts_with("tokenizer_config.json cannot be read"));
        assert!(words(read("{}", Some("1"), None)).starts_with("special_tokens_map.json cannot be read"));
    }
}
