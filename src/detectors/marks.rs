//! Bytes of a class, eight or sixteen at a time.

/// What base64, hexadecimal digits and percent signs with them are written in.
#[inline]
pub(super) fn is_coded(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'+') | (byte == b'/') | (byte == b'=') | (byte == b'_') | (byte == b'-') | (byte == b'%')
}

const HIGH: u64 = 0x8080_8080_8080_8080;
const LOW: u64 = !HIGH;
const ONES: u64 = 0x0101_0101_0101_0101;

/// The high bit of each byte below `limit`, which is 128 at most. No sum is carried into the next byte.
#[inline(always)]
pub(super) fn below(word: u64, limit: u8) -> u64 {
    let limit = ONES * u64::from(0x80 - limit);
    !(((word & LOW) + limit) | word) & HIGH
}

/// Digits that no digit stands before.
#[inline(always)]
pub(super) fn digits(word: u64, carried: &mut u64) -> u64 {
    let digits = below(word ^ (ONES * 0x30), 10);
    let first = digits & !(digits << 8 | *carried);
    *carried = digits >> 56;
    first
}

/// First bytes of characters outside ASCII.
#[inline(always)]
pub(super) fn lead_bytes(word: u64, _: &mut u64) -> u64 {
    word & word << 1 & HIGH
}

/// Control characters of ASCII but tab, line feed and carriage return.
#[inline(always)]
pub(super) fn controls(word: u64, _: &mut u64) -> u64 {
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) & !(is(b'\t') | is(b'\n') | is(b'\r'))) | is(0x7f)
}

/// Only small letters and white space.
#[inline]
pub(super) fn is_small_letters(block: &[u8; 16]) -> bool {
    // PERF: a fold without a way out early is what vectorises.
    block.iter().fold(true, |all, byte| all & (byte.is_ascii_lowercase() | (*byte == b' ') | (*byte == b'\n')))
}

/// Where the spaces are, if small letters and white space can be words of three to eight letters with one space between them, as far as
/// a block can tell.
#[inline]
pub(super) fn short_words(block: &[u8; 16]) -> Option<u64> {
    // Only letters have the bit 0x40: one bit for each byte says whether it is a space.
    let spaces = |word: u64| (!word & (ONES << 6)) >> 6;
    let [low, high] = block.as_chunks::<8>().0 else { return None };
    let packed = |word: &[u8; 8]| spaces(u64::from_le_bytes(*word)).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    let space = packed(low) | packed(high) << 8;
    let short = space & (space << 1 | space << 2 | space << 3);
    let letters = !space & 0xffff;
    let two = letters & letters << 1;
    let four = two & two << 2;
    let nine = four & four << 4 & letters << 8;
    (short == 0 && nine == 0).then_some(space)
}

/// For each word of eight bytes whether there is white space, or a control character, in it: zero if there is none.
#[inline(always)]
pub(super) fn gaps(block: &[u8; 64]) -> [u64; 8] {
    let mut marks = [0_u8; 64];
    // PERF: byte by byte into an array is what vectorises.
    marks.iter_mut().zip(block).for_each(|(mark, byte)| *mark = u8::from(*byte <= 0x20));
    let mut words = [0; 8];
    words.iter_mut().zip(marks.as_chunks::<8>().0).for_each(|(to, from)| *to = u64::from_le_bytes(*from));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_mark_what_they_say() {
        let text = "a1\t2\u{1}3é 9";
        let mark = |marks: fn(u64, &mut u64) -> u64| {
            let mut word = [0; 8];
            word.iter_mut().zip(text.as_bytes()).for_each(|(to, from)| *to = *from);
            let marked = marks(u64::from_le_bytes(word), &mut 0);
            (0..8).filter(|place| marked >> (place * 8 + 7) & 1 == 1).collect::<Vec<_>>()
        };
        assert_eq!(mark(digits), [1, 3, 5]);
        assert_eq!(mark(controls), [4]);
        assert_eq!(mark(lead_bytes), [6]);
    }

    #[test]
    fn a_number_that_goes_on_over_a_word_begins_once() {
        let mut carried = 0;
        assert_ne!(digits(u64::from_le_bytes(*b"abcdefg1"), &mut carried), 0);
        assert_eq!(digits(u64::from_le_bytes(*b"23456 ab"), &mut carried), 0);
    }

    #[test]
    fn short_words_are_told_from_prose() {
        for good in [b"abandon ability ", b"bon ability able", b"zoo zoo zoo zoo "] {
            assert!(is_small_letters(good) && short_words(good).is_some(), "{}", String::from_utf8_lossy(good));
        }
        for bad in [b"rise of the market", b"liquidities are ro", b"The market rallied"].map(|text| text.first_chunk::<16>().unwrap()) {
            assert!(!(is_small_letters(bad) && short_words(bad).is_some()), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn gaps_are_told_word_by_word() {
        for place in 0..64 {
            for (byte, gap) in [(b' ', true), (b'\n', true), (0, true), (0x21, false), (0xff, false)] {
                let mut block = [b'x'; 64];
                block[place] = byte;
                let found = gaps(&block).map(|word| word != 0);
                assert_eq!(found, std::array::from_fn(|word| gap && word == place / 8));
            }
        }
    }
}
