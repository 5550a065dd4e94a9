//! One setting as an input, made from its flag: label, flag, input, what is wrong with it, help.

use leptos::prelude::*;

use crate::page::state::{AppState, app};
use crate::settings::{Flag, Kind, flag};

/// The id of a setting's input.
pub(in crate::page) fn field_id(key: &str) -> String {
    format!("field-{key}")
}

/// A setting's whole field. A key that is no flag shows nothing.
#[component]
pub(in crate::page) fn Field(
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
    &["backend", "dataset-name", "base-url", "extra-body", "result-filename", "percentile-metrics", "label", "sweep"];

/// A label and its flag.
#[component]
pub(in crate::page) fn FieldHead(flag: &'static Flag) -> impl IntoView {
    view! {
        <div class="field-head">
            <label for=field_id(flag.key)>{flag.label}</label>
            <code class="flag">{format!("--{}", flag.key)}</code>
        </div>
    }
}

/// What is wrong with a field, and its help.
#[component]
pub(in crate::page) fn FieldFoot(flag: &'static Flag) -> impl IntoView {
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
pub(in crate::page) fn Input(flag: &'static Flag) -> impl IntoView {
    let state = app();
    let bound = Bound {
        state,
        flag,
        text: Memo::new(move |_| state.form.with(|form| form.text(flag))),
        wrong: Memo::new(move |_| state.problem_of(flag.key).is_some()),
    };
    match flag.kind {
        Kind::Choice(choices) => bound.select(choices).into_any(),
        Kind::Switch => bound.checkbox().into_any(),
        Kind::Texts => bound.lines().into_any(),
        Kind::Text | Kind::Whole | Kind::Number => bound.line().into_any(),
    }
}

/// A setting bound to its input.
#[derive(Clone, Copy)]
struct Bound {
    state: AppState,
    flag: &'static Flag,
    text: Memo<String>,
    wrong: Memo<bool>,
}

impl Bound {
    fn type_in(self, text: &str) {
        self.state.form.update(|form| form.type_in(self.flag, text));
        self.state.edited();
    }

    fn leave(self) {
        self.state.form.update(|form| form.leave(self.flag));
    }

    fn described_by(self) -> String {
        format!("{} {}", error_id(self.flag.key), help_id(self.flag.key))
    }

    fn invalid(self) -> &'static str {
        if self.wrong.get() { "true" } else { "false" }
    }

    fn select(self, choices: &'static [(&'static str, &'static str)]) -> impl IntoView {
        let option = move |(word, label): &(&'static str, &'static str)| {
            let word = *word;
            view! {
                <option value=word selected=move || *self.text.read() == word>
                    {*label}
                </option>
            }
        };
        view! {
            <select
                id=field_id(self.flag.key)
                aria-describedby=self.described_by()
                prop:value=move || self.text.get()
                on:change=move |event| {
                    self.type_in(&event_target_value(&event));
                    self.leave();
                }
            >
                {choices.iter().map(option).collect_view()}
            </select>
        }
    }

    fn checkbox(self) -> impl IntoView {
        view! {
            <input
                type="checkbox"
                id=field_id(self.flag.key)
                aria-describedby=self.described_by()
                prop:checked=move || *self.text.read() == "true"
                on:change=move |event| {
                    self.type_in(&event_target_checked(&event).to_string());
                    self.leave();
                }
            />
        }
    }

    fn lines(self) -> impl IntoView {
        view! {
            <textarea
                id=field_id(self.flag.key)
                rows="2"
                spellcheck="false"
                aria-describedby=self.described_by()
                aria-invalid=move || self.invalid()
                prop:value=move || self.text.get()
                on:input=move |event| self.type_in(&event_target_value(&event))
                on:change=move |_| self.leave()
            ></textarea>
        }
    }

    fn line(self) -> impl IntoView {
        let key = self.flag.key;
        view! {
            <input
                type="text"
                id=field_id(key)
                inputmode=if self.flag.kind == Kind::Whole { "numeric" } else { "text" }
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                list=(key == "model").then_some("known-models")
                placeholder=placeholder(key)
                aria-describedby=self.described_by()
                aria-invalid=move || self.invalid()
                prop:value=move || self.text.get()
                on:input=move |event| self.type_in(&event_target_value(&event))
                on:change=move |_| self.leave()
            />
        }
    }
}

fn error_id(key: &str) -> String {
    format!("error-{key}")
}

fn help_id(key: &str) -> String {
    format!("help-{key}")
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
        "sweep" => Some("request-rate:1 2 4 8"),
        "goodput" => Some("ttft:200 tpot:50"),
        "extra-body" => Some("{\"min_tokens\": 16}"),
        _ => None,
    }
}
