//! The bytes of a large file in the browser's memory, where there is room for them: what is read there takes
//! microseconds, and a read of a file or an address at least half a millisecond, however short it is. They lie outside
//! of the program's own memory, which is far smaller.

use js_sys::{Reflect, Uint8Array};

use crate::web::scope::scope;

/// The share of the machine's memory that one file may take for as long as prompts are drawn from it.
const SHARE: f64 = 1.0 / 8.0;
/// What it may take at most, in bytes, however large the machine is.
const MOST_BYTES: f64 = (1 << 30) as f64;

/// Whether there is room for a file of this size. Of a browser that does not tell the machine's memory (in GiB) nothing is
/// asked.
pub(super) fn has_room(bytes: u64) -> bool {
    let memory = Reflect::get(&scope().navigator(), &"deviceMemory".into());
    let gib = memory.ok().and_then(|memory| memory.as_f64()).unwrap_or_default();
    bytes as f64 <= MOST_BYTES.min(gib * f64::from(1 << 30) * SHARE)
}

/// A file's pieces, from its first byte on without gaps.
#[derive(Default)]
pub(super) struct Kept {
    /// Each with the offset of its end.
    pieces: Vec<(u64, Uint8Array)>,
}

impl Kept {
    /// A file that is small enough to be read in one go.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut kept = Self::default();
        kept.push(bytes.into());
        kept
    }

    /// Keeps the next piece.
    pub(super) fn push(&mut self, piece: Uint8Array) {
        let end = self.pieces.last().map_or(0, |(end, _)| *end) + u64::from(piece.length());
        self.pieces.push((end, piece));
    }

    /// The bytes `start..start + len`; fewer where the file ends before.
    pub(super) fn read(&self, start: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        let mut have = 0;
        let first = self.pieces.partition_point(|(end, _)| *end <= start);
        for (end, piece) in &self.pieces[first..] {
            if have == len {
                break;
            }
            let from = piece.length() - (end - start - have as u64) as u32;
            let part = piece.subarray(from, piece.length().min(from.saturating_add((len - have) as u32)));
            let count = part.length() as usize;
            part.copy_to(&mut bytes[have..have + count]);
            have += count;
        }
        bytes.truncate(have);
        bytes
    }
}
