//! Load shapes: what is sent when, how long it waits, what the figures are.

use streamgauge::record::Outcome;
use streamgauge::settings::Settings;

use crate::script::Script;
use crate::{Trial, itls_ms, ttft_ms};

fn steady(_: usize, _: usize) -> Script {
    Script::tokens(5, 50.0, 10.0)
}

#[test]
fn every_request_goes_out_when_it_is_due() {
    let due = vec![0.0, 12.25, 12.5, 300.0, 1000.125];
    let run = Trial::new(due.clone(), steady).run();
    assert_eq!(run.records.len(), 5);
    for (record, due_ms) in run.records.iter().zip(due) {
        assert_eq!(record.intended_ms, due_ms);
        assert_eq!(record.sent_ms, Some(due_ms));
        assert_eq!(record.headers_ms, Some(due_ms + 5.0));
        assert_eq!(record.end_ms, Some(due_ms + 90.0));
        assert_eq!(record.status, Some(200));
        assert_eq!(record.outcome, Outcome::Completed);
        assert_eq!(ttft_ms(record), 50.0);
        assert_eq!(itls_ms(record), [10.0; 4]);
        assert_eq!((record.prompt_len, record.asked_output_len), (10 + record.index, 5));
    }
    let in_flight: Vec<u32> = run.records.iter().map(|record| record.in_flight_at_send).collect();
    assert_eq!(in_flight, [0, 1, 2, 0, 0]);
    assert_eq!(run.ended().duration_ms, 1090.125);
    assert_eq!(run.counters.text_events.get(), 25);
    assert_eq!((run.counters.sent.get(), run.counters.completed.get(), run.counters.in_flight.get()), (5, 5, 0));
}

#[test]
fn a_run_begins_some_time_after_it_is_told_of() {
    let run = Trial { lead_ms: 250.0, ..Trial::new(vec![0.0, 12.25], steady) }.run();
    let plain = Trial::new(vec![0.0, 12.25], steady).run();
    assert_eq!(run.t0_ms, plain.t0_ms + 250.0);
    assert_eq!(run.records, plain.records);
    let stop_ms = run.t0_ms - run.log.borrow().sent[0].0 - 100.0;
    let stopped = Trial { lead_ms: 250.0, stop_ms, ..Trial::new(vec![0.0], steady) }.run();
    assert_eq!((stopped.ended().duration_ms, stopped.records[0].sent_ms), (0.0, None));
}

#[test]
fn latencies_count_from_when_sending_was_done_with() {
    let run = Trial { send_cost_ms: 2.0, ..Trial::new(vec![5.0], steady) }.run();
    let record = &run.records[0];
    assert_eq!((record.sent_ms, record.handed_ms, record.left_ms()), (Some(5.0), Some(7.0), Some(7.0)));
    assert_eq!(record.reply.events[0].at_ms, 55.0);
}

#[test]
fn each_request_is_expected_as_soon_as_the_one_before_is_sent() {
    let run = Trial::new(vec![10.0, 40.0, 41.0, 500.0], steady).run();
    let expected: Vec<(f64, usize)> =
        run.log.borrow().expected.iter().map(|(at_ms, index)| (at_ms - run.t0_ms, *index)).collect();
    assert_eq!(expected, [(0.0, 0), (10.0, 1), (40.0, 2), (41.0, 3)]);
}

#[test]
fn a_burst_is_expected_as_far_as_it_goes_at_once() {
    let run = Trial::at_once(300, steady).run();
    let log = run.log.borrow();
    let before: Vec<usize> = log.expected.iter().take(240).map(|(_, index)| *index).collect();
    assert!(before.iter().copied().eq(0..240), "{before:?}");
    assert!(log.expected[239].0 < run.t0_ms, "they are made before t0");
}

#[test]
fn the_test_request_comes_first_and_is_not_recorded() {
    let run = Trial::new(vec![0.0, 40.0], steady).run();
    let log = run.log.borrow();
    let sends: Vec<usize> = log.sent.iter().map(|(_, index, _)| *index).collect();
    assert_eq!(sends, [0, 0, 1]);
    assert_eq!(run.t0_ms, log.sent[1].0, "t0 is the first measured send");
    assert_eq!(log.sent[0].0 + 90.0 + 2.0 * 3.0, run.t0_ms, "the test request and the warming end before t0");
    assert_eq!(run.records.len(), 2);
}

