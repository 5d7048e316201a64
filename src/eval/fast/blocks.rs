//! Going through rows in blocks of 64: a word of the mask each.

use arrow::buffer::NullBuffer;

use super::{Found, Mask};

/// The lowest `length` bits.
pub(super) fn low_bits(length: usize) -> u64 {
    if length >= 64 { u64::MAX } else { (1 << length) - 1 }
}

/// Validity of up to 64 rows from `start`; bits past `length` are zero.
#[inline]
pub(super) fn validity(nulls: Option<&NullBuffer>, start: usize, length: usize) -> u64 {
    let Some(nulls) = nulls else { return low_bits(length) };
    let bits = nulls.inner();
    let from = bits.offset() + start;
    let bytes = bits.values();
    let byte = |at: usize| u64::from(bytes.get(at).copied().unwrap_or(0));
    let first = from / 8;
    let shift = from % 8;
    let word = match bytes.get(first..first + 8) {
        Some(eight) => u64::from_le_bytes(<[u8; 8]>::try_from(eight).unwrap_or_default()),
        None => (0..8).fold(0, |word, at| word | byte(first + at) << (8 * at)),
    };
    let word = if shift == 0 { word } else { word >> shift | byte(first + 8) << (64 - shift) };
    word & low_bits(length)
}

/// Goes through values in blocks of 64.
#[inline]
pub(super) fn blocks<T: Copy>(values: &[T], nulls: Option<&NullBuffer>, mask: &mut Mask, fails: impl Fn(T) -> bool) -> Found {
    let (mut failed, total) = (0, values.len().div_ceil(64));
    for (block, chunk) in values.chunks(64).enumerate() {
        // PERF: benches/kernels.rs `range`: a fold without a way out early is what vectorises.
        if chunk.iter().fold(false, |any, value| any | fails(*value)) {
            let word = chunk.iter().enumerate().fold(0_u64, |word, (bit, value)| word | u64::from(fails(*value)) << bit);
            let word = word & validity(nulls, block * 64, chunk.len());
            if word != 0 {
                failed += word.count_ones() as usize;
                mask.set(block, word, total);
            }
        }
    }
    Found::new(failed, nulls)
}

/// Nulls are counted from the bits: the count an array from outside carries is not taken on faith.
pub(super) fn null_count(nulls: Option<&NullBuffer>) -> usize {
    nulls.map_or(0, |nulls| nulls.len() - nulls.inner().count_set_bits())
}

#[inline]
pub(super) fn pair_blocks<T: Copy>(a: &[T], b: &[T], nulls: Option<&NullBuffer>, mask: &mut Mask, holds: impl Fn(T, T) -> bool) -> Found {
    let (mut failed, total) = (0, a.len().div_ceil(64));
    for (block, (left, right)) in a.chunks(64).zip(b.chunks(64)).enumerate() {
        if left.iter().zip(right).fold(false, |any, (a, b)| any | !holds(*a, *b)) {
            let word = left.iter().zip(right).enumerate().fold(0_u64, |word, (bit, (a, b))| word | u64::from(!holds(*a, *b)) << bit);
            let word = word & validity(nulls, block * 64, left.len());
            if word != 0 {
                failed += word.count_ones() as usize;
                mask.set(block, word, total);
            }
        }
    }
    Found::new(failed, nulls)
}

/// Goes through rows in blocks: `fails` gives the failing rows of a block from its first row, its length and its validity, of which
/// those that are null are not looked at.
#[inline]
pub(super) fn words_of(rows: usize, nulls: Option<&NullBuffer>, mask: &mut Mask, fails: impl Fn(usize, usize, u64) -> u64) -> Found {
    let mut failed = 0;
    for (block, start) in (0..rows).step_by(64).enumerate() {
        let length = (rows - start).min(64);
        let valid = validity(nulls, start, length);
        let word = fails(start, length, valid) & valid;
        if word != 0 {
            failed += word.count_ones() as usize;
            mask.set(block, word, rows.div_ceil(64));
        }
    }
    Found::new(failed, nulls)
}
