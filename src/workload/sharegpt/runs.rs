//! How far a run of bytes goes: datasets of hundreds of megabytes are read through, and this is where the time goes. In
//! the browser sixteen bytes are looked at in one step; elsewhere the compiler finds its own way to.

/// Bytes looked at in one step.
const LANES: usize = 16;

/// How many bytes at the front are neither quote, backslash nor control character: the plain part of a JSON string.
pub(super) fn plain_len(bytes: &[u8]) -> usize {
    run_len(bytes, steps::plain, |byte| byte == b'"' || byte == b'\\' || byte < 0x20)
}

/// How many bytes at the front are ASCII.
pub(super) fn ascii_len(bytes: &[u8]) -> usize {
    run_len(bytes, steps::ascii, |byte| byte >= 0x80)
}

/// Goes on in steps while these are all in the run, then byte by byte to its end.
fn run_len(bytes: &[u8], steps: fn(&[[u8; LANES]]) -> usize, ends: impl Fn(u8) -> bool) -> usize {
    let (blocks, _) = bytes.as_chunks();
    let whole = steps(blocks) * LANES;
    let rest = &bytes[whole..];
    whole + rest.iter().position(|&byte| ends(byte)).unwrap_or(rest.len())
}

/// How many blocks at the front are wholly in the run.
#[cfg(not(target_arch = "wasm32"))]
mod steps {
    use super::LANES;

    pub(super) fn plain(blocks: &[[u8; LANES]]) -> usize {
        count(blocks, |block| {
            block.iter().fold(true, |all, &byte| all & (byte != b'"') & (byte != b'\\') & (byte >= 0x20))
        })
    }

    pub(super) fn ascii(blocks: &[[u8; LANES]]) -> usize {
        count(blocks, |block| block.is_ascii())
    }

    fn count(blocks: &[[u8; LANES]], in_run: impl Fn(&[u8; LANES]) -> bool) -> usize {
        blocks.iter().position(|block| !in_run(block)).unwrap_or(blocks.len())
    }
}

#[cfg(target_arch = "wasm32")]
mod steps {
    use core::arch::wasm32::{
        i8x16_lt, i8x16_splat, u8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128, v128_any_true, v128_or,
    };

    use super::LANES;

    #[target_feature(enable = "simd128")]
    pub(super) fn plain(blocks: &[[u8; LANES]]) -> usize {
        let (quote, backslash, space) = (u8x16_splat(b'"'), u8x16_splat(b'\\'), u8x16_splat(b' '));
        for (index, block) in blocks.iter().enumerate() {
            let bytes = load(block);
            let marks = v128_or(u8x16_eq(bytes, quote), u8x16_eq(bytes, backslash));
            if v128_any_true(v128_or(marks, u8x16_lt(bytes, space))) {
                return index;
            }
        }
        blocks.len()
    }

    #[target_feature(enable = "simd128")]
    pub(super) fn ascii(blocks: &[[u8; LANES]]) -> usize {
        let zero = i8x16_splat(0);
        for (index, block) in blocks.iter().enumerate() {
            if v128_any_true(i8x16_lt(load(block), zero)) {
                return index;
            }
        }
        blocks.len()
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
