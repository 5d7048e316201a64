//! The scanner: one pass over the bytes that finds tokens, brackets and comments, enforces depth, and cuts a file into items.
//!
//! Everything after it works on one item at a time, so a mistake costs one item. It knows no grammar beyond what the layout rule of the
//! language needs.

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};

use super::ast::Comment;

/// Quotes of word processors.
const CURLY_QUOTES: [char; 6] = ['“', '”', '„', '‘', '’', '‚'];

/// Words behind which an operand stands, and `--` is two signs.
const BEFORE_OPERANDS: [&str; 17] =
    ["and", "between", "by", "case", "div", "else", "expect", "from", "in", "is", "like", "mod", "not", "or", "then", "when", "where"];

/// Bytes that a token takes up at least in most files, blanks and comments included.
const BYTES_PER_TOKEN: usize = 5;

/// Brackets, `case`, `not` and unary minus may nest this deep.
pub(crate) const MAX_DEPTH: usize = 64;

/// A token, by its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
    /// Whether nothing but white space stands before it on its line, and how much.
    pub column: Option<usize>,
}

/// Kinds of tokens, as far as cutting needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Quoted,
    Number,
    String,
    Regex,
    Symbol(u8),
}

/// What the scanner hands on.
pub(crate) struct Scanned {
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment>,
    /// The text with comments blanked, byte for byte as long as the original.
    pub blanked: String,
    pub diagnostics: Vec<Diagnostic>,
    /// Bytes of tokens no item may contain, ascending: an item with one in it is not parsed.
    pub broken: Vec<usize>,
}

/// Scans a text.
pub(crate) fn scan(file: FileId, text: &str) -> Scanned {
    let mut scanner = Scanner {
        file,
        text,
        bytes: text.as_bytes(),
        at: 0,
        line_start: 0,
        out: Scanned {
            tokens: Vec::with_capacity(text.len() / BYTES_PER_TOKEN),
            comments: Vec::new(),
            blanked: String::new(),
            diagnostics: Vec::new(),
            broken: Vec::new(),
        },
    };
    scanner.run();
    let mut out = scanner.out;
    out.blanked = blank(text, &out.comments);
    out
}

