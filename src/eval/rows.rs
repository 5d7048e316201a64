//! Verdicts on the rows of a slice, and how rules overlap.

use arrow::buffer::{BooleanBuffer, Buffer};

use crate::kernels::wide::{Loop, widest};
use crate::kernels::{Vector, bits};

use super::fast::Judged;
use super::tally::{Counts, Tally};
use super::waive::Failing;

/// What a rule has found in a slice.
pub(super) struct Verdict {
    pub counts: Counts,
    /// Rows that fail; absent where none does.
    pub failing: Option<BooleanBuffer>,
}

impl Verdict {
    /// The verdict of a condition and a `when`.
    ///
    /// Evaluated are rows whose `when` is true or a fault; a fault in either fails the row.
    pub(super) fn of(test: &Vector, when: Option<&Vector>, nulls_fail: bool) -> Self {
        let rows = test.rows();
        let faults = test.fault_rows();
        let nulls = test.null_rows().map(|nulls| bits::minus(&nulls, faults.as_ref()));
        let mut failing = test.false_rows();
        failing = bits::union(Some(&failing), faults.as_ref()).unwrap_or(failing);
        let mut unknown = nulls;
        if nulls_fail && let Some(nulls) = unknown.take() {
            failing = &failing | &nulls;
        }
        let mut faulted = faults;
        let mut evaluated = rows;
        if let Some(when) = when {
            let (asked, broken) = (when.true_rows(), when.fault_rows());
            let within = |bits: &BooleanBuffer| bits & &asked;
            failing = bits::union(Some(&within(&failing)), broken.as_ref()).unwrap_or(failing);
            faulted = bits::union(faulted.as_ref().map(within).as_ref(), broken.as_ref());
            unknown = unknown.as_ref().map(within);
            evaluated = bits::ones(&asked) + bits::count(broken.as_ref());
        }
        let counts = Counts {
            evaluated: evaluated as u64,
            failed: bits::ones(&failing) as u64,
            unknown: bits::count(unknown.as_ref()) as u64,
            faulted: bits::count(faulted.as_ref()) as u64,
        };
        Self { failing: (counts.failed > 0).then_some(failing), counts }
    }

    /// The verdict of a kernel: counts, and a mask of words where something fails.
    pub(super) fn from_kernel(rows: usize, judged: &Judged, words: &mut Vec<u64>) -> Self {
        let failing = (judged.failed > 0).then(|| BooleanBuffer::new(Buffer::from_vec(std::mem::take(words)), 0, rows));
        let counts =
            Counts { evaluated: judged.evaluated as u64, failed: judged.failed as u64, unknown: judged.unknown as u64, faulted: 0 };
        Self { counts, failing }
    }
}

/// Masks of each rule over all slices; of no rules where they are not asked for.
pub(super) struct Masks {
    /// Rows of the slices that are done.
    done: usize,
    failing: Vec<Parts>,
    waived: Vec<Parts>,
}

/// The masks of slices that have rows in them, with the row each slice begins at.
type Parts = Vec<(usize, BooleanBuffer)>;

impl Masks {
    pub(super) fn new(rules: usize) -> Self {
        Self { done: 0, failing: vec![Vec::new(); rules], waived: vec![Vec::new(); rules] }
    }

    /// Adds what a rule has found in the slice at hand.
    pub(super) fn add(&mut self, rule: usize, found: &Failing) {
        if let (Some(failing), Some(waived)) = (self.failing.get_mut(rule), self.waived.get_mut(rule)) {
            failing.push((self.done, found.rows.clone()));
            waived.extend(found.waived().map(|rows| (self.done, rows)));
        }
    }

    /// Goes on with the next slice.
    pub(super) fn advance(&mut self, rows: usize) {
        self.done += rows;
    }

    /// The masks over all slices, failing and waived; `None` where a rule has no such row.
    pub(super) fn joined(&self) -> (Vec<Option<BooleanBuffer>>, Vec<Option<BooleanBuffer>>) {
        let joined = |all: &[Parts]| all.iter().map(|parts| self.whole(parts)).collect();
        (joined(&self.failing), joined(&self.waived))
    }

    fn whole(&self, parts: &Parts) -> Option<BooleanBuffer> {
        if let [(0, one)] = parts.as_slice()
            && one.len() == self.done
        {
            return bits::some_if_any(one.clone());
        }
        let mut builder = arrow::array::BooleanBufferBuilder::new(if parts.is_empty() { 0 } else { self.done });
        for (start, mask) in parts {
            builder.append_n(start.saturating_sub(builder.len()), false);
            builder.append_buffer(mask);
        }
        if builder.is_empty() {
            return None;
        }
        builder.append_n(self.done.saturating_sub(builder.len()), false);
        bits::some_if_any(builder.finish())
    }
}

/// Failing rows of all rules of a slice: which rows fail any enforced rule, which fail more than one. Words of 64 rows.
pub(super) struct FailingRows {
    rows: usize,
    any: Vec<u64>,
    twice: Vec<u64>,
    masks: Vec<(usize, bool, BooleanBuffer)>,
}

impl FailingRows {
    pub(super) fn new(rows: usize) -> Self {
        let none = vec![0; rows.div_ceil(64)];
        Self { rows, any: none.clone(), twice: none, masks: Vec::new() }
    }

    pub(super) fn add(&mut self, rule: usize, enforced: bool, mask: BooleanBuffer) {
        if enforced {
            let rows = self.any.iter_mut().zip(&mut self.twice);
            each_word(&mask, rows, |(any, twice), word| {
                *twice |= *any & word;
                *any |= word;
            });
        }
        self.masks.push((rule, enforced, mask));
    }

    /// Rows that fail a rule and no other enforced one.
    pub(super) fn count_alone(&self, tallies: &mut [Tally]) {
        for (rule, enforced, mask) in &self.masks {
            let others = if *enforced { &self.twice } else { &self.any };
            let mut alone = 0;
            each_word(mask, others.iter(), |others, word| alone += u64::from((word & !others).count_ones()));
            if let Some(tally) = tallies.get_mut(*rule) {
                tally.failed_alone += alone;
            }
        }
    }

    /// Rows that fail at least one enforced rule.
    pub(super) fn failing(self) -> BooleanBuffer {
        BooleanBuffer::new(Buffer::from_vec(self.any), 0, self.rows)
    }
}

/// The words of a mask, each with what stands beside it.
///
/// PERF: benches/peers, the wide table: to ask each word whether a bit is set costs more than to go on without.
#[inline(always)]
fn each_word<T>(mask: &BooleanBuffer, beside: impl Iterator<Item = T>, visit: impl FnMut(T, u64)) {
    match bits::words(mask) {
        Some(words) => widest(EachWord { words: words.iter().map(|word| u64::from_le_bytes(*word)), beside, visit }),
        None => EachWord { words: mask.bit_chunks().iter_padded(), beside, visit }.run(),
    }
}

struct EachWord<W, B, F> {
    words: W,
    beside: B,
    visit: F,
}

impl<W: Iterator<Item = u64>, B: Iterator, F: FnMut(B::Item, u64)> Loop for EachWord<W, B, F> {
    type Out = ();

    #[inline(always)]
    fn run(mut self) {
        self.beside.zip(self.words).for_each(|(beside, word)| (self.visit)(beside, word));
    }
}
