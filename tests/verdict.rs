//! The verdict on a run: a clean run is trusted, and each thing that can go wrong with the client is found, with its
//! number, its level and its sentence.

use streamgauge::metrics::MetricOptions;
use streamgauge::record::client::Calibration;
use streamgauge::record::client::{ClientReport, Visibility};
use streamgauge::record::{
    Event, EventKind, Failure, FailureKind, NetworkTiming, Outcome, Record, Reply, Taint, Usage,
};
use streamgauge::result::VerdictLevel::{self, Marginal, NotTrusted, Trusted};
use streamgauge::result::{Reason, Run, RunResult, Verdict, WorkloadFacts, bounds};
use streamgauge::settings::Settings;

const COUNT: u32 = 200;

/// Due every 20 ms and sent 0.2 ms late; headers at 10 ms from the send, ten tokens 10 ms apart from 50 ms on.
fn record(index: u32) -> Record {
    let intended_ms = f64::from(index) * 20.0;
    let sent_ms = intended_ms + 0.2;
    let event = |token: u32| Event {
        at_ms: sent_ms + 50.0 + f64::from(token) * 10.0,
        read: token,
        kind: EventKind::Text,
        chars: 1,
        tokens_so_far: None,
    };
    Record {
        index,
        prompt_len: 8,
        intended_ms,
        sent_ms: Some(sent_ms),
        headers_ms: Some(sent_ms + 10.0),
        end_ms: Some(sent_ms + 141.0),
        output_tokens: Some(10),
        outcome: Outcome::Completed,
        reply: Reply {
            events: (0..10).map(event).collect(),
            usage: Some(Usage { prompt_tokens: Some(8), completion_tokens: Some(10) }),
            ..Reply::default()
        },
        network: Some(NetworkTiming {
            fetch_start_ms: sent_ms,
            request_start_ms: Some(sent_ms),
            response_start_ms: Some(sent_ms + 9.5),
            response_end_ms: sent_ms + 140.5,
            ..NetworkTiming::default()
        }),
        ..Record::default()
    }
}

fn clean() -> Run {
    Run {
        settings: Settings { request_rate: 50.0, ..Settings::default() },
        duration_s: 4.2,
        workload: WorkloadFacts {
            sha256: None,
            requests: Some(COUNT),
            repeated_prompts: Some(0),
            repeated_prefixes: Some(3),
        },
        client: Some(ClientReport {
            clock_step_ms: 0.1,
            streams_that_fit: 60,
            event_loop_lag_ms: (0.1, 0.9, 3.0),
            ..ClientReport::default()
        }),
        calibration: Some(Calibration {
            streams: 10,
            requests: 20,
            events_per_s: 1000.0,
            ttft_added_p50_ms: 0.8,
            ttft_added_p99_ms: 2.0,
            itl_off_p50_ms: 0.2,
            itl_off_p99_ms: 1.5,
            sustained_events_per_s: 10_000.0,
        }),
        records: (0..COUNT).map(record).collect(),
        ..Run::default()
    }
}

fn verdict(run: Run) -> Verdict {
    let own = RunResult::from_run(run, &MetricOptions::default()).own.expect("a result of ours");
    own.verdict.expect("a verdict")
}

/// The clean run with a change.
fn judged(change: impl FnOnce(&mut Run)) -> Verdict {
    let mut run = clean();
    change(&mut run);
    verdict(run)
}

fn client(run: &mut Run) -> &mut ClientReport {
    run.client.as_mut().expect("a client")
}

fn reason<'a>(verdict: &'a Verdict, bounds: &bounds::Bounds) -> &'a Reason {
    let found = verdict.reasons.iter().find(|reason| reason.measure == bounds.measure);
    found.unwrap_or_else(|| panic!("no {} in {verdict:#?}", bounds.measure))
}

/// The change makes this measure, and no other, a doubt of this level, with this number and these words.
#[track_caller]
fn assert_doubt(bounds: bounds::Bounds, level: VerdictLevel, value: f64, words: &str, change: impl FnOnce(&mut Run)) {
    let verdict = judged(change);
    let found = reason(&verdict, &bounds);
    assert_eq!((found.level, verdict.level), (level, level), "{verdict:#?}");
    assert!((found.value - value).abs() < 1e-6, "{found:?}");
    assert!(found.text.contains(words), "{found:?}");
    assert!(verdict.doubts().all(|doubt| doubt.measure == bounds.measure), "{verdict:#?}");
    assert_eq!(verdict.reasons[0].measure, bounds.measure);
}

