//! Whatever page and worker may say to each other arrives as it was said, and bytes of anything else are an error, not
//! a panic.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde::{Deserialize, Serialize};
use streamgauge::dataset::Request;
use streamgauge::protocol::prepare::{FromPreparer, PrepareCost, Prepared, ToPreparer};
use streamgauge::protocol::run::{Finished, FromRunner, Order, ToRunner};
use streamgauge::protocol::{Greeting, Job, Stage, StageError, decode, encode};
use streamgauge::record::client::Calibration;
use streamgauge::record::client::{ClientReport, Visibility};
use streamgauge::record::{
    Event, EventKind, Failure, FailureKind, NetworkTiming, Outcome, Record, Reply, Taint, Usage,
};
use streamgauge::run::calibration::CalibrationJob;
use streamgauge::run::forecast::Pace;
use streamgauge::run::forecast::PlanReport;
use streamgauge::run::reporting::RunProgress;
use streamgauge::settings::{FLAGS, Settings};
use streamgauge::workload::WorkloadSummary;

fn ms() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![Just(0.0), -1e3..1e9, Just(f64::INFINITY)]
}

fn visibility() -> impl Strategy<Value = Visibility> {
    prop::sample::select(vec![Visibility::Visible, Visibility::Hidden, Visibility::Frozen])
}

fn settings() -> impl Strategy<Value = Settings> + Clone {
    let texts = prop::collection::vec((0..FLAGS.len(), "[ -~é]{0,12}|[0-9]{1,4}|true|inf|openai-chat"), 0..20);
    texts.prop_map(|texts| {
        let mut settings = Settings::default();
        for (flag, text) in texts {
            // Words that do not suit the flag leave it as it was.
            let _ = (FLAGS[flag].set)(&mut settings, &text);
        }
        settings
    })
}

