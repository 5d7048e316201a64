//! Patterns of fixed length over ASCII, tested sixteen bytes at a time, or thirty-two of texts side by side.

use super::Text;
use crate::kernels::wide::{Loop, widest};

/// Most ranges of bytes a position may allow.
const RANGES: usize = 4;

/// A pattern of fixed length: for each position a class, a class being up to four ranges of bytes.
#[derive(Debug)]
pub(crate) struct BytePattern {
    length: usize,
    /// Most ranges of any position.
    ranges: usize,
    chunks: Vec<Chunk<16>>,
    /// The positions of as many texts side by side as fill whole chunks, for each of `GAPS`; none where those are too many.
    tiles: [Vec<Chunk<32>>; GAPS.len()],
}

/// How many bytes of whatever kind may lie before each of texts side by side: none in arrays, and its length in pages of Parquet.
const GAPS: [usize; 2] = [0, 4];

/// Most chunks of texts side by side: more would push the texts themselves out of the nearest cache.
const TILE: usize = 32;

/// Positions that are looked at together, with the ranges that each allows; unused ranges repeat the first. Positions past the end of the
/// pattern allow every byte.
#[derive(Debug)]
struct Chunk<const N: usize>([Range<N>; RANGES]);

/// For each position the first byte of a range, and its width − 1.
#[derive(Debug, Clone, Copy)]
struct Range<const N: usize> {
    first: [u8; N],
    width: [u8; N],
}

/// Whether bytes are of the classes of some chunks, of which no more ranges are used.
///
/// PERF: benches/kernels.rs `fixed_pattern`: one plain loop over positions is what vectorises, in every width and for every number of
/// ranges; loops inside it or iterators zipped do not. All chunks are looked at: leaving early costs more than it saves.
struct Within<'a, const N: usize, const USED: usize> {
    chunks: &'a [Chunk<N>],
    parts: &'a [[u8; N]],
}

impl<const N: usize, const USED: usize> Loop for Within<'_, N, USED> {
    type Out = bool;

    #[inline(always)]
    #[expect(clippy::indexing_slicing, clippy::needless_range_loop, reason = "positions of arrays of the same length")]
    fn run(self) -> bool {
        // How far any byte lies outside its class, position by position.
        let mut any = [0_u8; N];
        for (Chunk([a, b, c, d]), bytes) in self.chunks.iter().zip(self.parts) {
            let outside = |range: &Range<N>, at: usize| bytes[at].wrapping_sub(range.first[at]).saturating_sub(range.width[at]);
            for at in 0..N {
                any[at] |= match USED {
                    1 => outside(a, at),
                    2 => outside(a, at).min(outside(b, at)),
                    _ => outside(a, at).min(outside(b, at)).min(outside(c, at).min(outside(d, at))),
                };
            }
        }
        any.iter().fold(0, |all, one| all | one) == 0
    }
}

/// PERF: benches/kernels.rs `fixed_pattern`: among a caller's other code the loop does not vectorise.
#[inline(never)]
fn within<const USED: usize>(chunks: &[Chunk<16>], parts: &[[u8; 16]]) -> bool {
    Within::<16, USED> { chunks, parts }.run()
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

    /// Bytes of a text of the pattern.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Whether texts that lie side by side, each of the pattern's length and behind as many bytes of whatever kind, are all of it;
    /// `None` where they do not fill whole chunks, or the bytes between them are more than is known of any file.
    pub(crate) fn all_match(&self, texts: &[u8], gap: usize) -> Option<bool> {
        let (parts, rest) = texts.as_chunks::<32>();
        let (_, chunks) = GAPS.iter().zip(&self.tiles).find(|(known, _)| **known == gap)?;
        if chunks.is_empty() || !rest.is_empty() {
            return None;
        }
        let mut tiles = parts.chunks(chunks.len());
        Some(match self.ranges {
            1 => tiles.all(|parts| widest(Within::<32, 1> { chunks, parts })),
            2 => tiles.all(|parts| widest(Within::<32, 2> { chunks, parts })),
            _ => tiles.all(|parts| widest(Within::<32, RANGES> { chunks, parts })),
        })
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
        let length = positions.len();
        let tiles = GAPS.map(|gap| tile(&[vec![ANY; gap], positions.clone()].concat()));
        Some(Self { length, ranges, chunks: Chunk::all(&positions), tiles })
    }
}

/// The positions of a text repeated until they end where a chunk does.
fn tile(positions: &[Class]) -> Vec<Chunk<32>> {
    let texts = (1..=32_usize).find(|texts| (texts * positions.len()).is_multiple_of(32)).unwrap_or(32);
    if texts * positions.len() <= TILE * 32 { Chunk::all(&positions.repeat(texts)) } else { Vec::new() }
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

/// Every byte.
const ANY: Class = ([(0, 0xff); RANGES], 1);

impl<const N: usize> Chunk<N> {
    fn all(positions: &[Class]) -> Vec<Self> {
        positions.chunks(N).map(Self::new).collect()
    }

    fn new(positions: &[Class]) -> Self {
        let mut ranges = [Range { first: [0; N], width: [0xff; N] }; RANGES];
        for (position, (class, _)) in positions.iter().enumerate() {
            for (range, (first, width)) in ranges.iter_mut().zip(class) {
                if let (Some(low), Some(wide)) = (range.first.get_mut(position), range.width.get_mut(position)) {
                    (*low, *wide) = (*first, *width);
                }
            }
        }
        Self(ranges)
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

    #[test]
    fn texts_side_by_side_are_tested_alike() {
        for pattern in ["0x[0-9a-f]{40}", "[A-Z]{3}", "[A-Za-z0-9_]{8}", "a", "[0-9]{31}"] {
            let pattern = BytePattern::parse(pattern).unwrap();
            let good: Vec<u8> = "0xA".bytes().chain("abcdefghijklmnopqrstuvwxyz0123456789_ABC".bytes()).collect();
            let fits = |at: usize| good.iter().copied().find(|byte| pattern_has(&pattern, at, *byte)).unwrap();
            let text: Vec<u8> = (0..pattern.length).map(fits).collect();
            assert!(pattern.matches(Text::new(&text)));
            for (gap, tile) in GAPS.into_iter().zip(&pattern.tiles) {
                let text = [vec![0xff; gap], text.clone()].concat();
                for rows in [1, 16, 63, 64] {
                    let texts = text.repeat(rows);
                    let whole = texts.len().is_multiple_of(32) && !tile.is_empty();
                    assert_eq!(pattern.all_match(&texts, gap), whole.then_some(true), "{rows} of {}", pattern.length);
                    for at in (0..texts.len()).filter(|_| whole) {
                        let mut broken = texts.clone();
                        broken[at] = b'\x7f';
                        let matches = at % text.len() < gap;
                        assert_eq!(pattern.all_match(&broken, gap), Some(matches), "{at} of {rows} rows of {}", pattern.length);
                        let parts = &broken.as_chunks::<32>().0[..tile.len().min(broken.len() / 32)];
                        let plain = Within::<32, RANGES> { chunks: tile, parts }.run();
                        assert_eq!(plain, matches || at >= tile.len() * 32, "{at} without wide registers");
                    }
                }
            }
        }
        assert_eq!(BytePattern::parse("[0-9]{500}").unwrap().all_match(&b"0".repeat(32_000), 0), None, "too long for a tile");
    }

    /// Whether a byte is of the class of a position.
    fn pattern_has(pattern: &BytePattern, at: usize, byte: u8) -> bool {
        pattern.chunks[at / 16].0.iter().any(|range| byte.wrapping_sub(range.first[at % 16]) <= range.width[at % 16])
    }
}
