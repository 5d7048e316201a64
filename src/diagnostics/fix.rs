//! Edits that diagnostics offer, made.

use crate::source::FileId;

use super::{Applicability, Diagnostic, Suggestion};

/// A text with edits made in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The text.
    pub text: String,
    /// The diagnostics whose edits were made, by their place in what was given.
    pub made: Vec<usize>,
}

/// Makes the safe edits that diagnostics of a file offer, those among `wanted`; of two that overlap only the first.
///
/// `None` where there is nothing to do. The result is not compiled: who calls this compiles it and looks whether it is better.
///
/// # Example
/// ```
/// use rulegate::{RuleSet, diagnostics};
///
/// let text = "rulegate 1\nfeatures t { a : int64 == 5 }";
/// let compiled = RuleSet::compile("t.rules", text, &Default::default());
/// let (file, _) = compiled.sources.files().next().expect("the entry");
/// let fixed = diagnostics::fix(text, file, &compiled.diagnostics, &|_| true).expect("an edit");
/// assert_eq!(fixed.text, "rulegate 1\nfeatures t { a : int64 = 5 }");
/// ```
#[must_use]
pub fn fix(text: &str, file: FileId, diagnostics: &[Diagnostic], wanted: &dyn Fn(usize) -> bool) -> Option<Fixed> {
    let edits = diagnostics.iter().enumerate().filter(|(index, _)| wanted(*index));
    let mut edits: Vec<(usize, &Suggestion)> =
        edits.filter_map(|(index, one)| Some((index, one.suggestion.as_ref()?))).filter(|(_, edit)| is_safe(edit, file)).collect();
    edits.sort_by_key(|(_, edit)| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len() + 64);
    let (mut done, mut made) = (0, Vec::new());
    for (index, edit) in edits {
        let range = edit.span.range();
        // Two edits at one place would meet in an order nobody has chosen.
        let free = range.start > done || made.is_empty() && range.start == 0 || range.start == done && !range.is_empty();
        let Some(before) = text.get(done..range.start).filter(|_| free && text.get(range.clone()).is_some()) else { continue };
        out.push_str(before);
        out.push_str(&edit.replacement);
        done = range.end;
        made.push(index);
    }
    out.push_str(text.get(done..).unwrap_or_default());
    (!made.is_empty()).then_some(Fixed { text: out, made })
}

fn is_safe(edit: &Suggestion, file: FileId) -> bool {
    edit.applicability == Applicability::Safe && edit.span.file == file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Code;
    use crate::source::Span;

    fn edit(range: std::ops::Range<usize>, replacement: &str) -> Diagnostic {
        let span = Span::new(FileId(0), range);
        Diagnostic::new(Code::Syntax, "x", span).suggest(span, replacement)
    }

    fn fixed(text: &str, diagnostics: &[Diagnostic]) -> Option<(String, Vec<usize>)> {
        fix(text, FileId(0), diagnostics, &|_| true).map(|fixed| (fixed.text, fixed.made))
    }

    #[test]
    fn edits_are_made_in_the_order_of_the_text_and_never_overlap() {
        let edits = [edit(4..6, "Y"), edit(0..2, "X"), edit(1..3, "no"), edit(5..7, "no")];
        assert_eq!(fixed("abcdefgh", &edits), Some(("XcdYgh".to_owned(), vec![1, 0])));
        let inserted = [edit(0..0, "1"), edit(0..0, "2"), edit(8..8, "!")];
        assert_eq!(fixed("abcdefgh", &inserted), Some(("1abcdefgh!".to_owned(), vec![0, 2])));
    }

    #[test]
    fn guesses_and_edits_of_other_files_or_outside_the_text_are_left() {
        let span = Span::new(FileId(0), 0..1);
        let guess = Diagnostic::new(Code::UnknownName, "x", span).guess(span, "b");
        let mut elsewhere = edit(0..1, "b");
        elsewhere.suggestion.as_mut().unwrap().span.file = FileId(1);
        assert_eq!(fixed("a", &[guess, elsewhere, edit(0..9, "b")]), None);
        assert_eq!(fixed("é", &[edit(1..2, "b")]), None);
    }
}
