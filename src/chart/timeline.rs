//! Requests as bars from their send to their last token. One row per request where they fit; else, as in a Gantt chart,
//! as many rows as there were requests at once; and where those do not fit either, some of the requests.

use plotters::element::{Cross, Rectangle};

use super::bins::drawable;
use super::data::ChartData;
use super::kind::{ChartKind, Draw};
use super::output::{Chart, Size};
use super::plot::{Legend, Plot, Words, plot, plot_height_px};
use super::sheet::{Drawn, PLAIN, empty};
use super::style::{Look, Role};
use super::ticks::{Axis, duration, number};
use crate::metrics::RequestSpan;

/// A row is never less than this high, px.
const LEAST_ROW_PX: i32 = 4;
/// Nor a bar more than this.
const MOST_BAR_PX: i32 = 14;
/// What a chart's height has beside its rows, px.
const AROUND_PX: u32 = 90;
/// Most requests of one chart.
const MOST_REQUESTS: usize = 1000;

/// The legend: a colour and what it means.
const LEGEND: [(Role, &str); 4] = [
    (Role::Wait, "late send"),
    (Role::Second, "to first token"),
    (Role::First, "to last token"),
    (Role::Bad, "failed"),
];

/// Of a result.
pub(super) const KIND: ChartKind<ChartData> = ChartKind {
    name: "timeline",
    label: "Requests, from send to last token",
    whole_width: true,
    height_px: |data| height_px(data.spans.len()),
    draw: Draw::Once(|title, data, size| timeline(&data.titled(title), &data.spans, size)),
};

/// A height that suits a timeline of this many requests, px.
fn height_px(requests: usize) -> u32 {
    (requests as u32).saturating_mul(8).saturating_add(AROUND_PX).clamp(180, 560)
}

/// The requests of a run over time, in the order of the schedule. Each spot belongs to its request. A chart holds at
/// most a thousand; to show later ones, give the later spans alone.
pub fn timeline(title: &str, spans: &[RequestSpan], size: Size) -> Chart {
    let mut sorted: Vec<RequestSpan> = spans.iter().filter(|span| has_place(span)).copied().collect();
    sorted.sort_by(|a, b| a.intended_ms.total_cmp(&b.intended_ms).then(a.index.cmp(&b.index)));
    if sorted.is_empty() {
        return empty(title, "Nothing was sent yet.", size);
    }
    let all = sorted.len();
    let failed = number(sorted.iter().filter(|span| span.failed).count() as f64, 0);
    let legend = Legend::new(LEGEND, size);
    let most_rows = (plot_height_px(size, legend.height_px()) / LEAST_ROW_PX).max(1) as usize;
    let Layout { bars, rows, note } = layout(sorted, most_rows);
    let from_ms = bars.iter().map(|(_, span)| span.intended_ms.min(span.sent_ms)).fold(f64::INFINITY, f64::min);
    let to_ms = bars.iter().map(|(_, span)| last_ms(span)).fold(from_ms + 1.0, f64::max);
    // A run is shown from its start; a later part of it from its own.
    let from_ms = if from_ms < (to_ms - from_ms) / 2.0 { from_ms.min(0.0) } else { from_ms };
    let (from, to) = (duration(from_ms), duration(to_ms));
    let summary = format!("{note}, from {from} to {to}; of {all} requests {failed} failed.");
    let words = Words { title, summary, y_caption: "", x_caption: &note };
    let x = Axis::time(from_ms, to_ms, size.x_ticks());
    let y = Axis { from: rows as f64, to: 0.0, ticks: Vec::new() };
    plot(words, size, (x, y), legend.height_px(), |plot| {
        legend.draw(plot.sheet, plot.above_px)?;
        bars.iter().try_for_each(|(row, span)| draw_bar(plot, *row, span, to_ms))
    })
}

/// Which requests are drawn in which rows, and what is to be said about that.
struct Layout {
    bars: Vec<(usize, RequestSpan)>,
    rows: usize,
    note: String,
}

fn layout(mut sorted: Vec<RequestSpan>, most_rows: usize) -> Layout {
    let all = sorted.len();
    let count = |count: usize| number(count as f64, 0);
    if all <= most_rows {
        return Layout {
            bars: sorted.into_iter().enumerate().collect(),
            rows: all,
            note: format!("{} requests", count(all)),
        };
    }
    sorted.truncate(MOST_REQUESTS);
    let shown =
        if all > sorted.len() { format!("first {} of {}", count(sorted.len()), count(all)) } else { count(all) };
    let lanes = lanes(&sorted);
    let rows = lanes.iter().max().map_or(1, |lane| lane + 1);
    if rows <= most_rows {
        let bars = lanes.into_iter().zip(sorted).collect();
        return Layout { bars, rows, note: format!("{shown} requests in {rows} rows") };
    }
    let group = sorted.len().div_ceil(most_rows);
    let pick = |group: &[RequestSpan]| *group.iter().find(|span| span.failed).unwrap_or(&group[group.len() / 2]);
    let bars: Vec<(usize, RequestSpan)> = sorted.chunks(group).map(pick).enumerate().collect();
    let note = format!("{} of the {shown} requests, failed ones before others", count(bars.len()));
    Layout { rows: bars.len(), bars, note }
}

