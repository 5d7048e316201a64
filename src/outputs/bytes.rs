//! The bytes of JSON texts, many at a time.

/// Where the first quote, backslash or control character at or after `from` stands; the end if there is none.
///
/// PERF: strings are short or long. The first bytes are looked at eight at a time, which also tells where; beyond them blocks that
/// hold no such byte are passed over by a loop that vectorises.
#[inline]
pub(super) fn special(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let (words, _) = rest.as_chunks::<8>();
    let mut at = from;
    for word in words.iter().take(4) {
        let marks = specials(*word);
        if marks != 0 {
            return at + first(marks);
        }
        at += 8;
    }
    if rest.len() < 32 { tail(text, at) } else { special_far(text, at) }
}

#[inline(never)]
fn special_far(text: &[u8], from: usize) -> usize {
    let (blocks, _) = text.get(from..).unwrap_or_default().as_chunks::<64>();
    let mut at = from + 64 * blocks.iter().take_while(|block| is_plain(block)).count();
    let (words, _) = text.get(at..).unwrap_or_default().as_chunks::<8>();
    for word in words {
        let marks = specials(*word);
        if marks != 0 {
            return at + first(marks);
        }
        at += 8;
    }
    tail(text, at)
}

/// The same for the last bytes of a text.
#[inline]
fn tail(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

#[inline(always)]
fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < b' '
}

#[inline(always)]
fn is_plain(block: &[u8; 64]) -> bool {
    block.iter().fold(0, |any, byte| any | u8::from(*byte == b'"') | u8::from(*byte == b'\\') | u8::from(*byte < b' ')) == 0
}

/// The highest bit of each byte that ends a run of plain text; exact up to the first of them, which is what is asked for.
#[inline(always)]
fn specials(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(bytes);
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c)) | control) & (ONES << 7)
}

#[inline(always)]
fn first(marks: u64) -> usize {
    (marks.trailing_zeros() / 8) as usize
}

/// White space between tokens.
#[inline(always)]
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Where the first byte that is no white space stands, at or after `from`.
#[inline]
pub(super) fn after_space(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while text.get(at).is_some_and(|byte| is_space(*byte)) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_wherever_it_stands() {
        for length in 0..200 {
            for byte in [b'"', b'\\', 0, 0x1f] {
                for at in 0..length {
                    let mut text = vec![0xe2_u8; length];
                    text[at] = byte;
                    text[length - 1] = b'"';
                    assert_eq!(special(&text, 0), at, "{length}");
                    assert_eq!(special(&text, at + 1), if at + 1 < length { length - 1 } else { length });
                }
            }
            assert_eq!(special(&vec![b' '; length], 3), length.max(3));
        }
    }
}
