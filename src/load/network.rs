//! The browser's own timing of each fetch, matched to our records. Entries carry no mark of ours, so that an entry
//! belongs to the record whose send and end lie nearest, at the same address.

use crate::record::{NetworkTiming, Record, Taint};

/// A wait for a connection above this taints a record, ms: the browser held the request back. A busy machine waits some
/// ms without a queue; a queue waits for another stream's end.
pub const QUEUE_MS: f64 = 20.0;
/// How far an entry's start may lie from its record's send, ms.
const NEAR_START_MS: f64 = 20.0;
/// How far its end may lie from its record's, ms: delivery takes time under load.
const NEAR_END_MS: f64 = 1000.0;

/// One entry of Resource Timing; times on the client's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The address that was fetched, as the browser writes it.
    pub url: String,
    /// The times, still on the client's clock.
    pub timing: NetworkTiming,
}

/// Gives each record its entry, takes that from the list, and flags what the browser held back. `urls` are the lanes'
/// addresses. Entries from before t0 are thrown away.
pub fn attach(records: &mut [Record], entries: &mut Vec<Entry>, urls: &[String], t0_ms: f64) {
    entries.retain(|entry| entry.timing.fetch_start_ms >= t0_ms - 1.0);
    for record in records.iter_mut().filter(|record| record.network.is_none()) {
        let Some(url) = urls.get(usize::from(record.lane)) else { continue };
        let nearest = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.url == *url)
            .filter_map(|(index, entry)| Some((distance_ms(record, entry, t0_ms)?, index)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, index)) = nearest else { continue };
        let timing = since(entries.remove(index).timing, t0_ms);
        if queued_ms(&timing).is_some_and(|wait_ms| wait_ms > QUEUE_MS) && !record.taints.contains(&Taint::BrowserQueue)
        {
            record.taints.push(Taint::BrowserQueue);
        }
        record.network = Some(timing);
    }
}

fn distance_ms(record: &Record, entry: &Entry, t0_ms: f64) -> Option<f64> {
    let (sent_ms, end_ms) = (record.sent_ms?, record.end_ms?);
    let from_send = entry.timing.fetch_start_ms - t0_ms - sent_ms;
    let from_end = entry.timing.response_end_ms - t0_ms - end_ms;
    let near = from_send.abs() < NEAR_START_MS && from_end.abs() < NEAR_END_MS;
    near.then(|| from_send.abs() + from_end.abs())
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
        Entry { url: url(lane), timing }
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
