//! Texts without what was found in them.

use std::borrow::Cow;

use super::engine::{Detector, Spotted};
use super::normal::is_invisible;
use super::{Family, Level};

/// How often a masked text is looked at again: what stands on both sides of a finding can come to be one.
const ROUNDS: usize = 4;

/// Replaces what is found, of any level, by its kind in brackets: `[email]`. Where findings overlap, all of them become the first.
///
/// Nothing of the family is found in the result. The kinds that must be named are not looked for.
pub(crate) fn mask(text: &str, family: Family) -> Cow<'_, str> {
    let detector = all_of(family);
    let mut masked = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        let spotted = detector.spotted(&masked);
        if spotted.is_empty() {
            return masked;
        }
        let by = |one: &Spotted, out: &mut String| out.extend(["[", name(family, one), "]"]);
        masked = Cow::Owned(replaced(&masked, spotted, by));
    }
    match detector.spotted(&masked).first() {
        // No text is known to come to this.
        Some(spotted) => Cow::Owned(format!("[{}]", name(family, spotted))),
        None => masked,
    }
}

/// Whether there is a secret or something personal in a text, of any level.
pub(crate) fn has_private(text: &str) -> bool {
    [Family::Secrets, Family::Pii].into_iter().any(|family| all_of(family).is_in(text))
}

fn all_of(family: Family) -> Detector {
    Detector::with(family, |kind| (!kind.opt_in).then_some(Level::Low))
}

fn name(family: Family, spotted: &Spotted) -> &'static str {
    family.kinds().get(spotted.kind).map_or(family.name(), |kind| kind.name)
}

fn replaced(text: &str, mut spotted: Vec<Spotted>, by: impl Fn(&Spotted, &mut String)) -> String {
    spotted.sort_by_key(|spotted| (spotted.found.start, std::cmp::Reverse(spotted.found.end)));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for one in &spotted {
        let start = (0..=one.found.start).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0);
        let end = (one.found.end..text.len()).find(|place| text.is_char_boundary(*place)).unwrap_or(text.len());
        if start >= done {
            out.push_str(text.get(done..start).unwrap_or(""));
            by(one, &mut out);
        }
        done = done.max(end);
    }
    out.push_str(text.get(done..).unwrap_or(""));
    out
}

/// Takes out what `no_control_chars` finds, of any level; tab, line feed and carriage return stay.
pub(crate) fn strip_control(text: &str) -> Cow<'_, str> {
    let detector = Detector::with(Family::ControlChars, |_| Some(Level::Low));
    let mut stripped = Cow::Borrowed(text);
    // What allowed a joiner may be gone: each round takes something out, and nearly always the first is the last.
    for _ in 0..ROUNDS {
        let spotted = detector.spotted(&stripped);
        if spotted.is_empty() {
            return stripped;
        }
        stripped = Cow::Owned(replaced(&stripped, spotted, |_, _| {}));
    }
    let stays = |character: &char| !is_invisible(*character) && (!character.is_control() || matches!(character, '\t' | '\n' | '\r'));
    Cow::Owned(stripped.chars().filter(stays).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_becomes_its_kind() {
        assert_eq!(mask("write to jane@northwind-traders.com, or call", Family::Pii), "write to [email], or call");
        assert!(matches!(mask("nothing here", Family::Pii), Cow::Borrowed(_)));
    }

    #[test]
    fn control_characters_go_and_white_space_stays() {
        assert_eq!(strip_control("a\u{0}b\tc\n\u{200b}d\u{202e}é"), "ab\tc\ndé");
    }
}
