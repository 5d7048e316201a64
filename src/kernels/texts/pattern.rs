//! Regular expressions that are tested on every row: a complete automaton where that is small, else the regex engine.

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::util::start;

/// A pattern; both kinds work on bytes, which are UTF-8 anyway.
#[derive(Debug)]
pub(crate) enum TextPattern {
    Small(Box<SmallAutomaton>),
    Automaton(Box<Automaton>),
    Engine(regex::bytes::Regex),
}

/// Largest automaton, in bytes.
const MAX_AUTOMATON: usize = 1 << 18;

impl TextPattern {
    /// `pattern` is anchored at both ends (`\A(?:…)\z`), or is searched for.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        let automaton = if pattern.starts_with(r"\A(?:") { Automaton::new(pattern) } else { None };
        match automaton {
            Some(automaton) => Some(match SmallAutomaton::new(&automaton) {
                Some(small) => Self::Small(Box::new(small)),
                None => Self::Automaton(Box::new(automaton)),
            }),
            None => regex::bytes::Regex::new(pattern).ok().map(Self::Engine),
        }
    }

    /// Whether a text is of the pattern.
    #[inline]
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Small(automaton) => automaton.matches(text),
            Self::Automaton(automaton) => automaton.matches(text),
            Self::Engine(regex) => regex.is_match(text),
        }
    }

    /// Whether each of some texts is of the pattern.
    #[inline]
    pub(crate) fn all_match(&self, texts: [&[u8]; LANES]) -> [bool; LANES] {
        match self {
            Self::Small(automaton) => automaton.all_match(texts),
            Self::Automaton(automaton) => automaton.all_match(texts),
            Self::Engine(regex) => texts.map(|text| regex.is_match(text)),
        }
    }
}

/// A complete automaton of a pattern anchored at both ends: a table from state and class of byte to state.
#[derive(Debug)]
pub(crate) struct Automaton {
    classes: Box<[u8; 256]>,
    /// Rows of next states, one for each class of byte and one for the end of the text; a state is where its row begins. Row 0 is the
    /// state that nothing leaves.
    table: Vec<u16>,
    /// The class of the end.
    end: u8,
    /// Of how many entries a row has room for.
    width: usize,
    start: u16,
    /// The state after the end of a text of the pattern.
    accepted: u16,
}

/// Texts that are read side by side, so that the processor need not wait for one step before the next.
pub(crate) const LANES: usize = 4;

impl Automaton {
    /// The states that a dense automaton of the regex crates goes through, in a table of our own; `None` if there are too many.
    fn new(pattern: &str) -> Option<Self> {
        let config = dense::Config::new()
            .dfa_size_limit(Some(MAX_AUTOMATON))
            .determinize_size_limit(Some(MAX_AUTOMATON * 4))
            .start_kind(StartKind::Anchored);
        let dense = dense::Builder::new().configure(config).build(pattern).ok()?;
        let first = dense.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        let mut classes = Box::new([0; 256]);
        let mut bytes = Vec::new();
        for (byte, class) in (0..=255_u8).zip(classes.iter_mut()) {
            *class = dense.byte_classes().get(byte);
            if usize::from(*class) == bytes.len() {
                bytes.push(byte);
            }
        }
        let end = u8::try_from(bytes.len()).ok()?;
        let width = (bytes.len() + 1).next_power_of_two();
        let row = |number: usize| u16::try_from(number * width).ok();
        let (accepted, begin) = (row(1)?, row(2)?);
        // Row 0 stays empty: all it leads to is itself. Row 1 is left by nothing but a byte after the end, which there is none of.
        let mut table = vec![0; 2 * width];
        *table.get_mut(width + usize::from(end))? = accepted;
        let mut rows = ahash::HashMap::from_iter([(first, begin)]);
        let (mut states, mut at) = (vec![first], 0);
        while let Some(state) = states.get(at).copied() {
            at += 1;
            for byte in &bytes {
                let next = dense.next_state(state, *byte);
                if dense.is_quit_state(next) {
                    return None;
                }
                if !dense.is_dead_state(next) && !rows.contains_key(&next) {
                    states.push(next);
                    rows.insert(next, row(states.len() + 1)?);
                }
                table.push(rows.get(&next).copied().unwrap_or(0));
            }
            table.push(if dense.is_match_state(dense.next_eoi_state(state)) { accepted } else { 0 });
            table.resize(width * (at + 2), 0);
        }
        Some(Self { classes, table, end, width, start: begin, accepted })
    }

    #[inline]
    fn class(&self, byte: u8) -> u8 {
        self.classes.get(usize::from(byte)).copied().unwrap_or(0)
    }

    #[inline]
    fn next(&self, state: u16, class: u8) -> u16 {
        self.table.get(usize::from(state) + usize::from(class)).copied().unwrap_or(0)
    }

    /// Whether a whole text is of the pattern.
    fn matches(&self, text: &[u8]) -> bool {
        self.ends(self.start, text)
    }

    /// Whether the rest of a text leads from a state to acceptance.
    #[inline]
    fn ends(&self, mut state: u16, text: &[u8]) -> bool {
        let mut chunks = text.chunks_exact(16);
        let walk = |state: u16, bytes: &[u8]| bytes.iter().fold(state, |state, byte| self.next(state, self.class(*byte)));
        for chunk in &mut chunks {
            state = walk(state, chunk);
            // Looked at now and then: long texts that fail early need not be read to their end.
            if state == 0 {
                return false;
            }
        }
        self.next(walk(state, chunks.remainder()), self.end) == self.accepted
    }

