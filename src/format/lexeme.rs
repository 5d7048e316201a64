//! Lexemes: the scanner's tokens as the grammar has them (`<=` is one), with the comments that stand at them.

use std::borrow::Cow;

use crate::syntax::ast::Comment;
use crate::syntax::scan::{Token, TokenKind};

use super::doc::{Doc, Docs};

/// A token with the comments at it. Only blanks, line ends and commas stand between a comment and its lexeme.
#[derive(Debug, Clone)]
pub(super) struct Lexeme<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// Comments before it.
    pub lead: Vec<Note<'a>>,
    /// Comments behind it.
    pub trail: Vec<Note<'a>>,
    /// Whether it is the first on its line.
    pub starts_line: bool,
}

/// Kinds of lexemes, as far as layout needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// A name in back-ticks, a number, a string or a regex.
    Literal,
    Symbol,
    Open,
    Close,
}

/// A comment and how it stands.
#[derive(Debug, Clone)]
pub(super) enum Note<'a> {
    /// Between two lexemes of one line.
    Inline(Cow<'a, str>),
    /// At the end of a line.
    Trail(Cow<'a, str>),
    /// On a line of its own.
    Own(Cow<'a, str>),
}

impl<'a> Lexeme<'a> {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text && matches!(self.kind, Kind::Word | Kind::Symbol)
    }

    /// The lexeme with its comments.
    pub(super) fn push_to(&self, docs: &mut Docs<'a>) {
        self.push_lead(docs);
        docs.text(self.text);
        push_notes(&self.trail, docs);
    }

    pub(super) fn push_lead(&self, docs: &mut Docs<'a>) {
        for note in &self.lead {
            match note {
                Note::Inline(text) => {
                    docs.text(text.clone());
                    docs.push(Doc::Space);
                }
                Note::Trail(text) => docs.push(Doc::Trail(text.clone())),
                Note::Own(text) => docs.push(Doc::Own(text.clone())),
            }
        }
    }
}

/// Comments behind a lexeme.
pub(super) fn push_notes<'a>(notes: &[Note<'a>], docs: &mut Docs<'a>) {
    for note in notes {
        match note {
            Note::Inline(text) => {
                docs.push(Doc::Space);
                docs.text(text.clone());
            }
            Note::Trail(text) => docs.push(Doc::Trail(text.clone())),
            Note::Own(text) => docs.push(Doc::Own(text.clone())),
        }
    }
}

/// A comment as it is written out: line ends are `\n`, and no blanks end a line. Doc comments keep theirs, which may mean something there.
pub(super) fn tidy(comment: &str) -> Cow<'_, str> {
    let blank = [' ', '\t', '\r'];
    if comment.starts_with("///") {
        return Cow::Borrowed(comment);
    }
    if comment.starts_with("//") {
        return Cow::Borrowed(comment.trim_end_matches(blank));
    }
    let comment = if is_closed(comment) { comment } else { comment.trim_end_matches([' ', '\t', '\r', '\n']) };
    if !comment.split('\n').any(|line| line.ends_with(blank)) {
        return Cow::Borrowed(comment);
    }
    let lines: Vec<&str> = comment.split('\n').map(|line| line.trim_end_matches(blank)).collect();
    Cow::Owned(lines.join("\n"))
}

/// Whether a comment ends before the text does.
pub(super) fn is_closed(comment: &str) -> bool {
    comment.starts_with("//") || comment.len() >= 4 && comment.ends_with("*/")
}

/// A comment between two lexemes, and whether a line end stands before and after it.
struct Between<'a> {
    text: Cow<'a, str>,
    before: bool,
    after: bool,
}

impl Between<'_> {
    /// Whether it can stand between two lexemes of a line.
    fn is_inline(&self) -> bool {
        !self.after && !self.text.starts_with("//")
    }
}

