//! The page's head: mark, name, and the choice of light or dark.

use leptos::prelude::*;

use super::history::HistoryButton;
use crate::page::results::open_file::OpenButton;

/// The header.
#[component]
pub(super) fn Header() -> impl IntoView {
    view! {
        <header class="header">
            <div class="brand">
                <Mark/>
                <h1>"Streamgauge"</h1>
                <p class="tagline">"How well does an LLM server serve? Measured from this page."</p>
            </div>
            <div class="header-tools">
                <HistoryButton/>
                <OpenButton/>
                <ThemeChoice/>
            </div>
        </header>
    }
}

/// A staff gauge in a stream.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
            <rect x="12" y="2" width="8" height="28" rx="1.5" class="mark-staff"/>
            <path d="M12 6h5v2h-5zM12 10h3v2h-3zM12 14h5v2h-5zM12 18h3v2h-3zM12 22h5v2h-5z" class="mark-ticks"/>
            <path
                d="M1 19.5c2.5-2.6 5-2.6 7.500 0s5 2.600 7.500 0 5-2.600 7.500 0 5 2.600 7.500 0V27a3 3 0 0 1-3 3H4a3 3 0 0 1-3-3z"
                class="mark-water"
            />
        </svg>
    }
}

/// Which colours the page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::System, "system", "Colours of the system"),
        (Self::Light, "light", "Light colours"),
        (Self::Dark, "dark", "Dark colours"),
    ];

    /// A half-filled disc, a sun, a moon.
    fn drawing(self) -> &'static str {
        match self {
            Self::System => "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 2.9a5.1 5.1 0 0 1 0 10.2z",
            Self::Light => {
                "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM7.300 .8h1.400v2.200h-1.400zM7.300 13h1.400v2.200h-1.400zM.8 7.300h2.200v1.400h-2.200zM13 7.300h2.200v1.400h-2.200z\
                 M2.400 3.400l1-1 1.550 1.550-1 1zM11.050 12.050l1-1 1.550 1.550-1 1zM2.400 12.600l1.550-1.550 1 1-1.550 1.550zM11.050 3.950l1.550-1.550 1 1-1.550 1.550z"
            }
            Self::Dark => "M6.200 1.800a6.500 6.500 0 1 0 8 8A5.600 5.600 0 0 1 6.200 1.800z",
        }
    }

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(theme, ..)| *theme == self).map_or("system", |(_, word, _)| word)
    }

    /// The theme that was chosen before, if the browser keeps it.
    fn kept() -> Self {
        let kept = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
        let find = |word: &str| Self::ALL.iter().find(|(_, known, _)| *known == word).map(|(theme, ..)| *theme);
        kept.as_deref().and_then(find).unwrap_or(Self::System)
    }
}

const KEY: &str = "streamgauge-theme";

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

#[component]
fn ThemeChoice() -> impl IntoView {
    let theme = RwSignal::new(Theme::kept());
    Effect::new(move |_| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-theme", theme.get().word());
        }
        if let Some(storage) = storage() {
            let _ = storage.set_item(KEY, theme.get().word());
        }
    });
    view! {
        <div class="theme" role="group" aria-label="Colours">
            {Theme::ALL
                .map(|(choice, _, label)| {
                    view! {
                        <button
                            type="button"
                            aria-label=label
                            title=label
                            aria-pressed=move || (theme.get() == choice).to_string()
                            on:click=move |_| theme.set(choice)
                        >
                            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                                <path fill-rule="evenodd" d=choice.drawing()/>
                            </svg>
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
}
