//! Copy link: an address with the settings and, on a tick, a summary of the run on show. The dialog says what is in it
//! before it is copied; what names a server or a file is in it only where it was ticked.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::export::link::{LinkParts, MOST_LINK_CHARS, Summarised, fragment, settings_for_link, settings_in_words};
use crate::export::{shared, shared_sweep};
use crate::format::count;
use crate::page::browser;
use crate::page::parts::{facts, items, tick};
use crate::page::share::packing;
use crate::page::state::{AppState, Tone, app};
use crate::result::sweep::Swept;
use crate::settings::Settings;

/// A link, or why there is none.
type Link = Result<String, String>;

/// The button, and the dialog that it opens.
#[component]
pub(in crate::page) fn ShareButton() -> impl IntoView {
    let dialog: NodeRef<html::Dialog> = NodeRef::new();
    let open = RwSignal::new(false);
    let show = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            open.set(dialog.show_modal().is_ok());
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <button type="button" class="button large" on:click=show>"Share…"</button>
        <dialog class="dialog" node_ref=dialog aria-labelledby="share-title" on:close=move |_| open.set(false)>
            <Show when=move || open.get()>
                <Share close=close/>
            </Show>
        </dialog>
    }
}

#[component]
fn Share(close: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let state = app();
    let has_run = state.run.with_untracked(Option::is_some);
    let has_sweep = untrack(|| state.shows_sweep());
    let (summary, server, files) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let parts = Memo::new(move |_| LinkParts { summary: summary.get(), server: server.get(), files: files.get() });
    let link = RwSignal::new(None::<Link>);
    Effect::new(move |_| {
        let wanted = parts.get();
        spawn_local(async move {
            let made = make_link(state, wanted).await;
            // A tick may have been changed meanwhile, and the dialog closed.
            if parts.try_get_untracked() == Some(wanted) {
                link.set(Some(made));
            }
        });
    });
    let copy = move |_| {
        let Some(Ok(text)) = link.get_untracked() else { return };
        spawn_local(async move {
            match browser::copy(&text).await {
                Ok(()) => state.say(Tone::Good, format!("The link is on the clipboard: {} characters.", count(text.len() as u64))),
                Err(_) => state.say(Tone::Bad, "The browser does not let this page write to the clipboard. Select the link in the dialog and copy it."),
            }
            close();
        });
    };
    view! {
        <form method="dialog" class="share">
            <h2 id="share-title">"Share a link"</h2>
            <fieldset class="ticks">
                <legend class="help">"The settings are in the link. Beside them:"</legend>
                {has_run.then(|| tick("Figures and charts of this run", summary))}
                {has_sweep.then(|| tick("Figures of this sweep's runs", summary))}
                {tick("The server's address, and headers", server)}
                {tick("Addresses and names of files", files)}
            </fieldset>
            <div class="share-contents" tabindex="0" role="region" aria-label="What the link contains">
                {move || contents(state, parts.get())}
            </div>
            <label class="share-link">
                <span class="help">{move || link_words(&link.read())}</span>
                <textarea readonly rows="3" aria-label="The link" prop:value=move || link.get().and_then(Result::ok).unwrap_or_default()></textarea>
            </label>
            <div class="row dialog-buttons">
                <button type="submit" class="button">"Cancel"</button>
                <button type="button" class="button primary" disabled=move || !matches!(*link.read(), Some(Ok(_))) on:click=copy>
                    "Copy link"
                </button>
            </div>
        </form>
    }
}

/// The settings of the run or sweep on show, or of the form where there is none.
fn settings(state: AppState) -> Settings {
    let of_run = state.run.with_untracked(|run| Some(run.as_ref()?.result.own.as_ref()?.settings.clone()));
    let of_sweep = || untrack(|| state.shows_sweep()).then(|| state.settings_of_sweep()).flatten();
    of_run.or_else(of_sweep).unwrap_or_else(|| state.form.with_untracked(|form| form.settings.clone()))
}

async fn make_link(state: AppState, parts: LinkParts) -> Link {
    let settings = settings_for_link(&settings(state), parts);
    let summary = if parts.summary { summary(state, parts).await? } else { None };
    let summary = summary.as_ref().map(|(of, packed)| (*of, packed.as_slice()));
    let link = format!("{}#{}", browser::page_url(), fragment(&settings, summary));
    let chars = link.chars().count();
    if chars > MOST_LINK_CHARS {
        return Err(format!(
            "The link would have {} characters, and {MOST_LINK_CHARS} are the most. Leave something out.",
            count(chars as u64)
        ));
    }
    Ok(link)
}

/// The compressed summary of the run or sweep on show.
async fn summary(state: AppState, parts: LinkParts) -> Result<Option<(Summarised, Vec<u8>)>, String> {
    let (of, bytes) = if let (Some(shown), Some(charts)) = (state.run.get_untracked(), state.charts.get_untracked()) {
        (Summarised::Run, shared::encode(&shown.result, &charts, shown.partial.is_some(), parts))
    } else if let Some(swept) = sweep_on_show(state) {
        (Summarised::Sweep, shared_sweep::encode(&swept))
    } else {
        return Ok(None);
    };
    let packed = packing::deflate(&bytes.map_err(|error| error.to_string())?).await;
    packed
        .map(|packed| Some((of, packed)))
        .map_err(|_| "This browser cannot pack figures into a link; it needs one of 2023 or later.".into())
}

fn sweep_on_show(state: AppState) -> Option<Swept> {
    untrack(|| state.shows_sweep().then(|| state.swept_together()).flatten())
}

fn link_words(link: &Option<Link>) -> String {
    match link {
        None => "Making the link…".into(),
        Some(Ok(link)) => format!(
            "{} characters, of {} that chats let through",
            count(link.len() as u64),
            count(MOST_LINK_CHARS as u64)
        ),
        Some(Err(why)) => why.clone(),
    }
}

/// What is in the link, and what is not.
fn contents(state: AppState, parts: LinkParts) -> impl IntoView + use<> {
    let settings = settings_in_words(&settings_for_link(&settings(state), parts));
    let of_run = state.charts.with_untracked(|charts| charts.as_ref().map(|charts| shared::in_words(charts)));
    let summary = of_run.or_else(|| sweep_on_show(state).as_ref().map(shared_sweep::in_words));
    view! {
        <h3>"In the link"</h3>
        <ul>{items(summary.filter(|_| parts.summary).unwrap_or_default())}</ul>
        {facts("share-settings", settings)}
        <h3>"Not in it"</h3>
        <ul>{items(parts.left_out())}</ul>
    }
}
