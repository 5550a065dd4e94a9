//! The list of results: what was run in this browser and what was opened from files, to open, compare, rename, delete.

use leptos::prelude::*;

use crate::format::{bytes, count};
use crate::page::browser;
use crate::page::state::{AppState, app};
use crate::result::{VerdictLevel, python};
use crate::view::history_entry::{Entry, State};
use crate::view::shelf::{Item, MOST_BYTES, MOST_COMPARED, MOST_RUNS, Shelf};

/// Results that are listed before a person asks for all.
const FIRST: usize = 12;

/// What is being done to one of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Doing {
    Renaming(String),
    Deleting(String),
}

/// The way to the list, once there is something in it.
#[component]
pub(in crate::page) fn HistoryButton() -> impl IntoView {
    let state = app();
    let size = move || state.shelf.with(|shelf| shelf.items().len());
    view! {
        <Show when=move || size() != 0>
            <button type="button" class="button small" disabled=move || state.is_busy() on:click=|_| browser::focus("history-title")>
                {move || format!("History ({})", count(size() as u64))}
            </button>
        </Show>
    }
}

/// The list; nothing while there is nothing in it.
#[component]
pub(in crate::page) fn History() -> impl IntoView {
    let state = app();
    let all = RwSignal::new(false);
    let doing: RwSignal<Option<Doing>> = RwSignal::new(None);
    let size = Memo::new(move |_| state.shelf.with(|shelf| shelf.items().len()));
    let shown = move || {
        let most = if all.get() { usize::MAX } else { FIRST };
        state.shelf.with(|shelf| shelf.items().iter().take(most).cloned().collect::<Vec<_>>())
    };
    // A row is made anew only when what it says has changed, so that the focus stays where it is.
    let key = |item: &Item| python::to_json(&item.entry);
    view! {
        <Show when=move || size.get() != 0>
            <section class="card history" aria-labelledby="history-title">
                <div class="row between">
                    <h2 id="history-title" tabindex="-1">"History"</h2>
                    <CompareButton/>
                </div>
                <ul class="entries">
                    <For each=shown key=key children=move |item| view! { <Row item=item doing=doing/> }/>
                </ul>
                <Show when=move || { size.get() > FIRST && !all.get() }>
                    <button type="button" class="button small" on:click=move |_| all.set(true)>
                        {move || format!("Show all {}", count(size.get() as u64))}
                    </button>
                </Show>
                <p class="help">{move || state.shelf.with(policy)}</p>
            </section>
        </Show>
    }
}

/// What is kept, and for how long.
fn policy(shelf: &Shelf) -> String {
    let (runs, size) = shelf.kept();
    format!(
        "Runs are kept in this browser alone, without prompts, outputs and API key: {} now, {}. When there are more than \
         {MOST_RUNS}, or more than {}, the oldest go. Results from files stay until the page is closed.",
        count(runs as u64),
        bytes(size as f64),
        bytes(MOST_BYTES as f64),
    )
}

#[component]
fn CompareButton() -> impl IntoView {
    let state = app();
    let ticked = Memo::new(move |_| state.shelf.with(|shelf| shelf.ticked().len()));
    let words = move || match ticked.get() {
        0 | 1 => format!("Tick two to {MOST_COMPARED} to compare"),
        several => format!("Compare {several}"),
    };
    view! {
        <button
            type="button"
            class="button small"
            class:primary=move || { ticked.get() > 1 }
            disabled=move || { ticked.get() < 2 || state.is_busy() }
            on:click=move |_| state.compare(state.shelf.with_untracked(|shelf| shelf.ticked().to_vec()))
        >
            {words}
        </button>
    }
}

#[component]
fn Row(item: Item, doing: RwSignal<Option<Doing>>) -> impl IntoView {
    let state = app();
    let Item { entry, held } = item;
    let id = StoredValue::new(entry.id.clone());
    let title = entry.title();
    let live = entry.state == State::Live;
    let ticked = move || state.shelf.with(|shelf| id.with_value(|id| shelf.ticked().contains(id)));
    let may_tick = move || state.shelf.with(|shelf| id.with_value(|id| shelf.may_tick(id)));
    let file = held.and_then(|shown| shown.file.clone());
    let figures = entry.gist.figures().map(|(name, value)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    });
    view! {
        <li class="entry" class:ticked=ticked>
            <input
                type="checkbox"
                aria-label=format!("Compare {title}")
                prop:checked=ticked
                disabled=move || !may_tick()
                on:change=move |event| {
                    let on = event_target_checked(&event);
                    id.with_value(|id| state.shelf.update(|shelf| shelf.tick(id, on)));
                }
            />
            <div class="entry-words">
                <Title title=title.clone() id=id live=live doing=doing/>
                <p class="help">{words(&entry, file)} " " <SweepButton entry=entry.clone()/></p>
            </div>
            <p class="marks">{marks(&entry)}</p>
            <dl class="entry-figures">{figures.collect_view()}</dl>
            <Actions title=title id=id live=live doing=doing/>
        </li>
    }
}

