//! What a gate decides of a batch.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::buffer::BooleanBuffer;
use serde::{Deserialize, Serialize};

use crate::kernels::bits;

use super::error::GateError;
use super::options::Policy;
use super::rules::{Place, Replacement, Rules};
use super::ruling::Ruling;
use super::violation::{Refusal, Violation};

/// Whether a batch lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All of it.
    Accepted,
    /// Nothing of it.
    Refused,
    /// What passes does; other rows are set aside for a person.
    Escalated,
}

impl Outcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Escalated => "escalated",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What became of the rows of a batch: `passed + quarantined = rows`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Rows that came.
    pub rows: u64,
    /// Rows that may land.
    pub passed: u64,
    /// Rows that may not.
    pub quarantined: u64,
    /// Rows that land with a value replaced.
    pub replaced: u64,
    /// Rows that land with the fallback in the place of the response.
    pub fallback: u64,
    /// Rows that fail an enforced error rule and are not waived, whatever became of them: `rows_failed` of a report.
    pub failing: u64,
    /// Rows that fail a rule which asks for them to be set aside, replaced, or the batch refused; 0 where nothing is acted on.
    pub acted_on: u64,
}

/// A decision as plain data: everything but the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// The batch.
    pub batch_id: String,
    /// Whether it lands.
    pub outcome: Outcome,
    /// The policy of the gate.
    pub policy: Policy,
    /// The name the rules were compiled under.
    pub ruleset: String,
    /// The hash of the rules.
    pub ruleset_hash: String,
    /// The block that judged.
    pub block: String,
    /// The caller's trace id.
    pub trace_id: Option<String>,
    /// The number of the batch's first row among all that came to the gate, from 0.
    pub first_row: u64,
    /// What became of its rows.
    pub counts: Counts,
    /// Why it is refused; empty where it is not.
    pub reasons: Vec<String>,
    /// Every rule that some rows fail, warnings, shadow rules and waived ones among them; those that count against the batch first.
    pub violations: Vec<Violation>,
}

/// What a gate decides of a batch.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use rulegate::RuleSet;
/// use rulegate::gate::{Gate, Outcome, Policy};
///
/// let text = "rulegate 1\nfeatures t { a : int64 between 0 and 9  b : int64 >= 0 @on_fail(replace(0)) }";
/// let rules = RuleSet::compile("t.rules", text, &Default::default()).rule_set.expect("sound rules");
/// let column = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
/// let batch = RecordBatch::try_from_iter([("a", column(vec![1, 12, 3])), ("b", column(vec![5, 6, -7]))])?;
///
/// let gate = Gate::new(&rules.bind(&batch.schema())?, Policy::Split)?;
/// let decision = gate.judge(&batch)?;
/// assert_eq!(decision.outcome, Outcome::Escalated);
/// assert_eq!(decision.passed.column(0), &column(vec![1, 3]));
/// assert_eq!(decision.passed.column(1), &column(vec![5, 0]), "-7 is replaced");
/// assert_eq!(decision.quarantined.column(0), &column(vec![12]));
/// assert_eq!(decision.quarantined_rows().collect::<Vec<_>>(), [1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decision {
    /// The batch.
    pub batch_id: String,
    /// Whether it lands.
    pub outcome: Outcome,
    /// What may land: with values replaced, or columns added, as the policy says. Of a clean batch its own columns, not copied.
    pub passed: RecordBatch,
    /// What may not: rows as they came, in their order.
    pub quarantined: RecordBatch,
    /// What became of its rows.
    pub counts: Counts,
    /// Every rule that some rows fail, warnings, shadow rules and waived ones among them; those that count against the batch first.
    pub violations: Vec<Violation>,
    /// Why it is refused; empty where it is not.
    pub reasons: Vec<String>,
    /// The number of its first row among all that came to the gate, from 0.
    pub first_row: u64,
    /// Whether it was decided before, so that this is the decision of then and nothing is counted again.
    pub repeated: bool,
    pub(super) rules: Arc<Rules>,
    pub(super) ruling: Arc<Ruling>,
    pub(super) batch: RecordBatch,
    pub(super) names: Arc<super::options::ColumnNames>,
    pub(super) trace_id: Option<String>,
}

