//! Why a gate has no decision, or a write did not land.

use super::violation::Refusal;

/// What can go wrong at a gate, other than a batch being refused.
///
/// Where there is an error there is no decision: nothing of the batch has passed, nothing of it is counted, and it may come again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// The batch is not of the schema the rules were bound to.
    #[error(transparent)]
    Data(#[from] crate::session::Error),
    /// A column that the gate adds has the name of one of the data's.
    #[error("the data has a column `{0}` already: name the gate's columns otherwise (`GateOptions::columns`)")]
    ColumnClash(String),
    /// A rule's `@on_fail(replace(…))` cannot be done.
    #[error("`{rule}` cannot replace a value: {reason}")]
    Replacement {
        /// The rule.
        rule: String,
        /// Why.
        reason: String,
    },
    /// A deadline needs a clock.
    #[error("`Limits::deadline` needs `GateOptions::clock`: the library reads no clock of its own")]
    NoClock,
    /// Typed responses were asked for, and there are none.
    #[error("typed responses cannot be had: {0}")]
    Untyped(String),
    /// The work was called off while a batch was judged, or before.
    #[error("batch `{batch_id}` was called off: it is not decided, and nothing of it has passed")]
    Cancelled {
        /// The batch.
        batch_id: String,
    },
    /// A batch took too long.
    #[error("batch `{batch_id}` is not decided: the limit `deadline` is {deadline:?}; nothing of it has passed")]
    Deadline {
        /// The batch.
        batch_id: String,
        /// The time it had.
        deadline: std::time::Duration,
    },
    /// Another batch came with the id of one that was decided.
    #[error("batch `{batch_id}` was decided with {known} rows and came again with {found}: give every batch an id of its own")]
    BatchIdReused {
        /// The batch.
        batch_id: String,
        /// Rows of the one that was decided.
        known: u64,
        /// Rows of the one that came now.
        found: u64,
    },
    /// A batch was refused, and the gate was told to stop there.
    #[error("nothing is judged after batch `{batch_id}`, which was refused (`AfterRefusal::Stop`)")]
    Stopped {
        /// The refused batch.
        batch_id: String,
    },
    /// The gate was finished.
    #[error("the gate is finished: nothing is judged any more")]
    Finished,
    /// New rules cannot take over, as what passes would have other columns.
    #[error("the rules cannot be replaced: {0}")]
    Swap(String),
    /// A write was refused.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// Arrow could not build what passes or is set aside.
    #[error("batch `{batch_id}` is decided, and cannot be cut: {source}")]
    Cut {
        /// The batch.
        batch_id: String,
        /// What Arrow says.
        source: arrow::error::ArrowError,
    },
}
