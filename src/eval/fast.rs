//! Kernels for rules of simple shape: count first, masks only where something fails.
//!
//! A column is gone through in blocks of 64 rows. For each block one branch-free pass asks whether any row fails; only if one does, a
//! word of the mask is made. Slots that are null are tested with whatever they hold, and the validity decides.

use arrow::array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow::array::{Array, ArrayRef, ArrowNativeTypeOp, AsArray, DictionaryArray, GenericStringArray, OffsetSizeTrait};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{ArrowNativeType, DataType, TimeUnit};

use crate::plan::{PreparedSet, Shape, Test};
use crate::types::CompareOp;

/// What a kernel found in a slice.
pub(super) struct Found {
    pub failed: usize,
    /// Unknown rows: null values, but for `Present`.
    pub unknown: usize,
}

/// Bits of failing rows, one word for 64 rows; reused from rule to rule, and empty while nothing has failed.
#[derive(Default)]
pub(super) struct Mask {
    pub words: Vec<u64>,
}

impl Mask {
    fn set(&mut self, block: usize, word: u64, blocks: usize) {
        if self.words.is_empty() {
            self.words.resize(blocks, 0);
        }
        if let Some(slot) = self.words.get_mut(block) {
            *slot = word;
        }
    }
}

/// Runs a kernel; `None` where this array has no kernel for the shape, so that the general way must be gone.
pub(super) fn run(shape: &Shape, array: &ArrayRef, other: Option<&ArrayRef>, mask: &mut Mask) -> Option<Found> {
    mask.words.clear();
    let rows = array.len();
    match &shape.test {
        Test::Present => Some(present(array, mask)),
        Test::Finite => match array.data_type() {
            DataType::Float64 => {
                Some(blocks(array.as_primitive::<Float64Type>().values(), array.nulls(), mask, |value| !value.is_finite()))
            }
            DataType::Float32 => {
                Some(blocks(array.as_primitive::<Float32Type>().values(), array.nulls(), mask, |value| !value.is_finite()))
            }
            _ => None,
        },
        Test::Floats(low, high) => floats(array, *low, *high, mask),
        Test::Ints(low, high) => ints(array, *low, *high, mask),
        Test::Strings(set) => match &**set {
            PreparedSet::Strings(set) => texts(array, mask, &TextSet::new(set.iter().map(|text| text.as_bytes()).collect()), rows),
            _ => None,
        },
        Test::Regex(regex) => texts(array, mask, &|text: &[u8]| regex.matches(text), rows),
        Test::Bytes(pattern) => texts(array, mask, &|text: &[u8]| pattern.matches(text), rows),
        Test::Length(low, high) => texts(array, mask, &|text: &[u8]| has_length(text, *low, *high), rows),
        Test::Columns(op, _) => columns(*op, array, other?, mask),
    }
}

fn present(array: &ArrayRef, mask: &mut Mask) -> Found {
    let nulls = match array.data_type() {
        DataType::Dictionary(..) | DataType::Null => array.logical_nulls(),
        _ => array.nulls().cloned(),
    };
    let Some(nulls) = nulls else { return Found { failed: 0, unknown: 0 } };
    let rows = array.len();
    let mut failed = 0;
    for (block, start) in (0..rows).step_by(64).enumerate() {
        let length = (rows - start).min(64);
        let word = !validity(Some(&nulls), start, length) & low_bits(length);
        if word != 0 {
            failed += word.count_ones() as usize;
            mask.set(block, word, rows.div_ceil(64));
        }
    }
    Found { failed, unknown: 0 }
}

/// The lowest `length` bits.
fn low_bits(length: usize) -> u64 {
    if length >= 64 { u64::MAX } else { (1 << length) - 1 }
}

