//! A set of texts that many are looked up in.

use ahash::HashSet;

use super::Text;
use crate::kernels::bits::word;

/// Longest text whose bytes and length fit one key.
const SHORT: usize = 12;

/// Most texts of the table of keys: with its free slots it stays in cache.
const MAX_TABLE: usize = 1_024;

/// A set of texts: short ones in a table of keys, which hold all their bytes; others in a hash set.
#[derive(Debug)]
pub(crate) struct TextSet {
    /// Keys of short texts; a power of two of slots, at most a quarter of them used.
    table: Vec<Key>,
    multiplier: u64,
    /// Shift that leaves of a product as many bits as the table has slots.
    shift: u32,
    /// Whether every key stands in its own slot.
    perfect: bool,
    narrow: Option<NarrowSet>,
    others: HashSet<Box<[u8]>>,
}

/// Length and bytes of a short text.
type Key = (u64, u64);

/// No text has this key: its length would be that of no short text.
const FREE: Key = (u64::MAX, u64::MAX);

/// The bytes of a text of each length, of the first eight and the last four of twelve that were loaded.
#[expect(clippy::indexing_slicing, reason = "a constant: an index outside it would not compile")]
const MASKS: [(u64, u64); SHORT + 1] = {
    let mut masks = [(0, 0); SHORT + 1];
    let mut length = 0;
    while length <= SHORT {
        masks[length] = if length < 8 { ((1 << (8 * length)) - 1, 0) } else { (u64::MAX, (1 << (8 * (length - 8))) - 1) };
        length += 1;
    }
    masks
};

/// The bytes of a short text, and its length above the last four of them.
#[inline(always)]
fn key_of(text: Text<'_>) -> Option<Key> {
    let (first, last) = MASKS.get(text.length)?;
    let [low, high] = text.sixteen();
    Some((low & first, high & last | (text.length as u64) << 32))
}

/// Multipliers that are tried for a table in which no two keys meet, and the most keys for which that can be hoped.
const TRIES: u64 = 64;
const MAX_PERFECT: usize = 64;

impl TextSet {
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut keys, mut others) = (Vec::new(), HashSet::default());
        for text in texts {
            match key_of(Text::new(text.as_bytes())) {
                Some(key) if keys.len() < MAX_TABLE => keys.push(key),
                _ => {
                    others.insert(text.as_bytes().into());
                }
            }
        }
        // Odd multiples of the golden ratio: the high bits of a product are well mixed.
        let table = |number: u64| Self::filled(&keys, 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(2 * number + 1));
        let mut set = table(0);
        let mut tries = if keys.len() <= MAX_PERFECT { 1..TRIES } else { 0..0 };
        while let (false, Some(next)) = (set.perfect, tries.next()) {
            set = table(next);
        }
        let all = || keys.iter().map(|key| (key.0, usize::try_from(key.1 >> 32).unwrap_or(usize::MAX)));
        let narrow = if others.is_empty() { NarrowSet::new(all) } else { None };
        Self { narrow, others, ..set }
    }

    fn filled(keys: &[Key], multiplier: u64) -> Self {
        let slots = (keys.len() * 4).next_power_of_two().max(8);
        let (table, shift) = (vec![FREE; slots], 64 - slots.trailing_zeros());
        let mut set = Self { table, multiplier, shift, perfect: true, narrow: None, others: HashSet::default() };
        for key in keys {
            let mut at = set.slot_of(*key);
            while set.table.get(at).is_some_and(|slot| *slot != FREE && slot != key) {
                at = (at + 1) & (slots - 1);
                set.perfect = false;
            }
            if let Some(slot) = set.table.get_mut(at) {
                *slot = *key;
            }
        }
        set
    }

    #[inline(always)]
    fn slot_of(&self, key: Key) -> usize {
        usize::try_from((key.0 ^ key.1.rotate_left(23)).wrapping_mul(self.multiplier) >> self.shift).unwrap_or(0)
    }

    /// PERF: benches/kernels.rs `set`: one comparison and no branch, since data can be anything.
    #[inline(always)]
    fn has_key(&self, key: Key) -> bool {
        let at = self.slot_of(key);
        let found = self.table.get(at).copied().unwrap_or(FREE);
        if self.perfect { (found.0 ^ key.0) | (found.1 ^ key.1) == 0 } else { self.probe(key, at) }
    }

    fn probe(&self, key: Key, mut at: usize) -> bool {
        while let Some(slot) = self.table.get(at).filter(|slot| **slot != FREE) {
            if *slot == key {
                return true;
            }
            at = (at + 1) & (self.table.len() - 1);
        }
        false
    }

    /// The set, where all its texts are narrow.
    pub(crate) fn narrow(&self) -> Option<&NarrowSet> {
        self.narrow.as_ref()
    }

    /// Whether a text is in the set.
    #[inline(always)]
    pub(crate) fn contains(&self, text: Text<'_>) -> bool {
        if let Some(narrow) = &self.narrow {
            return narrow.contains(text.eight(), text.length);
        }
        let short = key_of(text).is_some_and(|key| self.has_key(key));
        short || !self.others.is_empty() && self.others.contains(text.bytes())
    }
}

/// Texts of at most eight bytes, each a word: its bytes, and 0xff in the place of those it lacks, which is no byte of UTF-8.
#[derive(Debug)]
pub(crate) struct NarrowSet {
    /// The words themselves, where they are few; the first once more in the place of those that are not there.
    few: Option<[u64; FEW]>,
    /// Words by their hash; no two meet. As many as any hash has values, so that none is past the end.
    slots: Box<[u64; 1 << NARROW_BITS]>,
    multiplier: u64,
}

/// As many words as are compared with sooner than looked for by their hash.
const FEW: usize = 4;

