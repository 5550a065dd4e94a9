//! How well sends keep a schedule: Poisson arrivals, held against the schedule by the client's own records and by the mock's
//! log of when requests arrived.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use mock_server::RequestLog;
use serde_json::Value;
use streamgauge::metrics::stats::percentile;

use crate::asyncio::{self, in_ms};
use crate::known_times::{measured, mock};
use crate::run::{random_fragment, run_site};

/// Requests a second, on average.
pub const RATE: f64 = 50.0;
/// Requests of a run.
pub const REQUESTS: usize = 300;
/// Tokens of an answer.
pub const TOKENS: u32 = 10;
const LIMIT: Duration = Duration::from_secs(180);

/// How late sends were, ms, in ascending order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Slip {
    /// By the client's own records: from the intended send to the call that sends.
    pub own_ms: Vec<f64>,
    /// By the server's log: arrivals less intended sends. The two clocks start at other times, so that the smallest
    /// difference counts as none.
    pub log_ms: Vec<f64>,
}

impl Slip {
    /// Of intended sends, sends and the log of arrivals, all in order; lists may be empty.
    pub fn of(intended_ms: &[f64], sent_ms: &[f64], log: &[RequestLog]) -> Self {
        let late = |seen: &mut dyn Iterator<Item = f64>| {
            let mut late: Vec<f64> = seen.zip(intended_ms).map(|(seen_ms, due_ms)| seen_ms - due_ms).collect();
            late.sort_unstable_by(f64::total_cmp);
            late
        };
        let own_ms = late(&mut sent_ms.iter().copied());
        let apart_ms = late(&mut log.iter().map(|request| request.arrival_ms));
        let log_ms = apart_ms.iter().map(|ms| ms - apart_ms[0]).collect();
        Self { own_ms, log_ms }
    }

    /// Whether it says of all requests how late they were, by records and log.
    pub fn is_whole(&self) -> bool {
        [self.own_ms.len(), self.log_ms.len()] == [REQUESTS; 2]
    }

    /// Adds another run.
    pub fn add(&mut self, other: &Self) {
        for (all, more) in [(&mut self.own_ms, &other.own_ms), (&mut self.log_ms, &other.log_ms)] {
            all.extend(more);
            all.sort_unstable_by(f64::total_cmp);
        }
    }

    /// p50 and p99 of the records, then of the log, ms.
    pub fn cells(&self) -> Vec<String> {
        let lists = [&self.own_ms, &self.log_ms];
        let cell = |list: &Vec<f64>, p: f64| {
            if list.is_empty() { "–".into() } else { format!("{:.2}", percentile(list, p)) }
        };
        lists.iter().flat_map(|list| [50.0, 99.0].map(|p| cell(list, p))).collect()
    }
}

/// The page's run: its slip, its result, and the log of the requests that were measured.
///
/// # Panics
/// When the page reports nothing.
pub fn page(dist: &Path) -> (Slip, Value, Vec<RequestLog>) {
    let mock = mock();
    let more = format!("num-prompts={REQUESTS}&request-rate={RATE}&seed=5&random-output-len={TOKENS}");
    let result = run_site(dist, &random_fragment(&mock.base_url(), &more), LIMIT);
    let log = measured(&mock);
    let log_ms = Slip::of(&intended_ms(&result), &[], &log).log_ms;
    let mut own_ms = in_ms(&result["queue_times"]);
    own_ms.sort_unstable_by(f64::total_cmp);
    (Slip { own_ms, log_ms }, result, log)
}

/// A result's schedule, ms from t0.
pub fn intended_ms(result: &Value) -> Vec<f64> {
    in_ms(&result["streamgauge"]["schedule"]["intended_s"])
}

/// How a Python client waits for its sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sleeps {
    /// From each send to the next, as the reference does, so that lateness adds up.
    FromSendToSend,
    /// To the times of the schedule, as vLLM's client does.
    ToTimes,
}

/// A Python client's run on this schedule.
///
/// # Errors
/// When it fails.
pub fn python(python: &Path, intended_ms: &[f64], sleeps: Sleeps) -> Result<Slip, String> {
    let mock = mock();
    let (name, list_s): (_, Vec<f64>) = match sleeps {
        Sleeps::FromSendToSend => ("waits", intended_ms.windows(2).map(|pair| (pair[1] - pair[0]) / 1000.0).collect()),
        Sleeps::ToTimes => ("times", intended_ms.iter().map(|ms| ms / 1000.0).collect()),
    };
    let list = serde_json::to_string(&list_s).map_err(|error| error.to_string())?;
    let count = intended_ms.len().to_string();
    let words = [count.clone(), count, TOKENS.to_string(), name.into(), list];
    let printed = asyncio::run(&mock.base_url(), python, &words)?;
    Ok(Slip::of(intended_ms, &in_ms(&printed["sends"]), &measured(&mock)))
}

/// What this machine does of itself: a thread that only sleeps to each of these times.
pub fn machine(intended_ms: &[f64]) -> Slip {
    let start = Instant::now();
    let woken_ms: Vec<f64> = intended_ms
        .iter()
        .map(|due_ms| {
            let due = Duration::from_secs_f64(due_ms.max(0.0) / 1000.0);
            thread::sleep(due.saturating_sub(start.elapsed()));
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    Slip::of(intended_ms, &woken_ms, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_clock_may_start_at_any_time() {
        let log = [1010.5, 1021.0, 1030.25].map(|arrival_ms| RequestLog { arrival_ms, ..RequestLog::default() });
        let slip = Slip::of(&[10.0, 20.0, 30.0], &[10.5, 20.0, 33.0], &log);
        assert_eq!(slip, Slip { own_ms: vec![0.0, 0.5, 3.0], log_ms: vec![0.0, 0.25, 0.75] });
        assert_eq!(slip.cells()[..2], ["0.50", "2.95"]);
        assert_eq!(machine(&[0.0, 2.0]).own_ms.len(), 2);
        assert_eq!(machine(&[]).cells(), ["–"; 4]);
    }
}
