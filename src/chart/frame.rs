//! What all charts have in common: the sheet with its title, the two axes, the text equivalent, and the places where
//! a value can be read off. Layout is in CSS pixels.

use std::fmt::Write as _;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::theme::{Role, with_properties};
use super::ticks::Axis;

/// The size that a chart is drawn for, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width; below 120 it is taken as 120.
    pub width_px: u32,
    /// Height; below 60 it is taken as 60.
    pub height_px: u32,
}

impl Size {
    fn at_least(self, width_px: u32, height_px: u32) -> Self {
        Self { width_px: self.width_px.max(width_px), height_px: self.height_px.max(height_px) }
    }

    /// How many labels fit along the bottom.
    pub(super) fn x_ticks(self) -> usize {
        (self.width_px as usize / 70).clamp(2, 12)
    }

    /// How many labels fit along the side.
    pub(super) fn y_ticks(self) -> usize {
        (self.height_px as usize / 50).clamp(2, 8)
    }
}

pub(super) type Sheet<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Plane<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;
/// A drawing step; a string never refuses to be written to, but the backend's type says it might.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Text heights, px.
const TITLE_PX: f64 = 14.0;
pub(super) const LABEL_PX: f64 = 12.0;
/// Space for the title's line, for a line of captions, and around the sheet.
const TITLE_LINE_PX: u32 = 24;
pub(super) const CAPTION_LINE_PX: u32 = 16;
const MARGIN_PX: u32 = 4;
const RIGHT_PX: u32 = 26;
const X_LABELS_PX: u32 = 22;
/// Length of a tick, px.
const TICK_PX: i32 = 4;

/// What a chart says beside its marks.
pub(super) struct Words<'a> {
    pub(super) title: &'a str,
    /// The text equivalent: what one would read off.
    pub(super) gist: String,
    /// What the axis upwards counts: "requests", "tokens/s".
    pub(super) y_caption: &'a str,
    /// What the axis along the bottom is, if its labels do not say it.
    pub(super) x_caption: &'a str,
}

/// Places where a value can be read off.
#[derive(Default)]
pub(super) struct Hotspots(String);