/// The first eight bytes of each of 64 texts, with whatever follows it, and its length.
pub(crate) struct Eights {
    pub first: [u64; 64],
    pub length: [u64; 64],
}

const NARROW_BITS: u32 = 10;

/// What stands in a slot without a text: no text of at most eight bytes has a byte after one it lacks, and longer ones lack the first.
const EMPTY: u64 = 0xff00;

impl NarrowSet {
    /// A set of words of texts and their lengths; `None` where one is too long, or no hash keeps them apart.
    fn new<I: Iterator<Item = (u64, usize)>>(texts: impl Fn() -> I) -> Option<Self> {
        if texts().count() > MAX_PERFECT || texts().any(|(_, length)| length > 8) {
            return None;
        }
        (0..TRIES)
            .find_map(|number| {
                let multiplier = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(2 * number + 1);
                let mut set = Self { few: None, slots: Box::new([EMPTY; 1 << NARROW_BITS]), multiplier };
                texts().all(|(bytes, length)| set.insert(filled(bytes, length as u64))).then_some(set)
            })
            .map(|set| Self { few: Self::few(texts().map(|(bytes, length)| filled(bytes, length as u64))), ..set })
    }

    fn few(mut words: impl Iterator<Item = u64>) -> Option<[u64; FEW]> {
        let mut few = [words.next()?; FEW];
        few.iter_mut().skip(1).zip(&mut words).for_each(|(to, word)| *to = word);
        words.next().is_none().then_some(few)
    }

    /// Whether the slot of a word was free, or its own.
    fn insert(&mut self, word: u64) -> bool {
        let at = self.slot_of(word);
        let Some(slot) = self.slots.get_mut(at) else { return false };
        let free = *slot == EMPTY || *slot == word;
        *slot = word;
        free
    }

    #[inline(always)]
    fn slot_of(&self, word: u64) -> usize {
        (word.wrapping_mul(self.multiplier) >> (u64::BITS - NARROW_BITS)) as usize
    }

    /// Whether a text is in the set, of which the first eight bytes are given, with whatever follows it.
    ///
    /// PERF: benches/kernels.rs `set`: without a branch, since data can be anything.
    #[inline(always)]
    pub(crate) fn contains(&self, bytes: u64, length: usize) -> bool {
        self.has(filled(bytes, length as u64))
    }

    #[inline(always)]
    fn has(&self, word: u64) -> bool {
        self.slots.get(self.slot_of(word)) == Some(&word)
    }

    /// Which of 64 texts are in the set, or those that are not.
    ///
    /// PERF: benches/kernels.rs `set`: plain loops over arrays are what vectorises; most blocks have no text that fails.
    #[inline(always)]
    pub(crate) fn fails(&self, texts: &Eights, outside: bool) -> u64 {
        let mut words = [0; 64];
        let texts = texts.first.iter().zip(&texts.length);
        for (word, (bytes, length)) in words.iter_mut().zip(texts) {
            *word = filled(*bytes, *length);
        }
        let fails = match self.few {
            Some([a, b, c, d]) => words.map(|word| ((word == a) | (word == b) | (word == c) | (word == d)) == outside),
            None => words.map(|word| self.has(word) == outside),
        };
        if fails.iter().fold(false, |any, fails| any | fails) { word(fails.into_iter()) } else { 0 }
    }
}

/// A text's first eight bytes, and 0xff in the place of those it lacks. One of nine bytes or more has it in the place of its first, so
/// that it is no text of a set.
#[inline(always)]
fn filled(bytes: u64, length: u64) -> u64 {
    bytes
        | match length {
            0..8 => u64::MAX << (8 * length),
            8 => 0,
            _ => 0xff,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_exactly_its_texts() {
        let texts = ["", "a", "ab", "ba", "abc", "acb", "abcd", "abcdefgh", "abcdefghijkl", "é", "a text of more than twelve bytes"];
        let set = TextSet::new(texts);
        // Bytes that follow a text are not part of it.
        let inside = |text: &str| {
            let buffer = format!("xx{text}yyyyyyyyyyyyyyyyyyyyyyyy");
            set.contains(Text { buffer: buffer.as_bytes(), start: 2, length: text.len() })
        };
        for text in texts {
            assert!(set.contains(Text::new(text.as_bytes())) && inside(text), "{text}");
        }
        for other in
            ["b", "aa", "abd", "abcdefg", "abcdefghi", "abcdefghijk", "abcdefghijklm", "a\0", "\0", "a text of more than twelve byteS"]
        {
            assert!(!set.contains(Text::new(other.as_bytes())) && !inside(other), "{other}");
        }
    }

    #[test]
    fn sets_of_eight_bytes_at_most_are_read_by_eight() {
        let set = TextSet::new(["ethereum", "base", ""]);
        assert!(set.narrow().is_some());
        let inside = |text: &str, length: usize| set.contains(Text { buffer: text.as_bytes(), start: 1, length });
        assert!(inside("-ethereum", 8) && inside("-ethereum-", 8) && inside("-based", 4) && inside("-x", 0));
        assert!(!inside("-ethereu", 7) && !inside("--", 1) && !inside(&"\0".repeat(30), 20));
        assert!(!inside("-ethereums", 9) && !inside("-bas", 3) && !inside("-based", 5) && !inside("-base\0", 5));
    }

    #[test]
    fn large_sets_keep_what_the_table_has_no_room_for() {
        let texts: Vec<String> = (0..3_000).map(|number| number.to_string()).collect();
        let set = TextSet::new(texts.iter().map(String::as_str));
        assert!(texts.iter().all(|text| set.contains(Text::new(text.as_bytes()))));
        assert!(!set.contains(Text::new(b"3000")));
    }
}
