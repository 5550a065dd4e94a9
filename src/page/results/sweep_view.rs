//! A sweep as one picture: latency against throughput with the SLO's line, what that comes to in a sentence, and a table
//! whose rows open the runs.

use leptos::html;
use leptos::prelude::*;

use crate::chart::{SweepCurve, SweepPoint, list};
use crate::format::{count, digits, duration_at_step};
use crate::metrics::Metric;
use crate::page::parts::{segment, table_scroll};
use crate::page::results::chart_reading::Reading;
use crate::page::results::chart_room::ChartRoom;
use crate::page::results::picture::{CHART_PX, chart_buttons};
use crate::page::state::{AppState, app};
use crate::result::VerdictLevel;
use crate::result::sweep::{MEETS, Point, Swept};
use crate::result::tables::MISSING;

/// What throughput may be.
const UNITS: &[&str] = &["Output tokens/s", "Requests/s"];

/// What the chart shows: a latency, and a place in [`UNITS`].
#[derive(Clone, Copy)]
struct Axes {
    metric: RwSignal<Metric>,
    unit: RwSignal<usize>,
}

/// The sweep on show.
#[component]
pub(in crate::page) fn SweepView() -> impl IntoView {
    let state = app();
    let axes = Axes { metric: RwSignal::new(Metric::Ttft), unit: RwSignal::new(0) };
    let swept = Memo::new(move |_| state.swept_together());
    let under_way = Memo::new(move |_| state.chain.with(Option::is_some));
    let title = move || {
        swept.with(|swept| swept.as_ref().map_or("Sweep".into(), |s| format!("Sweep of the {}", s.key.label())))
    };
    view! {
        <section class="sweep" aria-labelledby="sweep-title">
            <div class="row between">
                <h2 id="sweep-title" tabindex="-1">{title}</h2>
                <Show when=move || !state.is_busy()>
                    <button type="button" class="button small" on:click=move |_| state.close_sweep()>
                        "Close sweep"
                    </button>
                </Show>
            </div>
            <Show when=move || state.shared_sweep.with(Option::is_some)>
                <section class="notice shared-note" aria-label="Shared sweep">
                    <p>
                        <strong>"Shared sweep. "</strong>
                        "Someone else's, as its link has it: what each run came to. Nobody vouches for it but whoever sent \
                         the link. Missing are the runs' charts, single requests, prompts, outputs and errors."
                    </p>
                </section>
            </Show>
            <div class="card" aria-live="polite">{move || swept.with(|swept| swept.as_ref().map(|swept| conclusion(swept, under_way.get())))}</div>
            <p class="help">
                "All runs send the same prompts. A server that caches prefixes knows them from the second run on, and answers \
                 sooner than it would answer others: turn that cache off for a sweep."
            </p>
            <SweepChart axes=axes swept=swept/>
            <div class="card">{move || swept.with(|swept| swept.as_ref().map(|swept| table(state, swept, axes.metric.get())))}</div>
        </section>
    }
}

/// What the sweep says, and what "meets the SLO" means; or how to have it said.
fn conclusion(swept: &Swept, under_way: bool) -> AnyView {
    let Some(sentence) = swept.conclusion() else {
        let how = "Nothing is said of an SLO, since there is none. Give goodput limits before a sweep (ttft:200 tpot:50, \
                   under Report), and the highest value that meets them is named here.";
        return view! { <p class="help">{how}</p> }.into_any();
    };
    let sentence = if under_way { format!("So far: {sentence}") } else { sentence };
    let slo = format!("SLO: {}. {MEETS}", swept.limits_in_words());
    view! {
        <p class="sweep-conclusion">{sentence}</p>
        <p class="help">{slo}</p>
    }
    .into_any()
}

