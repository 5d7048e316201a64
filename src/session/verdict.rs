//! The verdict on one batch.

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::filter_record_batch;

use crate::eval::Evaluated;
use crate::plan::Plan;

use super::Error;

/// Counts of a rule over a batch: `passed + failed + unknown = evaluated`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCounts {
    /// The rule's id.
    pub id: String,
    /// Rows its `when` is true for.
    pub evaluated: u64,
    /// Rows that pass.
    pub passed: u64,
    /// Rows that fail.
    pub failed: u64,
    /// Rows it says nothing about.
    pub unknown: u64,
    /// Failed rows that could not be computed.
    pub faulted: u64,
    /// Failed rows that a waiver covers.
    pub waived: u64,
}

/// What the row rules say of a batch.
#[derive(Debug, Clone)]
pub struct BatchVerdict {
    plan: Arc<Plan>,
    counts: Vec<RuleCounts>,
    failing: BooleanBuffer,
    masks: Vec<Option<BooleanBuffer>>,
    waived: Vec<Option<BooleanBuffer>>,
    refusal: Option<String>,
}

impl BatchVerdict {
    pub(super) fn new(plan: &Arc<Plan>, evaluated: Evaluated) -> Self {
        let counts = plan
            .rules
            .iter()
            .zip(&evaluated.partial.tallies)
            .filter_map(|(rule, tally)| {
                let declared = plan.block.rules.get(rule.index)?;
                let counts = &tally.counts;
                Some(RuleCounts {
                    id: declared.id.clone(),
                    evaluated: counts.evaluated,
                    passed: counts.passed(),
                    failed: counts.failed,
                    unknown: counts.unknown,
                    faulted: counts.faulted,
                    waived: tally.waived.values().sum(),
                })
            })
            .collect();
        Self {
            plan: Arc::clone(plan),
            counts,
            failing: evaluated.failing,
            masks: evaluated.masks,
            waived: evaluated.waived,
            refusal: plan.refusal().map(str::to_owned),
        }
    }

    /// Counts of every rule, in file order; those of dataset checks are zero.
    #[must_use]
    pub fn counts(&self) -> &[RuleCounts] {
        &self.counts
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.failing.len()
    }

    /// Number of rows that fail an enforced rule of severity error and are not waived.
    #[must_use]
    pub fn rows_failed(&self) -> usize {
        self.failing.count_set_bits()
    }

    /// True for rows that fail an enforced rule of severity error. A row that a waiver covers does not fail for it.
    #[must_use]
    pub fn failing(&self) -> BooleanArray {
        BooleanArray::new(self.failing.clone(), None)
    }

    /// True for rows that fail none.
    #[must_use]
    pub fn passing(&self) -> BooleanArray {
        BooleanArray::new(!&self.failing, None)
    }

    /// True for rows that fail one rule, waived ones among them; `None` if there is no such rule.
    #[must_use]
    pub fn rule_failing(&self, id: &str) -> Option<BooleanArray> {
        self.mask(&self.masks, id)
    }

    /// True for rows that fail one rule and are waived; `None` if there is no such rule.
    #[must_use]
    pub fn rule_waived(&self, id: &str) -> Option<BooleanArray> {
        self.mask(&self.waived, id)
    }

    fn mask(&self, masks: &[Option<BooleanBuffer>], id: &str) -> Option<BooleanArray> {
        let index = self.counts.iter().position(|rule| rule.id == id)?;
        let mask = masks.get(index)?.clone().unwrap_or_else(|| BooleanBuffer::new_unset(self.rows()));
        Some(BooleanArray::new(mask, None))
    }

    /// Why the whole batch fails, if its columns do not fit the rules.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// The rows that pass and the rows that fail, in their order.
    ///
    /// # Errors
    /// [`Error::SchemaChanged`] if the batch is not the one that was judged.
    pub fn split(&self, batch: &RecordBatch) -> Result<(RecordBatch, RecordBatch), Error> {
        if batch.num_rows() != self.rows() || batch.schema_ref().fields() != self.plan.input_schema().fields() {
            return Err(Error::SchemaChanged("this is not the batch that was judged".to_owned()));
        }
        let part = |mask: &BooleanArray| filter_record_batch(batch, mask).map_err(|error| Error::SchemaChanged(error.to_string()));
        Ok((part(&self.passing())?, part(&self.failing())?))
    }
}
