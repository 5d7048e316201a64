//! Rules that are asked of the reading of responses: what it found is counted, by reason.

use arrow::buffer::BooleanBuffer;

use crate::outputs::{Reason, State};
use crate::plan::{Asked, Facts};

use super::tally::{Counts, Tally};

/// Most different undeclared keys that are counted by name.
const MAX_KEYS: usize = 100;
/// What the others are counted under.
const OTHER_KEYS: &str = "other keys";
/// Bytes of a response that are shown.
const EXCERPT: usize = 160;
/// Longest name of an undeclared key that is shown, in characters.
const KEY_LENGTH: usize = 64;

/// Counts a question's answers in a slice; gives its failing rows, if there are any. Where responses hold what is not to be shown,
/// `hide` tells only the shapes of keys.
pub(super) fn ask(asked: Asked, facts: &Facts, rows: usize, hide: bool, tally: &mut Tally) -> Option<BooleanBuffer> {
    let unread = facts.unread.as_ref().map_or(0, BooleanBuffer::count_set_bits);
    match asked {
        Asked::Parse => parse(facts, rows, tally),
        Asked::ExtraFields => {
            let extra = facts.reading.as_ref().map_or(&[][..], |reading| &reading.extra);
            count(rows, extra.len(), unread, tally);
            extra.iter().for_each(|(_, key)| count_key(&shown(key, hide), tally));
            mask(rows, extra.iter().map(|(row, _)| *row))
        }
        Asked::Required(member) => states(facts.states(member), rows, unread, tally, |state| match state {
            State::Null | State::Absent => Answer::Fails,
            State::NotRead => Answer::Unknown,
            _ => Answer::Passes,
        }),
        Asked::Type(member) => states(facts.states(member), rows, unread, tally, |state| match state {
            State::Present => Answer::Passes,
            State::Null | State::Absent | State::NotRead => Answer::Unknown,
            _ => Answer::Fails,
        }),
    }
}

/// What a question's rule says of a row that fails it.
pub(super) fn explain(asked: Asked, facts: &Facts, row: usize, hide: bool) -> Option<String> {
    let at = u32::try_from(row).ok()?;
    let reading = facts.reading.as_ref();
    match asked {
        Asked::Parse => {
            let place = broken_at(facts, row).filter(|offset| *offset > 0).map_or_else(String::new, |offset| format!(" at byte {offset}"));
            Some(format!("{}{place}", facts.reason(row).name()))
        }
        Asked::ExtraFields => {
            let (_, key) = reading?.extra.iter().find(|(row, _)| *row == at)?;
            Some(format!("`{}` is not declared", shown(key, hide)))
        }
        Asked::Required(member) | Asked::Type(member) => Some(word(*facts.states(member).get(row)?).to_owned()),
    }
}

enum Answer {
    Passes,
    Fails,
    Unknown,
}

fn parse(facts: &Facts, rows: usize, tally: &mut Tally) -> Option<BooleanBuffer> {
    if let Some(reading) = &facts.reading {
        for broken in &reading.broken {
            let reason = facts.reason(broken.row as usize);
            *tally.why.entry(reason.name().to_owned()).or_default() += 1;
            if has_place(reason) {
                count_break(broken.offset, tally);
            }
        }
        let taken = reading.recovered.iter().filter(|(row, _)| facts.reason(*row as usize) == Reason::Read);
        for (_, reason) in taken {
            *tally.why.entry(reason.name().to_owned()).or_default() += 1;
            tally.recovered += 1;
        }
    } else if let Some(unread) = &facts.unread {
        *tally.why.entry(facts.reason(unread.set_indices().next()?).name().to_owned()).or_default() += unread.count_set_bits() as u64;
    }
    let failed = facts.unread.as_ref().map_or(0, BooleanBuffer::count_set_bits);
    count(rows, failed, 0, tally);
    facts.unread.clone().filter(|_| failed > 0)
}

/// Whether a response breaks at one place, rather than as a whole.
fn has_place(reason: Reason) -> bool {
    !matches!(reason, Reason::Read | Reason::NullCell | Reason::Empty | Reason::TooLarge | Reason::Filtered | Reason::Refused)
}

