//! Answers with a fault in them: how a stream's events, or an answer in one piece, change when it strikes.

use crate::dialect::{Dialect, Job};
use crate::event::{End, Event, Item, Kind};
use crate::faults::Fault;

/// A stream's items with a fault in them.
pub(crate) struct Faulty<I> {
    items: I,
    fault: Option<Fault>,
    dialect: &'static dyn Dialect,
    strikes_at: Option<usize>,
    token_events: usize,
    ended: bool,
}

impl<I: Iterator<Item = Item>> Faulty<I> {
    pub(crate) fn new(items: I, fault: Option<Fault>, dialect: &'static dyn Dialect, job: &Job, chunks: usize) -> Self {
        let events = if dialect.one_event_a_token() { job.total } else { chunks };
        let strikes_at = fault.and_then(|fault| fault.strikes_at(events));
        Self { items, fault, dialect, strikes_at, token_events: 0, ended: fault == Some(Fault::Empty) }
    }

    /// The item that stands in an event's place.
    fn strike(&mut self, event: Event) -> Item {
        let due_ms = event.due_ms;
        let end = |end| Item::End(end, due_ms);
        match self.fault {
            Some(Fault::ResetMidStream { .. }) => end(End::Reset),
            Some(Fault::CloseMidStream { .. }) => end(End::Close),
            Some(Fault::Stall { .. }) => end(End::Stall),
            Some(Fault::BrokenJson { .. }) => Item::Event(cut_in_half(event)),
            Some(Fault::HugeLine { megabytes }) => Item::Event(blow_up(event, megabytes)),
            Some(Fault::ErrorEvent { .. }) => {
                self.ended = true;
                let data = self.dialect.error(500, "the mock was told to fail in mid-stream").to_string();
                Item::Event(Event { data, tokens: 0, text: String::new(), ..event })
            }
            _ => Item::Event(event),
        }
    }
}

impl<I: Iterator<Item = Item>> Iterator for Faulty<I> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            match self.items.next()? {
                _ if self.ended => return None,
                Item::Event(event) if event.kind == Kind::Token => {
                    let place = self.token_events;
                    self.token_events += 1;
                    let struck = self.strikes_at == Some(place);
                    return Some(if struck { self.strike(event) } else { Item::Event(event) });
                }
                Item::Event(event) if event.kind == Kind::Done && self.fault == Some(Fault::NoDone) => {}
                item => return Some(item),
            }
        }
    }
}

/// An event with half of its JSON; its tokens do not count as sent.
fn cut_in_half(event: Event) -> Event {
    Event { data: first_half(&event.data), tokens: 0, text: String::new(), ..event }
}

fn first_half(text: &str) -> String {
    let half = text.len() / 2;
    text.char_indices().take_while(|(at, _)| *at < half).map(|(_, char)| char).collect()
}

fn blow_up(event: Event, megabytes: usize) -> Event {
    Event { data: with_padding(&event.data, megabytes), ..event }
}

/// A JSON object with one very long string before what it says.
fn with_padding(json: &str, megabytes: usize) -> String {
    let rest = json.strip_prefix('{').unwrap_or("}");
    format!("{{\"padding\":\"{}\",{rest}", "x".repeat(megabytes * 1_000_000))
}

/// An answer that is not streamed, with a fault in it: what is sent of it, and how it ends if not well.
pub(crate) fn whole(fault: Option<Fault>, json: String) -> (String, Option<End>) {
    match fault {
        Some(Fault::ResetMidStream { .. }) => (first_half(&json), Some(End::Reset)),
        Some(Fault::CloseMidStream { .. }) => (first_half(&json), Some(End::Close)),
        Some(Fault::Stall { .. }) => (first_half(&json), Some(End::Stall)),
        Some(Fault::BrokenJson { .. }) => (first_half(&json), None),
        Some(Fault::HugeLine { megabytes }) => (with_padding(&json, megabytes), None),
        Some(Fault::Empty) => (String::new(), None),
        _ => (json, None),
    }
}
