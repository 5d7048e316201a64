//! Kernels over texts, in every layout: contiguous, views, dictionaries.

use arrow::array::types::{Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, GenericStringArray, OffsetSizeTrait, StringViewArray};
use arrow::datatypes::{ArrowNativeType, DataType};

use crate::kernels::bits::word;
use crate::kernels::texts::{BytePattern, Eights, LANES, Text, TextPattern, TextSet, has_length};

use super::blocks::{Block, words_of};
use super::{Found, Mask};

/// A test of a text's bytes.
pub(super) trait TextTest {
    /// The rows of a block that fail; of those that are not wanted, any may be among them: for most tests to ask all rows is cheaper
    /// than to go from one that is wanted to the next.
    fn fails<'a>(&self, length: usize, wanted: u64, text: impl Fn(usize) -> Text<'a>) -> u64;

    /// The same for a whole block of texts that lie one after another, where their offsets can settle it.
    #[inline(always)]
    fn fails_by_offsets<O: OffsetSizeTrait>(&self, _offsets: &[O; 65], _bytes: &[u8], _wanted: u64) -> Option<u64> {
        None
    }

    /// The same for a whole block of views, where they can settle it.
    #[inline(always)]
    fn fails_by_views(&self, _block: &ViewBlock<'_>, _wanted: u64) -> Option<u64> {
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
    fn fails_by_offsets<O: OffsetSizeTrait>(&self, offsets: &[O; 65], bytes: &[u8], _wanted: u64) -> Option<u64> {
        let set = self.set.narrow()?;
        let (starts, ends) = (offsets.first_chunk::<64>()?, offsets.last_chunk::<64>()?);
        let mut texts = Eights { first: [0; 64], length: [0; 64] };
        for (first, start) in texts.first.iter_mut().zip(starts) {
            *first = Text { buffer: bytes, start: start.as_usize(), length: 0 }.eight();
        }
        for (length, (start, end)) in texts.length.iter_mut().zip(starts.iter().zip(ends)) {
            *length = (end.as_usize() as u64).wrapping_sub(start.as_usize() as u64);
        }
        Some(set.fails(&texts, self.outside))
    }

    /// A text of at most eight bytes is all in its view, after its length.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the first 32 bits of a view are its length, the next 64 begin the text")]
    fn fails_by_views(&self, block: &ViewBlock<'_>, _wanted: u64) -> Option<u64> {
        let set = self.set.narrow()?;
        let texts = Eights { first: block.views.map(|view| (view >> 32) as u64), length: block.views.map(|view| u64::from(view as u32)) };
        Some(set.fails(&texts, self.outside))
    }
}