/// The way from a run to its sweep; none where the list has no other run of it.
#[component]
fn SweepButton(entry: Entry) -> impl IntoView {
    let state = app();
    entry.gist.sweep.map(|sweep| {
        let id = StoredValue::new(sweep.id);
        let several = move || state.shelf.with(|shelf| id.with_value(|id| shelf.runs_of_sweep(id).len() > 1));
        view! {
            <Show when=several>
                <button
                    type="button"
                    class="link-button"
                    disabled=move || state.is_busy()
                    on:click=move |_| id.with_value(|id| state.show_sweep(id))
                >
                    "Show sweep"
                </button>
            </Show>
        }
    })
}

/// Where it came from, when, how fast, how much.
fn words(entry: &Entry, file: Option<String>) -> String {
    let parts = [file, Some(entry.gist.words()).filter(|words| !words.is_empty())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What is to be known before it is read: partial, still running, doubtful.
fn marks(entry: &Entry) -> impl IntoView + use<> {
    let state = match entry.state {
        State::Live => Some(("mark-good", "Running")),
        State::Partial => Some(("mark-marginal", "Partial")),
        State::Whole => None,
    };
    let verdict = entry.gist.verdict.map(|level| match level {
        VerdictLevel::Trusted => ("mark-good", level.label()),
        VerdictLevel::Marginal => ("mark-marginal", level.label()),
        VerdictLevel::NotTrusted => ("mark-bad", level.label()),
    });
    let mark =
        |(class, word): (&'static str, &'static str)| view! { <span class=format!("mark-chip {class}")>{word}</span> };
    [state, verdict].into_iter().flatten().map(mark).collect_view()
}

/// The title, which opens the result; or a field for a new one.
#[component]
fn Title(title: String, id: StoredValue<String>, live: bool, doing: RwSignal<Option<Doing>>) -> impl IntoView {
    let state = app();
    let renaming =
        Memo::new(move |_| doing.with(|doing| id.with_value(|id| *doing == Some(Doing::Renaming(id.clone())))));
    move || {
        let title = title.clone();
        if renaming.get() {
            return view! { <NameField title=title id=id doing=doing/> }.into_any();
        }
        let open = move |_| id.with_value(|id| state.open_entry(id.clone()));
        view! {
            <button type="button" class="entry-title" disabled=move || live || state.is_busy() on:click=open>
                {title}
            </button>
        }
        .into_any()
    }
}

#[component]
fn NameField(title: String, id: StoredValue<String>, doing: RwSignal<Option<Doing>>) -> impl IntoView {
    let state = app();
    let name = RwSignal::new(title);
    let save = move || {
        doing.set(None);
        id.with_value(|id| state.rename(id, &name.get_untracked()));
        back_to_row(id, "rename");
    };
    view! {
        <form class="entry-name" on:submit=move |event| {
            event.prevent_default();
            save();
        }>
            <input
                id="entry-name"
                type="text"
                maxlength="200"
                aria-label="Name of this result"
                prop:value=move || name.get()
                on:input=move |event| name.set(event_target_value(&event))
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        doing.set(None);
                        back_to_row(id, "rename");
                    }
                }
            />
            <button type="submit" class="button small">"Save"</button>
        </form>
    }
}

/// Rename and delete; the latter asks once.
#[component]
fn Actions(title: String, id: StoredValue<String>, live: bool, doing: RwSignal<Option<Doing>>) -> impl IntoView {
    let state = app();
    let deleting =
        Memo::new(move |_| doing.with(|doing| id.with_value(|id| *doing == Some(Doing::Deleting(id.clone())))));
    let button = move |what: &'static str,
                       text: &'static str,
                       bad: bool,
                       act: fn(AppState, StoredValue<String>, RwSignal<Option<Doing>>)| {
        let label = format!("{text} {title}");
        view! {
            <button
                type="button"
                id=id.with_value(|id| format!("{what}-{id}"))
                class="link-button"
                class:bad=bad
                aria-label=label
                disabled=live
                on:click=move |_| act(state, id, doing)
            >
                {text}
            </button>
        }
    };
    view! {
        <div class="entry-actions">
            {move || {
                if deleting.get() {
                    [button("sure", "Delete for good", true, |state, id, doing| {
                        doing.set(None);
                        id.with_value(|id| state.forget(id.clone()));
                        request_animation_frame(|| browser::focus("history-title"));
                    }),
                    button("keep", "Keep", false, |_, id, doing| {
                        doing.set(None);
                        back_to_row(id, "delete");
                    })]
                } else {
                    [button("rename", "Rename", false, |_, id, doing| {
                        doing.set(Some(Doing::Renaming(id.get_value())));
                        request_animation_frame(|| browser::focus("entry-name"));
                    }),
                    button("delete", "Delete", false, |_, id, doing| {
                        doing.set(Some(Doing::Deleting(id.get_value())));
                        back_to_row(id, "keep");
                    })]
                }
            }}
        </div>
    }
}

/// Moves the focus to a button of the row, once it is there.
fn back_to_row(id: StoredValue<String>, what: &'static str) {
    let target = id.with_value(|id| format!("{what}-{id}"));
    request_animation_frame(move || browser::focus(&target));
}
