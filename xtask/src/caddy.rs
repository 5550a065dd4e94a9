//! Caddy, which the end-to-end tests put in front of a server as deploy/ says: finding it, and setting it up.

use std::path::PathBuf;

use crate::run::which;
use crate::{Error, apt};

/// Finds Caddy, or installs Debian's.
///
/// # Errors
/// When there is none and it cannot be installed.
pub fn ensure() -> Result<PathBuf, Error> {
    let find = || which("caddy", None);
    if find().is_none() {
        apt::install(&["caddy"], "Caddy", "install Caddy 2.6 or later (https://caddyserver.com)")?;
    }
    find().ok_or_else(|| Error::Said("Caddy was installed but is not on PATH".into()))
}
