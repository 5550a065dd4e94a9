//! The page's binary: a few lines over the library.

use streamgauge::page::{App, install_panic_hook};

fn main() {
    install_panic_hook();
    leptos::mount::mount_to_body(App);
}