fn reply() -> impl Strategy<Value = Reply> {
    let kinds = [EventKind::Text, EventKind::Reasoning, EventKind::Empty, EventKind::Usage, EventKind::Done];
    let event = (ms(), any::<u32>(), prop::sample::select(kinds.to_vec()), any::<u32>(), any::<Option<u32>>());
    let event =
        event.prop_map(|(at_ms, read, kind, chars, tokens_so_far)| Event { at_ms, read, kind, chars, tokens_so_far });
    let usage = (any::<Option<u32>>(), any::<Option<u32>>())
        .prop_map(|(prompt_tokens, completion_tokens)| Usage { prompt_tokens, completion_tokens });
    let parts = (prop::collection::vec(event, 0..20), ".*", ".*", prop::option::of(usage), prop::option::of(".*"));
    parts.prop_map(|(events, text, reasoning, usage, finish_reason)| Reply {
        events,
        text,
        reasoning,
        usage,
        finish_reason,
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let kinds = vec![FailureKind::Unreachable, FailureKind::HttpStatus, FailureKind::Timeout, FailureKind::BadRequest];
    let failed = (prop::sample::select(kinds), ".*").prop_map(|(kind, message)| Failure { kind, message });
    prop_oneof![
        Just(Outcome::Pending),
        Just(Outcome::Completed),
        Just(Outcome::Stopped),
        failed.prop_map(Outcome::Failed)
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let counts = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>(), any::<u16>());
    let seen = || prop::option::of(ms());
    let times = (ms(), seen(), seen(), seen(), seen());
    let network = (ms(), prop::option::of((ms(), ms())), prop::option::of(ms()), ms(), prop::option::of(".*"));
    let network = network.prop_map(|(fetch_start_ms, connect_ms, request_start_ms, response_end_ms, protocol)| {
        NetworkTiming { fetch_start_ms, connect_ms, request_start_ms, response_end_ms, protocol, ..Default::default() }
    });
    let taint = prop::sample::select(vec![Taint::Hidden, Taint::Frozen, Taint::Lag, Taint::BrowserQueue]);
    let rest =
        (any::<Option<u16>>(), any::<Option<u32>>(), prop::option::of(network), prop::collection::vec(taint, 0..3));
    (counts, times, reply(), outcome(), rest).prop_map(|(counts, times, reply, outcome, rest)| Record {
        index: counts.0,
        prompt_len: counts.1,
        asked_output_len: counts.2,
        in_flight_at_send: counts.3,
        lane: counts.4,
        intended_ms: times.0,
        sent_ms: times.1,
        handed_ms: times.2,
        headers_ms: times.3,
        end_ms: times.4,
        reply,
        outcome,
        status: rest.0,
        output_tokens: rest.1,
        network: rest.2,
        taints: rest.3,
    })
}

fn calibration_job() -> impl Strategy<Value = CalibrationJob> {
    let job = (".*", any::<u32>(), ms(), ms(), ms(), any::<u32>());
    job.prop_map(|(page_url, streams, spread_ms, ttft_ms, itl_ms, tokens)| CalibrationJob {
        page_url,
        streams,
        spread_ms,
        ttft_ms,
        itl_ms,
        tokens,
    })
}

fn job() -> impl Strategy<Value = Box<Job>> + Clone {
    let job = (settings(), ".*", any::<Option<String>>(), 0..2u32, 0..5u32);
    job.prop_map(|(settings, page_url, api_key, dataset_files, tokenizer_files)| {
        Box::new(Job { settings, page_url, api_key, dataset_files, tokenizer_files })
    })
}

fn to_preparer() -> impl Strategy<Value = ToPreparer> {
    let texts = prop::collection::vec(any::<Option<String>>(), 0..4);
    prop_oneof![job().prop_map(ToPreparer::Prepare), texts.prop_map(ToPreparer::Count)]
}

fn to_runner() -> impl Strategy<Value = ToRunner> {
    let order = (job(), requests(), prop::collection::vec(ms(), 0..4), ms());
    let order =
        order.prop_map(|(job, requests, intended_ms, span_s)| Order { job: *job, requests, intended_ms, span_s });
    prop_oneof![
        job().prop_map(ToRunner::ListModels),
        (order, any::<bool>()).prop_map(|(order, check)| {
            let order = Box::new(order);
            if check { ToRunner::Check(order) } else { ToRunner::Start(order) }
        }),
        calibration_job().prop_map(|job| ToRunner::Calibrate(Box::new(job))),
        Just(ToRunner::Go),
        Just(ToRunner::Stop),
        visibility().prop_map(ToRunner::Visibility),
    ]
}

fn requests() -> impl Strategy<Value = Vec<Request>> + Clone {
    let request = (".*", any::<u32>(), any::<u32>());
    let request = request.prop_map(|(prompt, prompt_len, output_len)| Request { prompt, prompt_len, output_len });
    prop::collection::vec(request, 0..4)
}

fn prepared() -> impl Strategy<Value = Prepared> {
    let intervals = prop::collection::vec(ms(), 0..4);
    let summary = (any::<u32>(), prop::collection::vec((".*", any::<u32>()), 0..3), prop::collection::vec(ms(), 0..4));
    let cost = (ms(), any::<u64>());
    let cost = cost.prop_map(|(preparing_ms, memory_bytes)| PrepareCost { preparing_ms, memory_bytes });
    let parts = (summary, requests(), intervals, settings(), cost);
    parts.prop_map(|((count, dropped, intended_ms), requests, intervals_s, settings, cost)| Prepared {
        settings,
        summary: WorkloadSummary { requests: count, dropped, intended_ms, ..Default::default() },
        requests,
        intervals_s,
        cost,
    })
}

fn finished() -> impl Strategy<Value = Finished> {
    let intervals = prop::collection::vec((ms(), ms(), visibility()), 0..4);
    let client = (ms(), any::<bool>(), (ms(), ms(), ms()), intervals, ".*").prop_map(
        |(clock_step_ms, cross_origin_isolated, event_loop_lag_ms, visibility, user_agent)| ClientReport {
            clock_step_ms,
            cross_origin_isolated,
            event_loop_lag_ms,
            visibility,
            user_agent,
            ..Default::default()
        },
    );
    (ms(), any::<bool>(), client).prop_map(|(duration_s, stopped, client)| Finished { duration_s, stopped, client })
}

fn planned() -> impl Strategy<Value = PlanReport> {
    let pace = (ms(), prop::option::of(ms()), prop::option::of(ms()));
    let pace = pace.prop_map(|(took_ms, first_ms, gap_ms)| Pace { took_ms, first_ms, gap_ms });
    let names = || prop::collection::vec(".*", 0..3);
    (names(), names(), any::<[u32; 3]>(), pace).prop_map(|(lanes, protocols, counts, pace)| {
        let [base_urls, streams_that_fit, wanted_streams] = counts;
        PlanReport { lanes, base_urls, protocols, streams_that_fit, wanted_streams, pace }
    })
}

fn calibration() -> impl Strategy<Value = Calibration> {
    (any::<[u32; 2]>(), prop::array::uniform6(ms())).prop_map(|([streams, requests], ms)| Calibration {
        streams,
        requests,
        events_per_s: ms[0],
        ttft_added_p50_ms: ms[1],
        ttft_added_p99_ms: ms[2],
        itl_off_p50_ms: ms[3],
        itl_off_p99_ms: ms[4],
        sustained_events_per_s: ms[5],
    })
}

fn greeting() -> impl Strategy<Value = Greeting> {
    (any::<u32>(), ".*").prop_map(|(protocol, build)| Greeting { protocol, build })
}

fn failed() -> impl Strategy<Value = StageError> {
    let stages = vec![Stage::Settings, Stage::Dataset, Stage::Tokenizer, Stage::Server, Stage::Page];
    (prop::sample::select(stages), ".*").prop_map(|(stage, message)| StageError { stage, message })
}

fn from_preparer() -> impl Strategy<Value = FromPreparer> {
    prop_oneof![
        greeting().prop_map(FromPreparer::Ready),
        (".*", prop::option::of(ms())).prop_map(|(step, fraction)| FromPreparer::Preparing { step, fraction }),
        prepared().prop_map(|prepared| FromPreparer::Prepared(Box::new(prepared))),
        prop::collection::vec(any::<Option<u32>>(), 0..9).prop_map(FromPreparer::Counted),
        failed().prop_map(FromPreparer::Failed),
    ]
}

fn from_runner() -> impl Strategy<Value = FromRunner> {
    let progress = (ms(), any::<[u32; 6]>(), any::<u64>()).prop_map(|(elapsed_ms, counts, text_events)| {
        let [total, sent, in_flight, waiting, completed, failed] = counts;
        RunProgress { elapsed_ms, total, sent, in_flight, waiting, completed, failed, text_events }
    });
    prop_oneof![
        greeting().prop_map(FromRunner::Ready),
        Just(FromRunner::Testing),
        planned().prop_map(|plan| FromRunner::Planned(Box::new(plan))),
        calibration().prop_map(FromRunner::Calibrated),
        ms().prop_map(|t0_unix_ms| FromRunner::Started { t0_unix_ms }),
        progress.prop_map(FromRunner::Progress),
        prop::collection::vec(record(), 0..4).prop_map(FromRunner::Records),
        finished().prop_map(|finished| FromRunner::Finished(Box::new(finished))),
        failed().prop_map(FromRunner::Failed),
        prop::collection::vec(".*", 0..4).prop_map(FromRunner::Models),
    ]
}

/// A message arrives as it was sent, and a part of one is an error.
fn arrives<T: Serialize + for<'a> Deserialize<'a> + PartialEq + Debug>(message: &T) -> Result<(), TestCaseError> {
    let bytes = encode(message).expect("encodes");
    prop_assert_eq!(&decode::<T>(&bytes).expect("decodes"), message);
    prop_assert!(decode::<T>(&bytes[..bytes.len() - 1]).is_err() || bytes.len() == 1);
    Ok(())
}

proptest! {
    #[test]
    fn what_the_page_sends_arrives(preparer in to_preparer(), runner in to_runner()) {
        arrives(&preparer)?;
        arrives(&runner)?;
    }

    #[test]
    fn what_the_workers_send_arrives(preparer in from_preparer(), runner in from_runner()) {
        arrives(&preparer)?;
        arrives(&runner)?;
    }

    #[test]
    fn noise_is_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode::<ToPreparer>(&bytes);
        let _ = decode::<ToRunner>(&bytes);
        let _ = decode::<FromPreparer>(&bytes);
        let _ = decode::<FromRunner>(&bytes);
    }
}
