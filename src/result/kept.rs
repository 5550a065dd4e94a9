//! A run of ours in pieces, as the browser keeps it: a head when it begins, records as they come in, a tail at its end.
//! A run that was cut off has no tail. Each piece is one JSON text with the result file's names, so that a later version
//! of the page reads what an earlier one kept; generated texts are left out, as they are of files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lift::{Lifted, lift};
use super::sweep::SweepPlace;
use super::wire::{WireRecord, flags_of, settings_of, sha256};
use super::{WorkloadFacts, python};
use crate::record::Record;
use crate::record::client::Calibration;
use crate::record::client::ClientReport;
use crate::settings::Settings;

/// What is known when a run begins.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Head {
    /// The mark of the build.
    pub build: String,
    /// The settings; headers and addresses that may hold a secret are written without it.
    pub settings: Settings,
    /// Local time of t0, as `YYYYmmdd-HHMMSS`.
    pub date: String,
    /// Its place in a sweep; none if it is no sweep's.
    pub sweep: Option<SweepPlace>,
    /// The workload.
    pub workload: WorkloadFacts,
    /// What the browser was found to add before it; none where it was not measured.
    pub calibration: Option<Calibration>,
}

/// What only the end of a run knows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tail {
    /// From t0 to the last outcome and the end of the schedule, in s.
    pub duration_s: f64,
    /// Why it is not whole, in a sentence, if it is not.
    pub partial: Option<String>,
    /// Output tokens by request index, counted with the tokenizer.
    pub output_tokens: Vec<Option<u32>>,
    /// What the client measured of itself, if it could still tell.
    pub client: Option<ClientReport>,
}

/// A run put together again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept {
    /// Its head.
    pub head: Head,
    /// The records that were kept, in the workload's order.
    pub records: Vec<Record>,
    /// SHA-256 of each one's generated text.
    pub text_hashes: Vec<Option<String>>,
    /// Its tail; none if it was cut off.
    pub tail: Option<Tail>,
}

/// Why pieces are no run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeptError {
    /// The first piece is not there.
    #[error("Its beginning is missing, so it cannot be told what was measured.")]
    NoHead,
    /// A piece is not what this version writes.
    #[error("A part of it cannot be read: {reason}.")]
    Broken {
        /// What the reader met.
        reason: String,
    },
}

/// One piece.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Piece {
    Head(Box<WireHead>),
    Records(Vec<WireRecord>),
    Tail(Box<Tail>),
}

#[derive(Debug, Serialize, Deserialize)]
struct WireHead {
    build: String,
    /// Flags and their values, those that differ from the defaults.
    settings: BTreeMap<String, Vec<String>>,
    date: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sweep: Option<SweepPlace>,
    #[serde(default)]
    workload: WorkloadFacts,
    #[serde(default)]
    calibration: Option<Calibration>,
}

/// The first piece.
pub fn head(head: Head) -> String {
    let Head { build, settings, date, sweep, workload, calibration } = head;
    let head = WireHead { build, settings: flags_of(settings), date, sweep, workload, calibration };
    written(&Piece::Head(Box::new(head)))
}

/// A piece of records.
pub fn records(records: &[Record]) -> String {
    let wire = |record: &Record| WireRecord::new(record, Some(sha256(&record.reply.text)), false);
    written(&Piece::Records(records.iter().map(wire).collect()))
}

/// The last piece.
pub fn tail(tail: Tail) -> String {
    written(&Piece::Tail(Box::new(tail)))
}