#[component]
fn SweepChart(axes: Axes, swept: Memo<Option<Swept>>) -> impl IntoView {
    let state = app();
    let room: NodeRef<html::Section> = NodeRef::new();
    let ChartRoom { whole, .. } = ChartRoom::of(room);
    let metrics = Memo::new(move |_| {
        let has_values = |metric: &Metric| {
            swept.with(|swept| swept.iter().flat_map(|it| &it.points).any(|point| point.has(*metric)))
        };
        Metric::ALL.iter().copied().filter(|metric| metric.is_standard() || has_values(metric)).collect::<Vec<_>>()
    });
    let curve = Memo::new(move |_| swept.with(|swept| swept.as_ref().map(|swept| curve(swept, axes))));
    let draw = move |width_px: u32| curve.with(|curve| curve.as_ref().map(|curve| list::SWEEP.draw(curve, width_px)));
    let chart =
        Memo::new(move |_| Some(whole.get()).filter(|width_px| *width_px > 0).and_then(draw).unwrap_or_default());
    let file = move |()| {
        let name = untrack(|| format!("{}-{}", list::SWEEP.name, axes.metric.get().word()));
        Some((name, untrack(|| draw(CHART_PX))?))
    };
    let height_px = move || {
        let height_px = curve.with(|curve| curve.as_ref().map(|curve| list::SWEEP.height_px(curve)));
        format!("{}px", height_px.unwrap_or_default())
    };
    view! {
        <section class="card chart" node_ref=room aria-label=list::SWEEP.label>
            <div class="row between sweep-axes">
                {move || choice("sweep-metric", "Latency", metrics.get().into_iter().map(|metric| (metric, metric.label())), axes.metric)}
                {choice("sweep-unit", "Throughput", UNITS.iter().copied().enumerate(), axes.unit)}
                <span class="row">{chart_buttons(state, "chart", Callback::new(file))}</span>
            </div>
            <div style:min-height=height_px>
                <Reading label=list::SWEEP.label chart=chart/>
            </div>
        </section>
    }
}

/// What the chart shows of a sweep.
fn curve(swept: &Swept, axes: Axes) -> SweepCurve {
    let (metric, unit) = (axes.metric.get(), axes.unit.get());
    let point = |point: &Point| {
        let figures = &point.figures;
        let throughput = if unit == 0 { figures.output_throughput } else { figures.request_throughput };
        let [median_ms, p99_ms] = point.latency_ms(metric);
        Some(SweepPoint { label: point.value.clone(), throughput: throughput?, median_ms: median_ms?, p99_ms: p99_ms? })
    };
    SweepCurve {
        latency: metric.label().to_owned(),
        unit: UNITS.get(unit).copied().unwrap_or_default().to_lowercase(),
        points: swept.points.iter().filter_map(point).collect(),
        limit_ms: swept.limit_ms(metric),
    }
}

/// One of a few values, by their words.
fn choice<T: Copy + PartialEq + Send + Sync + 'static>(
    name: &'static str,
    label: &'static str,
    values: impl Iterator<Item = (T, &'static str)>,
    chosen: RwSignal<T>,
) -> AnyView {
    let option =
        |(value, word)| segment(name, (word, word), move || chosen.get() == value, || false, move || chosen.set(value));
    let options = values.map(option).collect_view();
    view! { <div class="segments" role="radiogroup" aria-label=label>{options}</div> }.into_any()
}

