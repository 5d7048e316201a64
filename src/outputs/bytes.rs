//! The bytes of JSON texts, many at a time.

/// Where the first quote, backslash or control character at or after `from` stands; the end if there is none.
///
/// PERF: sixteen bytes become one mask, in a loop that vectorises; two of them are tested at once.
#[inline]
pub(super) fn special(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let (pairs, tail) = rest.as_chunks::<32>();
    let mut at = from;
    for pair in pairs {
        let (halves, _) = pair.as_chunks::<16>();
        let [low, high] = halves else { break };
        let (low, high) = (specials(low), specials(high));
        if (low | high) != 0 {
            return at + if low != 0 { first(low) } else { 16 + first(high) };
        }
        at += 32;
    }
    at + tail.iter().position(|byte| is_special(*byte)).unwrap_or(tail.len())
}

#[inline(always)]
fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < b' '
}

/// All bits of the bytes that end a run of plain text.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "positions 0 to 15 of arrays of sixteen")]
fn specials(bytes: &[u8; 16]) -> u128 {
    let mut marks = [0_u8; 16];
    for at in 0..16 {
        marks[at] = if is_special(bytes[at]) { 0xff } else { 0 };
    }
    u128::from_le_bytes(marks)
}

#[inline(always)]
fn first(marks: u128) -> usize {
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
        for length in 0..100 {
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