#[test]
fn a_clean_run_is_trusted_and_says_what_was_looked_at() {
    let verdict = verdict(clean());
    assert_eq!(verdict.level, Trusted, "{verdict:#?}");
    assert_eq!(verdict.line(), "Verdict: trusted.");
    let measures: Vec<&str> = verdict.reasons.iter().map(|reason| reason.measure.as_str()).collect();
    let unseen = [bounds::FROZEN, bounds::HIDDEN, bounds::LIMIT_WAIT, bounds::BURST].map(|bounds| bounds.measure);
    let expected: Vec<&str> = bounds::ALL.iter().map(|bounds| bounds.measure).filter(|m| !unseen.contains(m)).collect();
    assert_eq!(measures, expected);
    assert!(verdict.reasons.iter().all(|reason| reason.value.is_finite() && reason.threshold.is_finite()));
}

#[test]
fn a_result_without_a_client_report_has_no_verdict() {
    let run = Run { client: None, ..clean() };
    assert!(RunResult::from_run(run, &MetricOptions::default()).own.is_some_and(|own| own.verdict.is_none()));
}

#[test]
fn requests_that_the_browser_held_back() {
    let hold = |count: usize| {
        move |run: &mut Run| run.records[..count].iter_mut().for_each(|record| record.taints.push(Taint::BrowserQueue))
    };
    let words = "125 of 200 requests waited in the browser for a connection: TTFT from the send leaves the wait out";
    assert_doubt(bounds::BROWSER_QUEUE, NotTrusted, 0.625, words, hold(125));
    assert_doubt(bounds::BROWSER_QUEUE, Marginal, 0.05, "10 of 200", hold(10));
    assert_eq!(judged(hold(2)).level, Trusted);
}

#[test]
fn requests_that_waited_for_a_stream_of_ours() {
    // Each request lasts 141 ms from its send and one is due every 20 ms: with five streams the sends fall back.
    let wait = |run: &mut Run| {
        for i in 5..run.records.len() {
            let free_ms = run.records[i - 5].end_ms.unwrap_or_default() + 0.2;
            let later_ms = (free_ms - run.records[i].sent_ms.unwrap_or_default()).max(0.0);
            shift(&mut run.records[i], later_ms);
        }
    };
    let verdict = judged(|run| {
        client(run).streams_that_fit = 5;
        wait(run);
    });
    let found = reason(&verdict, &bounds::STREAM_WAIT);
    assert_eq!(found.level, Marginal);
    assert!(found.text.starts_with("195 of 200 requests waited here for a free stream"), "{found:?}");
    assert!(found.text.contains("carries 5 at once"), "{found:?}");
    let rate = reason(&verdict, &bounds::ACHIEVED_RATE);
    assert_eq!((verdict.level, rate.level), (NotTrusted, NotTrusted), "{rate:?}");
    assert!(rate.text.contains("of 50.00 that the schedule has: the server was not loaded as asked"), "{rate:?}");
    // Those that waited are no lateness of the client's.
    assert_eq!(reason(&verdict, &bounds::DELAY_P99).level, Trusted);

    let asked_for = judged(|run| {
        run.settings.max_concurrency = Some(5);
        wait(run);
    });
    assert_eq!(asked_for.level, Trusted, "{asked_for:#?}");
    let found = reason(&asked_for, &bounds::LIMIT_WAIT);
    assert!(found.text.contains("195 of 200 requests waited, as max-concurrency 5 asks"), "{found:?}");
    assert!(reason(&asked_for, &bounds::ACHIEVED_RATE).text.contains("as max-concurrency 5 asks"));
}

/// Moves all that happened to a request, but not the time when it was due.
fn shift(record: &mut Record, by_ms: f64) {
    let times = [&mut record.sent_ms, &mut record.headers_ms, &mut record.end_ms];
    times.into_iter().flatten().for_each(|at_ms| *at_ms += by_ms);
    record.reply.events.iter_mut().for_each(|event| event.at_ms += by_ms);
    let network = record.network.as_mut().expect("a network timing");
    network.fetch_start_ms += by_ms;
    network.response_end_ms += by_ms;
    let times = [&mut network.request_start_ms, &mut network.response_start_ms];
    times.into_iter().flatten().for_each(|at_ms| *at_ms += by_ms);
}

#[test]
fn a_burst_that_just_fits_waits_for_nothing_and_has_no_lateness() {
    let verdict = judged(|run| {
        run.settings.request_rate = f64::INFINITY;
        client(run).streams_that_fit = COUNT;
        for record in &mut run.records {
            shift(record, -record.intended_ms + 0.3 * f64::from(record.index));
            record.intended_ms = 0.0;
        }
    });
    assert_eq!(verdict.level, Trusted, "{verdict:#?}");
    assert_eq!(reason(&verdict, &bounds::STREAM_WAIT).value, 0.0);
    let looked_at = |bounds: bounds::Bounds| verdict.reasons.iter().any(|reason| reason.measure == bounds.measure);
    assert!(![bounds::DELAY_P50, bounds::DELAY_P99, bounds::ACHIEVED_RATE].into_iter().any(looked_at));
}