fn table(state: AppState, swept: &Swept, metric: Metric) -> AnyView {
    let steps = state.swept.with_untracked(|all| all.iter().map(|one| one.shown.clock_step_ms()).fold(0.0, f64::max));
    let has_slo = !swept.limits.is_empty();
    let name = metric.label();
    let mut heads: Vec<String> =
        ["Succeeded", "Requests/s", "Output tokens/s"].map(str::to_owned).into_iter().collect();
    heads.extend([format!("p50 {name}"), format!("p99 {name}")]);
    heads.extend(has_slo.then(|| "Within limits".to_owned()));
    let heads = heads.into_iter().map(|head| view! { <th scope="col">{head}</th> }).collect_view();
    let are_there = state.shared_sweep.with_untracked(Option::is_none);
    let rows = swept.points.iter().enumerate().map(|(place, point)| {
        let cells = cells(point, metric, steps, has_slo).into_iter().map(|cell| view! { <td>{cell}</td> });
        let marks = marks(point).into_iter().map(|(class, word)| view! { <span class=class>{word}</span> });
        let (value, manner) = (swept.key.amount(&point.value), swept.key.manner(&point.value));
        let name = if are_there { open_button(state, place, value, &manner) } else { value.into_any() };
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td><span class="marks">{marks.collect_view()}</span></td>
                {cells.collect_view()}
            </tr>
        }
    });
    let table = view! {
        <table class="sweep-runs">
            <caption>"Runs"</caption>
            <thead>
                <tr>
                    <th scope="col">{capitalised(swept.key.label())}</th>
                    <th scope="col">"Judged"</th>
                    {heads}
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    };
    table_scroll("table-scroll", "Runs of the sweep", table.into_any())
}

/// The value of a run, which opens it.
fn open_button(state: AppState, place: usize, value: String, manner: &str) -> AnyView {
    view! {
        <button
            type="button"
            class="link-button"
            aria-label=format!("{value}: open the run {manner}")
            disabled=move || state.is_busy()
            on:click=move |_| state.open_of_sweep(place)
        >
            {value.clone()}
        </button>
    }
    .into_any()
}

fn cells(point: &Point, metric: Metric, step_ms: f64, has_slo: bool) -> Vec<String> {
    let figures = &point.figures;
    let rate = |value: Option<f64>| value.map_or_else(|| MISSING.into(), |value| digits(value, 3));
    let time = |value: Option<f64>| value.map_or_else(|| MISSING.into(), |value| duration_at_step(value, step_ms));
    let done = format!("{} of {}", count(figures.completed.unwrap_or_default()), count(point.requests));
    let mut cells = vec![done, rate(figures.request_throughput), rate(figures.output_throughput)];
    cells.extend(point.latency_ms(metric).map(time));
    let share = |share: f64| format!("{} %", digits((share * 1000.0).floor() / 10.0, 3));
    cells.extend(has_slo.then(|| point.good_share.map_or_else(|| MISSING.into(), share)));
    cells
}

/// What is to be known of a run: whether it meets the SLO, is partial, or its client is in doubt.
fn marks(point: &Point) -> Vec<(&'static str, &'static str)> {
    const GOOD: &str = "mark-chip mark-good";
    const MARGINAL: &str = "mark-chip mark-marginal";
    const BAD: &str = "mark-chip mark-bad";
    let slo = point.meets.map(|meets| if meets { (GOOD, "Meets the SLO") } else { (BAD, "Misses the SLO") });
    let partial = point.partial.then_some((MARGINAL, "Partial"));
    let doubt = point.verdict.and_then(|level| match level {
        VerdictLevel::Trusted => None,
        VerdictLevel::Marginal => Some((MARGINAL, "Client marginal")),
        VerdictLevel::NotTrusted => Some((BAD, "Client not to be trusted")),
    });
    [slo, partial, doubt].into_iter().flatten().collect()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Above one run of a sweep: the way back to all.
#[component]
pub(in crate::page) fn SweepNote() -> impl IntoView {
    let state = app();
    let words = move || {
        state.run.with(|run| {
            let sweep = run.as_ref()?.result.own.as_ref()?.sweep.clone()?;
            Some(format!("Run {} of {} of a sweep, {}.", sweep.place, sweep.of, sweep.key.manner(&sweep.value)))
        })
    };
    view! {
        <Show when=move || state.swept.with(|swept| !swept.is_empty())>
            <p class="notice">
                <span>{words}</span>
                <button type="button" class="link-button" on:click=move |_| state.back_to_sweep()>
                    "Back to the sweep"
                </button>
            </p>
        </Show>
    }
}
