//! What is known of connections and browser before a run: the lanes, the streams that fit and that are wanted, what to do
//! where they do not fit, and what the browser adds itself.

use leptos::prelude::*;

use crate::page::results::verdict::fact_list;
use crate::page::state::{Calibrated, Instrument, app};
use crate::view::plan_words;
use crate::view::session::Phase;

/// The card, with the button that fills it.
#[component]
pub(in crate::page) fn InstrumentCard() -> impl IntoView {
    let state = app();
    let ready = move || state.phase.with(|phase| *phase == Phase::Prepared);
    let label = move || if state.instrument.with(|known| known.plan.is_some()) { "Check again" } else { "Check now" };
    view! {
        <section class="card instrument" aria-labelledby="instrument-title">
            <h3 id="instrument-title">"Connections and browser"</h3>
            <div class="instrument-found" aria-live="polite">
                {move || state.instrument.with(found)}
            </div>
            <Show when=ready>
                <button type="button" class="button" on:click=move |_| state.check()>
                    {label}
                </button>
            </Show>
        </section>
    }
}

fn found(known: &Instrument) -> AnyView {
    let Some(plan) = &known.plan else {
        let asks = "A check sends the server one test request, finds out how many streams fit, and measures for about two \
                    seconds what this browser adds to the times. Run does the same before it begins.";
        return view! { <p class="help">{asks}</p> }.into_any();
    };
    let mut facts = plan_words::travel(plan);
    let note = match &known.calibration {
        Calibrated::Not => String::new(),
        Calibrated::Measuring => "Measuring what this browser adds …".into(),
        Calibrated::Found(calibration) => {
            facts.extend(plan_words::added(calibration));
            String::new()
        }
        Calibrated::Impossible(why) => format!("What this browser adds is not known. {why}"),
    };
    view! {
        {plan_words::advice(plan).map(|advice| view! { <p class="advice">{advice}</p> })}
        {fact_list(facts)}
        <p class="help">{note}</p>
    }
    .into_any()
}
