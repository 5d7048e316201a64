//! Texts gone through sixty-four bytes at a time, with one bit for each byte: where a seed phrase or a long piece may stand.

use super::bytes::padded;

/// Fewest bytes of a piece without white space that [`super::Trigger::Long`] looks into.
pub(super) const LONG: u32 = 23;

/// Fewest bytes of a row of short words: twelve of three letters have 47, and the first of them may not be told from letters of the text before.
const ROW: u32 = 44;

/// Of starts of rows that stand closer together than this, one place is told.
const STEP: u32 = 16;

/// Calls `each` with a place in each row: words of three to eight small letters with one space or line feed between them, as far as two
/// blocks side by side can tell. Places rise. A phrase that begins right behind letters of another text has a row from the end of its first
/// word on, at most eight bytes behind its start: so a place is told that lies in it, at most 24 bytes behind its start.
pub(super) fn rows(region: &[u8], each: impl FnMut(usize)) {
    sweep(region, Sought::Rows, each);
}

/// Calls `each` with a place in each piece of [`LONG`] or more bytes without white space and control characters: at least once, in rising order.
pub(super) fn pieces(region: &[u8], each: impl FnMut(usize)) {
    sweep(region, Sought::Pieces, each);
}

#[derive(Clone, Copy)]
enum Sought {
    Rows,
    Pieces,
}

fn sweep(region: &[u8], sought: Sought, each: impl FnMut(usize)) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "PERF: benches/outputs.rs: a seventh of the time of responses with `no_secrets` (decision 13)")]
        // SAFETY: the processor has just been asked for AVX2, which is all that the function needs.
        return unsafe { wide::sweep(region, sought, each) };
    }
    narrow::sweep(region, sought, each);
}

/// Where as many bits in a row begin as `length` says.
#[inline(always)]
fn runs(bits: u64, length: u32) -> u64 {
    let (mut runs, mut known) = (bits, 1);
    while known < length {
        let further = known.min(length - known);
        runs &= runs >> further;
        known += further;
    }
    runs
}

/// `gaps` gives a bit for each byte that is white space or a control character.
#[inline(always)]
fn each_piece(region: &[u8], gaps: impl Fn(&[u8; 64]) -> u64, mut each: impl FnMut(usize)) {
    let (blocks, rest) = region.as_chunks::<64>();
    let mut before = 0_u32;
    for (index, block) in blocks.iter().chain([&padded(rest, 0)]).enumerate() {
        let place = index * 64;
        let free = !gaps(block);
        if before + free.trailing_ones() >= LONG {
            // Nothing is free before the first block.
            each(place.saturating_sub(before as usize));
        }
        let mut starts = runs(free, LONG);
        while starts != 0 {
            each(place + starts.trailing_zeros() as usize);
            // All that belong to one piece.
            starts &= starts.wrapping_add(starts & starts.wrapping_neg());
        }
        before = free.leading_ones();
    }
}

/// `marks` gives two bits for each byte: whether it is a small letter, and whether it is one or a space or a line feed.
#[inline(always)]
fn each_row(region: &[u8], marks: impl Fn(&[u8; 64]) -> [u64; 2], mut each: impl FnMut(usize)) {
    let (blocks, rest) = region.as_chunks::<64>();
    let mut before = 0_u64;
    for (index, block) in blocks.iter().chain([&padded(rest, 0)]).enumerate() {
        let place = index * 64;
        let good = fitting(marks(block));
        let (tail, head) = (before.leading_ones(), good.trailing_ones());
        // PERF: prose has a word too short or too long, a capital or a comma in nearly every row.
        if tail + head >= ROW {
            // What begins so early that it ends in the block before was told there. Nothing is good before the first block.
            let starts = 64 - tail.min(ROW - 1)..=64 + head - ROW;
            starts.step_by(STEP as usize).for_each(|start| each((place + (start + STEP) as usize).saturating_sub(64)));
        }
        if good & MIDDLE == MIDDLE {
            let mut starts = runs(good, ROW) & u64::MAX.checked_shl(head).unwrap_or(0);
            while starts != 0 {
                let first = starts.trailing_zeros();
                each(place + (first + STEP) as usize);
                starts &= u64::MAX.checked_shl(first + STEP).unwrap_or(0);
            }
        }
        before = good;
    }
}

/// What every row that lies in one block has in it.
const MIDDLE: u64 = u64::MAX << (64 - ROW) & u64::MAX >> (64 - ROW);

/// The bytes of a block that may belong to a row.
#[inline(always)]
fn fitting([letters, row]: [u64; 2]) -> u64 {
    let gaps = row & !letters;
    let short = gaps & (gaps << 1 | gaps << 2 | gaps << 3);
    let two = letters & letters << 1;
    let four = two & two << 2;
    let nine = four & four << 4 & letters << 8;
    row & !short & !nine
}

