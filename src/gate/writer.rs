//! A gate in front of a sink: what passes is written, and committed only once the end has been decided.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchWriter};
use arrow::error::ArrowError;
use serde::{Deserialize, Serialize};

use super::decision::Decision;
use super::error::GateError;
use super::options::{AfterRefusal, Policy};
use super::{Finished, Gate};

/// Where batches land. Every `RecordBatchWriter` of Arrow is one (Parquet's `ArrowWriter`, the writers of Arrow IPC): it is committed by
/// `close`, and called off by being dropped, which leaves a Parquet or Arrow file without the footer that would make it one.
pub trait Sink {
    /// Takes in a batch. After an error nothing more is written.
    ///
    /// # Errors
    /// Whatever the sink says; the batch may have landed in part.
    fn land(&mut self, batch: &RecordBatch) -> Result<(), ArrowError>;

    /// Makes what was written count.
    ///
    /// # Errors
    /// Whatever the sink says.
    fn commit(self: Box<Self>) -> Result<(), ArrowError>;

    /// Calls off what was written.
    fn abort(self: Box<Self>);
}

impl<W: RecordBatchWriter> Sink for W {
    fn land(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        self.write(batch)
    }

    fn commit(self: Box<Self>) -> Result<(), ArrowError> {
        self.close()
    }

    fn abort(self: Box<Self>) {}
}

/// How far a sink has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Progress {
    /// Batches that the sink took without an error.
    pub batches_landed: u64,
    /// Their rows. Before the commit they are with the sink, and count for nothing yet.
    pub rows_landed: u64,
    /// Rows of the batch with which the sink failed: all, some or none of them may have landed.
    pub rows_uncertain: u64,
    /// That batch.
    pub failed_batch: Option<String>,
    /// Rows that were set aside, those of refused batches among them.
    pub rows_set_aside: u64,
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows of {} batches had landed", self.rows_landed, self.batches_landed)?;
        if let Some(batch) = &self.failed_batch {
            write!(f, ", {} rows of batch `{batch}` may have in part", self.rows_uncertain)?;
        }
        Ok(())
    }
}

/// Why a write through a gate did not go well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is no decision about the batch: nothing of it has landed, others may be written.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The sink failed. Nothing more is written, and it will not be committed.
    #[error("the sink failed: {source}; {progress}; nothing is committed")]
    Sink {
        /// What it says.
        source: ArrowError,
        /// How far it had come.
        progress: Progress,
    },
    /// The sink for rows that are set aside failed. Nothing of the batch has gone to the other sink; nothing more is written.
    #[error("rows could not be set aside: {source}; {progress}; nothing is committed")]
    Quarantine {
        /// What it says.
        source: ArrowError,
        /// How far the sink had come.
        progress: Progress,
    },
    /// The sink took everything, and could not be committed: whether it counts is for the sink to say.
    #[error("the sink could not be committed: {source}; {progress}")]
    Commit {
        /// What it says.
        source: ArrowError,
        /// How far it had come.
        progress: Progress,
    },
    /// An earlier write failed.
    #[error("an earlier write failed; {0}; nothing is committed")]
    Failed(Progress),
    /// The whole is refused at the end: the sink was called off.
    #[error("{refusal}")]
    Refused {
        /// Why.
        refusal: Box<super::Refusal>,
        /// Everything known at the end.
        finished: Box<Finished>,
        /// How far the sink had come.
        progress: Progress,
    },
}

