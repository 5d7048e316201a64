//! Going through rows in blocks of 64: a word of the mask each.

use arrow::buffer::NullBuffer;

use crate::kernels::wide::{Loop, widest};

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
    Found::new(widest(Blocks { values, nulls, mask, fails }), nulls)
}

struct Blocks<'a, T, F> {
    values: &'a [T],
    nulls: Option<&'a NullBuffer>,
    mask: &'a mut Mask,
    fails: F,
}

impl<T: Copy, F: Fn(T) -> bool> Loop for Blocks<'_, T, F> {
    type Out = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let (mut failed, total) = (0, self.values.len().div_ceil(64));
        for (block, chunk) in self.values.chunks(64).enumerate() {
            // PERF: benches/kernels.rs `range`: a fold without a way out early is what vectorises.
            if chunk.iter().fold(false, |any, value| any | (self.fails)(*value)) {
                let word = chunk.iter().enumerate().fold(0_u64, |word, (bit, value)| word | u64::from((self.fails)(*value)) << bit);
                failed += self.mask.fail(block, word & validity(self.nulls, block * 64, chunk.len()), total);
            }
        }
        failed
    }
}

/// Nulls are counted from the bits: the count an array from outside carries is not taken on faith.
pub(super) fn null_count(nulls: Option<&NullBuffer>) -> usize {
    nulls.map_or(0, |nulls| nulls.len() - nulls.inner().count_set_bits())
}

/// The same for pairs of values.
#[inline]
pub(super) fn pair_blocks<T: Copy>(a: &[T], b: &[T], nulls: Option<&NullBuffer>, mask: &mut Mask, holds: impl Fn(T, T) -> bool) -> Found {
    Found::new(widest(PairBlocks { a, b, nulls, mask, holds }), nulls)
}

struct PairBlocks<'a, T, F> {
    a: &'a [T],
    b: &'a [T],
    nulls: Option<&'a NullBuffer>,
    mask: &'a mut Mask,
    holds: F,
}

impl<T: Copy, F: Fn(T, T) -> bool> Loop for PairBlocks<'_, T, F> {
    type Out = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let (mut failed, total) = (0, self.a.len().div_ceil(64));
        for (block, (left, right)) in self.a.chunks(64).zip(self.b.chunks(64)).enumerate() {
            let fails = || left.iter().zip(right).map(|(a, b)| !(self.holds)(*a, *b));
            if fails().fold(false, |any, fails| any | fails) {
                let word = fails().enumerate().fold(0_u64, |word, (bit, fails)| word | u64::from(fails) << bit);
                failed += self.mask.fail(block, word & validity(self.nulls, block * 64, left.len()), total);
            }
        }
        failed
    }
}

/// Goes through rows in blocks: `fails` gives the failing rows of a block from its first row, its length and its validity, of which
/// those that are null are not looked at.
#[inline]
pub(super) fn words_of(rows: usize, nulls: Option<&NullBuffer>, mask: &mut Mask, fails: impl Fn(usize, usize, u64) -> u64) -> Found {
    let mut failed = 0;
    for (block, start) in (0..rows).step_by(64).enumerate() {
        let length = (rows - start).min(64);
        let valid = validity(nulls, start, length);
        failed += mask.fail(block, fails(start, length, valid) & valid, rows.div_ceil(64));
    }
    Found::new(failed, nulls)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// The rows that a loop finds failing, and how many.
    fn told(run: impl FnOnce(&mut Mask) -> usize) -> (usize, Vec<u64>) {
        let mut mask = Mask::default();
        (run(&mut mask), mask.words)
    }

    proptest! {
        #[test]
        fn wide_registers_and_others_tell_the_same(rows in vec((-20_i64..20, -20_i64..20, any::<bool>()), 0..300), low in -20_i64..20) {
            let nulls = NullBuffer::from(rows.iter().map(|row| row.2).collect::<Vec<_>>());
            let nulls = Some(&nulls);
            let (a, b): (Vec<i64>, Vec<i64>) = rows.iter().map(|row| (row.0, row.1)).unzip();
            let fails = |value: i64| value < low;
            let plain = told(|mask| Blocks { values: &a, nulls, mask, fails }.run());
            prop_assert_eq!(&plain, &told(|mask| blocks(&a, nulls, mask, fails).failed));
            prop_assert_eq!(plain.0, rows.iter().filter(|row| row.2 && row.0 < low).count());
            let floats: Vec<f64> = a.iter().map(|value| if *value == low { f64::NAN } else { *value as f64 }).collect();
            let fails = |value: f64| !(value > 0.5);
            let plain = told(|mask| Blocks { values: &floats, nulls, mask, fails }.run());
            prop_assert_eq!(plain, told(|mask| blocks(&floats, nulls, mask, fails).failed));
            let holds = |a: i64, b: i64| a <= b;
            let plain = told(|mask| PairBlocks { a: &a, b: &b, nulls, mask, holds }.run());
            prop_assert_eq!(&plain, &told(|mask| pair_blocks(&a, &b, nulls, mask, holds).failed));
            prop_assert_eq!(plain.0, rows.iter().filter(|row| row.2 && row.0 > row.1).count());
        }
    }
}
