//! The page: Leptos components, and nothing that a test could do without a browser.
