//! Sentences for the person: what could not be done, what was done meanwhile.

use leptos::prelude::*;

use super::state::{Tone, app};

/// The notices, newest last.
#[component]
pub(super) fn Notices() -> impl IntoView {
    let state = app();
    let shown = move || state.notices.get().into_iter().enumerate().collect::<Vec<_>>();
    view! {
        <div class="notices" role="status" aria-live="polite">
            {move || {
                shown()
                    .into_iter()
                    .map(|(place, notice)| {
                        let class = match notice.tone {
                            Tone::Good => "notice good",
                            Tone::Info => "notice",
                            Tone::Bad => "notice bad",
                        };
                        view! {
                            <div class=class>
                                <p>{notice.text}</p>
                                <button
                                    type="button"
                                    class="dismiss"
                                    aria-label="Dismiss"
                                    on:click=move |_| {
                                        state.notices.update(|notices| drop(notices.remove(place)));
                                    }
                                >
                                    "×"
                                </button>
                            </div>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
}
