//! Listens to Resource Timing: the browser's own times of each fetch. Only an observer sees them all, for the browser's
//! list of them is short.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{PerformanceObserver, PerformanceObserverEntryList, PerformanceObserverInit, PerformanceResourceTiming};

use crate::record::NetworkTiming;
use crate::run::network::Entry;
use crate::web::scope::performance;

/// The entries of all that this worker fetches, as they come. Ends when it is dropped.
pub struct ResourceTimings {
    /// Entries that nobody has taken yet.
    pub entries: Rc<RefCell<Vec<Entry>>>,
    observer: PerformanceObserver,
    _on_entries: Closure<dyn FnMut(PerformanceObserverEntryList)>,
}

impl ResourceTimings {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the browser has no PerformanceObserver.
    pub fn listen() -> Result<Self, JsValue> {
        let entries = Rc::<RefCell<Vec<Entry>>>::default();
        let heard = entries.clone();
        let performance = performance();
        let on_entries = Closure::new(move |list: PerformanceObserverEntryList| {
            heard.borrow_mut().extend(list.get_entries().iter().map(|entry| read(entry.unchecked_ref())));
            performance.clear_resource_timings();
        });
        let observer = PerformanceObserver::new(on_entries.as_ref().unchecked_ref())?;
        observer.observe(&PerformanceObserverInit::new(&Array::of1(&"resource".into())));
        Ok(Self { entries, observer, _on_entries: on_entries })
    }
}

impl Drop for ResourceTimings {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// An entry's times; a time that the server does not allow us to see is 0 in it.
fn read(entry: &PerformanceResourceTiming) -> Entry {
    let seen = |ms: f64| (ms > 0.0).then_some(ms);
    let timing = NetworkTiming {
        fetch_start_ms: entry.fetch_start(),
        connect_ms: seen(entry.connect_start()).zip(seen(entry.connect_end())),
        request_start_ms: seen(entry.request_start()),
        response_start_ms: seen(entry.response_start()),
        response_end_ms: entry.response_end(),
        protocol: Some(entry.next_hop_protocol()).filter(|protocol| !protocol.is_empty()),
    };
    Entry { url: entry.name(), start_ms: entry.start_time(), timing }
}
