//! SQL that breaks out of a literal.

use super::bytes::{at, before, ends, has_folded, part, run, run_back, starts};
use super::phrase::phrase;
use super::{Family, Found, Kind, Level, Trigger};

pub(super) const SQL_INJECTION: Kind = Kind::new(
    "sql_injection",
    Family::CodeInjection,
    Level::High,
    Trigger::Folded(&["union", "drop ", "delete from", "insert into", "update ", "truncate ", "alter ", "or 1=1", "xp_cmdshell", "waitfor delay", "sleep(", "benchmark("]),
    sql,
)
.or(Trigger::Bytes(b"'\""))
.finds("`union select`; a statement (`drop table`, `delete from`, `update … set` …) behind `;` or a quotation mark; `' or 1=1` and other comparisons that are always true behind a quotation mark; a quotation mark and `--`; `xp_cmdshell`, `waitfor delay`, `sleep(5)`")
.allows("the same words in prose")
.examples(
    &["x' OR '1'='1", "1 UNION ALL SELECT name, pass FROM users", "a'; DROP TABLE users; --", "admin'--", "1; exec xp_cmdshell 'dir'", "1' and sleep(5)"],
    &["the union selected a leader", "we drop table seven; delete from the list", "it's up or down", "the miners' union", "sleep (well)", "the traders' or the bankers' view"],
);

fn sql(text: &[u8], place: usize) -> Option<Found> {
    let high = |end: usize| Some(Found::new(place, end, Level::High));
    let first = at(text, place)?;
    if matches!(first, b'\'' | b'"') {
        return broken_out(text, place);
    }
    if !starts(text, place) && !has_folded(text, place, b"sleep(") {
        return None;
    }
    if let Some(end) = phrase(text, place, &["union", "select"]).or_else(|| phrase(text, place, &["union", "all", "select"])) {
        return high(end);
    }
    if has_folded(text, place, b"or 1=1") && ends(text, place + 6) {
        return high(place + 6);
    }
    if [&b"xp_cmdshell"[..], b"waitfor delay"].iter().any(|word| has_folded(text, place, word)) {
        return high(place + 11);
    }
    if let Some(bracket) =
        [&b"sleep("[..], b"pg_sleep(", b"benchmark("].iter().find(|word| has_folded(text, place, word)).map(|word| place + word.len())
    {
        let digits = run(text, bracket, 12, |byte| byte.is_ascii_digit());
        return if digits > 0 && matches!(at(text, bracket + digits), Some(b')' | b',')) { high(bracket + digits + 1) } else { None };
    }
    statement(text, place)
}

/// A statement behind a semicolon or a quotation mark, white space between them.
fn statement(text: &[u8], place: usize) -> Option<Found> {
    const STATEMENTS: [&[&str]; 10] = [
        &["drop", "table"],
        &["drop", "database"],
        &["drop", "schema"],
        &["delete", "from"],
        &["insert", "into"],
        &["truncate", "table"],
        &["alter", "table"],
        &["alter", "user"],
        &["update"],
        &["drop", "view"],
    ];
    let gap = run_back(text, place, 8, |byte| byte.is_ascii_whitespace());
    let sign = before(text, place - gap);
    let end = STATEMENTS.into_iter().find_map(|statement| phrase(text, place, statement))?;
    let object = run(text, end, 4, |byte| byte == b' ');
    // Prose goes on after a semicolon too: what the statement is about is a name, and nothing but code follows.
    let name = run(text, end + object, 64, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'`' | b'"' | b'['));
    let after = end + object + name;
    let rest = part(text, after, after + 24).trim_ascii_start();
    let code = rest.is_empty()
        || rest.first().is_some_and(|byte| matches!(byte, b';' | b'-' | b'(' | b'#' | b'/' | b'\''))
        || [&b"set "[..], b"where ", b"values", b"cascade"].iter().any(|word| has_folded(rest, 0, word));
    let sound = match sign {
        Some(b';' | b'\'' | b'"') => name > 0 && code,
        _ => false,
    };
    sound.then_some(Found::new(place, after, Level::High))
}

/// What follows a quotation mark that ends a literal: a comment, or a comparison that is always true.
fn broken_out(text: &[u8], place: usize) -> Option<Found> {
    let high = |end: usize| Some(Found::new(place, end, Level::High));
    let next = place + 1 + run(text, place + 1, 4, |byte| matches!(byte, b' ' | b')' | b';'));
    // "admin'--": nothing but the comment follows, or white space.
    if has_folded(text, next, b"--") {
        let end = next + 2;
        let joined = before(text, place).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b')' | b'\'' | b'%'));
        let last = at(text, end).is_none_or(|byte| byte.is_ascii_whitespace() && byte != b' ')
            || (has_folded(text, end, b" ") && part(text, end, end + 64).trim_ascii().is_empty());
        return if joined && last { high(end) } else { None };
    }
    let word = [&b"or"[..], b"and"].into_iter().find(|word| has_folded(text, next, word) && ends(text, next + word.len()))?;
    let left = next + word.len() + run(text, next + word.len(), 4, |byte| matches!(byte, b' ' | b'('));
    let (left_end, a) = operand(text, left)?;
    let sign = left_end + run(text, left_end, 2, |byte| byte == b' ');
    let equals = run(text, sign, 4, |byte| matches!(byte, b'=' | b'<' | b'>' | b'!'));
    if equals == 0 && !has_folded(text, sign, b"like") {
        // ' or sleep(5)
        return None;
    }
    let right = sign + equals.max(if equals == 0 { 4 } else { 0 }) + run(text, sign + equals, 2, |byte| byte == b' ');
    let (end, b) = operand(text, right)?;
    (a == b || a.iter().all(u8::is_ascii_digit)).then(|| Found::new(place, end, Level::High))
}

/// A number or a text in quotation marks, the last of which may be missing.
fn operand(text: &[u8], place: usize) -> Option<(usize, &[u8])> {
    let quote = run(text, place, 1, |byte| matches!(byte, b'\'' | b'"'));
    let start = place + quote;
    let length = run(text, start, 32, |byte| byte.is_ascii_alphanumeric());
    let close = run(text, start + length, 1, |byte| matches!(byte, b'\'' | b'"'));
    (length > 0).then(|| (start + length + close, part(text, start, start + length)))
}