/// For each span, in order of their starts, the first row that is free by then.
fn lanes(sorted: &[RequestSpan]) -> Vec<usize> {
    let mut free_at: Vec<f64> = Vec::new();
    let mut lane_of = |span: &RequestSpan| {
        let start = span.intended_ms.min(span.sent_ms);
        let lane = free_at.iter().position(|free| *free <= start).unwrap_or(free_at.len());
        if lane == free_at.len() {
            free_at.push(0.0);
        }
        // One in flight holds its row to the end.
        free_at[lane] = span.end_ms.unwrap_or(f64::INFINITY).max(span.sent_ms);
        lane
    };
    sorted.iter().map(&mut lane_of).collect()
}

fn has_place(span: &RequestSpan) -> bool {
    let maybe = [span.first_token_ms, span.end_ms].map(|at| at.unwrap_or(0.0));
    [span.intended_ms, span.sent_ms].into_iter().chain(maybe).all(drawable)
}

/// The last moment that is known of a request.
fn last_ms(span: &RequestSpan) -> f64 {
    span.end_ms.or(span.first_token_ms).unwrap_or(span.sent_ms).max(span.sent_ms)
}

fn draw_bar(plot: &Plot, row: usize, span: &RequestSpan, now_ms: f64) -> Drawn {
    let end = span.end_ms.unwrap_or(now_ms).max(span.sent_ms);
    let first = span.first_token_ms.unwrap_or(end).clamp(span.sent_ms, end);
    let after = if span.failed { Role::Bad } else { Role::First };
    let before = if span.failed && span.first_token_ms.is_none() { Role::Bad } else { Role::Second };
    let y_of = |row: usize| plot.place((0.0, row as f64)).1;
    let (top, bottom) = (y_of(row), y_of(row + 1));
    let height = (bottom - top - 1).clamp(1, MOST_BAR_PX);
    let x_of = |ms: f64| plot.place((ms, 0.0)).0;
    for (from, to, role) in
        [(span.intended_ms, span.sent_ms, Role::Wait), (span.sent_ms, first, before), (first, end, after)]
    {
        if x_of(to) > x_of(from) {
            let corners = [(x_of(from), top), (x_of(to), top + height)];
            plot.sheet.draw((role, Look::Fill), &Rectangle::new(corners, PLAIN))?;
        }
    }
    if span.failed {
        let mark = Cross::new((x_of(end), top + height / 2), (height / 2).clamp(2, 4), PLAIN);
        plot.sheet.draw((Role::Bad, Look::Line), &mark)?;
    }
    let right = x_of(end).max(x_of(span.sent_ms) + 2);
    plot.sheet.spot((x_of(span.intended_ms), top), (right, bottom), in_words(span), Some(span.index));
    Ok(())
}

/// A bar in words.
fn in_words(span: &RequestSpan) -> String {
    let mut text = format!("Request {}: sent at {}", span.index, duration(span.sent_ms));
    if let Some(first) = span.first_token_ms {
        text += &format!(", first token after {}", duration(first - span.sent_ms));
    }
    match span.end_ms {
        Some(end) if span.failed => text += &format!(", failed after {}", duration(end - span.sent_ms)),
        Some(end) => text += &format!(", done after {}", duration(end - span.sent_ms)),
        None => text += ", in flight",
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(index: usize, sent_ms: f64, length_ms: f64) -> RequestSpan {
        let end_ms = Some(sent_ms + length_ms);
        RequestSpan {
            index: index as u32,
            intended_ms: sent_ms,
            sent_ms,
            first_token_ms: None,
            end_ms,
            failed: index % 7 == 3,
        }
    }

    proptest! {
        #[test]
        fn bars_of_a_row_never_overlap(starts in prop::collection::vec((0.0..1e4f64, 0.0..500.0f64), 1..1500), rows in 5usize..200) {
            let mut spans: Vec<RequestSpan> = starts.iter().enumerate().map(|(i, (at, length))| span(i, *at, *length)).collect();
            spans.sort_by(|a, b| a.sent_ms.total_cmp(&b.sent_ms));
            let layout = layout(spans, rows);
            prop_assert!(layout.rows <= rows);
            let mut busy_until = vec![f64::NEG_INFINITY; layout.rows];
            for (row, span) in layout.bars {
                prop_assert!(busy_until[row] <= span.sent_ms);
                busy_until[row] = last_ms(&span);
            }
        }
    }
}