impl Decision {
    /// Rows of the batch in which a column's value was to be replaced.
    pub(crate) fn replaced_in(&self, column: usize) -> Option<BooleanBuffer> {
        let is_here = |of: &Replacement| of.place == Place::Column(column);
        let held = self
            .ruling
            .held
            .iter()
            .filter(|held| self.rules.replacements.get(held.rule).is_some_and(|of| of.as_ref().is_some_and(is_here)));
        held.fold(None, |all, held| bits::union(all.as_ref(), Some(&held.rows)))
    }

    /// Whether nothing of the batch lands.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.outcome == Outcome::Refused
    }

    /// The numbers of the rows that pass, among all that came to the gate.
    pub fn passed_rows(&self) -> impl Iterator<Item = u64> + '_ {
        self.rows().filter(|(_, aside)| !aside).map(|(row, _)| row)
    }

    /// The numbers of the rows that are set aside, among all that came to the gate.
    pub fn quarantined_rows(&self) -> impl Iterator<Item = u64> + '_ {
        self.rows().filter(|(_, aside)| *aside).map(|(row, _)| row)
    }

    fn rows(&self) -> impl Iterator<Item = (u64, bool)> + '_ {
        let refused = self.is_refused();
        let aside = self.ruling.set_aside.as_ref();
        (0..self.batch.num_rows())
            .map(move |row| (self.first_row.saturating_add(row as u64), refused || crate::kernels::bits::get(aside, row)))
    }

    /// The rows that are set aside, with columns that say why: the row's number, the ids of the rules it fails, the weight of the heaviest,
    /// and what each has to say (nothing redacted is in there; the data are as they are).
    ///
    /// # Errors
    /// [`GateError::Cut`] if Arrow cannot build them.
    pub fn quarantine(&self) -> Result<RecordBatch, GateError> {
        super::columns::quarantine(self).map_err(|source| self.uncut(source))
    }

    /// Rows that land changed, as they came: with a value replaced, or the fallback in the place of a response. In the form of
    /// [`Decision::quarantine`].
    ///
    /// # Errors
    /// [`GateError::Cut`] if Arrow cannot build them.
    pub fn changed(&self) -> Result<RecordBatch, GateError> {
        super::columns::changed(self).map_err(|source| self.uncut(source))
    }

    fn uncut(&self, source: arrow::error::ArrowError) -> GateError {
        GateError::Cut { batch_id: self.batch_id.clone(), source }
    }

    /// Rows that fail a rule and are held against it: neither waived nor in shadow. `None` if there are none.
    #[must_use]
    pub fn failing(&self, rule: &str) -> Option<BooleanBuffer> {
        self.ruling.held.iter().find(|held| self.rules.id(held.rule) == rule).map(|held| held.rows.clone())
    }

    /// Everything that is wrong with the batch, as an error; `None` unless it is refused.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        self.is_refused().then(|| Refusal {
            batch_id: Some(self.batch_id.clone()),
            ruleset: self.rules.validator.rule_set().name().to_owned(),
            ruleset_hash: self.rules.validator.rule_set().hash().to_owned(),
            block: self.rules.plan().block.name.clone(),
            trace_id: self.trace_id.clone(),
            reasons: self.reasons.clone(),
            violations: self.violations.clone(),
        })
    }

    /// The batch's passing rows, or everything that is wrong with it as an error.
    ///
    /// # Errors
    /// [`GateError::Refused`] if it is refused.
    pub fn into_passed(self) -> Result<RecordBatch, GateError> {
        match self.refusal() {
            Some(refusal) => Err(GateError::Refused(Box::new(refusal))),
            None => Ok(self.passed),
        }
    }

    /// The rules it was decided by.
    #[must_use]
    pub fn rule_set(&self) -> &crate::compile::RuleSet {
        self.rules.validator.rule_set()
    }

    /// The block that judged.
    #[must_use]
    pub fn block(&self) -> &str {
        &self.rules.plan().block.name
    }

    /// Everything but the rows, to be kept or sent.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let rule_set = self.rules.validator.rule_set();
        Summary {
            batch_id: self.batch_id.clone(),
            outcome: self.outcome,
            policy: self.rules.policy,
            ruleset: rule_set.name().to_owned(),
            ruleset_hash: rule_set.hash().to_owned(),
            block: self.rules.plan().block.name.clone(),
            trace_id: self.trace_id.clone(),
            first_row: self.first_row,
            counts: self.counts,
            reasons: self.reasons.clone(),
            violations: self.violations.clone(),
        }
    }
}
