//! Synthetic results, with the uneven arrivals and tokens of a real run, the same each time.

use streamgauge::metrics::MetricOptions;
use streamgauge::record::{Event, EventKind, Outcome, Record, Reply};
use streamgauge::result::{Run, RunResult};
use streamgauge::settings::Settings;

/// Records of this many requests with this many events each.
pub fn records(requests: u32, events: u32) -> Vec<Record> {
    let mut state = 7_u64;
    let mut unit = move || {
        state = state * 48271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    };
    let mut due_ms = 0.0;
    let mut record = |index: u32| {
        due_ms += -20.0 * (1.0 - unit()).ln();
        let sent_ms = due_ms + 0.3 * unit();
        let mut at_ms = sent_ms + 100.0 + 200.0 * unit();
        let mut stream: Vec<Event> = Vec::new();
        for read in 0..events.saturating_sub(1) {
            stream.push(Event { at_ms, read, kind: EventKind::Text, chars: 4, tokens_so_far: None });
            at_ms += 15.0 + 10.0 * unit();
        }
        stream.push(Event { at_ms, read: events, kind: EventKind::Done, chars: 0, tokens_so_far: None });
        Record {
            index,
            prompt_len: 200,
            asked_output_len: events,
            intended_ms: due_ms,
            sent_ms: Some(sent_ms),
            end_ms: Some(at_ms + 0.1),
            output_tokens: Some(events.saturating_sub(1)),
            outcome: Outcome::Completed,
            reply: Reply { events: stream, ..Reply::default() },
            ..Record::default()
        }
    };
    (0..requests).map(&mut record).collect()
}

/// The result of a run with these records.
pub fn result(records: Vec<Record>, label: Option<String>) -> RunResult {
    let duration_s = records.iter().filter_map(|record| record.end_ms).fold(0.0, f64::max) / 1000.0;
    let num_prompts = records.len() as u32;
    let model = Some("made-up".into());
    let settings = Settings { num_prompts, request_rate: 50.0, model, label, ..Settings::default() };
    let date = "20260101-000000".into();
    let run = Run { settings, date, duration_s, client: Some(Default::default()), records, ..Run::default() };
    RunResult::from_run(run, &MetricOptions::default())
}
