//! The Python asyncio client that the page is compared with, as a program of its own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What the Python client prints for these words of its command line, after the base URL.
///
/// # Errors
/// When it does not start, or fails.
pub(crate) fn run(base_url: &str, python: &Path, words: &[String]) -> Result<Value, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("accuracy/asyncio_client.py");
    let output = Command::new(python).arg(script).arg(base_url).args(words).output();
    let output = output.map_err(|error| format!("{} does not start: {error}", python.display()))?;
    if !output.status.success() {
        return Err(format!("the asyncio client failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

/// A list of numbers in s, in ms.
pub(crate) fn in_ms(list: &Value) -> Vec<f64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_f64).map(|seconds| seconds * 1000.0).collect()
}
