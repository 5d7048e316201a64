//! Names, texts and comments as the rule language writes them.

use std::fmt::Write;

use crate::interchange::document::Document;

/// Words that begin items or stand in expressions: as names they are quoted.
const WORDS: &[&str] = &[
    "and",
    "as",
    "because",
    "between",
    "buckets",
    "by",
    "case",
    "check",
    "column",
    "columns",
    "div",
    "each",
    "else",
    "end",
    "enum",
    "example",
    "expect",
    "fallback",
    "false",
    "fields",
    "from",
    "in",
    "increasing",
    "is",
    "key",
    "let",
    "like",
    "list",
    "map",
    "matches",
    "message",
    "mod",
    "not",
    "null",
    "observe",
    "one_of",
    "or",
    "rule",
    "set",
    "struct",
    "test",
    "then",
    "true",
    "type",
    "unique",
    "until",
    "vector",
    "waive",
    "when",
    "where",
    "with",
];

/// A name as it is declared; `None` where nothing can stand for it.
pub(super) fn name(name: &str) -> Option<String> {
    if name.is_empty() || name.contains(|c: char| c == '`' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}')) {
        return None;
    }
    Some(if is_plain(name) && !WORDS.contains(&name) { name.to_owned() } else { format!("`{name}`") })
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The name of a block: `NarrativeAnalysis` and `narrative analysis` are `narrative_analysis`.
pub(super) fn block_name(title: &str) -> Option<String> {
    let mut out = String::new();
    let mut before = ' ';
    for character in title.chars().take(100) {
        let starts = character.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit());
        if (starts || !character.is_ascii_alphanumeric()) && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        if character.is_ascii_alphanumeric() {
            out.push(character.to_ascii_lowercase());
        }
        before = character;
    }
    let out = out.trim_matches('_');
    (is_plain(out) && !WORDS.contains(&out)).then(|| out.to_owned())
}

/// A text in quotes.
pub(super) fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() || matches!(other, '\u{2028}' | '\u{2029}' | '\u{FEFF}') => {
                let _ = write!(out, "\\u{{{:X}}}", u32::from(other));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A constant; `None` for lists, objects and null.
pub(super) fn literal(value: &Document) -> Option<String> {
    match value {
        Document::Bool(value) => Some(value.to_string()),
        Document::Number(number) => Some(number.to_string()),
        Document::String(text) => Some(string(text)),
        _ => None,
    }
}

/// A `///` comment, a line for each line.
pub(super) fn docs(text: &str) -> String {
    let line = |line: &str| {
        let clean: String =
            line.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}') { ' ' } else { c }).collect();
        format!("/// {}\n", clean.trim())
    };
    text.trim().lines().map(line).collect()
}
