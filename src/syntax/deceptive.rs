//! What reads otherwise than it acts: invisible characters, and comments that look like a part of an expression.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};

use super::ast::Comment;
use super::scan::{Token, TokenKind};

/// Most remarks of one kind.
const MOST: usize = 20;

/// Characters that make text read otherwise than it acts (bidirectional controls), in strings and comments too.
pub(super) fn characters(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) {
    if text.is_ascii() {
        return;
    }
    let controls = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    for (at, character) in text.char_indices().filter(|(_, c)| controls(*c)).take(MOST) {
        let span = Span::new(file, at..at + character.len_utf8());
        let message = format!("the invisible character U+{:04X} changes how this line is read", u32::from(character));
        diagnostics.push(Diagnostic::new(Code::Deceptive, message, span).help("remove it, or write it as an escape: \\u{…}"));
    }
}

/// A number, and at most operators and operands behind it: `2`, `2 > 4`, `2 = 0 and b`.
static OPERANDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^-?[0-9][0-9_.]*( *(<=|>=|!=|=|<|>|\+|-|\*|/) *-?[A-Za-z0-9_.$]+)*( *\)+)? *,?$").ok());

/// Comments that Python would read as a division: `a // 2`.
pub(super) fn comments(text: &str, tokens: &[Token], comments: &[Comment], diagnostics: &mut Vec<Diagnostic>) {
    let Some(operands) = OPERANDS.as_ref() else { return };
    let divides = |comment: &&Comment| {
        let Some(written) = comment.text.strip_prefix("//").filter(|written| operands.is_match(written.trim())) else { return false };
        let before = tokens.partition_point(|token| token.start < comment.span.range().start).checked_sub(1).and_then(|at| tokens.get(at));
        let between = before.and_then(|token| text.get(token.end..comment.span.range().start));
        !written.starts_with('/')
            && between.is_some_and(|between| !between.contains('\n'))
            && before.is_some_and(|token| {
                matches!(token.kind, TokenKind::Word | TokenKind::Quoted | TokenKind::Number | TokenKind::Symbol(b')' | b']'))
            })
    };
    for comment in comments.iter().filter(divides).take(MOST) {
        let message = format!("`{}` is a comment, and no division", comment.text.trim_end());
        let help = "write `a div b` for a whole quotient and `a / b` for a share; a remark with words in it is not taken for one";
        diagnostics.push(Diagnostic::new(Code::Deceptive, message, comment.span).help(help));
    }
}
