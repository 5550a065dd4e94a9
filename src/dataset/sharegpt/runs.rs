//! How far a run of bytes goes: datasets of hundreds of megabytes are read through, and this is where the time goes. In
//! the browser sixteen bytes are looked at in one step; elsewhere the compiler finds its own way to.

/// Bytes looked at in one step.
const LANES: usize = 16;

/// How many bytes at the front are neither quote, backslash nor control character: the plain part of a JSON string.
pub(super) fn plain_len(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks();
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    steps::plain(blocks).unwrap_or_else(|| bytes.len() - rest.len() + rest.iter().position(ends).unwrap_or(rest.len()))
}

/// How many bytes at the front are ASCII.
pub(super) fn ascii_len(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks();
    let ends = |byte: &u8| !byte.is_ascii();
    steps::ascii(blocks).unwrap_or_else(|| bytes.len() - rest.len() + rest.iter().position(ends).unwrap_or(rest.len()))
}

/// The length of the run at the front of whole blocks, if it ends in one of them.
#[cfg(not(target_arch = "wasm32"))]
mod steps {
    use super::LANES;

    pub(super) fn plain(blocks: &[[u8; LANES]]) -> Option<usize> {
        let in_run = |block: &[u8; LANES]| {
            block.iter().fold(true, |all, &byte| all & (byte != b'"') & (byte != b'\\') & (byte >= 0x20))
        };
        let end = blocks.iter().position(|block| !in_run(block))?;
        let within = blocks[end].iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        Some(end * LANES + within.unwrap_or(LANES))
    }

    pub(super) fn ascii(blocks: &[[u8; LANES]]) -> Option<usize> {
        let end = blocks.iter().position(|block| !block.is_ascii())?;
        Some(end * LANES + blocks[end].iter().position(|byte| !byte.is_ascii()).unwrap_or(LANES))
    }
}

#[cfg(target_arch = "wasm32")]
mod steps {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128, v128_or};

    use super::LANES;

    #[target_feature(enable = "simd128")]
    pub(super) fn plain(blocks: &[[u8; LANES]]) -> Option<usize> {
        let (quote, backslash, space) = (u8x16_splat(b'"'), u8x16_splat(b'\\'), u8x16_splat(b' '));
        for (index, block) in blocks.iter().enumerate() {
            let bytes = load(block);
            let marks = v128_or(u8x16_eq(bytes, quote), u8x16_eq(bytes, backslash));
            let ends = u8x16_bitmask(v128_or(marks, u8x16_lt(bytes, space)));
            if ends != 0 {
                return Some(index * LANES + ends.trailing_zeros() as usize);
            }
        }
        None
    }

    #[target_feature(enable = "simd128")]
    pub(super) fn ascii(blocks: &[[u8; LANES]]) -> Option<usize> {
        for (index, block) in blocks.iter().enumerate() {
            // The highest bit of each byte.
            let ends = u8x16_bitmask(load(block));
            if ends != 0 {
                return Some(index * LANES + ends.trailing_zeros() as usize);
            }
        }
        None
    }

    #[target_feature(enable = "simd128")]
    #[inline]
    fn load(block: &[u8; LANES]) -> v128 {
        let bytes = u128::from_le_bytes(*block);
        u64x2(bytes as u64, (bytes >> 64) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_run_ends_at_the_first_byte_that_is_not_of_it(
            front in 0..70_usize, end in any::<u8>(), back in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let bytes = [vec![b'a'; front], vec![end], back].concat();
            let plain = bytes.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count();
            prop_assert_eq!(plain_len(&bytes), plain);
            prop_assert_eq!(ascii_len(&bytes), bytes.iter().take_while(|byte| byte.is_ascii()).count());
        }
    }
}
