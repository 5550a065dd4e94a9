//! The charts of a result, and what they are drawn from: computed once from a run, of one size however long it was, and
//! the same on the page, in a report and behind a shared link.

use crate::chart::{self, Distribution, Size, Span, Steps};
use crate::metrics::Metric;
use crate::record::Record;
use crate::result::RunResult;

/// All that the charts of a result show.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartData {
    /// Time to first token.
    pub ttft: Distribution,
    /// Time per output token.
    pub tpot: Distribution,
    /// Inter-token latency.
    pub itl: Distribution,
    /// End-to-end latency.
    pub e2el: Distribution,
    /// Output tokens a second.
    pub tokens: Steps,
    /// Requests in flight.
    pub in_flight: Steps,
    /// Requests that ended, a second.
    pub ended: Steps,
    /// The requests as stretches of time; behind a shared link some of them.
    pub spans: Vec<Span>,
    /// How many stretches there were.
    pub all_spans: u32,
}

impl ChartData {
    /// What the charts of a result show. Without its raw records it has distributions alone.
    pub fn of(result: &RunResult) -> Self {
        let records = result.own.as_ref().map(|own| own.records.as_slice()).unwrap_or_default();
        let end_ms = result.figures.duration_s.unwrap_or_default() * 1000.0;
        let spans = Span::all(records);
        let ends: Vec<(f64, f64)> = records.iter().filter_map(|record: &Record| Some((record.end_ms?, 1.0))).collect();
        Self {
            ttft: spread(result, Metric::Ttft),
            tpot: spread(result, Metric::Tpot),
            itl: spread(result, Metric::Itl),
            e2el: spread(result, Metric::E2el),
            tokens: Steps::rate(&chart::text_tokens(records), end_ms),
            in_flight: Steps::in_flight(&spans),
            ended: Steps::rate(&ends, end_ms),
            all_spans: u32::try_from(spans.len()).unwrap_or(u32::MAX),
            spans,
        }
    }

    /// Whether the result kept when things happened, and not only how long they took.
    pub fn has_times(&self) -> bool {
        !self.spans.is_empty()
    }
}

fn spread(result: &RunResult, metric: Metric) -> Distribution {
    let mut values = metric.values_s(result.requests.iter().map(|row| &row.times));
    values.iter_mut().for_each(|value| *value *= 1000.0);
    Distribution::of_durations(values)
}

/// One of a result's charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartKind {
    /// Time to first token.
    Ttft,
    /// Time per output token.
    Tpot,
    /// Inter-token latency.
    Itl,
    /// End-to-end latency.
    E2el,
    /// Output tokens over time.
    Tokens,
    /// Requests in flight over time.
    InFlight,
    /// Ended requests over time.
    Ended,
    /// Each request's TTFT over time.
    TtftOverTime,
    /// Every request as a bar.
    Timeline,
}

impl ChartKind {
    /// The latency whose values it shows, of the charts of distributions.
    pub fn metric(self) -> Option<Metric> {
        match self {
            Self::Ttft => Some(Metric::Ttft),
            Self::Tpot => Some(Metric::Tpot),
            Self::Itl => Some(Metric::Itl),
            Self::E2el => Some(Metric::E2el),
            _ => None,
        }
    }

    /// How values are spread; of any result.
    pub const DISTRIBUTIONS: [Self; 4] = [Self::Ttft, Self::Tpot, Self::Itl, Self::E2el];
    /// What happened when; of results that kept it.
    pub const OVER_TIME: [Self; 5] = [Self::Tokens, Self::InFlight, Self::Ended, Self::TtftOverTime, Self::Timeline];

    /// The charts that there are of a result, which may have kept when things happened.
    pub fn all_of(has_times: bool) -> impl Iterator<Item = Self> {
        let over_time = if has_times { Self::OVER_TIME.as_slice() } else { &[] };
        Self::DISTRIBUTIONS.into_iter().chain(over_time.iter().copied())
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ttft => "Time to first token (TTFT)",
            Self::Tpot => "Time per output token (TPOT)",
            Self::Itl => "Inter-token latency (ITL)",
            Self::E2el => "End-to-end latency (E2EL)",
            Self::Tokens => "Output tokens a second",
            Self::InFlight => "Requests in flight",
            Self::Ended => "Requests ended a second",
            Self::TtftOverTime => "TTFT over time",
            Self::Timeline => "Requests, from send to last token",
        }
    }

    /// A word for file names.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ttft => "ttft",
            Self::Tpot => "tpot",
            Self::Itl => "itl",
            Self::E2el => "e2el",
            Self::Tokens => "tokens",
            Self::InFlight => "in-flight",
            Self::Ended => "ended",
            Self::TtftOverTime => "ttft-over-time",
            Self::Timeline => "timeline",
        }
    }

    /// The height that suits it, px.
    pub fn height_px(self, data: &ChartData) -> u32 {
        match self {
            Self::Timeline => chart::timeline_height_px(data.spans.len()),
            Self::Ttft | Self::Tpot | Self::Itl | Self::E2el => 240,
            _ => 220,
        }
    }

    /// Draws it, as wide as asked and as high as suits it.
    pub fn draw(self, data: &ChartData, width_px: u32) -> String {
        let size = Size { width_px, height_px: self.height_px(data) };
        let title = self.title();
        match self {
            Self::Ttft => chart::distribution_of(title, &data.ttft, size),
            Self::Tpot => chart::distribution_of(title, &data.tpot, size),
            Self::Itl => chart::distribution_of(title, &data.itl, size),
            Self::E2el => chart::distribution_of(title, &data.e2el, size),
            Self::Tokens => chart::rate_over_time(title, "tokens", &data.tokens, size),
            Self::InFlight => chart::in_flight(title, &data.in_flight, size),
            Self::Ended => chart::rate_over_time(title, "requests", &data.ended, size),
            Self::TtftOverTime => chart::ttft_over_time(&data.titled(title), &data.spans, size),
            Self::Timeline => chart::timeline(&data.titled(title), &data.spans, size),
        }
    }
}

impl ChartData {
    /// A title that says so where not all requests are there.
    fn titled(&self, title: &str) -> String {
        let some = self.spans.len();
        if some == self.all_spans as usize {
            title.to_owned()
        } else {
            format!("{title}: {some} of {}", self.all_spans)
        }
    }
}
