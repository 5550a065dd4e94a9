//! Where the page's workers may connect: a run's to its target alone, by a Content-Security-Policy that lasts as long as
//! the run. What the browser refuses is found out from inside the run's own frame.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use e2e::driver::{Driven, Theme, drive};
use e2e::run::fragment;
use mock_server::{Config, Mock};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(90);

/// Starts a worker in the frame as the page starts its own, and has it ask each address; which of them answered.
const ASK_FROM_THE_FRAME: &str = r#"
    const [addresses, done] = arguments;
    const frame = document.querySelector("iframe").contentWindow;
    const source = `onmessage = async ({ data }) => postMessage(await Promise.all(data.map(
        (address) => fetch(address, { mode: "no-cors" }).then(() => true, () => false))))`;
    const worker = new frame.Worker(frame.URL.createObjectURL(new frame.Blob([source])));
    worker.onmessage = ({ data }) => { worker.terminate(); done(data); };
    worker.postMessage(addresses);
"#;

fn mock(host: Ipv4Addr) -> Mock {
    Mock::start(Config { host: IpAddr::V4(host), ttft_ms: 20.0, itl_ms: 40.0, ..Config::default() }).expect("a mock")
}

async fn reached_from_the_run(page: &Driven, addresses: &[&str]) -> Value {
    let answer = page.client.execute_async(ASK_FROM_THE_FRAME, vec![json!(addresses)]).await;
    answer.expect("an answer from the frame")
}

#[test]
fn a_run_reaches_its_target_and_nothing_else() {
    // Browsers differ in which addresses a policy can name, so one of the targets is not 127.0.0.1 where that can be had.
    let second = if cfg!(target_os = "linux") { Ipv4Addr::new(127, 0, 0, 2) } else { Ipv4Addr::LOCALHOST };
    let (first, second) = (mock(Ipv4Addr::LOCALHOST), mock(second));
    let settings = fragment(&first.base_url(), "num-prompts=4&request-rate=4&sharegpt-output-len=60");
    drive(&settings, (1280, 900), Theme::Light, async |page| {
        for (target, other) in [(&first, &second), (&second, &first)] {
            let (target, other) = (target.base_url(), other.base_url());
            page.fill("Base URL", &target).await;
            page.click("Run").await;
            page.wait_for_state(&["running"], LONG).await;
            let page_itself = format!("{}/index.html", page.origin);
            let reached = reached_from_the_run(page, &[&target, &other, &page_itself]).await;
            assert_eq!(reached, json!([true, false, false]), "a run against {target}");
            assert_eq!(page.wait_for_state(&["done", "failed"], LONG).await, "done", "{}", page.text().await);
            assert_eq!(page.script("return document.querySelectorAll('iframe').length").await, json!(0));
        }
        assert_eq!((first.generations().len(), second.generations().len()), (5, 5), "each run asked its own target");
    });
}
