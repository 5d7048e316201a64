//! Items that would read otherwise in the canonical layout, and stay as they are written.
//!
//! The scanner and the grammar can differ about what is no sound rule anyway: in `"" * / */` the grammar sees a pattern, whose blanks count,
//! and the scanner signs.

use crate::syntax::ast::{Block, File, Item, ItemKind};

use super::outline::{Outline, Part, PartKind};
use super::same::Same;

/// Keeps the items of a text that are others in the tree of its layout; tells whether there were any.
pub(super) fn keep_what_reads_otherwise(outline: &mut Outline<'_>, laid_out: &File) -> bool {
    let mut starts = Vec::new();
    for (item, other) in outline.tree.items.iter().zip(&laid_out.items).filter(|(item, other)| !item.same(other)) {
        let inside = blocks(item, other).map(|(block, other)| changed(block, other)).unwrap_or_default();
        // Where it is no item of the block, it is the block.
        starts.extend(if inside.is_empty() { vec![item.span.start] } else { inside });
    }
    let tokens = &outline.tokens;
    let keep = |part: &mut Part| {
        let start = tokens.get(part.tokens.start).and_then(|token| u32::try_from(token.start).ok());
        if start.is_some_and(|start| starts.contains(&start)) && !matches!(part.kind, PartKind::LeftAlone) {
            part.kind = PartKind::Kept;
        }
    };
    for part in &mut outline.parts {
        keep(part);
        if let PartKind::Block { inside, .. } = &mut part.kind {
            inside.iter_mut().for_each(keep);
        }
    }
    !starts.is_empty()
}

fn blocks<'t>(item: &'t Item, other: &'t Item) -> Option<(&'t Block, &'t Block)> {
    match (&*item.kind, &*other.kind) {
        (ItemKind::Features(block), ItemKind::Features(other)) | (ItemKind::Output(block), ItemKind::Output(other)) => Some((block, other)),
        _ => None,
    }
}

/// Where the items of a block begin that another does not have in their places.
fn changed(block: &Block, other: &Block) -> Vec<u32> {
    let pairs = block.items.iter().zip(&other.items);
    pairs.filter(|(item, other)| !item.same(other)).map(|(item, _)| item.span.start).collect()
}
