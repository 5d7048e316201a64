//! Names, numbers, units, types and words in capitals, as other languages write them.

use crate::syntax::scan::ItemStart;

use super::{Hint, Stop};

/// A name that is read, and behind it not the sign that is wanted.
pub(super) fn names(stop: &Stop<'_>) -> Option<Hint> {
    let is_name = stop.found.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !is_name || stop.wanted != "a name" {
        return None;
    }
    let gap = stop.place().end..stop.text.len() - stop.behind().len() + 1;
    match (stop.start, stop.behind().chars().next()?) {
        (ItemStart::Test | ItemStart::Example | ItemStart::Fallback, '=') => {
            let hint = Hint::new(format!("a colon stands behind `{}`, not `=`", stop.found), "write `{ name: value, … }`");
            Some(hint.safe(gap, ":"))
        }
        (ItemStart::Param, '=') => {
            let ty = match stop.behind().trim_start_matches('=').trim() {
                value if value.starts_with('"') => "string",
                "true" | "false" => "bool",
                value if value.contains(['.', 'e']) => "float",
                _ => "int",
            };
            let hint = Hint::new(format!("the parameter `{}` has no type", stop.found), "write `param name: type = value`");
            let end = stop.place().end;
            Some(hint.guess(end..end, format!(": {ty}")))
        }
        (ItemStart::Let, ':') => {
            Some(Hint::new("a `let` has `=` behind its name, and no type", "write `let name = expression`").safe(gap, " ="))
        }
        (_, sign) if !sign.is_ascii_alphanumeric() => {
            Some(Hint::new(format!("`{sign}` cannot stand behind `{}`", stop.found), super::super::shape_of(stop.start)))
        }
        _ => None,
    }
}

/// The operators' words, which no column is called.
const OPERATORS: &[&str] =
    &["AND", "OR", "NOT", "IN", "IS", "BETWEEN", "LIKE", "MATCHES", "NULL", "TRUE", "FALSE", "CASE", "WHEN", "THEN", "ELSE", "END"];

/// Several words in capitals, in one edit: the first was taken for a name, or the next is only found when this one is read.
pub(super) fn capitals(stop: &Stop<'_>) -> Option<Hint> {
    let last = stop.last_word();
    let from = if OPERATORS.contains(&last) { stop.before().len() - last.len() } else { stop.at };
    let rest = stop.text.get(from..)?;
    let is_plain = !rest.contains(['/', '`']) && OPERATORS.contains(&stop.found);
    let (lowered, end) = is_plain.then(|| lowered(rest))?;
    let several = lowered.get(..end)?.len() > stop.found.len();
    let message = "words of the language are written in lower case";
    let help = format!("write `{}`", lowered.get(..end)?);
    (several && end <= MOST_SHOWN).then(|| Hint::new(message, help).safe(from..from + end, lowered.get(..end).unwrap_or_default()))
}

/// Longest text that a help repeats.
const MOST_SHOWN: usize = 120;

