//! Places in rule files as lines and columns.

use std::collections::HashMap;
use std::ops::Range;

use rulegate::RuleSet;
use rulegate::source::{SourceMap, Span};
use serde::Serialize;

use crate::rules::shown;

/// A place: both ends count from 1, columns in characters, ends exclusive.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) end_line: u32,
    pub(crate) end_column: u32,
}

impl Place {
    pub(crate) fn of(span: Span, sources: &SourceMap) -> Self {
        let Some(file) = sources.get(span.file) else {
            return Self { file: String::new(), line: 1, column: 1, end_line: 1, end_column: 1 };
        };
        let (start, end) = (file.line_column(span.start), file.line_column(span.end));
        Self { file: shown(&file.name), line: start.line, column: start.column, end_line: end.line, end_column: end.column }
    }

    /// A place of a text that is no rule file.
    pub(crate) fn in_text(file: &str, text: &str, place: &Range<usize>) -> Self {
        let mut sources = SourceMap::default();
        let (id, end) = (sources.add(file, text), place.end.min(text.len()));
        Self::of(Span::new(id, place.start.min(end)..end), &sources)
    }

    /// The file as a relative URI, with `/` between its parts.
    pub(crate) fn uri(&self) -> String {
        uri(&self.file)
    }
}

/// A path as a URI reference (RFC 3986): whatever is not plain is percent-encoded.
pub(crate) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    if path.starts_with('/') { format!("file://{out}") } else { out }
}

/// Where rules are declared, by id.
#[derive(Debug, Default)]
pub(crate) struct Places(HashMap<String, Place>);

impl Places {
    pub(crate) fn new(rules: &RuleSet, sources: &SourceMap) -> Self {
        Self(rules.rule_places().map(|(id, span)| (id.to_owned(), Place::of(span, sources))).collect())
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Place> {
        self.0.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn what_is_not_plain_is_encoded() {
        assert_eq!(uri("rules/a b%.rules"), "rules/a%20b%25.rules");
        assert_eq!(uri("/tmp/é"), "file:///tmp/%C3%A9");
        assert_eq!(uri("a\n:b?#"), "a%0A%3Ab%3F%23");
    }
}