    /// Whether each of some texts is of the pattern.
    #[inline]
    fn all_match(&self, texts: [&[u8]; LANES]) -> [bool; LANES] {
        let step = |state: u16, byte: &u8| self.next(state, self.class(*byte));
        let [a, b, c, d] = texts;
        let [mut in_a, mut in_b, mut in_c, mut in_d] = [self.start; LANES];
        for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
            (in_a, in_b, in_c, in_d) = (step(in_a, a), step(in_b, b), step(in_c, c), step(in_d, d));
        }
        let read = texts.iter().map(|text| text.len()).min().unwrap_or(0);
        let ends = |state: u16, text: &[u8]| self.ends(state, text.get(read..).unwrap_or(&[]));
        [ends(in_a, a), ends(in_b, b), ends(in_c, c), ends(in_d, d)]
    }
}

/// An automaton of at most sixteen states, whose table needs no row for each of them: for each byte, a word has four bits for each state,
/// and they are the next one. Which bits to look at is the state before, and the word does not depend on it: so a step waits for a rotation
/// where that of a table waits for memory.
///
/// Per Vognsen's shift-based automaton, rotated so that four bits are enough for a state where shifts need six.
#[derive(Debug)]
pub(crate) struct SmallAutomaton {
    steps: Box<[u64; 256]>,
    end: u64,
    /// States are four times their number: how far their bits lie from the lowest.
    start: u64,
    accepted: u64,
}

impl SmallAutomaton {
    /// The same automaton; `None` if it has too many states.
    fn new(automaton: &Automaton) -> Option<Self> {
        let states = automaton.table.len() / automaton.width;
        if states > 16 {
            return None;
        }
        let number = |state: u16| (usize::from(state) / automaton.width) as u64;
        let step = |class: u8| {
            let next = automaton.table.iter().skip(usize::from(class)).step_by(automaton.width).map(|next| number(*next));
            // Two bits higher than they belong: what is rotated to the bottom is four times the state.
            next.zip((0..64_u32).step_by(4)).fold(0_u64, |all, (next, shift)| all | next << shift).rotate_left(2)
        };
        let mut steps = Box::new([0; 256]);
        steps.iter_mut().zip(automaton.classes.iter()).for_each(|(slot, class)| *slot = step(*class));
        let (start, accepted) = (4 * number(automaton.start), 4 * number(automaton.accepted));
        Some(Self { steps, end: step(automaton.end), start, accepted })
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a state is below 64")]
    fn next(state: u64, step: u64) -> u64 {
        step.rotate_right(state as u32) & 0b11_1100
    }

    #[inline(always)]
    fn step(&self, byte: u8) -> u64 {
        self.steps.get(usize::from(byte)).copied().unwrap_or(0)
    }

    /// Whether a whole text is of the pattern.
    fn matches(&self, text: &[u8]) -> bool {
        self.ends(self.start, text)
    }

    /// Whether the rest of a text leads from a state to acceptance.
    #[inline]
    fn ends(&self, mut state: u64, text: &[u8]) -> bool {
        for chunk in text.chunks(64) {
            state = chunk.iter().fold(state, |state, byte| Self::next(state, self.step(*byte)));
            // Looked at now and then: long texts that fail early need not be read to their end.
            if state == 0 {
                return false;
            }
        }
        Self::next(state, self.end) == self.accepted
    }

    /// Whether each of some texts is of the pattern.
    #[inline]
    fn all_match(&self, texts: [&[u8]; LANES]) -> [bool; LANES] {
        let step = |state: u64, byte: &u8| Self::next(state, self.step(*byte));
        let [a, b, c, d] = texts;
        let [mut in_a, mut in_b, mut in_c, mut in_d] = [self.start; LANES];
        for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
            (in_a, in_b, in_c, in_d) = (step(in_a, a), step(in_b, b), step(in_c, c), step(in_d, d));
        }
        let read = texts.iter().map(|text| text.len()).min().unwrap_or(0);
        let ends = |state: u64, text: &[u8]| self.ends(state, text.get(read..).unwrap_or(&[]));
        [ends(in_a, a), ends(in_b, b), ends(in_c, c), ends(in_d, d)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_automaton_and_the_engine_agree() {
        for pattern in ["[a-z0-9._]+@[a-z0-9-]+\\.[a-z]{2,6}", "a|ab", "", "(?i)é+", "a.c", "x$|y", "(ab){3,20}", "[^a]*"] {
            let whole = format!("\\A(?:{pattern})\\z");
            let (test, regex) = (TextPattern::new(&whole).unwrap(), regex::Regex::new(&whole).unwrap());
            assert_eq!(matches!(test, TextPattern::Small(_)), pattern != "(ab){3,20}", "{pattern}");
            assert!(!matches!(test, TextPattern::Engine(_)), "{pattern}");
            let table = TextPattern::Automaton(Box::new(Automaton::new(&whole).unwrap()));
            let long = "ab".repeat(20);
            for text in ["", "a", "ab", "abc", "a\nc", "É", "éé", "me@x.org", "me@x.o", "x", "y\n", "xy", "someone.else@example.org", &long]
            {
                for test in [&test, &table] {
                    assert_eq!(test.matches(text.as_bytes()), regex.is_match(text), "{pattern} on {text:?}");
                    let some = ["", text, "a", &long];
                    assert_eq!(test.all_match(some.map(str::as_bytes)), some.map(|text| regex.is_match(text)), "{pattern} on {some:?}");
                }
            }
        }
        assert!(matches!(TextPattern::new(r"\A(?:\bx)\z").unwrap(), TextPattern::Engine(_)));
        assert!(matches!(TextPattern::new(r"x").unwrap(), TextPattern::Engine(_)));
    }
}