#[test]
fn sends_behind_the_schedule() {
    let late = |every: usize, by_ms: f64| {
        move |run: &mut Run| run.records.iter_mut().step_by(every).for_each(|record| shift(record, by_ms))
    };
    assert_doubt(bounds::DELAY_P99, Marginal, 20.2, "left 20.2 ms or more after the time", late(10, 20.0));
    let verdict = judged(late(1, 60.0));
    assert_eq!(reason(&verdict, &bounds::DELAY_P50).level, NotTrusted, "{verdict:#?}");
    assert!(reason(&verdict, &bounds::DELAY_P50).text.starts_with("Half of the requests left 60.2 ms"));
    assert_eq!(reason(&verdict, &bounds::DELAY_P99).level, NotTrusted);
}

#[test]
fn a_busy_event_loop() {
    let lag = |p99_ms: f64| move |run: &mut Run| client(run).event_loop_lag_ms = (0.1, p99_ms, 80.0);
    let words = "late by 12.0 ms at p99 and 80.0 ms at most, beside a median ITL of 10.0 ms";
    assert_doubt(bounds::LAG, Marginal, 12.0, words, lag(12.0));
    assert_doubt(bounds::LAG, NotTrusted, 21.0, "21.0 ms at p99", lag(21.0));
    // Beside tokens that are 200 ms apart, 9 ms are little.
    let slow = judged(|run| {
        lag(9.0)(run);
        for event in run.records.iter_mut().flat_map(|record| &mut record.reply.events) {
            event.at_ms += f64::from(event.read) * 190.0;
        }
    });
    assert_eq!((slow.level, reason(&slow, &bounds::LAG).threshold.round()), (Trusted, 10.0), "{slow:#?}");
}

#[test]
fn tokens_that_came_in_one_read() {
    assert_doubt(bounds::SAME_READ, Marginal, 1.0 / 9.0, "11.1 % of the gaps between tokens", |run| {
        for event in run.records.iter_mut().map(|record| &mut record.reply.events[4]) {
            event.read = 3;
            event.at_ms -= 10.0;
        }
    });
}

#[test]
fn a_slow_way_from_the_browser_to_the_worker() {
    assert_doubt(bounds::DELIVERY, Marginal, 9.5, "took 9.5 ms on average to reach the worker", |run| {
        for record in &mut run.records {
            let network = record.network.as_mut().expect("a network timing");
            network.response_start_ms = network.response_start_ms.map(|at_ms| at_ms - 9.0);
        }
    });
}

fn calibration(run: &mut Run) -> &mut Calibration {
    run.calibration.as_mut().expect("a calibration")
}

#[test]
fn what_the_browser_was_found_to_add() {
    let adds = |ms: f64| move |run: &mut Run| calibration(run).ttft_added_p50_ms = ms;
    let words = "Measured before the run, with 10 streams at once, the browser adds 48.0 ms to TTFT (median; 2.0 ms at p99), \
                 beside a median TTFT of 50.0 ms";
    assert_doubt(bounds::ADDED_TTFT, NotTrusted, 48.0, words, adds(48.0));
    assert_doubt(bounds::ADDED_TTFT, Marginal, 9.0, "adds 9.0 ms", adds(9.0));
    // 5 % of the TTFT pass.
    assert_eq!(judged(adds(2.4)).level, Trusted);
    let off = |ms: f64| move |run: &mut Run| calibration(run).itl_off_p99_ms = ms;
    assert_doubt(
        bounds::ITL_OFF,
        Marginal,
        6.0,
        "moves a gap between tokens by 6.0 ms at p99 (0.2 ms median)",
        off(6.0),
    );
    let fewer = judged(|run| calibration(run).streams = 4);
    assert!(
        reason(&fewer, &bounds::ADDED_TTFT).text.contains("with 4 streams at once (the run had up to 8)"),
        "{fewer:#?}"
    );
    let without = judged(|run| run.calibration = None);
    assert!(without.reasons.iter().all(|reason| !reason.measure.starts_with("calibrated")), "{without:#?}");
}

