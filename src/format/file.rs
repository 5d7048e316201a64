//! The file as a whole: items and comments on lines of their own, empty lines between them, rows below each other.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use crate::syntax::ast::Comment;
use crate::syntax::scan::ItemStart;

use super::doc::{Doc, Docs, Sheet};
use super::item::{self, Built};
use super::lexeme::{Lexeme, lexemes, tidy};
use super::nest::nest;
use super::outline::{Outline, Part, PartKind};
use super::rows::{Columns, Row};

/// Groups of entries that are printed at a time by one thread.
const AT_A_TIME: usize = 64;

/// Lays a file out; `None` if an item is not written as the grammar says, which would be a bug.
pub(super) fn print(outline: &Outline<'_>) -> Option<String> {
    let entries = entries(outline, &outline.parts, 0..outline.text.len(), None);
    Some(sheet(outline, &entries.list, 0)?.text())
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
    Part(&'a Part),
}

impl Entry<'_> {
    /// Whether rows that stand below each other may go on over it.
    fn is_in_run(&self) -> bool {
        let Content::Part(part) = &self.content else { return true };
        matches!(part.kind, PartKind::Item(ItemStart::Field | ItemStart::Fields | ItemStart::Let | ItemStart::Observe))
    }
}

struct Entries<'a> {
    list: Vec<Entry<'a>>,
    /// Comments at the end of the line before the first.
    trail: Vec<Cow<'a, str>>,
}

/// The parts in a range of the text, and the comments between them. `after` is where the brace before them ends.
fn entries<'a>(outline: &'a Outline<'a>, parts: &'a [Part], range: Range<usize>, after: Option<usize>) -> Entries<'a> {
    let mut entries = Entries { list: Vec::new(), trail: Vec::new() };
    let mut end = range.start;
    let mut forced = false;
    let comments = outline.comments();
    let first = comments.partition_point(|comment| comment.span.range().start < range.start);
    let mut comments = comments.iter().skip(first).take_while(|comment| comment.span.range().start < range.end).peekable();
    for part in parts {
        let place = outline.range(part);
        while let Some(comment) = comments.next_if(|comment| comment.span.range().start < place.start) {
            entries.comment(outline, comment, &mut end, after.is_some(), &mut forced);
        }
        let inner = comments.peek().map_or(0, |_| place.end);
        while comments.next_if(|comment| comment.span.range().start < inner).is_some() {}
        let apart = std::mem::take(&mut forced) || outline.line_ends(end..place.start) > 1;
        entries.list.push(Entry { content: Content::Part(part), apart, trail: Vec::new() });
        forced = matches!(part.kind, PartKind::Item(ItemStart::Version));
        end = place.end;
    }
    for comment in comments {
        entries.comment(outline, comment, &mut end, after.is_some(), &mut forced);
    }
    // Nothing stands before the first line.
    entries.list.iter_mut().take(1).for_each(|first| first.apart = false);
    entries
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

/// Entries below each other.
fn sheet<'a>(outline: &'a Outline<'a>, entries: &[Entry<'a>], indent: usize) -> Option<Sheet> {
    let groups: Vec<&[Entry<'a>]> = entries.chunk_by(|one, next| !next.apart && one.is_in_run() && next.is_in_run()).collect();
    let several = |groups: &[&[Entry<'a>]]| {
        let mut sheet = Sheet::default();
        groups.iter().try_for_each(|entries| group(outline, entries, indent, &mut sheet))?;
        Some(sheet)
    };
    if groups.len() <= AT_A_TIME {
        return several(&groups);
    }
    let sheets: Option<Vec<Sheet>> = groups.par_chunks(AT_A_TIME).map(several).collect();
    let mut sheet = Sheet::default();
    sheets?.into_iter().for_each(|part| sheet.append(part));
    Some(sheet)
}

/// Prints entries that nothing before or behind them has a part in.
fn group<'a>(outline: &'a Outline<'a>, entries: &[Entry<'a>], indent: usize, sheet: &mut Sheet) -> Option<()> {
    let laid: Vec<Laid<'a>> = entries.iter().map(|entry| laid(outline, entry)).collect::<Option<_>>()?;
    let columns = columns(entries, &laid);
    for ((entry, laid), columns) in entries.iter().zip(laid).zip(columns) {
        if entry.apart {
            sheet.empty_line();
        }
        let mut docs = match laid {
            Laid::Docs(docs) => docs,
            Laid::Row(row, after) => {
                let mut docs = row.docs(columns);
                docs.append(after);
                docs
            }
            Laid::Block(head, body, close) => {
                sheet.print(&head, indent);
                sheet.append(body);
                close
            }
        };
        entry.trail.iter().for_each(|comment| docs.push(Doc::Trail(comment.clone())));
        sheet.print(&docs, indent);
    }
    Some(())
}

