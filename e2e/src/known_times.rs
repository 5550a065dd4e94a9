//! The mock server of the accuracy runs: its times, which every client is held against, and which of its requests were
//! measured.

use mock_server::{Config, Mock, RequestLog};

/// The mock's time to first token, ms.
pub const TTFT_MS: f64 = 50.0;
/// The mock's gap between tokens, ms.
pub const ITL_MS: f64 = 10.0;

/// A mock with the times of the accuracy runs, on a port of its own.
///
/// # Panics
/// When it cannot listen.
pub fn mock() -> Mock {
    Mock::start(Config { ttft_ms: TTFT_MS, itl_ms: ITL_MS, ..Config::default() }).expect("a mock")
}

/// The requests that were measured: all but the test request, which comes first.
pub fn measured(mock: &Mock) -> Vec<RequestLog> {
    mock.generations().get(1..).unwrap_or_default().to_vec()
}
