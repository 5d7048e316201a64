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
    items: HashMap<ItemStart, Items, ahash::RandomState>,
    /// How often it has begun.
    round: u64,
    parsed: usize,
}

type Items = HashMap<Box<str>, Known, ahash::RandomState>;

/// An item and the place it was last asked for at.
#[derive(Debug)]
struct Known {
    file: FileId,
    offset: usize,
    /// The round it was last asked for in.
    round: u64,
    parsed: Parsed,
}

impl Memory {
    /// Begins anew: what the texts parsed from here on do not have is forgotten at the next beginning.
    pub(crate) fn begin(&mut self) {
        let round = self.round;
        self.items.values_mut().for_each(|items| items.retain(|_, known| known.round == round));
        self.round += 1;
        self.parsed = 0;
    }

    /// How many items were parsed and kept since the last beginning, because no text before had them.
    #[must_use]
    pub fn parsed(&self) -> usize {
        self.parsed
    }

    /// The tree of an item with this text, as if it had been read at byte `offset` of a file.
    pub(super) fn recall(&mut self, file: FileId, offset: usize, text: &str, start: ItemStart) -> Option<Parsed> {
        let known = self.known(text, start)?;
        if (known.file, known.offset) != (file, offset) {
            let by = Move { file, from: u32::try_from(known.offset).ok()?, to: u32::try_from(offset).ok()? };
            known.parsed.shift(by);
            (known.file, known.offset) = (file, offset);
        }
        Some(known.parsed.clone())
    }

    /// The tree of an item with this text, with places of wherever it was read.
    pub(super) fn recall_anywhere(&mut self, text: &str, start: ItemStart) -> Option<Parsed> {
        self.known(text, start).map(|known| known.parsed.clone())
    }

    fn known(&mut self, text: &str, start: ItemStart) -> Option<&mut Known> {
        let round = self.round;
        let known = self.items.get_mut(&start)?.get_mut(text)?;
        known.round = round;
        Some(known)
    }

    /// Keeps the tree of an item that was read without a remark at byte `offset` of a file.
    pub(super) fn keep(&mut self, file: FileId, offset: usize, text: &str, start: ItemStart, parsed: &Parsed) {
        self.parsed += 1;
        let known = Known { file, offset, round: self.round, parsed: parsed.clone() };
        self.items.entry(start).or_default().insert(text.into(), known);
    }
}
