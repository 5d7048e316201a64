//! Failing rows that waivers cover: counted and shown like all others, and not held against the data.

use std::collections::BTreeMap;

use arrow::buffer::BooleanBuffer;
use serde::{Deserialize, Serialize};

use crate::kernels::bits;
use crate::plan::Covers;

use super::Slice;
use super::frame::Frame;
use super::tally::Position;

/// Failing rows by the waiver that covers them (its place in the block): the first, where several would.
pub(crate) type WaivedRows = BTreeMap<u32, u64>;

/// Adds what waivers cover elsewhere.
pub(crate) fn add_waived(all: &mut WaivedRows, more: &WaivedRows) {
    for (waiver, rows) in more {
        *all.entry(*waiver).or_default() += rows;
    }
}

/// Rows of a slice that the waivers of a rule cover, each row named once.
#[derive(Debug, Default)]
pub(super) struct Cover(Vec<(u32, BooleanBuffer)>);

impl Cover {
    /// The waiver that covers a row.
    pub(super) fn waiver_of(&self, row: usize) -> Option<u32> {
        self.0.iter().find(|(_, rows)| bits::get(Some(rows), row)).map(|(waiver, _)| *waiver)
    }

    /// Counts failing rows by the waiver that covers them.
    pub(super) fn count(&self, failing: &BooleanBuffer, waived: &mut WaivedRows) {
        for (waiver, rows) in &self.0 {
            let covered = (rows & failing).count_set_bits() as u64;
            if covered > 0 {
                *waived.entry(*waiver).or_default() += covered;
            }
        }
    }

    /// Rows that some waiver covers.
    pub(super) fn rows(&self) -> Option<BooleanBuffer> {
        self.0.iter().fold(None, |all, (_, rows)| bits::union(all.as_ref(), Some(rows)))
    }
}

/// Rows of a slice that fail a rule: at least one.
pub(super) struct Failing {
    pub rows: BooleanBuffer,
    pub cover: Cover,
}

impl Failing {
    /// Those held against the data; `None` if there are none.
    pub(super) fn held(&self) -> Option<BooleanBuffer> {
        match self.cover.rows() {
            Some(covered) => bits::some_if_any(bits::minus(&self.rows, Some(&covered))),
            None => Some(self.rows.clone()),
        }
    }

    /// Those that are waived; `None` if there are none.
    pub(super) fn waived(&self) -> Option<BooleanBuffer> {
        self.cover.rows().and_then(|covered| bits::some_if_any(&covered & &self.rows))
    }
}

impl Slice<'_> {
    /// What the waivers of a rule cover; computed only where something fails.
    pub(super) fn cover(&self, rule: usize, frame: &mut Frame<'_>) -> Cover {
        self.covered(rule, frame, true)
    }

    /// As [`Slice::cover`], but for waivers of all rows, which the end of a session knows without looking at rows.
    pub(super) fn cover_by_filter(&self, rule: usize, frame: &mut Frame<'_>) -> Cover {
        self.covered(rule, frame, false)
    }

    fn covered(&self, rule: usize, frame: &mut Frame<'_>, whole: bool) -> Cover {
        let mut cover = Cover::default();
        for waiver in self.plan.rules.get(rule).map_or(&[][..], |rule| &rule.waivers) {
            let rows = match &waiver.covers {
                Covers::All if whole => BooleanBuffer::new_set(self.rows),
                // Those behind it have nothing left.
                Covers::All => break,
                Covers::Rows(filter) => {
                    frame.compute(&filter.order);
                    frame.get(filter.test).decoded().true_rows()
                }
                Covers::Nothing(_) => continue,
            };
            if let Some(rows) = bits::some_if_any(bits::minus(&rows, cover.rows().as_ref())) {
                cover.0.push((waiver.index, rows));
            }
        }
        cover
    }
}

/// What waivers cover of one key of a `unique` rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct CoveredKey {
    /// The first row that is covered, and by which waiver.
    first: (Position, u32),
    rows: WaivedRows,
}

/// What waivers cover of the keys of a `unique` rule, whose rows fail only once another has the same key. Keys without such rows are not here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CoveredKeys(#[serde(with = "super::state::by_key")] BTreeMap<Vec<u8>, CoveredKey>);

impl CoveredKeys {
    /// Takes in a row with a key.
    pub(super) fn add(&mut self, key: &[u8], at: Position, waiver: u32) {
        let one = CoveredKey { first: (at, waiver), rows: WaivedRows::from([(waiver, 1)]) };
        self.add_key(key, one);
    }

    fn add_key(&mut self, key: &[u8], more: CoveredKey) {
        match self.0.get_mut(key) {
            Some(known) => {
                known.first = known.first.min(more.first);
                add_waived(&mut known.rows, &more.rows);
            }
            None => {
                self.0.insert(key.to_vec(), more);
            }
        }
    }

    /// The waiver that covers the first row of a key.
    pub(super) fn waiver_of(&self, key: &[u8], at: Position) -> Option<u32> {
        self.0.get(key).filter(|known| known.first.0 == at).map(|known| known.first.1)
    }

    /// Rows of a key by waiver.
    pub(super) fn rows(&self, key: &[u8]) -> Option<&WaivedRows> {
        self.0.get(key).map(|known| &known.rows)
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (key, more) in other.0 {
            self.add_key(&key, more);
        }
    }

    pub(super) fn shift(&mut self, moved: impl Fn(&mut Position)) {
        self.0.values_mut().for_each(|known| moved(&mut known.first.0));
    }
}
