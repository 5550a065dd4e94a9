//! Faults: each is data in its request's record, and the run goes on.

use streamgauge::record::{Failure, FailureKind, Outcome, Record};
use streamgauge::settings::Settings;

use crate::script::{DONE, Script, Step, token};
use crate::{Trial, ttft_ms};

fn sound() -> Script {
    Script::tokens(5, 50.0, 10.0)
}

/// The record of request 1 of 3, when it alone meets this script; the others must be unharmed.
fn one_bad(bad: Script) -> Record {
    let run = Trial::new(vec![0.0, 5.0, 200.0], move |index, _| if index == 1 { bad.clone() } else { sound() }).run();
    assert!(!run.ended().stopped);
    for index in [0, 2] {
        let other = &run.records[index];
        assert!(other.succeeded(), "request {index}: {:?}", other.outcome);
        assert_eq!(ttft_ms(other), 50.0);
    }
    assert_eq!(run.counters.completed.get() + run.counters.failed.get(), 3);
    run.records[1].clone()
}

fn failure(record: &Record) -> (FailureKind, &str) {
    let failure = record.failure().unwrap_or_else(|| panic!("{:?}", record.outcome));
    (failure.kind, &failure.message)
}

#[test]
fn unreachable() {
    let record = one_bad(Script::unreachable());
    assert_eq!(failure(&record), (FailureKind::Unreachable, "Refused."));
    assert_eq!((record.status, record.headers_ms, record.end_ms), (None, None, Some(7.0)));
}

#[test]
fn error_status_keeps_the_servers_words() {
    let record = one_bad(Script::status(404, "no such model"));
    assert_eq!(failure(&record), (FailureKind::HttpStatus, "Status 404: no such model"));
    assert_eq!((record.status, record.headers_ms, record.end_ms), (Some(404), Some(7.0), Some(8.0)));
}

#[test]
fn a_huge_error_body_is_not_read_to_its_end() {
    let mut endless = Script::status(500, "");
    endless.body = (0..100).map(|i| (3.0 + f64::from(i), Step::Bytes("x".repeat(10_000)))).collect();
    let record = one_bad(endless);
    let (kind, message) = failure(&record);
    assert_eq!(kind, FailureKind::HttpStatus);
    assert!(message.starts_with("Status 500: xxx") && message.len() < 1000);
    assert_eq!(record.end_ms, Some(5.0 + 4.0), "two pieces are enough");
}

#[test]
fn a_web_page_in_place_of_a_stream() {
    let page = Step::Bytes("<!doctype html><title>Not the API</title>".into());
    let mut script = sound().cut(0, Some(page));
    script.body.push((9.0, Step::End));
    let (kind, message) = (FailureKind::WrongContent, "<!doctype html>");
    let record = one_bad(script);
    assert!(failure(&record).0 == kind && failure(&record).1.contains(message), "{:?}", record.outcome);
}

#[test]
fn a_stream_that_breaks_keeps_what_came() {
    let record = one_bad(sound().cut(3, Some(Step::Break)));
    assert_eq!(failure(&record), (FailureKind::Broken, "The connection was reset."));
    assert_eq!((record.reply.events.len(), record.reply.text.as_str()), (3, "wordwordword"));
    assert_eq!(record.end_ms, Some(5.0 + 71.0));
}

#[test]
fn an_error_in_mid_stream() {
    let record =
        one_bad(sound().cut(2, Some(Step::Bytes("data: {\"error\":{\"message\":\"out of memory\"}}\n\n".into()))));
    assert_eq!(failure(&record), (FailureKind::ServerError, "out of memory"));
    assert_eq!(record.reply.events.len(), 2);
}

#[test]
fn a_stream_without_a_token() {
    let record = one_bad(sound().cut(0, Some(Step::End)));
    assert_eq!(failure(&record).0, FailureKind::Empty);
}

#[test]
fn a_missing_end_mark_is_left_to_the_backend() {
    assert!(one_bad(sound().cut(5, Some(Step::End))).succeeded());
}

#[test]
fn after_the_end_mark_nothing_can_fail() {
    let done = || sound().cut(6, None);
    assert!(one_bad(done().cut(6, Some(Step::Break))).succeeded());
    let record = one_bad(done());
    assert!(record.succeeded(), "a connection that stays open is dropped");
    assert_eq!(record.reply.events.len(), 6);
    let after = one_bad(done().cut(6, Some(Step::Bytes(token("late")))));
    assert_eq!(after.reply.text, "word".repeat(5), "nothing is read after the mark");
}

#[test]
fn events_of_one_read_share_its_time_and_number() {
    let mut script = sound().cut(0, None);
    script.body = vec![
        (50.0, Step::Bytes(token("a"))),
        (60.0, Step::Bytes(token("b") + &token("c"))),
        (70.0, Step::Bytes(token("d") + DONE)),
        (70.0, Step::End),
    ];
    let record = one_bad(script);
    let seen: Vec<(f64, u32)> = record.reply.events.iter().map(|event| (event.at_ms, event.read)).collect();
    assert_eq!(seen, [(55.0, 0), (65.0, 1), (65.0, 1), (75.0, 2), (75.0, 2)]);
}

