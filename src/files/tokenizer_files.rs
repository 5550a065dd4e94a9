//! Where the worker finds a tokenizer: picked files, a folder by address, or a Hugging Face name. What came by address is
//! kept in the browser's cache storage and used again while its ETag stays the same.

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, File, Response};

use super::download;
use super::download::{Reason, absolute};
use crate::text::TokenizerFiles;
use crate::web::scope::{js_error_text, scope};

/// What was found of a tokenizer.
#[derive(Default)]
pub(crate) struct Found {
    /// `tokenizer.json`.
    pub(crate) tokenizer: Vec<u8>,
    /// `tokenizer_config.json`.
    pub(crate) config: Option<Vec<u8>>,
    /// `chat_template.jinja`.
    pub(crate) chat_template: Option<Vec<u8>>,
    /// `special_tokens_map.json`.
    pub(crate) special_tokens_map: Option<Vec<u8>>,
}

impl Found {
    /// As the tokenizer takes them.
    pub(crate) fn as_files(&self) -> TokenizerFiles<'_> {
        TokenizerFiles {
            tokenizer: &self.tokenizer,
            tokenizer_config: self.config.as_deref(),
            chat_template: self.chat_template.as_deref(),
            special_tokens_map: self.special_tokens_map.as_deref(),
        }
    }
}

const CACHE_NAME: &str = "streamgauge-tokenizers";

/// Reads the files that a person picked. Those that are not a tokenizer's are passed over; a single JSON file under any name
/// is taken for the tokenizer.
///
/// # Errors
/// When no tokenizer.json is among them, or one cannot be read.
pub(crate) async fn from_picked(files: &[File]) -> Result<Found, Reason> {
    let mut found = Found::default();
    for file in files {
        let content = || async {
            let buffer = JsFuture::from(file.array_buffer()).await;
            let buffer =
                buffer.map_err(|error| format!("{} cannot be read ({})", file.name(), js_error_text(&error)))?;
            Ok::<_, Reason>(Uint8Array::new(&buffer).to_vec())
        };
        match file.name().as_str() {
            "tokenizer_config.json" => found.config = Some(content().await?),
            "chat_template.jinja" => found.chat_template = Some(content().await?),
            "special_tokens_map.json" => found.special_tokens_map = Some(content().await?),
            "tokenizer.json" => found.tokenizer = content().await?,
            name if files.len() == 1 && name.ends_with(".json") => found.tokenizer = content().await?,
            _ => {}
        }
    }
    if found.tokenizer.is_empty() {
        return Err("tokenizer.json is not among the picked files; pick it, and tokenizer_config.json beside it".into());
    }
    Ok(found)
}

/// Loads a tokenizer from a folder's address or a Hugging Face name.
///
/// # Errors
/// When its tokenizer.json cannot be had.
pub(crate) async fn from_place(place: &str, page_url: &str, hub_url: &str) -> Result<Found, Reason> {
    let mut reason = String::new();
    for folder in folders(place, page_url, hub_url)? {
        match file(&folder, "tokenizer.json").await {
            Ok(Some(tokenizer)) => return from_folder(&folder, tokenizer).await,
            Ok(None) => reason = format!("there is no tokenizer.json at {folder}"),
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

async fn from_folder(folder: &str, tokenizer: Vec<u8>) -> Result<Found, Reason> {
    Ok(Found {
        tokenizer,
        config: file(folder, "tokenizer_config.json").await?,
        chat_template: file(folder, "chat_template.jinja").await?,
        special_tokens_map: file(folder, "special_tokens_map.json").await?,
    })
}

/// The folders in which a tokenizer may be, each ending in a slash. `org/model` may be a folder beside the page or a name
/// on the hub: the page's own comes first, since asking there tells nobody anything.
fn folders(place: &str, page_url: &str, hub_url: &str) -> Result<Vec<String>, Reason> {
    let place = place.trim_end_matches("tokenizer.json");
    let folder = absolute(&format!("{}/", place.trim_end_matches('/')), page_url)?;
    let mut folders = vec![folder];
    if is_hub_name(place) {
        folders.push(absolute(&format!("{}/{place}/resolve/main/", hub_url.trim_end_matches('/')), page_url)?);
    }
    Ok(folders)
}

/// Whether a place can be a name on the hub: `org/model`, or `model` alone.
fn is_hub_name(place: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let parts: Vec<&str> = place.split('/').collect();
    parts.len() <= 2 && parts.into_iter().all(part)
}

/// One file of a folder, from the cache while its ETag holds; none when the folder has no such file.
async fn file(folder: &str, name: &str) -> Result<Option<Vec<u8>>, Reason> {
    let url = format!("{folder}{name}");
    let cache = open_cache().await;
    let kept = match &cache {
        Some(cache) => lookup(cache, &url).await,
        None => None,
    };
    if let Some(kept) = &kept {
        let head = download::request(&url, "HEAD").await;
        // Without the server, what was kept is better than nothing.
        let fresh = head.as_ref().map_or(true, |head| etag(head).is_some() && etag(head) == etag(kept));
        if fresh {
            return download::bytes(kept).await.map(Some);
        }
    }
    let response = download::request(&url, "GET").await?;
    if is_absent(&response) {
        return Ok(None);
    }
    if !response.ok() {
        return Err(format!("{url} answered {}{}", download::status(&response), gated_hint(&response)));
    }
    if let (Some(cache), Some(_), Ok(copy)) = (&cache, etag(&response), response.clone()) {
        // The cache is a convenience: a full disk must not stop a run.
        let _ = JsFuture::from(cache.put_with_str(&url, &copy)).await;
    }
    download::bytes(&response).await.map(Some)
}

/// Whether a response says that there is no such file: a status, or a page in its place.
fn is_absent(response: &Response) -> bool {
    let html = response.headers().get("content-type").ok().flatten().is_some_and(|kind| kind.starts_with("text/html"));
    response.status() == 404 || (response.ok() && html)
}

fn gated_hint(response: &Response) -> &'static str {
    if matches!(response.status(), 401 | 403) {
        ": the name is wrong, or the model is gated; download its tokenizer files and pick them here"
    } else {
        ""
    }
}

fn etag(response: &Response) -> Option<String> {
    response.headers().get("etag").ok().flatten()
}

async fn open_cache() -> Option<Cache> {
    let caches = scope().caches().ok()?;
    JsFuture::from(caches.open(CACHE_NAME)).await.ok().map(JsCast::unchecked_into)
}

async fn lookup(cache: &Cache, url: &str) -> Option<Response> {
    JsFuture::from(cache.match_with_str(url)).await.ok()?.dyn_into().ok()
}
