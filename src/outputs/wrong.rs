//! Why a text breaks where it does.

use super::Reason;
use super::bytes::{after_space, is_space};
use super::cursor::{Cursor, Stop};

/// What the grammar has at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Key,
    Value,
    /// A comma, a colon or an end.
    Punctuation,
}

impl Cursor<'_, '_> {
    /// The text breaks here, where something else was expected.
    #[cold]
    pub(super) fn wrong(&mut self, expected: Expected) -> Stop {
        let reason = self.why_wrong(expected);
        self.stop(reason, if reason == Reason::Truncated { self.text.len() } else { self.at })
    }

    fn why_wrong(&self, expected: Expected) -> Reason {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(first) = rest.first() else { return Reason::Truncated };
        if expected != Expected::Punctuation && ["true", "false", "null"].iter().any(|literal| literal.as_bytes().starts_with(rest)) {
            return Reason::Truncated;
        }
        let begins = |words: &[&str]| words.iter().any(|word| rest.strip_prefix(word.as_bytes()).is_some_and(ends_word));
        let before = self.text.get(..self.at).unwrap_or_default();
        let lenient = match (expected, first) {
            // Before and after the document there is room for text of any kind.
            _ if self.depth == 0 => begins(&["True", "False", "None"]),
            (_, b'#') => true,
            (_, b'/') => matches!(rest.get(1), Some(b'/' | b'*')),
            (Expected::Key | Expected::Value, b'\'') => true,
            (Expected::Key | Expected::Value, b'}' | b']') => before.iter().rev().find(|byte| !is_space(**byte)) == Some(&b','),
            (Expected::Key, _) => bare_key(rest),
            (Expected::Value, _) => begins(&["True", "False", "None", "undefined"]),
            _ => false,
        };
        let number = match expected {
            Expected::Key => false,
            Expected::Value => begins(&["NaN", "Infinity"]) || matches!(first, b'.' | b'+'),
            // What is glued to a number was meant as a part of it.
            Expected::Punctuation => {
                before.last().is_some_and(u8::is_ascii_digit)
                    && (first.is_ascii_alphanumeric() || matches!(first, b'.' | b'_' | b'+' | b'-'))
            }
        };
        match (lenient, number) {
            (true, _) => Reason::LenientSyntax,
            (_, true) => Reason::BadNumber,
            _ => Reason::NotJson,
        }
    }
}

/// Whether a word is over where `rest` begins.
fn ends_word(rest: &[u8]) -> bool {
    !rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// A key without quotes, as JavaScript has them.
fn bare_key(rest: &[u8]) -> bool {
    let word =
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-') || !byte.is_ascii()).count();
    let after = rest.get(after_space(rest, word));
    word > 0 && !rest.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-') && after == Some(&b':')
}
