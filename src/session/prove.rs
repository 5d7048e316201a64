//! What a reader of files asks of an input besides judging rows: conditions about values that it has not as rows, and verdicts that it
//! has found without reading rows.

use arrow::array::ArrayRef;

use crate::eval::ask;
use crate::eval::tally::{Counts, Partial};
use crate::plan::{Body, ConditionId};

use super::{Input, Judged, Session};

/// A condition that holds for all of some rows where it says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proof {
    pub condition: ConditionId,
    /// Rows it was proved for.
    pub rows: u64,
    /// Of these, rows it says nothing about.
    pub unknown: u64,
}

impl Input {
    /// What some rows and others have come to together, so that not every batch is kept until all are read.
    pub(crate) fn joined(&self, all: Option<Judged>, part: Judged) -> Judged {
        let Some(mut all) = all else { return part };
        all.partial.merge(part.partial, self.keep.samples);
        all
    }

    /// Counts of conditions over values that are no rows of the input.
    pub(crate) fn ask(&self, columns: &[ArrayRef], rows: usize, conditions: &[ConditionId]) -> Vec<Counts> {
        ask(&self.plan, columns, rows, conditions, &self.keep)
    }

    /// Proofs as what they have come to; it holds no rows, which are counted where they are judged.
    pub(crate) fn proved(&self, proofs: &[Proof]) -> Judged {
        let mut partial = Partial::new(&self.plan);
        for proof in proofs {
            let counts = Counts { evaluated: proof.rows, failed: 0, unknown: proof.unknown, faulted: 0 };
            let Some(tally) = partial.tallies.get_mut(proof.condition.rule) else { continue };
            tally.counts.add(&counts);
            if let Some(Body::Columns(columns)) = self.plan.rules.get(proof.condition.rule).map(|rule| &rule.body)
                && let Some((name, _)) = columns.get(proof.condition.part)
            {
                tally.columns.entry(name.clone()).or_default().add(&counts);
            }
        }
        Judged { index: self.index, partial }
    }
}

impl Session {
    /// Adds rows whose row rules were all proved.
    pub(crate) fn add_proved(&mut self, input: &Input, rows: u64) {
        if let Some(info) = self.state.inputs.get_mut(input.index as usize) {
            info.rows_proved += rows;
        }
    }
}
