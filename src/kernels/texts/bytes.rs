//! Patterns of fixed length over ASCII, tested sixteen bytes at a time.

use super::Text;

/// Most ranges of bytes a position may allow.
const RANGES: usize = 4;

/// A pattern of fixed length: for each position a class, a class being up to four ranges of bytes.
#[derive(Debug)]
pub(crate) struct BytePattern {
    length: usize,
    /// Most ranges of any position.
    ranges: usize,
    chunks: Vec<Chunk>,
}

/// Sixteen positions. Those past the end of the pattern allow every byte.
#[derive(Debug)]
struct Chunk {
    /// For each range and position: first byte, and width − 1. Unused ranges repeat the first.
    first: [[u8; 16]; RANGES],
    width: [[u8; 16]; RANGES],
}

/// Whether bytes are of the classes of some chunks.
///
/// PERF: benches/kernels.rs `fixed_pattern`: plain loops over sixteen positions are what vectorises; iterators zipped do not, nor do
/// these loops among a caller's other code. All chunks are looked at: leaving early costs more than it saves.
#[inline(never)]
#[expect(clippy::indexing_slicing, reason = "positions 0 to 15 of arrays of sixteen")]
fn within<const USED: usize>(chunks: &[Chunk], parts: &[[u8; 16]]) -> bool {
    let mut any = 0_u128;
    for (chunk, bytes) in chunks.iter().zip(parts) {
        // How far each byte lies outside its class; zero where it is of it.
        let mut outside = [0xff_u8; 16];
        for (first, width) in chunk.first.iter().zip(&chunk.width).take(USED) {
            for at in 0..16 {
                outside[at] = bytes[at].wrapping_sub(first[at]).saturating_sub(width[at]).min(outside[at]);
            }
        }
        any |= u128::from_le_bytes(outside);
    }
    any == 0
}

impl BytePattern {
    /// Whether a text is of the pattern.
    #[inline(always)]
    pub(crate) fn matches(&self, text: Text<'_>) -> bool {
        if text.length != self.length {
            return false;
        }
        match text.start.checked_add(self.chunks.len() * 16).and_then(|end| text.buffer.get(text.start..end)) {
            Some(bytes) => self.every(bytes),
            None => self.every(&padded(text)),
        }
    }

    #[inline(always)]
    fn every(&self, bytes: &[u8]) -> bool {
        let (parts, _) = bytes.as_chunks::<16>();
        match self.ranges {
            1 => within::<1>(&self.chunks, parts),
            2 => within::<2>(&self.chunks, parts),
            _ => within::<RANGES>(&self.chunks, parts),
        }
    }

    /// Reads a pattern of literal characters, ASCII classes and fixed counts; `None` for anything else.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let mut positions: Vec<Class> = Vec::new();
        let mut rest = pattern.as_bytes();
        while !rest.is_empty() {
            let (set, after) = atom(rest)?;
            let (count, after) = repeat(after)?;
            if positions.len() + count > 512 {
                return None;
            }
            let class = class(&set)?;
            positions.extend(std::iter::repeat_n(class, count));
            rest = after;
        }
        let ranges = positions.iter().map(|class| class.1).max().unwrap_or(1);
        let chunks = positions.chunks(16).map(Chunk::new).collect();
        Some(Self { length: positions.len(), ranges, chunks })
    }
}

/// A text at the end of its buffer, with bytes after it that any position past the pattern takes.
#[cold]
#[inline(never)]
fn padded(text: Text<'_>) -> Vec<u8> {
    let mut bytes = text.bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(16), 0);
    bytes
}

/// Ranges of bytes as first byte and width − 1, and how many of them are used.
type Class = ([(u8, u8); RANGES], usize);

impl Chunk {
    fn new(positions: &[Class]) -> Self {
        let mut chunk = Self { first: [[0; 16]; RANGES], width: [[0xff; 16]; RANGES] };
        for (position, (ranges, _)) in positions.iter().enumerate() {
            for (number, (first, width)) in ranges.iter().enumerate() {
                if let Some(slot) = chunk.first.get_mut(number).and_then(|all| all.get_mut(position)) {
                    *slot = *first;
                }
                if let Some(slot) = chunk.width.get_mut(number).and_then(|all| all.get_mut(position)) {
                    *slot = *width;
                }
            }
        }
        chunk
    }
}

