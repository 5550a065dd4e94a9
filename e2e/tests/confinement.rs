//! What the page's workers may reach: a run's reaches its target alone, by a Content-Security-Policy that lasts as long as
//! the run, and the simulated server's reaches the page's own origin. What the browser refuses is found out from inside
//! the run's own frame, and from a worker in the simulated server's scope.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use e2e::driver::{Driven, Place, Theme};
use e2e::run::{copy, dist, fragment};
use mock_server::{Config, Mock};
use serde_json::{Value, json};
use xtask::static_server::StaticServer;

const LONG: Duration = Duration::from_secs(90);

/// A worker that is told addresses and a script of the page's, and answers what it could do: fetch each address, itself and
/// from a nested worker that is a blob, one that is loaded by address, and one that is a `data:` address; and load the
/// script.
const PROBE: &str = r#"
    const answers = (addresses) => Promise.all(addresses.map(
        (address) => fetch(address, { mode: "no-cors" }).then(() => true, () => false)));
    const fetching = `onmessage = async ({ data }) => postMessage(await (${answers})(data))`;
    const nested = (script, addresses) => new Promise((resolve) => {
        try {
            const worker = new Worker(script);
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = () => resolve("refused");
            worker.postMessage(addresses);
        } catch { resolve("refused"); }
    });
    const loads = (load) => { try { load(); return true; } catch { return false; } };
    onmessage = async ({ data: [addresses, script] }) => postMessage({
        fetched: await answers(addresses),
        by_blob: await nested(URL.createObjectURL(new Blob([fetching])), addresses),
        by_address: await nested(script, addresses),
        by_data: await nested("data:text/javascript," + encodeURIComponent(fetching), addresses),
        imported: loads(() => importScripts(script)),
    });
"#;

/// Starts the probe in the frame as the page starts its own worker.
const ASK_FROM_THE_FRAME: &str = r#"
    const [probe, addresses, script, done] = arguments;
    const frame = document.querySelector("iframe").contentWindow;
    const worker = new frame.Worker(frame.URL.createObjectURL(new frame.Blob([probe])));
    worker.onmessage = ({ data }) => { worker.terminate(); done(data); };
    worker.postMessage([addresses, script]);
"#;

/// Starts the simulated server and a worker in its scope, which runs the probe.
const ASK_THE_SIMULATED: &str = r#"
    const [addresses, script, done] = arguments;
    const ask = async () => {
        const server = await navigator.serviceWorker.register("simulated-server.js", { scope: "simulated/" });
        while (server.active?.state !== "activated") await new Promise((wake) => setTimeout(wake, 50));
        const worker = new Worker("simulated/load-worker.js");
        worker.onmessage = ({ data }) => { worker.terminate(); done(data); };
        worker.onerror = ({ message }) => done(message);
        worker.postMessage([addresses, script]);
    };
    ask().catch((error) => done(`${error}`));
"#;

/// A script of the page's own; as a worker it would have no policy.
const SCRIPT: &str = "probe/fetching.js";
const FETCHING: &str = r#"onmessage = async ({ data }) => postMessage(await Promise.all(data.map(
    (address) => fetch(address, { mode: "no-cors" }).then(() => true, () => false))))"#;

fn scripts() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("fetching.js"), FETCHING).expect("a script");
    folder
}

fn mock(host: Ipv4Addr) -> Mock {
    Mock::start(Config { host: IpAddr::V4(host), ttft_ms: 20.0, itl_ms: 40.0, ..Config::default() }).expect("a mock")
}

async fn reached_from_the_run(page: &Driven, addresses: &[&str]) -> Value {
    let script = format!("{}/{SCRIPT}", page.origin);
    let answer =
        page.client.execute_async(ASK_FROM_THE_FRAME, vec![json!(PROBE), json!(addresses), json!(script)]).await;
    answer.expect("an answer from the frame")
}

/// What the probe says where only the first address is allowed, and nothing else.
fn confined(addresses: usize) -> Value {
    let fetched: Vec<bool> = (0..addresses).map(|place| place == 0).collect();
    json!({ "fetched": fetched, "by_blob": fetched, "by_address": "refused", "by_data": "refused", "imported": false })
}

#[test]
fn a_run_reaches_its_target_and_nothing_else() {
    // Browsers differ in which addresses a policy can name, so one of the targets is not 127.0.0.1 where that can be had.
    let second = if cfg!(target_os = "linux") { Ipv4Addr::new(127, 0, 0, 2) } else { Ipv4Addr::LOCALHOST };
    let (first, second) = (mock(Ipv4Addr::LOCALHOST), mock(second));
    let settings = fragment(&first.base_url(), "num-prompts=4&request-rate=4&sharegpt-output-len=60");
    let scripts = scripts();
    let place = Place::new(&[("probe", scripts.path().into())]);
    place.drive(&settings, (1280, 900), Theme::Light, async |page| {
        for (target, other) in [(&first, &second), (&second, &first)] {
            let (target, other) = (target.base_url(), other.base_url());
            page.fill("Base URL", &target).await;
            page.click("Run").await;
            page.wait_for_state(&["running"], LONG).await;
            let page_itself = format!("{}/index.html", page.origin);
            let reached = reached_from_the_run(page, &[&target, &other, &page_itself]).await;
            assert_eq!(reached, confined(3), "a run against {target}");
            assert_eq!(page.wait_for_state(&["done", "failed"], LONG).await, "done", "{}", page.text().await);
            assert_eq!(page.script("return document.querySelectorAll('iframe').length").await, json!(0));
        }
        assert_eq!((first.generations().len(), second.generations().len()), (5, 5), "each run asked its own target");
    });
}

#[test]
fn the_simulated_servers_worker_reaches_the_pages_origin_and_nothing_else() {
    let (other, site) = (mock(Ipv4Addr::LOCALHOST), tempfile::tempdir().expect("a folder for the site"));
    copy(&dist(), site.path());
    fs::create_dir(site.path().join("probe")).expect("a folder");
    fs::write(site.path().join(SCRIPT), FETCHING).expect("a script");
    // What such a worker does once it has the program's script.
    fs::write(site.path().join("start-load-worker.js"), PROBE).expect("a script");
    let place = Place::of(StaticServer::start(site.path(), 0).expect("a site on a free port"));
    place.drive("", (1280, 900), Theme::Light, async |page| {
        let addresses = json!([format!("{}/index.html", page.origin), other.base_url()]);
        let script = json!(format!("{}/{SCRIPT}", page.origin));
        let answer = page.client.execute_async(ASK_THE_SIMULATED, vec![addresses, script]).await;
        let refused = json!("refused");
        assert_eq!(
            answer.expect("an answer of the worker"),
            json!({ "fetched": [true, false], "by_blob": refused, "by_address": refused, "by_data": refused, "imported": true })
        );
    });
}
