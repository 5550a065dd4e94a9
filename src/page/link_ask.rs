//! What a link asks the page to do by itself, where it needs a person's word first.

use leptos::prelude::*;

use super::effects::obey;
use super::locality::LinkAsk;
use super::state::app;

/// The question, while it is open; after that, where the outcome will be sent.
#[component]
pub(super) fn LinkAskCard() -> impl IntoView {
    let state = app();
    let report_to = move || state.link_ask.with(|ask| ask.report_to.clone());
    view! {
        <Show when=move || state.link_waits.get()>
            <section class="card asks" aria-labelledby="asks-title">
                <h2 id="asks-title">"This link asks for something"</h2>
                <ul>
                    {move || wishes(&state.link_ask.get(), &state.form.with(|form| form.settings.base_urls())).into_iter().map(|wish| view! { <li>{wish}</li> }).collect_view()}
                </ul>
                <p class="help">"Do it only if you trust where the link came from."</p>
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

fn wishes(ask: &LinkAsk, targets: &[String]) -> Vec<String> {
    let run = (ask.autorun && !ask.dry_run).then(|| format!("Send requests to {} at once.", targets.join(", ")));
    let dry =
        (ask.autorun && ask.dry_run).then(|| "Make the workload at once, and send nothing to a model server.".into());
    let report = ask.report_to.as_ref().map(|target| format!("Send the outcome to {target}."));
    run.into_iter().chain(dry).chain(report).collect()
}
