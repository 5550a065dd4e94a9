//! The instrument's face: what Run will do, the buttons, and how the run stands.

use leptos::prelude::*;

use super::browser;
use super::describe;
use super::downloads::Downloads;
use super::form::field_id;
use super::format::{clock, count, digits, duration_ms, duration_s, plural};
use super::live::Live;
use super::plan_words;
use super::run::Shown;
use super::session::{Goal, Phase};
use super::state::{AppState, Calibrated, app};
use crate::protocol::{Stage, StageError};

/// The panel.
#[component]
pub(super) fn RunPanel() -> impl IntoView {
    let state = app();
    let busy = move || state.is_busy();
    let stoppable = move || state.phase.with(|phase| phase.is_busy() && *phase != Phase::Stopping);
    let ended = move || state.phase.with(|phase| matches!(phase, Phase::Done | Phase::Aborted));
    view! {
        <section class="panel" aria-labelledby="run-title" data-state=move || state.phase.with(Phase::word)>
            <div class="panel-head">
                <div class="panel-words" aria-live="polite">
                    <h2 id="run-title">{move || headline(state)}</h2>
                    <p class="panel-sentence">{move || sentence(state)}</p>
                </div>
                <div class="panel-buttons">
                    <button
                        type="button"
                        id="run"
                        class="button primary large"
                        disabled=busy
                        on:click=move |_| state.ask(asked_goal(state))
                    >
                        "Run"
                    </button>
                    <Show when=busy>
                        <button type="button" class="button large stop" disabled=move || !stoppable() on:click=move |_| state.stop()>
                            "Stop"
                        </button>
                    </Show>
                    <Show when=move || !busy() && !ended()>
                        <button type="button" class="button large" on:click=move |_| state.ask(Goal::Preview)>
                            "Preview workload"
                        </button>
                    </Show>
                    <Downloads/>
                </div>
            </div>
            <Problems/>
            <Gauge/>
        </section>
    }
}

/// What the Run button asks for: a link may have made it a dry run.
fn asked_goal(state: AppState) -> Goal {
    if state.link_ask.with_untracked(|ask| ask.dry_run) { Goal::DryRun } else { Goal::Run }
}

fn headline(state: AppState) -> String {
    if let Some(headline) = sweep_headline(state) {
        return headline;
    }
    let run = state.run.get();
    state.phase.with(|phase| match phase {
        Phase::Idle if state.is_simulated() => "Try it on the simulated server".into(),
        Phase::Idle => "Ready".into(),
        Phase::Prepared => "The workload is ready".into(),
        Phase::Preparing(_) => "Preparing".into(),
        Phase::Checking => "Checking server and browser".into(),
        Phase::Testing if is_measuring(state) => "Measuring this browser".into(),
        Phase::Testing => "Sending one test request".into(),
        Phase::Running => "Running".into(),
        Phase::Stopping => "Stopping".into(),
        Phase::Done => run.map_or_else(
            || "Dry run done".into(),
            |run| if run.partial.is_some() { format!("Partial. {}", done_words(&run)) } else { done_words(&run) },
        ),
        Phase::Failed(StageError { stage: Stage::Settings, .. }) => "Not started".into(),
        Phase::Failed(_) => "It did not work".into(),
        Phase::Aborted => run.map_or_else(
            || "Stopped before anything was measured".into(),
            |run| format!("Stopped. {}", done_words(&run)),
        ),
    })
}

/// Which run of a sweep is under way, or how many there were; none where no sweep is.
fn sweep_headline(state: AppState) -> Option<String> {
    if let Some(chain) = state.chain.get() {
        let stopping = state.phase.with(|phase| *phase == Phase::Stopping);
        let manner = state.place_in_sweep(&state.settings_to_run()).map(|place| place.key.manner(&place.value));
        let doing = if stopping { "Stopping. " } else { "" };
        return Some(format!("{doing}{}, {}", chain.words(), manner.unwrap_or_default()));
    }
    let swept = state.shows_sweep().then(|| state.swept_together()).flatten()?;
    let whole = swept.points.iter().filter(|point| !point.partial).count();
    state.phase.with(|phase| match phase {
        Phase::Done => Some(format!("Sweep: {} of {} runs", whole, swept.of)),
        Phase::Aborted => Some(format!("Stopped. {whole} of {} runs came to their end", swept.of)),
        _ => None,
    })
}