struct Scanner<'a> {
    file: FileId,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line_start: usize,
    out: Scanned,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn run(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.at = 3;
        }
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\n' => {
                    self.at += 1;
                    self.line_start = self.at;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'/' if self.peek(1) == b'/' => self.line_comment(),
                b'/' if self.peek(1) == b'*' => self.block_comment(),
                b'"' if self.text[self.at..].starts_with("\"\"\"") => self.raw_string(),
                b'"' => self.quoted(b'"', TokenKind::String, "string"),
                b'`' => self.quoted(b'`', TokenKind::Quoted, "quoted name"),
                b'/' if self.regex_may_start() => self.quoted(b'/', TokenKind::Regex, "regex"),
                b'0'..=b'9' => self.number(),
                byte if byte == b'_' || byte.is_ascii_alphabetic() => self.word(),
                byte if byte.is_ascii() => self.symbol(byte),
                _ => self.foreign_character(),
            }
        }
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        let before = self.text.get(self.line_start..start).unwrap_or("x");
        let column = before.bytes().all(|byte| byte == b' ' || byte == b'\t').then_some(before.len());
        self.out.tokens.push(Token { kind, start, end: self.at, column });
    }

    fn diagnose(&mut self, diagnostic: Diagnostic) {
        self.out.broken.push(diagnostic.span.start as usize);
        self.out.diagnostics.push(diagnostic);
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start..end)
    }

    fn comment(&mut self, start: usize) {
        let span = self.span(start, self.at);
        let text = self.text.get(start..self.at).unwrap_or_default().trim_end_matches('\r').to_owned();
        self.out.comments.push(Comment { text, span });
    }

    fn line_comment(&mut self) {
        let start = self.at;
        while self.at < self.bytes.len() && self.peek(0) != b'\n' {
            self.at += 1;
        }
        self.comment(start);
    }

    fn block_comment(&mut self) {
        let start = self.at;
        match self.text.get(start + 2..).and_then(|rest| rest.find("*/")) {
            Some(length) => self.at = start + 2 + length + 2,
            None => {
                self.at = self.bytes.len();
                let span = self.span(start, start + 2);
                self.diagnose(Diagnostic::new(Code::Unclosed, "this comment is never closed", span).help("close it with `*/`"));
            }
        }
        self.comment(start);
    }

    fn raw_string(&mut self) {
        let start = self.at;
        match self.text.get(start + 3..).and_then(|rest| rest.find("\"\"\"")) {
            Some(length) => self.at = start + 3 + length + 3,
            None => {
                self.at = self.bytes.len();
                let span = self.span(start, start + 3);
                self.diagnose(Diagnostic::new(Code::Unclosed, "this string is never closed", span).help("close it with `\"\"\"`"));
            }
        }
        self.push(TokenKind::String, start);
    }

    /// A string, regex or quoted name: on one line, with backslash escapes (names have none).
    fn quoted(&mut self, quote: u8, kind: TokenKind, what: &str) {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek(0) {
                b'\n' | b'\r' => return self.unclosed(start, kind, quote, what),
                0 if self.at >= self.bytes.len() => return self.unclosed(start, kind, quote, what),
                b'\\' if quote != b'`' && self.at + 1 < self.bytes.len() => self.at += 2,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        break;
                    }
                }
            }
        }
        // An escape may have stepped into a multi-byte character.
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.push(kind, start);
    }

    fn unclosed(&mut self, start: usize, kind: TokenKind, quote: u8, what: &str) {
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        let end = self.at.min(self.bytes.len());
        self.at = end;
        let help = match quote {
            b'"' => "close it with `\"` on the same line; a text over several lines stands in `\"\"\"`".to_owned(),
            b'/' => "close it with `/` on the same line; write `\\/` for a slash inside".to_owned(),
            _ => "close it with a back-tick on the same line".to_owned(),
        };
        let span = self.span(start, end);
        self.diagnose(Diagnostic::new(Code::Unclosed, format!("this {what} is never closed"), span).help(help));
        self.push(kind, start);
    }

    fn regex_may_start(&self) -> bool {
        let mut before = self.out.tokens.iter().rev();
        before.next().is_some_and(|token| match token.kind {
            TokenKind::Symbol(b'(' | b',') => true,
            // A parameter or a member of this name is divided: `$fields / 2`.
            TokenKind::Word if before.next().is_some_and(|mark| matches!(mark.kind, TokenKind::Symbol(b'$' | b'.'))) => false,
            TokenKind::Word => matches!(self.text.get(token.start..token.end), Some("matches" | "fields")),
            _ => false,
        })
    }

    fn number(&mut self) {
        let start = self.at;
        while self.peek(0) == b'_' || self.peek(0).is_ascii_alphanumeric() {
            self.at += 1;
        }
        if self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            self.at += 1;
            while self.peek(0) == b'_' || self.peek(0).is_ascii_alphanumeric() {
                self.at += 1;
            }
        }
        let exponent = matches!(self.text.as_bytes().get(self.at.wrapping_sub(1)), Some(b'e' | b'E'));
        if exponent && matches!(self.peek(0), b'+' | b'-') && self.peek(1).is_ascii_digit() {
            self.at += 1;
            while self.peek(0).is_ascii_digit() {
                self.at += 1;
            }
        }
        self.push(TokenKind::Number, start);
    }

    fn word(&mut self) {
        let start = self.at;
        while self.peek(0) == b'_' || self.peek(0).is_ascii_alphanumeric() {
            self.at += 1;
        }
        self.push(TokenKind::Word, start);
    }

    fn symbol(&mut self, byte: u8) {
        let start = self.at;
        if byte == b'-' && self.peek(1) == b'-' && self.is_comment_of_sql() {
            return self.comment_of_sql();
        }
        self.at += 1;
        let foreign = match (byte, self.peek(0)) {
            (b'=', b'=') => Some(("`==` is not an operator here", "equality is one `=`", "=")),
            (b'&', b'&') => Some(("`&&` is not an operator here", "write `and`", "and")),
            (b'!', next) if next != b'=' => Some(("`!` is not an operator here", "write `not`", "not ")),
            (b'\'', _) => Some(("strings stand in double quotes", "write `\"…\"`", "\"")),
            (b'#', _) => Some(("`#` does not start a comment", "comments start with `//`", "//")),
            (b';', _) => Some(("items are not separated by `;`", "leave it out: a line end is enough", "")),
            (b'~', _) => Some(("`~` is not an operator here", "write `x matches /…/`, or `contains_match(x, /…/)` for a part", "")),
            (b'^', _) => Some(("`^` is not an operator here", "write `pow(a, 2)` for a power, `a != b` for one of two conditions", "")),
            (b'&', _) => Some(("`&` is not an operator here", "write `and`", "and")),
            (b'\\', _) => Some(("this character has no meaning here", "see the operators in the language reference", "")),
            (byte, _) if byte.is_ascii_control() => Some(("a control character", "remove it", "")),
            _ => None,
        };
        let Some((message, help, replacement)) = foreign else {
            return self.push(TokenKind::Symbol(byte), start);
        };
        if matches!(byte, b'=' | b'&') && self.peek(0) == byte {
            self.at += 1;
        }
        let line_end = || self.text.get(start..).and_then(|rest| rest.find('\n')).map_or(self.bytes.len(), |length| start + length);
        let end = if matches!(byte, b'\'' | b'#') { self.skip_foreign_text(byte, line_end()) } else { self.at };
        let mut diagnostic = Diagnostic::new(Code::ForeignToken, message, self.span(start, end)).help(help);
        if byte == b'\'' {
            let inner = self.text.get(start + 1..end).and_then(|text| text.strip_suffix('\''));
            // What would need an escape is left to its author.
            if let Some(inner) = inner.filter(|inner| !inner.contains(['"', '\\'])) {
                diagnostic = diagnostic.suggest(self.span(start, end), format!("\"{inner}\""));
            }
        } else if !replacement.is_empty() || byte == b';' {
            let edited = if byte == b'#' { start + 1 } else { end };
            let written = if replacement == "and" { self.apart(start, end, replacement) } else { replacement.to_owned() };
            diagnostic = diagnostic.suggest(self.span(start, edited), written);
        }
        self.at = end;
        self.diagnose(diagnostic);
        self.push(TokenKind::Symbol(byte), start);
    }

    /// A word in the place of a symbol, which needs blanks around it.
    fn apart(&self, start: usize, end: usize, word: &str) -> String {
        let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let blank = |byte: Option<&u8>| if is_part(byte) { " " } else { "" };
        let before = start.checked_sub(1).and_then(|before| self.bytes.get(before));
        format!("{}{word}{}", blank(before), blank(self.bytes.get(end)))
    }

    /// Whether `--` would begin a comment in SQL and is no double sign here: a blank, a line end or a comment follows, or an operand stands
    /// before.
    fn is_comment_of_sql(&self) -> bool {
        if matches!(self.peek(2), 0 | b' ' | b'\t' | b'\r' | b'\n') || (self.peek(2), self.peek(3)) == (b'/', b'/') {
            return true;
        }
        self.out.tokens.last().is_none_or(|before| match before.kind {
            TokenKind::Symbol(byte) => !b"=<>!+-*/|([,:".contains(&byte),
            TokenKind::Word => !self.text.get(before.start..before.end).is_some_and(|word| BEFORE_OPERANDS.contains(&word)),
            _ => true,
        })
    }

    /// `-- …` to the line end. Where no blank stands around it, the subtraction of a negative value may be meant.
    fn comment_of_sql(&mut self) {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        self.at = rest.find('\n').map_or(self.bytes.len(), |length| start + length);
        let is_comment = rest.get(2..).is_none_or(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        let mark = self.span(start, start + 2);
        let diagnostic = Diagnostic::new(Code::ForeignToken, "`--` does not start a comment", mark)
            .help("comments start with `//`; to subtract a negative value, part the signs: `a - -b`");
        self.diagnose(if is_comment { diagnostic.suggest(mark, "//") } else { diagnostic.guess(mark, "//") });
        self.push(TokenKind::Symbol(b'-'), start);
    }

    /// The end of a `'…'` or `#…` of another language.
    fn skip_foreign_text(&self, byte: u8, line_end: usize) -> usize {
        if byte == b'#' {
            return line_end;
        }
        let rest = self.text.get(self.at..line_end).unwrap_or_default();
        rest.find('\'').map_or(self.at, |length| self.at + length + 1)
    }

    /// A string as word processors quote it: to the closing quote, if that is on the same line.
    fn curly_string(&mut self, start: usize) {
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let closing = line.char_indices().skip(1).find(|(_, c)| CURLY_QUOTES.contains(c));
        let (inner, length) = match closing {
            Some((at, quote)) => (line.get(..at).unwrap_or_default(), at + quote.len_utf8()),
            None => (line, line.chars().next().map_or(0, char::len_utf8)),
        };
        self.at = start + length;
        let span = self.span(start, self.at);
        let mut diagnostic = Diagnostic::new(Code::ForeignToken, "curly quotes do not quote a string", span).help("write `\"…\"`");
        if closing.is_some() && !inner.contains(['"', '\\']) {
            diagnostic = diagnostic.suggest(span, format!("\"{}\"", inner.trim_start_matches(CURLY_QUOTES)));
        }
        self.diagnose(diagnostic);
        self.push(TokenKind::Symbol(b'?'), start);
    }

    fn foreign_character(&mut self) {
        let start = self.at;
        let character = self.text.get(start..).and_then(|rest| rest.chars().next()).unwrap_or('\u{fffd}');
        if CURLY_QUOTES.contains(&character) {
            return self.curly_string(start);
        }
        while self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| c.is_alphanumeric() == character.is_alphanumeric() && !c.is_ascii())
        {
            self.at += self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        }
        if character.is_alphabetic() {
            return self.foreign_name(start);
        }
        let message = format!("the character U+{:04X} has no meaning here", u32::from(character));
        let span = self.span(start, self.at);
        self.diagnose(Diagnostic::new(Code::ForeignToken, message, span).help("remove it, or put it in a string"));
        self.push(TokenKind::Symbol(b'?'), start);
    }

    /// A name with letters beyond ASCII, the first of them at `start`: one word, so that it can still name what it names.
    fn foreign_name(&mut self, start: usize) {
        let head = self.out.tokens.pop_if(|token| token.kind == TokenKind::Word && token.end == start);
        let first = head.map_or(start, |token| token.start);
        let rest = self.text.get(first..).unwrap_or_default();
        let name = rest.get(..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())).unwrap_or_default();
        self.at = first + name.len();
        let span = self.span(first, self.at);
        let message = format!("`{name}` has letters that plain names do not have");
        let diagnostic = Diagnostic::new(Code::ForeignToken, message, span).help("write the name in back-ticks");
        self.diagnose(diagnostic.suggest(span, format!("`{name}`")));
        self.push(TokenKind::Word, first);
    }
}

