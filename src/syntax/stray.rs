//! Attributes that seem to stand before something, and belong to what stands before them.

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// Warns of attributes on lines of their own between two lines that begin as far to the right: who comes from decorators means the
/// second one. `blanked` is the text without its comments.
pub(super) fn attributes(file: FileId, blanked: &str, diagnostics: &mut Vec<Diagnostic>) {
    for at in memchr::memchr_iter(b'@', blanked.as_bytes()) {
        let start = blanked.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let (Some(indent), Some(above), Some(below)) = (blanked.get(start..at), blanked.get(..start), blanked.get(at..)) else { continue };
        if !is_blank(indent) {
            continue;
        }
        let before = above.lines().rev().find(|line| !is_blank(line) && !line.trim_start().starts_with('@'));
        let after = below.lines().skip(1).find(|line| !is_blank(line) && !line.trim_start().starts_with('@'));
        let (Some(before), Some(after)) = (before, after) else { continue };
        let is_beside = |line: &str| {
            line.strip_prefix(indent).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '`')))
        };
        if !is_beside(before) || !is_beside(after) {
            continue;
        }
        let name: String = below.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '@' | '_')).collect();
        let words = |line: &str| {
            line.split(':').next().unwrap_or_default().split('@').next().unwrap_or_default().trim().chars().take(40).collect::<String>()
        };
        let message = format!("`{name}` belongs to `{}` above it, not to `{}` below", words(before), words(after));
        let help =
            format!("write it behind what it is about, on the same line; if that is `{}`, indent it more than that line", words(before));
        diagnostics.push(Diagnostic::new(Code::StrayAttribute, message, Span::new(file, at..at + name.len())).help(help));
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}
