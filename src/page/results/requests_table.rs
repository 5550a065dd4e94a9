//! The requests of a result as a table: sorted by any column, failures alone if wanted, fifty at a time so that ten
//! thousand rows cost no more than fifty.

use leptos::prelude::*;

use crate::format::{count, fixed};
use crate::page::results::request_detail::{RequestDetail, close_request, row_id};
use crate::page::state::{AppState, app};
use crate::result::RequestRow;
use crate::view::request_rows::{Column, PAGE, RowView, pages};

/// The table.
#[component]
pub(in crate::page) fn RequestsTable() -> impl IntoView {
    let state = app();
    let how = RwSignal::new(RowView::default());
    let places = Memo::new(move |_| {
        let how = RowView { page: 0, ..how.get() };
        state.run.with(|run| run.as_ref().map(|shown| how.places(&shown.result.requests)).unwrap_or_default())
    });
    let page_count = move || pages(places.read().len());
    let page = move || how.get().page.min(page_count() - 1);
    let shown_rows = move || {
        let run = state.run.get();
        let places = places.get();
        let here = places.iter().skip(page() * PAGE).take(PAGE);
        run.map(|shown| here.filter_map(|place| shown.result.requests.get(*place).cloned()).collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let has_failures = move || {
        state.run.with(|run| run.as_ref().is_some_and(|s| s.result.requests.iter().any(|row| !row.times.succeeded)))
    };
    let at_start = move || page() == 0;
    let at_end = move || page() + 1 == page_count();
    let turn = move |by: isize| {
        let page = page().saturating_add_signed(by).min(page_count() - 1);
        how.update(|how| how.page = page);
    };
    let has_rows = move || state.run.with(|run| run.as_ref().is_some_and(|shown| !shown.result.requests.is_empty()));
    view! {
        <Show when=has_rows>
            <section class="card requests" aria-labelledby="requests-title">
                <div class="row between">
                    <h2 id="requests-title" tabindex="-1">"Requests"</h2>
                    <label class="check" hidden=move || !has_failures()>
                        <input
                            type="checkbox"
                            prop:checked=move || how.get().failed_only
                            on:change=move |event| {
                                let failed_only = event_target_checked(&event);
                                how.update(|how| *how = RowView { failed_only, page: 0, ..*how });
                            }
                        />
                        "Failures only"
                    </label>
                </div>
                <div class="table-scroll" tabindex="0" role="region" aria-label="Table of requests">
                    <table class="rows">
                        <thead>
                            <tr>
                                {Column::all().map(|column| view! { <ColumnHead how=how column=column/> }).collect_view()}
                            </tr>
                        </thead>
                        <tbody>
                            {move || {
                                shown_rows()
                                    .into_iter()
                                    .map(|row| row_view(&row, state))
                                    .collect_view()
                            }}
                        </tbody>
                    </table>
                </div>
                <div class="row between pager">
                    <p class="help">
                        {move || {
                            let all = places.read().len();
                            let from = page() * PAGE;
                            format!("{} to {} of {}", count(from.min(all) as u64 + u64::from(all > 0)), count((from + PAGE).min(all) as u64), count(all as u64))
                        }}
                    </p>
                    <div class="row" hidden=move || page_count() == 1>
                        <button type="button" class="button small" disabled=at_start on:click=move |_| turn(-1)>
                            "Previous"
                        </button>
                        <button type="button" class="button small" disabled=at_end on:click=move |_| turn(1)>
                            "Next"
                        </button>
                    </div>
                </div>
                <RequestDetail/>
            </section>
        </Show>
    }
}

/// Opens a request's events.
pub(in crate::page) fn select_request(state: AppState, index: u32) {
    state.selected.set(Some(index));
    request_animation_frame(|| crate::page::browser::focus("request-detail"));
}

#[component]
fn ColumnHead(how: RwSignal<RowView>, column: Column) -> impl IntoView {
    let (head, unit) = column.head();
    let sorted = move || {
        let how = how.get();
        match (how.by == column, how.descending) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        }
    };
    view! {
        <th scope="col" aria-sort=sorted class:outcome=column == Column::Outcome>
            <button type="button" class="sort" on:click=move |_| how.update(|how| *how = how.sorted_by(column))>
                {head}
                <span class="unit">{unit}</span>
            </button>
        </th>
    }
}

fn row_view(row: &RequestRow, state: AppState) -> impl IntoView + use<> {
    let selected = state.selected;
    let index = row.times.index;
    let number = |column: Column, decimals| column.value(row).map_or_else(|| "–".to_owned(), |v| fixed(v, decimals));
    let cells = Column::all().filter_map(|column| Some(number(column, column.decimals()?))).collect::<Vec<_>>();
    let completed = || row.remark.as_ref().map_or_else(|| "completed".into(), |remark| format!("completed, {remark}"));
    let outcome = row.error.clone().unwrap_or_else(completed);
    let bad = !row.times.succeeded;
    view! {
        <tr class:bad=bad class:selected=move || selected.get() == Some(index)>
            <th scope="row">
                <button
                    type="button"
                    class="link-button"
                    id=row_id(index)
                    aria-label=format!("Events of request {index}")
                    aria-expanded=move || (selected.get() == Some(index)).to_string()
                    on:click=move |_| {
                        if selected.get_untracked() == Some(index) {
                            close_request(state, index);
                        } else {
                            select_request(state, index);
                        }
                    }
                >
                    {index}
                </button>
            </th>
            {cells.into_iter().map(|cell| view! { <td>{cell}</td> }).collect_view()}
            <td class="outcome" title=outcome.clone()>{outcome.clone()}</td>
        </tr>
    }
}