/// Replaces comments by spaces, byte for byte; line ends stay.
fn blank(text: &str, comments: &[Comment]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for comment in comments {
        let range = comment.span.range();
        out.push_str(text.get(done..range.start).unwrap_or_default());
        let bytes = text.as_bytes().get(range.clone()).unwrap_or_default();
        out.extend(bytes.iter().map(|byte| if *byte == b'\n' { '\n' } else { ' ' }));
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    if out.starts_with('\u{feff}') {
        out.replace_range(0..3, "   ");
    }
    out
}

/// What an item is, told by its first tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ItemStart {
    Version,
    Import,
    Param,
    Set,
    Type,
    Extern,
    Features,
    Output,
    Test,
    Key,
    Field,
    Fields,
    Let,
    Rule,
    Check,
    Waive,
    Observe,
    Example,
    Fallback,
    Columns,
}

/// What must follow an item's first word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follow {
    Name,
    Regex,
    String,
    Number,
    Brace,
    Word(&'static str),
}

/// The layout rule: which words start an item, and before what.
const TOP_LEVEL: &[(&str, Follow, ItemStart)] = &[
    ("rulegate", Follow::Number, ItemStart::Version),
    ("import", Follow::String, ItemStart::Import),
    ("param", Follow::Name, ItemStart::Param),
    ("set", Follow::Name, ItemStart::Set),
    ("type", Follow::Name, ItemStart::Type),
    ("extern", Follow::Word("function"), ItemStart::Extern),
    ("features", Follow::Name, ItemStart::Features),
    ("output", Follow::Name, ItemStart::Output),
    ("test", Follow::String, ItemStart::Test),
];