impl Hotspots {
    /// A rectangle from one corner to the other (px) that says `text` when pointed at.
    pub(super) fn add(&mut self, (x0, y0): (i32, i32), (x1, y1): (i32, i32), text: &str, request: Option<u32>) {
        let data = request.map(|index| format!(r#" data-request="{index}""#)).unwrap_or_default();
        let (width, height) = ((x1 - x0).max(1), (y1 - y0).max(1));
        // Writing to a string cannot fail.
        let _ = write!(
            self.0,
            r#"<rect x="{x0}" y="{y0}" width="{width}" height="{height}"{data}><title>{}</title></rect>"#,
            escape(text)
        );
    }
}

/// A style for text: plotters counts sizes in a measure 1.24 times the CSS one.
pub(super) fn text_style(role: Role, px: f64, pos: Pos) -> TextStyle<'static> {
    ("sans-serif", px * 1.24).into_font().color(&role.colour()).pos(pos)
}

/// A guess at a text's width in px: no font is at hand, and system fonts are about this wide.
pub(super) fn text_width_px(text: &str, px: f64) -> i32 {
    (text.chars().count() as f64 * px * 0.54).ceil() as i32
}

/// A chart with two axes. `above_px` leaves room between captions and plot. Data is drawn on the plane, which cuts off
/// what lies outside; marks and legends on the sheet, in px.
pub(super) fn plot(
    words: &Words,
    size: Size,
    (x, y): (&Axis, &Axis),
    above_px: u32,
    draw: impl FnOnce(&Sheet, &mut Plane, &mut Hotspots) -> Drawn,
) -> String {
    sheet(words.title, &words.gist, size, |sheet, hotspots| {
        let y_labels_px = y_labels_px(y);
        title(sheet, words.title)?;
        let caption = text_style(Role::Muted, LABEL_PX, Pos::new(HPos::Left, VPos::Top));
        sheet.draw_text(words.y_caption, &caption, CAPTION_AT)?;
        let bottom_px = if words.x_caption.is_empty() { 0 } else { CAPTION_LINE_PX };
        let (width, height) = sheet.dim_in_pixel();
        let right = text_style(Role::Muted, LABEL_PX, Pos::new(HPos::Right, VPos::Bottom));
        sheet.draw_text(words.x_caption, &right, ((width - MARGIN_PX) as i32, height as i32 - 2))?;
        let mut plane = ChartBuilder::on(sheet)
            .margin_top(TITLE_LINE_PX + CAPTION_LINE_PX + 4 + above_px)
            .margin_right(RIGHT_PX)
            .margin_bottom(bottom_px)
            .margin_left(MARGIN_PX)
            .set_label_area_size(LabelAreaPosition::Left, y_labels_px)
            .set_label_area_size(LabelAreaPosition::Bottom, X_LABELS_PX)
            .build_cartesian_2d(x.clone(), y.clone())?;
        axes(sheet, &plane, x, y)?;
        draw(sheet, &mut plane, hotspots)
    })
}

/// Lines and labels of both axes. plotters' own mesh is not used: in a browser it measures each label by putting it into
/// the document, and no test would see what people see.
fn axes(sheet: &Sheet, plane: &Plane, x: &Axis, y: &Axis) -> Drawn {
    let (columns, rows) = plane.plotting_area().get_pixel_range();
    let line =
        |from: (i32, i32), to: (i32, i32), style: ShapeStyle| sheet.draw(&PathElement::new(vec![from, to], style));
    let label = text_style(Role::Muted, LABEL_PX, Pos::new(HPos::Right, VPos::Center));
    for (at, text) in &y.ticks {
        let (_, y_px) = plane.backend_coord(&(x.from, *at));
        line((columns.start, y_px), (columns.end, y_px), Role::Grid.colour().into())?;
        sheet.draw_text(text, &label, (columns.start - TICK_PX - 3, y_px))?;
    }
    line((columns.start, rows.end), (columns.end, rows.end), Role::Muted.colour().mix(0.6).into())?;
    let width_px = sheet.dim_in_pixel().0 as i32;
    for (at, text) in &x.ticks {
        let (x_px, _) = plane.backend_coord(&(*at, y.from));
        line((x_px, rows.end), (x_px, rows.end + TICK_PX), Role::Muted.colour().mix(0.6).into())?;
        // A label at the edge moves inwards rather than out of the picture.
        let half = text_width_px(text, LABEL_PX) / 2;
        let middle = x_px.clamp(half, (width_px - half).max(half));
        let label = text_style(Role::Muted, LABEL_PX, Pos::new(HPos::Center, VPos::Top));
        sheet.draw_text(text, &label, (middle, rows.end + TICK_PX + 3))?;
    }
    Ok(())
}

/// A chart without data: its title, and why there is nothing to see.
pub(super) fn empty(title_text: &str, why: &str, size: Size) -> String {
    sheet(title_text, why, size, |sheet, _| {
        title(sheet, title_text)?;
        let (width, height) = sheet.dim_in_pixel();
        let style = text_style(Role::Muted, LABEL_PX, Pos::new(HPos::Center, VPos::Center));
        sheet.draw_text(why, &style, (width as i32 / 2, (height + TITLE_LINE_PX) as i32 / 2))
    })
}

/// The width that a plot of this size has for its data, and where it begins, px. Kept in step with [`plot`].
pub(super) fn plot_x_px(size: Size, y: &Axis) -> (i32, i32) {
    let left = (MARGIN_PX + y_labels_px(y)) as i32;
    (left, size.at_least(120, 60).width_px as i32 - RIGHT_PX as i32)
}

/// The height that a plot without room above has for its data, px.
pub(super) fn plot_height_px(size: Size) -> u32 {
    size.at_least(120, 60).height_px.saturating_sub(TITLE_LINE_PX + CAPTION_LINE_PX + 4 + X_LABELS_PX)
}

/// One SVG: draws, then adds what plotters has no word for.
pub(super) fn sheet(title: &str, gist: &str, size: Size, draw: impl FnOnce(&Sheet, &mut Hotspots) -> Drawn) -> String {
    let Size { width_px, height_px } = size.at_least(120, 24);
    let mut text = String::new();
    let mut hotspots = Hotspots::default();
    let drawn = {
        let sheet = SVGBackend::with_string(&mut text, (width_px, height_px)).into_drawing_area();
        draw(&sheet, &mut hotspots).and_then(|()| sheet.present())
    };
    // The error's words belong into the text equivalent: a chart that is missing says so.
    let gist = drawn.map_or_else(|error| format!("This chart could not be drawn: {error}."), |()| gist.to_owned());
    let body = text.split_once('>').map_or("", |(_, body)| body).trim_end().trim_end_matches("</svg>");
    let body = with_properties(&without_defaults(body));
    // plotters escapes text, but lets through what XML cannot hold at all.
    let body: String = body.chars().filter(|c| !forbidden(*c)).collect();
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {width_px} {height_px}" width="{width_px}" height="{height_px}" font-family="system-ui, sans-serif"><title>{}</title><desc>{}</desc>{body}<g class="spots" fill="transparent">{}</g></svg>"#,
        escape(title),
        escape(&gist),
        hotspots.0
    )
}

