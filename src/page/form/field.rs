//! One setting as an input, made from its flag: label, flag, input, what is wrong with it, help.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::page::state::app;
use crate::settings::{Flag, Kind, flag};

/// The id of a setting's input.
pub(in crate::page) fn field_id(key: &str) -> String {
    format!("field-{key}")
}

/// A setting's whole field. A key that is no flag shows nothing.
#[component]
pub(super) fn Field(
    key: &'static str,
    /// Keeps the help for the pointer and for screen readers, where the label says enough.
    #[prop(optional)]
    terse: bool,
) -> impl IntoView {
    flag(key).map(|flag| {
        let class = match flag.kind {
            Kind::Switch => "field field-switch",
            Kind::Texts => "field field-wide",
            _ if WIDE.contains(&flag.key) => "field field-wide",
            _ => "field",
        };
        view! {
            <div class=class class:terse=terse title=terse.then(|| flag.help.trim())>
                <FieldHead flag=flag/>
                <Input flag=flag/>
                <FieldFoot flag=flag/>
            </div>
        }
    })
}

/// Fields whose values are too long for half the form's width.
const WIDE: &[&str] =
    &["backend", "dataset-name", "base-url", "extra-body", "result-filename", "percentile-metrics", "label"];

/// A label and its flag.
#[component]
pub(super) fn FieldHead(flag: &'static Flag) -> impl IntoView {
    view! {
        <div class="field-head">
            <label for=field_id(flag.key)>{flag.label}</label>
            <code class="flag">{format!("--{}", flag.key)}</code>
        </div>
    }
}

/// What is wrong with a field, and its help.
#[component]
pub(super) fn FieldFoot(flag: &'static Flag) -> impl IntoView {
    let state = app();
    let problem = Memo::new(move |_| state.problem_of(flag.key));
    view! {
        <p id=error_id(flag.key) class="field-error" hidden=move || problem.read().is_none()>
            {move || problem.get()}
        </p>
        <p id=help_id(flag.key) class="help">{flag.help.trim()}</p>
    }
}

/// The input alone.
#[component]
pub(super) fn Input(flag: &'static Flag) -> impl IntoView {
    let state = app();
    let text = Memo::new(move |_| state.form.with(|form| form.text(flag)));
    let problem = Memo::new(move |_| state.problem_of(flag.key).is_some());
    let type_in = move |text: String| {
        state.form.update(|form| form.type_in(flag, &text));
        state.edited();
    };
    let leave = move |_| state.form.update(|form| form.leave(flag));
    let described = format!("{} {}", error_id(flag.key), help_id(flag.key));
    let invalid = move || if problem.get() { "true" } else { "false" };
    match flag.kind {
        Kind::Choice(choices) => view! {
            <select
                id=field_id(flag.key)
                aria-describedby=described
                prop:value=move || text.get()
                on:change=move |event| {
                    type_in(event_target_value(&event));
                    leave(event);
                }
            >
                {choices
                    .iter()
                    .map(|(word, label)| {
                        view! {
                            <option value=*word selected=move || *text.read() == **word>
                                {*label}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        }
        .into_any(),
        Kind::Switch => view! {
            <input
                type="checkbox"
                id=field_id(flag.key)
                aria-describedby=described
                prop:checked=move || *text.read() == "true"
                on:change=move |event| {
                    let on = event_target_checked(&event);
                    type_in(on.to_string());
                    leave(event);
                }
            />
        }
        .into_any(),
        Kind::Texts => view! {
            <textarea
                id=field_id(flag.key)
                rows="2"
                spellcheck="false"
                aria-describedby=described
                aria-invalid=invalid
                prop:value=move || text.get()
                on:input=move |event| type_in(event_target_value(&event))
                on:change=leave
            ></textarea>
        }
        .into_any(),
        Kind::Text | Kind::Whole | Kind::Number => view! {
            <input
                type="text"
                id=field_id(flag.key)
                inputmode=input_mode(flag.kind)
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                list=(flag.key == "model").then_some("known-models")
                placeholder=placeholder(flag.key)
                aria-describedby=described
                aria-invalid=invalid
                prop:value=move || text.get()
                on:input=move |event| type_in(event_target_value(&event))
                on:change=leave
                on:keydown=move |event| {
                    if event.key() == "Enter" && let Some(input) = event_input(&event) {
                        // Enter leaves the field, so that what was typed is settled; it does not run anything.
                        let _ = input.blur();
                    }
                }
            />
        }
        .into_any(),
    }
}

fn event_input(event: &web_sys::KeyboardEvent) -> Option<web_sys::HtmlElement> {
    event.target().and_then(|target| target.dyn_into().ok())
}

fn error_id(key: &str) -> String {
    format!("error-{key}")
}

fn help_id(key: &str) -> String {
    format!("help-{key}")
}

fn input_mode(kind: Kind) -> &'static str {
    match kind {
        Kind::Whole => "numeric",
        _ => "text",
    }
}

/// An example of what may stand in a field, where the label alone does not say it.
fn placeholder(key: &str) -> Option<&'static str> {
    match key {
        "base-url" => Some("http://localhost:8000"),
        "model" => Some("org/model"),
        "dataset-path" => Some("https://host/sharegpt.json"),
        "tokenizer" => Some("org/model, or https://host/folder/"),
        "sharegpt-output-len" => Some("as in the dataset"),
        "max-concurrency" => Some("no limit"),
        "goodput" => Some("ttft:200 tpot:50"),
        "extra-body" => Some("{\"min_tokens\": 16}"),
        _ => None,
    }
}
