//! Text to syntax tree, comments kept; a mistake costs one item.
//!
//! At the door: [`parse`], which always gives a tree *and* diagnostics, and [`ast`]. A scanner cuts the text into items
//! and guards depth; pest parses each item alone. This room knows no names, no types and no files.

pub mod ast;
mod canonical;
mod deceptive;
mod foreign;
mod memory;
pub(crate) mod nodes;
mod parse;
mod place;
pub(crate) mod scan;
mod shift;
mod stray;

use std::sync::Arc;

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span, Spanned};

use ast::{Block, BlockItem, Comment, File, Item, ItemKind};
use parse::Parsed;
use scan::{Cut, ItemStart, Scanned, Token, TokenKind};

/// Largest rule file, in bytes.
pub const MAX_FILE_BYTES: usize = 1 << 20;

pub(crate) use canonical::canonical;
pub use memory::Memory;
#[cfg(test)]
pub(crate) use parse::ATTRIBUTES;
pub use place::{BlockAround, Inside, Lexeme, LexemeKind, Place, lexemes, place};
pub(crate) use place::{all as all_lexemes, comment_places};
pub(crate) use scan::MAX_DEPTH;
pub use scan::item_words;

/// Most diagnostics one file gives.
const MAX_DIAGNOSTICS: usize = 200;

/// Parses a rule file.
///
/// The tree holds every item that could be read; the diagnostics tell of every one that could not.
///
/// # Example
/// ```
/// use rulegate::source::SourceMap;
///
/// let mut sources = SourceMap::default();
/// let text = "rulegate 1\nfeatures t { a : int64 >= 0 }";
/// let file = sources.add("t.rules", text);
/// let (tree, diagnostics) = rulegate::syntax::parse(file, text);
/// assert!(diagnostics.is_empty());
/// assert_eq!(tree.items.len(), 1);
/// ```
#[must_use]
pub fn parse(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let read = read(file, text, Recall::Nothing);
    (read.tree, read.diagnostics)
}

/// Parses a text that was parsed before in another form: items that are the same are not parsed again.
#[must_use]
pub fn parse_again(file: FileId, text: &str, memory: &mut Memory) -> File {
    memory.begin();
    read(file, text, Recall::Exactly(memory)).tree
}

/// What reading a text gives.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub tree: File,
    pub diagnostics: Vec<Diagnostic>,
    pub tokens: Vec<Token>,
}

/// What reading a text may take from a memory of earlier ones.
#[derive(Debug)]
pub(crate) enum Recall<'m> {
    Nothing,
    /// Items, with the places that they have in this text.
    Exactly(&'m mut Memory),
    /// Items, for those who compare trees and do not ask where anything in an item stands.
    Anywhere(&'m mut Memory),
}

impl Recall<'_> {
    fn memory(&mut self) -> Option<&mut Memory> {
        match self {
            Self::Nothing => None,
            Self::Exactly(memory) | Self::Anywhere(memory) => Some(memory),
        }
    }
}

/// Reads a rule file as [`parse`] does; items that a memory knows from an earlier text are not parsed again.
#[must_use]
pub(crate) fn read(file: FileId, text: &str, memory: Recall<'_>) -> Read {
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file has {} bytes, more than {MAX_FILE_BYTES}", text.len());
        let diagnostic = Diagnostic::new(Code::Limit, message, Span::new(file, 0..0)).help("split it and `import` the parts");
        return Read { diagnostics: vec![diagnostic], ..Read::default() };
    }
    if let Some(foreign) = foreign::recognise(text) {
        let message = format!("these are {}, not rules of Rulegate", foreign.what);
        let diagnostic = Diagnostic::new(Code::ForeignFile, message, Span::new(file, foreign.line));
        let diagnostic = diagnostic.help("the ending `.rules` is shared; ours begin with `rulegate 1`");
        return Read { diagnostics: vec![diagnostic], ..Read::default() };
    }
    let Scanned { tokens, comments, blanked, diagnostics, broken } = scan::scan(file, text);
    let mut reader = FileReader { file, text, blanked: &blanked, comments: &comments, broken: &broken, memory, diagnostics };
    let mut tree = reader.read(&tokens);
    let mut diagnostics = reader.diagnostics;
    deceptive::characters(file, text, &mut diagnostics);
    deceptive::comments(text, &tokens, &comments, &mut diagnostics);
    stray::attributes(file, &blanked, &mut diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    diagnostics.truncate(MAX_DIAGNOSTICS);
    tree.comments = comments;
    Read { tree, diagnostics, tokens }
}

