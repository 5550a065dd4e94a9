//! How exact the page is beside a Python asyncio client: both measure the mock server, whose log knows the truth, on one
//! machine and in turns.

use std::path::Path;
use std::time::Duration;

use mock_server::{Config, Mock, RequestLog};
use serde_json::Value;
use streamgauge::metrics::stats::{mean, percentile};

use crate::asyncio::{self, in_ms};
use crate::known_times::{self, ITL_MS, TTFT_MS};
use crate::run::run_counted;

/// Tokens of an answer.
pub const TOKENS: u32 = 100;
/// Requests of a run at least: with fewer streams, each is sent when one before it has ended.
pub const LEAST_REQUESTS: u32 = 12;
/// How long a run may take.
const LIMIT: Duration = Duration::from_secs(180);

/// Who measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The page in plain headless Chromium; the server lets the browser tell when requests left.
    Page,
    /// The page, and a server without `Timing-Allow-Origin`.
    PageUntold,
    /// The asyncio and aiohttp client.
    Python,
}

impl Who {
    /// All that are compared.
    pub const ALL: [Self; 3] = [Self::Page, Self::PageUntold, Self::Python];

    /// Its name in the table.
    pub fn label(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::PageUntold => "page, untold",
            Self::Python => "asyncio",
        }
    }
}

/// What one client reported of one or more runs, and what the log says of the same requests.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// Each request's time to first token, ms: reported.
    pub ttfts_ms: Vec<f64>,
    /// The same by the log, from arrival to the first chunk; in order of arrival.
    pub true_ttfts_ms: Vec<f64>,
    /// Gaps between tokens, ms: reported.
    pub itls_ms: Vec<f64>,
    /// The same by the log.
    pub true_itls_ms: Vec<f64>,
    /// Processor time of each run, s, where it is known.
    pub cpu_s: Vec<f64>,
    /// The page's verdict on each run.
    pub verdicts: Vec<String>,
}

impl Measured {
    /// Adds another run.
    pub fn add(&mut self, other: Self) {
        self.ttfts_ms.extend(other.ttfts_ms);
        self.true_ttfts_ms.extend(other.true_ttfts_ms);
        self.itls_ms.extend(other.itls_ms);
        self.true_itls_ms.extend(other.true_itls_ms);
        self.cpu_s.extend(other.cpu_s);
        self.verdicts.extend(other.verdicts);
    }

    /// What the reported mean TTFT has too much, ms: the client's own share, its way to the server included.
    pub fn ttft_error_ms(&self) -> f64 {
        mean(&self.ttfts_ms) - mean(&self.true_ttfts_ms)
    }
}

/// Requests of a run over so many streams.
fn requests(streams: u32) -> u32 {
    streams.max(LEAST_REQUESTS)
}

/// Measures requests sent at once, or with few streams as soon as one is free.
///
/// # Errors
/// When a client does not measure them all.
pub fn measure(who: Who, streams: u32, dist: &Path, python: &Path) -> Result<Measured, String> {
    let timing_allow_origin = who == Who::Page;
    let config = Config { ttft_ms: TTFT_MS, itl_ms: ITL_MS, timing_allow_origin, ..Config::default() };
    let mock = Mock::start(config).map_err(|error| error.to_string())?;
    let mut measured = match who {
        Who::Page | Who::PageUntold => page(&mock.base_url(), streams, dist),
        Who::Python => of_python(&asyncio::run(
            &mock.base_url(),
            python,
            &[requests(streams), streams, TOKENS].map(|n| n.to_string()),
        )?),
    };
    let log = known_times::measured(&mock);
    measured.true_ttfts_ms = log.iter().filter_map(RequestLog::ttft_ms).collect();
    measured.true_itls_ms = log.iter().flat_map(RequestLog::gaps_ms).collect();
    let counts = [measured.ttfts_ms.len(), measured.true_ttfts_ms.len()];
    let sent = requests(streams);
    if counts != [sent as usize; 2] {
        return Err(format!("the {} reports {} of {sent} requests, the log {}", who.label(), counts[0], counts[1]));
    }
    Ok(measured)
}

