//! Small tests of bytes, which the kinds share.

/// The byte at a place, if there is one.
pub(super) fn at(text: &[u8], place: usize) -> Option<u8> {
    text.get(place).copied()
}

/// The byte before a place.
pub(super) fn before(text: &[u8], place: usize) -> Option<u8> {
    place.checked_sub(1).and_then(|place| at(text, place))
}

/// A part of a text; empty where it does not lie inside.
pub(super) fn part(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end.min(text.len())).unwrap_or(&[])
}

/// A short piece, filled up behind its end.
pub(super) fn padded<const N: usize>(piece: &[u8], filler: u8) -> [u8; N] {
    let mut padded = [filler; N];
    padded.iter_mut().zip(piece).for_each(|(to, from)| *to = *from);
    padded
}

/// Whether a text goes on with these bytes.
pub(super) fn has(text: &[u8], place: usize, wanted: &[u8]) -> bool {
    text.get(place..).is_some_and(|rest| rest.starts_with(wanted))
}

/// The same, letters of any case; `wanted` is in small letters.
pub(super) fn has_folded(text: &[u8], place: usize, wanted: &[u8]) -> bool {
    place.checked_add(wanted.len()).and_then(|end| text.get(place..end)).is_some_and(|part| part.eq_ignore_ascii_case(wanted))
}

/// A letter, a digit or `_`; what is not ASCII counts as a letter.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether a token can begin here: no letter or digit stands before.
pub(super) fn starts(text: &[u8], place: usize) -> bool {
    before(text, place).is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'_')
}

/// Whether a token can end here: no letter or digit follows.
pub(super) fn ends(text: &[u8], place: usize) -> bool {
    at(text, place).is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'_')
}

/// How many bytes of a class follow, at most `most`.
pub(super) fn run(text: &[u8], place: usize, most: usize, class: impl Fn(u8) -> bool) -> usize {
    text.get(place..).unwrap_or(&[]).iter().take(most).take_while(|byte| class(**byte)).count()
}

/// How many bytes of a class stand before a place, at most `most`.
pub(super) fn run_back(text: &[u8], place: usize, most: usize, class: impl Fn(u8) -> bool) -> usize {
    text.get(..place).unwrap_or(&[]).iter().rev().take(most).take_while(|byte| class(**byte)).count()
}

/// Where a word in small letters first stands in a short piece, letters of any case.
pub(super) fn find_folded(piece: &[u8], word: &[u8]) -> Option<usize> {
    piece.windows(word.len().max(1)).position(|window| window.eq_ignore_ascii_case(word))
}

/// Whether one of some words in small letters stands in a short piece.
pub(super) fn mentions(piece: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| find_folded(piece, word.as_bytes()).is_some())
}

/// Letters and digits of base64 and base64url, without padding.
pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Letters and digits of base64url.
pub(super) fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Shannon's entropy in bits for each byte: 4.7 at most for twenty-six letters, 0 for one letter said many times.
#[expect(clippy::cast_precision_loss, reason = "counts of a short piece are exact as floats")]
pub(super) fn entropy(piece: &[u8]) -> f64 {
    let mut counts = [0_usize; 256];
    for byte in piece {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let all = piece.len() as f64;
    counts.iter().filter(|count| **count > 0).map(|count| *count as f64 / all).map(|share| -share * share.log2()).sum()
}

/// What stands for a secret in documentation and templates: `your-api-key`, `xxxx`, `<token>`, `${TOKEN}`, `[password]`, `****`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "xxxx",
        "your",
        "placeholder",
        "redacted",
        "insert",
        "replace",
        "changeme",
        "change_me",
        "****",
        "....",
        "dummy",
        "sample",
        "masked",
        "hidden",
    ];
    let mut distinct = [false; 256];
    for byte in value {
        if let Some(seen) = distinct.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    distinct.iter().filter(|seen| **seen).count() < 4
        || value.first().is_some_and(|first| matches!(first, b'<' | b'[' | b'{' | b'$' | b'%'))
        || mentions(value, WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_in_bits() {
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert!((entropy(b"abcd") - 2.0).abs() < 1e-9);
    }

    #[test]
    fn placeholders_are_told_from_values() {
        for value in ["xxxxxxxx", "YOUR_API_KEY", "<token>", "${TOKEN}", "AKIAIOSFODNN7EXAMPLE", "[password]", "aaaa", ""] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
        assert!(!is_placeholder(b"hunter2!"));
    }
}
