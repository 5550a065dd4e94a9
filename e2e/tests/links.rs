//! Links to the page on other websites, and frames around it: what the page's server and the browser make of them together.

use axum::Router;
use axum::response::Html;
use e2e::driver::{Driven, Place, Theme, drive};
use fantoccini::Locator;
use xtask::static_server::Serving;

const WINDOW: (u32, u32) = (1000, 800);
const FRAGMENT: &str = "num-prompts=7&seed=42";

/// A website of one page, of this host name and on a port of its own; it ends with its server.
fn website(host: &str, html: String) -> (Serving, String) {
    let router = Router::new().fallback(move || async move { Html(html) });
    let server = Serving::start(router, 0).expect("a website on a free port");
    let url = format!("http://{host}:{}/", server.port());
    (server, url)
}

async fn follow_the_link(page: &Driven, website: &str) {
    page.client.goto(website).await.expect("the website opens");
    let link = page.client.find(Locator::Css("a")).await.expect("a link");
    link.click().await.expect("a link to click");
}

#[test]
fn a_link_of_another_site_opens_the_page_after_a_question_and_keeps_its_settings() {
    let place = Place::new(&[]);
    let link = format!("<a href=\"{}&autorun\">A benchmark</a>", place.url(FRAGMENT));
    // 127.0.0.1 and localhost are two sites.
    let (_server, website) = website("127.0.0.1", link);
    place.drive("", WINDOW, Theme::Light, async |page| {
        follow_the_link(page, &website).await;
        page.wait_for("document.title === 'Open Streamgauge?'").await;
        assert!(page.text().await.contains("Another website opened this page"));
        page.click("Open Streamgauge").await;
        page.wait_for("document.querySelector('main button#run')").await;
        let address = page.script("return location.href").await;
        assert!(address.as_str().is_some_and(|address| address.starts_with(&place.url(FRAGMENT))), "{address}");
        for (label, value) in [("Number of prompts", "7"), ("Seed", "42")] {
            let field = page.field(label).await;
            assert_eq!(field.prop("value").await.expect("a value").as_deref(), Some(value), "{label}");
        }
    });
}

#[test]
fn a_link_of_this_machine_opens_the_page_at_once() {
    let place = Place::new(&[]);
    let (_server, website) = website("localhost", format!("<a href=\"{}\">A benchmark</a>", place.url(FRAGMENT)));
    place.drive("", WINDOW, Theme::Light, async |page| {
        follow_the_link(page, &website).await;
        page.wait_for("document.title !== '' && document.querySelector('main button#run')").await;
        let address = page.script("return location.href").await;
        assert!(address.as_str().is_some_and(|address| address.starts_with(&place.url(FRAGMENT))), "{address}");
    });
}

#[test]
fn no_other_page_has_it_in_a_frame() {
    drive("", WINDOW, Theme::Light, async |page| {
        let (_plain, plain) = website("localhost", "<p>A page that may be in a frame</p>".into());
        for (framed, shown) in [(&plain, true), (&page.origin, false)] {
            let frame = format!("<iframe src=\"{framed}\" onload=\"this.dataset.loaded = true\"></iframe>");
            let (_server, website) = website("localhost", frame);
            page.client.goto(&website).await.expect("the website opens");
            page.wait_for("document.querySelector('iframe').dataset.loaded").await;
            page.client.enter_frame(0).await.expect("a frame");
            // That of an error page, where the browser refused.
            let address = page.script("return location.href").await;
            assert_eq!(address.as_str().map(|address| address.starts_with(framed)), Some(shown), "{address}");
            page.client.enter_parent_frame().await.expect("the website");
        }
    });
}