#[test]
fn the_run_lasts_until_the_last_wait_is_over() {
    let mut trial = Trial::new(vec![0.0, 100.0], steady);
    trial.span_ms = 4321.0;
    assert_eq!(trial.run().ended().duration_ms, 4321.0);
}

#[test]
fn all_at_once_fills_the_lanes_and_the_rest_wait_their_turn() {
    let run = Trial::at_once(1000, steady).run();
    assert_eq!(run.log.borrow().peak, 240);
    assert!(run.records.iter().all(|record| record.succeeded()));
    for record in &run.records {
        let round = f64::from(record.index / 240);
        assert_eq!(record.intended_ms, 0.0);
        assert_eq!(record.sent_ms, Some(round * 90.0), "request {}", record.index);
        assert_eq!(ttft_ms(record), 50.0, "the wait is not in the TTFT from the send");
    }
    assert_eq!(run.ended().duration_ms, 5.0 * 90.0);
    assert_eq!(run.order, (0..1000).collect::<Vec<u32>>());
}

#[test]
fn max_concurrency_holds_back_in_order() {
    let mut trial = Trial::new(vec![0.0, 1.0, 2.0, 3.0, 500.0], |index, _| {
        Script::tokens(1, if index == 0 { 200.0 } else { 30.0 }, 0.0)
    });
    trial.settings = Settings { max_concurrency: Some(2), ..Settings::default() };
    let run = trial.run();
    let sent: Vec<f64> = run.records.iter().filter_map(|record| record.sent_ms).collect();
    assert_eq!(sent, [0.0, 1.0, 31.0, 61.0, 500.0]);
    assert_eq!(run.log.borrow().peak, 2);
    assert_eq!(run.order, [1, 2, 3, 0, 4]);
}

#[test]
fn one_lane_of_six_holds_back_the_rest_and_says_so() {
    let mut trial = Trial::at_once(20, steady);
    trial.settings = Settings { base_url: Some("http://gpu.example:8000".into()), ..Settings::default() };
    let run = trial.run();
    assert_eq!(run.log.borrow().peak, 6);
    let waits: Vec<f64> = run.records.iter().filter_map(|r| Some(r.sent_ms? - r.intended_ms)).collect();
    let expected: Vec<f64> = (0..20).map(|i| f64::from(i / 6) * 90.0).collect();
    assert_eq!(waits, expected);
}

#[test]
fn a_late_send_goes_at_once_and_nothing_is_spaced_anew() {
    let mut trial = Trial::new(vec![0.0, 10.0, 20.0, 100.0], steady);
    trial.send_cost_ms = 25.0;
    let run = trial.run();
    let sent: Vec<f64> = run.records.iter().filter_map(|record| record.sent_ms).collect();
    assert_eq!(sent, [0.0, 25.0, 50.0, 100.0]);
}

#[test]
fn a_burst_lets_the_streams_be_read_between_its_sends() {
    // 100 sends of 2 ms each take longer than a token: tokens must wait for a few sends, not for the last.
    let mut trial = Trial::at_once(100, steady);
    trial.send_cost_ms = 2.0;
    let run = trial.run();
    let late: Vec<f64> = run.records.iter().map(ttft_ms).filter(|ttft_ms| *ttft_ms > 50.0 + 2.0 * 6.0).collect();
    assert!(late.is_empty(), "{late:?}");
    let sent: Vec<f64> = run.records.iter().filter_map(|record| record.sent_ms).collect();
    assert_eq!(sent, (0..100).map(|i| f64::from(i) * 2.0).collect::<Vec<f64>>());
}

