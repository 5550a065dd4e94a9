//! The one table of latencies. A latency is a row here, and how it is read from a request's times stands in
//! [`RequestTimes`]; statistics, goodput limits, result keys, tables, CSV, comparisons and importers are made from the row.

use super::RequestTimes;

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// The word in flags and keys: `ttft`.
    pub word: &'static str,
    /// The short name: "TTFT".
    pub label: &'static str,
    /// The name in full.
    pub name: &'static str,
    /// The name in full with the short one, as a title: "Time to first token (TTFT)".
    pub title: &'static str,
    /// What it is, in a sentence.
    pub help: &'static str,
    /// The names of its statistics, in the order of a mean, a median and a 99th percentile: "Mean TTFT".
    pub statistics: [&'static str; 3],
    /// Where its values come from.
    pub read: Read,
    /// Whether it can be a goodput limit.
    pub limit: LimitRule,
    /// Whose result keys and tables it has a place in.
    pub place: Place,
    /// Other tools' words for it in keys such as `mean_e2e_latency_ms`.
    pub aliases: &'static [&'static str],
    /// Digits after the point where a single request's value is shown in ms.
    pub decimals: usize,
}

/// Where the values of a latency come from, in s.
#[derive(Debug, Clone, Copy)]
pub enum Read {
    /// At most one value per request.
    PerRequest(fn(&RequestTimes) -> Option<f64>),
    /// The same, with figures only for a run in which some completed request is such a one.
    PerRequestWhere(fn(&RequestTimes) -> Option<f64>, fn(&RequestTimes) -> bool),
    /// Any number of values per request, pooled over all requests.
    Pooled(fn(&RequestTimes) -> &[f64]),
}

/// Whether a latency can be a goodput limit, and what a request without a value does then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LimitRule {
    /// It cannot.
    None,
    /// A request without a value misses the limit.
    MissingMisses,
    /// A request without a value counts as this many s.
    MissingIs(f64),
}

