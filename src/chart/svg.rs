//! The drawing backend: what plotters draws becomes marks of an SVG, in groups whose classes are how they look. Colours
//! and widths of plotters' styles are not used; [`SvgBackend::paint`] says beforehand how the next marks look.

use std::convert::Infallible;
use std::fmt::Write as _;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

use super::escape::escape;
use super::labels::{LABEL_PX, text_width_px};
use super::output::{Chart, Size, Spot};
use super::style::Paint;

/// What a drawing step gives. Writing to a string cannot fail.
type Step = Result<(), DrawingErrorKind<Infallible>>;

/// A drawing as it grows.
#[derive(Debug, Default)]
pub(super) struct SvgBackend {
    size: Size,
    marks: String,
    /// How the marks of the open group look.
    open: Option<Paint>,
    /// How the next marks look.
    next: Paint,
    spots: Vec<Spot>,
}

impl SvgBackend {
    /// An empty drawing.
    pub(super) fn new(size: Size) -> Self {
        Self { size, ..Self::default() }
    }

    /// Says how the next marks look.
    pub(super) fn paint(&mut self, paint: Paint) {
        self.next = paint;
    }

    /// Adds a place where a value can be read off.
    pub(super) fn spot(&mut self, spot: Spot) {
        self.spots.push(spot);
    }

    /// The chart that was drawn.
    pub(super) fn finish(mut self, title: &str, summary: String) -> Chart {
        if self.open.is_some() {
            self.marks += "</g>";
        }
        let Size { width_px, height_px } = self.size;
        let svg = format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {width} {height}" "#,
                r#"width="{width}" height="{height}"><title>{title}</title><desc>{summary}</desc>{marks}"#,
                r#"<g class="spots">{spots}</g></svg>"#
            ),
            width = width_px,
            height = height_px,
            title = escape(title),
            summary = escape(&summary),
            marks = self.marks,
            spots = spots(&self.spots),
        );
        Chart { svg, summary, spots: self.spots, size: self.size }
    }

    /// Writes an element into the group of marks that look like it.
    fn mark(&mut self, element: std::fmt::Arguments) -> Step {
        if self.open != Some(self.next) {
            if self.open.is_some() {
                self.marks += "</g>";
            }
            let (role, look) = self.next;
            self.open = Some(self.next);
            let _ = write!(self.marks, r#"<g class="{} {}">"#, role.class(), look.class());
        }
        let _ = self.marks.write_fmt(element);
        Ok(())
    }

    /// A line or an area through points.
    fn through(&mut self, element: &str, points: impl IntoIterator<Item = BackendCoord>) -> Step {
        let mut places = String::new();
        for (x, y) in points {
            let separator = if places.is_empty() { "" } else { " " };
            let _ = write!(places, "{separator}{x},{y}");
        }
        self.mark(format_args!(r#"<{element} points="{places}"/>"#))
    }
}

/// The spots as rectangles with tooltips.
fn spots(spots: &[Spot]) -> String {
    let mut out = String::new();
    for Spot { left_px, top_px, width_px, height_px, text, request } in spots {
        let _ = write!(out, r#"<rect x="{left_px}" y="{top_px}" width="{width_px}" height="{height_px}""#);
        if let Some(index) = request {
            let _ = write!(out, r#" data-request="{index}""#);
        }
        let _ = write!(out, "><title>{}</title></rect>", escape(text));
    }
    out
}

impl DrawingBackend for SvgBackend {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.size.width_px, self.size.height_px)
    }

    fn ensure_prepared(&mut self) -> Step {
        Ok(())
    }

    fn present(&mut self) -> Step {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, _: BackendColor) -> Step {
        self.mark(format_args!(r#"<rect x="{x}" y="{y}" width="1" height="1"/>"#))
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, _: &S) -> Step {
        self.mark(format_args!(r#"<line x1="{}" y1="{}" x2="{}" y2="{}"/>"#, from.0, from.1, to.0, to.1))
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, _: &S, _fill: bool) -> Step {
        let (width, height) = ((to.0 - from.0).max(0), (to.1 - from.1).max(0));
        self.mark(format_args!(r#"<rect x="{}" y="{}" width="{width}" height="{height}"/>"#, from.0, from.1))
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, _: &S) -> Step {
        self.through("polyline", path)
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, radius: u32, _: &S, _fill: bool) -> Step {
        self.mark(format_args!(r#"<circle cx="{x}" cy="{y}" r="{radius}"/>"#))
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, _: &S) -> Step {
        self.through("polygon", corners)
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Step {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => r#" text-anchor="middle""#,
            HPos::Right => r#" text-anchor="end""#,
        };
        // From the line that a position means to the one that text stands on.
        let down = match style.anchor().v_pos {
            VPos::Top => "0.8em",
            VPos::Center => "0.36em",
            VPos::Bottom => "-0.22em",
        };
        self.mark(format_args!(r#"<text x="{x}" y="{y}" dy="{down}"{anchor}>{}</text>"#, escape(text)))
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        _: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok((text_width_px(text, LABEL_PX).unsigned_abs(), LABEL_PX as u32))
    }
}
