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

/// Fewest bytes of a row of short words: twelve words of three letters have 47, and the first of them may not be told from letters before.
pub(super) const ROW: u32 = 44;

/// The bits that every row of a block has, wherever it begins.
pub(super) const MIDDLE: u64 = u64::MAX << (64 - ROW) & u64::MAX >> (64 - ROW);

/// A bit for each small letter, space and line feed.
#[inline(always)]
pub(super) fn small_letters_and_gaps(block: &[u8; 64]) -> u64 {
    bits::small_letters_and(*b" \n", block)
}

/// Where rows begin in two blocks side by side: only words of three to eight small letters, with one space or line feed between them, as far
/// as these blocks can tell. Of rows that lie in one block those of the first are left out.
pub(super) fn word_rows(before: &[u8; 64], block: &[u8; 64]) -> u128 {
    let both = |bits: fn(&[u8; 64]) -> u64| u128::from(bits(before)) | u128::from(bits(block)) << 64;
    let (row, letters) = (both(small_letters_and_gaps), both(|block| bits::small_letters_and([b'a'; 2], block)));
    let gaps = row & !letters;
    let short = gaps & (gaps << 1 | gaps << 2 | gaps << 3);
    let two = letters & letters << 1;
    let four = two & two << 2;
    let nine = four & four << 4 & letters << 8;
    let row = row & !short & !nine;
    let row = [1, 2, 4, 8, 16, ROW - 32].into_iter().fold(row, |row, shift| row & row >> shift);
    row & u128::MAX << (64 - ROW + 1)
}

mod bits {
    /// A bit for each small letter and each of two other bytes.
    #[inline(always)]
    pub(super) fn small_letters_and([one, two]: [u8; 2], block: &[u8; 64]) -> u64 {
        let mut marks = [0_u8; 64];
        // PERF: byte by byte into an array is what vectorises.
        let is = |byte: u8| byte.is_ascii_lowercase() | (byte == one) | (byte == two);
        marks.iter_mut().zip(block).for_each(|(mark, byte)| *mark = u8::from(is(*byte)));
        // Of eight bytes that are 0 or 1 the product has one bit each in its highest byte.
        let packed = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        marks.as_chunks::<8>().0.iter().enumerate().fold(0, |bits, (at, word)| bits | packed(word) << (at * 8))
    }
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
    fn small_letters_and_gaps_are_told_byte_by_byte() {
        for byte in 0..=255_u8 {
            for place in [0, 15, 16, 31, 63] {
                let mut block = [b'A'; 64];
                block[place] = byte;
                let is = byte.is_ascii_lowercase() || byte == b' ' || byte == b'\n';
                assert_eq!(small_letters_and_gaps(&block), u64::from(is) << place, "{byte}");
            }
        }
    }

    #[test]
    fn rows_of_short_words_are_told_from_prose() {
        let rows = |text: &str| {
            let (mut before, mut block) = ([0; 64], [0; 64]);
            before.iter_mut().chain(&mut block).zip(text.as_bytes()).for_each(|(to, from)| *to = *from);
            word_rows(&before, &block)
        };
        let phrase = "zoo ".repeat(11) + "zoo";
        for place in 0..=128 - phrase.len() {
            let text = ".".repeat(place) + &phrase;
            let wanted = (place..place + 4).filter(|start| *start > 20).fold(0, |bits, start| bits | 1_u128 << start);
            assert_eq!(rows(&text), wanted, "{place}");
            // Behind letters of another text only the first word is lost.
            let glued = rows(&("x".repeat(place) + &phrase));
            assert!(place < 18 || glued != 0 && (glued.trailing_zeros() as usize) < place + 4, "{place} {glued:b}");
        }
        let words = ["abandon ability able ", "bon\nability\nable ", "zoo zoo zoo zoo "].map(|words| rows(&words.repeat(6)));
        assert!(words.into_iter().all(|starts| starts != 0));
        for prose in ["the rise of the market ", "liquidities are robust ", "The market rallied ", "more  than that ", "over, about "] {
            assert_eq!(rows(&prose.repeat(6)), 0, "{prose}");
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
