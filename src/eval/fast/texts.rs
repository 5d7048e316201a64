//! Kernels over texts, in every layout: contiguous, views, dictionaries.

use arrow::array::types::{Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, GenericStringArray, OffsetSizeTrait, StringViewArray};
use arrow::datatypes::{ArrowNativeType, DataType};

use crate::kernels::bits::word;
use crate::kernels::texts::{BytePattern, LANES, Text, TextPattern, TextSet, continuations, has_length};

use super::blocks::words_of;
use super::{Found, Mask};

/// A test of a text's bytes.
pub(super) trait TextTest {
    /// The rows of a block that fail; of those that are not wanted, any may be among them: for most tests to ask all rows is cheaper
    /// than to go from one that is wanted to the next.
    fn fails<'a>(&self, length: usize, wanted: u64, text: impl Fn(usize) -> Text<'a>) -> u64;

    /// The same for texts that lie one after another, where offsets can settle it.
    #[inline(always)]
    fn fails_by_offsets<O: OffsetSizeTrait>(&self, _offsets: &[O], _bytes: &[u8]) -> Option<u64> {
        None
    }

    /// The same for views, where they can settle it.
    #[inline(always)]
    fn fails_by_views(&self, _views: &[u128]) -> Option<u64> {
        None
    }
}

/// Membership in a set, or the opposite.
pub(super) struct Member<'a> {
    pub set: &'a TextSet,
    pub outside: bool,
}

impl TextTest for Member<'_> {
    #[inline(always)]
    fn fails<'a>(&self, length: usize, _wanted: u64, text: impl Fn(usize) -> Text<'a>) -> u64 {
        word((0..length).map(|row| self.set.contains(text(row)) == self.outside))
    }

    #[inline(always)]
    fn fails_by_offsets<O: OffsetSizeTrait>(&self, offsets: &[O], bytes: &[u8]) -> Option<u64> {
        let set = self.set.narrow()?;
        Some(word(offsets.iter().zip(offsets.get(1..)?).map(|(start, end)| {
            let (start, end) = (start.as_usize(), end.as_usize());
            let text = Text { buffer: bytes, start, length: end.wrapping_sub(start) };
            set.contains(text.eight(), text.length) == self.outside
        })))
    }

    /// A text of at most eight bytes is all in its view, after its length.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the first 32 bits of a view are its length, the next 64 begin the text")]
    fn fails_by_views(&self, views: &[u128]) -> Option<u64> {
        let set = self.set.narrow()?;
        Some(word(views.iter().map(|view| set.contains((view >> 32) as u64, *view as u32 as usize) == self.outside)))
    }
}

impl TextTest for BytePattern {
    #[inline(always)]
    fn fails<'a>(&self, length: usize, _wanted: u64, text: impl Fn(usize) -> Text<'a>) -> u64 {
        word((0..length).map(|row| !self.matches(text(row))))
    }

    /// Texts of the pattern's length that lie side by side are tested together.
    #[inline(always)]
    fn fails_by_offsets<O: OffsetSizeTrait>(&self, offsets: &[O], bytes: &[u8]) -> Option<u64> {
        let (bytes, lengths) = side_by_side(offsets, bytes)?;
        let wanted = u32::try_from(self.length()).ok()?;
        // PERF: benches/kernels.rs `fixed_pattern`: a fold without a way out early is what vectorises.
        if !lengths.fold(true, |all, length| all & (length == wanted)) {
            return None;
        }
        self.all_match(bytes)?.then_some(0)
    }
}

impl TextTest for TextPattern {
    /// Only what is wanted, several texts side by side.
    #[inline(always)]
    fn fails<'a>(&self, _length: usize, mut wanted: u64, text: impl Fn(usize) -> Text<'a>) -> u64 {
        let mut word = 0;
        while wanted != 0 {
            let (mut rows, mut texts) = ([64; LANES], [&[][..]; LANES]);
            for (row, lane) in rows.iter_mut().zip(&mut texts) {
                if wanted != 0 {
                    *row = wanted.trailing_zeros();
                    *lane = text(*row as usize).bytes();
                    wanted &= wanted - 1;
                }
            }
            for (row, matches) in rows.iter().zip(self.all_match(texts)) {
                word |= u64::from(!matches).checked_shl(*row).unwrap_or(0);
            }
        }
        word
    }
}

/// A number of characters.
pub(super) struct Length {
    pub low: usize,
    pub high: usize,
}

impl TextTest for Length {
    #[inline(always)]
    fn fails<'a>(&self, length: usize, _wanted: u64, text: impl Fn(usize) -> Text<'a>) -> u64 {
        word((0..length).map(|row| !has_length(text(row).bytes(), self.low, self.high)))
    }

    /// A text has at most as many characters as bytes, and at least as many less all bytes of the block that begin none.
    #[inline(always)]
    fn fails_by_offsets<O: OffsetSizeTrait>(&self, offsets: &[O], bytes: &[u8]) -> Option<u64> {
        let (block, lengths) = side_by_side(offsets, bytes)?;
        let least = u32::try_from(self.low.saturating_add(continuations(block))).ok()?;
        let spare = u32::try_from(self.high).unwrap_or(u32::MAX).checked_sub(least)?;
        let unsure = |length: u32| length.wrapping_sub(least) > spare;
        // PERF: benches/kernels.rs `length`: a fold without a way out early is what vectorises.
        if !lengths.clone().fold(false, |any, length| any | unsure(length)) {
            return Some(0);
        }
        let (mut left, mut fails) = (word(lengths.map(unsure)), 0);
        while left != 0 {
            let row = left.trailing_zeros() as usize;
            left &= left - 1;
            let (start, end) = (offsets.get(row)?.as_usize(), offsets.get(row + 1)?.as_usize());
            fails |= u64::from(!has_length(bytes.get(start..end)?, self.low, self.high)) << row;
        }
        Some(fails)
    }
}

