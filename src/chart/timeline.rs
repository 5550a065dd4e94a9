//! One row a request, from its send to its last token. Where there are more requests than rows, each row stands for
//! several neighbours and shows one of them: the first that failed, else the one in the middle.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::bins::drawable;
use super::frame::{
    Drawn, Hotspots, LABEL_PX, Plane, Size, Words, empty, plot, plot_height_px, text_style, text_width_px,
};
use super::series::Span;
use super::theme::Role;
use super::ticks::{Axis, duration, number};

/// A row is never less than this high, px.
const LEAST_ROW_PX: u32 = 3;
/// Nor more than this.
const MOST_ROW_PX: u32 = 14;
/// What a chart's height has beside its rows, px.
const AROUND_PX: u32 = 90;

/// The legend: a colour and what it means.
const LEGEND: [(Role, &str); 4] = [
    (Role::Wait, "late send"),
    (Role::Second, "to first token"),
    (Role::First, "to last token"),
    (Role::Bad, "failed"),
];

/// A height that suits a timeline of this many requests, px.
pub fn timeline_height_px(requests: usize) -> u32 {
    (requests as u32).saturating_mul(8).saturating_add(AROUND_PX).clamp(180, 560)
}

/// The requests of a run as rows over time, in the order of the schedule.
pub fn timeline(title: &str, spans: &[Span], size: Size) -> String {
    let times =
        |span: &Span| [span.intended_ms, span.sent_ms, span.first_token_ms.unwrap_or(0.0), span.end_ms.unwrap_or(0.0)];
    let finite = |span: &&Span| times(span).into_iter().all(drawable);
    let mut sorted: Vec<Span> = spans.iter().filter(finite).copied().collect();
    sorted.sort_by(|a, b| a.intended_ms.total_cmp(&b.intended_ms).then(a.index.cmp(&b.index)));
    if sorted.is_empty() {
        return empty(title, "Nothing was sent yet.", size);
    }
    let rows = shown(&sorted, (plot_height_px(size) / LEAST_ROW_PX).max(1) as usize);
    let end_ms = sorted.iter().map(last_ms).fold(0.0, f64::max);
    let failed = sorted.iter().filter(|span| span.failed).count();
    let (count, drawn) = (number(sorted.len() as f64, 0), number(rows.len() as f64, 0));
    let note =
        if rows.len() < sorted.len() { format!("{drawn} of {count} requests") } else { format!("{count} requests") };
    let words = Words {
        title,
        gist: format!("{note} shown over {}; {} of all failed.", duration(end_ms), number(failed as f64, 0)),
        y_caption: "",
        x_caption: &note,
    };
    let x = Axis::time(0.0, if end_ms > 0.0 { end_ms } else { 1.0 }, size.x_ticks());
    let y = Axis { from: rows.len() as f64, to: 0.0, ticks: Vec::new() };
    plot(&words, size, (&x, &y), 0, |plane, hotspots| {
        legend(plane)?;
        for (row, span) in rows.iter().enumerate() {
            draw_row(plane, hotspots, row, span, end_ms)?;
        }
        Ok(())
    })
}

/// At most `most` of the spans, one of each group of neighbours.
fn shown(sorted: &[Span], most: usize) -> Vec<Span> {
    let group = sorted.len().div_ceil(most).max(1);
    let pick = |group: &[Span]| *group.iter().find(|span| span.failed).unwrap_or(&group[group.len() / 2]);
    sorted.chunks(group).map(pick).collect()
}

/// The last moment that is known of a request.
fn last_ms(span: &Span) -> f64 {
    span.end_ms.or(span.first_token_ms).unwrap_or(span.sent_ms).max(span.sent_ms)
}

fn draw_row(plane: &mut Plane, hotspots: &mut Hotspots, row: usize, span: &Span, run_ms: f64) -> Drawn {
    let end = span.end_ms.unwrap_or(run_ms);
    let first = span.first_token_ms.unwrap_or(end).clamp(span.sent_ms, end.max(span.sent_ms));
    let after = if span.failed { Role::Bad } else { Role::First };
    let waiting = if span.failed && span.first_token_ms.is_none() { Role::Bad } else { Role::Second };
    let (_, top) = plane.backend_coord(&(0.0, row as f64));
    let (_, bottom) = plane.backend_coord(&(0.0, row as f64 + 1.0));
    let height = (bottom - top - i32::from(bottom - top > 3)).clamp(1, MOST_ROW_PX as i32);
    let sheet = plane.plotting_area().strip_coord_spec();
    let (x0, y0) = sheet.get_base_pixel();
    let x_of = |ms: f64| plane.backend_coord(&(ms, 0.0)).0;
    let pieces = [(span.intended_ms, span.sent_ms, Role::Wait), (span.sent_ms, first, waiting), (first, end, after)];
    for (from, to, role) in pieces {
        let (left, right) = (x_of(from), x_of(to));
        if right > left {
            let corners = [(left - x0, top - y0), (right - x0, top - y0 + height)];
            sheet.draw(&Rectangle::new(corners, role.colour().filled()))?;
        }
    }
    if span.failed {
        let centre = (x_of(end) - x0, top - y0 + height / 2);
        sheet.draw(&Cross::new(centre, (height / 2).clamp(2, 4), Role::Bad.colour().stroke_width(2)))?;
    }
    hotspots.add(
        (x_of(span.intended_ms), top),
        (x_of(end).max(x_of(span.sent_ms) + 2), bottom),
        &said(span),
        Some(span.index),
    );
    Ok(())
}

/// A row in words.
fn said(span: &Span) -> String {
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

/// The legend, in the line of captions.
fn legend(plane: &Plane) -> Drawn {
    let sheet = plane.plotting_area().strip_coord_spec();
    let style = text_style(Role::Muted, LABEL_PX, Pos::new(HPos::Left, VPos::Center));
    let mut x = 0;
    for (role, text) in LEGEND {
        sheet.draw(&Rectangle::new([(x, -15), (x + 10, -5)], role.colour().filled()))?;
        sheet.draw_text(text, &style, (x + 14, -10))?;
        x += 14 + text_width_px(text, LABEL_PX) + 8;
    }
    Ok(())
}