/// Validity of up to 64 rows from `start`; bits past `length` are zero.
#[inline]
fn validity(nulls: Option<&NullBuffer>, start: usize, length: usize) -> u64 {
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
fn blocks<T: Copy>(values: &[T], nulls: Option<&NullBuffer>, mask: &mut Mask, fails: impl Fn(T) -> bool) -> Found {
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
    Found { failed, unknown: null_count(nulls) }
}

/// Nulls are counted from the bits: the count an array from outside carries is not taken on faith.
fn null_count(nulls: Option<&NullBuffer>) -> usize {
    nulls.map_or(0, |nulls| nulls.len() - nulls.inner().count_set_bits())
}

fn floats(array: &ArrayRef, low: f64, high: f64, mask: &mut Mask) -> Option<Found> {
    let nulls = array.nulls();
    Some(match array.data_type() {
        DataType::Float64 => blocks(array.as_primitive::<Float64Type>().values(), nulls, mask, |value| !((value >= low) & (value <= high))),
        DataType::Float32 => blocks(array.as_primitive::<Float32Type>().values(), nulls, mask, |value| {
            let value = f64::from(value);
            !((value >= low) & (value <= high))
        }),
        _ => return None,
    })
}

fn ints(array: &ArrayRef, low: i128, high: i128, mask: &mut Mask) -> Option<Found> {
    Some(match array.data_type() {
        DataType::Int8 => native::<Int8Type>(array, low, high, mask),
        DataType::Int16 => native::<Int16Type>(array, low, high, mask),
        DataType::Int32 => native::<Int32Type>(array, low, high, mask),
        DataType::Int64 => native::<Int64Type>(array, low, high, mask),
        DataType::UInt8 => native::<UInt8Type>(array, low, high, mask),
        DataType::UInt16 => native::<UInt16Type>(array, low, high, mask),
        DataType::UInt32 => native::<UInt32Type>(array, low, high, mask),
        DataType::UInt64 => native::<UInt64Type>(array, low, high, mask),
        DataType::Decimal128(..) => native::<Decimal128Type>(array, low, high, mask),
        DataType::Date32 => native::<Date32Type>(array, low, high, mask),
        DataType::Timestamp(TimeUnit::Second, _) => native::<TimestampSecondType>(array, low, high, mask),
        DataType::Timestamp(TimeUnit::Millisecond, _) => native::<TimestampMillisecondType>(array, low, high, mask),
        DataType::Timestamp(TimeUnit::Microsecond, _) => native::<TimestampMicrosecondType>(array, low, high, mask),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => native::<TimestampNanosecondType>(array, low, high, mask),
        _ => return None,
    })
}

/// Bounds are brought into the column's own width: one outside it lets everything through, or nothing.
fn native<T: ArrowPrimitiveType>(array: &ArrayRef, low: i128, high: i128, mask: &mut Mask) -> Found
where
    T::Native: TryFrom<i128> + Into<i128> + PartialOrd,
{
    let values = array.as_primitive::<T>().values();
    let narrow = |bound: i128| T::Native::try_from(bound).ok();
    let (smallest, largest): (i128, i128) = (T::Native::MIN_TOTAL_ORDER.into(), T::Native::MAX_TOTAL_ORDER.into());
    if low > high || low > largest || high < smallest {
        return blocks(values, array.nulls(), mask, |_| true);
    }
    match (narrow(low.max(smallest)), narrow(high.min(largest))) {
        (Some(low), Some(high)) => blocks(values, array.nulls(), mask, |value| !((value >= low) & (value <= high))),
        _ => blocks(values, array.nulls(), mask, |_| true),
    }
}

fn columns(op: CompareOp, left: &ArrayRef, right: &ArrayRef, mask: &mut Mask) -> Option<Found> {
    Some(match left.data_type() {
        DataType::Float64 => pairs::<Float64Type>(op, left, right, mask),
        DataType::Float32 => pairs::<Float32Type>(op, left, right, mask),
        DataType::Int64 => pairs::<Int64Type>(op, left, right, mask),
        DataType::Int32 => pairs::<Int32Type>(op, left, right, mask),
        DataType::Date32 => pairs::<Date32Type>(op, left, right, mask),
        DataType::Timestamp(TimeUnit::Second, _) => pairs::<TimestampSecondType>(op, left, right, mask),
        DataType::Timestamp(TimeUnit::Millisecond, _) => pairs::<TimestampMillisecondType>(op, left, right, mask),
        DataType::Timestamp(TimeUnit::Microsecond, _) => pairs::<TimestampMicrosecondType>(op, left, right, mask),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => pairs::<TimestampNanosecondType>(op, left, right, mask),
        _ => return None,
    })
}

fn pairs<T: ArrowPrimitiveType>(op: CompareOp, left: &ArrayRef, right: &ArrayRef, mask: &mut Mask) -> Found
where
    T::Native: PartialOrd,
{
    let (a, b) = (left.as_primitive::<T>().values(), right.as_primitive::<T>().values());
    let nulls = NullBuffer::union(left.nulls(), right.nulls());
    let nulls = nulls.as_ref();
    match op {
        CompareOp::Eq => pair_blocks(a, b, nulls, mask, |a, b| a == b),
        CompareOp::NotEq => pair_blocks(a, b, nulls, mask, |a, b| a != b),
        CompareOp::Lt => pair_blocks(a, b, nulls, mask, |a, b| a < b),
        CompareOp::LtEq => pair_blocks(a, b, nulls, mask, |a, b| a <= b),
        CompareOp::Gt => pair_blocks(a, b, nulls, mask, |a, b| a > b),
        CompareOp::GtEq => pair_blocks(a, b, nulls, mask, |a, b| a >= b),
    }
}

#[inline]
fn pair_blocks<T: Copy>(a: &[T], b: &[T], nulls: Option<&NullBuffer>, mask: &mut Mask, holds: impl Fn(T, T) -> bool) -> Found {
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
    Found { failed, unknown: null_count(nulls) }
}

/// A test of a text's bytes.
trait TextTest {
    fn passes(&self, text: &[u8]) -> bool;
}

impl<F: Fn(&[u8]) -> bool> TextTest for F {
    #[inline]
    fn passes(&self, text: &[u8]) -> bool {
        self(text)
    }
}

/// A set of strings for testing many: short ones by two words that hold all their bytes, in a small open table.
enum TextSet<'a> {
    /// Slots of first word, last word, length + 1; a power of two of them, at most a quarter full.
    Short(Vec<(u64, u64, usize)>),
    Any(ahash::HashSet<&'a [u8]>),
}

/// First and last bytes of a text of at most sixteen, which overlap and so hold every byte.
#[inline]
fn words(text: &[u8]) -> Option<(u64, u64)> {
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        return (text.len() <= 16).then(|| (u64::from_le_bytes(*first), u64::from_le_bytes(*last)));
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        return Some((u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last))));
    }
    let (first, last) = (text.first().copied().unwrap_or(0), text.last().copied().unwrap_or(0));
    Some((u64::from(first) | u64::from(text.get(text.len() / 2).copied().unwrap_or(0)) << 8, u64::from(last)))
}