/// The bytes of texts that lie one after another, and the length of each.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "no text is longer than all of them")]
fn side_by_side<'a, O: OffsetSizeTrait>(
    offsets: &'a [O],
    bytes: &'a [u8],
) -> Option<(&'a [u8], impl ExactSizeIterator<Item = u32> + Clone)> {
    let bytes = bytes.get(offsets.first()?.as_usize()..offsets.last()?.as_usize())?;
    u32::try_from(bytes.len()).ok()?;
    // PERF: differences of 32 bits are what registers compare many at a time.
    Some((bytes, offsets.iter().zip(offsets.get(1..)?).map(|(start, end)| end.as_usize().wrapping_sub(start.as_usize()) as u32)))
}

/// Tests every text that is not null; `None` where this layout has no kernel.
pub(super) fn texts(array: &ArrayRef, mask: &mut Mask, test: &impl TextTest) -> Option<Found> {
    Some(match array.data_type() {
        DataType::Utf8 => plain(array.as_string::<i32>(), mask, test),
        DataType::LargeUtf8 => plain(array.as_string::<i64>(), mask, test),
        DataType::Utf8View => views(array.as_string_view(), mask, test),
        DataType::Dictionary(key, _) => match **key {
            DataType::Int8 => entries(array.as_dictionary::<Int8Type>(), mask, test)?,
            DataType::Int16 => entries(array.as_dictionary::<Int16Type>(), mask, test)?,
            DataType::Int32 => entries(array.as_dictionary::<Int32Type>(), mask, test)?,
            DataType::Int64 => entries(array.as_dictionary::<Int64Type>(), mask, test)?,
            DataType::UInt8 => entries(array.as_dictionary::<UInt8Type>(), mask, test)?,
            DataType::UInt16 => entries(array.as_dictionary::<UInt16Type>(), mask, test)?,
            DataType::UInt32 => entries(array.as_dictionary::<UInt32Type>(), mask, test)?,
            DataType::UInt64 => entries(array.as_dictionary::<UInt64Type>(), mask, test)?,
            _ => return None,
        },
        _ => return None,
    })
}

fn plain<O: OffsetSizeTrait>(texts: &GenericStringArray<O>, mask: &mut Mask, test: &impl TextTest) -> Found {
    let (offsets, bytes) = (texts.value_offsets(), texts.value_data());
    words_of(texts.len(), texts.nulls(), mask, |start, length, valid| {
        let offsets = offsets.get(start..=start + length).unwrap_or(&[]);
        let ends = offsets.get(1..).unwrap_or(&[]);
        test.fails_by_offsets(offsets, bytes).unwrap_or_else(|| {
            test.fails(length, valid, |row| {
                let (start, end) = offsets.get(row).zip(ends.get(row)).map_or((0, 0), |(start, end)| (start.as_usize(), end.as_usize()));
                Text { buffer: bytes, start, length: end.wrapping_sub(start) }
            })
        })
    })
}

/// Longest text that is stored inside its view.
const INLINE: usize = 12;

fn views(texts: &StringViewArray, mask: &mut Mask, test: &impl TextTest) -> Found {
    let (views, buffers) = (texts.views(), texts.data_buffers());
    let inline = views.inner().as_slice();
    words_of(texts.len(), texts.nulls(), mask, |first, length, valid| {
        if let Some(word) = test.fails_by_views(views.get(first..first + length).unwrap_or(&[])) {
            return word;
        }
        test.fails(length, valid, |row| {
            let view = views.get(first + row).copied().unwrap_or(0);
            let part = |shift: u32| (view >> shift & 0xffff_ffff) as usize;
            let length = part(0);
            if length <= INLINE {
                return Text { buffer: inline, start: (first + row) * 16 + 4, length };
            }
            let buffer = buffers.get(part(64)).map_or(&[][..], |buffer| buffer.as_slice());
            Text { buffer, start: part(96), length }
        })
    })
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
    let found = texts(values, &mut verdict, test)?;
    let nulls = array.logical_nulls();
    if found.failed == 0 {
        return Some(Found::new(0, nulls.as_ref()));
    }
    let fails = |entry: usize| verdict.words.get(entry / 64).is_some_and(|word| word >> (entry % 64) & 1 == 1);
    let keys = array.keys().values();
    Some(words_of(array.len(), nulls.as_ref(), mask, |start, length, _| {
        word((0..length).map(|row| keys.get(start + row).is_some_and(|key| fails(key.as_usize()))))
    }))
}
