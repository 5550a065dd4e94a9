//! A file in the browser (picked, dropped or downloaded), read at any place.

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::web::scope::js_error_text;

/// A Blob or File; its content stays where the browser keeps it.
pub(super) struct BlobFile(pub(super) Blob);

impl BlobFile {
    /// Its size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.0.size() as u64
    }

    /// The bytes `start..start + len`; fewer where the file ends before.
    ///
    /// # Errors
    /// What the browser says when it cannot be read any more.
    pub(super) async fn read(&self, start: u64, len: usize) -> Result<Vec<u8>, String> {
        let reason = |error: JsValue| js_error_text(&error);
        let (start, end) = (start as f64, (start as f64 + len as f64).min(self.0.size()));
        let part = self.0.slice_with_f64_and_f64(start, end).map_err(reason)?;
        let buffer = JsFuture::from(part.array_buffer()).await.map_err(reason)?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }
}
