//! A hidden frame with a Content-Security-Policy of its own. A document's policy can only be made stricter, for as long as
//! it lives; a frame adds its own to the page's, so that each run gets the policy that suits it, on any static host. A
//! worker that is started from a blob inside the frame inherits both.

use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlIFrameElement, Worker};

/// Such a frame; it goes with this value, and its workers with it.
pub(in crate::page) struct Frame(HtmlIFrameElement);

impl Frame {
    /// Opens a frame under this policy, which must have no character that HTML gives a meaning to.
    ///
    /// # Errors
    /// What the browser says.
    pub(in crate::page) async fn open(policy: &str) -> Result<Self, JsValue> {
        let frame: HtmlIFrameElement = document().create_element("iframe")?.unchecked_into();
        frame.set_hidden(true);
        frame.set_attribute("aria-hidden", "true")?;
        frame.set_srcdoc(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">"));
        let frame = Self(frame);
        let loaded = Promise::new(&mut |loaded, _| frame.0.set_onload(Some(&loaded)));
        document().body().ok_or("The page has no body.")?.append_child(&frame.0)?;
        JsFuture::from(loaded).await?;
        frame.0.set_onload(None);
        Ok(frame)
    }

    /// Starts a worker from its source, under the frame's policy. Browsers look for it at the blob's address or at the
    /// starter, so both are made inside the frame.
    ///
    /// # Errors
    /// What the browser says.
    pub(in crate::page) fn start_worker(&self, source: &str) -> Result<Worker, JsValue> {
        let window = self.0.content_window().ok_or("The frame has no window.")?;
        let urls = Reflect::get(&window, &"URL".into())?;
        let create: Function = Reflect::get(&urls, &"createObjectURL".into())?.dyn_into()?;
        let worker: Function = Reflect::get(&window, &"Worker".into())?.unchecked_into();
        let address = create.call1(&urls, &script(source)?.into())?;
        Ok(Reflect::construct(&worker, &Array::of1(&address))?.unchecked_into())
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.0.remove();
    }
}

/// A script as a blob.
///
/// # Errors
/// What the browser says.
pub(in crate::page) fn script(source: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    Blob::new_with_str_sequence_and_options(&Array::of1(&source.into()), &options)
}
