//! [`Groups`]: digits with separators between them.

use super::bytes::{at, part, run};

/// A place of a number inside a text, for kinds that look at groups of digits: up to `most` groups with what stands between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Groups {
    /// Start and length of each group.
    groups: [(usize, usize); Groups::MOST],
    count: usize,
}

impl Groups {
    const MOST: usize = 8;

    /// Groups of digits from a place on, one or two of `separators` between them.
    pub(super) fn read(text: &[u8], place: usize, separators: &[u8]) -> Self {
        let mut all = Self { groups: [(0, 0); Self::MOST], count: 0 };
        let mut from = place;
        for slot in &mut all.groups {
            let length = run(text, from, 20, |byte| byte.is_ascii_digit());
            if length == 0 {
                break;
            }
            *slot = (from, length);
            all.count += 1;
            let gap = run(text, from + length, 2, |byte| separators.contains(&byte));
            from += length + gap;
            if gap == 0 || !at(text, from).is_some_and(|byte| byte.is_ascii_digit()) {
                break;
            }
        }
        all
    }

    pub(super) fn lengths(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().take(self.count).map(|(_, length)| *length)
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The end of the last of the first `count` groups.
    pub(super) fn end(&self, count: usize) -> usize {
        count.checked_sub(1).and_then(|last| self.groups.get(last)).map_or(0, |(start, length)| start + length)
    }

    /// The digits of the first `count` groups.
    pub(super) fn digits<'t>(&self, text: &'t [u8], count: usize) -> impl Iterator<Item = u8> + 't {
        let groups = self.groups;
        groups.into_iter().take(count.min(self.count)).flat_map(move |(start, length)| part(text, start, start + length)).copied()
    }

    /// What stands between two groups, if it is one byte and the same everywhere among the first `count` groups.
    pub(super) fn separator(&self, text: &[u8], count: usize) -> Option<u8> {
        let mut separators = self
            .groups
            .iter()
            .zip(self.groups.iter().skip(1))
            .take(count.min(self.count).saturating_sub(1))
            .map(|((start, length), (next, _))| if next - (start + length) == 1 { at(text, start + length) } else { None });
        let first = separators.next()??;
        separators.all(|other| other == Some(first)).then_some(first)
    }
}