/// Fibonacci hashing: the high bits of a product are well mixed.
#[inline]
fn slot_of(first: u64, last: u64, length: usize, mask: usize) -> usize {
    let mixed = (first ^ last.rotate_left(23) ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 40).unwrap_or(0) & mask
}

impl<'a> TextSet<'a> {
    fn new(texts: Vec<&'a [u8]>) -> Self {
        if texts.len() > 1_024 || texts.iter().any(|text| words(text).is_none()) {
            return Self::Any(texts.into_iter().collect());
        }
        let size = (texts.len() * 4).next_power_of_two().max(8);
        let mut table = vec![(0, 0, 0); size];
        for text in texts {
            let (first, last) = words(text).unwrap_or_default();
            let mut at = slot_of(first, last, text.len(), size - 1);
            while table.get(at).is_some_and(|slot| slot.2 != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = table.get_mut(at) {
                *slot = (first, last, text.len() + 1);
            }
        }
        Self::Short(table)
    }
}

impl TextTest for TextSet<'_> {
    #[inline]
    fn passes(&self, text: &[u8]) -> bool {
        let table = match self {
            Self::Short(table) => table,
            Self::Any(set) => return set.contains(text),
        };
        let Some((first, last)) = words(text) else { return false };
        let wanted = (first, last, text.len() + 1);
        let mask = table.len() - 1;
        let mut at = slot_of(first, last, text.len(), mask);
        while let Some(slot) = table.get(at) {
            if *slot == wanted {
                return true;
            }
            if slot.2 == 0 {
                return false;
            }
            at = (at + 1) & mask;
        }
        false
    }
}

/// Counts characters by their lead bytes, and only if the number of bytes does not settle it.
#[inline]
pub(super) fn has_length(text: &[u8], low: usize, high: usize) -> bool {
    let bytes = text.len();
    // A character has one to four bytes.
    if bytes < low || bytes.div_ceil(4) > high {
        return false;
    }
    if bytes.div_ceil(4) >= low && bytes <= high {
        return true;
    }
    let characters = text.iter().filter(|byte| (**byte as i8) >= -0x40).count();
    (low..=high).contains(&characters)
}