struct FileReader<'a> {
    file: FileId,
    text: &'a str,
    blanked: &'a str,
    comments: &'a [Comment],
    broken: &'a [usize],
    memory: Recall<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl FileReader<'_> {
    fn read(&mut self, tokens: &[Token]) -> File {
        let mut tree = File::default();
        let mut floor = 0;
        for cut in scan::cut(self.text, tokens, false) {
            let Some(item) = tokens.get(cut.first..=cut.last) else { continue };
            let Some(span) = self.span_of(item) else { continue };
            let docs = self.docs_before(floor, span.range().start);
            floor = span.range().end;
            let Some(kind) = self.top_item(item, cut, &mut tree) else { continue };
            tree.items.push(Item { kind, docs, span });
        }
        if tree.version.is_none() {
            self.no_version(tokens.first(), !tree.items.is_empty() || !tree.broken.is_empty() || tokens.is_empty());
        }
        tree
    }

    /// A text of which no item was found may be no rule file at all: there is no edit for it.
    fn no_version(&mut self, first: Option<&Token>, has_items: bool) {
        let at = first.map_or(0, |token| token.start);
        // Docs stay with what they are about.
        let docs =
            self.comments.iter().take_while(|comment| (comment.span.start as usize) < at).find(|comment| comment.text.starts_with("///"));
        let at = docs.map_or(at, |comment| comment.span.start as usize);
        let span = Span::new(self.file, at..at);
        let message = "the file does not say which version of the language it is written in";
        let diagnostic = Diagnostic::new(Code::NoVersion, message, span);
        self.diagnostics.push(if has_items {
            diagnostic.help("let its first line be `rulegate 1`").suggest(span, "rulegate 1\n\n")
        } else {
            diagnostic.help("let its first line be `rulegate 1`, if these are rules: nothing else in it can be read as one")
        });
    }

    fn top_item(&mut self, tokens: &[Token], cut: Cut, tree: &mut File) -> Option<Arc<ItemKind>> {
        let Some(start) = cut.start else {
            if tree.items.is_empty() && tree.version.is_none() && self.odd_version(tokens, tree) {
                return None;
            }
            self.stray(tokens, false);
            return None;
        };
        if matches!(start, ItemStart::Features | ItemStart::Output) {
            return self.block(tokens, start).map(Arc::new);
        }
        if start == ItemStart::Version {
            return self.version(tokens, tree);
        }
        match self.parse_item(tokens, start) {
            Some(Parsed::Top(kind)) => Some(kind),
            _ => {
                tree.broken.extend(self.name_of(tokens, start));
                None
            }
        }
    }

    /// The name an item declares, be the rest as it may.
    fn name_of(&self, tokens: &[Token], start: ItemStart) -> Option<ast::Name> {
        let at = match start {
            ItemStart::Field => 0,
            ItemStart::Let | ItemStart::Param | ItemStart::Set | ItemStart::Type => 1,
            ItemStart::Extern => 2,
            _ => return None,
        };
        let token = tokens.get(at)?;
        let text = self.text.get(token.start..token.end)?.trim_matches('`');
        Some(Spanned::new(text.to_owned(), Span::new(self.file, token.start..token.end)))
    }

    /// Two tokens; what stands behind them belongs to no item.
    fn version(&mut self, tokens: &[Token], tree: &mut File) -> Option<Arc<ItemKind>> {
        let (line, stray) = tokens.split_at_checked(2)?;
        let span = self.span_of(line)?;
        // `1.0` is a number, and no version.
        let number = line.last().and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default();
        if !number.bytes().all(|byte| byte.is_ascii_digit()) && self.odd_version(line, tree) {
            self.stray(stray, false);
            return None;
        }
        match self.parse_item(line, ItemStart::Version) {
            Some(Parsed::Version(version)) => self.check_version(tree, version, span),
            // It is there, though it cannot be read.
            _ => {
                tree.version.get_or_insert(Spanned::new(1, span));
            }
        }
        self.stray(stray, false);
        None
    }

    /// A first line that means `rulegate 1` and is written otherwise: `Rulegate 1`, `rulegate v1`, `rulegate: 1`. Whether it is one.
    fn odd_version(&mut self, tokens: &[Token], tree: &mut File) -> bool {
        let Some(first) = tokens.first() else { return false };
        let line = self.blanked.get(first.start..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim_end();
        let end = tokens.iter().map(|token| token.end).take_while(|end| *end <= first.start + line.len()).last().unwrap_or(first.end);
        let written = self.blanked.get(first.start..end).unwrap_or_default();
        let lower = written.to_ascii_lowercase();
        let Some(rest) = lower.strip_prefix("rulegate") else { return false };
        let version = rest.trim().trim_start_matches([':', '=', '@', '-']).trim();
        let version = version.strip_prefix("version").unwrap_or(version).trim().trim_matches('"');
        let version = version.strip_prefix('v').unwrap_or(version).trim();
        if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && !rest.starts_with('v') && version != "1" {
            return false;
        }
        let span = Span::new(self.file, first.start..end);
        let diagnostic = Diagnostic::new(Code::Version, format!("`{written}` is no version line"), span).help("write `rulegate 1`");
        let is_ours = matches!(version, "1" | "1.0" | "1.0.0");
        self.diagnostics.push(if is_ours { diagnostic.suggest(span, "rulegate 1") } else { diagnostic.guess(span, "rulegate 1") });
        tree.version.get_or_insert(Spanned::new(1, span));
        true
    }

    fn check_version(&mut self, tree: &mut File, version: Spanned<u64>, span: Span) {
        if version.node != 1 {
            let message = format!("version {} of the language is not known here", version.node);
            self.diagnostics
                .push(Diagnostic::new(Code::Version, message, version.span).help("this program reads version 1").guess(version.span, "1"));
        } else if tree.version.is_some() || !tree.items.is_empty() {
            self.diagnostics.push(
                Diagnostic::new(Code::Version, "the version stands in the first line, once", span)
                    .help("move it above everything but comments"),
            );
        }
        tree.version.get_or_insert(version);
    }

    /// Parses one item alone, unless the scanner or the bracket check found it broken.
    fn parse_item(&mut self, tokens: &[Token], start: ItemStart) -> Option<Parsed> {
        let range = self.span_of(tokens)?.range();
        if self.is_broken(&range) {
            return None;
        }
        // What is remembered nests as it did then.
        if let Some(known) = self.recalled(&range, start) {
            return Some(known);
        }
        if let Err(diagnostic) = scan::check_nesting(self.file, self.text, tokens) {
            self.diagnostics.push(*diagnostic);
            return None;
        }
        self.parsed(range, start)
    }

    /// An item by its text, if it is remembered.
    fn recalled(&mut self, range: &std::ops::Range<usize>, start: ItemStart) -> Option<Parsed> {
        let text = self.blanked.get(range.clone())?;
        match &mut self.memory {
            Recall::Nothing => None,
            Recall::Exactly(memory) => memory.recall(self.file, range.start, text, start),
            Recall::Anywhere(memory) => memory.recall_anywhere(text, start),
        }
    }

    fn parsed(&mut self, range: std::ops::Range<usize>, start: ItemStart) -> Option<Parsed> {
        let text = self.blanked.get(range.clone())?;
        let remarks = self.diagnostics.len();
        let parsed = parse::item(self.file, range.start, text, start, &mut self.diagnostics)?;
        if let Some(memory) = self.memory.memory().filter(|_| self.diagnostics.len() == remarks) {
            memory.keep(self.file, range.start, text, start, &parsed);
        }
        Some(parsed)
    }

    fn block(&mut self, tokens: &[Token], start: ItemStart) -> Option<ItemKind> {
        let Some(open) = tokens.iter().position(|token| token.kind == TokenKind::Symbol(b'{')) else {
            let span = self.span_of(tokens)?;
            self.diagnostics.push(Diagnostic::new(Code::Syntax, "this block has no body", span).help("its items stand in `{ … }`"));
            return None;
        };
        let (closed, after) = closing(tokens, open);
        // Where an item leaves a bracket open, the last `}` is the block's all the same.
        let own = closed.is_none() && closes_in_column(tokens);
        let body = tokens.get(open + 1..closed.unwrap_or(tokens.len() - usize::from(own)))?;
        if let Some(wrong) = closed.and_then(|at| tokens.get(at)).filter(|token| token.kind != TokenKind::Symbol(b'}')) {
            let span = Span::new(self.file, wrong.start..wrong.end);
            let written = self.text.get(wrong.start..wrong.end).unwrap_or_default();
            let message = format!("this `{written}` closes nothing: the bracket that is open here is the block's `{{`");
            self.diagnostics.push(Diagnostic::new(Code::Bracket, message, span).help("remove it, or open its partner before it"));
        } else if let Some(stray) = after.and_then(|after| tokens.get(after..)).filter(|rest| !rest.is_empty()) {
            self.stray(stray, false);
        }
        let header = self.header(tokens.get(..=open)?, start)?;
        let said = self.diagnostics.len();
        let (items, broken) = self.block_items(body, closed.is_none());
        let mut news = self.diagnostics.iter().skip(said);
        if closed.is_none() && !(own && news.any(|diagnostic| diagnostic.code == Code::Bracket)) {
            let token = tokens.get(open)?;
            let span = Span::new(self.file, token.start..token.end);
            self.diagnostics.push(Diagnostic::new(Code::Bracket, "this `{` is never closed", span).help("add a `}` where the block ends"));
        }
        let block = Block { items, broken, ..header };
        Some(if start == ItemStart::Output { ItemKind::Output(block) } else { ItemKind::Features(block) })
    }

    fn header(&mut self, tokens: &[Token], start: ItemStart) -> Option<Block> {
        let range = self.span_of(tokens)?.range();
        if self.is_broken(&range) {
            return None;
        }
        let parsed = self.recalled(&range, start).or_else(|| self.parsed(range, start));
        match parsed? {
            Parsed::Header(block) => Some(*block),
            _ => None,
        }
    }

    fn block_items(&mut self, tokens: &[Token], unclosed: bool) -> (Vec<BlockItem>, Vec<ast::Name>) {
        let (mut items, mut broken) = (Vec::new(), Vec::new());
        let mut floor = tokens.first().map_or(0, |token| self.text.get(..token.start).and_then(|before| before.rfind('{')).unwrap_or(0));
        let cuts = if unclosed { scan::cut_by_column(self.text, tokens) } else { scan::cut(self.text, tokens, true) };
        for cut in cuts {
            let Some(item) = tokens.get(cut.first..=cut.last) else { continue };
            let Some(span) = self.span_of(item) else { continue };
            let docs = self.docs_before(floor, span.range().start);
            floor = span.range().end;
            let Some(start) = cut.start else {
                self.stray(item, true);
                continue;
            };
            match self.parse_item(item, start) {
                Some(Parsed::Inner(kind)) => items.push(BlockItem { kind, docs, span }),
                _ => broken.extend(self.name_of(item, start)),
            }
        }
        (items, broken)
    }

    fn stray(&mut self, tokens: &[Token], in_block: bool) {
        let Some(first) = tokens.first() else { return };
        let range = first.start..first.end;
        if self.span_of(tokens).is_some_and(|span| self.is_broken(&span.range())) {
            return;
        }
        let word = self.text.get(range.clone()).unwrap_or_default();
        let what = if in_block {
            "a field, `key`, `let`, `rule` or `check`"
        } else {
            "`features`, `output`, `param`, `set`, `type`, `import` or `test`"
        };
        let span = Span::new(self.file, range);
        if let Some(start) = scan::started_by(word, in_block) {
            // The word is right, and what stands behind it is not.
            let message = format!("`{word}` is not followed by what belongs behind it");
            return self.diagnostics.push(Diagnostic::new(Code::Misplaced, message, span).help(parse::shape_of(start)));
        }
        let diagnostic = Diagnostic::new(Code::Misplaced, format!("nothing that can stand here begins with `{word}`"), span);
        let diagnostic = diagnostic.did_you_mean(word, scan::item_words(in_block));
        let diagnostic = match diagnostic.help {
            Some(_) => diagnostic,
            None if word == "-" => diagnostic.help("items stand below each other, without `-`").suggest(span, ""),
            None => diagnostic.help(format!("begin with {what}")),
        };
        self.diagnostics.push(diagnostic);
    }

    /// Whether the scanner found something broken in a place.
    fn is_broken(&self, range: &std::ops::Range<usize>) -> bool {
        let next = self.broken.partition_point(|at| *at < range.start);
        self.broken.get(next).is_some_and(|at| *at < range.end)
    }

    fn span_of(&self, tokens: &[Token]) -> Option<Span> {
        Some(Span::new(self.file, tokens.first()?.start..tokens.last()?.end))
    }

    /// The `///` lines between the item before and this one.
    fn docs_before(&self, floor: usize, start: usize) -> Option<String> {
        let from = self.comments.partition_point(|comment| (comment.span.start as usize) < floor);
        let lines: Vec<&str> = self
            .comments
            .get(from..)?
            .iter()
            .take_while(|comment| (comment.span.start as usize) < start)
            .filter_map(|comment| comment.text.strip_prefix("///"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// Whether a block ends in a `}` that stands in the column it begins in.
fn closes_in_column(tokens: &[Token]) -> bool {
    let (first, last) = (tokens.first(), tokens.last());
    first.zip(last).is_some_and(|(first, last)| {
        last.kind == TokenKind::Symbol(b'}') && last.column.is_some() && last.column == first.column && first.start < last.start
    })
}

/// The token that closes the bracket at `open`, and the one after it.
fn closing(tokens: &[Token], open: usize) -> (Option<usize>, Option<usize>) {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            TokenKind::Symbol(b'{' | b'(' | b'[') => depth += 1,
            TokenKind::Symbol(b'}' | b')' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return (Some(index), Some(index + 1));
        }
    }
    (None, None)
}

#[cfg(test)]
mod tests;
