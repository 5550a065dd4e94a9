//! Dataset and tokenizer: an address, or files that are picked or dropped on the field. A picked file stands in for the
//! address, and cannot travel in a link.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File, FileList, HtmlInputElement};

use crate::format::bytes;
use crate::page::setup::form::field::{FieldFoot, FieldHead, Input};
use crate::page::state::{Picked, app};
use crate::settings::{DEMO_DATASET, DEMO_TOKENIZER, Flag, flag};

/// The dataset's field.
#[component]
pub(in crate::page) fn DatasetField() -> impl IntoView {
    let take = |picked: &mut Picked, files: Vec<File>| picked.dataset = files.into_iter().next();
    let held = |picked: &Picked| picked.dataset.iter().cloned().collect();
    flag("dataset-path").map(|flag| {
        view! { <FileField flag=flag button="Choose file…" sample=DEMO_DATASET several=false take=take held=held/> }
    })
}

/// The tokenizer's field.
#[component]
pub(in crate::page) fn TokenizerField() -> impl IntoView {
    let take = |picked: &mut Picked, files: Vec<File>| picked.tokenizer = files;
    let held = |picked: &Picked| picked.tokenizer.clone();
    flag("tokenizer").map(|flag| {
        view! { <FileField flag=flag button="Choose files…" sample=DEMO_TOKENIZER several=true take=take held=held/> }
    })
}

/// An address field that takes files too.
#[component]
fn FileField(
    flag: &'static Flag,
    button: &'static str,
    /// The address of the sample that comes with the page.
    sample: &'static str,
    several: bool,
    take: fn(&mut Picked, Vec<File>),
    held: fn(&Picked) -> Vec<File>,
) -> impl IntoView {
    let state = app();
    let over = RwSignal::new(false);
    let pick: NodeRef<html::Input> = NodeRef::new();
    let put = move |files: Vec<File>| {
        if !files.is_empty() {
            state.expect_work();
        }
        state.files.update(|picked| take(picked, files));
        state.edited();
    };
    let drop_files = move |event: DragEvent| {
        event.prevent_default();
        event.stop_propagation();
        over.set(false);
        let files = event.data_transfer().and_then(|transfer| transfer.files());
        put(list(files));
    };
    let is_sample = move || state.form.with(|form| form.text(flag) == sample);
    let has_files = move || state.files.with(|picked| !held(picked).is_empty());
    view! {
        <div
            class="field field-wide drop-field"
            class:dragged=move || over.get()
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=drop_files
        >
            <FieldHead flag=flag/>
            <div class="with-button">
                <div class="picked" hidden=move || !has_files()>
                    {move || state.files.with(|picked| described(&held(picked)))}
                    <button type="button" class="link-button" on:click=move |_| put(Vec::new())>
                        "Remove"
                    </button>
                </div>
                <div class="grow" hidden=has_files>
                    <Input flag=flag/>
                </div>
                <button
                    type="button"
                    class="button small"
                    on:click=move |_| {
                        if let Some(input) = pick.get_untracked() {
                            input.click();
                        }
                    }
                >
                    {button}
                </button>
                <input
                    node_ref=pick
                    type="file"
                    id=format!("pick-{}", flag.key)
                    class="visually-hidden"
                    tabindex="-1"
                    aria-label=format!("{}: {button}", flag.label)
                    multiple=several
                    on:change=move |event| {
                        if let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) {
                            put(list(input.files()));
                            // The same file can then be picked again after a change on disk.
                            input.set_value("");
                        }
                    }
                />
            </div>
            <p class="help note" hidden=move || !has_files()>
                "A picked file stays in this page: a link to these settings cannot carry it."
            </p>
            <p class="help note" hidden=move || has_files() || !is_sample()>
                {if several {
                    "The small tokenizer that comes with the page. With another model its token counts are only rough."
                } else {
                    "The small sample that comes with the page."
                }}
            </p>
            <FieldFoot flag=flag/>
            <button
                type="button"
                class="link-button"
                hidden=move || has_files() || is_sample()
                on:click=move |_| {
                    state.form.update(|form| {
                        form.type_in(flag, sample);
                        form.leave(flag);
                    });
                    state.edited();
                }
            >
                "Use the one that comes with the page"
            </button>
        </div>
    }
}

fn list(files: Option<FileList>) -> Vec<File> {
    files.map(|files| (0..files.length()).filter_map(|at| files.get(at)).collect()).unwrap_or_default()
}

/// "tokenizer.json · 2.1 MB, tokenizer_config.json · 1.2 kB".
fn described(files: &[File]) -> String {
    let one = |file: &File| format!("{} · {}", file.name(), bytes(file.size()));
    files.iter().map(one).collect::<Vec<_>>().join(", ")
}