/// A writer behind a gate.
///
/// One batch at a time goes through: the gate decides, rows that are set aside go to the quarantine (if there is one), and what passes goes to the sink,
/// before the next batch is taken; a slow sink slows the producer. Nothing is kept back. [`GuardedWriter::finish`] decides bounds and
/// dataset checks first, and commits the sink only then; a writer that is dropped commits nothing.
///
/// It is a `RecordBatchWriter` itself, so that it can stand where the sink stood.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Float64Array, RecordBatch};
/// use arrow::ipc::writer::StreamWriter;
/// use rulegate::RuleSet;
/// use rulegate::gate::{Gate, GuardedWriter, Policy};
///
/// let text = "rulegate 1\nfeatures tokens { score : float64 between 0 and 100 }";
/// let rules = RuleSet::compile("tokens.rules", text, &Default::default()).rule_set.expect("sound rules");
/// let batch = RecordBatch::try_from_iter([("score", Arc::new(Float64Array::from(vec![91.0, 104.2])) as ArrayRef)])?;
///
/// let gate = Gate::new(&rules.bind(&batch.schema())?, Policy::Split)?;
/// let (mut store, mut aside) = (Vec::new(), Vec::new());
/// let sink = StreamWriter::try_new(&mut store, &gate.schema())?;
/// let quarantine = StreamWriter::try_new(&mut aside, &gate.quarantine_schema())?;
/// let mut writer = GuardedWriter::new(gate, sink).with_quarantine(quarantine);
/// writer.write(&batch)?;
/// let finished = writer.finish()?;
/// assert_eq!((finished.totals.passed, finished.totals.quarantined), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct GuardedWriter<'a, S: Sink> {
    gate: Arc<Gate>,
    sink: Box<S>,
    quarantine: Option<Box<dyn Sink + Send + 'a>>,
    progress: Progress,
    failed: bool,
    written: Written,
}

impl<S: Sink> std::fmt::Debug for GuardedWriter<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuardedWriter").field("gate", &self.gate).field("progress", &self.progress).finish_non_exhaustive()
    }
}

/// Ids of batches that have landed: the last ones, as many as the gate remembers.
#[derive(Debug, Default)]
struct Written {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Written {
    fn add(&mut self, id: &str, room: usize) {
        if self.ids.insert(id.to_owned()) {
            self.order.push_back(id.to_owned());
        }
        while self.order.len() > room {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
    }
}

impl<'a, S: Sink> GuardedWriter<'a, S> {
    /// A gate in front of a sink. The sink is written batches of [`Gate::schema`].
    pub fn new(gate: impl Into<Arc<Gate>>, sink: S) -> Self {
        let (progress, written) = (Progress::default(), Written::default());
        Self { gate: gate.into(), sink: Box::new(sink), quarantine: None, progress, failed: false, written }
    }

    /// Where rows go that are set aside, those of refused batches among them: batches of [`Gate::quarantine_schema`]. It is committed at the end
    /// in any case, and written before the sink: no row lands while others of its batch are lost.
    #[must_use]
    pub fn with_quarantine(mut self, quarantine: impl Sink + Send + 'a) -> Self {
        self.quarantine = Some(Box::new(quarantine));
        self
    }

    /// The gate.
    #[must_use]
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// How far the sink has come.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Judges a batch and writes what passes. A batch that is refused is no error here: the decision says so.
    ///
    /// # Errors
    /// [`WriteError`]; after that of a sink nothing more is written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<Decision, WriteError> {
        self.check()?;
        let decision = self.gate.judge(batch)?;
        self.put(decision)
    }

    /// As [`GuardedWriter::write`], for a batch with an id of its own. If it comes again it gets the same decision, and what this writer
    /// has written of it is not written twice.
    ///
    /// # Errors
    /// As [`GuardedWriter::write`].
    pub fn write_as(&mut self, batch_id: &str, batch: &RecordBatch) -> Result<Decision, WriteError> {
        self.check()?;
        let decision = self.gate.judge_as(batch_id, batch)?;
        if decision.repeated && self.written.ids.contains(batch_id) {
            return Ok(decision);
        }
        let decision = self.put(decision)?;
        self.written.add(batch_id, self.gate.options.remember.batches);
        Ok(decision)
    }

    fn check(&self) -> Result<(), WriteError> {
        if self.failed { Err(WriteError::Failed(self.progress.clone())) } else { Ok(()) }
    }

