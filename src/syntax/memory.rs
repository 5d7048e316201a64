//! Items of an earlier text, kept so that an edit costs the item it is in and not the file.
//!
//! An item is parsed alone, from its text and from what it starts with (decision 0001), so an item with the same text has the same tree,
//! at another place perhaps. Only items that were read without a remark are kept: those with mistakes are few, and are read again.

use std::collections::HashMap;

use crate::source::FileId;

use super::parse::Parsed;
use super::scan::ItemStart;
use super::shift::{Move, Shift};

/// Items of the texts that were parsed last. Parsing with it gives what parsing without it gives.
#[derive(Debug, Default)]
pub struct Memory {
    earlier: Items,
    current: Items,
    parsed: usize,
}

type Items = HashMap<ItemStart, HashMap<Box<str>, Known>>;

/// An item and the place it was read at.
#[derive(Debug)]
struct Known {
    offset: usize,
    parsed: Parsed,
}

impl Memory {
    /// Begins anew: what the texts parsed from here on do not have is forgotten at the next beginning.
    pub(crate) fn begin(&mut self) {
        self.earlier = std::mem::take(&mut self.current);
        self.parsed = 0;
    }

    /// How many items were parsed and kept since the last beginning, because no text before had them.
    #[must_use]
    pub fn parsed(&self) -> usize {
        self.parsed
    }

    /// The tree of an item with this text, as if it had been read at byte `offset` of a file.
    pub(super) fn recall(&mut self, file: FileId, offset: usize, text: &str, start: ItemStart) -> Option<Parsed> {
        let current = self.current.entry(start).or_default();
        if !current.contains_key(text) {
            let (text, known) = self.earlier.get_mut(&start)?.remove_entry(text)?;
            current.insert(text, known);
        }
        let known = current.get(text)?;
        let mut parsed = known.parsed.clone();
        parsed.shift(Move { file, from: u32::try_from(known.offset).ok()?, to: u32::try_from(offset).ok()? });
        Some(parsed)
    }

    /// Keeps the tree of an item that was read without a remark at byte `offset`.
    pub(super) fn keep(&mut self, offset: usize, text: &str, start: ItemStart, parsed: &Parsed) {
        self.parsed += 1;
        self.current.entry(start).or_default().insert(text.into(), Known { offset, parsed: parsed.clone() });
    }
}
