//! What has been counted so far: for each rule, and for all rows. Every part can be merged with another, in any order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::state::{CheckState, OrderState, UniqueState};
use super::waive::{WaivedRows, add_waived};
use crate::kernels::exact::ExactSum;
use crate::plan::Plan;

/// Where a row stands: which input, and which row of it, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Position {
    pub input: u32,
    pub row: u64,
}

/// Counts of a row rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub evaluated: u64,
    pub failed: u64,
    pub unknown: u64,
    pub faulted: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.evaluated += other.evaluated;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.faulted += other.faulted;
    }

    pub(crate) fn passed(&self) -> u64 {
        self.evaluated - self.failed - self.unknown
    }
}

/// A failing row as a report shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub at: Position,
    pub key: serde_json::Map<String, serde_json::Value>,
    pub values: serde_json::Map<String, serde_json::Value>,
    pub message: Option<String>,
    /// The waiver that covers it.
    #[serde(default)]
    pub waiver: Option<u32>,
}

impl Sample {
    /// What is shown comes in this order: rows held against the data first.
    pub(crate) fn rank(&self) -> (bool, Position) {
        (self.waiver.is_some(), self.at)
    }
}

/// Most different values counted outside a set; past it, rare ones may be missed.
const MAX_TOP_VALUES: usize = 1_000;

/// What a rule has come to so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub counts: Counts,
    pub failed_alone: u64,
    /// For a pattern: counts of each column.
    pub columns: BTreeMap<String, Counts>,
    /// The first failing rows, those held against the data before those that are waived.
    pub samples: Vec<Sample>,
    /// Values outside the set of an `enum` rule.
    pub top_values: BTreeMap<String, u64>,
    /// Failing rows left out of `top_values` because there were too many different values.
    pub top_values_missed: u64,
    /// Failing rows that are waived.
    #[serde(default)]
    pub waived: WaivedRows,
    /// Why it could not be evaluated on some input.
    pub reasons: BTreeMap<String, u64>,
    /// Failing rows by reason, and rows that passed on a recovered reading, of rules on the reading of responses.
    pub why: BTreeMap<String, u64>,
    /// Rows that passed on a recovered reading.
    pub recovered: u64,
    /// Where responses break, by the power of two of the byte.
    pub breaks: Vec<u64>,
    /// Inputs whose schema failed it.
    pub schema_failures: u64,
    /// Inputs that it was bound to, skipped on, in error on.
    pub bound: u64,
    pub skipped: u64,
    pub errors: u64,
}

impl Tally {
    /// Adds another tally of the same rule.
    pub(crate) fn merge(&mut self, other: Self, limit: usize) {
        self.counts.add(&other.counts);
        self.failed_alone += other.failed_alone;
        for (column, counts) in other.columns {
            self.columns.entry(column).or_default().add(&counts);
        }
        self.add_samples(other.samples, limit);
        for (value, count) in other.top_values {
            self.count_value(value, count);
        }
        self.top_values_missed += other.top_values_missed;
        add_waived(&mut self.waived, &other.waived);
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
        for (reason, count) in other.why {
            *self.why.entry(reason).or_default() += count;
        }
        self.recovered += other.recovered;
        add_each(&mut self.breaks, &other.breaks);
        self.schema_failures += other.schema_failures;
        self.bound += other.bound;
        self.skipped += other.skipped;
        self.errors += other.errors;
    }

    /// Keeps the samples of the lowest rank, so that the choice does not depend on the order of merging.
    pub(crate) fn add_samples(&mut self, mut samples: Vec<Sample>, limit: usize) {
        if samples.is_empty() {
            return;
        }
        self.samples.append(&mut samples);
        self.samples.sort_by_key(Sample::rank);
        self.samples.truncate(limit);
    }

    pub(crate) fn count_value(&mut self, value: String, count: u64) {
        if let Some(known) = self.top_values.get_mut(&value) {
            *known += count;
        } else if self.top_values.len() < MAX_TOP_VALUES {
            self.top_values.insert(value, count);
        } else {
            self.top_values_missed += count;
        }
    }
}

/// Adds counts place by place; the shorter ones are zero where they end.
fn add_each(counts: &mut Vec<u64>, more: &[u64]) {
    if counts.len() < more.len() {
        counts.resize(more.len(), 0);
    }
    counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
}

/// From which row of an input on each rule has samples enough: evaluations of its other rows share it, so that they need not make
/// samples that a merge would drop. All of them must be merged.
#[derive(Debug)]
pub(crate) struct Enough(Vec<AtomicU64>);

