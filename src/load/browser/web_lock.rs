//! A Web Lock, held during a run: browsers do not freeze a page that holds one.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::scope::scope;

/// A lock that is given back when it is dropped.
pub(super) struct WebLock {
    release: Function,
}

impl WebLock {
    /// Asks for the lock, shared with other tabs; none where the browser has no locks.
    pub(super) fn hold(name: &str) -> Option<Self> {
        let locks = Reflect::get(&scope().navigator(), &"locks".into()).ok()?;
        let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve.unchecked_into()));
        let callback = Closure::once_into_js(move |_lock: JsValue| held);
        let options = Object::new();
        Reflect::set(&options, &"mode".into(), &"shared".into()).ok()?;
        request.call3(&locks, &name.into(), &options, &callback).ok()?;
        Some(Self { release: release? })
    }
}

impl Drop for WebLock {
    fn drop(&mut self) {
        // Resolving a promise cannot fail.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}
