//! What stands where results will be, before there are any: what the figures mean, and where to go from here.

use leptos::prelude::*;

/// The empty state.
#[component]
pub(in crate::page) fn Welcome() -> impl IntoView {
    let meanings = [
        ("TTFT", "Time to first token", "How long until the answer begins."),
        ("ITL", "Inter-token latency", "The pauses between tokens, one by one."),
        ("TPOT", "Time per output token", "The pace of an answer after its first token."),
        ("E2EL", "End-to-end latency", "How long until the answer is complete."),
    ];
    view! {
        <section class="card welcome" aria-labelledby="welcome-title">
            <h2 id="welcome-title">"What is measured of every request"</h2>
            <div class="welcome-body">
                <Diagram/>
                <dl class="meanings">
                    {meanings
                        .map(|(short, long, meaning)| {
                            view! {
                                <div>
                                    <dt>
                                        {short} <span class="help">{long}</span>
                                    </dt>
                                    <dd>{meaning}</dd>
                                </div>
                            }
                        })
                        .collect_view()}
                </dl>
            </div>
            <ul class="welcome-steps">
                <li>
                    <strong>"To measure your own server"</strong>
                    " choose Your server, give its address and model, pick a ShareGPT file and a tokenizer.json, and press Run."
                </li>
                <li>
                    <strong>"To look at a result"</strong>
                    " drop its JSON anywhere on this page: this tool's, the Python client's, vLLM's, SGLang's, GuideLLM's, AIPerf's or genai-bench's. Drop several to compare them."
                </li>
                <li>
                    <strong>"To run it again"</strong>
                    " keep the address of this page: it carries every setting but the API key."
                </li>
            </ul>
        </section>
    }
}

/// One request as a line of time, with its four figures.
#[component]
fn Diagram() -> impl IntoView {
    const TOKENS: [f64; 7] = [150.0, 190.0, 226.0, 270.0, 306.0, 346.0, 388.0];
    let ticks = TOKENS.map(|x| view! { <line x1=x x2=x y1="74" y2="94" class="d-token"/> }).collect_view();
    let bracket = |from: f64, to: f64, y: f64, label: &'static str, class: &'static str| {
        let path = format!("M{from} {}V{y}H{to}V{}", y + 6.0, y + 6.0);
        view! {
            <path d=path class=class/>
            <text x=f64::midpoint(from, to) y=y - 6.0 text-anchor="middle" class="d-name">{label}</text>
        }
    };
    view! {
        <svg class="diagram" viewBox="0 0 420 160" role="img" aria-label="A request from its send over its first token to its last">
            <line x1="24" x2="396" y1="84" y2="84" class="d-line"/>
            <circle cx="24" cy="84" r="5" class="d-send"/>
            {ticks}
            {bracket(24.0, 150.0, 44.0, "TTFT", "d-bracket")}
            {bracket(190.0, 226.0, 44.0, "ITL", "d-bracket")}
            {bracket(270.0, 306.0, 44.0, "ITL", "d-bracket")}
            <path d="M24 112v6H388v-6" class="d-bracket"/>
            <text x="206" y="136" text-anchor="middle" class="d-name">"E2EL"</text>
            <text x="24" y="66" text-anchor="middle" class="d-note">"send"</text>
            <text x="150" y="66" text-anchor="middle" class="d-note">"first token"</text>
            <text x="388" y="66" text-anchor="middle" class="d-note">"last"</text>
        </svg>
    }
}
