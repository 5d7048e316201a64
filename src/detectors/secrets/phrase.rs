//! The seed phrase of a wallet: words of the BIP-39 list whose last bits are a checksum of the others.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::bytes::{at, part, run, run_back};
use super::{Family, Found, Kind, Level, Trigger};

pub(super) const SEED_PHRASE: Kind = Kind::new("seed_phrase", Family::Secrets, Level::Critical, Trigger::Words, seed_phrase)
    .finds("12, 15, 18, 21 or 24 words of the English list of BIP-39 in a row, with its checksum; single spaces or line feeds between them, all in small letters")
    .allows("words of the list whose checksum is wrong: one in sixteen rows of twelve passes by chance")
    .examples(
        &[
            concat!("my wallet: abandon abandon abandon abandon abandon abandon ", "abandon abandon abandon abandon abandon about"),
            concat!("legal winner thank year wave sausage ", "worth useful legal winner thank yellow"),
        ],
        &[
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon",
            "legal winner thank year wave sausage worth useful legal winner thank",
            "people have more than that over about this into then again other",
        ],
    );

/// The English list of BIP-39, 2048 words in alphabetical order; no two of them have the same first four letters.
static WORDS: &str = include_str!("seed_words.txt");

/// Numbers of words of a phrase.
const LENGTHS: [usize; 5] = [12, 15, 18, 21, 24];

/// A phrase begins at most so far before a place in it that is looked at.
const BACK: usize = 32;

fn seed_phrase(text: &[u8], place: usize) -> Option<Found> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase();
    let mut start = place - run_back(text, place, 8, is_letter);
    // Two words forward, at most ten back: most rows of short words end here, because one is not in the list.
    let (second, _) = next_word(text, start)?;
    next_word(text, second)?;
    loop {
        if let Some(found) = phrase_at(text, start) {
            return Some(found);
        }
        // One word back, if a word of the list stands there.
        let earlier = start.checked_sub(1).filter(|gap| is_gap(at(text, *gap)))?;
        let length = run_back(text, earlier, 9, is_letter);
        if place - (earlier - length) >= BACK + 8 || number(part(text, earlier - length, earlier)).is_none() {
            return None;
        }
        start = earlier - length;
    }
}

/// The number of the word at a place, if it is in the list, and where the next one begins.
fn next_word(text: &[u8], start: usize) -> Option<(usize, u16)> {
    let length = run(text, start, 9, |byte| byte.is_ascii_lowercase());
    number(part(text, start, start + length)).map(|word| (start + length + 1, word))
}

fn is_gap(byte: Option<u8>) -> bool {
    matches!(byte, Some(b' ' | b'\n'))
}

/// The longest phrase that begins at a place.
fn phrase_at(text: &[u8], start: usize) -> Option<Found> {
    let (mut numbers, mut ends) = ([0_u16; 24], [0_usize; 24]);
    let (mut count, mut from) = (0, start);
    for (slot, end) in numbers.iter_mut().zip(&mut ends) {
        let Some((next, word)) = next_word(text, from) else { break };
        (*slot, *end) = (word, next - 1);
        (count, from) = (count + 1, next);
        if !is_gap(at(text, from - 1)) {
            break;
        }
    }
    let length = LENGTHS.into_iter().rev().find(|length| *length <= count && numbers.get(..*length).is_some_and(has_checksum))?;
    Some(Found::new(start, *ends.get(length - 1)?, Level::Critical))
}

/// The words' numbers, eleven bits each, are the entropy and as many bits of its hash as it has words of 32 bits.
fn has_checksum(numbers: &[u16]) -> bool {
    let mut bytes = [0_u8; 33];
    for (index, number) in numbers.iter().enumerate() {
        for bit in 0..11 {
            let place = index * 11 + bit;
            if let (1, Some(byte)) = (number >> (10 - bit) & 1, bytes.get_mut(place / 8)) {
                *byte |= 0x80 >> (place % 8);
            }
        }
    }
    let checksum_bits = numbers.len() / 3;
    let entropy_bytes = checksum_bits * 4;
    let hash = Sha256::digest(bytes.get(..entropy_bytes).unwrap_or(&[]));
    let mask = !0xff_u8.checked_shr(u32::try_from(checksum_bits).unwrap_or(8)).unwrap_or(0);
    let (Some(expected), Some(found)) = (hash.first(), bytes.get(entropy_bytes)) else { return false };
    (expected ^ found) & mask == 0
}

/// Where a word stands in the list.
fn number(word: &[u8]) -> Option<u16> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(Table::new).get(word)
}

