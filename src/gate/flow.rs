//! Batches on their way from a producer to a consumer: what readers and streams behind a gate have in common.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::decision::Decision;
use super::options::AfterRefusal;
use super::writer::external;
use super::{Finished, Gate};

/// Takes what is decided, before it goes on.
pub(super) type Handler<'a> = Box<dyn FnMut(&Decision) -> Result<(), ArrowError> + Send + 'a>;

pub(super) struct Flow<'a> {
    pub gate: Arc<Gate>,
    pub handler: Option<Handler<'a>>,
    pub finished: Option<Finished>,
    /// Nothing comes any more.
    pub ended: bool,
}

impl<'a> Flow<'a> {
    pub(super) fn new(gate: Arc<Gate>) -> Self {
        Self { gate, handler: None, finished: None, ended: false }
    }

    /// What the consumer gets of a batch; `None` if nothing, so that the next one is asked for.
    pub(super) fn on_batch(&mut self, batch: Result<RecordBatch, ArrowError>) -> Option<Result<RecordBatch, ArrowError>> {
        let decided = batch.and_then(|batch| self.gate.judge(&batch).map_err(external)).and_then(|decision| self.handled(decision));
        match decided {
            Ok(passed) => passed.map(Ok),
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }

    fn handled(&mut self, decision: Decision) -> Result<Option<RecordBatch>, ArrowError> {
        match &mut self.handler {
            Some(handler) => handler(&decision)?,
            None if decision.quarantined.num_rows() > 0 && !decision.is_refused() => {
                let text = "rows are set aside and would be lost: say who takes them (`on_decision`)";
                return Err(ArrowError::InvalidArgumentError(text.to_owned()));
            }
            None => {}
        }
        let fails_at_end = self.gate.options.after_refusal == AfterRefusal::FailAtEnd;
        let goes_on = self.gate.options.after_refusal == AfterRefusal::GoOn && self.handler.is_some();
        match decision.refusal() {
            Some(_) if fails_at_end || goes_on => Ok(None),
            Some(refusal) => Err(external(refusal)),
            None if decision.passed.num_rows() == 0 && decision.counts.rows > 0 => Ok(None),
            None => Ok(Some(decision.passed)),
        }
    }

    /// What the consumer gets at the end: an error if the whole is refused.
    pub(super) fn on_end(&mut self) -> Option<Result<RecordBatch, ArrowError>> {
        self.ended = true;
        let finished = self.gate.finish();
        let refusal = finished.refusal.clone();
        self.finished = Some(finished);
        refusal.map(|refusal| Err(external(refusal)))
    }
}

impl std::fmt::Debug for Flow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flow").field("gate", &self.gate).field("ended", &self.ended).finish_non_exhaustive()
    }
}
