//! Small parts that many places use. They are functions over plain values, so that each is compiled once.

use leptos::prelude::*;
use web_sys::{Event, MouseEvent};

/// Names with their values.
pub(super) fn facts(class: &'static str, items: Vec<(&'static str, String)>) -> AnyView {
    let one = |(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! { <dl class=class>{items.into_iter().map(one).collect_view()}</dl> }.into_any()
}

/// Items of a list.
pub(super) fn items(texts: Vec<String>) -> AnyView {
    texts.into_iter().map(|text| view! { <li>{text}</li> }).collect_view().into_any()
}

/// A small button; `label` is what it is called where its text alone does not say it.
pub(super) fn small_button(text: &'static str, label: String, act: impl Fn() + 'static) -> AnyView {
    let act: Box<dyn FnMut(MouseEvent)> = Box::new(move |_| act());
    view! { <button type="button" class="button small" aria-label=label on:click=act>{text}</button> }.into_any()
}

/// A tick box with its label.
pub(super) fn tick(label: &'static str, on: RwSignal<bool>) -> AnyView {
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=move || on.get() on:change=move |event| on.set(event_target_checked(&event))/>
            {label}
        </label>
    }
    .into_any()
}

/// A line of a menu: what it is about, and what can be done with it.
pub(super) fn menu_line(about: AnyView, buttons: Vec<AnyView>) -> AnyView {
    view! { <div class="menu-line"><span>{about}</span><span class="row">{buttons}</span></div> }.into_any()
}

/// A part of a menu under its heading.
pub(super) fn menu_group(heading: &'static str, lines: Vec<AnyView>) -> AnyView {
    view! { <div class="menu-group"><h3>{heading}</h3>{lines}</div> }.into_any()
}

/// A table that scrolls sideways where there is no room for it; `class` is how it looks, `label` what it holds.
pub(super) fn table_scroll(class: &'static str, label: &'static str, table: AnyView) -> AnyView {
    view! { <div class=class tabindex="0" role="region" aria-label=label>{table}</div> }.into_any()
}

/// One of a few words that stand side by side, of which one is chosen.
pub(super) fn segment(
    group: &'static str,
    (value, word): (&'static str, &'static str),
    chosen: impl Fn() -> bool + Send + 'static,
    disabled: impl Fn() -> bool + Send + 'static,
    choose: impl Fn() + 'static,
) -> AnyView {
    let choose: Box<dyn FnMut(Event)> = Box::new(move |_| choose());
    view! {
        <label class="segment">
            <input type="radio" name=group value=value disabled=disabled prop:checked=chosen on:change=choose/>
            <span>{word}</span>
        </label>
    }
    .into_any()
}