impl Enough {
    pub(crate) fn new(rules: usize) -> Self {
        Self((0..rules).map(|_| AtomicU64::new(u64::MAX)).collect())
    }

    /// Whether rows from `row` on need no samples of a rule.
    pub(super) fn is_past(&self, rule: usize, row: u64) -> bool {
        self.0.get(rule).is_some_and(|enough| enough.load(Ordering::Relaxed) <= row)
    }

    /// Takes note of samples that were made, by rule.
    pub(super) fn learn(&self, tallies: &[Tally], limit: usize) {
        // Waived rows give way to others, so as long as one is shown there may be better ones.
        let is_full = |tally: &Tally| tally.samples.len() >= limit && tally.samples.last().is_none_or(|last| last.waiver.is_none());
        for (enough, tally) in self.0.iter().zip(tallies).filter(|(_, tally)| is_full(tally)) {
            enough.fetch_min(tally.samples.last().map_or(0, |sample| sample.at.row), Ordering::Relaxed);
        }
    }
}

/// Values of an observed expression.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Observed {
    /// Values at or below each bound and above the one before; one more for those above the last.
    pub buckets: Vec<u64>,
    pub nulls: u64,
    pub nans: u64,
    pub faults: u64,
    pub values: u64,
    /// Of the values that are counted in `buckets`; absent before the first.
    pub sum: Option<ExactSum>,
}

impl Observed {
    pub(crate) fn merge(&mut self, other: &Self) {
        match (&mut self.sum, &other.sum) {
            (Some(sum), Some(more)) => sum.merge(more.clone()),
            (sum @ None, more) => sum.clone_from(more),
            (Some(_), None) => {}
        }
        add_each(&mut self.buckets, &other.buckets);
        self.nulls += other.nulls;
        self.nans += other.nans;
        self.faults += other.faults;
        self.values += other.values;
    }
}

/// Everything counted over some rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Partial {
    pub rows: u64,
    pub rows_failed: u64,
    pub tallies: Vec<Tally>,
    pub checks: BTreeMap<usize, CheckState>,
    pub uniques: BTreeMap<usize, UniqueState>,
    pub orders: BTreeMap<usize, OrderState>,
    pub observed: Vec<Observed>,
}

impl Partial {
    /// Nothing yet: a place for each rule of a plan, and for each observation of its block, whether it is bound or not.
    pub(crate) fn new(plan: &Plan) -> Self {
        let (rules, observations) = (plan.rules.len(), plan.block.observations.len());
        Self { tallies: vec![Tally::default(); rules], observed: vec![Observed::default(); observations], ..Self::default() }
    }

    /// Numbers inputs from `offset` on, before a session is merged into another.
    pub(crate) fn shift(&mut self, offset: u32) {
        let moved = |at: &mut Position| at.input = at.input.saturating_add(offset);
        self.tallies.iter_mut().flat_map(|tally| &mut tally.samples).for_each(|sample| moved(&mut sample.at));
        self.checks.values_mut().for_each(|state| state.shift(moved));
        self.uniques.values_mut().for_each(|state| state.shift(moved));
        self.orders.values_mut().for_each(|state| state.shift(moved));
    }

    /// Numbers rows from `by` on, where they were judged before it was known how many come before them.
    pub(crate) fn move_rows(&mut self, by: u64) {
        let moved = |at: &mut Position| at.row = at.row.saturating_add(by);
        self.tallies.iter_mut().flat_map(|tally| &mut tally.samples).for_each(|sample| moved(&mut sample.at));
        self.uniques.values_mut().for_each(|state| state.shift(moved));
        self.orders.values_mut().for_each(|state| state.move_rows(by));
    }

    /// Adds what was counted over other rows.
    pub(crate) fn merge(&mut self, other: Self, limit: usize) {
        self.rows += other.rows;
        self.rows_failed += other.rows_failed;
        for (tally, more) in self.tallies.iter_mut().zip(other.tallies) {
            tally.merge(more, limit);
        }
        for (observed, more) in self.observed.iter_mut().zip(&other.observed) {
            observed.merge(more);
        }
        for (rule, state) in other.checks {
            match self.checks.entry(rule) {
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert(state);
                }
                std::collections::btree_map::Entry::Occupied(mut slot) => slot.get_mut().merge(state),
            }
        }
        for (rule, state) in other.uniques {
            self.uniques.entry(rule).or_default().merge(state, limit);
        }
        for (rule, state) in other.orders {
            self.orders.entry(rule).or_default().merge(state, limit);
        }
    }
}
