//! What charts with two axes have in common: the axes, the captions, the legend, and the plot that data is drawn in.

use std::ops::Range;

use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::DrawingArea;
use plotters::element::{Drawable, PathElement, PointCollection, Rectangle};
use plotters::style::text_anchor::{HPos, VPos};

use super::labels::{LABEL_PX, cut_to_fit, text_width_px};
use super::output::{Chart, Size};
use super::sheet::{Drawn, LEAST_WIDTH_PX, MARGIN_PX, PLAIN, Place, Sheet, TITLE_LINE_PX, titled};
use super::style::{Look, Paint, Role};
use super::svg::SvgBackend;
use super::ticks::Axis;

/// Height of a line of captions or of a legend, px.
pub(super) const LINE_PX: i32 = 16;
/// Space between what stands above the plot and the plot, px.
const GAP_PX: i32 = 6;
/// Space on the right of the plot, px.
const RIGHT_PX: i32 = 20;
/// Space for the labels along the bottom, px.
const X_LABELS_PX: i32 = 22;
/// Length of a tick, px.
const TICK_PX: i32 = 4;
/// A plot is never smaller than this, px.
const LEAST_PLOT_PX: (i32, i32) = (60, 40);
/// Width of a legend's square, px.
const SQUARE_PX: i32 = 10;

/// What a chart says beside its marks.
pub(super) struct Words<'a> {
    pub(super) title: &'a str,
    /// What one would read off.
    pub(super) summary: String,
    /// What the axis upwards counts: "requests", "tokens/s". Empty: no line is kept for it.
    pub(super) y_caption: &'a str,
    /// What the axis along the bottom is, where its labels do not say it.
    pub(super) x_caption: &'a str,
}

/// The part of a sheet where data is drawn.
pub(super) struct Plot<'s> {
    /// The sheet around it.
    pub(super) sheet: &'s Sheet,
    /// The upper edge of what was kept above the plot, px.
    pub(super) above_px: i32,
    area: DrawingArea<SvgBackend, Cartesian2d<Axis, Axis>>,
}

impl Plot<'_> {
    /// Its left and right edge, px.
    pub(super) fn columns(&self) -> Range<i32> {
        self.area.get_pixel_range().0
    }

    /// Its upper and lower edge, px.
    pub(super) fn rows(&self) -> Range<i32> {
        self.area.get_pixel_range().1
    }

    /// Where values lie, px; at the edge where they lie beyond it.
    pub(super) fn place(&self, values: (f64, f64)) -> Place {
        let (columns, rows) = self.area.get_pixel_range();
        let (x, y) = self.area.map_coordinate(&values);
        (x.clamp(columns.start, columns.end), y.clamp(rows.start, rows.end))
    }

    /// Draws an element whose places are values; what lies beyond the edges is moved to them.
    pub(super) fn draw<'e, E>(&self, paint: Paint, element: &'e E) -> Drawn
    where
        &'e E: PointCollection<'e, (f64, f64)>,
        E: Drawable<SvgBackend>,
    {
        self.sheet.paint(paint);
        self.area.draw(element)
    }

    /// Draws a line through values.
    pub(super) fn line(&self, paint: Paint, values: Vec<(f64, f64)>) -> Drawn {
        self.draw(paint, &PathElement::new(values, PLAIN))
    }
}

/// The height of a plot that has its captions and `above_px` over it and no caption under it, px.
pub(super) fn plot_height_px(size: Size, above_px: i32) -> i32 {
    (size.height_px as i32 - TITLE_LINE_PX - above_px - GAP_PX - X_LABELS_PX).max(LEAST_PLOT_PX.1)
}

/// A chart with two axes. `above_px` is kept free between captions and plot.
pub(super) fn plot(
    words: Words,
    size: Size,
    (x, y): (Axis, Axis),
    above_px: i32,
    draw: impl FnOnce(&Plot) -> Drawn,
) -> Chart {
    let caption_px = if words.y_caption.is_empty() { 0 } else { LINE_PX };
    let top_px = TITLE_LINE_PX + caption_px + above_px + GAP_PX;
    let bottom_px = X_LABELS_PX + if words.x_caption.is_empty() { 0 } else { LINE_PX };
    let y_labels_px = y.ticks.iter().map(|(_, text)| text_width_px(text, LABEL_PX)).max().unwrap_or(0);
    let left_px = MARGIN_PX + y_labels_px + 12;
    let width_px = (left_px + LEAST_PLOT_PX.0 + RIGHT_PX).unsigned_abs().max(size.width_px).max(LEAST_WIDTH_PX);
    let height_px = (top_px + LEAST_PLOT_PX.1 + bottom_px).unsigned_abs().max(size.height_px);
    titled(words.title, words.summary, Size { width_px, height_px }, |sheet| {
        captions(sheet, words.y_caption, words.x_caption)?;
        let inner = sheet.area().margin(top_px, bottom_px, left_px, RIGHT_PX);
        let (columns, rows) = inner.get_pixel_range();
        let coordinates = Cartesian2d::new(x.clone(), y.clone(), (columns, rows.end..rows.start));
        let area = inner.apply_coord_spec(coordinates);
        let plot = Plot { sheet, above_px: TITLE_LINE_PX + caption_px, area };
        axes(&plot, &x, &y)?;
        draw(&plot)
    })
}

