//! Tests of texts by their bytes: sets, patterns, lengths. All of them are made once, when rules are bound.

mod bytes;
mod pattern;
mod set;

pub(crate) use bytes::BytePattern;
pub(crate) use pattern::{LANES, TextPattern};
pub(crate) use set::{Eights, TextSet};

/// A text inside a buffer: a test may load bytes that follow it, many at a time, but takes no notice of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    pub buffer: &'a [u8],
    pub start: usize,
    pub length: usize,
}

impl<'a> Text<'a> {
    /// A text that is a buffer of its own.
    pub(crate) fn new(buffer: &'a [u8]) -> Self {
        Self { buffer, start: 0, length: buffer.len() }
    }

    /// Its bytes; none where it does not lie inside its buffer.
    #[inline]
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.start.checked_add(self.length).and_then(|end| self.buffer.get(self.start..end)).unwrap_or(&[])
    }

    /// Sixteen bytes from its start on, as two words; those past the end of the buffer are zero.
    #[inline(always)]
    fn sixteen(self) -> [u64; 2] {
        match self.buffer.windows(16).nth(self.start).and_then(|bytes| bytes.as_chunks::<8>().0.first_chunk::<2>()) {
            Some(words) => words.map(u64::from_le_bytes),
            None => last_sixteen(self.buffer, self.start),
        }
    }

    /// Eight bytes from its start on.
    ///
    /// PERF: benches/kernels.rs `set`: of all ways to ask whether so many bytes are left, a window costs the fewest instructions.
    #[inline(always)]
    pub(crate) fn eight(self) -> u64 {
        match self.buffer.windows(8).nth(self.start).and_then(<[u8]>::first_chunk::<8>) {
            Some(word) => u64::from_le_bytes(*word),
            None => last_sixteen(self.buffer, self.start)[0],
        }
    }
}

/// Sixteen bytes near the end of a buffer.
///
/// PERF: benches/kernels.rs `set`: a whole [`Text`] would be written to the stack for each row, in case it is needed here.
#[cold]
#[inline(never)]
fn last_sixteen(buffer: &[u8], start: usize) -> [u64; 2] {
    let [mut first, mut second] = [[0; 8]; 2];
    let rest = buffer.get(start..).unwrap_or(&[]);
    first.iter_mut().chain(&mut second).zip(rest).for_each(|(to, from)| *to = *from);
    [first, second].map(u64::from_le_bytes)
}

/// Whether a text has `low` to `high` characters. They are counted by their lead bytes, and only if the number of bytes does not
/// settle it: a character has one to four.
#[inline]
pub(crate) fn has_length(text: &[u8], low: usize, high: usize) -> bool {
    let bytes = text.len();
    if bytes < low || bytes.div_ceil(4) > high {
        return false;
    }
    if bytes.div_ceil(4) >= low && bytes <= high {
        return true;
    }
    (low..=high).contains(&(bytes - continuations(text)))
}

/// Bytes that go on with a character, rather than begin one: those whose two highest bits are 10.
///
/// PERF: benches/kernels.rs `length`: pieces of ASCII have none; others are counted eight bytes at a time, each byte with a count of its
/// own that is emptied before it can overflow.
#[inline]
fn continuations(text: &[u8]) -> usize {
    text.chunks(PIECE).filter(|piece| !piece.is_ascii()).map(counted_continuations).sum()
}

/// Bytes that are asked at a time whether any is not ASCII.
const PIECE: usize = 1_024;

fn counted_continuations(text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = text.as_chunks::<8>();
    let mut all = rest.iter().filter(|byte| (**byte).cast_signed() < -0x40).count();
    for words in words.chunks(255) {
        let counts = words.iter().map(|word| u64::from_le_bytes(*word)).fold(0_u64, |counts, word| {
            // No count goes past 255, so none is carried into the next.
            counts.wrapping_add(word >> 7 & !(word >> 6) & ONES)
        });
        all += counts.to_le_bytes().iter().map(|count| usize::from(*count)).sum::<usize>();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_in_characters() {
        assert!(has_length("ééé".as_bytes(), 3, 3));
        assert!(!has_length("ééé".as_bytes(), 4, 6));
        assert!(has_length("🦀".as_bytes(), 1, 1) && !has_length("🦀".as_bytes(), 2, 4));
        assert!(has_length(b"", 0, 0) && !has_length(b"", 1, 9));
        for text in ["é".repeat(5_000), "aé🦀".repeat(777), "plain".to_owned()] {
            assert_eq!(text.len() - continuations(text.as_bytes()), text.chars().count());
        }
    }
}
