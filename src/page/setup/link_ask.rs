//! What a link asks the page to do by itself, where it needs a person's word first.

use leptos::prelude::*;

use crate::page::state::app;
use crate::page::state::effects::obey;
use crate::view::locality::{Contact, LinkAsk};

/// The question, while it is open; after that, where the outcome will be sent.
#[component]
pub(in crate::page) fn LinkAskCard() -> impl IntoView {
    let state = app();
    let report_to = move || state.link_ask.with(|ask| ask.report_to.clone());
    view! {
        <Show when=move || state.link_waits.get()>
            <section class="card asks" aria-labelledby="asks-title">
                <h2 id="asks-title">"This link asks for permission"</h2>
                <p>{move || kind_of_run(&state.link_ask.get())}</p>
                <ul>
                    {move || {
                        let contacts = state.form.with(|form| state.link_ask.get().contacts(&form.settings));
                        contacts.into_iter().map(contact).collect_view()
                    }}
                </ul>
                <p class="help">"Allow it only if you trust the source of the link, and every address."</p>
                <div class="row">
                    <button type="button" class="button primary" on:click=move |_| obey(state)>
                        "Allow"
                    </button>
                    <button
                        type="button"
                        class="button"
                        on:click=move |_| {
                            state.link_ask.set(LinkAsk::default());
                            state.link_waits.set(false);
                        }
                    >
                        "Ignore"
                    </button>
                </div>
            </section>
        </Show>
        <Show when=move || !state.link_waits.get() && report_to().is_some()>
            <p class="notice">
                <span>"The outcome goes to " <code>{report_to}</code></span>
                <button
                    type="button"
                    class="link-button"
                    on:click=move |_| state.link_ask.update(|ask| ask.report_to = None)
                >
                    "Do not send it"
                </button>
            </p>
        </Show>
    }
}

fn contact(contact: Contact) -> impl IntoView {
    view! { <li>{contact.what} " " <code>{contact.address}</code></li> }
}

fn kind_of_run(ask: &LinkAsk) -> &'static str {
    match (ask.autorun, ask.dry_run) {
        (true, true) => "It would start a dry run, which sends nothing to a model server:",
        (true, false) => "It would start a run:",
        (false, _) => "It would:",
    }
}