impl TextTest for BytePattern {
    #[inline(always)]
    fn fails<'a>(&self, length: usize, _wanted: u64, text: impl Fn(usize) -> Text<'a>) -> u64 {
        word((0..length).map(|row| !self.matches(text(row))))
    }

    /// Texts of the pattern's length that lie side by side are tested together.
    #[inline(always)]
    fn fails_by_offsets<O: OffsetSizeTrait>(&self, offsets: &[O; 65], bytes: &[u8], _wanted: u64) -> Option<u64> {
        let (bytes, _, lengths) = side_by_side(offsets, bytes)?;
        let wanted = u32::try_from(self.length()).ok()?;
        // PERF: benches/kernels.rs `fixed_pattern`: a fold without a way out early is what vectorises.
        if !lengths.iter().fold(true, |all, length| all & (*length == wanted)) {
            return None;
        }
        self.all_match(bytes, 0)?.then_some(0)
    }

    /// So are those that lie at even distances, as in a page of Parquet, where each follows its length.
    #[inline(always)]
    fn fails_by_views(&self, block: &ViewBlock<'_>, _wanted: u64) -> Option<u64> {
        let [first, second, ..] = block.views.map(place_of);
        let (step, wanted) = (second.wrapping_sub(first), u32::try_from(self.length()).ok()?);
        let even = block.views.iter().zip(0_u64..).fold(true, |even, (view, row)| {
            even & (length_of(*view) == wanted) & (place_of(*view) == first.wrapping_add(row.wrapping_mul(step)))
        });
        let (buffer, start, distance) = (block.buffer(first), (first >> 32) as usize, (step >> 32) as usize);
        let gap = distance.checked_sub(self.length())?;
        let from = start.checked_sub(gap)?;
        if !even || self.length() <= INLINE || u32::try_from(start + 64 * distance).is_err() {
            return None;
        }
        self.all_match(buffer.get(from..from + 64 * distance)?, gap)?.then_some(0)
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

    #[inline(always)]
    fn fails_by_offsets<O: OffsetSizeTrait>(&self, offsets: &[O; 65], bytes: &[u8], wanted: u64) -> Option<u64> {
        let (block, starts, lengths) = side_by_side(offsets, bytes)?;
        let text = |row: usize| {
            let (start, end) = offsets.get(row).zip(offsets.get(row + 1)).map_or((0, 0), |(start, end)| (start.as_usize(), end.as_usize()));
            bytes.get(start..end).unwrap_or(&[])
        };
        Some(self.settled(&lengths, 0, || Some((block, starts)), wanted, text))
    }

    #[inline(always)]
    fn fails_by_views(&self, block: &ViewBlock<'_>, wanted: u64) -> Option<u64> {
        let lengths = block.views.map(length_of);
        Some(self.settled(&lengths, INLINE + 1, || block.outside(), wanted, |row| block.text(row).bytes()))
    }
}

/// From how many rows of a block on it is worth the while to read them all.
const MANY: u32 = 8;

/// Bytes that are asked at a time whether they are ASCII, and how many such pieces that are not are too many to go on.
const PIECE: u32 = 64;
const PIECES: usize = 6;

impl Length {
    /// The rows of a block that fail, of which the lengths in bytes are known. Texts of at least `shared` bytes are parts of what
    /// `bytes` gives, with the place in it where each begins.
    ///
    /// A text has at most as many characters as bytes, and at least a fourth of them. Where that does not settle many, those that lie in
    /// ASCII have as many as bytes. What neither settles is read by itself.
    #[inline(always)]
    fn settled<'a, 'b>(
        &self,
        lengths: &[u32; 64],
        shared: usize,
        bytes: impl FnOnce() -> Option<(&'a [u8], [u32; 64])>,
        wanted: u64,
        text: impl Fn(usize) -> &'b [u8],
    ) -> u64 {
        let [low, high, shared] = [self.low, self.high, shared].map(|bound| u32::try_from(bound).unwrap_or(u32::MAX));
        // PERF: benches/kernels.rs `length`: plain loops over arrays are what vectorises.
        let mut unsure = word(lengths.iter().map(|length| (length.div_ceil(4) < low) | (*length > high))) & wanted;
        let mut fails = 0;
        if unsure.count_ones() >= MANY
            && let Some((bytes, starts)) = bytes()
        {
            let ascii = unsure & word(lengths.iter().map(|length| *length >= shared)) & !not_ascii(bytes, &starts, lengths);
            fails = ascii & word(lengths.iter().map(|length| (*length < low) | (*length > high)));
            unsure &= !ascii;
        }
        while unsure != 0 {
            let row = unsure.trailing_zeros();
            unsure &= unsure - 1;
            fails |= u64::from(!has_length(text(row as usize), self.low, self.high)) << row;
        }
        fails
    }
}

/// The rows of a block that may hold other bytes than ASCII.
#[inline(always)]
fn not_ascii(bytes: &[u8], starts: &[u32; 64], lengths: &[u32; 64]) -> u64 {
    let (pieces, rest) = bytes.as_chunks::<{ PIECE as usize }>();
    let is_ascii = |piece: &[u8]| piece.iter().fold(0, |all, byte| all | byte) < 0x80;
    let others = pieces.iter().map(|piece| is_ascii(piece)).chain([is_ascii(rest)]).zip((0_u32..).step_by(PIECE as usize));
    let (mut rows, mut left) = (0, PIECES);
    for (_, from) in others.filter(|(ascii, _)| !ascii) {
        left -= 1;
        if left == 0 {
            return u64::MAX;
        }
        let to = from.saturating_add(PIECE);
        let within = |(start, length): (&u32, &u32)| (*start < to) & (start.wrapping_add(*length) > from);
        rows |= word(starts.iter().zip(lengths).map(within));
    }
    rows
}

/// The bytes of texts that lie one after another, where in them each begins, and the length of each.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "all bytes have been counted in 32 bits")]
fn side_by_side<'a, O: OffsetSizeTrait>(offsets: &[O; 65], bytes: &'a [u8]) -> Option<(&'a [u8], [u32; 64], [u32; 64])> {
    let (first, ends) = (offsets.first()?.as_usize(), offsets.last_chunk::<64>()?);
    let bytes = bytes.get(first..offsets.last()?.as_usize())?;
    u32::try_from(bytes.len()).ok()?;
    let (mut starts, mut lengths) = ([0; 64], [0; 64]);
    for (start, offset) in starts.iter_mut().zip(offsets) {
        *start = offset.as_usize().wrapping_sub(first) as u32;
    }
    for (length, (start, end)) in lengths.iter_mut().zip(offsets.iter().zip(ends)) {
        *length = end.as_usize().wrapping_sub(start.as_usize()) as u32;
    }
    Some((bytes, starts, lengths))
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
    let block = Plain { offsets: texts.value_offsets(), bytes: texts.value_data(), test };
    words_of(texts.len(), texts.nulls(), mask, block)
}

