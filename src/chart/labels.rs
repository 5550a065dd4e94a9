//! Where text has room. No font is at hand, so widths are those of the widest fonts that systems bring: what does not
//! overlap by these widths does not overlap on any screen.

use std::ops::Range;

/// Height of a label's text, px.
pub(super) const LABEL_PX: f64 = 12.0;
/// Height of a title's text, px.
pub(super) const TITLE_PX: f64 = 14.0;
/// What a bold text is wider than a regular one.
pub(super) const BOLD: f64 = 1.1;
/// Least space between two labels of one line, px.
const GAP_PX: i32 = 8;

/// The most that a text of this height takes, px.
pub(super) fn text_width_px(text: &str, px: f64) -> i32 {
    (text.chars().map(width_em).sum::<f64>() * px).ceil() as i32
}

/// The most that a character takes, in heights of the text.
fn width_em(c: char) -> f64 {
    match c {
        ' ' | '.' | ',' | ':' | ';' | '|' | '\'' | 'i' | 'j' | 'l' | 'I' => 0.34,
        '-' | '(' | ')' | '/' | 'f' | 'r' | 't' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 1.0,
        'a'..='z' | '0'..='9' => 0.64,
        '–' => 0.5,
        c if c.is_ascii() => 0.8,
        _ => 1.05,
    }
}

/// A text that is cut off, with an ellipsis, where it would be wider than this.
pub(super) fn cut_to_fit(text: &str, px: f64, width_px: i32) -> String {
    if text_width_px(text, px) <= width_px {
        return text.to_owned();
    }
    let room_em = f64::from(width_px) / px - width_em('…');
    let mut used_em = 0.0;
    let fits = |c: &char| {
        used_em += width_em(*c);
        used_em <= room_em
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// Where labels of one line begin (px), each centred on its place as far as they stay within the range and apart; places
/// are in order. `None` where they have no room beside one another.
pub(super) fn side_by_side(places: &[i32], widths: &[i32], within: &Range<i32>) -> Option<Vec<i32>> {
    let centred: Vec<i32> = places.iter().zip(widths).map(|(place, width)| place - width / 2).collect();
    let (mut to_the_right, mut to_the_left) = (centred.clone(), centred);
    push_right(&mut to_the_right, widths, i32::MIN);
    push_left(&mut to_the_left, widths, i32::MAX);
    // Labels that stand close give way to both sides; then all move into the range.
    let halfway = to_the_right.iter().zip(&to_the_left).map(|(right, left)| (right + left).div_euclid(2));
    let mut starts: Vec<i32> = halfway.collect();
    push_right(&mut starts, widths, within.start);
    push_left(&mut starts, widths, within.end);
    starts.first().is_none_or(|first| *first >= within.start).then_some(starts)
}

/// Moves labels to the right until they are apart and none begins before `from`.
fn push_right(starts: &mut [i32], widths: &[i32], from: i32) {
    let mut free_from = from;
    for (start, width) in starts.iter_mut().zip(widths) {
        *start = (*start).max(free_from);
        free_from = *start + width + GAP_PX;
    }
}

/// Moves labels to the left until they are apart and none ends behind `to`.
fn push_left(starts: &mut [i32], widths: &[i32], to: i32) {
    let mut free_to = to;
    for (start, width) in starts.iter_mut().zip(widths).rev() {
        *start = (*start).min(free_to - width);
        free_to = *start - GAP_PX;
    }
}

/// Half of the most that a label takes, with some space beside it, px.
pub(super) fn half_width_px(text: &str) -> i32 {
    text_width_px(text, LABEL_PX) / 2 + 2
}

/// Two corners of a rectangle, px: the upper left one and the lower right one.
type Rect = ((i32, i32), (i32, i32));

/// What no label may cover.
#[derive(Default)]
pub(super) struct Taken(Vec<Rect>);

impl Taken {
    /// Takes a rectangle.
    pub(super) fn take(&mut self, rect: Rect) {
        self.0.push(rect);
    }

    /// Takes the first of these places (the middle of the text's lower edge, px) where a label is free of all that is
    /// taken and within the rectangle; `None` if it is nowhere.
    pub(super) fn place(&mut self, text: &str, places: &[(i32, i32)], within: Rect) -> Option<(i32, i32)> {
        let half = half_width_px(text);
        let corners = |(x, y): (i32, i32)| ((x - half, y - LABEL_PX as i32), (x + half, y));
        let is_free = |place: &&(i32, i32)| {
            let (from, to) = corners(**place);
            let apart = |(a, b): &Rect| from.0 >= b.0 || a.0 >= to.0 || from.1 >= b.1 || a.1 >= to.1;
            let inside = from.0 >= within.0.0 && to.0 <= within.1.0 && from.1 >= within.0.1 && to.1 <= within.1.1;
            inside && self.0.iter().all(apart)
        };
        let place = places.iter().find(is_free).copied()?;
        self.take(corners(place));
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_that_is_too_wide_is_cut_off() {
        assert_eq!(cut_to_fit("short", LABEL_PX, 100), "short");
        let cut = cut_to_fit("a text that goes on and on", LABEL_PX, 80);
        assert!(cut.starts_with("a te") && cut.ends_with('…'), "{cut}");
        assert!(text_width_px(&cut, LABEL_PX) <= 80);
        assert_eq!(cut_to_fit("anything", LABEL_PX, 0), "…");
    }

    #[test]
    fn labels_stand_over_their_places_where_there_is_room() {
        assert_eq!(side_by_side(&[50, 150], &[40, 40], &(0..300)), Some(vec![30, 130]));
        assert_eq!(side_by_side(&[50, 60], &[40, 40], &(0..300)), Some(vec![11, 59]));
        assert_eq!(side_by_side(&[290, 300], &[40, 40], &(0..300)), Some(vec![212, 260]));
        assert_eq!(side_by_side(&[50, 60], &[40, 40], &(0..80)), None);
        assert_eq!(side_by_side(&[], &[], &(0..80)), Some(vec![]));
    }

    proptest! {
        #[test]
        fn labels_of_a_line_never_overlap(
            labels in prop::collection::vec((0..500i32, 1..120i32), 0..5),
            width_px in 1..600i32,
        ) {
            let mut places: Vec<i32> = labels.iter().map(|(place, _)| *place).collect();
            places.sort_unstable();
            let widths: Vec<i32> = labels.iter().map(|(_, width)| *width).collect();
            let starts = side_by_side(&places, &widths, &(0..width_px));
            let needed: i32 = widths.iter().map(|width| width + GAP_PX).sum::<i32>() - GAP_PX;
            prop_assert_eq!(starts.is_some(), needed <= width_px || labels.is_empty());
            for (i, start) in starts.iter().flatten().enumerate() {
                let free_from = if i == 0 { 0 } else { starts.as_ref().map_or(0, |all| all[i - 1] + widths[i - 1]) };
                prop_assert!(*start >= free_from && start + widths[i] <= width_px);
            }
        }
    }
}
