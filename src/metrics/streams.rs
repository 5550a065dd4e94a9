//! What the streams of the completed requests were like, beside their tokens: whether they ended with a mark, answers
//! without text, prompts that came back, and events that are none of the protocol's.

use serde::{Deserialize, Serialize};

use crate::record::{EventKind, Record, StreamEnd};

/// Counts of the completed requests, unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StreamTraits {
    /// Those of which it is known what their stream ended with.
    pub ended: u32,
    /// Of those, the ones that ended without `[DONE]`, finish reason or usage.
    pub unmarked: u32,
    /// Those whose answer has no text: reasoning, a tool call or a refusal alone.
    pub without_text: u32,
    /// Those whose answer began with the prompt, which was taken off.
    pub prompts_echoed: u32,
    /// Events of all requests that are none of the protocol's, and were passed over.
    pub passed_over: u64,
}

impl StreamTraits {
    /// Counts them in the records.
    pub fn of(records: &[Record]) -> Self {
        let mut traits = Self::default();
        for record in records {
            let events = &record.reply.events;
            traits.passed_over += events.iter().filter(|event| event.kind == EventKind::Other).count() as u64;
            if record.succeeded() {
                traits.ended += u32::from(record.reply.end.is_some());
                traits.unmarked += u32::from(record.reply.end == Some(StreamEnd::Unmarked));
                traits.without_text += u32::from(!events.is_empty() && !record.reply.has_text());
                traits.prompts_echoed += u32::from(record.reply.prompt_echoed);
            }
        }
        traits
    }

    /// What is not said by the verdict, in sentences.
    pub fn says(&self) -> Option<String> {
        (self.passed_over > 0).then(|| {
            let (count, are) = (self.passed_over, if self.passed_over == 1 { "event is" } else { "events are" });
            format!("{count} {are} no tokens and none of the protocol's other events (pings, for example), and were passed over.")
        })
    }
}

/// What the row of a request says of its stream, beside its outcome; none if there is nothing to say, or it did not
/// complete.
pub fn remark(record: &Record) -> Option<String> {
    if !record.succeeded() {
        return None;
    }
    let reply = &record.reply;
    let remarks = [
        (reply.end == Some(StreamEnd::Unmarked), "no end mark"),
        (reply.prompt_echoed, "prompt removed from the answer"),
        (!reply.events.is_empty() && !reply.has_text(), "no text"),
    ];
    let said: Vec<&str> = remarks.into_iter().filter_map(|(holds, remark)| holds.then_some(remark)).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, Outcome, Reply};

    fn record(kinds: &[EventKind], end: Option<StreamEnd>, prompt_echoed: bool) -> Record {
        let event = |kind: &EventKind| Event { at_ms: 0.0, read: 0, kind: *kind, chars: 1, tokens_so_far: None };
        let events = kinds.iter().map(event).collect();
        let reply = Reply { events, end, prompt_echoed, ..Reply::default() };
        Record { reply, outcome: Outcome::Completed, ..Record::default() }
    }

    #[test]
    fn odd_streams_are_counted_and_their_rows_say_so() {
        use EventKind::{Other, Text, ToolCall};
        let records = [
            record(&[Text, Other, Other], Some(StreamEnd::Done), false),
            record(&[ToolCall], Some(StreamEnd::Unmarked), false),
            record(&[Text], Some(StreamEnd::Unmarked), true),
            record(&[Text], None, false),
            Record { outcome: Outcome::Stopped, ..record(&[ToolCall, Other], None, true) },
        ];
        let traits = StreamTraits::of(&records);
        let expected = StreamTraits { ended: 3, unmarked: 2, without_text: 1, prompts_echoed: 1, passed_over: 3 };
        assert_eq!(traits, expected);
        assert!(traits.says().is_some_and(|text| text.starts_with("3 events are no tokens")));
        let remarks = records.each_ref().map(remark);
        let said =
            [None, Some("no end mark, no text"), Some("no end mark, prompt removed from the answer"), None, None];
        assert_eq!(remarks.each_ref().map(Option::as_deref), said);
    }
}
