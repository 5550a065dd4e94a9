//! What to do where a server refuses a request: by its status, and by the field that its message names.

use serde_json::Value;

use super::encode::{Fields, encode};
use crate::settings::{LengthField, Settings, names};

/// Fields that a request cannot do without, whose names messages use as plain words.
const NEEDED: [&str; 7] = ["model", "prompt", "messages", "inputs", "text", "text_input", "stream"];
/// Every name of the field with the output length.
const LENGTHS: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_new_tokens"];

/// A message about a failed request with what to do about it, where the status or the server's words tell.
pub fn with_advice(message: String, settings: &Settings, status: Option<u16>, said: &str) -> String {
    let stop = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    advice(settings, status, said).map_or_else(|| message.clone(), |advice| format!("{message}{stop} {advice}"))
}

fn advice(settings: &Settings, status: Option<u16>, said: &str) -> Option<String> {
    let advice = match status? {
        401 | 403 => "Enter the server's API key in its field, or check the one that is there.".to_owned(),
        404 | 405 => "Check the endpoint and the model's name.".to_owned(),
        429 => "The server limits its rate of requests: wait, or send fewer.".to_owned(),
        503 => not_ready(settings.ready_check_timeout_sec),
        200..=299 | 400..=499 => about_field(settings, said)?,
        _ => return None,
    };
    Some(advice)
}

/// A server that is up and cannot answer yet, as while it loads its model.
fn not_ready(waited_s: u32) -> String {
    if waited_s > 0 {
        return format!(
            "It did not become ready within {waited_s} s: set Ready check timeout (ready-check-timeout-sec) higher."
        );
    }
    "If the server is still loading its model, set Ready check timeout (ready-check-timeout-sec), for example to 600: \
     the test request is then repeated for up to as many seconds until the server answers."
        .to_owned()
}

/// Which setting drops or renames the field that a message names.
fn about_field(settings: &Settings, said: &str) -> Option<String> {
    let http = encode(settings, "", 1).ok()?;
    let body: Fields = serde_json::from_str(&http.body).ok()?;
    let top = body.iter().map(|(name, _)| (None, name));
    let nested = body.iter().filter_map(|(parent, value)| Some((parent, value.as_object()?)));
    let nested = nested.flat_map(|(parent, fields)| fields.keys().map(move |name| (Some(parent), name)));
    let named = top.chain(nested).filter(|(_, name)| !NEEDED.contains(&name.as_str()));
    let (parent, name) = named.filter_map(|field| Some((place(said, field.1)?, field))).min_by_key(|(at, _)| *at)?.1;
    let without = Value::from_iter([(name.clone(), Value::Null)]);
    let patch = parent.map_or_else(|| without.clone(), |parent| Value::from_iter([(parent.clone(), without.clone())]));
    let dropped = format!("remove it from the request with Extra body (extra-body): {patch}");
    if LENGTHS.contains(&name.as_str()) {
        return Some(about_length(settings.length_field, name));
    }
    Some(match names(&name.replace('_', "-")) {
        Some((key, label)) => format!(
            "Change {label} ({key}) if the server refuses its value. If it does not take {name} at all, {dropped}"
        ),
        None => format!("If the server does not take {name}, {dropped}"),
    })
}

fn about_length(now: LengthField, name: &str) -> String {
    let other = match (now, name) {
        (_, "max_new_tokens") => "",
        (LengthField::MaxTokens, _) => "max_completion_tokens, or to ",
        _ => "max_tokens, or to ",
    };
    format!(
        "If the server does not take {name}, set Length field (length-field) to {other}none, which sends no length."
    )
}

/// Where a message has this name as a word of its own.
fn place(said: &str, name: &str) -> Option<usize> {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    said.match_indices(name).map(|(at, _)| at).find(|at| {
        let after = said[at + name.len()..].chars().next();
        !said[..*at].ends_with(of_name) && !after.is_some_and(of_name)
    })
}
