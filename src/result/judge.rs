//! Judges from a run's own records how far its client can be trusted: each check compares one number with two bounds, and
//! says it in a sentence.

use super::WorkloadFacts;
use super::bounds::{
    ACHIEVED_RATE, ADDED_TTFT, BROWSER_QUEUE, BURST, BURST_SHARES, Bounds, CLOCK_STEP, COMPLETED, DELAY_P50, DELAY_P99,
    DELIVERY, EVENT_RATE, FAILED, FROZEN, HIDDEN, ITL_OFF, LAG, LIMIT_WAIT, REPEATED, SAME_READ, STREAM_WAIT, TOKENS,
};
use super::verdict::{Reason, Verdict, VerdictLevel};
use crate::metrics::Summary;
use crate::metrics::stats::{mean, percentile, sorted};
use crate::record::client::Calibration;
use crate::record::client::{ClientReport, Visibility};
use crate::record::{EventKind, Record, Taint};
use crate::settings::Settings;

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What was asked for.
    pub settings: &'a Settings,
    /// What the worker measured of itself.
    pub client: &'a ClientReport,
    /// What it was found to add before the run.
    pub calibration: Option<&'a Calibration>,
    /// The workload.
    pub workload: &'a WorkloadFacts,
    /// Every record, in the workload's order.
    pub records: &'a [Record],
    /// The figures made from them.
    pub summary: &'a Summary,
}

/// The verdict on a run: the gravest level of all checks, and what each found, the gravest first.
pub fn judge(evidence: &Evidence<'_>) -> Verdict {
    let checks: [fn(&Evidence<'_>) -> Option<Reason>; 19] = [
        browser_queue,
        frozen,
        own_queue,
        achieved_rate,
        delay_p50,
        delay_p99,
        lag,
        delivery,
        added_ttft,
        burst,
        itl_off,
        event_rate,
        same_read,
        clock_step,
        failures,
        tokens,
        repeated_prompts,
        completed,
        hidden,
    ];
    let mut reasons: Vec<Reason> = checks.iter().filter_map(|check| check(evidence)).collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.level));
    let level = reasons.first().map_or(VerdictLevel::Trusted, |reason| reason.level);
    Verdict { level, reasons }
}

