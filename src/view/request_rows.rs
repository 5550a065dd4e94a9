//! The rows of the per-request table: which are shown, in which order, a page at a time.

use std::cmp::Ordering;

use crate::metrics::Metric;
use crate::result::RequestRow;

/// Rows of one page of the table.
pub const PAGE: usize = 50;

/// The table's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Place in the workload.
    Index,
    /// When it was sent.
    Sent,
    /// Lateness against the schedule.
    Delay,
    /// Prompt tokens.
    PromptLen,
    /// Output tokens.
    OutputLen,
    /// A standard latency with one value per request.
    Latency(Metric),
    /// How it ended.
    Outcome,
}

impl Column {
    /// Every column, in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        let first = [Self::Index, Self::Sent, Self::Delay, Self::PromptLen, Self::OutputLen];
        first.into_iter().chain(Metric::standard_per_request().map(Self::Latency)).chain([Self::Outcome])
    }

    /// Its head and its unit.
    pub fn head(self) -> (&'static str, &'static str) {
        match self {
            Self::Index => ("#", ""),
            Self::Sent => ("Sent", "s"),
            Self::Delay => ("Late", "ms"),
            Self::PromptLen => ("Prompt", "tokens"),
            Self::OutputLen => ("Output", "tokens"),
            Self::Latency(metric) => (metric.label(), Metric::UNIT),
            Self::Outcome => ("Outcome", ""),
        }
    }

    /// Digits after the point of its values; none where they are not shown as numbers.
    pub fn decimals(self) -> Option<usize> {
        match self {
            Self::Index | Self::Outcome => None,
            Self::Sent => Some(3),
            Self::Delay => Some(1),
            Self::PromptLen | Self::OutputLen => Some(0),
            Self::Latency(metric) => Some(metric.row().decimals),
        }
    }

    /// A row's value in this column, as a number to sort by; none where it has none.
    pub fn value(self, row: &RequestRow) -> Option<f64> {
        let times = &row.times;
        let ms = |value_s: Option<f64>| value_s.map(|value_s| value_s * 1000.0);
        match self {
            Self::Index => Some(f64::from(times.index)),
            Self::Sent => times.sent_s,
            Self::Delay => ms(times.delay_s),
            Self::PromptLen => times.prompt_len.map(f64::from),
            Self::OutputLen => times.output_len.map(f64::from),
            Self::Latency(metric) => ms(metric.of_request(times)),
            Self::Outcome => Some(f64::from(u8::from(!times.succeeded))),
        }
    }
}

/// How the table is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowView {
    /// Sorted by.
    pub by: Column,
    /// Largest first.
    pub descending: bool,
    /// Only those that failed.
    pub failed_only: bool,
    /// The page, from 0.
    pub page: usize,
}

impl Default for RowView {
    fn default() -> Self {
        Self { by: Column::Index, descending: false, failed_only: false, page: 0 }
    }
}

impl RowView {
    /// The same, sorted by a column; by the column that it is sorted by already, the other way round.
    pub fn sorted_by(self, column: Column) -> Self {
        let descending = if self.by == column { !self.descending } else { false };
        Self { by: column, descending, page: 0, ..self }
    }

    /// The places of the rows that are shown on all pages, in order. Rows without a value come last either way.
    pub fn places(&self, rows: &[RequestRow]) -> Vec<usize> {
        let wanted = |place: &usize| !self.failed_only || !rows[*place].times.succeeded;
        let mut places: Vec<usize> = (0..rows.len()).filter(wanted).collect();
        places.sort_by(|a, b| self.order(&rows[*a], &rows[*b]));
        places
    }

    fn order(&self, a: &RequestRow, b: &RequestRow) -> Ordering {
        match (self.by.value(a), self.by.value(b)) {
            (Some(a), Some(b)) if self.descending => b.total_cmp(&a),
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

/// How many pages so many rows have; at least one.
pub fn pages(rows: usize) -> usize {
    rows.div_ceil(PAGE).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::RequestTimes;

    fn rows() -> Vec<RequestRow> {
        let row = |index, ttft_s: Option<f64>, succeeded| RequestRow {
            times: RequestTimes { index, ttft_s, succeeded, ..RequestTimes::default() },
            ..RequestRow::default()
        };
        vec![row(0, Some(0.3), true), row(1, None, false), row(2, Some(0.1), true), row(3, Some(0.2), false)]
    }

    #[test]
    fn sorts_both_ways_and_keeps_the_valueless_last() {
        let up = RowView::default().sorted_by(Column::Latency(Metric::Ttft));
        assert_eq!(up.places(&rows()), [2, 3, 0, 1]);
        let down = up.sorted_by(Column::Latency(Metric::Ttft));
        assert_eq!(down.places(&rows()), [0, 3, 2, 1]);
    }

    #[test]
    fn shows_failures_alone() {
        let view = RowView { failed_only: true, ..RowView::default() };
        assert_eq!(view.places(&rows()), [1, 3]);
    }

    #[test]
    fn counts_pages() {
        assert_eq!([0, 1, PAGE, PAGE + 1].map(pages), [1, 1, 1, 2]);
    }
}
