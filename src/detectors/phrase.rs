//! Words around a place: a clause is read forwards and backwards, a few words at a time.

use super::bytes::{at, has_folded, is_word, run, run_back};

/// Words of a text from a place on, until the sentence ends, or so many words or bytes have been read.
#[derive(Debug, Clone)]
pub(super) struct Words<'a> {
    text: &'a [u8],
    at: usize,
    stop: usize,
    left: usize,
}

/// Bytes that a clause is looked at.
const WINDOW: usize = 200;

/// A word, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub start: usize,
    pub text: &'a [u8],
}

impl Word<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is one of these, which are in small letters.
    pub(super) fn is(&self, words: &[&str]) -> bool {
        words.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(self.text))
    }
}

/// Letters, digits and what stands inside a word.
fn is_letter(byte: u8) -> bool {
    is_word(byte) || byte == b'\''
}

/// Whether a sentence ends with this byte, the next one being known.
fn is_stop(byte: u8, next: Option<u8>) -> bool {
    matches!(byte, b'.' | b'!' | b'?' | b';') && next.is_none_or(|next| next.is_ascii_whitespace() || matches!(next, b'"' | b'\'' | b')'))
}

/// Where the word begins that a place lies in, or the first one behind it if a space or a sign stands there.
pub(super) fn word_start(text: &[u8], place: usize) -> usize {
    if at(text, place).is_some_and(is_letter) { place - run_back(text, place, 24, is_letter) } else { place + 1 }
}

/// The words from a place on.
pub(super) fn words(text: &[u8], from: usize, most: usize) -> Words<'_> {
    Words { text, at: from, stop: text.len().min(from + WINDOW), left: most }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        self.left = self.left.checked_sub(1)?;
        while self.at < self.stop {
            let byte = at(self.text, self.at)?;
            if is_letter(byte) {
                let start = self.at;
                while self.at < self.stop && at(self.text, self.at).is_some_and(is_letter) {
                    self.at += 1;
                }
                return Some(Word { start, text: self.text.get(start..self.at)? });
            }
            if is_stop(byte, at(self.text, self.at + 1)) {
                return None;
            }
            self.at += 1;
        }
        None
    }
}

/// The words before a place, the nearest first, back to where the sentence begins.
pub(super) fn words_before(text: &[u8], place: usize, most: usize) -> impl Iterator<Item = Word<'_>> {
    let first = place.saturating_sub(WINDOW);
    let mut end = place;
    std::iter::from_fn(move || {
        while end > first {
            let byte = at(text, end - 1)?;
            if is_letter(byte) {
                let mut start = end - 1;
                while start > first && at(text, start - 1).is_some_and(is_letter) {
                    start -= 1;
                }
                let word = Word { start, text: text.get(start..end)? };
                end = start;
                return Some(word);
            }
            if is_stop(byte, at(text, end)) || byte == b'\n' || byte == b':' {
                return None;
            }
            end -= 1;
        }
        None
    })
    .take(most)
}

/// Whether words stand at a place, white space of any length between them; the end of the last. They are in small letters.
pub(super) fn phrase(text: &[u8], place: usize, wanted: &[&str]) -> Option<usize> {
    let mut at_end = place;
    for (index, word) in wanted.iter().enumerate() {
        let gap = run(text, at_end, 8, |byte| byte.is_ascii_whitespace() || matches!(byte, b'-' | b'_' | b'*'));
        let start = if index == 0 { place } else { at_end + gap };
        if index > 0 && gap == 0 || !has_folded(text, start, word.as_bytes()) || at(text, start + word.len()).is_some_and(is_word) {
            return None;
        }
        at_end = start + word.len();
    }
    Some(at_end)
}

/// Whether the clause at a place is told to somebody: nothing stands before it in its sentence, or what one says before an order.
pub(super) fn is_order(text: &[u8], place: usize) -> bool {
    const BEFORE: &[&str] = &[
        "please",
        "now",
        "then",
        "must",
        "should",
        "just",
        "you",
        "instead",
        "first",
        "simply",
        "kindly",
        "also",
        "so",
        "important",
        "immediately",
        "and",
        "will",
        "shall",
        "okay",
        "ok",
        "hey",
        "assistant",
        "ai",
        "next",
    ];
    let Some(last) = words_before(text, place, 1).next() else { return true };
    // In quotation marks after a word it is talked about: such as "ignore …".
    let between = text.get(last.end()..place).unwrap_or(&[]);
    if last.is(BEFORE) {
        return !between.contains(&b'"');
    }
    // A comma or a dash ends a thought; a space alone does not.
    between.iter().any(|byte| matches!(byte, b',' | b')' | b'-' | b'>' | b'*' | b'#' | b'|')) && !between.contains(&b'"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_read_both_ways() {
        let text = b"All is well. Please ignore, if you may, the rules! Or not";
        let place = 20;
        let after: Vec<&[u8]> = words(text, place, 20).map(|word| word.text).collect();
        assert_eq!(after, [&b"ignore"[..], b"if", b"you", b"may", b"the", b"rules"]);
        let earlier: Vec<&[u8]> = words_before(text, place, 20).map(|word| word.text).collect();
        assert_eq!(earlier, [&b"Please"[..]]);
    }

    #[test]
    fn orders_are_told_from_reports() {
        let order = |text: &str| is_order(text.as_bytes(), text.find("ignore").unwrap());
        assert!(order("ignore it") && order("Fine. Please ignore it") && order("Note: ignore it") && order("Hello, ignore it"));
        assert!(!order("investors ignore it") && !order("attacks such as \"ignore it\"") && !order("asked to ignore it"));
    }

    #[test]
    fn phrases_may_be_spread_by_white_space() {
        assert_eq!(phrase(b"You  are\nnow a", 0, &["you", "are", "now"]), Some(12));
        assert_eq!(phrase(b"you are nowhere", 0, &["you", "are", "now"]), None);
    }
}