/// The lexemes of an item. `comments` are those between its tokens.
pub(super) fn lexemes<'a>(text: &'a str, tokens: &[Token], comments: &'a [Comment]) -> Vec<Lexeme<'a>> {
    let angles = super::angle::find(text, tokens);
    let mut lexemes: Vec<Lexeme<'a>> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.iter().zip(&angles).peekable();
    let (mut comments, mut end) = (comments.iter().peekable(), tokens.first().map_or(0, |token| token.start));
    // Comments that stood before a comma stand behind it.
    let mut carried: Vec<Between<'a>> = Vec::new();
    while let Some((token, angle)) = rest.next() {
        let joint = rest.next_if(|(next, closes)| !angle && !**closes && is_operator(token, next));
        let after = joint.map_or(token.end, |(next, _)| next.end);
        let mut notes = std::mem::take(&mut carried);
        let mut from = end;
        while let Some(comment) = comments.next_if(|comment| comment.span.range().start < token.start) {
            let range = comment.span.range();
            let before = !notes.is_empty() && from == end || has_line_end(text, from, range.start);
            notes.push(Between { text: tidy(&comment.text), before, after: false });
            from = range.end;
            if let Some(next) = notes.last_mut() {
                let until = comments.peek().map_or(token.start, |next| next.span.range().start.min(token.start));
                next.after = has_line_end(text, from, until);
            }
        }
        let kind = kind_of(token, *angle, text);
        let word = text.get(token.start..after).unwrap_or_default();
        let starts_line = has_line_end(text, end, token.start);
        let mut lexeme = Lexeme { kind, text: word, lead: Vec::new(), trail: Vec::new(), starts_line };
        if word == "," && notes.iter().any(|note| note.before || !note.is_inline()) {
            carried = notes;
            if let Some(last) = carried.last_mut() {
                last.after = true;
            }
        } else {
            attach(notes, lexemes.last_mut(), &mut lexeme);
        }
        lexemes.push(lexeme);
        end = after;
    }
    if let Some(last) = lexemes.last_mut() {
        last.trail.extend(carried.into_iter().map(|note| Note::Trail(note.text)));
    }
    lexemes
}

fn has_line_end(text: &str, from: usize, to: usize) -> bool {
    text.get(from..to).is_some_and(|gap| gap.contains('\n'))
}

fn is_operator(first: &Token, second: &Token) -> bool {
    let (TokenKind::Symbol(first_byte), TokenKind::Symbol(second_byte)) = (first.kind, second.kind) else { return false };
    first.end == second.start && matches!((first_byte, second_byte), (b'!' | b'<' | b'>', b'=') | (b'<', b'>') | (b'|', b'|'))
}

fn kind_of(token: &Token, angle: bool, text: &str) -> Kind {
    match token.kind {
        TokenKind::Symbol(_) if angle => {
            if text.as_bytes().get(token.start) == Some(&b'<') {
                Kind::Open
            } else {
                Kind::Close
            }
        }
        TokenKind::Word => Kind::Word,
        TokenKind::Symbol(b'(' | b'[' | b'{') => Kind::Open,
        TokenKind::Symbol(b')' | b']' | b'}') => Kind::Close,
        TokenKind::Symbol(_) => Kind::Symbol,
        _ => Kind::Literal,
    }
}

/// Gives comments to the lexemes around them: those on the line of the one before are its own, the others the next one's.
fn attach<'a>(notes: Vec<Between<'a>>, before: Option<&mut Lexeme<'a>>, next: &mut Lexeme<'a>) {
    let Some(before) = before else { return };
    let count = notes.len();
    let same_line = notes.iter().take_while(|note| !note.before).count();
    let ends_line = same_line < count || notes.last().is_some_and(|note| !note.is_inline());
    let leads = !matches!(next.kind, Kind::Close) && next.text != ",";
    let on_its_line = count - notes.iter().rev().take_while(|note| note.is_inline()).count();
    for (index, note) in notes.into_iter().enumerate() {
        if index < same_line {
            match (ends_line, leads) {
                (true, _) => before.trail.push(Note::Trail(note.text)),
                (false, true) => next.lead.push(Note::Inline(note.text)),
                (false, false) => before.trail.push(Note::Inline(note.text)),
            }
        } else if index >= on_its_line && leads {
            next.lead.push(Note::Inline(note.text));
        } else {
            next.lead.push(Note::Own(note.text));
        }
    }
}
