//! The few things that the page asks of its browser outside of components: its own address, downloads, the clipboard,
//! focus, keeping the screen awake. Failures here are never worth more than a notice.

use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlElement, Url, VisibilityState};

use super::locality::is_loopback;
use crate::record::client::Visibility;

/// The page's address without its fragment.
pub(super) fn page_url() -> String {
    let href = window().location().href().unwrap_or_default();
    href.split('#').next().unwrap_or_default().to_owned()
}

/// The host that served the page.
pub(super) fn page_host() -> String {
    window().location().hostname().unwrap_or_default()
}

/// The fragment of the address, with its `#`; empty when there is none.
pub(super) fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// Puts a fragment (without `#`) into the address without a new entry in the history, and without a `hashchange`.
pub(super) fn set_fragment(fragment: &str) {
    if self::fragment().trim_start_matches('#') == fragment {
        return;
    }
    let url = if fragment.is_empty() { page_url() } else { format!("{}#{fragment}", page_url()) };
    if let Ok(history) = window().history() {
        // A browser that refuses (too many changes in a short time) keeps the old address: a nuisance, no fault.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url));
    }
}

/// An address, absolute; none if it is not one.
pub(super) fn absolute(address: &str) -> Option<Url> {
    Url::new_with_base(address, &page_url()).ok()
}

/// Whether what is sent to an address can be read on its way: it is plain http, and not this machine.
pub(super) fn is_plain_and_far(address: &str) -> bool {
    absolute(address).is_some_and(|url| url.protocol() == "http:" && !is_loopback(&url.hostname()))
}

/// Whether the page is in view.
pub(super) fn visibility() -> Visibility {
    match document().visibility_state() {
        VisibilityState::Hidden => Visibility::Hidden,
        _ => Visibility::Visible,
    }
}

/// Whether an address is of the page's own origin.
pub(super) fn same_origin(address: &str) -> bool {
    let own = window().location().origin().unwrap_or_default();
    absolute(address).is_some_and(|url| url.origin() == own)
}

/// A Unix time in ms as the local `YYYYmmdd-HHMMSS`.
pub(super) fn local_stamp(unix_ms: f64) -> String {
    let date = js_sys::Date::new(&unix_ms.into());
    let day = format!("{:04}{:02}{:02}", date.get_full_year(), date.get_month() + 1, date.get_date());
    format!("{day}-{:02}{:02}{:02}", date.get_hours(), date.get_minutes(), date.get_seconds())
}

/// Hands text to the person as a file.
pub(super) fn download(name: &str, mime: &str, text: &str) -> Result<(), JsValue> {
    download_blob(name, &text_blob(mime, text)?)
}

/// Text as a blob of this type.
pub(super) fn text_blob(mime: &str, text: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(mime);
    Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)
}

/// Hands a blob to the person as a file.
pub(super) fn download_blob(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // The browser reads the blob after the click; it is given time before the address is taken away.
    leptos::prelude::set_timeout(move || drop(Url::revoke_object_url(&url)), std::time::Duration::from_secs(60));
    Ok(())
}

/// Puts text on the clipboard.
///
/// # Errors
/// When the browser has none to offer here (an address that is not secure) or refuses.
pub(super) async fn copy(text: &str) -> Result<(), JsValue> {
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into())?;
    call_promise(&clipboard, "writeText", &text.into()).await.map(|_| ())
}

/// Moves the focus to the element with this id, and the element into view.
pub(super) fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        element.scroll_into_view();
        let _ = element.focus();
    }
}

/// A lock that keeps the screen awake while it is held.
pub(super) struct WakeLock(JsValue);

impl WakeLock {
    /// Asks for the lock; none where the browser has none, or refuses (a page behind, a low battery).
    pub(super) async fn ask() -> Option<Self> {
        let wake_lock = Reflect::get(&window().navigator(), &"wakeLock".into()).ok()?;
        call_promise(&wake_lock, "request", &"screen".into()).await.ok().map(Self)
    }
}

impl Drop for WakeLock {
    fn drop(&mut self) {
        if let Ok(release) = method(&self.0, "release") {
            let _ = release.call0(&self.0);
        }
    }
}

/// A method by its name, for interfaces that web-sys keeps behind its unstable flag.
pub(super) fn method(object: &JsValue, name: &str) -> Result<Function, JsValue> {
    Reflect::get(object, &name.into())?.dyn_into()
}

async fn call_promise(object: &JsValue, name: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    let promise: Promise = method(object, name)?.call1(object, argument)?.dyn_into()?;
    JsFuture::from(promise).await
}
