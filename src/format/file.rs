//! The file as a whole: items and comments on lines of their own, empty lines between them, rows below each other.

use std::borrow::Cow;
use std::ops::Range;

use crate::syntax::ast::Comment;
use crate::syntax::scan::ItemStart;

use super::doc::{Doc, Docs};
use super::item::{self, Built};
use super::lexeme::{Lexeme, lexemes, tidy};
use super::nest::nest;
use super::outline::{Outline, Part, PartKind};
use super::rows::{Columns, Row};

/// Lays a file out; `None` if an item is not written as the grammar says, which would be a bug.
pub(super) fn docs<'a>(outline: &'a Outline<'a>) -> Option<Docs<'a>> {
    let entries = entries(outline, &outline.parts, 0..outline.text.len(), None)?;
    Some(lines(entries.list))
}

/// What stands on lines of its own.
struct Entry<'a> {
    content: Content<'a>,
    /// Whether an empty line stands before it.
    apart: bool,
    /// Comments at the end of its last line.
    trail: Vec<Cow<'a, str>>,
}

enum Content<'a> {
    Comment(Cow<'a, str>),
    Docs(Docs<'a>),
    Row(Box<Row<'a>>, Docs<'a>),
}

struct Entries<'a> {
    list: Vec<Entry<'a>>,
    /// Comments at the end of the line before the first.
    trail: Vec<Cow<'a, str>>,
}

/// The parts in a range of the text, and the comments between them. `after` is where the brace before them ends.
fn entries<'a>(outline: &'a Outline<'a>, parts: &[Part], range: Range<usize>, after: Option<usize>) -> Option<Entries<'a>> {
    let mut entries = Entries { list: Vec::new(), trail: Vec::new() };
    let mut end = range.start;
    let mut forced = false;
    let comments = outline.comments();
    let first = comments.partition_point(|comment| comment.span.range().start < range.start);
    let mut comments = comments.get(first..)?.iter().take_while(|comment| comment.span.range().start < range.end).peekable();
    for part in parts {
        let place = outline.range(part);
        while let Some(comment) = comments.next_if(|comment| comment.span.range().start < place.start) {
            entries.comment(outline, comment, &mut end, after.is_some(), &mut forced);
        }
        let inner = comments.peek().map_or(0, |_| place.end);
        while comments.next_if(|comment| comment.span.range().start < inner).is_some() {}
        let apart = std::mem::take(&mut forced) || outline.line_ends(end..place.start) > 1;
        let content = content(outline, part)?;
        entries.list.push(Entry { content, apart, trail: Vec::new() });
        forced = matches!(part.kind, PartKind::Item(ItemStart::Version));
        end = place.end;
    }
    for comment in comments {
        entries.comment(outline, comment, &mut end, after.is_some(), &mut forced);
    }
    Some(entries)
}

impl<'a> Entries<'a> {
    fn comment(&mut self, outline: &Outline<'_>, comment: &'a Comment, end: &mut usize, in_block: bool, forced: &mut bool) {
        let range = comment.span.range();
        let line_ends = outline.line_ends(*end..range.start);
        *end = range.end;
        let text = tidy(&comment.text);
        match self.list.last_mut() {
            Some(last) if line_ends == 0 => last.trail.push(text),
            None if line_ends == 0 && in_block => self.trail.push(text),
            _ => {
                let apart = std::mem::take(forced) || line_ends > 1;
                self.list.push(Entry { content: Content::Comment(text), apart, trail: Vec::new() });
            }
        }
    }
}