fn captions(sheet: &Sheet, y_caption: &str, x_caption: &str) -> Drawn {
    let fitting = |text| cut_to_fit(text, LABEL_PX, sheet.width_px - 2 * MARGIN_PX);
    if !y_caption.is_empty() {
        sheet.label(Role::Muted, &fitting(y_caption), (HPos::Left, VPos::Top), (MARGIN_PX, TITLE_LINE_PX))?;
    }
    if !x_caption.is_empty() {
        let corner = (sheet.width_px - MARGIN_PX, sheet.height_px - 2);
        sheet.label(Role::Muted, &fitting(x_caption), (HPos::Right, VPos::Bottom), corner)?;
    }
    Ok(())
}

/// Lines and labels of both axes; labels that would overlap the one before them are left out.
fn axes(plot: &Plot, x: &Axis, y: &Axis) -> Drawn {
    let (columns, rows) = (plot.columns(), plot.rows());
    let sheet = plot.sheet;
    let rule =
        |role: Role, from: Place, to: Place| sheet.draw((role, Look::Rule), &PathElement::new([from, to], PLAIN));
    for (at, _) in &y.ticks {
        let (_, y_px) = plot.place((x.from, *at));
        rule(Role::Grid, (columns.start, y_px), (columns.end, y_px))?;
    }
    rule(Role::Muted, (columns.start, rows.end), (columns.end, rows.end))?;
    for (at, _) in &x.ticks {
        let (x_px, _) = plot.place((*at, y.from));
        rule(Role::Muted, (x_px, rows.end), (x_px, rows.end + TICK_PX))?;
    }
    let mut free_below_px = i32::MAX;
    for (at, text) in &y.ticks {
        let (_, y_px) = plot.place((x.from, *at));
        if y_px <= free_below_px {
            sheet.label(Role::Muted, text, (HPos::Right, VPos::Center), (columns.start - TICK_PX - 3, y_px))?;
            free_below_px = y_px - LABEL_PX as i32 - 2;
        }
    }
    let mut free_from_px = 0;
    for (at, text) in &x.ticks {
        let (x_px, _) = plot.place((*at, y.from));
        // A label at the edge moves inwards rather than out of the picture.
        let half_px = text_width_px(text, LABEL_PX) / 2 + 1;
        let middle_px = x_px.min(sheet.width_px - half_px).max(half_px);
        if middle_px - half_px >= free_from_px {
            sheet.label(Role::Muted, text, (HPos::Center, VPos::Top), (middle_px, rows.end + TICK_PX + 3))?;
            free_from_px = middle_px + half_px + 4;
        }
    }
    Ok(())
}

/// What the colours of a chart mean: squares with words, in as many lines as they need.
pub(super) struct Legend {
    /// Role, words, left edge (px), line.
    entries: Vec<(Role, String, i32, i32)>,
    lines: i32,
}

impl Legend {
    /// The legend of a chart of this size.
    pub(super) fn new<'t>(entries: impl IntoIterator<Item = (Role, &'t str)>, size: Size) -> Self {
        let to_px = size.width_px.max(LEAST_WIDTH_PX) as i32 - MARGIN_PX;
        let (mut x_px, mut line) = (MARGIN_PX, 0);
        let entries = entries.into_iter().map(|(role, text)| {
            let text = cut_to_fit(text, LABEL_PX, to_px - MARGIN_PX - SQUARE_PX - 4);
            let width_px = SQUARE_PX + 4 + text_width_px(&text, LABEL_PX);
            if x_px > MARGIN_PX && x_px + width_px > to_px {
                (x_px, line) = (MARGIN_PX, line + 1);
            }
            let entry = (role, text, x_px, line);
            x_px += width_px + 8;
            entry
        });
        let entries: Vec<_> = entries.collect();
        Self { lines: entries.last().map_or(0, |(.., line)| line + 1), entries }
    }

    /// The height that it needs, px.
    pub(super) fn height_px(&self) -> i32 {
        self.lines * LINE_PX
    }

    /// Draws it from a height on, px.
    pub(super) fn draw(&self, sheet: &Sheet, top_px: i32) -> Drawn {
        for (role, text, x_px, line) in &self.entries {
            let y_px = top_px + line * LINE_PX;
            let corners = [(*x_px, y_px + 1), (x_px + SQUARE_PX, y_px + 1 + SQUARE_PX)];
            sheet.draw((*role, Look::Fill), &Rectangle::new(corners, PLAIN))?;
            sheet.label(Role::Muted, text, (HPos::Left, VPos::Top), (x_px + SQUARE_PX + 4, y_px))?;
        }
        Ok(())
    }
}