/// An entry, laid out but for what its neighbours decide.
enum Laid<'a> {
    Docs(Docs<'a>),
    Row(Box<Row<'a>>, Docs<'a>),
    /// The line a block begins with, its inside, and the brace that closes it.
    Block(Docs<'a>, Sheet, Docs<'a>),
}

fn laid<'a>(outline: &'a Outline<'a>, entry: &Entry<'a>) -> Option<Laid<'a>> {
    let part = match &entry.content {
        Content::Comment(text) => return Some(Laid::Docs(Docs::of(text.clone()))),
        Content::Part(part) => part,
    };
    match &part.kind {
        PartKind::LeftAlone | PartKind::Kept => Some(Laid::Docs(Docs::of(outline.text.get(outline.range(part))?))),
        PartKind::Item(start) => Some(match item::build(nest(outline.lexemes(part.tokens.clone()))?, *start)? {
            Built::Docs(docs) => Laid::Docs(docs),
            Built::Row(row, after) => Laid::Row(row, after),
        }),
        PartKind::Block { open, close, inside } => block(outline, part.tokens.start, *open, *close, inside),
    }
}

fn block<'a>(outline: &'a Outline<'a>, first: usize, open: usize, close: usize, inside: &'a [Part]) -> Option<Laid<'a>> {
    let mut head = outline.lexemes(first..open + 1);
    let brace = head.pop()?;
    let mut docs = item::header(&nest(head)?);
    docs.push(Doc::Space);
    brace.push_to(&mut docs);
    let body = outline.tokens.get(open)?.end..outline.tokens.get(close)?.start;
    let Entries { list, trail } = entries(outline, inside, body.clone(), Some(body.start));
    if list.is_empty() && trail.is_empty() {
        docs.text("}");
        return Some(Laid::Docs(docs));
    }
    trail.into_iter().for_each(|comment| docs.push(Doc::Trail(comment)));
    Some(Laid::Block(docs, sheet(outline, &list, 2)?, Docs::of("}")))
}

/// The columns of each entry. Rows of one kind in a run share theirs; an empty line ends a run, and so does any other item.
fn columns(entries: &[Entry<'_>], laid: &[Laid<'_>]) -> Vec<Columns> {
    let mut columns = Vec::with_capacity(laid.len());
    while let Some(first) = laid.get(columns.len()) {
        let rest = laid.get(columns.len()..).unwrap_or_default();
        let run = match first {
            Laid::Row(row, _) => {
                let goes_on = |(index, (entry, next)): &(usize, (&Entry<'_>, &Laid<'_>))| match next {
                    _ if entry.apart && *index > 0 => false,
                    Laid::Row(next, _) => next.kind == row.kind,
                    _ => matches!(entry.content, Content::Comment(_)),
                };
                entries.iter().skip(columns.len()).zip(rest).enumerate().take_while(goes_on).count()
            }
            _ => 1,
        };
        let rows = rest.iter().take(run).filter_map(|laid| match laid {
            Laid::Row(row, _) => Some(&**row),
            _ => None,
        });
        let shared = Columns::of(rows);
        columns.extend(std::iter::repeat_n(shared, run.max(1)));
    }
    columns
}