/// How much of a run a result holds.
fn share_done(shown: &Shown) -> f64 {
    let asked = shown.result.own.as_ref().and_then(|own| own.workload.requests).filter(|asked| *asked > 0);
    let measured = shown.result.requests.len() as f64;
    match (&shown.partial, asked) {
        (Some(_), Some(asked)) => (measured / f64::from(asked)).min(1.0),
        _ => 1.0,
    }
}

/// "59 of 60 requests succeeded", or whose file it is.
fn done_words(shown: &Shown) -> String {
    if let Some(file) = &shown.file {
        return format!("{} result from {file}", shown.result.tool.label());
    }
    let figures = &shown.result.figures;
    let good = figures.completed.unwrap_or_default();
    let (all, whose) = match shown.shared {
        Some(_) => (good + figures.failed.unwrap_or_default(), "Shared summary: "),
        None => (shown.result.requests.len() as u64, ""),
    };
    if good == all {
        format!("{whose}{} succeeded", plural(all, "request"))
    } else {
        format!("{whose}{} of {} succeeded", count(good), plural(all, "request"))
    }
}

fn sentence(state: AppState) -> String {
    let phase = state.phase.get();
    match &phase {
        Phase::Preparing(_) => state.step.with(|step| match step.fraction {
            Some(fraction) => format!("{} ({:.0} %)", step.text, fraction * 100.0),
            None => step.text.clone(),
        }),
        Phase::Checking | Phase::Testing if is_measuring(state) => {
            "For about two seconds it reads the simulated server, to tell what it adds itself.".into()
        }
        Phase::Checking => "The server gets one test request.".into(),
        Phase::Testing => "The run begins when it has succeeded.".into(),
        // The form is fixed meanwhile.
        Phase::Running | Phase::Stopping => {
            let advice = state.instrument.with(|instrument| instrument.plan.as_ref().and_then(plan_words::advice));
            format!("{} {}", intent(state), advice.unwrap_or_default())
        }
        Phase::Failed(StageError { stage: Stage::Settings, .. })
            if state.tried.get() && !state.problems().is_empty() =>
        {
            "This is wanted first:".into()
        }
        Phase::Failed(StageError { message, .. }) => message.clone(),
        Phase::Done | Phase::Aborted if state.shows_sweep() => if state.shared_sweep.with(Option::is_some) {
            "Its settings are in the form: Run makes it anew."
        } else {
            "Each run opens by its value in the table below. Download result takes all of them in one file."
        }
        .into(),
        Phase::Done | Phase::Aborted => {
            state.run.with(|run| run.as_ref().map_or_else(|| nothing_sent(&phase), |shown| done_sentence(shown)))
        }
        Phase::Idle | Phase::Prepared => {
            let expected = state.form.with(|form| describe::expected(&form.settings));
            let time = expected.map(|time| format!(" Sending takes about {time}.")).unwrap_or_default();
            let dry = state.link_ask.with(|ask| ask.dry_run);
            let dry = if dry { " The link asks for a dry run: nothing is sent." } else { "" };
            format!("{}{time}{dry}", intent(state))
        }
    }
}

/// Whether the browser is being measured, and not the server.
fn is_measuring(state: AppState) -> bool {
    state.instrument.with(|instrument| instrument.calibration == Calibrated::Measuring)
}

/// What there is to say of an end without a result.
fn nothing_sent(phase: &Phase) -> String {
    let dry = "Workload and schedule can be downloaded. Nothing was sent to a model server.";
    if *phase == Phase::Done { dry.into() } else { "Press Run to begin again.".into() }
}

fn done_sentence(shown: &Shown) -> String {
    if let (Some(why), None) = (&shown.partial, &shown.shared) {
        return format!("{why} What was measured before is below.");
    }
    let took =
        shown.result.figures.duration_s.map_or_else(String::new, |took_s| format!("In {}. ", duration_s(took_s)));
    if shown.shared.is_some() {
        return format!(
            "{took}Measured elsewhere, and opened from a link. Run measures anew, with the link's settings."
        );
    }
    let what = shown.result.own.as_ref().map(|own| describe::outcome(&own.settings, own.workload.requests));
    format!("{took}{}", what.unwrap_or_default())
}