impl Outline<'_> {
    /// Line ends in a gap between tokens and comments.
    fn line_ends(&self, gap: Range<usize>) -> usize {
        self.text.get(gap).map_or(0, |gap| gap.bytes().filter(|byte| *byte == b'\n').count())
    }

    /// The lexemes of some tokens, with the comments between them.
    fn lexemes(&self, tokens: Range<usize>) -> Vec<Lexeme<'_>> {
        let tokens = self.tokens.get(tokens).unwrap_or_default();
        let start = tokens.first().map_or(0, |token| token.start);
        let end = tokens.last().map_or(0, |token| token.end);
        let comments = self.comments();
        let from = comments.partition_point(|comment| comment.span.range().start < start);
        let to = comments.partition_point(|comment| comment.span.range().start < end);
        lexemes(self.text, tokens, comments.get(from..to).unwrap_or_default())
    }
}

fn content<'a>(outline: &'a Outline<'a>, part: &Part) -> Option<Content<'a>> {
    match &part.kind {
        PartKind::LeftAlone => {
            let mut docs = Docs::default();
            docs.text(outline.text.get(outline.range(part))?);
            Some(Content::Docs(docs))
        }
        PartKind::Item(start) => Some(match item::build(nest(outline.lexemes(part.tokens.clone()))?, *start)? {
            Built::Docs(docs) => Content::Docs(docs),
            Built::Row(row, after) => Content::Row(row, after),
        }),
        PartKind::Block { open, close, inside } => block(outline, part.tokens.start, *open, *close, inside).map(Content::Docs),
    }
}

fn block<'a>(outline: &'a Outline<'a>, first: usize, open: usize, close: usize, inside: &[Part]) -> Option<Docs<'a>> {
    let mut head = outline.lexemes(first..open + 1);
    let brace = head.pop()?;
    let mut docs = item::header(&nest(head)?);
    docs.push(Doc::Space);
    brace.push_to(&mut docs);
    let body = outline.tokens.get(open)?.end..outline.tokens.get(close)?.start;
    let Entries { list, trail } = entries(outline, inside, body.clone(), Some(body.start))?;
    let empty = list.is_empty() && trail.is_empty();
    trail.into_iter().for_each(|comment| docs.push(Doc::Trail(comment)));
    if !list.is_empty() {
        let mut inner = Docs::default();
        inner.push(Doc::HardLine);
        inner.append(lines(list));
        docs.indent(2, inner);
    }
    if !empty {
        docs.push(Doc::HardLine);
    }
    docs.text("}");
    Some(docs)
}

/// Entries below each other; rows of one kind in a run share their columns. An empty line ends a run, and so does any other item.
fn lines(entries: Vec<Entry<'_>>) -> Docs<'_> {
    let columns = columns(&entries);
    let mut docs = Docs::default();
    for (index, (entry, columns)) in entries.into_iter().zip(columns).enumerate() {
        if index > 0 {
            docs.push(if entry.apart { Doc::EmptyLine } else { Doc::HardLine });
        }
        match entry.content {
            Content::Comment(text) => docs.text(text),
            Content::Docs(inner) => docs.append(inner),
            Content::Row(row, after) => {
                docs.append(row.docs(columns));
                docs.append(after);
            }
        }
        entry.trail.into_iter().for_each(|comment| docs.push(Doc::Trail(comment)));
    }
    docs
}

fn columns(entries: &[Entry<'_>]) -> Vec<Columns> {
    let mut columns = Vec::with_capacity(entries.len());
    while let Some(first) = entries.get(columns.len()) {
        let rest = entries.get(columns.len()..).unwrap_or_default();
        let run = match &first.content {
            Content::Row(row, _) => {
                let goes_on = |(index, entry): &(usize, &Entry<'_>)| match &entry.content {
                    _ if entry.apart && *index > 0 => false,
                    Content::Comment(_) => true,
                    Content::Row(next, _) => next.kind == row.kind,
                    Content::Docs(_) => false,
                };
                rest.iter().enumerate().take_while(goes_on).count()
            }
            _ => 1,
        };
        let rows = rest.iter().take(run).filter_map(|entry| match &entry.content {
            Content::Row(row, _) => Some(&**row),
            _ => None,
        });
        let shared = Columns::of(rows);
        columns.extend(std::iter::repeat_n(shared, run.max(1)));
    }
    columns
}
