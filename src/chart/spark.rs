//! Small charts for during a run: one line, the latest value and the highest, no axes. They are drawn from a
//! [`Series`], which stays bounded.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::frame::{LABEL_PX, Size, sheet, text_style};
use super::series::Series;
use super::theme::Role;
use super::ticks::{duration, short};

/// Height of the line of words, px.
const WORDS_PX: i32 = 18;

/// The course of a value so far: its name at the left, its latest value at the right, the line below them from 0 up
/// to its highest. `unit` "ms" shows durations; any other stands behind the number.
pub fn sparkline(title: &str, unit: &str, series: &Series, size: Size) -> String {
    let show = |value: f64| if unit == "ms" { duration(value) } else { format!("{} {unit}", short(value)) };
    let points = series.points();
    let latest = points.last().map(|(_, value)| *value);
    let highest = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let said = latest.map_or_else(|| "–".to_owned(), show);
    let gist =
        latest.map_or_else(|| "No values yet.".to_owned(), |_| format!("Now {said}, at most {}.", show(highest)));
    sheet(title, &gist, size, |sheet, _| {
        let (width, height) = sheet.dim_in_pixel();
        let (width, height) = (width as i32, height as i32);
        let left = text_style(Role::Muted, LABEL_PX, Pos::new(HPos::Left, VPos::Top));
        sheet.draw_text(title, &left, (2, 2))?;
        let right = text_style(Role::Ink, LABEL_PX, Pos::new(HPos::Right, VPos::Top));
        sheet.draw_text(&said, &right, (width - 2, 2))?;
        let floor = height - 2;
        sheet.draw(&PathElement::new(vec![(2, floor), (width - 2, floor)], Role::Grid.colour()))?;
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
        let span = (last.0 - first.0).max(1.0);
        let scale = f64::from(floor - WORDS_PX - 4) / if highest > 0.0 { highest } else { 1.0 };
        let place = |(at, value): &(f64, f64)| {
            let x = 2.0 + (at - first.0) / span * f64::from(width - 6);
            (x as i32, floor - (value.max(0.0) * scale) as i32)
        };
        let line: Vec<(i32, i32)> = points.iter().map(place).collect();
        let ends = [(line[line.len() - 1].0, floor), (line[0].0, floor)];
        let area: Vec<(i32, i32)> = line.iter().copied().chain(ends).collect();
        let now = line[line.len() - 1];
        sheet.draw(&Polygon::new(area, Role::First.colour().mix(0.15)))?;
        sheet.draw(&PathElement::new(line, Role::First.colour().stroke_width(2)))?;
        sheet.draw(&Circle::new(now, 3, Role::First.colour().filled()))
    })
}
