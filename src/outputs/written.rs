//! [`Written`]: a declared key as it mostly stands in texts.

/// `"name":`, in pieces of eight bytes. PERF: keys are asked for one after another, and short: a call for each to compare bytes costs more
/// than the comparison.
pub(super) struct Written {
    /// Bytes, and which of them count.
    pieces: Vec<(u64, u64)>,
    pub(super) length: usize,
}

impl Written {
    /// The key of a member. What cannot stand so, because of something to escape in it, begins no text.
    pub(super) fn new(name: &str) -> Self {
        let escaped = name.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'));
        let bytes = if escaped { Vec::new() } else { [b"\"", name.as_bytes(), b"\":"].concat() };
        let pieces = bytes.chunks(8).map(|piece| {
            let mut word = [0; 8];
            word.iter_mut().zip(piece).for_each(|(to, from)| *to = *from);
            (u64::from_le_bytes(word), u64::MAX >> (64 - 8 * piece.len()))
        });
        Self { pieces: pieces.collect(), length: bytes.len() }
    }

    /// Whether a text begins with it. Of a text that ends before its last piece does it is not said that it does.
    #[inline]
    pub(super) fn begins(&self, text: &[u8]) -> bool {
        let (words, _) = text.as_chunks::<8>();
        let same = |((piece, counts), word): (&(u64, u64), &[u8; 8])| u64::from_le_bytes(*word) & counts == *piece;
        self.length > 0 && words.len() >= self.pieces.len() && self.pieces.iter().zip(words).all(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_from_all_that_differ_in_a_byte() {
        for length in 0..30 {
            let name: String = ('a'..='z').cycle().take(length).collect();
            let key = Written::new(&name);
            let text = format!("\"{name}\": 1, and eight more bytes");
            assert!(key.begins(text.as_bytes()), "{text}");
            assert_eq!(key.length, length + 3);
            for at in 0..length + 3 {
                let mut other = text.clone().into_bytes();
                other[at] ^= 1;
                assert!(!key.begins(&other), "{text} {at}");
                assert!(!key.begins(&text.as_bytes()[..at]));
            }
        }
        for name in ["a\"", "\\", "\n"] {
            assert!(!Written::new(name).begins(format!("\"{name}\":              ").as_bytes()));
        }
    }
}