/// A text with the operators' words in lower case, but for what stands in quotes, and where the last of them ends.
fn lowered(text: &str) -> (String, usize) {
    let (mut out, mut end) = (String::with_capacity(text.len()), 0);
    let mut quoted = false;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if is_part(first) { rest.find(|c| !is_part(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, after) = rest.split_at(length);
        quoted ^= first == '"';
        if !quoted && OPERATORS.contains(&word) {
            out.push_str(&word.to_ascii_lowercase());
            end = out.len();
        } else {
            out.push_str(word);
        }
        rest = after;
    }
    (out, end)
}

/// Units that durations do not have.
pub(super) fn units(stop: &Stop<'_>) -> Option<Hint> {
    let digits = stop.before().ends_with(|c: char| c.is_ascii_digit());
    let glued = stop.found.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    let is_number = stop.found.starts_with(|c: char| c.is_ascii_digit());
    let unit = if is_number { glued } else { stop.found };
    let ours = match unit.to_ascii_lowercase().as_str() {
        "m" | "mins" => "min",
        "hr" | "hrs" => "h",
        "sec" | "secs" => "s",
        "millis" | "msec" => "ms",
        "percent" | "pct" => "%",
        _ => return None,
    };
    if !digits && !is_number {
        return None;
    }
    let help =
        if ours == "%" { "write `2%`" } else { "units are `ns us ms s min h day week`, or `seconds`, `minutes`, `hours`, `days`, `weeks`" };
    let hint = Hint::new(format!("there is no unit `{unit}`"), help);
    let place = stop.place();
    Some(match ours {
        "%" => hint.safe(stop.gap().start.min(place.end - unit.len())..place.end, "%"),
        // `m` may be months.
        _ if unit == "m" || unit == "M" => hint.guess(place.end - unit.len()..place.end, ours),
        _ => hint.safe(place.end - unit.len()..place.end, ours),
    })
}

/// Numbers and texts as other languages write them.
pub(super) fn literals(stop: &Stop<'_>) -> Option<Hint> {
    let before = stop.before();
    let rest = stop.text.get(stop.at..).unwrap_or_default();
    let ends_in_digit = before.ends_with(|c: char| c.is_ascii_digit());
    match stop.found {
        "" if before.strip_suffix('.').is_some_and(|number| number.ends_with(|c: char| c.is_ascii_digit())) => {
            let point = before.len() - 1..before.len();
            Some(Hint::new("a number does not end in a point", "write `5.0`, or `5`").safe(point, ".0"))
        }
        "." if ends_in_digit && before.len() == stop.at => {
            Some(Hint::new("a number does not end in a point", "write `5.0`, or `5`").safe(stop.place(), ".0"))
        }
        "." if rest.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) => {
            Some(Hint::new("a number does not begin with a point", "write `0.5`").safe(stop.at..stop.at, "0"))
        }
        found if found.len() == 3 && found.bytes().all(|byte| byte.is_ascii_digit()) && in_thousands(before) => {
            let hint = Hint::new("digits are not grouped by commas", "group them by `_`: `1_000`");
            Some(hint.guess(before.len() - 1..stop.at, "_"))
        }
        found if stop.last_word() == "default" && stop.in_field() && found.starts_with(|c: char| c == '"' || c.is_ascii_digit()) => {
            let help = "where a value may be missing, write `?` behind the type and `coalesce(x, \"a\")` in rules";
            Some(Hint::new("a field has no default value", help))
        }
        "," if ends_in_digit && thousands(rest) => {
            let hint = Hint::new("digits are not grouped by commas", "group them by `_`: `1_000`");
            Some(hint.guess(stop.place(), "_"))
        }
        found if found.starts_with('"') && matches!(stop.last_word(), "r" | "f" | "b" | "u") && before.len() == stop.at => {
            let hint = Hint::new(
                format!("texts have no `{}` before their quotes", stop.last_word()),
                "a text is `\"…\"`, a pattern `/…/` behind `matches`",
            );
            Some(if stop.last_word() == "r" { hint } else { hint.safe(stop.at - 1..stop.at, "") })
        }
        found if found.starts_with('"') && stop.last_word() == "interval" => {
            Some(Hint::new("there is no `interval`", "a duration is a number with its unit: `1 day`, `90 s`"))
        }
        _ => None,
    }
}

/// Whether a number and a comma stand before.
fn in_thousands(before: &str) -> bool {
    before.strip_suffix(',').is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit()))
}

/// `,000` and no more digits: the rest of a number with its thousands apart.
fn thousands(rest: &str) -> bool {
    let digits = rest.get(1..).unwrap_or_default();
    digits.bytes().take_while(u8::is_ascii_digit).count() == 3
}

/// Types as other languages write them, and values behind `in` without parentheses.
pub(super) fn types(stop: &Stop<'_>) -> Option<Hint> {
    let before = stop.before();
    match stop.found {
        "?" if before.ends_with([':', '=']) => Some(Hint::new("the `?` of a type that may be null stands behind it", "write `string?`")),
        "[" if stop.in_field() && matches!(stop.last_word(), "Optional" | "list" | "List" | "array" | "vector" | "map" | "dict") => {
            let help = if stop.last_word() == "Optional" {
                "a type that may be null ends in `?`: `string?`"
            } else {
                "write `list<string>`, `map<string, int64>`"
            };
            Some(Hint::new(format!("the parts of a type do not stand in brackets behind `{}`", stop.last_word()), help))
        }
        "[" if stop.in_field() && stop.behind().starts_with(']') => {
            Some(Hint::new("a list is not written with `[]`", "write `list<string>`"))
        }
        "{" if stop.last_word() == "in" => Some(Hint::new("a value set stands in parentheses", "write `in (\"a\", \"b\")`")),
        found if stop.last_word() == "in" && (found.starts_with('"') || found.starts_with(|c: char| c.is_ascii_digit())) => {
            if stop.behind().starts_with("..") {
                return Some(Hint::new("`..` makes no range", "write `between 0 and 9`"));
            }
            Some(Hint::new("a value set stands in parentheses", "write `in (\"a\", \"b\")`"))
        }
        found if stop.last_word() == "length" && stop.in_field() && found.starts_with(|c: char| c.is_ascii_digit()) => {
            let hint = Hint::new("`length` is compared with something", "write `length = 5`, `length <= 5` or `length between 1 and 5`");
            Some(hint.guess(stop.at..stop.at, "= "))
        }
        _ => None,
    }
}
