//! JSON for programs.

use std::fmt::Write;

use rulegate::diagnostics::{Applicability, Diagnostic, Level};
use rulegate::source::SourceMap;
use serde::Serialize;

use super::place::Place;
use super::text::{escape, is_unseen};
use super::{Checked, Form, Judged};
use crate::exit::Failure;
use crate::overrides::{OverrideFile, Remark};

pub(super) const FORM: Form = Form {
    name: "json",
    about: "for programs: everything, as described by docs/report.schema.json",
    reports,
    diagnostics: Some(diagnostics),
};

/// One report, or an array of several.
fn reports(judged: &Judged<'_>) -> Result<String, Failure> {
    match judged.reports {
        [one] => pretty(one),
        several => pretty(&several),
    }
}

/// An array of diagnostics.
fn diagnostics(checked: &Checked) -> Result<String, Failure> {
    pretty(&checked.entries)
}

/// A value over several lines.
pub(crate) fn pretty(value: &impl Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(format!("the JSON cannot be made: {error}")))?;
    text.push('\n');
    Ok(harmless(text))
}

/// The same JSON, with characters that act on terminals or cannot be seen as escapes. They only occur inside of strings.
pub(crate) fn harmless(text: String) -> String {
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
    pub(super) code: &'static str,
    pub(super) level: Level,
    pub(super) message: String,
    #[serde(flatten)]
    pub(super) place: Place,
    pub(super) label: Option<String>,
    labels: Vec<Label>,
    pub(super) help: Option<String>,
    suggestion: Option<Edit>,
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
    pub(super) fn is_error(&self) -> bool {
        self.level == Level::Error
    }

    /// Message, label and help, a line each, escaped.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![escape(&self.message).into_owned()];
        lines.extend(self.label.as_deref().map(|label| escape(label).into_owned()));
        lines.extend(self.help.as_deref().map(|help| format!("help: {}", escape(help))));
        lines
    }

    /// What is to be said of an override; its code is `overrides`.
    pub(crate) fn of_override(remark: &Remark, overrides: &OverrideFile) -> Self {
        Self {
            code: "overrides",
            level: if remark.is_error { Level::Error } else { Level::Warning },
            message: remark.what.clone(),
            place: Place::in_text(&overrides.name, &overrides.text, &remark.place),
            label: None,
            labels: Vec::new(),
            help: Some(remark.help.clone()),
            suggestion: None,
        }
    }

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