/// Words by their first four letters.
struct Table {
    words: Vec<&'static str>,
    /// A number of a word, or past the end of them, for each hash; a word stands at its hash or in one of the slots that follow.
    slots: Vec<u16>,
}

impl Table {
    const SLOTS: usize = 1 << 13;

    fn new() -> Self {
        let words: Vec<&'static str> = WORDS.lines().collect();
        let mut slots = vec![u16::MAX; Self::SLOTS];
        for (index, word) in words.iter().enumerate() {
            let mut slot = Self::hash(word.as_bytes());
            while slots.get(slot).is_some_and(|taken| *taken != u16::MAX) {
                slot = (slot + 1) % Self::SLOTS;
            }
            if let (Some(to), Ok(number)) = (slots.get_mut(slot), u16::try_from(index)) {
                *to = number;
            }
        }
        Self { words, slots }
    }

    fn hash(word: &[u8]) -> usize {
        let first = word.iter().take(4).fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        (first.wrapping_mul(0x9e37_79b1) >> 19) as usize % Self::SLOTS
    }

    fn get(&self, word: &[u8]) -> Option<u16> {
        if !(3..=8).contains(&word.len()) {
            return None;
        }
        let mut slot = Self::hash(word);
        loop {
            let number = *self.slots.get(slot)?;
            let known = self.words.get(usize::from(number))?;
            if known.as_bytes() == word {
                return Some(number);
            }
            slot = (slot + 1) % Self::SLOTS;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_the_list_is_found() {
        for (index, word) in WORDS.lines().enumerate() {
            assert_eq!(number(word.as_bytes()).map(usize::from), Some(index), "{word}");
        }
        assert_eq!(WORDS.lines().count(), 2048);
        assert_eq!(number(b"the"), None);
        assert_eq!(number(b"aban"), None);
    }

    #[test]
    fn phrases_of_all_lengths_have_their_checksum() {
        // Test vectors of BIP-39: entropies of zeros and of ones.
        let zeros = |count: usize, last: &str| format!("{}{last}", "abandon ".repeat(count - 1));
        let ones = |count: usize, last: &str| format!("{}{last}", "zoo ".repeat(count - 1));
        for good in [zeros(12, "about"), zeros(18, "agent"), zeros(24, "art"), ones(12, "wrong"), ones(18, "when"), ones(24, "vote")] {
            assert_eq!(phrase_at(good.as_bytes(), 0).map(|found| found.end), Some(good.len()), "{good}");
        }
        assert_eq!(phrase_at(zeros(12, "abandon").as_bytes(), 0), None);
    }

    #[test]
    fn the_shortest_phrase_is_found_wherever_it_stands() {
        let short: Vec<&str> = WORDS.lines().filter(|word| word.len() == 3).collect();
        let eleven = &short[20..31];
        let number = |word: &str| number(word.as_bytes()).unwrap();
        let fits = |last: &&str| has_checksum(&eleven.iter().chain([last]).map(|word| number(*word)).collect::<Vec<_>>());
        let last = short.iter().copied().find(fits).unwrap();
        let phrase = format!("{} {last}", eleven.join(" "));
        assert_eq!(phrase.len(), 47);
        let longest: Vec<&str> = WORDS.lines().filter(|word| word.len() == 8).take(11).collect();
        let fits = |last: &&str| has_checksum(&longest.iter().chain([last]).map(|word| number(*word)).collect::<Vec<_>>());
        let long = format!("{} {}", longest.join(" "), WORDS.lines().find(fits).unwrap());
        let detector = crate::detectors::Detector::new(Family::Secrets, &[], None);
        for phrase in [&phrase, &long] {
            for at in 0..200 {
                for (before, after) in
                    [("", ""), ("The market. ", ""), ("words: ", " and so on"), ("", " is a phrase of these"), ("\"", "\"")]
                {
                    for filler in ["of a text that is no phrase, ", "words that are short and like those that stand there. "] {
                        let filler = filler.repeat(8);
                        let text = format!("{}{before}{phrase}{after}", &filler[filler.len() - at..]);
                        assert!(detector.is_in(&text), "{text}");
                    }
                    // A text that begins with the phrase, right behind the letters or spaces of another.
                    for other in ["x", " a", "that  "] {
                        let other = other.repeat(at);
                        let two = format!("{other}{phrase}{after}");
                        assert_eq!(detector.found(two.as_bytes(), &[0, other.len(), two.len()]), [false, true], "{two}");
                    }
                }
            }
        }
    }
}
