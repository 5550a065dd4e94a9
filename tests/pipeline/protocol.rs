//! Whatever page and worker may say to each other arrives as it was said, and bytes of anything else are an error, not
//! a panic.

use proptest::prelude::*;
use streamgauge::load::calibration::{Calibration, CalibrationJob};
use streamgauge::load::forecast::Pace;
use streamgauge::load::protocol::{
    ClientReport, Finished, FromWorker, Job, Order, PlanReport, PrepareCost, Prepared, Progress, Stage, StageError,
    ToWorker, Visibility, decode, encode,
};
use streamgauge::record::{
    Event, EventKind, Failure, FailureKind, NetworkTiming, Outcome, Record, Reply, StreamEnd, Taint, Usage,
};
use streamgauge::settings::{FLAGS, Settings};
use streamgauge::workload::{Request, WorkloadSummary};

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
    let kinds = [
        EventKind::Text,
        EventKind::Reasoning,
        EventKind::ToolCall,
        EventKind::Refusal,
        EventKind::Empty,
        EventKind::Usage,
        EventKind::Done,
        EventKind::Other,
    ];
    let event = (ms(), any::<u32>(), prop::sample::select(kinds.to_vec()), any::<u32>(), any::<Option<u32>>());
    let event =
        event.prop_map(|(at_ms, read, kind, chars, tokens_so_far)| Event { at_ms, read, kind, chars, tokens_so_far });
    let usage = (any::<Option<u32>>(), any::<Option<u32>>())
        .prop_map(|(prompt_tokens, completion_tokens)| Usage { prompt_tokens, completion_tokens });
    let ends = [StreamEnd::Done, StreamEnd::FinishReason, StreamEnd::Usage, StreamEnd::Body, StreamEnd::Unmarked];
    let end = (prop::option::of(".*"), prop::option::of(prop::sample::select(ends.to_vec())), any::<bool>());
    let texts = (".*", ".*", ".*", ".*");
    let parts = (prop::collection::vec(event, 0..20), texts, prop::option::of(usage), end);
    parts.prop_map(|(events, texts, usage, (finish_reason, end, prompt_echoed))| Reply {
        events,
        text: texts.0,
        reasoning: texts.1,
        tool_calls: texts.2,
        refusal: texts.3,
        usage,
        finish_reason,
        end,
        prompt_echoed,
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
    let tokens = (any::<Option<u32>>(), any::<Option<u32>>());
    let rest = (any::<Option<u16>>(), tokens, prop::option::of(network), prop::collection::vec(taint, 0..3));
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
        output_tokens: rest.1.0,
        other_output_tokens: rest.1.1,
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

fn to_worker() -> impl Strategy<Value = ToWorker> {
    let job = (settings(), ".*", any::<Option<String>>(), 0..2u32, 0..5u32);
    let job = job.prop_map(|(settings, page_url, api_key, dataset_files, tokenizer_files)| Job {
        settings,
        page_url,
        api_key,
        dataset_files,
        tokenizer_files,
    });
    let order = (job.clone(), requests(), prop::collection::vec(ms(), 0..4), ms());
    let order = order.prop_map(|(job, requests, intended_ms, span_s)| Order { job, requests, intended_ms, span_s });
    let texts = prop::collection::vec(any::<Option<String>>(), 0..4);
    prop_oneof![
        job.clone().prop_map(|job| ToWorker::Prepare(Box::new(job))),
        job.prop_map(|job| ToWorker::ListModels(Box::new(job))),
        (order, any::<bool>()).prop_map(|(order, check)| {
            let order = Box::new(order);
            if check { ToWorker::Check(order) } else { ToWorker::Start(order) }
        }),
        calibration_job().prop_map(|job| ToWorker::Calibrate(Box::new(job))),
        texts.prop_map(ToWorker::Count),
        Just(ToWorker::Go),
        Just(ToWorker::Stop),
        visibility().prop_map(ToWorker::Visibility),
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
    let parts = (summary, requests(), intervals, any::<bool>(), cost);
    parts.prop_map(|((count, dropped, intended_ms), requests, intervals_s, dry_run, cost)| Prepared {
        summary: WorkloadSummary { requests: count, dropped, intended_ms, ..Default::default() },
        requests,
        intervals_s,
        dry_run,
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

fn from_worker() -> impl Strategy<Value = FromWorker> {
    let stages = vec![Stage::Settings, Stage::Dataset, Stage::Tokenizer, Stage::Server, Stage::Page];
    let failed = (prop::sample::select(stages), ".*").prop_map(|(stage, message)| StageError { stage, message });
    let progress = (ms(), any::<[u32; 6]>(), any::<u64>()).prop_map(|(elapsed_ms, counts, text_events)| {
        let [total, sent, in_flight, waiting, completed, failed] = counts;
        Progress { elapsed_ms, total, sent, in_flight, waiting, completed, failed, text_events }
    });
    prop_oneof![
        (any::<u32>(), ".*").prop_map(|(protocol, build)| FromWorker::Ready { protocol, build }),
        (".*", prop::option::of(ms())).prop_map(|(step, fraction)| FromWorker::Preparing { step, fraction }),
        prepared().prop_map(|prepared| FromWorker::Prepared(Box::new(prepared))),
        Just(FromWorker::Testing),
        planned().prop_map(|plan| FromWorker::Planned(Box::new(plan))),
        calibration().prop_map(FromWorker::Calibrated),
        ms().prop_map(|t0_unix_ms| FromWorker::Started { t0_unix_ms }),
        progress.prop_map(FromWorker::Progress),
        prop::collection::vec(record(), 0..4).prop_map(FromWorker::Records),
        finished().prop_map(|finished| FromWorker::Finished(Box::new(finished))),
        failed.prop_map(FromWorker::Failed),
        prop::collection::vec(any::<Option<u32>>(), 0..9).prop_map(FromWorker::Counted),
        prop::collection::vec(".*", 0..4).prop_map(FromWorker::Models),
    ]
}

proptest! {
    #[test]
    fn what_the_page_says_arrives(message in to_worker()) {
        prop_assert_eq!(decode::<ToWorker>(&encode(&message).expect("encodes")).expect("decodes"), message);
    }

    #[test]
    fn what_the_worker_says_arrives(message in from_worker()) {
        let bytes = encode(&message).expect("encodes");
        prop_assert_eq!(&decode::<FromWorker>(&bytes).expect("decodes"), &message);
        prop_assert!(decode::<FromWorker>(&bytes[..bytes.len() - 1]).is_err() || bytes.len() == 1);
    }

    #[test]
    fn noise_is_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode::<ToWorker>(&bytes);
        let _ = decode::<FromWorker>(&bytes);
    }
}
