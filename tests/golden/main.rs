//! What the Python reference produced is what we produce: prompts, lengths, waits, random words, token numbers. The same
//! checks run natively and in the browser. `README.md` beside this file says where the data come from.
//!
//! `STREAMGAUGE_GOLDEN=DIR cargo test --features text --test golden` also runs every case of a folder DIR that holds
//! `cases/*.json`, `datasets/` and `tokenizers/NAME/`.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

use std::io::Read;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Asserts that a JSON value is what a Rust value is as JSON.
macro_rules! same {
    ($expected:expr, $actual:expr $(, $label:expr)* $(,)?) => {
        assert_eq!($expected, serde_json::json!($actual) $(, $label)*)
    };
}

mod figures;
mod generators;
#[cfg(feature = "text")]
mod patterns;
#[cfg(feature = "text")]
mod workload;

/// Makes tests of checks, natively and in the browser.
macro_rules! checks {
    ($($(#[$attribute:meta])* $module:ident::$check:ident;)*) => { $(
        $(#[$attribute])*
        #[cfg_attr(not(target_arch = "wasm32"), test)]
        #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
        fn $check() {
            $module::$check();
        }
    )* };
}

checks! {
    figures::every_figure_and_table_is_the_references;
    figures::every_result_file_is_the_references;
    figures::statistics_are_numpys_to_the_last_bit;
    #[cfg(feature = "text")]
    figures::outputs_are_counted_as_the_reference_counts_them;
    generators::python_random_gives_the_same_integers_shuffles_and_samples;
    generators::numpy_gives_the_same_words_doubles_and_integers;
    generators::waits_are_equal_to_the_last_bit;
    #[cfg(feature = "text")]
    patterns::every_pattern_splits_texts_as_the_reference_does;
    #[cfg(feature = "text")]
    workload::every_sharegpt_case_gives_the_same_requests;
    #[cfg(feature = "text")]
    workload::every_sonnet_case_gives_the_same_requests;
    #[cfg(feature = "text")]
    workload::every_random_case_gives_the_same_requests;
    #[cfg(feature = "text")]
    workload::every_text_gives_the_same_tokens_and_back;
}

/// The content of a gzip file.
fn unzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).expect("a gzip file");
    out
}

/// The JSON in a gzip file.
fn unzip_json(bytes: &[u8]) -> Value {
    serde_json::from_slice(&unzip(bytes)).expect("JSON")
}

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of numbers joined by commas.
fn sha256_csv<T: ToString>(numbers: &[T]) -> String {
    sha256(numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
}