/// Registers of thirty-two bytes, where the processor has them.
#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256,
        _mm256_set_epi64x, _mm256_set1_epi8,
    };

    use super::Sought;

    #[target_feature(enable = "avx2")]
    pub(super) fn sweep(region: &[u8], sought: Sought, each: impl FnMut(usize)) {
        match sought {
            Sought::Rows => super::each_row(region, |block| marks(block), each),
            Sought::Pieces => super::each_piece(region, |block| gaps(block), each),
        }
    }

    /// The two halves of a block.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn halves(block: &[u8; 64]) -> [__m256i; 2] {
        let [a, b, c, d, e, f, g, h] = block.as_chunks::<8>().0 else { return [all(0); 2] };
        let [a, b, c, d, e, f, g, h] = [a, b, c, d, e, f, g, h].map(|word| i64::from_le_bytes(*word));
        [_mm256_set_epi64x(d, c, b, a), _mm256_set_epi64x(h, g, f, e)]
    }

    /// One bit for each byte of two halves that is all ones.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn bits(halves: [__m256i; 2]) -> u64 {
        let [low, high] = halves.map(|half| u64::from(u32::from_ne_bytes(_mm256_movemask_epi8(half).to_ne_bytes())));
        low | high << 32
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn all(byte: u8) -> __m256i {
        _mm256_set1_epi8(i8::from_ne_bytes([byte]))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn marks(block: &[u8; 64]) -> [u64; 2] {
        let halves = halves(block);
        // As signed bytes, the twenty-six small letters and nothing else are moved to the very bottom.
        let letters = halves.map(|half| _mm256_cmpgt_epi8(all(0x80 + 26), _mm256_add_epi8(half, all(0x80 - b'a'))));
        let gaps = halves.map(|half| _mm256_or_si256(_mm256_cmpeq_epi8(half, all(b' ')), _mm256_cmpeq_epi8(half, all(b'\n'))));
        let letters = bits(letters);
        [letters, letters | bits(gaps)]
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn gaps(block: &[u8; 64]) -> u64 {
        bits(halves(block).map(|half| _mm256_cmpeq_epi8(_mm256_min_epu8(half, all(0x20)), half)))
    }
}

/// What every processor can do.
mod narrow {
    use super::Sought;

    pub(super) fn sweep(region: &[u8], sought: Sought, each: impl FnMut(usize)) {
        match sought {
            Sought::Rows => super::each_row(region, marks, each),
            Sought::Pieces => super::each_piece(region, gaps, each),
        }
    }

    pub(super) fn marks(block: &[u8; 64]) -> [u64; 2] {
        [bits(block, |byte| byte.is_ascii_lowercase()), bits(block, |byte| byte.is_ascii_lowercase() | (byte == b' ') | (byte == b'\n'))]
    }

    pub(super) fn gaps(block: &[u8; 64]) -> u64 {
        bits(block, |byte| byte <= 0x20)
    }

    #[inline(always)]
    fn bits(block: &[u8; 64], is: impl Fn(u8) -> bool) -> u64 {
        let mut marks = [0_u8; 64];
        // PERF: byte by byte into an array is what vectorises.
        marks.iter_mut().zip(block).for_each(|(mark, byte)| *mark = u8::from(is(*byte)));
        // Of eight bytes that are 0 or 1 the product has one bit each in its highest byte.
        let packed = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        marks.as_chunks::<8>().0.iter().enumerate().fold(0, |bits, (at, word)| bits | packed(word) << (at * 8))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The places that are told, which every processor tells.
    fn told(text: &[u8], sought: Sought) -> Vec<usize> {
        let (mut all, mut narrow) = (Vec::new(), Vec::new());
        sweep(text, sought, |place| all.push(place));
        narrow::sweep(text, sought, |place| narrow.push(place));
        assert_eq!(all, narrow, "with wide registers and without");
        assert!(all.is_sorted());
        all
    }

    #[test]
    fn letters_and_gaps_are_told_byte_by_byte() {
        for byte in 0..=255_u8 {
            for place in [0, 15, 16, 31, 32, 63] {
                let mut block = [b'A'; 64];
                block[place] = byte;
                let letter = u64::from(byte.is_ascii_lowercase());
                let row = letter | u64::from(byte == b' ' || byte == b'\n');
                assert_eq!(narrow::marks(&block), [letter << place, row << place], "{byte}");
                assert_eq!(narrow::gaps(&block), u64::from(byte <= 0x20) << place, "{byte}");
            }
        }
    }

    #[test]
    fn a_phrase_has_a_place_near_its_start() {
        for words in ["zoo ".repeat(12), "abandon ability able ".repeat(4), "absolute ".repeat(12), "acid\nabout ".repeat(6)] {
            let phrase = words.trim_end();
            for start in 0..200 {
                for before in [".", "x", " ", "and  ", "of "] {
                    let text = before.repeat(start) + phrase;
                    let (first, last) = (before.len() * start, before.len() * start + 24);
                    let places = told(text.as_bytes(), Sought::Rows);
                    assert!(places.iter().any(|place| (first..=last).contains(place)), "{text:?} {places:?}");
                }
            }
        }
    }

    #[test]
    fn prose_has_none() {
        for prose in ["the rise of the market ", "liquidities are robust ", "The market rallied ", "more  than that ", "over, about "] {
            assert!(told(prose.repeat(20).as_bytes(), Sought::Rows).is_empty(), "{prose}");
        }
    }

    proptest! {
        #[test]
        fn all_processors_tell_the_same(text in proptest::collection::vec(prop_oneof![24 => b'a'..=b'z', 2 => Just(b' '), 1 => any::<u8>()], 0..300)) {
            told(&text, Sought::Rows);
            let places = told(&text, Sought::Pieces);
            let mut start = 0;
            for piece in text.split(|byte| *byte <= 0x20) {
                let end = start + piece.len();
                prop_assert!(piece.len() < LONG as usize || places.iter().any(|place| (start..end).contains(place)), "{start} {places:?}");
                start = end + 1;
            }
        }
    }
}
