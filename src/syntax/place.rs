//! What an editor asks of a text before it parses: its lexemes, and what a place in it lies in, broken items included.

use std::ops::Range;

use crate::source::{FileId, SourceMap};

use super::ast::Comment;
use super::scan::{self, ItemStart, Token, TokenKind};

/// A word, literal, symbol or comment, by its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lexeme {
    /// What it is.
    pub kind: LexemeKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Whether nothing but white space stands before it on its line.
    pub first: bool,
}

/// Kinds of lexemes. Words of the language are contextual, so the scanner does not tell them from names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexemeKind {
    /// A name, or a word of the language.
    Word,
    /// A name in back-ticks.
    QuotedName,
    /// A number.
    Number,
    /// `"…"` or `"""…"""`
    String,
    /// `/…/`
    Regex,
    /// One byte of punctuation; `?` for what the language does not know.
    Symbol(u8),
    /// A comment, delimiters included.
    Comment,
}

impl Lexeme {
    /// Its text.
    #[must_use]
    pub fn text(self, source: &str) -> &str {
        source.get(self.start..self.end).unwrap_or_default()
    }

    fn of(token: Token) -> Self {
        let kind = match token.kind {
            TokenKind::Word => LexemeKind::Word,
            TokenKind::Quoted => LexemeKind::QuotedName,
            TokenKind::Number => LexemeKind::Number,
            TokenKind::String => LexemeKind::String,
            TokenKind::Regex => LexemeKind::Regex,
            TokenKind::Symbol(byte) => LexemeKind::Symbol(byte),
        };
        Self { kind, start: token.start, end: token.end, first: token.column.is_some() }
    }
}

/// All lexemes of a text in order, comments among them. None where the text is larger than [`super::MAX_FILE_BYTES`].
#[must_use]
pub fn lexemes(text: &str) -> Vec<Lexeme> {
    if text.len() > super::MAX_FILE_BYTES {
        return Vec::new();
    }
    let scanned = scan::scan(any_file(), text);
    all(&scanned.tokens, &comment_places(&scanned.comments))
}

/// The places of comments. A line comment's text may end before its carriage return; the place ends with the text.
pub(crate) fn comment_places(comments: &[Comment]) -> Vec<Range<usize>> {
    let place = |comment: &Comment| comment.span.range().start..comment.span.range().start + comment.text.len();
    comments.iter().map(place).collect()
}

/// Tokens and comments, both in order, as lexemes.
pub(crate) fn all(tokens: &[Token], comments: &[Range<usize>]) -> Vec<Lexeme> {
    let mut out = Vec::with_capacity(tokens.len() + comments.len());
    let mut tokens = tokens.iter().copied().peekable();
    for comment in comments {
        while let Some(token) = tokens.next_if(|token| token.start < comment.start) {
            out.push(Lexeme::of(token));
        }
        out.push(Lexeme { kind: LexemeKind::Comment, start: comment.start, end: comment.end, first: false });
    }
    out.extend(tokens.map(Lexeme::of));
    out
}

/// What a place lies in, told by the text before it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The block around it.
    pub block: Option<BlockAround>,
    /// The word that its item starts with: `rule`, `param`, and `:` for a field; `None` before the first item.
    pub item: Option<&'static str>,
    /// The lexemes of its item that stand before it; the last one may go on behind it.
    pub before: Vec<Lexeme>,
    /// What kind of text it stands in.
    pub inside: Inside,
}

/// The block around a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockAround {
    /// Its name, back-ticks removed.
    pub name: String,
    /// Whether it is an `output` block.
    pub output: bool,
}

/// The kind of text a place stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// Between or at the end of words and symbols.
    Code,
    /// In a comment.
    Comment,
    /// In a string that begins at this byte.
    String(usize),
    /// In a regex.
    Regex,
    /// In a name in back-ticks that begins at this byte.
    QuotedName(usize),
}

/// What the byte `offset` of a text lies in; `None` where the text is too large, or the offset no place in it.
#[must_use]
pub fn place(text: &str, offset: usize) -> Option<Place> {
    let prefix = text.get(..offset).filter(|prefix| prefix.len() <= super::MAX_FILE_BYTES)?;
    let scanned = scan::scan(any_file(), prefix);
    let in_comment = scanned.comments.last().is_some_and(|comment| {
        comment.span.range().end == offset && !(comment.text.len() >= 4 && comment.text.starts_with("/*") && comment.text.ends_with("*/"))
    });
    let inside = if in_comment { Inside::Comment } else { unclosed(&scanned, offset) };
    let mut tokens = scanned.tokens;
    if inside == Inside::Code && tokens.last().is_none_or(|last| last.end < offset || !matches!(last.kind, TokenKind::Word)) {
        // The name that may be written here: `waive` starts an item only before one.
        tokens.push(Token { kind: TokenKind::Word, start: offset, end: offset, column: None });
    }
    let top = scan::cut(prefix, &tokens, false);
    let Some(last) = top.last().and_then(|cut| Some((cut.start?, tokens.get(cut.first..=cut.last)?))) else {
        return Some(Place { block: None, item: None, before: written(&tokens), inside });
    };
    let (start, item) = last;
    let (block, start, item) = match start {
        ItemStart::Features | ItemStart::Output => within_block(prefix, start, item),
        start => (None, Some(start), item),
    };
    Some(Place { block, item: start.and_then(word_of), before: written(item), inside })
}