fn class(set: &[bool; 256]) -> Option<Class> {
    let mut found: Vec<(u8, u8)> = Vec::new();
    for byte in (0..=255_u8).filter(|byte| set.get(usize::from(*byte)) == Some(&true)) {
        match found.last_mut() {
            Some((first, width)) if u16::from(*first) + u16::from(*width) + 1 == u16::from(byte) => *width += 1,
            _ => found.push((byte, 0)),
        }
    }
    let mut ranges = [*found.first()?; RANGES];
    if found.len() > RANGES {
        return None;
    }
    ranges.iter_mut().zip(&found).for_each(|(slot, range)| *slot = *range);
    Some((ranges, found.len()))
}

/// One class or literal character, and what follows.
fn atom(text: &[u8]) -> Option<([bool; 256], &[u8])> {
    let mut set = [false; 256];
    let mut allow = |low: u8, high: u8| {
        set.iter_mut().enumerate().for_each(|(byte, member)| *member |= (usize::from(low)..=usize::from(high)).contains(&byte))
    };
    let (first, rest) = text.split_first()?;
    match first {
        b'[' => {
            let end = rest.iter().position(|byte| *byte == b']')?;
            let mut inside = rest.get(..end)?;
            if inside.is_empty() || inside.iter().any(|byte| !byte.is_ascii() || matches!(byte, b'^' | b'\\' | b'[' | b'&' | b'~')) {
                return None;
            }
            while let Some((low, after)) = inside.split_first() {
                match after {
                    [b'-', high, more @ ..] => {
                        if low > high {
                            return None;
                        }
                        allow(*low, *high);
                        inside = more;
                    }
                    // A bare `-` has several readings.
                    _ if *low == b'-' => return None,
                    more => {
                        allow(*low, *low);
                        inside = more;
                    }
                }
            }
            Some((set, rest.get(end + 1..)?))
        }
        b'\\' => match rest.split_first() {
            Some((escaped, after)) if escaped.is_ascii_punctuation() => {
                allow(*escaped, *escaped);
                Some((set, after))
            }
            _ => None,
        },
        byte if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'@' | b'/' | b' ' | b',' | b'=' | b'#' | b'%') => {
            allow(*byte, *byte);
            Some((set, rest))
        }
        _ => None,
    }
}

fn repeat(text: &[u8]) -> Option<(usize, &[u8])> {
    let Some(rest) = text.strip_prefix(b"{") else {
        return if matches!(text.first(), Some(b'*' | b'+' | b'?')) { None } else { Some((1, text)) };
    };
    let end = rest.iter().position(|byte| *byte == b'}')?;
    let count = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
    let after = rest.get(end + 1..)?;
    if matches!(after.first(), Some(b'*' | b'+' | b'?' | b'{')) { None } else { Some((count, after)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_patterns_are_recognised_and_others_are_not() {
        let address = BytePattern::parse("0x[0-9a-f]{40}").unwrap();
        assert_eq!(address.length, 42);
        let matches = |text: &str| {
            let alone = address.matches(Text::new(text.as_bytes()));
            let buffer = format!("0{text}\u{7f}0x0000000000000000");
            assert_eq!(alone, address.matches(Text { buffer: buffer.as_bytes(), start: 1, length: text.len() }));
            alone
        };
        let good = format!("0x{}", "a1".repeat(20));
        assert!(matches(&good));
        assert!(!matches(&good.to_uppercase()) && !matches(&good[1..]) && !matches(&format!("{good}0")));
        for at in 0..42 {
            for wrong in ["g", "/", ":", "`", "\u{7f}", "\0"] {
                let mut broken = good.clone();
                broken.replace_range(at..=at, wrong);
                assert!(!matches(&broken), "{at} {wrong:?}");
            }
        }
        for other in [r"\d{4}", "a+", "[^a]", "a|b", "a{1,2}", ".", "(a)", "é", "[acegi]"] {
            assert!(BytePattern::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn classes_of_several_ranges_and_every_length() {
        for length in [1, 15, 16, 17, 32, 33] {
            let pattern = BytePattern::parse(&format!("[A-Za-z0-9_]{{{length}}}")).unwrap();
            for byte in 0..=255_u8 {
                let mut text = vec![b'x'; length];
                if let Some(last) = text.last_mut() {
                    *last = byte;
                }
                assert_eq!(pattern.matches(Text::new(&text)), byte == b'_' || byte.is_ascii_alphanumeric(), "{length} {byte}");
            }
        }
    }
}