#[test]
fn a_burst_that_cost_more_than_its_requests_alone() {
    let words =
        "took 45.0 ms longer than alone (median), in the browser, the network and the server's front together, beside";
    let rehearsed = |ms: f64, untold: usize| {
        move |run: &mut Run| {
            client(run).burst_delay_ms = Some(ms);
            let networks = run.records[..untold].iter_mut().filter_map(|record| record.network.as_mut());
            networks.for_each(|network| network.request_start_ms = None);
        }
    };
    assert_doubt(bounds::BURST, NotTrusted, 45.0, words, rehearsed(45.0, 200));
    assert_doubt(bounds::BURST, Marginal, 24.0, "up to as much of it", rehearsed(24.0, 3));
    assert_eq!(judged(rehearsed(2.4, 200)).level, Trusted);
    // Where the browser tells when each request left, what a burst costs before that is in no figure.
    assert_eq!(judged(rehearsed(45.0, 2)).level, Trusted);
}

#[test]
fn more_events_than_the_browser_reads() {
    // One request each 20 ms with ten tokens each: 500 events a second.
    let words = "The fullest second brought 500 events, 50.0 % of the 1000 a second";
    assert_doubt(bounds::EVENT_RATE, Marginal, 0.5, words, |run| calibration(run).sustained_events_per_s = 1000.0);
    let none = judged(|run| calibration(run).sustained_events_per_s = 0.0);
    assert!(none.reasons.iter().all(|reason| reason.measure != bounds::EVENT_RATE.measure));
}

#[test]
fn a_coarse_clock() {
    let step = |step_ms: f64| move |run: &mut Run| client(run).clock_step_ms = step_ms;
    assert_doubt(bounds::CLOCK_STEP, Marginal, 0.1, "steps of 1.000 ms, 10.0 % of the median ITL", step(1.0));
}

#[test]
fn a_page_that_stood_still_or_was_hidden() {
    let words = "stood still for 12.3 s, because the browser froze it or the machine slept; 14 of 200";
    assert_doubt(bounds::FROZEN, Marginal, 0.07, words, |run| {
        client(run).visibility.push((1000.0, 13_300.0, Visibility::Frozen));
        run.records[..14].iter_mut().for_each(|record| record.taints.push(Taint::Frozen));
    });
    let hidden = judged(|run| run.records.iter_mut().for_each(|record| record.taints.push(Taint::Hidden)));
    assert_eq!(hidden.level, Trusted);
    assert!(reason(&hidden, &bounds::HIDDEN).text.starts_with("The page was hidden during 200 of 200 requests"));
}

#[test]
fn too_few_requests_and_failed_ones() {
    assert_doubt(bounds::COMPLETED, Marginal, 60.0, "60 requests are few for a p99", |run| run.records.truncate(60));
    let failed = |count: usize| {
        move |run: &mut Run| {
            for record in &mut run.records[..count] {
                record.outcome =
                    Outcome::Failed(Failure { kind: FailureKind::Broken, message: "It broke off.".into() });
            }
        }
    };
    assert_doubt(bounds::FAILED, Marginal, 0.05, "10 of 200 requests failed", failed(10));
    assert_doubt(bounds::FAILED, NotTrusted, 0.25, "50 of 200 requests failed", failed(50));
    let none = judged(failed(200));
    assert_eq!(reason(&none, &bounds::COMPLETED).level, NotTrusted);
    assert_eq!(judged(|run| run.records.clear()).level, NotTrusted);
}

#[test]
fn prompts_that_repeat_and_a_tokenizer_of_another_model() {
    let words = "50 of 200 requests had the prompt of an earlier one";
    assert_doubt(bounds::REPEATED, Marginal, 0.25, words, |run| run.workload.repeated_prompts = Some(50));
    let begun = judged(|run| run.workload.repeated_prefixes = Some(120));
    let found = reason(&begun, &bounds::REPEATED);
    assert!(found.level == Trusted && found.text.contains("120 more began as an earlier one did"), "{found:?}");
    let words = "count the tokens of 200 of 200 answers differently (2800 here, 2000 there)";
    assert_doubt(bounds::TOKENS, NotTrusted, 1.0, words, |run| {
        run.records.iter_mut().for_each(|record| record.output_tokens = Some(14));
    });
}

#[test]
fn the_documents_table_has_every_bound() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/measurement.md");
    let text = std::fs::read_to_string(path).expect("docs/measurement.md");
    let (_, text) = text.split_once("## The verdict").expect("a part on the verdict");
    let rows: Vec<String> =
        text.lines().filter(|line| line.starts_with("| `")).map(|line| line.replace("from ", "")).collect();
    assert_eq!(rows.len(), bounds::ALL.len());
    for bounds in bounds::ALL {
        let row = format!("| `{}` | {} | {} | ", bounds.measure, bounds.trusted, bounds.marginal);
        assert!(rows.iter().any(|line| line.starts_with(&row)), "the table lacks this row: {row}");
    }
}
