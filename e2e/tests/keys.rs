//! An API key where others could read it on its way: the page says so, and nothing is sent before a person allows it.

use std::time::Duration;

use e2e::driver::{Driven, Theme, drive};
use e2e::run::fragment;
use fantoccini::Locator;

const LONG: Duration = Duration::from_secs(60);
/// A host that no name server knows, so that nothing leaves this machine whatever the page does.
const FAR: &str = "http://gpu.invalid:8000";
const WARNING: &str = "plain http";

async fn tick(page: &Driven) {
    let consent = page.client.find(Locator::Css(".consent input")).await.expect("the box to tick");
    consent.click().await.expect("a box that can be ticked");
}

#[test]
fn a_key_waits_for_a_word_before_it_goes_in_the_clear() {
    drive(&fragment(FAR, "num-prompts=2"), (1280, 900), Theme::Light, async |page| {
        assert!(!page.text().await.contains(WARNING), "without a key there is nothing to warn of");
        page.fill("API key", "sk-a-key").await;
        page.wait_for(&format!("document.body.innerText.includes({WARNING:?})")).await;
        page.click("Run").await;
        page.wait_for_state(&["failed"], LONG).await;
        assert!(page.text().await.contains("Not started"), "{}", page.text().await);
        page.click("List models").await;
        page.wait_for("document.querySelector('[aria-live] > .field-error')").await;
        // Once allowed, the run goes as far as it can.
        tick(page).await;
        page.click("Run").await;
        page.wait_for("document.body.innerText.includes('Nothing answers')").await;
        // The word is for these addresses alone.
        page.fill("Base URL", "http://other.invalid:8000").await;
        page.click("Run").await;
        page.wait_for("document.body.innerText.includes('Not started')").await;
        page.fill("Base URL", "http://localhost:65500").await;
        page.wait_for(&format!("!document.body.innerText.includes({WARNING:?})")).await;
    });
}

#[test]
fn a_link_that_runs_by_itself_takes_no_key_along() {
    let link = fragment(FAR, "num-prompts=2");
    drive(&link, (1280, 900), Theme::Light, async |page| {
        page.fill("API key", "sk-a-key").await;
        let token = page.site.token();
        page.script(&format!("location.hash = {:?}", format!("{link}&autorun&start-token={token}"))).await;
        page.wait_for_state(&["failed"], LONG).await;
        let text = page.text().await;
        assert!(text.contains("Not started") && text.contains(WARNING), "{text}");
    });
}
