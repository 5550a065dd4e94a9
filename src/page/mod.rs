//! The page: Leptos components over a few pure modules (phases, numbers as text, what a link may do, the form's values)
//! that are tested without a browser.

pub mod form_state;
pub mod format;
pub mod locality;
pub mod session;
