//! What every chart function gives: the picture, what it shows in words, and the places where a value can be read off.

use super::style::{STYLE, Theme, ground, literal_colours};

/// The size that a chart is drawn for, in CSS pixels. A chart is never drawn smaller than its labels need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Width, px.
    pub width_px: u32,
    /// Height, px.
    pub height_px: u32,
}

impl Size {
    /// How many labels fit along the bottom.
    pub(super) fn x_ticks(self) -> usize {
        (self.width_px as usize / 65).clamp(2, 12)
    }

    /// How many labels fit along the side.
    pub(super) fn y_ticks(self) -> usize {
        (self.height_px as usize / 50).clamp(2, 8)
    }
}

/// A place on a chart where a value can be read off: a rectangle in px, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Its left edge, px from the chart's.
    pub left_px: i32,
    /// Its upper edge, px from the chart's.
    pub top_px: i32,
    /// At least 1.
    pub width_px: i32,
    /// At least 1.
    pub height_px: i32,
    /// The value in words: "Request 3: 120 ms at 1.5 s".
    pub text: String,
    /// The index of the request that it belongs to, if it belongs to one.
    pub request: Option<u32>,
}

impl Spot {
    fn holds(&self, (x_px, y_px): (f64, f64)) -> bool {
        let within = |at: f64, from: i32, length: i32| at >= f64::from(from) && at <= f64::from(from + length);
        within(x_px, self.left_px, self.width_px) && within(y_px, self.top_px, self.height_px)
    }

    /// The square of the distance from its centre to a place.
    fn distance(&self, (x_px, y_px): (f64, f64)) -> f64 {
        let centre = |from: i32, length: i32| f64::from(from) + f64::from(length) / 2.0;
        (centre(self.left_px, self.width_px) - x_px).powi(2) + (centre(self.top_px, self.height_px) - y_px).powi(2)
    }
}

/// A chart that was drawn. The default is one that was not drawn yet: no text, no spots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chart {
    /// One `<svg>` element with the chart's title, its summary and its spots in it, each of which has its text as a
    /// tooltip. Its marks have classes, to which `style/chart.css` gives the page's colours.
    pub svg: String,
    /// What one would read off the chart, in a sentence or two of plain text.
    pub summary: String,
    /// Where values can be read off, in the order in which they are read one after the other.
    pub spots: Vec<Spot>,
    /// The size that it has, px.
    pub size: Size,
}

impl Chart {
    /// The spot at a place (px from the chart's upper left corner): of those that hold it the one whose centre is
    /// nearest.
    pub fn spot_at(&self, place: (f64, f64)) -> Option<usize> {
        let holding = self.spots.iter().enumerate().filter(|(_, spot)| spot.holds(place));
        holding.min_by(|(_, a), (_, b)| a.distance(place).total_cmp(&b.distance(place))).map(|(i, _)| i)
    }

    /// The chart as a file of its own, with a style and a background in it. Colours are literal, for programs that do
    /// not know custom properties.
    pub fn to_file(&self, theme: Theme) -> String {
        let Size { width_px, height_px } = self.size;
        format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" "#,
                r#"width="{width}" height="{height}"><style>{style}{colours}</style>"#,
                r#"<rect width="{width}" height="{height}" fill="{ground}"/>{svg}</svg>"#
            ),
            width = width_px,
            height = height_px,
            style = STYLE,
            colours = literal_colours(theme),
            ground = ground(theme),
            svg = self.svg,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(left_px: i32, top_px: i32, width_px: i32) -> Spot {
        Spot { left_px, top_px, width_px, height_px: 8, text: String::new(), request: None }
    }

    #[test]
    fn a_place_is_read_off_the_nearest_spot_that_holds_it() {
        let chart = Chart { spots: vec![spot(0, 0, 8), spot(5, 0, 8), spot(40, 0, 8)], ..Chart::default() };
        assert_eq!(chart.spot_at((4.0, 4.0)), Some(0));
        assert_eq!(chart.spot_at((7.0, 4.0)), Some(1));
        assert_eq!(chart.spot_at((44.0, 8.0)), Some(2));
        assert_eq!(chart.spot_at((30.0, 4.0)), None);
        assert_eq!(chart.spot_at((4.0, 8.5)), None);
    }
}