#[test]
fn a_stall_ends_at_the_time_limit() {
    let stalls: [(Script, &str); 3] = [
        (sound().cut(2, None), "2 events had come"),
        (sound().cut(0, None), "no event of the stream had come"),
        (Script { head: (1e7, Some(200)), ..sound() }, "the server had not answered"),
    ];
    for (script, words) in stalls {
        let record = one_bad(script);
        let (kind, message) = failure(&record);
        assert_eq!(kind, FailureKind::Timeout);
        assert!(message.contains("60 s") && message.contains(words), "{message}");
        assert_eq!(record.end_ms, Some(60_005.0));
    }
}

#[test]
fn failures_free_their_lanes() {
    let mut trial = Trial::at_once(100, |_, before| if before == 0 { sound() } else { Script::unreachable() });
    trial.settings = Settings { max_concurrency: Some(1), ..Settings::default() };
    let run = trial.run();
    assert_eq!((run.counters.failed.get(), run.records.len()), (100, 100));
    assert_eq!(run.ended().duration_ms, 200.0);
}

#[test]
fn a_failing_test_request_ends_the_run_with_its_reason() {
    let run = Trial::at_once(10, |_, _| Script::status(401, "who are you")).run();
    let error = run.ended.expect_err("not begun");
    let said = "The test request failed, so the run was not started. Status 401: who are you";
    assert_eq!(error.to_string(), said);
    assert_eq!((run.records.len(), run.log.borrow().sent.len()), (0, 1));
}

#[test]
fn the_ready_check_tries_again() {
    let book = |_, before| if before < 3 { Script::unreachable() } else { sound() };
    let mut trial = Trial::at_once(2, book);
    trial.ready_timeout_ms = 30_000.0;
    let run = trial.run();
    assert_eq!(run.ended().duration_ms, 90.0);
    let log = run.log.borrow();
    assert_eq!(log.sent[3].0 - log.sent[0].0, 3.0 * 2002.0);

    let mut trial = Trial::at_once(2, |_, _| Script::unreachable());
    trial.ready_timeout_ms = 12_000.0;
    let run = trial.run();
    assert!(run.ended.is_err());
    let log = run.log.borrow();
    let tries: Vec<f64> = log.sent.iter().map(|(at, _, _)| at - log.sent[0].0).collect();
    assert_eq!(tries, [0.0, 2002.0, 4004.0, 6006.0, 8008.0, 10_010.0, 12_000.0]);
}

#[test]
fn a_stop_in_mid_run_keeps_what_was_measured() {
    let due: Vec<f64> = (0..10).map(|i| f64::from(i) * 100.0).collect();
    let mut trial = Trial::new(due, |_, _| Script::tokens(10, 50.0, 20.0));
    // The test request takes 230 ms, warming twice 3 ms: 455 ms into the run.
    trial.stop_ms = 691.0;
    trial.settings = Settings { max_concurrency: Some(2), ..Settings::default() };
    let run = trial.run();
    assert_eq!((run.ended().stopped, run.ended().duration_ms), (true, 455.0));
    let outcomes: Vec<&Outcome> = run.records.iter().map(|record| &record.outcome).collect();
    let (done, stopped) = (&Outcome::Completed, &Outcome::Stopped);
    assert_eq!(outcomes, [done, done, stopped, stopped, stopped, stopped, stopped, stopped, stopped, stopped]);
    let partial = &run.records[2];
    assert_eq!((partial.sent_ms, partial.end_ms), (Some(230.0), Some(455.0)));
    assert_eq!(partial.reply.text, "word".repeat(9));
    assert_eq!(run.records[3].reply.events.len(), 4);
    let unsent = &run.records[4];
    assert_eq!((unsent.index, unsent.intended_ms, unsent.sent_ms, unsent.end_ms), (4, 400.0, None, None));
    assert_eq!(run.log.borrow().aborted, 2);
    assert_eq!((run.counters.in_flight.get(), run.counters.waiting.get()), (0, 0));
}

#[test]
fn a_stop_during_the_test_request() {
    let mut trial = Trial::at_once(3, |_, _| sound());
    trial.stop_ms = 20.0;
    let run = trial.run();
    assert_eq!((run.ended().stopped, run.records.len(), run.log.borrow().aborted), (true, 0, 1));
}

#[test]
fn the_failure_kind_of_a_run_is_countable() {
    let book = |index: usize, _| match index % 4 {
        0 => sound(),
        1 => Script::status(503, "busy"),
        2 => Script::unreachable(),
        _ => sound().cut(1, Some(Step::Break)),
    };
    let run = Trial::at_once(40, book).run();
    let count = |kind| {
        let is = |failure: &Failure| failure.kind == kind;
        run.records.iter().filter(|record| record.failure().is_some_and(is)).count()
    };
    assert_eq!([FailureKind::HttpStatus, FailureKind::Unreachable, FailureKind::Broken].map(count), [10, 10, 10]);
}
