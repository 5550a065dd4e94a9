//! The width that a section has for its charts, which are drawn for it and drawn again when it changes.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

/// How long the window must rest before charts are drawn anew.
const RESIZE_REST: Duration = Duration::from_millis(150);
/// Width from which two charts stand side by side, px.
const TWO_COLUMNS_PX: u32 = 700;
/// Width from which three small charts stand side by side, px.
const THREE_COLUMNS_PX: u32 = 560;
/// Space between two charts and inside their cards, px.
const GAP_PX: u32 = 16;
pub(in crate::page) const PADDING_PX: u32 = 34;

/// The widths of a section's charts, px; 0 until the section is there.
#[derive(Clone, Copy)]
pub(in crate::page) struct ChartRoom {
    /// Whether two stand side by side.
    pub(in crate::page) two_columns: Memo<bool>,
    /// Of one that stands beside another where there is room.
    pub(in crate::page) half: Memo<u32>,
    /// Whether three small ones stand side by side.
    pub(in crate::page) three_columns: Memo<bool>,
    /// Of a small one that stands beside two others where there is room.
    pub(in crate::page) third: Memo<u32>,
    /// Of one that has the section to itself.
    pub(in crate::page) whole: Memo<u32>,
}

impl ChartRoom {
    /// The room in this section, from now on.
    pub(in crate::page) fn of(section: NodeRef<html::Section>) -> Self {
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
        let three_columns = Memo::new(move |_| width_px.get() >= THREE_COLUMNS_PX);
        let one_of = move |columns: u32| {
            let all = width_px.get();
            (all.saturating_sub(GAP_PX * (columns - 1)) / columns).saturating_sub(PADDING_PX)
        };
        Self {
            two_columns,
            half: Memo::new(move |_| one_of(if two_columns.get() { 2 } else { 1 })),
            three_columns,
            third: Memo::new(move |_| one_of(if three_columns.get() { 3 } else { 1 })),
            whole: Memo::new(move |_| one_of(1)),
        }
    }
}