/// Tokens that have a text.
fn written(tokens: &[Token]) -> Vec<Lexeme> {
    tokens.iter().filter(|token| token.start < token.end).copied().map(Lexeme::of).collect()
}

/// The block that `tokens` leave open, and the item of it that comes last.
fn within_block<'a>(text: &str, start: ItemStart, tokens: &'a [Token]) -> (Option<BlockAround>, Option<ItemStart>, &'a [Token]) {
    let Some(open) = tokens.iter().position(|token| token.kind == TokenKind::Symbol(b'{')) else { return (None, Some(start), tokens) };
    let body = tokens.get(open + 1..).unwrap_or_default();
    if is_closed(body) {
        return (None, None, &[]);
    }
    let name = tokens.get(1).and_then(|token| text.get(token.start..token.end)).unwrap_or_default();
    let block = BlockAround { name: name.trim_matches('`').to_owned(), output: start == ItemStart::Output };
    match scan::cut(text, body, true).last() {
        Some(cut) => (Some(block), cut.start, body.get(cut.first..=cut.last).unwrap_or_default()),
        None => (Some(block), None, &[]),
    }
}

/// Whether a bracket closes that was opened before these tokens.
fn is_closed(tokens: &[Token]) -> bool {
    let mut depth = 0_usize;
    tokens.iter().any(|token| match token.kind {
        TokenKind::Symbol(b'{' | b'(' | b'[') => {
            depth += 1;
            false
        }
        TokenKind::Symbol(b'}' | b')' | b']') if depth == 0 => true,
        TokenKind::Symbol(b'}' | b')' | b']') => {
            depth -= 1;
            false
        }
        _ => false,
    })
}

fn unclosed(scanned: &scan::Scanned, offset: usize) -> Inside {
    let Some(last) = scanned.tokens.last().filter(|last| last.end == offset && scanned.broken.contains(&last.start)) else {
        return Inside::Code;
    };
    match last.kind {
        TokenKind::String => Inside::String(last.start),
        TokenKind::Regex => Inside::Regex,
        TokenKind::Quoted => Inside::QuotedName(last.start),
        _ => Inside::Code,
    }
}

fn word_of(start: ItemStart) -> Option<&'static str> {
    if start == ItemStart::Field { Some(":") } else { scan::word_of(start) }
}

/// Lexemes need no file: the spans made here are not handed on.
fn any_file() -> FileId {
    SourceMap::default().add("", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(marked: &str) -> Place {
        let offset = marked.find('|').unwrap();
        place(&marked.replacen('|', "", 1), offset).unwrap()
    }

    #[test]
    fn a_place_knows_its_block_and_item_however_broken_what_follows_is() {
        let found = at("rulegate 1\nfeatures t {\n  a : int64 >= 0\n  rule r { when a > |\n  b : string\n}");
        assert_eq!(found.block, Some(BlockAround { name: "t".to_owned(), output: false }));
        assert_eq!((found.item, found.before.len(), found.inside), (Some("rule"), 6, Inside::Code));
        assert_eq!(at("rulegate 1\nfeatures t { a : |").item, Some(":"));
        assert_eq!(at("rulegate 1\nfeatures t { a : int64 }\n|").block, None);
        assert_eq!(at("rulegate 1\nparam p: |").item, Some("param"));
        assert_eq!(at("rulegate 1\nfeatures t { a : int64\n waive |").item, Some("waive"));
    }

    #[test]
    fn strings_comments_and_patterns_are_told_from_code() {
        assert_eq!(at("set s = (\"a|").inside, Inside::String(9));
        assert_eq!(at("set s = (\"a\"|").inside, Inside::Code);
        assert_eq!(at("// a|").inside, Inside::Comment);
        assert_eq!(at("// a\n|").inside, Inside::Code);
        assert_eq!(at("/* a */|").inside, Inside::Code);
        assert_eq!(at("features t { a : string matches /x|").inside, Inside::Regex);
        assert_eq!(at("features t { `a|").inside, Inside::QuotedName(13));
    }

    #[test]
    fn lexemes_cover_comments_too() {
        let kinds: Vec<LexemeKind> = lexemes("a : // b\n `c d` /* e */ 1").into_iter().map(|lexeme| lexeme.kind).collect();
        use LexemeKind::{Comment, Number, QuotedName, Symbol, Word};
        assert_eq!(kinds, [Word, Symbol(b':'), Comment, QuotedName, Comment, Number]);
    }
}
