//! The browser's own timing of each fetch, matched to our records. Entries carry no mark of ours, so that an entry
//! belongs to the record whose send and end lie nearest, at the same address. The send counts most: the browser notes it
//! in the call of `fetch`, and the end some time before we see it.

use crate::record::{NetworkTiming, Record, Taint};

/// A wait for a connection above this taints a record, ms: the browser held the request back. A busy machine waits some
/// ms without a queue; a queue waits for another stream's end.
pub const QUEUE_MS: f64 = 20.0;
/// How far an entry's start may lie from its record's send, ms.
const NEAR_START_MS: f64 = 20.0;
/// How far its end may lie from its record's, ms: delivery takes time under load.
const NEAR_END_MS: f64 = 1000.0;

/// What it counts when an entry starts before the send, which is noted just before the call: only the clock's step can do
/// that.
const EARLY_WEIGHT: f64 = 10.0;
/// What the distance of the ends counts beside that of the starts.
const END_WEIGHT: f64 = 0.01;

/// One entry of Resource Timing; times on the client's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The address that was fetched, as the browser writes it.
    pub url: String,
    /// When `fetch` was called; a Service Worker on its way makes `fetch_start_ms` later.
    pub start_ms: f64,
    /// The times, still on the client's clock.
    pub timing: NetworkTiming,
}

/// Gives each record its entry, takes that from the list, and flags what the browser held back. `urls` are the lanes'
/// addresses. Entries from before t0 are thrown away.
pub fn attach(records: &mut [Record], entries: &mut Vec<Entry>, urls: &[String], t0_ms: f64) {
    entries.retain(|entry| entry.start_ms >= t0_ms - 1.0);
    let mut taken = vec![false; entries.len()];
    for (_, of_record, of_entry) in pairs(records, entries, urls, t0_ms) {
        let record = &mut records[of_record];
        if taken[of_entry] || record.network.is_some() {
            continue;
        }
        taken[of_entry] = true;
        let timing = since(entries[of_entry].timing.clone(), t0_ms);
        if queued_ms(&timing).is_some_and(|wait_ms| wait_ms > QUEUE_MS) && !record.taints.contains(&Taint::BrowserQueue)
        {
            record.taints.push(Taint::BrowserQueue);
        }
        record.network = Some(timing);
    }
    let mut taken = taken.into_iter();
    entries.retain(|_| !taken.next().unwrap_or_default());
}

/// Records and entries that may belong together, as (distance in ms, record, entry), the nearest first.
fn pairs(records: &[Record], entries: &[Entry], urls: &[String], t0_ms: f64) -> Vec<(f64, usize, usize)> {
    let mut pairs = Vec::new();
    for (of_record, record) in records.iter().enumerate().filter(|(_, record)| record.network.is_none()) {
        let Some(url) = urls.get(usize::from(record.lane)) else { continue };
        let there = entries.iter().enumerate().filter(|(_, entry)| entry.url == *url);
        pairs.extend(there.filter_map(|(at, entry)| Some((distance_ms(record, entry, t0_ms)?, of_record, at))));
    }
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    pairs
}

fn distance_ms(record: &Record, entry: &Entry, t0_ms: f64) -> Option<f64> {
    let (sent_ms, end_ms) = (record.sent_ms?, record.end_ms?);
    let from_send = entry.start_ms - t0_ms - sent_ms;
    let from_end = entry.timing.response_end_ms - t0_ms - end_ms;
    let near = from_send.abs() < NEAR_START_MS && from_end.abs() < NEAR_END_MS;
    let from_send = if from_send < 0.0 { from_send * EARLY_WEIGHT } else { from_send };
    near.then(|| from_send.abs() + END_WEIGHT * from_end.abs())
}

fn since(timing: NetworkTiming, t0_ms: f64) -> NetworkTiming {
    NetworkTiming {
        fetch_start_ms: timing.fetch_start_ms - t0_ms,
        connect_ms: timing.connect_ms.map(|(start, end)| (start - t0_ms, end - t0_ms)),
        request_start_ms: timing.request_start_ms.map(|at| at - t0_ms),
        response_start_ms: timing.response_start_ms.map(|at| at - t0_ms),
        response_end_ms: timing.response_end_ms - t0_ms,
        protocol: timing.protocol,
    }
}

