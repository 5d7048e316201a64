//! Kernels for rules of simple shape: count first, masks only where something fails.
//!
//! A column is gone through in blocks of 64 rows. For each block one branch-free pass asks whether any row fails; only if one does, a
//! word of the mask is made. Slots that are null are tested with whatever they hold, and the validity decides.

mod blocks;
mod numbers;
mod texts;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

use crate::kernels::bits::words;
use crate::plan::{Shape, Test};

use blocks::{null_count, validity, words_of};
use texts::{Length, Member};

/// What a kernel found in a slice.
pub(super) struct Found {
    pub failed: usize,
    /// Rows that are unknown; nulls, but for `Present`.
    nulls: Option<NullBuffer>,
}

impl Found {
    fn new(failed: usize, nulls: Option<&NullBuffer>) -> Self {
        Self { failed, nulls: nulls.cloned() }
    }
}

/// Counts of a rule's rows.
pub(super) struct Judged {
    pub evaluated: usize,
    pub failed: usize,
    pub unknown: usize,
}

/// Bits of failing rows, one word for 64 rows; reused from rule to rule, and empty while nothing has failed.
#[derive(Default)]
pub(super) struct Mask {
    pub words: Vec<u64>,
}

impl Mask {
    /// Notes the rows of a block that fail, and counts them.
    #[inline]
    fn fail(&mut self, block: usize, word: u64, blocks: usize) -> usize {
        if word == 0 {
            return 0;
        }
        if self.words.is_empty() {
            self.words.resize(blocks, 0);
        }
        if let Some(slot) = self.words.get_mut(block) {
            *slot = word;
        }
        word.count_ones() as usize
    }

    fn word(&self, block: usize) -> u64 {
        self.words.get(block).copied().unwrap_or(0)
    }
}

/// What is kept of a slice from rule to rule.
#[derive(Default)]
pub(super) struct Scratch {
    pub mask: Mask,
    asked: Mask,
    /// Nulls of each column that has been counted.
    nulls: Vec<Option<usize>>,
}

impl Scratch {
    fn nulls_of(&mut self, column: usize, nulls: Option<&NullBuffer>) -> usize {
        if self.nulls.len() <= column {
            self.nulls.resize(column + 1, None);
        }
        self.nulls.get_mut(column).map_or(0, |known| *known.get_or_insert_with(|| null_count(nulls)))
    }
}

/// Judges a rule; `None` where these arrays have no kernel for its shape, so that the general way must be gone.
pub(super) fn judge(shape: &Shape, columns: &[ArrayRef], rows: usize, scratch: &mut Scratch) -> Option<Judged> {
    let found = run(shape, columns, &mut scratch.mask)?;
    let Some(when) = &shape.when else {
        let unknown = match &shape.test {
            Test::Present => 0,
            Test::Columns(..) => null_count(found.nulls.as_ref()),
            _ => scratch.nulls_of(shape.column, found.nulls.as_ref()),
        };
        return Some(Judged { evaluated: rows, failed: found.failed, unknown });
    };
    let asked = run(when, columns, &mut scratch.asked)?;
    let mut judged = Judged { evaluated: 0, failed: 0, unknown: 0 };
    for (block, start) in (0..rows).step_by(64).enumerate() {
        let length = (rows - start).min(64);
        let ask = validity(asked.nulls.as_ref(), start, length) & !scratch.asked.word(block);
        judged.evaluated += ask.count_ones() as usize;
        judged.unknown += (ask & !validity(found.nulls.as_ref(), start, length)).count_ones() as usize;
        if let Some(word) = scratch.mask.words.get_mut(block) {
            *word &= ask;
            judged.failed += word.count_ones() as usize;
        }
    }
    Some(judged)
}

/// Runs a kernel.
fn run(shape: &Shape, columns: &[ArrayRef], mask: &mut Mask) -> Option<Found> {
    mask.words.clear();
    let array = columns.get(shape.column)?;
    match &shape.test {
        Test::Present => Some(present(array, mask)),
        Test::Bool(wanted) => bools(array, *wanted, mask),
        Test::Finite => numbers::finite(array, mask),
        Test::Floats(low, high) => numbers::floats(array, *low, *high, mask),
        Test::Ints(low, high) => numbers::ints(array, *low, *high, mask),
        Test::Columns(op, other) => numbers::columns(*op, array, columns.get(*other)?, mask),
        Test::Strings(set, outside) => texts::texts(array, mask, &Member { set, outside: *outside }),
        Test::Regex(pattern) => texts::texts(array, mask, &**pattern),
        Test::Bytes(pattern) => texts::texts(array, mask, &**pattern),
        Test::Length(low, high) => texts::texts(array, mask, &Length { low: *low, high: *high }),
    }
}

fn present(array: &ArrayRef, mask: &mut Mask) -> Found {
    let nulls = match array.data_type() {
        DataType::Dictionary(..) | DataType::Null => array.logical_nulls(),
        _ => array.nulls().cloned(),
    };
    let failed = null_count(nulls.as_ref());
    if let Some(nulls) = nulls.filter(|_| failed > 0) {
        match words(nulls.inner()) {
            Some(valid) => mask.words.extend(valid.iter().map(|valid| !u64::from_le_bytes(*valid))),
            None => mask.words.extend((!nulls.inner()).bit_chunks().iter_padded().take(array.len().div_ceil(64))),
        }
    }
    Found { failed, nulls: None }
}

fn bools(array: &ArrayRef, wanted: bool, mask: &mut Mask) -> Option<Found> {
    let array = array.as_boolean_opt()?;
    let values = NullBuffer::new(array.values().clone());
    Some(words_of(array.len(), array.nulls(), mask, |start: usize, length: usize, _: u64| {
        let set = validity(Some(&values), start, length);
        if wanted { !set } else { set }
    }))
}
