//! The page and a server behind Caddy, as deploy/ says: one address, HTTP/2, and every token at once.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use e2e::driver::free_port;
use e2e::run::{dist, number, random_fragment, summary, wait_for_report};
use mock_server::{Config, Mock, RequestLog};
use serde_json::Value;
use streamgauge::metrics::stats::median;
use xtask::browser::Headless;
use xtask::caddy;
use xtask::static_server::StaticServer;

/// Caddy with the project's own Caddyfile, and beside it an address that takes the page's report.
struct Caddy {
    child: Child,
    origin: String,
    report_to: String,
    _folder: tempfile::TempDir,
}

impl Caddy {
    fn start(upstream: &str, reports: &StaticServer) -> Self {
        let folder = tempfile::tempdir().expect("a folder for certificates");
        let (port, report_port) = (free_port(), free_port());
        let deployed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/Caddyfile");
        let config = folder.path().join("Caddyfile");
        let text = format!(
            "import {}\n\
             https://localhost:{report_port} {{\n\
             \theader Access-Control-Allow-Origin *\n\
             \theader Access-Control-Allow-Headers *\n\
             \theader Access-Control-Allow-Methods PUT\n\
             \t@preflight method OPTIONS\n\
             \trespond @preflight 204\n\
             \treverse_proxy localhost:{}\n}}\n",
            deployed.display(),
            reports.port()
        );
        fs::write(&config, text).expect("a configuration to write");
        let child = Command::new(caddy::ensure().expect("Caddy"))
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(&config)
            .envs([("ADMIN", "off"), ("ADDRESS", &format!("localhost:{port}")), ("UPSTREAM", upstream)])
            .env("SITE", dist())
            .envs(["XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| (name, folder.path())))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("caddy.log")).expect("a log"))
            .spawn()
            .expect("Caddy starts");
        let origin = format!("https://localhost:{port}");
        let report_to = format!("https://localhost:{report_port}/report/outcome");
        let caddy = Self { child, origin, report_to, _folder: folder };
        caddy.wait_until_it_listens(&[port, report_port]);
        caddy
    }

    fn wait_until_it_listens(&self, ports: &[u16]) {
        let deadline = Instant::now() + Duration::from_secs(30);
        for port in ports {
            while std::net::TcpStream::connect(("localhost", *port)).is_err() {
                let said = || fs::read_to_string(self._folder.path().join("caddy.log")).unwrap_or_default();
                assert!(Instant::now() < deadline, "Caddy does not listen: {}", said());
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_hundred_streams_are_in_flight_at_once_over_http2() {
    let mock = Mock::start(Config { ttft_ms: 50.0, itl_ms: 20.0, ..Config::default() }).expect("a mock");
    let reports = StaticServer::start(&dist(), 0).expect("a site on a free port");
    let caddy = Caddy::start(mock.base_url().trim_start_matches("http://"), &reports);
    let server = format!("{}/server", caddy.origin);
    let run = random_fragment(&server, "num-prompts=150&request-rate=inf&random-output-len=100&calibrate=false");
    let url = format!("{}/#{run}&autorun&report-to={}", caddy.origin, caddy.report_to);
    // Caddy signs its certificates itself, and nobody has told this browser to trust them.
    let browser = Headless::start_with(&url, &["--ignore-certificate-errors"]).expect("a browser");
    let (body, _browser) = wait_for_report(&reports, browser, Duration::from_secs(180));
    let result: Value = serde_json::from_slice(&body).expect("an outcome in JSON");

    assert_eq!(number(&result, "completed"), 150.0, "{}", summary(&result));
    assert_eq!(mock.max_in_flight(), 100, "what the plan gives one HTTP/2 address");
    let own = &result["streamgauge"];
    // The browser may tell of the last requests too late.
    let protocols = own["connections"]["protocols"].as_object().expect("protocols");
    assert!(protocols.len() == 1 && protocols["h2"].as_u64() > Some(100), "{protocols:?}");
    assert_eq!(own["connections"]["lanes"], 1);
    assert_eq!(own["client"]["cross_origin_isolated"], true);
    // A proxy that held tokens back would send them in lumps: most gaps would be 0.
    let gaps_ms = own["figures"]["itl_unknown_gaps"].as_f64().expect("a number") / (150.0 * 99.0);
    let true_itl_ms = median(&sorted(mock.generations().iter().flat_map(RequestLog::gaps_ms).collect()));
    println!(
        "share of gaps in one read {gaps_ms:.3}; median ITL {} ms, the log's {true_itl_ms:.2}",
        result["median_itl_ms"]
    );
    assert!(gaps_ms < 0.5, "{gaps_ms} of the gaps lie inside one read");
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}