struct Plain<'a, O, T> {
    offsets: &'a [O],
    bytes: &'a [u8],
    test: &'a T,
}

impl<O: OffsetSizeTrait, T: TextTest> Block for Plain<'_, O, T> {
    #[inline(always)]
    fn fails(&self, start: usize, length: usize, valid: u64) -> u64 {
        let offsets = self.offsets.get(start..=start + length).unwrap_or(&[]);
        let settled = offsets.first_chunk().and_then(|offsets| self.test.fails_by_offsets(offsets, self.bytes, valid));
        let ends = offsets.get(1..).unwrap_or(&[]);
        settled.unwrap_or_else(|| {
            self.test.fails(length, valid, |row| {
                let (start, end) = offsets.get(row).zip(ends.get(row)).map_or((0, 0), |(start, end)| (start.as_usize(), end.as_usize()));
                Text { buffer: self.bytes, start, length: end.wrapping_sub(start) }
            })
        })
    }
}

/// Longest text that is stored inside its view.
const INLINE: usize = 12;

/// 64 rows of views. A view is a text's length, then the text itself or its first four bytes, the number of a buffer and a place in it.
pub(super) struct ViewBlock<'a> {
    views: &'a [u128; 64],
    all: &'a StringViewArray,
    first: usize,
}

#[expect(clippy::cast_possible_truncation, reason = "the first 32 bits are the length")]
#[inline(always)]
fn length_of(view: u128) -> u32 {
    view as u32
}

/// The number of the buffer of a text that is not inside its view, and above it the place in that buffer.
#[inline(always)]
fn place_of(view: u128) -> u64 {
    (view >> 64) as u64
}

