//! A gate behind a reader: batches in, batches that pass out.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::decision::Decision;
use super::flow::Flow;
use super::{Finished, Gate};

/// A reader of what passes: a `RecordBatchReader` around any iterator of batches, such as another `RecordBatchReader`.
///
/// One batch is asked for at a time. Every decision goes to [`GuardedReader::on_decision`] first, so that rows that are set aside are kept by
/// someone; without it the first such row is an error. A refused batch is skipped if decisions are taken, else it is an error; under
/// [`AfterRefusal::Stop`](super::AfterRefusal) it always is one, under `FailAtEnd` it never is before the end. After the last batch bounds and dataset checks are
/// decided: if the whole is refused, the last item is an error, so that a consumer which commits only a stream without errors commits nothing.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Float64Array, RecordBatch};
/// use rulegate::RuleSet;
/// use rulegate::gate::{Gate, GuardedReader, Policy};
///
/// let text = "rulegate 1\nfeatures tokens { score : float64 between 0 and 100 }";
/// let rules = RuleSet::compile("tokens.rules", text, &Default::default()).rule_set.expect("sound rules");
/// let batch = |scores: Vec<f64>| RecordBatch::try_from_iter([("score", Arc::new(Float64Array::from(scores)) as ArrayRef)]);
/// let source = vec![batch(vec![91.0, 104.2]), batch(vec![5.0])];
///
/// let gate = Gate::new(&rules.bind(&batch(vec![])?.schema())?, Policy::Split)?;
/// let mut aside = 0;
/// let reader = GuardedReader::new(gate, source).on_decision(|decision| {
///     aside += decision.counts.quarantined;
///     Ok(())
/// });
/// let rows: usize = reader.map(|batch| batch.map(|batch| batch.num_rows())).sum::<Result<_, _>>()?;
/// assert_eq!((rows, aside), (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct GuardedReader<'a, I> {
    flow: Flow<'a>,
    source: I,
}

impl<'a, I: Iterator<Item = Result<RecordBatch, ArrowError>>> GuardedReader<'a, I> {
    /// Reads through a gate.
    pub fn new(gate: impl Into<Arc<Gate>>, source: impl IntoIterator<IntoIter = I>) -> Self {
        Self { flow: Flow::new(gate.into()), source: source.into_iter() }
    }

    /// Who takes each decision before what passes goes on: to keep rows that are set aside, to write a ledger. An error from there ends the
    /// reading, and nothing of the batch goes on.
    #[must_use]
    pub fn on_decision(mut self, handler: impl FnMut(&Decision) -> Result<(), ArrowError> + Send + 'a) -> Self {
        self.flow.handler = Some(Box::new(handler));
        self
    }

    /// What it has come to, once the last batch was read.
    #[must_use]
    pub fn finished(&self) -> Option<&Finished> {
        self.flow.finished.as_ref()
    }
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> Iterator for GuardedReader<'_, I> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.flow.ended {
            let item = match self.source.next() {
                Some(batch) => self.flow.on_batch(batch),
                None => self.flow.on_end(),
            };
            if item.is_some() {
                return item;
            }
        }
        None
    }
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> RecordBatchReader for GuardedReader<'_, I> {
    fn schema(&self) -> SchemaRef {
        self.flow.gate.schema()
    }
}
