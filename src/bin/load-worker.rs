//! The load worker's binary: a few lines over the library.

fn main() {
    console_error_panic_hook::set_once();
}