fn texts(array: &ArrayRef, mask: &mut Mask, test: &impl TextTest, rows: usize) -> Option<Found> {
    let nulls = array.nulls();
    Some(match array.data_type() {
        DataType::Utf8 => plain_texts(array.as_string::<i32>(), mask, test),
        DataType::LargeUtf8 => plain_texts(array.as_string::<i64>(), mask, test),
        DataType::Utf8View => {
            let texts = array.as_string_view();
            rows_of(rows, nulls, mask, |row| test.passes(texts.value(row).as_bytes()))
        }
        DataType::Dictionary(key, _) => match **key {
            DataType::Int8 => entries(array.as_dictionary::<Int8Type>(), mask, test)?,
            DataType::Int16 => entries(array.as_dictionary::<Int16Type>(), mask, test)?,
            DataType::Int32 => entries(array.as_dictionary::<Int32Type>(), mask, test)?,
            DataType::Int64 => entries(array.as_dictionary::<Int64Type>(), mask, test)?,
            DataType::UInt8 => entries(array.as_dictionary::<UInt8Type>(), mask, test)?,
            DataType::UInt16 => entries(array.as_dictionary::<UInt16Type>(), mask, test)?,
            DataType::UInt32 => entries(array.as_dictionary::<UInt32Type>(), mask, test)?,
            _ => return None,
        },
        _ => return None,
    })
}

fn plain_texts<O: OffsetSizeTrait>(texts: &GenericStringArray<O>, mask: &mut Mask, test: &impl TextTest) -> Found {
    let (offsets, bytes) = (texts.value_offsets(), texts.value_data());
    rows_of(texts.len(), texts.nulls(), mask, |row| {
        let (start, end) = (offsets.get(row).map_or(0, |at| at.as_usize()), offsets.get(row + 1).map_or(0, |at| at.as_usize()));
        bytes.get(start..end).is_some_and(|text| test.passes(text))
    })
}

/// Tests each row that is not null.
#[inline]
fn rows_of(rows: usize, nulls: Option<&NullBuffer>, mask: &mut Mask, passes: impl Fn(usize) -> bool) -> Found {
    let mut failed = 0;
    for (block, start) in (0..rows).step_by(64).enumerate() {
        let length = (rows - start).min(64);
        let valid = validity(nulls, start, length);
        let mut word = 0_u64;
        if valid == low_bits(length) {
            for bit in 0..length {
                word |= u64::from(!passes(start + bit)) << bit;
            }
        } else {
            let mut rest = valid;
            while rest != 0 {
                let bit = rest.trailing_zeros() as usize;
                word |= u64::from(!passes(start + bit)) << bit;
                rest &= rest - 1;
            }
        }
        if word != 0 {
            failed += word.count_ones() as usize;
            mask.set(block, word, rows.div_ceil(64));
        }
    }
    Found { failed, unknown: null_count(nulls) }
}

/// Tests each entry of a dictionary once, then looks codes up; only where there are fewer entries than rows.
fn entries<K: arrow::array::types::ArrowDictionaryKeyType>(
    array: &DictionaryArray<K>,
    mask: &mut Mask,
    test: &impl TextTest,
) -> Option<Found> {
    let values = array.values();
    if values.len() > array.len().max(1) {
        return None;
    }
    let mut verdict = Mask::default();
    let found = texts(values, &mut verdict, test, values.len())?;
    let keys = array.keys();
    let nulls = array.logical_nulls();
    if found.failed == 0 {
        return Some(Found { failed: 0, unknown: null_count(nulls.as_ref()) });
    }
    let fails = |entry: usize| verdict.words.get(entry / 64).is_some_and(|word| word >> (entry % 64) & 1 == 1);
    let keys = keys.values();
    Some(rows_of(array.len(), nulls.as_ref(), mask, |row| keys.get(row).is_none_or(|key| !fails(key.as_usize()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_set_holds_exactly_its_texts() {
        let texts = ["", "a", "ab", "ba", "abc", "acb", "abcd", "abcdefgh", "abcdefghijklmnop", "é"];
        let set = TextSet::new(texts.iter().map(|text| text.as_bytes()).collect());
        assert!(matches!(set, TextSet::Short(_)));
        assert!(texts.iter().all(|text| set.passes(text.as_bytes())));
        for other in ["b", "aa", "abd", "abcdefg", "abcdefghi", "abcdefghijklmno", "abcdefghijklmnoq", "abcdefghijklmnopq"] {
            assert!(!set.passes(other.as_bytes()), "{other}");
        }
    }
}