impl<'a> ViewBlock<'a> {
    #[inline(always)]
    fn text(&self, row: usize) -> Text<'a> {
        text_of(self.all, self.first + row)
    }

    /// The buffer of a text at a place.
    #[inline(always)]
    fn buffer(&self, place: u64) -> &'a [u8] {
        self.all.data_buffers().get((place & 0xffff_ffff) as usize).map_or(&[][..], |buffer| buffer.as_slice())
    }

    /// What lies from the first to the last byte of all texts that are not inside their views, and where in it each begins; `None` where
    /// that is of several buffers, or much more than the texts.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "places in a buffer have 32 bits")]
    fn outside(&self) -> Option<(&'a [u8], [u32; 64])> {
        let (mut first, mut last, mut bytes) = (u64::MAX, 0, 0);
        for view in self.views {
            let length = u64::from(length_of(*view));
            // The number of the buffer above the place in it, so that words are in order.
            let start = place_of(*view).rotate_left(32);
            let outside = length > INLINE as u64;
            first = first.min(if outside { start } else { u64::MAX });
            last = last.max(if outside { start.wrapping_add(length) } else { 0 });
            bytes += length;
        }
        let (start, end) = (first as u32, last as u32);
        if first >> 32 != last >> 32 || u64::from(end.checked_sub(start)?) > 2 * bytes + 1_024 {
            return None;
        }
        let starts = self.views.map(|view| ((view >> 96) as u32).wrapping_sub(start));
        Some((self.buffer(first >> 32).get(start as usize..end as usize)?, starts))
    }
}

#[inline(always)]
fn text_of(texts: &StringViewArray, row: usize) -> Text<'_> {
    let view = texts.views().get(row).copied().unwrap_or(0);
    let part = |shift: u32| (view >> shift & 0xffff_ffff) as usize;
    let length = part(0);
    if length <= INLINE {
        return Text { buffer: texts.views().inner().as_slice(), start: row * 16 + 4, length };
    }
    let buffer = texts.data_buffers().get(part(64)).map_or(&[][..], |buffer| buffer.as_slice());
    Text { buffer, start: part(96), length }
}

fn views(texts: &StringViewArray, mask: &mut Mask, test: &impl TextTest) -> Found {
    words_of(texts.len(), texts.nulls(), mask, Views { texts, test })
}

struct Views<'a, T> {
    texts: &'a StringViewArray,
    test: &'a T,
}

