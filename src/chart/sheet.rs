//! The sheet that a chart is drawn on: plotters' drawing area over our backend, with steps that say how each mark looks.
//! Places are in px from the upper left corner.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Drawable, PointCollection, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, IntoFont, RGBAColor, ShapeStyle, TextStyle};

use super::labels::{BOLD, LABEL_PX, TITLE_PX, cut_to_fit};
use super::output::{Chart, Size, Spot};
use super::style::{Look, Paint, Role};
use super::svg::SvgBackend;

/// A drawing step. The backend cannot fail, but plotters' types say that drawing might.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<Infallible>>;
/// A place, px.
pub(super) type Place = (i32, i32);

/// The style that plotters asks for with every element. How a mark looks is its [`Paint`].
pub(super) const PLAIN: ShapeStyle = ShapeStyle { color: RGBAColor(0, 0, 0, 1.0), filled: true, stroke_width: 1 };
/// Space around the sheet, px.
pub(super) const MARGIN_PX: i32 = 4;
/// No chart with a title is narrower than this, px: a legend's words have room in it.
pub(super) const LEAST_WIDTH_PX: u32 = 160;
/// Height of the title's line, px.
pub(super) const TITLE_LINE_PX: i32 = 24;

/// A sheet.
pub(super) struct Sheet {
    backend: Rc<RefCell<SvgBackend>>,
    area: DrawingArea<SvgBackend, Shift>,
    /// Its width, px.
    pub(super) width_px: i32,
    /// Its height, px.
    pub(super) height_px: i32,
}

impl Sheet {
    /// plotters' drawing area of the whole sheet.
    pub(super) fn area(&self) -> &DrawingArea<SvgBackend, Shift> {
        &self.area
    }

    /// Says how the next marks look.
    pub(super) fn paint(&self, paint: Paint) {
        self.backend.borrow_mut().paint(paint);
    }

    /// Draws an element whose places are px.
    pub(super) fn draw<'e, E>(&self, paint: Paint, element: &'e E) -> Drawn
    where
        &'e E: PointCollection<'e, Place>,
        E: Drawable<SvgBackend>,
    {
        self.paint(paint);
        self.area.draw(element)
    }

    /// Writes a label, of which this corner or edge stands at the place.
    pub(super) fn label(&self, role: Role, text: &str, anchor: (HPos, VPos), at: Place) -> Drawn {
        self.draw((role, Look::Label), &Text::new(text, at, text_style(anchor)))
    }

    /// Writes the chart's title, cut off where it is wider than the sheet.
    fn title(&self, text: &str) -> Drawn {
        let text = cut_to_fit(text, TITLE_PX * BOLD, self.width_px - 2 * MARGIN_PX);
        self.draw((Role::Ink, Look::Title), &Text::new(text, (MARGIN_PX, 4), text_style((HPos::Left, VPos::Top))))
    }

    /// Adds a place where a value can be read off: a rectangle from one corner to the other, and what it says.
    pub(super) fn spot(&self, from: Place, to: Place, text: String, request: Option<u32>) {
        let (width_px, height_px) = ((to.0 - from.0).max(1), (to.1 - from.1).max(1));
        let spot = Spot { left_px: from.0, top_px: from.1, width_px, height_px, text, request };
        self.backend.borrow_mut().spot(spot);
    }
}

fn text_style((horizontal, vertical): (HPos, VPos)) -> TextStyle<'static> {
    ("sans-serif", LABEL_PX).into_font().color(&BLACK).pos(Pos::new(horizontal, vertical))
}

/// A chart on a sheet of this size, without a title on it.
pub(super) fn untitled(title: &str, summary: String, size: Size, draw: impl FnOnce(&Sheet) -> Drawn) -> Chart {
    let backend = Rc::new(RefCell::new(SvgBackend::new(size)));
    let area = DrawingArea::from(&backend);
    let sheet = Sheet { backend, area, width_px: size.width_px as i32, height_px: size.height_px as i32 };
    let drawn = draw(&sheet);
    // A chart that is missing says so.
    let summary = drawn.map_or_else(|error| format!("This chart could not be drawn: {error}."), |()| summary);
    sheet.backend.take().finish(title, summary)
}

/// A chart on a sheet of this size, under its title.
pub(super) fn titled(title: &str, summary: String, size: Size, draw: impl FnOnce(&Sheet) -> Drawn) -> Chart {
    untitled(title, summary, size, |sheet| {
        sheet.title(title)?;
        draw(sheet)
    })
}

/// A chart without data: its title, and why there is nothing to see.
pub(super) fn empty(title: &str, why: &str, size: Size) -> Chart {
    let size = Size { width_px: size.width_px.max(LEAST_WIDTH_PX), height_px: size.height_px.max(60) };
    titled(title, why.to_owned(), size, |sheet| {
        let text = cut_to_fit(why, LABEL_PX, sheet.width_px - 2 * MARGIN_PX);
        let middle = (sheet.width_px / 2, (sheet.height_px + TITLE_LINE_PX) / 2);
        sheet.label(Role::Muted, &text, (HPos::Center, VPos::Center), middle)
    })
}