/// Whose result keys and tables a latency has a place in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The reference's, under this title in its text table.
    Reference(&'static str),
    /// vLLM's, under this title in its text table.
    Vllm(&'static str),
    /// Neither. Tables show it where it has values; a result has it under `streamgauge.figures.latencies`, and has keys
    /// for it as vLLM's where `percentile-metrics` names it.
    Further,
}

macro_rules! metrics {
    ($( $metric:ident {
        word: $word:literal, label: $label:literal, name: $name:literal, help: $help:literal, read: $read:expr,
        limit: $limit:expr, place: $place:expr, aliases: $aliases:expr, decimals: $decimals:literal $(,)?
    } )*) => {
        /// A latency.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Metric {
            $( #[doc = concat!($name, ".")] $metric, )*
        }

        impl Metric {
            /// Every latency, in the order of tables and keys.
            pub const ALL: &'static [Self] = &[$( Self::$metric, )*];
            /// How many there are.
            pub(super) const COUNT: usize = Self::ALL.len();
        }

        static TABLE: [Row; Metric::COUNT] = [$( Row {
            word: $word,
            label: $label,
            name: $name,
                    title: concat!($name, " (", $label, ")"),
            help: $help,
            statistics: [concat!("Mean ", $label), concat!("Median ", $label), concat!("P99 ", $label)],
            read: $read,
            limit: $limit,
            place: $place,
            aliases: $aliases,
            decimals: $decimals,
        }, )*];
    };
}

metrics! {
    Ttft {
        word: "ttft",
        label: "TTFT",
        name: "Time to first token",
        help: "From the send to the first token.",
        read: Read::PerRequest(|times| times.ttft_s),
        limit: LimitRule::MissingMisses,
        place: Place::Reference("Time to First Token"),
        aliases: &[],
        decimals: 1,
    }
    Tpot {
        word: "tpot",
        label: "TPOT",
        name: "Time per output token, without the first",
        help: "The pace of an answer after its first token.",
        read: Read::PerRequest(|times| times.tpot_s),
        // As in vLLM, where a request without a second token has a TPOT of 0.
        limit: LimitRule::MissingIs(0.0),
        place: Place::Reference("Time per Output Token (excl. 1st token)"),
        aliases: &[],
        decimals: 2,
    }
    Itl {
        word: "itl",
        label: "ITL",
        name: "Inter-token latency",
        help: "From one token to the next, all requests together.",
        read: Read::Pooled(|times| &times.itls_s),
        limit: LimitRule::None,
        place: Place::Reference("Inter-token Latency"),
        aliases: &[],
        decimals: 2,
    }
    E2el {
        word: "e2el",
        label: "E2EL",
        name: "End-to-end latency",
        help: "From the send to the end of the answer.",
        read: Read::PerRequest(|times| times.latency_s),
        limit: LimitRule::MissingMisses,
        place: Place::Vllm("End-to-end Latency"),
        aliases: &["e2e_latency"],
        decimals: 1,
    }
    Ntpot {
        word: "ntpot",
        label: "NTPOT",
        name: "Normalised time per output token",
        help: "E2EL / output tokens, one value per request.",
        read: Read::PerRequest(RequestTimes::ntpot_s),
        limit: LimitRule::MissingMisses,
        place: Place::Further,
        aliases: &[],
        decimals: 2,
    }
    Ttfo {
        word: "ttfo",
        label: "TTFO",
        name: "Time to first output token, after any reasoning",
        help: "To the first chunk with text of the visible answer, after any reasoning.",
        read: Read::PerRequestWhere(|times| times.ttfo_s, RequestTimes::reasoned),
        limit: LimitRule::MissingMisses,
        place: Place::Further,
        aliases: &[],
        decimals: 1,
    }
}

impl Metric {
    /// The latencies that result files and shared links have had from the first, in the order that their layouts rely on.
    pub const STANDARD: [Self; 4] = [Self::Ttft, Self::Tpot, Self::Itl, Self::E2el];

    /// The unit that latencies are given in; [`Read`] has them in s.
    pub const UNIT: &str = "ms";

    /// Its row of the table.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The word in flags and keys.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// The short name.
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// The latency with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.word() == word)
    }

    /// The latencies that are not standard.
    pub fn further() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|metric| !metric.is_standard())
    }

    /// The standard latencies with one value per request.
    pub fn standard_per_request() -> impl Iterator<Item = Self> {
        Self::STANDARD.into_iter().filter(|metric| !metric.is_pooled())
    }

    /// Whether it is one of [`Metric::STANDARD`].
    pub fn is_standard(self) -> bool {
        Self::STANDARD.contains(&self)
    }

    /// Whether the values of all requests are pooled, rather than one value per request.
    pub fn is_pooled(self) -> bool {
        matches!(self.row().read, Read::Pooled(_))
    }

    /// A request's value, in s; none of a latency that is pooled.
    pub fn of_request(self, times: &RequestTimes) -> Option<f64> {
        match self.row().read {
            Read::PerRequest(value) | Read::PerRequestWhere(value, _) => value(times),
            Read::Pooled(_) => None,
        }
    }

    /// The values behind its figures, in s: those of the requests that completed, in their order.
    pub fn values_s<'a>(self, requests: impl Iterator<Item = &'a RequestTimes> + Clone) -> Vec<f64> {
        let done = requests.filter(|times| times.succeeded);
        match self.row().read {
            Read::PerRequest(value) => done.filter_map(value).collect(),
            Read::PerRequestWhere(value, is_one) if done.clone().any(is_one) => done.filter_map(value).collect(),
            Read::PerRequestWhere(..) => Vec::new(),
            Read::Pooled(values) => {
                let mut all = Vec::with_capacity(done.clone().map(|times| values(times).len()).sum());
                done.for_each(|times| all.extend_from_slice(values(times)));
                all
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_latencies_are_those_with_a_place_in_others_files_and_come_first() {
        let placed: Vec<Metric> =
            Metric::ALL.iter().copied().filter(|metric| metric.row().place != Place::Further).collect();
        assert_eq!(placed, Metric::STANDARD);
        assert!(Metric::ALL.starts_with(&Metric::STANDARD));
    }

    #[test]
    fn no_word_or_alias_is_used_twice() {
        let words = Metric::ALL.iter().flat_map(|metric| metric.row().aliases.iter().copied().chain([metric.word()]));
        let mut words: Vec<&str> = words.collect();
        words.sort_unstable();
        let count = words.len();
        words.dedup();
        assert_eq!(words.len(), count, "{words:?}");
    }
}
