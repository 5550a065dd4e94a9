//! The load worker's binary: a few lines over the library.

use streamgauge::load::browser::{prepare::BrowserPreparer, worker};

fn main() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(worker::serve(BrowserPreparer));
}
