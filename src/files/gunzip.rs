//! Files that are compressed with gzip, unpacked by the browser as they are read.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ReadableStream, ReadableWritablePair, Response};

use super::download::Reason;
use crate::web::scope::{js_error_text, scope};

/// How such a file begins (RFC 1952).
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Whether the name in an address says that the file is compressed so.
pub(super) fn is_named(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.ends_with(".gz") || path.ends_with(".gzip")
}

/// What is inside, as a response's body; its length is not known before its end.
///
/// # Errors
/// Where the browser cannot unpack.
pub(super) fn unpacked(packed: &ReadableStream) -> Result<Response, Reason> {
    let unpack = || -> Result<Response, JsValue> {
        let class: Function = Reflect::get(&scope(), &"DecompressionStream".into())?.dyn_into()?;
        let unpacker: ReadableWritablePair = Reflect::construct(&class, &Array::of1(&"gzip".into()))?.unchecked_into();
        Response::new_with_opt_readable_stream(Some(&packed.pipe_through(&unpacker)))
    };
    unpack().map_err(|error| {
        format!(
            "it is compressed with gzip, which this browser cannot unpack ({}); unpack it first",
            js_error_text(&error)
        )
    })
}
