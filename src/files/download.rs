//! Files by address, for the load worker: a plain GET that tells of its progress, and a place on disk for what is too
//! large for memory. These fetches are not measured.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetFileOptions, FileSystemSyncAccessHandle,
    Headers, ReferrerPolicy, RequestCache, RequestCredentials, RequestInit, Response,
};

use super::body::BodyReader;
use crate::web::scope::{js_error_text, scope};

/// Bytes from which on a file is not kept in memory, but read in parts or kept on disk (in the origin's private file
/// system).
pub(crate) const LARGE_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// Why a file could not be had, as the rest of a sentence: "… could not be read: {}".
pub(crate) type Reason = String;

/// Resolves an address against the page's.
pub(crate) fn absolute(address: &str, page_url: &str) -> Result<String, Reason> {
    let url = web_sys::Url::new_with_base(address, page_url).map_err(|_| format!("{address:?} is not an address"))?;
    Ok(url.href())
}

/// Sends a request without credentials or referrer, and gives back what came with whatever status.
///
/// # Errors
/// When nothing came: the server cannot be reached, or it does not allow this page to read from it.
pub(crate) async fn request(url: &str, method: &str) -> Result<Response, Reason> {
    let init = RequestInit::new();
    init.set_method(method);
    send(url, &init).await
}

/// Asks for the bytes from `first` to `last` (both included; to the end without it), past the browser's cache, which
/// would only keep the pieces of a large file on disk. What comes is a part only where its status is 206.
///
/// # Errors
/// As [`request`].
pub(crate) async fn request_range(url: &str, first: u64, last: Option<u64>) -> Result<Response, Reason> {
    let last = last.map(|last| last.to_string()).unwrap_or_default();
    let headers = Headers::new().map_err(|error| js_error_text(&error))?;
    headers.set("range", &format!("bytes={first}-{last}")).map_err(|error| js_error_text(&error))?;
    let init = RequestInit::new();
    init.set_headers(&headers);
    init.set_cache(RequestCache::NoStore);
    send(url, &init).await
}

async fn send(url: &str, init: &RequestInit) -> Result<Response, Reason> {
    init.set_credentials(RequestCredentials::Omit);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    let response = JsFuture::from(scope().fetch_with_str_and_init(url, init)).await;
    response.map(JsCast::unchecked_into).map_err(|_| {
        format!("{url} does not answer, or its server does not let this page read it (CORS); download the file and pick it here")
    })
}

/// Gets a file that must be there.
///
/// # Errors
/// As [`request`], and for an error status.
pub(crate) async fn get(url: &str) -> Result<Response, Reason> {
    let response = request(url, "GET").await?;
    if response.ok() { Ok(response) } else { Err(format!("{url} answered {}", status(&response))) }
}

/// "404 Not Found".
pub(crate) fn status(response: &Response) -> String {
    format!("{} {}", response.status(), response.status_text()).trim_end().to_owned()
}

/// A response's whole body.
///
/// # Errors
/// When the transfer breaks off.
pub(crate) async fn bytes(response: &Response) -> Result<Vec<u8>, Reason> {
    let broke = |error: JsValue| broke(&response.url(), &error);
    let buffer = JsFuture::from(response.array_buffer().map_err(broke)?).await.map_err(broke)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// A header that this page may read.
pub(crate) fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

/// The size of a body, where the server says it.
pub(crate) fn length(response: &Response) -> Option<f64> {
    let length = header(response, "content-length").and_then(|text| text.parse::<u64>().ok());
    length.map(|bytes| bytes as f64).filter(|_| header(response, "content-encoding").is_none())
}

/// Takes a response's body as a Blob; a large or unannounced one goes to disk as it comes. `progress` hears the bytes so
/// far and, where the server says so, the bytes in all.
///
/// # Errors
/// When it breaks off, or there is no room for it.
pub(crate) async fn blob(response: &Response, url: &str, progress: impl Fn(f64, Option<f64>)) -> Result<Blob, Reason> {
    let length = length(response);
    if length.is_none_or(|length| length >= LARGE_BYTES)
        && let Ok((file, handle)) = private_file("dataset").await
    {
        let copied = copy(response, url, &handle, |bytes| progress(bytes, length)).await;
        handle.close();
        copied?;
        let file = JsFuture::from(file.get_file()).await;
        return file
            .map(JsCast::unchecked_into)
            .map_err(|error| format!("the copy of {url} is gone ({})", js_error_text(&error)));
    }
    // Without a private file system (or while another tab has it) the browser finds the room itself.
    let blob = JsFuture::from(response.blob().map_err(|error| broke(url, &error))?).await;
    blob.map(JsCast::unchecked_into).map_err(|error| broke(url, &error))
}

pub(super) fn broke(url: &str, error: &JsValue) -> Reason {
    format!("the transfer of {url} broke off ({})", js_error_text(error))
}

/// Writes a response's body to disk while it comes.
async fn copy(
    response: &Response,
    url: &str,
    to: &FileSystemSyncAccessHandle,
    progress: impl Fn(f64),
) -> Result<(), Reason> {
    let full = |error: JsValue| {
        format!("there is no room on disk to keep {url} ({}); download it and pick the file", js_error_text(&error))
    };
    to.truncate_with_u32(0).map_err(full)?;
    let body = response.body().ok_or_else(|| format!("{url} is empty"))?;
    let mut reader = BodyReader::new(&body);
    let mut written = 0.0;
    while let Some(chunk) = reader.next().await.map_err(|error| broke(url, &error))? {
        to.write_with_js_u8_array(&chunk).map_err(full)?;
        written += f64::from(chunk.byte_length());
        progress(written);
    }
    to.flush().map_err(full)
}

/// A file of ours in the origin's private file system, made when missing, with the only handle that may write to it.
async fn private_file(name: &str) -> Result<(FileSystemFileHandle, FileSystemSyncAccessHandle), JsValue> {
    let root: FileSystemDirectoryHandle =
        JsFuture::from(scope().navigator().storage().get_directory()).await?.unchecked_into();
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    let file: FileSystemFileHandle =
        JsFuture::from(root.get_file_handle_with_options(name, &options)).await?.unchecked_into();
    let handle = JsFuture::from(file.create_sync_access_handle()).await?.unchecked_into();
    Ok((file, handle))
}
