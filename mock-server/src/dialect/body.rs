//! Reading the bodies of requests: what the server kinds have in common.

use serde_json::Value;

/// Words of a text, which stand for its tokens.
pub(super) fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// A whole number that may be left out.
///
/// # Errors
/// When it is there and not a whole number of at least 0.
pub(super) fn count(body: &Value, names: &[&str], default: usize) -> Result<usize, String> {
    let Some((name, value)) = names.iter().find_map(|name| body.get(name).filter(|v| !v.is_null()).map(|v| (name, v)))
    else {
        return Ok(default);
    };
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| format!("{name} must be a whole number of at least 0, but is {value}"))
}

/// A switch that may be left out.
pub(super) fn flag(body: &Value, name: &str) -> bool {
    body.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// A prompt that is a text, a list of one text, or a list of token ids: its text and its tokens.
///
/// # Errors
/// When it is missing or anything else.
pub(super) fn prompt(value: Option<&Value>, name: &str) -> Result<(String, usize), String> {
    match value {
        Some(Value::String(text)) => Ok((text.clone(), words(text))),
        Some(Value::Array(items)) => match items.as_slice() {
            [Value::String(text)] => Ok((text.clone(), words(text))),
            ids if !ids.is_empty() && ids.iter().all(Value::is_u64) => Ok((String::new(), ids.len())),
            _ => Err(format!("{name} must be one text or the ids of one")),
        },
        _ => Err(format!("{name} is required")),
    }
}
