//! The workers' binary: a few lines over the library. The worker's name tells which of the two kinds it is.

use streamgauge::protocol::prepare::WORKER_NAME;
use streamgauge::{files, web, worker};
use wasm_bindgen_futures::spawn_local;

fn main() {
    console_error_panic_hook::set_once();
    if web::scope::scope().name() == WORKER_NAME {
        spawn_local(files::serve());
    } else {
        spawn_local(worker::serve());
    }
}