impl Evidence<'_> {
    fn sent(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| record.sent_ms.is_some())
    }

    /// How many of the sent requests have this taint: (those, all sent).
    fn tainted(&self, taint: Taint) -> (usize, usize) {
        (self.sent().filter(|record| record.taints.contains(&taint)).count(), self.sent().count())
    }

    /// Requests that may be in flight at once, and whether the person set that.
    fn limit(&self) -> Option<(u32, bool)> {
        let fit = Some(self.client.streams_that_fit).filter(|fit| *fit > 0);
        match (fit, self.settings.max_concurrency) {
            (Some(fit), Some(asked)) if asked > fit => Some((fit, false)),
            (_, Some(asked)) => Some((asked, true)),
            (Some(fit), None) => Some((fit, false)),
            (None, None) => None,
        }
    }

    /// Of each record, whether the connections were full when it came due. Requests go in order, so that the ones before
    /// it that had not ended then were in flight, or waited too.
    fn waited(&self) -> Vec<bool> {
        let Some((limit, _)) = self.limit() else { return vec![false; self.records.len()] };
        let ends = sorted(self.records.iter().filter_map(|record| record.end_ms).collect());
        let ended_by = |at_ms: f64| ends.partition_point(|end_ms| *end_ms <= at_ms);
        let full =
            |before: usize, record: &Record| before.saturating_sub(ended_by(record.intended_ms)) >= limit as usize;
        self.records.iter().enumerate().map(|(i, record)| record.sent_ms.is_some() && full(i, record)).collect()
    }

    /// Lateness of the sends that waited for no stream, sorted, ms. A load that is to go all at once has no schedule to
    /// be late against.
    fn delays_ms(&self) -> Vec<f64> {
        if !self.settings.request_rate.is_finite() {
            return Vec::new();
        }
        let waited = self.waited();
        let delay = |(record, waited): (&Record, bool)| Some(record.sent_ms? - record.intended_ms).filter(|_| !waited);
        sorted(self.records.iter().zip(waited).filter_map(delay).collect())
    }

    fn median_itl_ms(&self) -> f64 {
        self.summary.itl.median_ms
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// "3 of 500 requests", "None of 500 requests".
fn of(part: usize, whole: usize) -> String {
    let part = if part == 0 { "None".to_owned() } else { part.to_string() };
    format!("{part} of {whole} requests")
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// What a wait before the send does to the figures.
const WAIT_EFFECT: &str = "TTFT from the send leaves the wait out, TTFT from the intended send has it";

fn browser_queue(run: &Evidence<'_>) -> Option<Reason> {
    if !run.sent().any(|record| record.told_left_ms().is_some()) {
        return None;
    }
    let (held, sent) = run.tainted(Taint::BrowserQueue);
    let blame = if held > 0 { format!(": {WAIT_EFFECT}") } else { String::new() };
    let text = format!("{} waited in the browser for a connection{blame}.", of(held, sent));
    BROWSER_QUEUE.reason(share(held, sent), text)
}

fn own_queue(run: &Evidence<'_>) -> Option<Reason> {
    let (limit, asked_for) = run.limit()?;
    let (waited, sent) = (run.waited().into_iter().filter(|waited| *waited).count(), run.sent().count());
    let those = of(waited, sent);
    let (bounds, text) = match (asked_for, waited) {
        (true, 0) => (LIMIT_WAIT, format!("{those} waited for max-concurrency {limit}.")),
        (true, _) => (LIMIT_WAIT, format!("{those} waited, as max-concurrency {limit} asks: {WAIT_EFFECT}.")),
        (false, 0) => (STREAM_WAIT, format!("{those} waited for a free stream; {limit} fit at once.")),
        (false, _) => (
            STREAM_WAIT,
            format!(
                "{those} waited here for a free stream, for the browser carries {limit} at once to this server: {WAIT_EFFECT}, \
                 and the server never saw more than {limit} at a time."
            ),
        ),
    };
    bounds.reason(share(waited, sent), text)
}

fn achieved_rate(run: &Evidence<'_>) -> Option<Reason> {
    let (first, last) = (run.sent().next()?, run.sent().last()?);
    let scheduled_ms = last.intended_ms - first.intended_ms;
    let took_ms = last.sent_ms? - first.sent_ms?;
    if scheduled_ms <= 0.0 || took_ms <= 0.0 {
        return None;
    }
    let gaps = (run.sent().count() - 1) as f64 * 1000.0;
    let rates =
        format!("Requests left at {:.2} a second, of {:.2} that the schedule has", gaps / took_ms, gaps / scheduled_ms);
    let value = scheduled_ms / took_ms;
    match (ACHIEVED_RATE.level(value), run.limit()) {
        (VerdictLevel::Trusted, _) => ACHIEVED_RATE.reason(value, format!("{rates}.")),
        (_, Some((limit, true))) => {
            let reason = ACHIEVED_RATE.reason(value, format!("{rates}, as max-concurrency {limit} asks."))?;
            Some(Reason { level: VerdictLevel::Trusted, ..reason })
        }
        _ => ACHIEVED_RATE.reason(value, format!("{rates}: the server was not loaded as asked.")),
    }
}

fn delay_p50(run: &Evidence<'_>) -> Option<Reason> {
    delay(run, DELAY_P50, 50.0, "Half of the requests")
}

fn delay_p99(run: &Evidence<'_>) -> Option<Reason> {
    delay(run, DELAY_P99, 99.0, "One request in a hundred")
}

fn delay(run: &Evidence<'_>, bounds: Bounds, rank: f64, who: &str) -> Option<Reason> {
    let delays_ms = run.delays_ms();
    if delays_ms.is_empty() {
        return None;
    }
    let value = percentile(&delays_ms, rank);
    bounds.reason(value, format!("{who} left {value:.1} ms or more after the time that the schedule gave it."))
}

fn lag(run: &Evidence<'_>) -> Option<Reason> {
    let (_, p99_ms, max_ms) = run.client.event_loop_lag_ms;
    let itl_ms = run.median_itl_ms();
    let bounds = LAG.beside(itl_ms);
    let beside = if bounds.level(p99_ms) > VerdictLevel::Trusted {
        format!(", beside a median ITL of {itl_ms:.1} ms: the times of tokens are blurred by as much")
    } else {
        String::new()
    };
    let text = format!("The worker's event loop was late by {p99_ms:.1} ms at p99 and {max_ms:.1} ms at most{beside}.");
    bounds.reason(p99_ms, text)
}

fn delivery(run: &Evidence<'_>) -> Option<Reason> {
    let delay = |record: &Record| Some(record.headers_ms? - record.network.as_ref()?.response_start_ms?);
    let delays_ms: Vec<f64> = run.records.iter().filter_map(delay).collect();
    if delays_ms.is_empty() {
        return None;
    }
    let value = mean(&delays_ms);
    let text = format!("A response that had reached the browser took {value:.1} ms on average to reach the worker.");
    DELIVERY.beside(run.summary.ttft.median_ms).reason(value, text)
}

/// "With 100 streams at once", and, where the run had many more, that it did.
fn calibrated_with(run: &Evidence<'_>, calibration: &Calibration) -> String {
    let (streams, had) = (calibration.streams, run.summary.max_concurrent_requests);
    let more = if had > streams.saturating_mul(3) / 2 { format!(" (the run had up to {had})") } else { String::new() };
    let plural = if streams == 1 { "" } else { "s" };
    format!("Measured before the run, with {streams} stream{plural} at once{more}")
}

fn added_ttft(run: &Evidence<'_>) -> Option<Reason> {
    let calibration = run.calibration.filter(|_| run.summary.ttft.count > 0)?;
    let (value, p99_ms, ttft_ms) =
        (calibration.ttft_added_p50_ms, calibration.ttft_added_p99_ms, run.summary.ttft.median_ms);
    let bounds = ADDED_TTFT.beside(ttft_ms);
    let beside = match bounds.level(value) {
        VerdictLevel::Trusted => String::new(),
        _ => format!(", beside a median TTFT of {ttft_ms:.1} ms: that part of it is the browser's, not the server's"),
    };
    let with = calibrated_with(run, calibration);
    bounds.reason(
        value,
        format!("{with}, the browser adds {value:.1} ms to TTFT (median; {p99_ms:.1} ms at p99){beside}."),
    )
}

/// How many of the completed requests may not tell when they left before a burst's cost counts as in the figures.
const UNTOLD_SHARE: f64 = 0.01;

/// Where the browser tells of each request when it left, what a burst costs before that is in no figure.
fn burst(run: &Evidence<'_>) -> Option<Reason> {
    let completed = || run.sent().filter(|record| record.succeeded());
    let untold = completed().filter(|record| record.told_left_ms().is_none()).count();
    if share(untold, completed().count()) <= UNTOLD_SHARE {
        return None;
    }
    let value = run.client.burst_delay_ms?;
    let ttft_ms = run.summary.ttft.median_ms;
    let bounds = BURST.wider(BURST_SHARES, ttft_ms);
    let beside = match bounds.level(value) {
        VerdictLevel::Trusted => String::new(),
        _ => format!(", beside a median TTFT of {ttft_ms:.1} ms: up to as much of it is not the model's work"),
    };
    let apart = match run.client.send_gap_ms {
        Some(gap_ms) if gap_ms > 0.0 => format!(" of one in {gap_ms:.2} ms"),
        _ => String::new(),
    };
    let text = format!(
        "Rehearsed as a burst{apart}, a request that asks for nothing took {value:.1} ms longer than alone (median), in the browser, \
         the network and the server's front together{beside}."
    );
    bounds.reason(value, text)
}

fn itl_off(run: &Evidence<'_>) -> Option<Reason> {
    let calibration = run.calibration.filter(|_| run.summary.itl.count > 0)?;
    let (value, p50_ms) = (calibration.itl_off_p99_ms, calibration.itl_off_p50_ms);
    let with = calibrated_with(run, calibration);
    let text =
        format!("{with}, the browser moves a gap between tokens by {value:.1} ms at p99 ({p50_ms:.1} ms median).");
    ITL_OFF.beside(run.median_itl_ms()).reason(value, text)
}

fn event_rate(run: &Evidence<'_>) -> Option<Reason> {
    let sustained = run.calibration.map(|calibration| calibration.sustained_events_per_s).filter(|rate| *rate > 0.0)?;
    let most = fullest_second(run.records);
    let value = most as f64 / sustained;
    let text = format!(
        "The fullest second brought {most} events, {} of the {sustained:.0} a second that this browser was found to read.",
        percent(value)
    );
    EVENT_RATE.reason(value, text)
}

/// Events with text in the second that had the most.
fn fullest_second(records: &[Record]) -> usize {
    let is_text = |kind| matches!(kind, EventKind::Text | EventKind::Reasoning);
    let events = records.iter().flat_map(|record| &record.reply.events).filter(|event| is_text(event.kind));
    let times_ms = sorted(events.map(|event| event.at_ms).collect());
    let mut first = 0;
    let within = times_ms.iter().enumerate().map(|(last, at_ms)| {
        first += times_ms[first..].iter().take_while(|from_ms| *from_ms + 1000.0 <= *at_ms).count();
        last + 1 - first
    });
    within.max().unwrap_or(0)
}

fn same_read(run: &Evidence<'_>) -> Option<Reason> {
    let gaps = run.summary.itl.count;
    if gaps == 0 {
        return None;
    }
    let value = run.summary.itl_unknown_gaps as f64 / f64::from(gaps);
    let text = format!(
        "{} of the gaps between tokens lie inside one read: the time between those tokens is unknown, and counts as 0.",
        percent(value)
    );
    SAME_READ.reason(value, text)
}

fn clock_step(run: &Evidence<'_>) -> Option<Reason> {
    let (step_ms, itl_ms) = (run.client.clock_step_ms, run.median_itl_ms());
    if step_ms <= 0.0 || itl_ms <= 0.0 {
        return None;
    }
    let value = step_ms / itl_ms;
    let text = format!("The browser's clock goes in steps of {step_ms:.3} ms, {} of the median ITL.", percent(value));
    CLOCK_STEP.reason(value, text)
}

fn frozen(run: &Evidence<'_>) -> Option<Reason> {
    let (hit, sent) = run.tainted(Taint::Frozen);
    let frozen = run.client.visibility.iter().filter(|(_, _, which)| *which == Visibility::Frozen);
    let stood_s = frozen.map(|(from_ms, to_ms, _)| to_ms - from_ms).sum::<f64>() / 1000.0;
    if hit == 0 && stood_s <= 0.0 {
        return None;
    }
    let text = format!(
        "The page stood still for {stood_s:.1} s, because the browser froze it or the machine slept; {} were under way.",
        of(hit, sent)
    );
    FROZEN.reason(share(hit, sent), text)
}

fn hidden(run: &Evidence<'_>) -> Option<Reason> {
    let (hit, sent) = run.tainted(Taint::Hidden);
    let text = format!(
        "The page was hidden during {}; the worker goes on meanwhile, and its event loop's lateness is what it cost.",
        of(hit, sent)
    );
    (hit > 0).then(|| HIDDEN.reason(share(hit, sent), text))?
}

fn failures(run: &Evidence<'_>) -> Option<Reason> {
    let (failed, ended) = (run.summary.failed as usize, (run.summary.failed + run.summary.completed) as usize);
    let blame = if failed > 0 && failed < ended { ": the latencies are those of the others" } else { "" };
    FAILED.reason(share(failed, ended), format!("{} failed{blame}.", of(failed, ended)))
}

fn completed(run: &Evidence<'_>) -> Option<Reason> {
    let completed = run.summary.completed;
    let text = match completed {
        0 => "No request completed: there is nothing to measure.".to_owned(),
        1..100 => format!("{completed} requests are few for a p99: it is little more than the slowest of them."),
        _ => format!("{completed} requests completed."),
    };
    COMPLETED.reason(f64::from(completed), text)
}

fn repeated_prompts(run: &Evidence<'_>) -> Option<Reason> {
    let (repeated, all) = (run.workload.repeated_prompts? as usize, run.workload.requests? as usize);
    let blame = if repeated > 0 { ": a server that caches prompts answers those sooner" } else { "" };
    let begun = match run.workload.repeated_prefixes {
        Some(begun) if begun > 0 => {
            format!(" {begun} more began as an earlier one did; a prefix cache spares a server that part of them.")
        }
        _ => String::new(),
    };
    let text = format!("{} had the prompt of an earlier one{blame}.{begun}", of(repeated, all));
    REPEATED.reason(share(repeated, all), text)
}

fn tokens(run: &Evidence<'_>) -> Option<Reason> {
    let truth = &run.summary.tokens;
    let value = truth.differing_share()?;
    let text = match truth.differing {
        0 => "Tokenizer and server agree on the number of tokens.".to_owned(),
        differing => format!(
            "The tokenizer and the server count the tokens of {differing} of {} answers differently ({} here, {} there): if \
             it is not the model's own tokenizer, TPOT and token rates are wrong.",
            truth.compared, truth.client_tokens, truth.usage_tokens
        ),
    };
    TOKENS.reason(value, text)
}
