//! A server's own words for what went wrong, out of the many shapes that servers put them in.

use serde_json::Value;

use super::repair::repaired_without_halves;

/// Longest excerpt of a body that is no JSON, in characters.
const EXCERPT_CHARS: usize = 300;

/// What an error response says: the message in its JSON, else the start of its text (a title, of an HTML page).
pub fn error_text(status: u16, body: &str) -> String {
    let body = body.trim();
    if body.is_empty() {
        return format!("The server answered {status} without a word of explanation");
    }
    words(body)
}

/// The words of an error, whatever shape it has.
pub(super) fn words(error: &str) -> String {
    let error = error.trim();
    let json = serde_json::from_str::<Value>(error).ok();
    json.and_then(|json| message(&json)).or_else(|| title(error)).unwrap_or_else(|| excerpt(error))
}

/// The message in the JSON of a stream's event, if it reports an error, at its top or in a choice. Words alone do not: a
/// server may say what it is doing.
pub(super) fn in_event(json: &[u8]) -> Option<String> {
    let parse = |json: &[u8]| serde_json::from_slice::<Value>(json).ok();
    let json = parse(json).or_else(|| repaired_without_halves(json).and_then(|json| parse(&json)))?;
    let json = if let Value::Array(list) = json { list.into_iter().next()? } else { json };
    let choices = match json.get("choices") {
        Some(Value::Array(choices)) => choices.as_slice(),
        Some(choice) => std::slice::from_ref(choice),
        None => &[],
    };
    let is_named = |json: &Value| ["object", "type"].iter().any(|key| json[key].as_str() == Some("error"));
    let has_field = |json: &Value| ["error", "errors", "detail"].iter().any(|key| is_said(&json[key]));
    if is_named(&json) || has_field(&json) {
        return message(&json);
    }
    choices.iter().filter(|choice| is_said(&choice["error"])).find_map(message)
}

/// The start of a text, with its length if it goes on.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

/// The message of an error object:
/// `{"error": {"message": …}}` (OpenAI, vLLM, SGLang, llama.cpp), `{"error": "…"}` (TGI, Triton, Ollama),
/// `{"object": "error", "message": …}` (LMDeploy, older vLLM), `{"detail": …}` (FastAPI), `{"errors": […]}`, and a list
/// of any of them.
fn message(json: &Value) -> Option<String> {
    let json = if let Value::Array(list) = json { list.first()? } else { json };
    let object = json.as_object()?;
    for key in ["error", "errors", "detail", "message", "msg"] {
        let Some(value) = object.get(key).filter(|value| is_said(value)) else { continue };
        let found = match value {
            Value::String(text) => text.clone(),
            Value::Array(list) if key == "detail" => validation(list),
            inner => message(inner).unwrap_or_else(|| inner.to_string()),
        };
        return Some(excerpt(&found));
    }
    None
}

/// Whether a field for errors has anything in it: servers write "no error" in many ways, such as 0, or an object of
/// which all fields are empty.
pub(super) fn is_said(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => list.iter().any(is_said),
        Value::Object(fields) => fields.values().any(is_said),
    }
}

/// FastAPI's list of what does not fit: "body.max_tokens: Input should be a valid integer".
fn validation(list: &[Value]) -> String {
    let one = |item: &Value| {
        let text = item.get("msg").and_then(Value::as_str).map_or_else(|| item.to_string(), str::to_owned);
        let place = item.get("loc").and_then(Value::as_array).map(|parts| {
            let words = parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
            words.collect::<Vec<_>>().join(".")
        });
        place.map_or(text.clone(), |place| format!("{place}: {text}"))
    };
    excerpt(&list.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// The title of an HTML page, as proxies send it.
fn title(body: &str) -> Option<String> {
    if !body.starts_with('<') {
        return None;
    }
    let start = body.find("<title>")? + "<title>".len();
    let end = start + body[start..].find("</title>")?;
    Some(excerpt(body[start..end].trim())).filter(|title| !title.is_empty())
}
