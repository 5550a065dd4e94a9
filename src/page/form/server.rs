//! What is measured: the simulated server, or one's own by backend, address, model and key.

use leptos::prelude::*;

use super::StageMessage;
use super::field::{Field, FieldFoot, FieldHead, Input};
use crate::page::form_state::Form;
use crate::page::state::{AppState, Models, app};
use crate::protocol::Stage;
use crate::settings::flag;

/// The switch between the simulated server and one's own.
#[component]
pub(super) fn TargetSwitch() -> impl IntoView {
    let state = app();
    let choice = move |simulated: bool, label: &'static str, note: &'static str| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="target"
                    prop:checked=move || state.is_simulated() == simulated
                    on:change=move |_| switch_target(state, simulated)
                />
                <span class="choice-label">{label}</span>
                <span class="choice-note">{note}</span>
            </label>
        }
    };
    view! {
        <div class="choices" role="radiogroup" aria-label="What is measured">
            {choice(true, "Simulated server", "Demo, inside this page")}
            {choice(false, "Your server", "Any address you can reach")}
        </div>
    }
}

/// Swaps the form's settings with those of the other target.
fn switch_target(state: AppState, simulated: bool) {
    if untrack(|| state.is_simulated()) == simulated {
        return;
    }
    let parked = state.parked.get_untracked();
    state.parked.set(state.form.with_untracked(|form| form.settings.clone()));
    state.form.set(Form::from(parked));
    state.tried.set(false);
    state.edited();
}

/// The fields of the chosen target.
#[component]
pub(super) fn ServerFields() -> impl IntoView {
    let state = app();
    view! {
        <section class="card" aria-labelledby="server-title">
            <h3 id="server-title">"Server"</h3>
            <StageMessage stage=Stage::Server/>
            <Show when=move || state.is_simulated() fallback=OwnServer>
                <p class="help">
                    "It answers as a real one would. Set its times in ms, and see whether the figures find them."
                </p>
                <Field key="backend" terse=true/>
                <div class="pair">
                    <Field key="simulated-ttft-ms" terse=true/>
                    <Field key="simulated-itl-ms" terse=true/>
                    <Field key="simulated-jitter" terse=true/>
                    <Field key="simulated-slots" terse=true/>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn OwnServer() -> impl IntoView {
    view! {
        <Field key="backend" terse=true/>
        <Field key="base-url"/>
        <ModelField/>
        <ApiKeyField/>
    }
}

#[component]
fn ModelField() -> impl IntoView {
    let state = app();
    let said = move || match state.models.get() {
        Models::Unknown => None,
        Models::Asked => Some(("help", "Asking the server…".to_owned())),
        Models::Named(names) if names.is_empty() => Some(("field-error", "The server names no model.".to_owned())),
        Models::Named(names) => Some(("help", format!("The server offers {}.", names.join(", ")))),
        Models::Refused(why) => Some(("field-error", why)),
    };
    let names = move || match state.models.get() {
        Models::Named(names) => names,
        _ => Vec::new(),
    };
    flag("model").map(|flag| {
        view! {
            <div class="field field-wide">
                <FieldHead flag=flag/>
                <div class="with-button">
                    <Input flag=flag/>
                    <button type="button" class="button small" on:click=move |_| state.list_models()>
                        "List models"
                    </button>
                </div>
                <datalist id="known-models">
                    {move || names().into_iter().map(|name| view! { <option value=name></option> }).collect_view()}
                </datalist>
                <div aria-live="polite">
                    {move || said().map(|(class, text)| view! { <p class=class>{text}</p> })}
                </div>
                <FieldFoot flag=flag/>
            </div>
        }
    })
}

#[component]
fn ApiKeyField() -> impl IntoView {
    let state = app();
    let goes_plain = Memo::new(move |_| state.key_goes_plain().is_some());
    let waits = Memo::new(move |_| state.key_needs_word());
    view! {
        <div class="field field-wide">
            <div class="field-head">
                <label for="field-api-key">"API key"</label>
                <span class="flag">"optional"</span>
            </div>
            <input
                type="password"
                id="field-api-key"
                autocomplete="off"
                spellcheck="false"
                aria-describedby="plain-api-key help-api-key"
                prop:value=move || state.api_key.get()
                on:input=move |event| {
                    state.api_key.set(event_target_value(&event));
                    state.edited();
                }
            />
            <div class="key-in-the-clear" hidden=move || !goes_plain.get()>
                <p id="plain-api-key" class="field-error" role="alert">
                    "This address is plain http and not on this machine: whoever sits between can read the key."
                </p>
                <label class="consent">
                    <input
                        type="checkbox"
                        prop:checked=move || !waits.get()
                        on:change=move |event| {
                            let consent = event_target_checked(&event).then(|| state.key_goes_plain()).flatten();
                            state.key_consent.set(consent.unwrap_or_default());
                            state.edited();
                        }
                    />
                    <span>"Send the key all the same"</span>
                </label>
            </div>
            <p id="help-api-key" class="help">
                "Kept in memory until the page is closed. Never stored, never in the address, never in a result."
            </p>
        </div>
    }
}
