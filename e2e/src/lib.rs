//! End-to-end tests: the built page in a real browser.
