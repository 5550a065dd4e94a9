//! Whose definitions the figures follow: a switch, and what it moves, by how much and why.

use std::sync::Arc;

use leptos::prelude::*;

use crate::metrics::Definition;
use crate::page::parts::{facts, segment, table_scroll};
use crate::page::state::{AppState, app};
use crate::result::moves::{Moved, Moves, moves};

impl AppState {
    /// The definition that the figures on show follow; none of another tool's result.
    fn definition(self) -> Option<Definition> {
        self.run.with(|run| run.as_ref()?.result.own.as_ref().map(|own| own.summary.definition))
    }

    /// Computes the figures on show anew under other definitions.
    fn define(self, definition: Definition) {
        let under = self.run.with_untracked(|run| run.as_ref()?.under(definition));
        if let Some(shown) = under {
            self.run.set(Some(Arc::new(shown)));
        }
    }

    /// What the definition on show moves against the reference's.
    fn moves(self) -> Vec<Moves> {
        self.run.with(|run| {
            let Some(shown) = run.as_ref() else { return Vec::new() };
            let now = shown.result.own.as_ref().map(|own| own.summary.definition).unwrap_or_default();
            let reference = shown.reference_figures().filter(|_| now != Definition::default());
            reference
                .map(|before| moves((Definition::default(), &before), (now, &shown.result.figures)))
                .unwrap_or_default()
        })
    }
}

/// The card; none for another tool's result, whose figures are as its file has them.
#[component]
pub(in crate::page) fn Definitions() -> impl IntoView {
    let state = app();
    let chosen = Memo::new(move |_| state.definition());
    let switchable = Memo::new(move |_| {
        state.run.with(|run| {
            run.as_ref().is_some_and(|shown| shown.result.own.as_ref().is_some_and(|own| !own.records.is_empty()))
        })
    });
    let option = move |definition: Definition| {
        let is_chosen = move || chosen.get() == Some(definition);
        let disabled = move || !switchable.get() && !is_chosen();
        let word = (definition.word(), definition.label());
        segment("definition", word, is_chosen, disabled, move || state.define(definition))
    };
    view! {
        <Show when=move || chosen.get().is_some()>
            <section class="card definitions" aria-labelledby="definitions-title">
                <div class="row between">
                    <h2 id="definitions-title">"Definitions"</h2>
                    <div class="segments" role="radiogroup" aria-labelledby="definitions-title">
                        {Definition::ALL.iter().map(|definition| option(*definition)).collect_view()}
                    </div>
                </div>
                <p class="help" hidden=move || switchable.get()>
                    "This result came without its raw records, so its figures cannot be computed under other definitions."
                </p>
                <div aria-live="polite">{move || chosen.get().filter(|_| switchable.get()).map(|chosen| difference(state, chosen))}</div>
                <details>
                    <summary>"What each figure means here"</summary>
                    {move || {
                        let explained = chosen.get().unwrap_or_default().explained();
                        facts("facts meanings-here", explained.into_iter().map(|(metric, text)| (metric, text.to_owned())).collect())
                    }}
                </details>
            </section>
        </Show>
    }
}

/// What moved against the reference, or that nothing did.
fn difference(state: AppState, chosen: Definition) -> AnyView {
    if chosen == Definition::default() {
        let text = "Tools mean different things by the same names. The figures follow the Python reference client; choose \
                    another tool to see them as it would report this run.";
        return view! { <p class="help">{text}</p> }.into_any();
    }
    let moves = untrack(|| state.moves());
    if moves.is_empty() {
        let text = format!("No figure moved: on this run {} and the reference client agree.", chosen.label());
        return view! { <p class="help">{text}</p> }.into_any();
    }
    let groups = moves.into_iter().map(group).collect_view();
    let table = view! {
        <table class="moves">
            <thead>
                <tr>
                    <th scope="col">"Figure"</th>
                    <th scope="col">"Reference client"</th>
                    <th scope="col">{chosen.label()}</th>
                    <th scope="col">"Change"</th>
                </tr>
            </thead>
            {groups}
        </table>
    };
    table_scroll("table-scroll", "Figures that moved", table.into_any())
}

fn group(moves: Moves) -> impl IntoView {
    let row = |moved: Moved| {
        view! {
            <tr>
                <th scope="row">{moved.title}</th>
                <td>{moved.from}</td>
                <td>{moved.to}</td>
                <td>{moved.by}</td>
            </tr>
        }
    };
    view! {
        <tbody>
            <tr class="why">
                <th scope="rowgroup" colspan="4">{moves.of} <span class="help">{moves.why}</span></th>
            </tr>
            {moves.figures.into_iter().map(row).collect_view()}
        </tbody>
    }
}