fn page(base_url: &str, streams: u32, dist: &Path) -> Measured {
    let fragment = format!(
        "backend=openai&base-url={base_url}&model=mock&dataset-name=random&random-input-len=32&random-output-len={TOKENS}\
         &tokenizer=demo/tokenizer/&num-prompts={}&max-concurrency={streams}&request-rate=inf",
        requests(streams)
    );
    let (result, cpu_s) = run_counted(dist, &fragment, LIMIT);
    let verdict = result["streamgauge"]["verdict"]["level"].as_str();
    Measured {
        ttfts_ms: in_ms(&result["ttfts"]),
        itls_ms: result["itls"].as_array().into_iter().flatten().flat_map(in_ms).collect(),
        cpu_s: cpu_s.into_iter().collect(),
        verdicts: verdict.map(|word| word.replace('_', " ")).into_iter().collect(),
        ..Measured::default()
    }
}

fn of_python(printed: &Value) -> Measured {
    Measured {
        ttfts_ms: in_ms(&printed["ttfts"]),
        itls_ms: in_ms(&printed["itls"]),
        cpu_s: printed["cpu_s"].as_f64().into_iter().collect(),
        ..Measured::default()
    }
}

/// The table, in Markdown: (streams, who, what) a row.
pub fn table(rows: &[(u32, Who, Measured)]) -> String {
    let mut text = String::from(
        "| streams | client | mean TTFT | log | error | p99 TTFT | log | mean ITL | log | p99 ITL | log | CPU s | verdict |\n\
         | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    for (streams, who, measured) in rows {
        let cells = cells(measured).join(" | ");
        text += &format!("| {streams} | {} | {cells} |\n", who.label());
    }
    text
}

fn cells(measured: &Measured) -> Vec<String> {
    let ms = |value: f64| format!("{value:.2}");
    let p99 = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        ms(percentile(&sorted, 99.0))
    };
    let [ttft, true_ttft, itl, true_itl] =
        [&measured.ttfts_ms, &measured.true_ttfts_ms, &measured.itls_ms, &measured.true_itls_ms];
    let mut cells = vec![ms(mean(ttft)), ms(mean(true_ttft)), format!("{:+.2}", measured.ttft_error_ms())];
    cells.extend([p99(ttft), p99(true_ttft), ms(mean(itl)), ms(mean(true_itl)), p99(itl), p99(true_itl)]);
    let cpu_s = if measured.cpu_s.is_empty() { "–".to_owned() } else { ms(mean(&measured.cpu_s)) };
    let mut verdicts = measured.verdicts.clone();
    verdicts.sort_unstable();
    verdicts.dedup();
    cells.extend([cpu_s, if verdicts.is_empty() { "–".to_owned() } else { verdicts.join(", ") }]);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_add_up_to_a_row() {
        let run = |ttft_ms: f64, verdict: &str| Measured {
            ttfts_ms: vec![ttft_ms],
            true_ttfts_ms: vec![50.0],
            itls_ms: vec![10.0, 12.0],
            true_itls_ms: vec![10.0, 10.0],
            cpu_s: vec![1.5],
            verdicts: vec![verdict.into()],
        };
        let mut both = run(51.0, "trusted");
        both.add(run(54.0, "marginal"));
        let text = table(&[(6, Who::Page, both), (6, Who::Python, Measured::default())]);
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            rows[0],
            "| 6 | page | 52.50 | 50.00 | +2.50 | 53.97 | 50.00 | 11.00 | 10.00 | 12.00 | 10.00 | 1.50 | marginal, trusted |"
        );
        assert!(rows[1].ends_with("| – | – |"), "{text}");
    }
}
