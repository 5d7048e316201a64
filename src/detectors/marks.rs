//! Bytes of a class, eight at a time.

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
fn below(word: u64, limit: u8) -> u64 {
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
}