impl<T: TextTest> Block for Views<'_, T> {
    #[inline(always)]
    fn fails(&self, start: usize, length: usize, valid: u64) -> u64 {
        let all = self.texts;
        let block = all.views().get(start..).and_then(<[u128]>::first_chunk).map(|views| ViewBlock { views, all, first: start });
        let settled = block.and_then(|block| self.test.fails_by_views(&block, valid));
        settled.unwrap_or_else(|| self.test.fails(length, valid, |row| text_of(all, start + row)))
    }
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
    Some(words_of(array.len(), nulls.as_ref(), mask, |start: usize, length: usize, _: u64| {
        word((0..length).map(|row| keys.get(start + row).is_some_and(|key| fails(key.as_usize()))))
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{LargeStringArray, StringArray};
    use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    /// Texts of a page of Parquet: each behind its length in four bytes, and views that point into the page.
    fn page(texts: &[Option<String>]) -> StringViewArray {
        let (mut bytes, mut views) = (Vec::new(), Vec::new());
        for text in texts.iter().map(|text| text.as_deref().unwrap_or_default()) {
            let length = u32::try_from(text.len()).unwrap();
            bytes.extend(length.to_le_bytes());
            let place = u32::try_from(bytes.len()).unwrap();
            bytes.extend(text.as_bytes());
            views.push(arrow::array::make_view(text.as_bytes(), 0, place));
        }
        let nulls = NullBuffer::from(texts.iter().map(Option::is_some).collect::<Vec<_>>());
        StringViewArray::new(ScalarBuffer::from(views), Arc::from([Buffer::from_vec(bytes)]), Some(nulls))
    }

    fn layouts(texts: &[Option<String>]) -> Vec<ArrayRef> {
        let views: StringViewArray = texts.iter().map(Option::as_deref).collect();
        let two = arrow::compute::concat(&[&views, &views]).unwrap();
        vec![
            Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>()),
            Arc::new(texts.iter().map(Option::as_deref).collect::<LargeStringArray>()),
            two.slice(texts.len() / 2, texts.len()),
            Arc::new(views),
            Arc::new(page(texts)),
        ]
    }

    /// Every layout, and every slice of some, tells the same rows as a look at each text.
    fn tell_alike(rows: &[Option<String>], test: &impl TextTest, holds: impl Fn(&str) -> bool) {
        for (number, array) in layouts(rows).iter().enumerate() {
            for start in [0, 1, 7] {
                let array = array.slice(start.min(rows.len()), rows.len().saturating_sub(start));
                let mut mask = Mask::default();
                let found = texts(&array, &mut mask, test).unwrap();
                let plain: Vec<usize> = match array.data_type() {
                    DataType::Utf8 => failing(array.as_string::<i32>().iter(), &holds),
                    DataType::LargeUtf8 => failing(array.as_string::<i64>().iter(), &holds),
                    _ => failing(array.as_string_view().iter(), &holds),
                };
                let told: Vec<usize> = (0..array.len()).filter(|row| mask.word(row / 64) >> (row % 64) & 1 == 1).collect();
                assert_eq!(told, plain, "layout {number} from {start}");
                assert_eq!(found.failed, plain.len(), "layout {number} from {start}");
            }
        }
    }

    fn failing<'a>(texts: impl Iterator<Item = Option<&'a str>>, holds: impl Fn(&str) -> bool) -> Vec<usize> {
        texts.enumerate().filter(|(_, text)| text.is_some_and(|text| !holds(text))).map(|(row, _)| row).collect()
    }

    /// Rows that are all alike, or nearly, so that whole blocks can be settled together.
    fn rows(text: &'static str, other: &'static str) -> impl Strategy<Value = Vec<Option<String>>> {
        let some = prop_oneof![60 => text, 1 => other].prop_map(Some);
        prop_oneof![vec(some.clone(), 0..200), vec(option::weighted(0.9, some.prop_map(Option::unwrap_or_default)), 0..200)]
    }

    proptest! {
        #[test]
        fn sets_tell_alike_in_every_layout(rows in rows("a|bb|[a-c]{8}", "[a-c]{0,10}|é|abcdefghijklmnop"), outside: bool) {
            let small = ["a", "bb", "é"];
            let many: Vec<String> = (0..7).map(|at| "abcabcabc"[at % 3..][..at].to_owned()).chain(["bbbbbbbb".to_owned()]).collect();
            let long = ["a", "aaaaaaaa", "abcdefghijklmnop"];
            for set in [&small[..], &many.iter().map(String::as_str).collect::<Vec<_>>(), &long] {
                let known = TextSet::new(set.iter().copied());
                tell_alike(&rows, &Member { set: &known, outside }, |text| set.contains(&text) != outside);
            }
        }

        #[test]
        fn fixed_patterns_tell_alike_in_every_layout(rows in rows("[a-f]{14}", "[a-g]{14}|[a-f]{1,40}|é")) {
            let pattern = BytePattern::parse("[a-f]{14}").unwrap();
            let holds = |text: &str| text.len() == 14 && text.bytes().all(|byte| (b'a'..=b'f').contains(&byte));
            tell_alike(&rows, &pattern, holds);
        }

        #[test]
        fn lengths_tell_alike_in_every_layout(
            rows in prop_oneof![rows("[ -~]{10,80}", "[ -~]{0,99}|é{0,30}"), rows("[aé🦀]{2,30}", "[a-z]{0,40}")],
            low in 0_usize..25,
            spare in 0_usize..70,
        ) {
            let high = low + spare;
            tell_alike(&rows, &Length { low, high }, |text| (low..=high).contains(&text.chars().count()));
        }

        #[test]
        fn automata_tell_alike_in_every_layout(rows in rows("[a-z]{1,9}@[a-z]{1,9}", "[a-z@]{0,20}|é@é")) {
            let pattern = TextPattern::new(r"\A(?:[a-z]+@[a-z]+)\z").unwrap();
            let regex = regex::Regex::new(r"\A[a-z]+@[a-z]+\z").unwrap();
            tell_alike(&rows, &pattern, |text| regex.is_match(text));
        }
    }
}
