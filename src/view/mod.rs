//! What the page says and shows, as pure functions that are tested without a browser: phases, the form's values, sentences,
//! rows, what a link may do.

pub mod compare_words;
pub mod describe;
pub mod failures;
pub mod form_state;
pub mod history_entry;
#[cfg(feature = "charts")]
pub mod live;
pub mod locality;
pub mod plan_words;
pub mod policy;
pub mod request_rows;
pub mod session;
#[cfg(feature = "charts")]
pub mod shelf;
#[cfg(feature = "charts")]
pub mod shown;
