//! Characters that control or hide rather than show.

use super::bytes::{at, before, has, part, run};
use super::{Family, Found, Kind, Level, Trigger, normal};

/// The kinds of this family.
pub(super) const KINDS: &[&Kind] = &[&CONTROL_CHARACTER, &ANSI_ESCAPE, &C1_CONTROL, &INVISIBLE_CHARACTER];

const CONTROL_CHARACTER: Kind = Kind::new("control_character", Family::ControlChars, Level::High, Trigger::Control, control)
    .finds("a control character of ASCII, NUL and DEL among them")
    .allows("tab, line feed, carriage return; ESC where it begins a sequence (`ansi_escape`)")
    .examples(&["a\u{0}b", "bell\u{7}", "del\u{7f}"], &["a\tb\r\n", "caf\u{e9}"]);

fn control(text: &[u8], place: usize) -> Option<Found> {
    (escape(text, place).is_none()).then_some(Found::new(place, place + 1, Level::High))
}

const ANSI_ESCAPE: Kind = Kind::new("ansi_escape", Family::ControlChars, Level::High, Trigger::Control, escape)
    .finds("a sequence for a terminal: ESC and `[`, `]`, `(` or `P`, and what belongs to it")
    .examples(&["\u{1b}[31mred\u{1b}[0m", "\u{1b}]0;title\u{7}"], &["[31m", "a\u{0}b"]);

fn escape(text: &[u8], place: usize) -> Option<Found> {
    if at(text, place) != Some(0x1b) || !matches!(at(text, place + 1), Some(b'[' | b']' | b'(' | b'P')) {
        return None;
    }
    let parameters = run(text, place + 2, 32, |byte| byte.is_ascii_digit() || matches!(byte, b';' | b'?'));
    let last = run(text, place + 2 + parameters, 1, |byte| byte.is_ascii_graphic());
    Some(Found::new(place, place + 2 + parameters + last, Level::High))
}

const C1_CONTROL: Kind = Kind::new("c1_control", Family::ControlChars, Level::High, Trigger::NonAscii, c1)
    .finds("a control character U+0080 to U+009F")
    .examples(&["a\u{85}b", "\u{9b}31m"], &["a\u{a0}b", "é"]);

fn c1(text: &[u8], place: usize) -> Option<Found> {
    let found = at(text, place) == Some(0xc2) && at(text, place + 1).is_some_and(|byte| byte < 0xa0);
    found.then_some(Found::new(place, place + 2, Level::High))
}

const INVISIBLE_CHARACTER: Kind = Kind::new("invisible_character", Family::ControlChars, Level::High, Trigger::NonAscii, invisible)
    .finds("a character that shows nothing: spaces of no width, joiners between letters of ASCII, overrides and isolates of direction, tags, unusual selectors of variants; LOW for a mark of byte order at the start")
    .allows("what emoji and scripts need: joiners beside other characters, U+FE00 to U+FE0F, tags behind a flag, marks of direction (U+200E, U+200F), soft hyphens")
    .also(&[Family::PromptInjection])
    .examples(
        &["pass\u{200b}word", "\u{202e}gnp.exe", "a\u{200d}b", "x\u{e0041}", "to\u{feff}ken"],
        &["👨\u{200d}👩\u{200d}👧", "می\u{200c}خواهم", "❤\u{fe0f}", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", "co\u{ad}operate"],
    );

fn invisible(text: &[u8], place: usize) -> Option<Found> {
    let end = place + 1 + run(text, place + 1, 3, |byte| byte & 0xc0 == 0x80);
    let character = std::str::from_utf8(part(text, place, end)).ok()?.chars().next()?;
    if !normal::is_invisible(character) {
        return None;
    }
    let letter = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let allowed = match character {
        '\u{200c}' | '\u{200d}' => !(letter(before(text, place)) || letter(at(text, end))),
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200e}' | '\u{200f}' => true,
        '\u{fe00}'..='\u{fe0f}' => true,
        '\u{e0020}'..='\u{e007f}' => is_flag(text, place),
        _ => false,
    };
    let level = if character == '\u{feff}' && place == 0 { Level::Low } else { Level::High };
    (!allowed).then_some(Found::new(place, end, level))
}

/// Whether a tag belongs to a flag: up to six of them stand behind U+1F3F4.
fn is_flag(text: &[u8], place: usize) -> bool {
    (0..=6).filter_map(|tags| place.checked_sub(tags * 4 + 4)).any(|flag| {
        has(text, flag, "\u{1f3f4}".as_bytes()) && part(text, flag + 4, place).chunks(4).all(|tag| tag.starts_with(&[0xf3, 0xa0]))
    })
}