/// What plotters writes without need: line breaks, and attributes that say what holds anyway.
fn without_defaults(body: &str) -> String {
    const NEEDLESS: [&str; 4] =
        [r#" font-family="sans-serif""#, r#" opacity="1""#, r#" stroke="none""#, r#" stroke-width="1""#];
    let lean = NEEDLESS.iter().fold(body.to_owned(), |body, needless| body.replace(needless, ""));
    lean.replace(">\n", ">").replace("\n</text>", "</text>").replace(" \"/>", "\"/>")
}

fn title(sheet: &Sheet, text: &str) -> Drawn {
    let font = ("sans-serif", TITLE_PX * 1.24).into_font().style(FontStyle::Bold);
    let style = font.color(&Role::Ink.colour()).pos(Pos::new(HPos::Left, VPos::Top));
    let fits = (f64::from(sheet.dim_in_pixel().0) / (TITLE_PX * 0.6)) as usize;
    let text = if text.chars().count() > fits {
        text.chars().take(fits.saturating_sub(1)).chain(['…']).collect()
    } else {
        text.to_owned()
    };
    sheet.draw_text(&text, &style, (MARGIN_PX as i32, 4))
}

fn y_labels_px(axis: &Axis) -> u32 {
    let widest = axis.ticks.iter().map(|(_, text)| text_width_px(text, LABEL_PX)).max();
    widest.unwrap_or(0) as u32 + 12
}

/// A legend in one line from a place (px) on: squares of colour with what they mean.
pub(super) fn legend<'t>(
    sheet: &Sheet,
    (mut x, y): (i32, i32),
    entries: impl Iterator<Item = (Role, &'t str)>,
) -> Drawn {
    let style = text_style(Role::Muted, LABEL_PX, Pos::new(HPos::Left, VPos::Top));
    for (role, text) in entries {
        sheet.draw(&Rectangle::new([(x, y + 1), (x + 10, y + 11)], role.colour().filled()))?;
        sheet.draw_text(text, &style, (x + 14, y))?;
        x += 14 + text_width_px(text, LABEL_PX) + 6;
    }
    Ok(())
}

/// Where the line of captions begins, px.
pub(super) const CAPTION_AT: (i32, i32) = (MARGIN_PX as i32, TITLE_LINE_PX as i32);

/// Text for XML: the five characters escaped, and those that XML forbids left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if forbidden(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Whether XML has no place for a character.
fn forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}
