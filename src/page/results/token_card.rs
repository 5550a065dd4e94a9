//! Whether token counts can be believed: the tokenizer's count, the server's usage and the chunks side by side, and what a
//! difference means. A wrong tokenizer is the commonest mistake.

use leptos::prelude::*;

use crate::format::{count, digits};
use crate::metrics::TokenTruth;
use crate::page::state::app;
use crate::settings::BackendKind;

/// The card; none for another tool's result, or where nothing completed.
#[component]
pub(in crate::page) fn TokenCard() -> impl IntoView {
    let state = app();
    move || {
        let own = state.run.get().and_then(|shown| shown.result.own.clone())?;
        let truth = &own.summary.tokens;
        (truth.chunks > 0).then(|| {
            let says = truth
                .says(own.settings.backend == BackendKind::OpenaiChat)
                .into_iter()
                .map(|(doubt, text)| view! { <p class=if doubt { "notice marginal" } else { "help" }>{text}</p> })
                .collect_view();
            view! {
                <section class="card tokens" aria-labelledby="tokens-title">
                    <h2 id="tokens-title">"Token counts"</h2>
                    <div class="table-scroll" tabindex="0" role="region" aria-labelledby="tokens-title">
                        <table class="figures">
                            <thead>
                                <tr>
                                    <th scope="col">"Of"</th>
                                    <th scope="col">"This tokenizer"</th>
                                    <th scope="col">"Server's usage"</th>
                                    <th scope="col">"Difference"</th>
                                    <th scope="col">"Requests apart"</th>
                                </tr>
                            </thead>
                            <tbody>
                                {rows(truth).map(|[name, cells @ ..]| {
                                    let cells = cells.map(|cell| view! { <td>{cell}</td> });
                                    view! {
                                        <tr>
                                            <th scope="row">{name}</th>
                                            {cells}
                                        </tr>
                                    }
                                })}
                            </tbody>
                        </table>
                    </div>
                    <p class="help">{chunks(truth)}</p>
                    {own.summary.streams.says().map(|text| view! { <p class="help">{text}</p> })}
                    {says}
                </section>
            }
        })
    }
}

/// Prompts and outputs: name, tokenizer's count, server's count, difference, requests that differ.
fn rows(truth: &TokenTruth) -> [[String; 5]; 2] {
    let row = |name: &str, client: u64, server: u64, differing: u32, compared: u32| {
        if compared == 0 {
            return [name.to_owned(), "–".into(), "–".into(), "–".into(), "–".into()];
        }
        let percent = 100.0 * (client as f64 - server as f64) / (server as f64).max(1.0);
        let sign = if percent > 0.0 { "+" } else { "" };
        let apart = format!("{} of {}", count(differing.into()), count(compared.into()));
        [name.to_owned(), count(client), count(server), format!("{sign}{} %", digits(percent, 2)), apart]
    };
    let TokenTruth { client_prompt_tokens, usage_prompt_tokens, prompts_differing, prompts_compared, .. } = *truth;
    [
        row("Prompt tokens", client_prompt_tokens, usage_prompt_tokens, prompts_differing, prompts_compared),
        row("Output tokens", truth.client_tokens, truth.usage_tokens, truth.differing, truth.compared),
    ]
}

fn chunks(truth: &TokenTruth) -> String {
    let chunks = count(truth.chunks);
    if truth.compared_chunks == 0 {
        return format!("The text came in {chunks} chunks.");
    }
    let each = truth.usage_tokens as f64 / truth.compared_chunks as f64;
    format!("The text came in {chunks} chunks, of {} tokens each on average by the server's count.", digits(each, 3))
}
