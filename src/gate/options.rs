//! What a gate may be told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a gate makes of failing rows. What each rule asks for (`@on_fail`) is told by the rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// All or nothing: `reject_row` is read as `reject_batch`, so a batch with a row that must not pass is refused. Values are replaced.
    Reject,
    /// `@on_fail` as it is written: rows are set aside one by one, values replaced, batches refused by `reject_batch`.
    Split,
    /// Everything passes as it is, with columns that say which rules each row fails.
    Flag,
    /// Everything passes as it is; failures are only counted and told.
    Observe,
}

impl Policy {
    /// Whether it keeps anything out.
    #[must_use]
    pub fn acts(self) -> bool {
        matches!(self, Self::Reject | Self::Split)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Split => "split",
            Self::Flag => "flag",
            Self::Observe => "observe",
        }
    }
}

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::Reject, Self::Split, Self::Flag, Self::Observe];
        known
            .into_iter()
            .find(|policy| policy.name() == text)
            .ok_or_else(|| format!("there is no policy `{text}`: use reject, split, flag or observe"))
    }
}

/// What follows once a batch is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AfterRefusal {
    /// Every batch is a write of its own: others pass as if the refused one had not come.
    #[default]
    GoOn,
    /// Fail fast: nothing is judged any more, and the end refuses.
    Stop,
    /// Fail at the end: other batches are judged, so that all failures are told, and the end refuses.
    FailAtEnd,
}

/// Which failures of the session as a whole refuse it at the end, so that what was written is not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AtEnd {
    /// What the gate has not dealt with row by row: bounds that are written in the rule file, dataset checks, error rules whose failing
    /// rows were kept, rules that could not be computed. That some rows were set aside is no reason.
    #[default]
    Unresolved,
    /// Whatever fails the report.
    Report,
    /// Nothing.
    Nothing,
}

/// How much a gate takes on. Nothing is limited unless it is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Rows of one batch. A larger one is refused without being judged.
    pub max_batch_rows: Option<u64>,
    /// Bytes of one batch, as its slices of Arrow buffers hold them. A larger one is refused without being judged.
    pub max_batch_bytes: Option<u64>,
    /// Rows of a session. The batch that would go past it is refused without being judged.
    pub max_rows: Option<u64>,
    /// Rows of a session that may be set aside, replaced or stand in refused batches. The batch that goes past it is refused, and so is
    /// every batch after it in which such a row stands.
    pub max_failing_rows: Option<u64>,
    /// Samples of failing rows for each rule, in decisions and in the report; at most what the validator was bound with.
    pub max_samples: Option<usize>,
    /// Time for one batch, by [`GateOptions::clock`]. Looked at between slices of a batch; past it there is no decision
    /// ([`GateError::Deadline`](super::GateError::Deadline)), and the same batch may come again.
    pub deadline: Option<Duration>,
}

/// A clock that is handed in: the time since some moment, never going back.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock {
    /// A clock that asks a function, such as `move || start.elapsed()` of a [`std::time::Instant`].
    pub fn new(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Duration {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// Calls off the work of a gate from elsewhere. Clones are one token.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::AtomicBool;
/// use rulegate::gate::CancelToken;
///
/// let shutdown = Arc::new(AtomicBool::new(false));
/// let token = CancelToken::from(Arc::clone(&shutdown));
/// assert!(!token.is_cancelled());
/// token.cancel();
/// assert!(shutdown.load(std::sync::atomic::Ordering::Relaxed));
/// ```
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Calls the work off: batches that are being judged get no decision, nor do later ones.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was called off.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl From<Arc<AtomicBool>> for CancelToken {
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }
}

/// How much a gate remembers of what it decided, so that a batch that comes again gets the same decision. What is longest ago is
/// forgotten first; a batch whose id was forgotten is judged and counted as a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remember {
    /// Batch ids.
    pub batches: usize,
    /// Bytes, about: masks of failing rows and the violations of each batch, with the values that their samples show. Batches themselves are
    /// not kept; the rules that a batch was decided by are, and are not counted: batches share them.
    pub bytes: usize,
}

impl Default for Remember {
    /// 1 024 batches, 64 MiB.
    fn default() -> Self {
        Self { batches: 1_024, bytes: 64 << 20 }
    }
}

/// Names of the columns a gate adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnNames {
    /// The number of a row among all that came to the gate, from 0; with rows that are set aside.
    pub row: String,
    /// The ids of the rules a row fails; with rows that are flagged or set aside.
    pub rules: String,
    /// The weight of the heaviest of these rules: `error`, `warn` or `info`; null where there is none.
    pub severity: String,
    /// What these rules have to say of the row; with rows that are set aside.
    pub messages: String,
    /// How a response was read (`strict`, `recovered`, `fallback`, `failed`); with typed responses.
    pub status: String,
    /// Why a response was not read strictly, or fails; with typed responses.
    pub reason: String,
}

impl Default for ColumnNames {
    /// `_gate_row`, `_gate_rules`, `_gate_severity`, `_gate_messages`, `_gate_status`, `_gate_reason`.
    fn default() -> Self {
        let name = |last: &str| format!("_gate_{last}");
        Self {
            row: name("row"),
            rules: name("rules"),
            severity: name("severity"),
            messages: name("messages"),
            status: name("status"),
            reason: name("reason"),
        }
    }
}

/// What a gate may be told besides its policy.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use rulegate::RuleSet;
/// use rulegate::gate::{AfterRefusal, Gate, GateOptions, Limits, Policy};
///
/// let rules = RuleSet::compile("t.rules", "rulegate 1\nfeatures t { a : int64 }", &Default::default()).rule_set.expect("sound rules");
/// let batch = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef)])?;
/// let options = GateOptions {
///     after_refusal: AfterRefusal::Stop,
///     limits: Limits { max_batch_rows: Some(2), ..Limits::default() },
///     ..GateOptions::default()
/// };
/// let gate = Gate::with_options(&rules.bind(&batch.schema())?, Policy::Split, options)?;
/// assert_eq!(gate.judge(&batch)?.reasons, ["the limit `max_batch_rows` is 2, and the batch has 3 rows"]);
/// assert!(gate.judge(&batch.slice(0, 1)).is_err(), "nothing is judged after a refusal");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct GateOptions {
    /// What follows once a batch is refused.
    pub after_refusal: AfterRefusal,
    /// Which failures of the whole refuse it at the end.
    pub at_end: AtEnd,
    /// Holds every batch of at least so many rows to the bounds of its rules that are shares (`@error(2%)`): past one, the batch is
    /// refused. Smaller batches, and bounds in rows, are held to them at the end only.
    pub batch_bounds: Option<u64>,
    /// How much it takes on.
    pub limits: Limits,
    /// Calls the work off.
    pub cancel: Option<CancelToken>,
    /// Needed for a deadline.
    pub clock: Option<Clock>,
    /// The caller's trace or correlation id: in summaries of decisions, refusals and the report.
    pub trace_id: Option<String>,
    /// How much it remembers.
    pub remember: Remember,
    /// Names of the columns it adds.
    pub columns: ColumnNames,
    /// For an `output` block: what passes has typed values in the place of the responses (see [`Validator::typed`](crate::Validator::typed)),
    /// and columns that say how each was read. `reject_row` then puts the block's `fallback` in the place of a response, if there is one.
    pub typed: bool,
}
