//! JSON for programs.

use std::fmt::Write;

use rulegate::diagnostics::{Applicability, Diagnostic, Level};
use rulegate::report::Report;
use rulegate::source::{SourceMap, Span};
use serde::Serialize;

use super::text::is_unseen;
use crate::exit::Failure;
use crate::rules::shown;

/// One report, or an array of several.
pub(crate) fn reports(reports: &[Report]) -> Result<String, Failure> {
    match reports {
        [one] => pretty(one),
        several => pretty(&several),
    }
}

/// An array of diagnostics.
pub(crate) fn diagnostics(entries: &[Entry]) -> Result<String, Failure> {
    pretty(&entries)
}

fn pretty(value: &impl Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(format!("the JSON cannot be made: {error}")))?;
    text.push('\n');
    Ok(harmless(text))
}

/// The same JSON, with characters that act on terminals or cannot be seen as escapes. They only occur inside of strings.
fn harmless(text: String) -> String {
    let acts = |c: char| c != '\n' && is_unseen(c);
    if !text.contains(acts) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            // Writing to a string cannot fail.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A diagnostic with its places as lines and columns, both from 1, columns in characters, ends exclusive.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    code: &'static str,
    level: Level,
    message: String,
    #[serde(flatten)]
    place: Place,
    label: Option<String>,
    labels: Vec<Label>,
    help: Option<String>,
    suggestion: Option<Edit>,
}

#[derive(Debug, Serialize)]
struct Place {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Debug, Serialize)]
struct Label {
    text: String,
    #[serde(flatten)]
    place: Place,
}

#[derive(Debug, Serialize)]
struct Edit {
    replacement: String,
    applicability: Applicability,
    #[serde(flatten)]
    place: Place,
}

impl Entry {
    pub(crate) fn new(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let at = |span| Place::of(span, sources);
        Self {
            code: diagnostic.code.as_str(),
            level: diagnostic.level(),
            message: diagnostic.message.clone(),
            place: at(diagnostic.span),
            label: diagnostic.label.clone(),
            labels: diagnostic.labels.iter().map(|(span, text)| Label { text: text.clone(), place: at(*span) }).collect(),
            help: diagnostic.help.clone(),
            suggestion: diagnostic.suggestion.as_ref().map(|edit| Edit {
                replacement: edit.replacement.clone(),
                applicability: edit.applicability,
                place: at(edit.span),
            }),
        }
    }
}

impl Place {
    fn of(span: Span, sources: &SourceMap) -> Self {
        let Some(file) = sources.get(span.file) else {
            return Self { file: String::new(), line: 1, column: 1, end_line: 1, end_column: 1 };
        };
        let (start, end) = (file.line_column(span.start), file.line_column(span.end));
        Self { file: shown(&file.name), line: start.line, column: start.column, end_line: end.line, end_column: end.column }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!(["a\u{202e}b\u{9b}31m", "\u{e0041}", "line\nbreak \u{7f}", "東京"]);
        let text = super::pretty(&value).unwrap();
        assert!(!text.contains(['\u{202e}', '\u{9b}', '\u{e0041}', '\u{7f}']));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
