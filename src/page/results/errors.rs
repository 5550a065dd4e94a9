//! The failures of a result, by kind, with the server's own words. Those words are only ever text.

use leptos::prelude::*;

use crate::format::{count, plural};
use crate::page::state::app;
use crate::view::failures::{FailureGroup, group};

/// The card; none where nothing failed.
#[component]
pub(in crate::page) fn Failures() -> impl IntoView {
    let state = app();
    let groups = Memo::new(move |_| {
        let shown = state.run.get();
        shown.and_then(|shown| shown.result.own.as_ref().map(|own| group(&own.records))).unwrap_or_default()
    });
    move || {
        let groups = groups.get();
        let all: u64 = groups.iter().map(|group| group.count).sum();
        (all > 0).then(|| {
            view! {
                <section class="card failures" aria-labelledby="failures-title">
                    <h2 id="failures-title">{format!("{} failed", plural(all, "request"))}</h2>
                    {groups.into_iter().map(group_view).collect_view()}
                </section>
            }
        })
    }
}

fn group_view(group: FailureGroup) -> impl IntoView {
    let words = group
        .words
        .into_iter()
        .map(|(text, times)| view! { <li><span class="times">{format!("{}×", count(times))}</span> <q>{text}</q></li> })
        .collect_view();
    let others = (group.others > 0).then(|| view! { <li>{format!("{} with other words", count(group.others))}</li> });
    view! {
        <h3>{format!("{}: {}", group.kind.label(), count(group.count))}</h3>
        <ul class="words">{words} {others}</ul>
    }
}
