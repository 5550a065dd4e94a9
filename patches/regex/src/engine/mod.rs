//! What finds matches: the browser, or, where there is none, an engine of the same standard.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
pub(crate) use browser::{Engine, Haystack, in_both_cases};

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{Engine, Haystack, in_both_cases};
