//! The form: what is measured, what is sent, and how. A few fields that matter first; every other flag is made from
//! [`FLAGS`] under "More settings".

mod field;
mod files;
mod server;

use leptos::prelude::*;

use self::field::Field;
use self::files::{DatasetField, TokenizerField};
use self::server::{ServerFields, TargetSwitch};
use super::state::app;
use crate::dataset;
use crate::protocol::Stage;
use crate::settings::{FLAGS, Flag, Group, Settings};

pub(super) use self::field::field_id;

/// Flags that have a place of their own in the form; the others stand under "More settings".
const PLACED: &[&str] = &[
    "backend",
    "base-url",
    "model",
    "dataset-name",
    "dataset-path",
    "tokenizer",
    "num-prompts",
    "request-rate",
    "seed",
    "max-concurrency",
    "sweep",
    "sharegpt-output-len",
    "sonnet-output-len",
    "random-output-len",
    "random-input-len",
    "simulated-server",
    "simulated-ttft-ms",
    "simulated-itl-ms",
    "simulated-jitter",
    "simulated-slots",
];

/// The whole form.
#[component]
pub(super) fn Setup() -> impl IntoView {
    let state = app();
    view! {
        <section class="setup" aria-labelledby="setup-title">
            <h2 id="setup-title" class="visually-hidden">"Settings"</h2>
            <form autocomplete="off" on:submit=|event| event.prevent_default()>
                <fieldset class="setup-fields" disabled=move || state.is_busy()>
                    <TargetSwitch/>
                    <ServerFields/>
                    <WorkloadFields/>
                    <LoadFields/>
                    <MoreSettings/>
                </fieldset>
            </form>
        </section>
    }
}

#[component]
fn WorkloadFields() -> impl IntoView {
    let state = app();
    let dataset_name = Memo::new(move |_| state.form.with(|form| form.settings.dataset_name));
    view! {
        <section class="card" aria-labelledby="workload-title">
            <h3 id="workload-title">"Workload"</h3>
            <StageMessage stage=Stage::Dataset/>
            <Field key="dataset-name" terse=true/>
            <Show when=move || dataset::about(dataset_name.get()).needs_file>
                <DatasetField/>
            </Show>
            <StageMessage stage=Stage::Tokenizer/>
            <TokenizerField/>
            <div class="pair">
                <Field key="num-prompts" terse=true/>
                <For each=move || dataset::about(dataset_name.get()).first_settings key=|key| **key let:key>
                    <Field key=key terse=true/>
                </For>
            </div>
        </section>
    }
}

#[component]
fn LoadFields() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="load-title">
            <h3 id="load-title">"Load"</h3>
            <div class="pair">
                <Field key="request-rate" terse=true/>
                <Field key="max-concurrency" terse=true/>
                <Field key="seed" terse=true/>
                <Field key="sweep"/>
            </div>
        </section>
    }
}

#[component]
fn MoreSettings() -> impl IntoView {
    let state = app();
    let sections = [
        (Group::Server, "Address"),
        (Group::Workload, "Workload"),
        (Group::Load, "Arrivals and limits"),
        (Group::Request, "Requests"),
        (Group::Report, "Report"),
    ];
    view! {
        <section class="more" aria-labelledby="more-title">
            <h3 id="more-title" class="eyebrow">"More settings"</h3>
            {sections
                .into_iter()
                .map(|(group, title)| {
                    let flags = Memo::new(move |_| state.form.with(|form| shown_flags(group, &form.settings)));
                    let changed = move || state.form.with(|form| changed_count(&flags.get(), &form.settings));
                    view! {
                        <Show when=move || !flags.read().is_empty()>
                            <details class="more-section">
                                <summary>
                                    <span>{title}</span>
                                    <Show when=move || changed() != 0>
                                        <span class="badge">{changed} " changed"</span>
                                    </Show>
                                </summary>
                                <div class="pair">
                                    <For each=move || flags.get() key=|key| *key let:key>
                                        <Field key=key/>
                                    </For>
                                </div>
                            </details>
                        </Show>
                    }
                })
                .collect_view()}
        </section>
    }
}

/// The flags of a section that say anything for the chosen target and dataset.
fn shown_flags(group: Group, settings: &Settings) -> Vec<&'static str> {
    let matters = |flag: &&Flag| match flag.key {
        "host" | "port" => !settings.simulated_server && settings.base_url.is_none(),
        "endpoint" => !settings.simulated_server,
        key => dataset::reads_setting(settings.dataset_name, key),
    };
    FLAGS
        .iter()
        .filter(|flag| flag.group == group && !PLACED.contains(&flag.key))
        .filter(matters)
        .map(|flag| flag.key)
        .collect()
}

fn changed_count(keys: &[&'static str], settings: &Settings) -> usize {
    let default = Settings::default();
    FLAGS.iter().filter(|flag| keys.contains(&flag.key) && (flag.get)(settings) != (flag.get)(&default)).count()
}

/// What went wrong at a stage of the last run, beside the fields that can mend it.
#[component]
pub(super) fn StageMessage(stage: Stage) -> impl IntoView {
    let state = app();
    move || state.failure_at(stage).map(|message| view! { <p class="stage-error" role="alert">{message}</p> })
}
