//! A file in the browser (picked, dropped or downloaded) that the samplers read at any place.

use futures_util::future::try_join_all;
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::scope::words;
use crate::workload::dataset::RandomAccess;

/// A Blob or File; its content stays where the browser keeps it.
pub(crate) struct BlobFile(pub(crate) Blob);

impl RandomAccess for BlobFile {
    fn size(&self) -> u64 {
        self.0.size() as u64
    }

    async fn read(&self, start: u64, len: usize) -> Result<Vec<u8>, String> {
        let reason = |error: JsValue| words(&error);
        let (start, end) = (start as f64, (start as f64 + len as f64).min(self.0.size()));
        let part = self.0.slice_with_f64_and_f64(start, end).map_err(reason)?;
        let buffer = JsFuture::from(part.array_buffer()).await.map_err(reason)?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }

    async fn read_many(&self, ranges: &[(u64, usize)]) -> Result<Vec<Vec<u8>>, String> {
        try_join_all(ranges.iter().map(|&(start, len)| self.read(start, len))).await
    }
}