    fn put(&mut self, decision: Decision) -> Result<Decision, WriteError> {
        self.set_aside(&decision)?;
        let rows = decision.passed.num_rows() as u64;
        if decision.is_refused() || rows == 0 && decision.counts.rows > 0 {
            return Ok(decision);
        }
        // A sink that panics has failed, too.
        self.failed = true;
        (self.progress.failed_batch, self.progress.rows_uncertain) = (Some(decision.batch_id.clone()), rows);
        self.sink.land(&decision.passed).map_err(|source| WriteError::Sink { source, progress: self.progress.clone() })?;
        self.failed = false;
        (self.progress.failed_batch, self.progress.rows_uncertain) = (None, 0);
        self.progress.batches_landed += 1;
        self.progress.rows_landed += rows;
        Ok(decision)
    }

    fn set_aside(&mut self, decision: &Decision) -> Result<(), WriteError> {
        if decision.quarantined.num_rows() == 0 {
            return Ok(());
        }
        if let Some(quarantine) = &mut self.quarantine {
            self.failed = true;
            let rows = decision.quarantine()?;
            quarantine.land(&rows).map_err(|source| WriteError::Quarantine { source, progress: self.progress.clone() })?;
            self.failed = false;
        }
        self.progress.rows_set_aside += decision.counts.quarantined;
        Ok(())
    }

    /// Ends the gate's session: decides bounds and dataset checks, then commits the sink, or calls it off.
    ///
    /// # Errors
    /// [`WriteError::Refused`] if the whole is refused, [`WriteError::Failed`] after an error of a sink: the sink is called off.
    /// [`WriteError::Commit`] or [`WriteError::Quarantine`] if it cannot be committed.
    pub fn finish(mut self) -> Result<Finished, WriteError> {
        let finished = self.gate.finish();
        if let Err(source) = self.quarantine.take().map_or(Ok(()), |quarantine| quarantine.commit()) {
            self.sink.abort();
            return Err(WriteError::Quarantine { source, progress: self.progress });
        }
        if self.failed {
            self.sink.abort();
            return Err(WriteError::Failed(self.progress));
        }
        if let Some(refusal) = finished.refusal.clone() {
            self.sink.abort();
            return Err(WriteError::Refused { refusal: Box::new(refusal), finished: Box::new(finished), progress: self.progress });
        }
        match self.sink.commit() {
            Ok(()) => Ok(finished),
            Err(source) => Err(WriteError::Commit { source, progress: self.progress }),
        }
    }

    /// Calls the sink off, whatever was decided. What was set aside is kept.
    ///
    /// # Errors
    /// [`WriteError::Quarantine`] if that cannot be committed.
    pub fn abort(mut self) -> Result<Progress, WriteError> {
        self.sink.abort();
        if let Some(quarantine) = self.quarantine.take() {
            quarantine.commit().map_err(|source| WriteError::Quarantine { source, progress: self.progress.clone() })?;
        }
        Ok(self.progress)
    }
}

impl<S: Sink> RecordBatchWriter for GuardedWriter<'_, S> {
    /// As [`GuardedWriter::write`]; a refused batch is an error (an [`ArrowError::ExternalError`] with a [`Refusal`](super::Refusal)), unless the gate fails at
    /// the end. Under `split` there must be a quarantine, as set-aside rows cannot be handed back here.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        if self.gate.policy() == Policy::Split && self.quarantine.is_none() {
            let text = "rows that are set aside would be lost: give the writer a quarantine (`GuardedWriter::with_quarantine`)";
            return Err(ArrowError::InvalidArgumentError(text.to_owned()));
        }
        let decision = Self::write(self, batch).map_err(external)?;
        match decision.refusal() {
            Some(refusal) if self.gate.options.after_refusal != AfterRefusal::FailAtEnd => Err(external(refusal)),
            _ => Ok(()),
        }
    }

    fn close(self) -> Result<(), ArrowError> {
        self.finish().map(drop).map_err(external)
    }
}

pub(super) fn external(error: impl std::error::Error + Send + Sync + 'static) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}