#[test]
fn warm_ups_keep_to_the_limit_and_are_not_recorded() {
    let mut trial = Trial::new(vec![0.0], steady);
    trial.warmups = 7;
    trial.settings = Settings { max_concurrency: Some(3), ..Settings::default() };
    let run = trial.run();
    let log = run.log.borrow();
    assert_eq!((log.sent.len(), log.peak, run.records.len()), (9, 3, 1));
    assert_eq!(log.outside, (0..=7).collect::<Vec<u32>>(), "each has a number, and so a prompt, of its own");
    assert_eq!(log.sent[0].0 + 90.0 + 3.0 + 3.0 * 90.0, run.t0_ms);
    assert_eq!(run.counters.text_events.get(), 5, "warm-ups are not counted");
}

#[test]
fn connections_are_warm_before_the_run() {
    let run = Trial::at_once(9, steady).run();
    // Each lane's first ahead of its others: two lanes, six and three connections.
    let warmed = [(0, 0), (1, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 1), (1, 2)];
    assert_eq!(run.log.borrow().warmed, warmed);
    // At a rate, as many as the test request's length makes likely, and as many again: 2 * 90 ms * 10/s.
    let run = Trial::new((0..50).map(|i| f64::from(i) * 100.0).collect(), steady).run();
    assert_eq!(run.log.borrow().warmed.len(), 2);
}

#[test]
fn a_burst_is_rehearsed_and_goes_as_fast_as_the_wire_takes_it() {
    let rehearse = |intended_ms: Vec<f64>, wire_ms| {
        let mut trial = Trial::new(intended_ms, steady);
        (trial.rehearse, trial.wire_ms) = (true, wire_ms);
        trial.run()
    };
    // Alone, a request is 0.5 ms on the wire and back 3 ms later. Nine at once are back after 9 * 0.5 + 3 ms, so that the
    // wire takes one in 0.44 ms, as far as the rehearsal can tell; a fifth more, and hardly one waits for another.
    let run = rehearse(vec![0.0; 9], 0.5);
    let burst = run.burst.expect("a rehearsal");
    assert!((burst.gap_ms - 1.2 * 4.0 / 9.0).abs() < 1e-9, "{burst:?}");
    assert!(burst.longer_ms < 0.01, "{burst:?}");
    let lanes: Vec<u16> = run.log.borrow().warmed.iter().rev().take(9).rev().map(|(lane, _)| *lane).collect();
    assert_eq!(lanes, [0, 0, 0, 0, 0, 0, 1, 1, 1]);
    // So go the run's own, and each says how late it was.
    for (record, index) in run.records.iter().zip(0..) {
        let sent_ms = record.sent_ms.expect("sent");
        assert!((sent_ms - f64::from(index) * burst.gap_ms).abs() < 1e-9, "{index} at {sent_ms}");
        assert_eq!(record.intended_ms, 0.0);
    }
    // What takes long is a slow server or network, not the browser: a burst stays one.
    assert_eq!(rehearse(vec![0.0; 9], 50.0).burst.map(|burst| burst.gap_ms), Some(2.0));
    assert!(rehearse(vec![0.0; 9], 50.0).burst.is_some_and(|burst| burst.longer_ms > 100.0));
    assert_eq!(rehearse(vec![0.0, 5.0], 0.5).burst, None, "only what goes at once is a burst");
}

#[test]
fn a_poisson_like_hour_is_exact() {
    let mut at = 0.0;
    let due: Vec<f64> = (0..3600u32)
        .map(|i| {
            at += f64::from(i.wrapping_mul(2_654_435_761) % 2000);
            at
        })
        .collect();
    let run = Trial::new(due.clone(), |index, _| Script::tokens(20, 40.0 + (index % 9) as f64 * 100.0, 25.0)).run();
    let late = run.records.iter().filter(|record| record.sent_ms != Some(record.intended_ms)).count();
    assert_eq!(late, 0);
    for record in &run.records {
        assert!((ttft_ms(record) - (40.0 + f64::from(record.index % 9) * 100.0)).abs() < 1e-6);
        assert!(itls_ms(record).iter().all(|itl| (itl - 25.0).abs() < 1e-6));
    }
}

#[test]
fn no_requests_make_an_empty_run() {
    let run = Trial::at_once(0, steady).run();
    assert_eq!((run.records.len(), run.ended().duration_ms, run.log.borrow().sent.len()), (0, 0.0, 0));
}