/// How long the browser held the request back before it sent it, the making of a connection apart, ms; none where it
/// does not tell. A CORS preflight is part of it.
pub fn queued_ms(timing: &NetworkTiming) -> Option<f64> {
    let connecting_ms = timing.connect_ms.map_or(0.0, |(start, end)| end - start);
    Some((timing.request_start_ms? - timing.fetch_start_ms - connecting_ms).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0_MS: f64 = 10_000.0;

    fn url(lane: u16) -> String {
        format!("http://s{lane}.localhost/v1")
    }

    fn attach_all(records: &mut [Record], entries: &mut Vec<Entry>) {
        attach(records, entries, &[url(0), url(1)], T0_MS);
    }

    fn record(lane: u16, sent_ms: f64, end_ms: f64) -> Record {
        Record { lane, sent_ms: Some(sent_ms), end_ms: Some(end_ms), ..Record::default() }
    }

    fn entry(lane: u16, start_ms: f64, wait_ms: f64, end_ms: f64) -> Entry {
        let timing = NetworkTiming {
            fetch_start_ms: T0_MS + start_ms,
            connect_ms: Some((T0_MS + start_ms, T0_MS + start_ms + 2.0)),
            request_start_ms: Some(T0_MS + start_ms + 2.0 + wait_ms),
            response_start_ms: Some(T0_MS + end_ms - 1.0),
            response_end_ms: T0_MS + end_ms,
            protocol: Some("http/1.1".into()),
        };
        Entry { url: url(lane), start_ms: T0_MS + start_ms, timing }
    }

    #[test]
    fn finds_each_records_own_entry() {
        let mut records = vec![record(0, 0.0, 90.0), record(1, 0.0, 80.0), record(0, 0.2, 60.0)];
        let mut entries = vec![entry(0, 0.2, 0.0, 59.0), entry(0, 0.1, 40.0, 89.5), entry(1, 0.0, 0.0, 79.0)];
        attach_all(&mut records, &mut entries);
        let ends: Vec<f64> = records.iter().filter_map(|r| Some(r.network.as_ref()?.response_end_ms)).collect();
        assert_eq!(ends, [89.5, 79.0, 59.0]);
        let flagged: Vec<bool> = records.iter().map(|r| r.taints == [Taint::BrowserQueue]).collect();
        assert_eq!(flagged, [true, false, false]);
        assert!(entries.is_empty());
    }

    #[test]
    fn a_burst_at_one_address_is_told_apart_by_its_sends() {
        // One every 0.9 ms; the last read of each was seen some ms after its end, and not in the order of the sends.
        let (mut records, mut entries) = (Vec::new(), Vec::new());
        for i in 0..40_u32 {
            let (sent_ms, end_ms) = (f64::from(i) * 0.45, 300.0 + f64::from(i * 7 % 40));
            records.push(record(0, sent_ms, end_ms + f64::from(i * 13 % 20)));
            entries.push(entry(0, sent_ms + 0.1 + f64::from(i % 4) * 0.1, 5.0, end_ms));
        }
        let truth: Vec<f64> = entries.iter().map(|entry| entry.start_ms - T0_MS).collect();
        entries.sort_by(|a, b| a.timing.response_end_ms.total_cmp(&b.timing.response_end_ms));
        let own = |record: &Record| record.network.as_ref().map(|network| network.fetch_start_ms);
        records.reverse();
        attach_all(&mut records, &mut entries);
        let found: Vec<Option<f64>> = records.iter().rev().map(own).collect();
        assert_eq!(found, truth.into_iter().map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn leaves_what_does_not_belong() {
        let mut records = vec![record(0, 0.0, 90.0), Record::default()];
        let mut entries = vec![entry(0, 5000.0, 0.0, 5090.0), entry(2, 0.0, 0.0, 90.0), entry(0, -5.0, 0.0, 90.0)];
        attach_all(&mut records, &mut entries);
        assert!(records.iter().all(|record| record.network.is_none()));
        assert_eq!(entries.len(), 2);
    }

    #[test]
    fn without_leave_to_see_there_is_no_verdict() {
        let hidden = NetworkTiming { fetch_start_ms: 1.0, response_end_ms: 9.0, ..NetworkTiming::default() };
        assert_eq!(queued_ms(&hidden), None);
    }
}
