//! Bytes made small and back by the browser's own compression streams, so that the page carries no code for it. What
//! comes out is bounded: a few bytes from a link may claim to be gigabytes.

use js_sys::{Array, Function, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStream, ReadableStreamDefaultReader};

use super::browser::method;
use crate::export::link::SharedError;
use crate::export::shared::MOST_BYTES;

/// Makes bytes small.
///
/// # Errors
/// The browser's, where it has no such stream.
pub(super) async fn deflate(bytes: &[u8]) -> Result<Vec<u8>, JsValue> {
    drain(&through("CompressionStream", bytes)?, usize::MAX).await?.ok_or(JsValue::UNDEFINED)
}

/// Bytes as they were before [`deflate`].
///
/// # Errors
/// When they are no such bytes, are too many, or the browser cannot.
pub(super) async fn inflate(bytes: &[u8]) -> Result<Vec<u8>, SharedError> {
    let reader = through("DecompressionStream", bytes).map_err(|_| SharedError::NoInflate)?;
    drain(&reader, MOST_BYTES).await.map_err(|_| SharedError::CutOff)?.ok_or(SharedError::TooLong)
}

/// The end of a stream of this class that these bytes run through.
fn through(class: &str, bytes: &[u8]) -> Result<ReadableStreamDefaultReader, JsValue> {
    let class: Function = Reflect::get(&window(), &class.into())?.dyn_into()?;
    let filter = Reflect::construct(&class, &Array::of1(&"deflate-raw".into()))?;
    let stream = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes)))?.stream();
    let piped: ReadableStream = method(&stream, "pipeThrough")?.call1(&stream, &filter)?.dyn_into()?;
    piped.get_reader().dyn_into().map_err(JsValue::from)
}

/// All bytes of a stream; none if they are more than `most`.
async fn drain(reader: &ReadableStreamDefaultReader, most: usize) -> Result<Option<Vec<u8>>, JsValue> {
    let mut all = Vec::new();
    loop {
        let part = JsFuture::from(reader.read()).await?;
        if Reflect::get(&part, &"done".into())?.is_truthy() {
            return Ok(Some(all));
        }
        let bytes: Uint8Array = Reflect::get(&part, &"value".into())?.dyn_into()?;
        if all.len() + bytes.length() as usize > most {
            // Whether the stream hears of it does not matter any more.
            let _ = reader.cancel();
            return Ok(None);
        }
        all.extend(bytes.to_vec());
    }
}