/// Counts a place in powers of two: 0, 1, 2 to 3, 4 to 7 …
fn count_break(offset: u32, tally: &mut Tally) {
    let bucket = (u32::BITS - offset.leading_zeros()) as usize;
    if tally.breaks.len() <= bucket {
        tally.breaks.resize(bucket + 1, 0);
    }
    if let Some(count) = tally.breaks.get_mut(bucket) {
        *count += 1;
    }
}

fn states(states: &[State], rows: usize, unread: usize, tally: &mut Tally, answer: impl Fn(State) -> Answer) -> Option<BooleanBuffer> {
    if states.is_empty() {
        count(rows, 0, unread, tally);
        return None;
    }
    let (mut failed, mut unknown) = (0, 0);
    for state in states {
        match answer(*state) {
            Answer::Passes => {}
            Answer::Unknown => unknown += 1,
            Answer::Fails => {
                failed += 1;
                *tally.why.entry(word(*state).to_owned()).or_default() += 1;
            }
        }
    }
    count(rows, failed, unknown, tally);
    (failed > 0)
        .then(|| BooleanBuffer::collect_bool(rows, |row| states.get(row).is_some_and(|state| matches!(answer(*state), Answer::Fails))))
}

/// The reason a report counts a state under.
fn word(state: State) -> &'static str {
    match state {
        State::Present | State::NotRead => "read",
        State::Null => "null",
        State::Absent => "absent",
        State::NumericString => "numeric_string",
        State::BoolString => "bool_string",
        State::ScalarForList => "scalar_for_list",
        State::FloatForInt => "float_for_int",
        State::OtherType | State::NullItem | State::OutOfRange => "other",
    }
}

fn count(rows: usize, failed: usize, unknown: usize, tally: &mut Tally) {
    tally.counts.add(&Counts { evaluated: rows as u64, failed: failed as u64, unknown: unknown as u64, faulted: 0 });
}

fn count_key(key: &str, tally: &mut Tally) {
    let known = tally.why.contains_key(key) || tally.why.len() < MAX_KEYS;
    *tally.why.entry(if known { key.to_owned() } else { OTHER_KEYS.to_owned() }).or_default() += 1;
}

/// A key as it is shown: its beginning, or the shape of that.
fn shown(key: &str, hide: bool) -> String {
    let short: String = key.chars().take(KEY_LENGTH).map(|c| if hide { shape_of(c) } else { c }).collect();
    if key.chars().nth(KEY_LENGTH).is_none() { short } else { format!("{short}…") }
}

/// Letters become `a` and digits `9`: how a text is made, and nothing of what it says.
fn shape_of(c: char) -> char {
    if c.is_numeric() {
        '9'
    } else if c.is_alphabetic() {
        'a'
    } else {
        c
    }
}

fn broken_at(facts: &Facts, row: usize) -> Option<u32> {
    let at = u32::try_from(row).ok()?;
    let broken = &facts.reading.as_ref()?.broken;
    broken.binary_search_by_key(&at, |broken| broken.row).ok().and_then(|place| broken.get(place)).map(|broken| broken.offset)
}

/// A response near the place where it breaks; its shape, if `hide` is set.
pub(super) fn excerpt(text: &str, facts: &Facts, row: usize, hide: bool) -> String {
    let offset = broken_at(facts, row).map_or(0, |offset| (offset as usize).min(text.len()));
    let is_place = |at: &usize| text.is_char_boundary(*at);
    let start = (0..=offset.saturating_sub(EXCERPT / 2)).rev().find(is_place).unwrap_or(0);
    let end = (start.saturating_add(EXCERPT)..text.len()).find(is_place).unwrap_or(text.len());
    let part: String = text.get(start..end).unwrap_or_default().chars().map(|c| if hide { shape_of(c) } else { c }).collect();
    let mark = |there: bool| if there { "…" } else { "" };
    format!("{}{part}{}", mark(start > 0), mark(end < text.len()))
}

fn mask(rows: usize, failing: impl ExactSizeIterator<Item = u32>) -> Option<BooleanBuffer> {
    if failing.len() == 0 {
        return None;
    }
    let mut builder = arrow::array::BooleanBufferBuilder::new(rows);
    builder.append_n(rows, false);
    failing.filter(|row| (*row as usize) < rows).for_each(|row| builder.set_bit(row as usize, true));
    Some(builder.finish())
}
