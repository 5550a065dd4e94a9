//! A response's body as it comes, and the way of large amounts of bytes into the program's memory: a block at a time
//! through one buffer, however large the pieces are.

use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader};

use crate::dataset::file::{DatasetError, Each};

/// Bytes that stay in a processor's cache while they are looked at twice.
const BLOCK_BYTES: u32 = 128 << 10;
/// Bytes of the buffer that a reader lends to the browser.
const LENT_BYTES: u32 = 1 << 20;

/// The buffer in the program's memory.
#[derive(Default)]
pub(super) struct Blocks(Vec<u8>);

impl Blocks {
    /// Gives bytes of the browser's to `each`, block by block.
    pub(super) fn pass(&mut self, bytes: &Uint8Array, each: Each<'_>) -> Result<(), DatasetError> {
        self.0.resize(BLOCK_BYTES as usize, 0);
        let len = bytes.length();
        for start in (0..len).step_by(BLOCK_BYTES as usize) {
            let end = len.min(start + BLOCK_BYTES);
            let block = &mut self.0[..(end - start) as usize];
            bytes.subarray(start, end).copy_to(block);
            each(block)?;
        }
        Ok(())
    }
}

/// Reads a body piece by piece. Where the browser can, it fills the same buffer again and again, which halves the time.
pub(super) enum BodyReader {
    /// With a buffer that goes to the browser and comes back.
    Lending(ReadableStreamByobReader, ArrayBuffer),
    /// With a new buffer for each piece.
    Plain(ReadableStreamDefaultReader),
}

impl BodyReader {
    pub(super) fn new(body: &ReadableStream) -> Self {
        match ReadableStreamByobReader::new(body) {
            Ok(reader) => Self::Lending(reader, ArrayBuffer::new(LENT_BYTES)),
            Err(_) => Self::Plain(body.get_reader().unchecked_into()),
        }
    }

    /// The next piece; none at the end. It is valid until the next call.
    ///
    /// # Errors
    /// What the browser says when the transfer breaks off.
    pub(super) async fn next(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let result = match self {
            Self::Lending(reader, buffer) => {
                JsFuture::from(reader.read_with_array_buffer_view(&Uint8Array::new(buffer))).await?
            }
            Self::Plain(reader) => JsFuture::from(reader.read()).await?,
        };
        if Reflect::get(&result, &"done".into())?.is_truthy() {
            return Ok(None);
        }
        let piece: Uint8Array = Reflect::get(&result, &"value".into())?.unchecked_into();
        if let Self::Lending(_, buffer) = self {
            *buffer = piece.buffer();
        }
        Ok(Some(piece))
    }
}

impl Drop for BodyReader {
    /// The browser need not fetch what nobody reads; at the end of a body this does nothing.
    fn drop(&mut self) {
        let cancelled = match self {
            Self::Lending(reader, _) => reader.cancel(),
            Self::Plain(reader) => reader.cancel(),
        };
        // What broke off cannot be cancelled: that is known already.
        spawn_local(async move {
            let _ = JsFuture::from(cancelled).await;
        });
    }
}