/// What Run will do.
fn intent(state: AppState) -> String {
    let file = state.files.with(|files| files.dataset.as_ref().map(web_sys::File::name));
    state.form.with(|form| describe::intent(&form.settings, file.as_deref()))
}

/// What keeps the form from being run, each a way to its field.
#[component]
fn Problems() -> impl IntoView {
    let state = app();
    let shown = move || if state.tried.get() && !state.is_busy() { state.problems() } else { Vec::new() };
    move || {
        let problems = shown();
        (!problems.is_empty()).then(|| {
            let items = problems
                .into_iter()
                .map(|problem| {
                    let go = move |_| browser::focus(&field_id(problem.key));
                    view! {
                        <li>
                            <button type="button" class="link-button" on:click=go>
                                {problem.message}
                            </button>
                        </li>
                    }
                })
                .collect_view();
            view! {
                <div role="alert">
                    <ul class="problems">{items}</ul>
                </div>
            }
        })
    }
}

/// The staff gauge: how far the run is, and its counters. Its room is kept while nothing runs.
#[component]
fn Gauge() -> impl IntoView {
    let state = app();
    let share = move || {
        state.phase.with(|phase| match phase {
            Phase::Preparing(_) => state.step.with(|step| step.fraction.unwrap_or(0.0)),
            Phase::Running | Phase::Stopping => state.live.with(Live::share),
            Phase::Done => state.run.with(|run| run.as_ref().map_or(1.0, |shown| share_done(shown))),
            Phase::Aborted | Phase::Failed(_) => state.live.with(Live::share),
            Phase::Idle | Phase::Prepared | Phase::Checking | Phase::Testing => 0.0,
        })
    };
    let percent = move || (share() * 100.0).round().clamp(0.0, 100.0);
    let cell = move |label: &'static str, value: Signal<String>, class: &'static str| {
        view! {
            <div class=format!("counter {class}")>
                <dt>{label}</dt>
                <dd>{move || value.get()}</dd>
            </div>
        }
    };
    let number = move |of: fn(&Live) -> u32| Signal::derive(move || state.live.with(|live| count(u64::from(of(live)))));
    let failed = move || state.live.with(|live| live.progress.failed > 0);
    let span_s = move || state.workload.with(|workload| workload.as_ref().map_or(0.0, |w| w.summary.schedule_span_s));
    let elapsed = Signal::derive(move || state.live.with(|live| clock(live.progress.elapsed_ms / 1000.0)));
    let ttft =
        Signal::derive(move || state.live.with(|live| live.recent_ttft_ms().map_or_else(|| "–".into(), duration_ms)));
    let rate =
        Signal::derive(move || state.live.with(|live| live.rate().map_or_else(|| "–".into(), |rate| digits(rate, 3))));
    let end = Signal::derive(move || {
        state.live.with(|live| {
            live.expected_end_s(span_s()).map_or_else(|| "–".into(), |end_s| format!("≈ {}", clock(end_s)))
        })
    });
    view! {
        <div
            class="staff"
            class:busy=move || state.phase.with(|phase| matches!(phase, Phase::Preparing(_) | Phase::Checking | Phase::Testing))
            role="progressbar"
            aria-label="Requests that are over"
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || percent().to_string()
        >
            <div class="staff-water" style:width=move || format!("{}%", percent())></div>
        </div>
        <dl class="counters" class:over=move || !state.phase.with(Phase::is_sending) class:resting=move || !state.phase.with(Phase::is_sending) && state.live.with(|live| live.progress.total == 0)>
            {cell("Sent", number(|live| live.progress.sent), "")}
            {cell("In flight", number(|live| live.progress.in_flight), "")}
            {cell("Waiting", number(|live| live.progress.waiting), "")}
            {cell("Done", number(|live| live.progress.completed), "")}
            <div class="counter" class:bad=failed>
                <dt>"Failed"</dt>
                <dd>{move || number(|live| live.progress.failed).get()}</dd>
            </div>
            {cell("Elapsed", elapsed, "")}
            {cell("TTFT now", ttft, "now")}
            {cell("Tokens/s now", rate, "now")}
            {cell("Expected end", end, "now")}
        </dl>
    }
}
