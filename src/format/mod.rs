//! Rule files in canonical layout.
//!
//! At the door: [`format()`]. Works on the scanner's tokens, so that every token and every comment is kept as it was written; only blanks,
//! line ends and commas at the ends of lists change. Items that cannot be read stay as they are, byte for byte. What comes out is
//! read again and compared with what went in: a text whose meaning would change is not handed back. This room knows no names and no types.

mod angle;
mod bracket;
mod doc;
mod expr;
mod file;
mod flow;
mod item;
mod kept;
mod lexeme;
mod nest;
mod outline;
mod rows;
mod same;

use crate::diagnostics::{Code, Diagnostic};
use crate::source::SourceMap;
use crate::syntax::scan::{Token, TokenKind};
use crate::syntax::{MAX_FILE_BYTES, Memory};

use lexeme::{is_closed, tidy};
use outline::Outline;
use same::Same;

/// A text in canonical layout.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Formatted {
    /// The text: `\n` ends its lines, one of them its last.
    pub text: String,
    /// How many places could not be read and were left as they are.
    pub left_alone: usize,
    /// What parsing had to say, errors and warnings. Places are those of the text that went in, as the first file of a [`SourceMap`].
    pub diagnostics: Vec<Diagnostic>,
}

/// Why a text is not laid out. Nothing is lost: the caller still has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The text, or what would come of it, is larger than rule files may be.
    #[error("the file would have {bytes} bytes, more than {MAX_FILE_BYTES}; split it and `import` the parts")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// The result would not mean what the text means.
    #[error("this is a bug of the formatter, which leaves the file as it is: {what}")]
    Bug {
        /// What would have changed.
        what: &'static str,
    },
}

/// Gives a rule file its canonical layout.
///
/// The result means the same: it has the same tokens but for commas at the ends of lists, the same comments and the same syntax tree.
/// Formatting it again changes nothing. Items with mistakes are left as they are and counted.
///
/// # Errors
/// If the text is larger than 1 MiB, or would become so; and where the result would not mean the same, which is a bug.
///
/// # Example
/// ```
/// let formatted = rulegate::format::format("rulegate 1\nfeatures t { a:int64>=0 // shares\n amount : float64 }")?;
/// assert_eq!(formatted.text, "\
/// rulegate 1
///
/// features t {
///   a      : int64 >= 0  // shares
///   amount : float64
/// }
/// ");
/// # Ok::<(), rulegate::format::FormatError>(())
/// ```
pub fn format(text: &str) -> Result<Formatted, FormatError> {
    // Items that the layout leaves as they are need not be read a second time.
    formatted(text, &mut Memory::default())
}

/// Formats a text that was parsed before in another form, as [`format()`] does: items that are the same are not parsed again.
///
/// # Errors
/// As those of [`format()`].
pub fn format_again(text: &str, memory: &mut Memory) -> Result<Formatted, FormatError> {
    memory.begin();
    formatted(text, memory)
}

fn formatted(text: &str, memory: &mut Memory) -> Result<Formatted, FormatError> {
    check_size(text)?;
    let file = SourceMap::default().add("", "");
    let mut before = Outline::of(file, text, memory);
    if before.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::ForeignFile) {
        // The file of another program is none of ours.
        return Ok(Formatted { text: text.to_owned(), left_alone: 1, diagnostics: before.diagnostics });
    }
    let mut result = laid_out(&before)?;
    // What has not changed means what it meant.
    if result == text {
        return Ok(done(result, before));
    }
    let mut compared = compare(&before, &Outline::of(file, &result, memory));
    // Where brackets do not match, lines tell where items begin: the text stays as it is if others would be found in the layout.
    if compared.is_err() && before.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::Bracket) {
        let alone = done(text.to_owned(), before);
        return Ok(Formatted { left_alone: alone.left_alone.max(1), ..alone });
    }
    if compared.is_err() && kept::keep_what_reads_otherwise(&mut before, &Outline::of(file, &result, memory).tree) {
        result = laid_out(&before)?;
        compared = compare(&before, &Outline::of(file, &result, memory));
    }
    compared.map(|()| done(result, before))
}

fn laid_out(outline: &Outline<'_>) -> Result<String, FormatError> {
    let mut result = file::print(outline).ok_or(FormatError::Bug { what: "an item is written in a way it does not know" })?;
    if ends_in_string(outline.text, outline.tokens.last()) {
        // The end of the text is the end of the string.
        result.pop();
    }
    // Not a blank but a mistake, behind the mark of UTF-8 or a blank: first in the text it would be taken for that mark.
    if result.starts_with('\u{feff}') {
        result.insert(0, '\u{feff}');
    }
    check_size(&result)?;
    Ok(result)
}

fn done(text: String, before: Outline<'_>) -> Formatted {
    let open_comment = before.comments().last().is_some_and(|comment| !is_closed(&comment.text));
    let left_alone = before.left_alone().len() + before.kept() + usize::from(open_comment);
    Formatted { text, left_alone, diagnostics: before.diagnostics }
}

fn check_size(text: &str) -> Result<(), FormatError> {
    if text.len() > MAX_FILE_BYTES { Err(FormatError::TooLarge { bytes: text.len() }) } else { Ok(()) }
}

/// Whether the text ends in a string or regex that is never closed and would take in a line end behind it.
fn ends_in_string(text: &str, last: Option<&Token>) -> bool {
    let is_last = |token: &&Token| matches!(token.kind, TokenKind::String | TokenKind::Regex) && token.end == text.len();
    last.filter(is_last).is_some_and(|token| {
        let string = text.get(token.start..).unwrap_or_default();
        string.ends_with('\\') || string.starts_with("\"\"\"") && (string.len() < 6 || !string.ends_with("\"\"\""))
    })
}

/// Whether two texts mean the same.
fn compare(before: &Outline<'_>, after: &Outline<'_>) -> Result<(), FormatError> {
    let bug = |what| Err(FormatError::Bug { what });
    if before.left_alone() != after.left_alone() {
        return bug("it would change an item that cannot be read");
    }
    if !before.essential().eq(after.essential()) {
        return bug("it would change the tokens");
    }
    if !before.comments().iter().map(|comment| tidy(&comment.text)).eq(after.comments().iter().map(|comment| tidy(&comment.text))) {
        return bug("it would change the comments");
    }
    if !before.tree.same(&after.tree) {
        return bug("it would change the meaning");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_laid_out_without_parsing_the_rest() {
        let file = |edit: &str| {
            let fields: String = (0..300).map(|at| format!("  f{at:03} : int64 >= {at}{}\n", if at == 7 { edit } else { "" })).collect();
            format!("rulegate 1\n\nfeatures t {{\n{fields}}}\n")
        };
        let mut memory = Memory::default();
        let mut parsed = |text: &str| {
            let formatted = format_again(text, &mut memory).unwrap();
            assert_eq!(formatted, format(text).unwrap());
            (formatted.text == text, memory.parsed())
        };
        // The version, the head of the block, and the fields.
        assert_eq!(parsed(&file("")), (true, 302));
        assert_eq!(parsed(&file("")), (true, 0));
        assert_eq!(parsed(&file(", < 1_000")), (true, 1));
        // The item as it was written, and as it is laid out.
        assert_eq!(parsed(&file(",<   9")), (false, 2));
    }
}
