//! A gate whose every decision goes to the ledger.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use arrow::array::RecordBatch;

use crate::gate::{Decision, Gate, GateError};
use crate::ledger::{self, Entry, Event, Ledger, LedgerError};

/// More than threads that hand in batches, so that two of them seldom wait for each other.
const TURNS: u64 = 256;

/// A gate that gives a decision away only once the ledger has it.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use std::time::SystemTime;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use rulegate::gate::{Gate, Outcome, Policy};
/// use rulegate::ledger::Ledger;
/// use rulegate::live::RecordedGate;
///
/// let folder = tempfile::tempdir()?;
/// let rules = rulegate::RuleSet::compile("t.rules", "rulegate 1\nfeatures t { a : int64 >= 0 }", &Default::default()).rule_set.expect("sound");
/// let batch = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1, -2])) as ArrayRef)])?;
/// let gate = Gate::new(&rules.bind(&batch.schema())?, Policy::Split)?;
///
/// let recorded = RecordedGate::new(gate, Ledger::at(folder.path().join("gate.ledger")));
/// let (decision, entry) = recorded.judge_as("batch-1", &batch, SystemTime::UNIX_EPOCH, Some("run-7"))?;
/// assert_eq!(decision.outcome, Outcome::Escalated);
/// assert_eq!(entry.expect("decided now").seq, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RecordedGate {
    gate: Arc<Gate>,
    ledger: Ledger,
    /// Batches that were decided, and that the ledger could not take down.
    owed: Mutex<BTreeSet<String>>,
    /// Batches of one id come one after the other, so that whoever sees a decision made before sees whether it was taken down. Ids share these.
    turns: Vec<Mutex<()>>,
}

/// Why there is no decision, or none that may be acted on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The gate has none.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The ledger could not take it down: nothing of the batch may land. It may come again under its id.
    #[error("batch `{batch_id}` is decided, and the ledger could not take it down, so nothing of it may land; hand it in again: {source}")]
    Ledger {
        /// The batch.
        batch_id: String,
        /// Why.
        source: LedgerError,
    },
}

impl RecordedGate {
    /// A gate with a ledger.
    #[must_use]
    pub fn new(gate: impl Into<Arc<Gate>>, ledger: Ledger) -> Self {
        Self { gate: gate.into(), ledger, owed: Mutex::default(), turns: (0..TURNS).map(|_| Mutex::default()).collect() }
    }

    /// The gate.
    #[must_use]
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Decides what becomes of a batch, as [`Gate::judge_as`], and takes it down. A batch that comes again has its entry already, and gives none.
    ///
    /// # Errors
    /// [`RecordError`]: nothing of the batch may land.
    pub fn judge_as(
        &self,
        batch_id: &str,
        batch: &RecordBatch,
        at: SystemTime,
        trace_id: Option<&str>,
    ) -> Result<(Decision, Option<Entry>), RecordError> {
        let _turn = self.turn(batch_id);
        let decision = self.gate.judge_as(batch_id, batch)?;
        if decision.repeated && !self.owed(|owed| owed.remove(batch_id)) {
            return Ok((decision, None));
        }
        let event = Event::Decision(Box::new(ledger::Decision::of_gate(&decision)));
        match self.ledger.append(at, trace_id, event) {
            Ok(entry) => Ok((decision, Some(entry))),
            Err(source) => {
                self.owed(|owed| owed.insert(batch_id.to_owned()));
                Err(RecordError::Ledger { batch_id: batch_id.to_owned(), source })
            }
        }
    }

    fn turn(&self, batch_id: &str) -> Option<MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        batch_id.hash(&mut hasher);
        let turn = usize::try_from(hasher.finish() % TURNS).ok().and_then(|turn| self.turns.get(turn))?;
        Some(turn.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn owed<T>(&self, change: impl FnOnce(&mut BTreeSet<String>) -> T) -> T {
        change(&mut self.owed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
