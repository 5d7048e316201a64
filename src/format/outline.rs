//! The outline of a file: its items as the scanner cuts them, and which of them can be laid out.

use std::ops::Range;

use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::ast::{BlockItem, Comment, File, Item, ItemKind};
use crate::syntax::scan::{self, Cut, ItemStart, Token, TokenKind};
use crate::syntax::{Memory, Read, Recall};

/// What is known of a text before it is laid out.
pub(super) struct Outline<'a> {
    pub text: &'a str,
    pub tree: File,
    pub diagnostics: Vec<Diagnostic>,
    pub tokens: Vec<Token>,
    pub parts: Vec<Part>,
}

/// A run of tokens that belong together, by their indexes.
#[derive(Debug)]
pub(super) struct Part {
    pub tokens: Range<usize>,
    pub kind: PartKind,
}

#[derive(Debug)]
pub(super) enum PartKind {
    /// What cannot be read stays as it is.
    LeftAlone,
    /// So does what would read otherwise if it were laid out.
    Kept,
    Item(ItemStart),
    /// A block with the places of its braces.
    Block {
        open: usize,
        close: usize,
        inside: Vec<Part>,
    },
}

impl<'a> Outline<'a> {
    pub(super) fn of(file: FileId, text: &'a str, memory: &mut Memory) -> Self {
        let Read { tree, diagnostics, tokens } = crate::syntax::read(file, text, Recall::Anywhere(memory));
        let mut outline = Self { text, tree, diagnostics, tokens, parts: Vec::new() };
        let mut parts = Vec::new();
        let mut parsed = outline.tree.items.iter().peekable();
        for cut in scan::cut(text, &outline.tokens, false) {
            outline.top(cut, &mut parsed, &mut parts);
        }
        outline.parts = parts;
        outline
    }

    pub(super) fn comments(&self) -> &[Comment] {
        &self.tree.comments
    }

    /// Where a part begins and ends in the text.
    pub(super) fn range(&self, part: &Part) -> Range<usize> {
        let start = self.tokens.get(part.tokens.start).map_or(0, |token| token.start);
        let end = part.tokens.end.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |token| token.end);
        start..end
    }

    fn top<'t>(&self, cut: Cut, parsed: &mut std::iter::Peekable<impl Iterator<Item = &'t Item>>, parts: &mut Vec<Part>) {
        let tokens = cut.first..cut.last + 1;
        let item = parsed.next_if(|item| self.starts_at(item.span, cut.first));
        match (cut.start, item.map(|item| &*item.kind)) {
            (Some(ItemStart::Version), _) => {
                let line = Part { tokens: cut.first..cut.first + 2, kind: PartKind::Item(ItemStart::Version) };
                parts.push(if self.is_version(cut.first) { line } else { Part { kind: PartKind::LeftAlone, ..line } });
                parts.extend(stray(cut.first + 2..tokens.end));
            }
            (Some(_), Some(ItemKind::Features(block) | ItemKind::Output(block))) => match self.braces(cut) {
                Some((open, close)) => {
                    let inside = self.inside(open + 1..close, &block.items);
                    parts.push(Part { tokens: tokens.start..close + 1, kind: PartKind::Block { open, close, inside } });
                    parts.extend(stray(close + 1..tokens.end));
                }
                None => parts.push(Part { tokens, kind: PartKind::LeftAlone }),
            },
            (Some(start), Some(_)) => parts.push(Part { tokens, kind: PartKind::Item(start) }),
            _ => parts.push(Part { tokens, kind: PartKind::LeftAlone }),
        }
    }

    fn starts_at(&self, span: Span, token: usize) -> bool {
        self.tokens.get(token).is_some_and(|token| token.start == span.range().start)
    }

    fn is_version(&self, first: usize) -> bool {
        let number = self.tokens.get(first + 1).and_then(|token| self.text.get(token.start..token.end));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_'))
    }

    /// The braces of a block, if they match.
    fn braces(&self, cut: Cut) -> Option<(usize, usize)> {
        let tokens = self.tokens.get(..=cut.last)?;
        let open = (cut.first..=cut.last).find(|at| symbol(tokens, *at) == b'{')?;
        let mut depth = 0_usize;
        for at in open..tokens.len() {
            match symbol(tokens, at) {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return (symbol(tokens, at) == b'}').then_some((open, at));
            }
        }
        None
    }

    fn inside(&self, range: Range<usize>, items: &[BlockItem]) -> Vec<Part> {
        let mut parsed = items.iter().peekable();
        let tokens = self.tokens.get(range.clone()).unwrap_or_default();
        let cuts = scan::cut(self.text, tokens, true);
        let parts = cuts.into_iter().map(|cut| {
            let tokens = range.start + cut.first..range.start + cut.last + 1;
            let item = parsed.next_if(|item| self.starts_at(item.span, tokens.start));
            let kind = match (cut.start, item) {
                (Some(start), Some(_)) => PartKind::Item(start),
                _ => PartKind::LeftAlone,
            };
            Part { tokens, kind }
        });
        parts.collect()
    }

    /// The parts of the file, and those of its blocks.
    fn all_parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().flat_map(|part| {
            let inside = if let PartKind::Block { inside, .. } = &part.kind { inside.as_slice() } else { &[] };
            std::iter::once(part).chain(inside)
        })
    }

    /// The texts that cannot be read and are left alone.
    pub(super) fn left_alone(&self) -> Vec<&'a str> {
        let left = self.all_parts().filter(|part| matches!(part.kind, PartKind::LeftAlone));
        left.filter_map(|part| self.text.get(self.range(part))).collect()
    }

    /// How many items are kept as they are written though they can be read.
    pub(super) fn kept(&self) -> usize {
        self.all_parts().filter(|part| matches!(part.kind, PartKind::Kept)).count()
    }

    /// Every token but the commas that may stand or not: before a closing bracket and at the end of an item.
    pub(super) fn essential(&self) -> impl Iterator<Item = (TokenKind, &'a str)> {
        let mut ends = vec![false; self.tokens.len()];
        for part in self.all_parts() {
            if let Some(end) = part.tokens.end.checked_sub(1).and_then(|last| ends.get_mut(last)) {
                *end = true;
            }
        }
        let text = self.text;
        self.tokens.iter().enumerate().zip(ends).filter_map(move |((at, token), ends)| {
            let closes = matches!(symbol(&self.tokens, at + 1), b')' | b']' | b'}');
            let optional = token.kind == TokenKind::Symbol(b',') && (ends || closes);
            (!optional).then(|| (token.kind, text.get(token.start..token.end).unwrap_or_default()))
        })
    }
}

/// What stands behind an item and belongs to none.
fn stray(tokens: Range<usize>) -> Option<Part> {
    (!tokens.is_empty()).then_some(Part { tokens, kind: PartKind::LeftAlone })
}

fn symbol(tokens: &[Token], at: usize) -> u8 {
    match tokens.get(at).map(|token| token.kind) {
        Some(TokenKind::Symbol(byte)) => byte,
        _ => 0,
    }
}