const IN_BLOCK: &[(&str, Follow, ItemStart)] = &[
    ("key", Follow::Name, ItemStart::Key),
    ("let", Follow::Name, ItemStart::Let),
    ("rule", Follow::Name, ItemStart::Rule),
    ("check", Follow::Name, ItemStart::Check),
    ("waive", Follow::Name, ItemStart::Waive),
    ("observe", Follow::Name, ItemStart::Observe),
    ("example", Follow::Name, ItemStart::Example),
    ("fields", Follow::Regex, ItemStart::Fields),
    ("fallback", Follow::Brace, ItemStart::Fallback),
    ("columns", Follow::Brace, ItemStart::Columns),
];

/// The words that start items at the top of a file, or in a block.
pub fn item_words(in_block: bool) -> impl Iterator<Item = &'static str> {
    (if in_block { IN_BLOCK } else { TOP_LEVEL }).iter().map(|(word, ..)| *word)
}

/// What a word starts, at the top of a file or in a block.
pub(crate) fn started_by(word: &str, in_block: bool) -> Option<ItemStart> {
    (if in_block { IN_BLOCK } else { TOP_LEVEL }).iter().find(|(known, ..)| *known == word).map(|(_, _, start)| *start)
}

/// The word an item starts with; fields start with their names.
pub(crate) fn word_of(start: ItemStart) -> Option<&'static str> {
    TOP_LEVEL.iter().chain(IN_BLOCK).find(|(.., known)| *known == start).map(|(word, ..)| *word)
}

