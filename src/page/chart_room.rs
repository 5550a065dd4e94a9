//! The width that a section has for its charts, which are drawn for it and drawn again when it changes.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

/// How long the window must rest before charts are drawn anew.
const RESIZE_REST: Duration = Duration::from_millis(150);
/// Width from which two charts stand side by side, px.
const TWO_COLUMNS_PX: u32 = 700;
/// Space between two charts and inside their cards, px.
const GAP_PX: u32 = 16;
pub(super) const PADDING_PX: u32 = 34;

/// The widths of a section's charts, px; 0 until the section is there.
#[derive(Clone, Copy)]
pub(super) struct ChartRoom {
    /// Whether two stand side by side.
    pub(super) two_columns: Memo<bool>,
    /// Of one that stands beside another where there is room.
    pub(super) half: Memo<u32>,
    /// Of one that has the section to itself.
    pub(super) whole: Memo<u32>,
}

impl ChartRoom {
    /// The room in this section, from now on.
    pub(super) fn of(section: NodeRef<html::Section>) -> Self {
        let width_px = RwSignal::new(0_u32);
        let measure = move || {
            if let Some(section) = section.get_untracked() {
                width_px.set(section.client_width().max(0) as u32);
            }
        };
        Effect::new(move |_| {
            if section.get().is_some() {
                measure();
            }
        });
        let resting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
        let listener = window_event_listener(leptos::ev::resize, move |_| {
            let next = set_timeout_with_handle(measure, RESIZE_REST).ok();
            if let Some(before) = resting.try_update_value(|resting| std::mem::replace(resting, next)).flatten() {
                before.clear();
            }
        });
        on_cleanup(move || listener.remove());
        let two_columns = Memo::new(move |_| width_px.get() >= TWO_COLUMNS_PX);
        let half = move |_: Option<&u32>| {
            let all = width_px.get();
            let column = if two_columns.get() { (all - GAP_PX) / 2 } else { all };
            column.saturating_sub(PADDING_PX)
        };
        let whole = move |_: Option<&u32>| width_px.get().saturating_sub(PADDING_PX);
        Self { two_columns, half: Memo::new(half), whole: Memo::new(whole) }
    }
}
