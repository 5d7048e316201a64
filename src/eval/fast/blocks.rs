//! Going through rows in blocks of 64: a word of the mask each.

use arrow::buffer::NullBuffer;

use crate::kernels::bits::{ones, word};
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
        let total = self.values.len().div_ceil(64);
        let (whole, rest) = self.values.as_chunks::<64>();
        let mut failed = 0;
        for (block, values) in whole.iter().enumerate() {
            // PERF: benches/kernels.rs `range`: a fold over an array, without a way out early, is what becomes compares alone.
            if values.iter().fold(false, |any, value| any | (self.fails)(*value)) {
                let fails = values.iter().enumerate().fold(0, |word, (at, value)| word | u64::from((self.fails)(*value)) << at);
                failed += self.mask.fail(block, fails & validity(self.nulls, block * 64, 64), total);
            }
        }
        let fails = word(rest.iter().map(|value| (self.fails)(*value)));
        failed + self.mask.fail(whole.len(), fails & validity(self.nulls, whole.len() * 64, rest.len()), total)
    }
}

/// Nulls are counted from the bits: the count an array from outside carries is not taken on faith.
pub(super) fn null_count(nulls: Option<&NullBuffer>) -> usize {
    nulls.map_or(0, |nulls| nulls.len() - ones(nulls.inner()))
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
        let total = self.a.len().div_ceil(64);
        let ((a, a_rest), (b, b_rest)) = (self.a.as_chunks::<64>(), self.b.as_chunks::<64>());
        let mut failed = 0;
        for (block, (a, b)) in a.iter().zip(b).enumerate() {
            if a.iter().zip(b).fold(false, |any, (a, b)| any | !(self.holds)(*a, *b)) {
                let fails = a.iter().zip(b).enumerate().fold(0, |word, (at, (a, b))| word | u64::from(!(self.holds)(*a, *b)) << at);
                failed += self.mask.fail(block, fails & validity(self.nulls, block * 64, 64), total);
            }
        }
        let fails = word(a_rest.iter().zip(b_rest).map(|(a, b)| !(self.holds)(*a, *b)));
        failed + self.mask.fail(a.len(), fails & validity(self.nulls, a.len() * 64, a_rest.len()), total)
    }
}

/// What tells the failing rows of a block.
pub(super) trait Block {
    /// Of a block from its first row, its length and its validity, the rows that fail; those that are null are not looked at.
    fn fails(&self, start: usize, length: usize, valid: u64) -> u64;
}

impl<F: Fn(usize, usize, u64) -> u64> Block for F {
    #[inline(always)]
    fn fails(&self, start: usize, length: usize, valid: u64) -> u64 {
        self(start, length, valid)
    }
}

/// Goes through rows in blocks.
///
/// PERF: benches/kernels.rs `set`: of a closure nothing promises that it is inlined, and so compiled for wide registers; of a
/// [`Block`] of its own, `#[inline(always)]` does.
#[inline]
pub(super) fn words_of(rows: usize, nulls: Option<&NullBuffer>, mask: &mut Mask, block: impl Block) -> Found {
    Found::new(widest(Words { rows, nulls, mask, block }), nulls)
}

struct Words<'a, B> {
    rows: usize,
    nulls: Option<&'a NullBuffer>,
    mask: &'a mut Mask,
    block: B,
}

impl<B: Block> Loop for Words<'_, B> {
    type Out = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let mut failed = 0;
        for (at, start) in (0..self.rows).step_by(64).enumerate() {
            let length = (self.rows - start).min(64);
            let valid = validity(self.nulls, start, length);
            failed += self.mask.fail(at, self.block.fails(start, length, valid) & valid, self.rows.div_ceil(64));
        }
        failed
    }
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