/// A run of tokens that belongs to one item; `start` is `None` for tokens before the first item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub start: Option<ItemStart>,
    pub first: usize,
    pub last: usize,
}

/// Cuts tokens into items. `tokens` is the whole file, or the inside of a block.
pub(crate) fn cut(text: &str, tokens: &[Token], in_block: bool) -> Vec<Cut> {
    let cuts = cut_where(text, tokens, in_block, &[]);
    let unclosed: Vec<Cut> = if in_block { Vec::new() } else { cuts.iter().filter(|cut| is_unclosed(tokens, cut)).copied().collect() };
    // Where a bracket is not closed, any item in the first column is one of the file.
    if unclosed.is_empty() { cuts } else { cut_where(text, tokens, in_block, &unclosed) }
}

fn is_unclosed(tokens: &[Token], cut: &Cut) -> bool {
    let mut depth = 0_usize;
    for token in tokens.get(cut.first..=cut.last).unwrap_or_default() {
        match token.kind {
            TokenKind::Symbol(b'(' | b'[' | b'{') => depth += 1,
            TokenKind::Symbol(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth > 0
}

fn cut_where(text: &str, tokens: &[Token], in_block: bool, unclosed: &[Cut]) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let (mut depth, mut index) = (0_usize, 0);
    while let Some(token) = tokens.get(index) {
        let broken = unclosed.get(unclosed.partition_point(|cut| cut.last < index)).is_some_and(|cut| cut.first < index);
        let start = (depth == 0 || !in_block && starts_over(text, tokens, index, broken))
            .then(|| item_start(text, tokens, index, in_block))
            .flatten();
        let mut step = 1;
        if let Some(start) = start {
            depth = 0;
            cuts.push(Cut { start: Some(start), first: index, last: index });
            // The name after `rule` or `check` is not the name of a field, though a colon may follow it.
            if !matches!(start, ItemStart::Field) {
                step = 2;
            }
        } else if cuts.is_empty() {
            cuts.push(Cut { start: None, first: index, last: index });
        }
        for token in tokens.get(index..index + step).unwrap_or(std::slice::from_ref(token)) {
            match token.kind {
                TokenKind::Symbol(b'(' | b'[' | b'{') => depth += 1,
                TokenKind::Symbol(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        index += step;
        if let Some(cut) = cuts.last_mut() {
            cut.last = index.min(tokens.len()) - 1;
        }
    }
    cuts
}

/// A block that starts in the first column ends an item whose brackets were not closed; so does any item, where it is known that they
/// were not.
fn starts_over(text: &str, tokens: &[Token], index: usize, broken: bool) -> bool {
    tokens.get(index).is_some_and(|token| token.column == Some(0))
        && match item_start(text, tokens, index, false) {
            Some(
                ItemStart::Features | ItemStart::Output | ItemStart::Test | ItemStart::Import | ItemStart::Extern | ItemStart::Version,
            ) => true,
            start => broken && start.is_some(),
        }
}

fn item_start(text: &str, tokens: &[Token], index: usize, in_block: bool) -> Option<ItemStart> {
    let token = tokens.get(index)?;
    let next = tokens.get(index + 1)?;
    let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
    // A part of `@name`, `$param` or `field.rule` starts nothing.
    let is_part = index.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|before| match before.kind {
        TokenKind::Symbol(b'@') => before.end == token.start,
        // Behind `5.` at the end of a line a field may begin.
        TokenKind::Symbol(b'.') => !in_block || token.column.is_none() || next.kind != TokenKind::Symbol(b':'),
        TokenKind::Symbol(b'$') => true,
        _ => false,
    });
    if is_part {
        return None;
    }
    if in_block && is_name && next.kind == TokenKind::Symbol(b':') {
        return Some(ItemStart::Field);
    }
    if token.kind != TokenKind::Word {
        return None;
    }
    let word = text.get(token.start..token.end)?;
    let table = if in_block { IN_BLOCK } else { TOP_LEVEL };
    table.iter().find(|(start, follow, _)| follows(text, *follow, next) && *start == word).map(|(_, _, start)| *start)
}

fn follows(text: &str, follow: Follow, next: &Token) -> bool {
    match follow {
        Follow::Name => matches!(next.kind, TokenKind::Word | TokenKind::Quoted),
        Follow::Regex => next.kind == TokenKind::Regex,
        Follow::String => next.kind == TokenKind::String,
        Follow::Number => next.kind == TokenKind::Number,
        Follow::Brace => next.kind == TokenKind::Symbol(b'{'),
        Follow::Word(word) => text.get(next.start..next.end) == Some(word),
    }
}

/// Checks brackets and depth of one item; `Err` where it must not be parsed.
pub(crate) fn check_nesting(file: FileId, text: &str, tokens: &[Token]) -> Result<(), Box<Diagnostic>> {
    let mut open: Vec<(u8, &Token)> = Vec::new();
    let (mut prefix, mut cases, mut types) = (0_usize, 0_usize, 0_usize);
    for (index, token) in tokens.iter().enumerate() {
        let word = if token.kind == TokenKind::Word { text.get(token.start..token.end).unwrap_or("") } else { "" };
        let symbol = if let TokenKind::Symbol(byte) = token.kind { byte } else { 0 };
        prefix = if word == "not" || symbol == b'-' || word == "each" { prefix + 1 } else { 0 };
        match word {
            "case" => cases += 1,
            "end" => cases = cases.saturating_sub(1),
            _ => {}
        }
        // `list<list<…`: only after these words is `<` a bracket.
        let before = index.checked_sub(1).and_then(|before| tokens.get(before)).and_then(|before| text.get(before.start..before.end));
        match symbol {
            b'<' if matches!(before, Some("list" | "vector" | "map")) => types += 1,
            b'>' => types = types.saturating_sub(1),
            b'(' | b'[' | b'{' => open.push((symbol, token)),
            b')' | b']' | b'}' => close(file, &mut open, symbol, token)?,
            _ => {}
        }
        if open.len() + prefix + cases + types > MAX_DEPTH {
            let span = Span::new(file, token.start..token.end);
            return Err(Box::new(
                Diagnostic::new(Code::Limit, format!("this nests deeper than {MAX_DEPTH} levels"), span)
                    .help("name parts of it with `let`"),
            ));
        }
    }
    match open.last() {
        Some((bracket, token)) => {
            let bracket = char::from(*bracket);
            let span = Span::new(file, token.start..token.end);
            Err(Box::new(
                Diagnostic::new(Code::Bracket, format!("this `{bracket}` is never closed"), span)
                    .help("add its partner where the item ends"),
            ))
        }
        None => Ok(()),
    }
}

fn close(file: FileId, open: &mut Vec<(u8, &Token)>, symbol: u8, token: &Token) -> Result<(), Box<Diagnostic>> {
    let span = Span::new(file, token.start..token.end);
    let Some((bracket, opened)) = open.pop() else {
        let message = format!("this `{}` closes nothing", char::from(symbol));
        return Err(Box::new(Diagnostic::new(Code::Bracket, message, span).help("remove it, or open its partner before it")));
    };
    let partner = match bracket {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    };
    if partner == symbol {
        return Ok(());
    }
    let message = format!("`{}` cannot close `{}`", char::from(symbol), char::from(bracket));
    let opened = Span::new(file, opened.start..opened.end);
    let help = format!("write `{}`", char::from(partner));
    Err(Box::new(Diagnostic::new(Code::Bracket, message, span).also(opened, "opened here").help(help)))
}

/// Cuts the inside of a block whose brackets do not match: an item starts wherever one can start in the column of the first.
pub(crate) fn cut_by_column(text: &str, tokens: &[Token]) -> Vec<Cut> {
    let column = tokens.first().and_then(|token| token.column);
    let mut cuts: Vec<Cut> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let start = (token.column == column).then(|| item_start(text, tokens, index, true)).flatten();
        if start.is_some() || cuts.is_empty() {
            cuts.push(Cut { start, first: index, last: index });
        } else if let Some(cut) = cuts.last_mut() {
            cut.last = index;
        }
    }
    cuts
}