/// Puts pieces together, in whatever order they come.
///
/// # Errors
/// When one cannot be read, or the head is missing.
pub fn read(pieces: impl IntoIterator<Item: AsRef<str>>) -> Result<Kept, KeptError> {
    let mut head = None;
    let mut read = Vec::new();
    let mut tail = None;
    for piece in pieces {
        match read_piece(piece.as_ref()).map_err(|error| KeptError::Broken { reason: error.to_string() })? {
            Piece::Head(wire) => head = Some(*wire),
            Piece::Records(records) => read.extend(records),
            Piece::Tail(found) => tail = Some(*found),
        }
    }
    let WireHead { build, settings, date, sweep, workload, calibration } = head.ok_or(KeptError::NoHead)?;
    let broken = |reason: &str| KeptError::Broken { reason: reason.to_owned() };
    let records: Result<Vec<_>, _> = read.into_iter().map(|record| record.into_record(None)).collect();
    let mut records = records.map_err(broken)?;
    records.sort_by_key(|(record, _)| record.index);
    let (records, text_hashes) = records.into_iter().unzip();
    Ok(Kept {
        head: Head { build, settings: settings_of(&settings), date, sweep, workload, calibration },
        records,
        text_hashes,
        tail,
    })
}

fn read_piece(text: &str) -> serde_json::Result<Piece> {
    if let Some(Lifted { rest, events }) = lift(text, &["records"])
        && let Ok(Piece::Records(mut records)) = serde_json::from_str(&rest)
        && WireRecord::take_events(&mut records, events)
    {
        return Ok(Piece::Records(records));
    }
    serde_json::from_str(text)
}

/// As files are written, so that the page carries one writer of JSON.
fn written(piece: &Piece) -> String {
    python::to_json(piece)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, EventKind, Outcome, Reply};
    use crate::settings::SweepKey;

    fn record(index: u32) -> Record {
        let event = Event { at_ms: 12.5, read: 0, kind: EventKind::Text, chars: 5, tokens_so_far: None };
        let reply = Reply { events: vec![event], text: "hello".into(), ..Reply::default() };
        Record { index, sent_ms: Some(1.25), outcome: Outcome::Completed, reply, ..Record::default() }
    }

    fn first() -> Head {
        let settings = Settings {
            request_rate: 4.0,
            header: vec!["X-Api-Key=abc".into()],
            base_url: Some("http://me:pw@gpu:8000".into()),
            ..Settings::default()
        };
        let sweep = SweepPlace { id: "s".into(), key: SweepKey::RequestRate, value: "4".into(), place: 2, of: 3 };
        Head { build: "b".into(), settings, date: "20251125-101112".into(), sweep: Some(sweep), ..Head::default() }
    }

    #[test]
    fn a_run_is_put_together_from_its_pieces_without_its_texts() {
        let last = Tail { duration_s: 2.5, output_tokens: vec![Some(1), None, Some(3)], ..Tail::default() };
        let pieces = [head(first()), records(&[record(2), record(0)]), records(&[record(1)]), tail(last.clone())];
        let kept = read(pieces.iter().map(String::as_str)).unwrap();
        assert_eq!(kept.records.iter().map(|record| record.index).collect::<Vec<_>>(), [0, 1, 2]);
        let mut without_text = record(1);
        without_text.reply.text.clear();
        assert_eq!(kept.records[1], without_text);
        assert_eq!(kept.text_hashes[1].as_deref(), Some(sha256("hello").as_str()));
        assert_eq!((kept.head.settings.request_rate, kept.head.date.as_str()), (4.0, "20251125-101112"));
        assert_eq!((kept.tail, kept.head.sweep), (Some(last), first().sweep));
        assert!(!pieces.concat().contains("hello"));
    }

    #[test]
    fn no_secret_is_kept() {
        let text = head(first());
        assert!(!text.contains("abc") && !text.contains("pw@"), "{text}");
    }

    #[test]
    fn a_run_that_was_cut_off_has_no_tail_and_broken_pieces_are_refused() {
        let (head, some) = (head(first()), records(&[record(0)]));
        assert_eq!(read([head.as_str(), some.as_str()]).unwrap().tail, None);
        assert_eq!(read([some.as_str()]), Err(KeptError::NoHead));
        for broken in ["", "{}", "[]", "{\"records\": [1]}", &some[..some.len() - 3]] {
            assert!(matches!(read([head.as_str(), broken]), Err(KeptError::Broken { .. })), "{broken}");
        }
    }
}
