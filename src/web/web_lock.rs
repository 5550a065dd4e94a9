//! Web Locks: browsers do not freeze a page that holds one, and a lock that a tab holds goes when the tab does, so that
//! other tabs can tell whether it still lives. For the page and the load worker alike.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// A lock that is given back when it is dropped.
pub struct WebLock {
    release: Function,
}

impl WebLock {
    /// Asks for the lock, shared with other tabs; none where the browser has no locks. `navigator` is the caller's.
    pub fn hold(navigator: &JsValue, name: &str) -> Option<Self> {
        let (locks, request) = method(navigator, "request")?;
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve.unchecked_into()));
        let callback = Closure::once_into_js(move |_lock: JsValue| held);
        let options = Object::new();
        Reflect::set(&options, &"mode".into(), &"shared".into()).ok()?;
        request.call3(&locks, &name.into(), &options, &callback).ok()?;
        Some(Self { release: release? })
    }

    /// The names of the locks that are held or asked for in any tab of this origin; none where the browser does not tell.
    pub async fn names(navigator: &JsValue) -> Option<Vec<String>> {
        let (locks, query) = method(navigator, "query")?;
        let promise: Promise = query.call0(&locks).ok()?.dyn_into().ok()?;
        let told = JsFuture::from(promise).await.ok()?;
        let of = |which: &str| Reflect::get(&told, &which.into()).ok()?.dyn_into::<Array>().ok();
        let name = |lock: JsValue| Reflect::get(&lock, &"name".into()).ok()?.as_string();
        Some(["held", "pending"].into_iter().filter_map(of).flat_map(|locks| locks.to_vec()).filter_map(name).collect())
    }
}

/// The lock manager with one of its methods; it is missing where the page's address is not secure.
fn method(navigator: &JsValue, name: &str) -> Option<(JsValue, Function)> {
    let locks = Reflect::get(navigator, &"locks".into()).ok()?;
    let method: Function = Reflect::get(&locks, &name.into()).ok()?.dyn_into().ok()?;
    Some((locks, method))
}

impl Drop for WebLock {
    fn drop(&mut self) {
        // Resolving a promise cannot fail.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}
