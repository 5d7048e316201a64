//! Between a producer of Arrow batches and a store: every write judged, nothing bad through, nothing lost.
//!
//! At the door: [`Gate`], which gives one [`Decision`] per batch; [`Policy`] and [`GateOptions`], what it may be told; [`Refusal`] and
//! [`Violation`], what is wrong with a write. What becomes of a row is asked of the rule it fails (`@on_fail`), never of bounds:
//!
//! | a row that fails a rule with | `reject` | `split` | `flag`, `observe` |
//! | --- | --- | --- | --- |
//! | `reject_batch` | the batch is refused | the batch is refused | passes |
//! | `reject_row` (error rules, unless said otherwise) | the batch is refused | the row is set aside | passes |
//! | `replace(value)` | passes with the value | passes with the value | passes as it is |
//! | `keep` (warn and info rules, unless said otherwise) | passes | passes | passes |
//!
//! The first line that applies to a row decides. Failures that a waiver covers, and those of rules in `@shadow`, keep the row.

mod columns;
mod decision;
mod end;
mod error;
mod flow;
mod landed;
mod memory;
mod options;
mod reader;
mod row;
mod rules;
mod ruling;
#[cfg(feature = "async")]
mod stream;
mod violation;
mod writer;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::report::Report;
use crate::session::{Session, Validator};
use crate::spans::span;
use crate::telemetry;

pub use decision::{Counts, Decision, Outcome, Summary};
pub use error::GateError;
pub use options::{AfterRefusal, AtEnd, CancelToken, Clock, ColumnNames, GateOptions, Limits, Policy, Remember};
pub use reader::GuardedReader;
pub use row::{RowDecision, RowGate};
#[cfg(feature = "async")]
pub use stream::GuardedStream;
pub use violation::{Consequence, Refusal, Violation};
pub use writer::{GuardedWriter, Progress, Sink, WriteError};

use landed::Landed;
use memory::{Known, Memory};
use rules::Rules;
use ruling::{Ruling, SoFar};

/// Judges batches before they land, and decides what becomes of each of their rows.
///
/// `Send + Sync`: any number of threads may hand it batches; decisions are made one after the other, in the order in which judging ends.
/// Nothing is buffered. Batches are judged on the rayon pool of the caller.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Float64Array, RecordBatch};
/// use rulegate::RuleSet;
/// use rulegate::gate::{Gate, Outcome, Policy};
///
/// let text = "rulegate 1\nfeatures tokens { score : float64 between 0 and 100  check some: row_count() >= 2 }";
/// let rules = RuleSet::compile("tokens.rules", text, &Default::default()).rule_set.expect("sound rules");
/// let batch = |scores: Vec<f64>| RecordBatch::try_from_iter([("score", Arc::new(Float64Array::from(scores)) as ArrayRef)]);
/// let gate = Gate::new(&rules.bind(&batch(vec![])?.schema())?, Policy::Split)?;
///
/// let decision = gate.judge_as("monday", &batch(vec![91.0, 104.2])?)?;
/// assert_eq!((decision.outcome, decision.counts.passed, decision.counts.quarantined), (Outcome::Escalated, 1, 1));
/// assert!(gate.judge_as("monday", &batch(vec![91.0, 104.2])?)?.repeated, "sent twice, counted once");
///
/// let end = gate.finish();
/// assert_eq!((end.outcome, end.report.rows), (Outcome::Escalated, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Gate {
    options: GateOptions,
    names: Arc<ColumnNames>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rules: Arc<Rules>,
    session: Session,
    memory: Memory,
    landed: Landed,
    totals: Totals,
    /// Rows of the session that were acted on.
    failing: u64,
    /// Rows of the session.
    judged: u64,
    /// Batches of the session that were refused.
    refused: Vec<String>,
    refused_more: u64,
    set_aside: u64,
    /// What the sessions before this one would have refused their end for.
    before: Before,
    /// Why nothing is judged any more.
    closed: Option<Closed>,
}

/// Reasons of sessions that were ended by new rules.
#[derive(Debug, Default)]
struct Before {
    reasons: Vec<String>,
    more: u64,
}

impl Before {
    fn add(&mut self, reasons: Vec<String>) {
        for reason in reasons {
            if self.reasons.len() < NAMED {
                self.reasons.push(format!("before the rules were replaced: {reason}"));
            } else {
                self.more += 1;
            }
        }
    }

    fn told(&self) -> Vec<String> {
        let more = (self.more > 0).then(|| format!("before the rules were replaced: {} reasons more", self.more));
        self.reasons.iter().cloned().chain(more).collect()
    }
}

#[derive(Debug, Clone)]
enum Closed {
    Finished,
    Refused(String),
}

/// Everything that came to a gate since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Totals {
    /// Batches that were decided.
    pub batches: u64,
    /// Of these, batches that pass as a whole.
    pub accepted: u64,
    /// Batches of which some rows are set aside.
    pub escalated: u64,
    /// Batches of which nothing passes.
    pub refused: u64,
    /// Batches that came again, and are not counted above or below.
    pub repeated: u64,
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
}

/// What a gate has come to at the end.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Finished {
    /// Whether what was written may be committed: refused where not; escalated where rows were set aside.
    pub outcome: Outcome,
    /// Why it may not, with every violation; absent where it may.
    pub refusal: Option<Refusal>,
    /// The report over everything that was judged, refused batches and rows set aside included.
    pub report: Report,
    /// All counts.
    pub totals: Totals,
}

const OTHER_COLUMNS: &str = "what passes would have other columns";

/// Refused batches whose names are kept for the end.
const NAMED: usize = 20;

impl Gate {
    /// A gate with nothing special.
    ///
    /// # Errors
    /// As [`Gate::with_options`].
    pub fn new(validator: &Validator, policy: Policy) -> Result<Self, GateError> {
        Self::with_options(validator, policy, GateOptions::default())
    }

    /// A gate.
    ///
    /// # Errors
    /// [`GateError::ColumnClash`] if a column it adds has the name of one of the data's; [`GateError::Replacement`] if a rule's
    /// `@on_fail(replace(…))` cannot be done; [`GateError::NoClock`] for a deadline without a clock; [`GateError::Untyped`] for
    /// typed responses of a features block.
    pub fn with_options(validator: &Validator, policy: Policy, options: GateOptions) -> Result<Self, GateError> {
        if options.limits.deadline.is_some() && options.clock.is_none() {
            return Err(GateError::NoClock);
        }
        let rules = Arc::new(Rules::new(validator, policy, &options)?);
        let state = State {
            session: rules.validator.session(),
            rules,
            memory: Memory::new(options.remember),
            landed: Landed::default(),
            totals: Totals::default(),
            failing: 0,
            judged: 0,
            refused: Vec::new(),
            refused_more: 0,
            set_aside: 0,
            before: Before::default(),
            closed: None,
        };
        Ok(Self { names: Arc::new(options.columns.clone()), options, state: Mutex::new(state) })
    }

    /// A gate for rows that were judged before, and that monitoring has counted then.
    pub(crate) fn uncounted(validator: &Validator, policy: Policy, options: GateOptions) -> Result<Self, GateError> {
        let gate = Self::with_options(validator, policy, options)?;
        gate.lock().session.is_counted = false;
        Ok(gate)
    }

    /// Its policy.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.lock().rules.policy
    }

    /// Changes the policy between two batches, such as from `observe` to `split`; the session goes on. What was decided stays decided.
    ///
    /// # Errors
    /// [`GateError::Swap`] if what passes would have other columns (`flag` adds some); [`GateError::Replacement`] if a rule's
    /// `@on_fail(replace(…))` cannot be done. The old policy stays in force then.
    pub fn set_policy(&self, policy: Policy) -> Result<(), GateError> {
        let mut state = self.lock();
        let rules = Rules::new(&state.rules.validator, policy, &self.options)?;
        if rules.passes != state.rules.passes {
            return Err(GateError::Swap(OTHER_COLUMNS.to_owned()));
        }
        state.rules = Arc::new(rules);
        Ok(())
    }

    /// The schema of what passes: that of the data, unless columns are added.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.lock().rules.passes)
    }

    /// The schema of [`Decision::quarantine`].
    #[must_use]
    pub fn quarantine_schema(&self) -> SchemaRef {
        Arc::clone(&self.lock().rules.explained)
    }

    /// All counts so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.lock().totals
    }

    /// The report over everything the session has judged so far; nothing is ended.
    #[must_use]
    pub fn report(&self) -> Report {
        self.traced(self.lock().session.finish())
    }

    /// Decides what becomes of a batch. Its id is its number, from 1, and is not remembered.
    ///
    /// # Errors
    /// [`GateError`]: there is no decision, and nothing of the batch may land.
    pub fn judge(&self, batch: &RecordBatch) -> Result<Decision, GateError> {
        self.decide(None, batch)
    }

    /// Decides what becomes of a batch with an id of its own. If it comes again (a producer that tries again), it gets the same decision
    /// and is not counted twice; how much is remembered is a matter of [`Remember`]. That it holds the same rows is the caller's promise:
    /// only their number is compared.
    ///
    /// # Errors
    /// As [`Gate::judge`]; [`GateError::BatchIdReused`] if a batch of this id had another number of rows.
    pub fn judge_as(&self, batch_id: &str, batch: &RecordBatch) -> Result<Decision, GateError> {
        self.decide(Some(batch_id), batch)
    }

    fn decide(&self, id: Option<&str>, batch: &RecordBatch) -> Result<Decision, GateError> {
        let _span = span!("gate", rows = batch.num_rows(), batch_id = id.unwrap_or_default());
        let begun = self.options.clock.as_ref().map(Clock::now);
        loop {
            let (rules, judged_before) = {
                let mut state = self.lock();
                if let Some(known) = id.and_then(|id| state.memory.get(id)).cloned() {
                    state.totals.repeated += 1;
                    drop(state);
                    return self.again(&known, batch);
                }
                state.check_open()?;
                (Arc::clone(&state.rules), state.judged)
            };
            let ruling = self.rule(&rules, batch, judged_before, id, begun)?;
            let mut state = self.lock();
            // Rules that were replaced meanwhile must not be judged by.
            if !Arc::ptr_eq(&state.rules, &rules) {
                continue;
            }
            if let Some(known) = id.and_then(|id| state.memory.get(id)).cloned() {
                state.totals.repeated += 1;
                drop(state);
                return self.again(&known, batch);
            }
            state.check_open()?;
            let (ruling, replaced) = state.settle(ruling, id, batch, &self.options)?;
            drop(state);
            let took = self.options.clock.as_ref().zip(begun).map(|(clock, begun)| clock.now().saturating_sub(begun));
            telemetry::decided(&rules.plan().block.name, ruling.outcome.name(), fates(&ruling.counts), took);
            return self.decision(&rules, &ruling, batch, replaced, false);
        }
    }

    /// Judges the rows of a batch; what it comes to depends on what came before, which is not asked here.
    fn rule(
        &self,
        rules: &Rules,
        batch: &RecordBatch,
        judged_before: u64,
        id: Option<&str>,
        begun: Option<std::time::Duration>,
    ) -> Result<Ruling, GateError> {
        let batch_id = || id.unwrap_or("without id").to_owned();
        let is_cancelled = || self.options.cancel.as_ref().is_some_and(CancelToken::is_cancelled);
        let deadline = self.options.limits.deadline;
        let is_late = || match (deadline, &self.options.clock, begun) {
            (Some(deadline), Some(clock), Some(begun)) => clock.now().saturating_sub(begun) > deadline,
            _ => false,
        };
        if let Some(reason) = ruling::too_much(batch, &self.options, judged_before) {
            rules.validator.check_schema(batch)?;
            return Ok(Ruling::unjudged(batch, reason));
        }
        let ruling = ruling::judge(rules, batch, &|| !is_cancelled() && !is_late())?;
        match ruling {
            Some(ruling) if !is_cancelled() && !is_late() => Ok(ruling),
            _ if is_cancelled() => Err(GateError::Cancelled { batch_id: batch_id() }),
            _ => Err(GateError::Deadline { batch_id: batch_id(), deadline: deadline.unwrap_or_default() }),
        }
    }

    fn again(&self, known: &Known, batch: &RecordBatch) -> Result<Decision, GateError> {
        known.rules.validator.check_schema(batch)?;
        let (rows, found) = (known.ruling.counts.rows, batch.num_rows() as u64);
        if rows != found {
            return Err(GateError::BatchIdReused { batch_id: known.ruling.batch_id.clone(), known: rows, found });
        }
        self.decision(&known.rules, &known.ruling, batch, None, true)
    }

    fn decision(
        &self,
        rules: &Arc<Rules>,
        ruling: &Arc<Ruling>,
        batch: &RecordBatch,
        replaced: Option<RecordBatch>,
        repeated: bool,
    ) -> Result<Decision, GateError> {
        let cut = rules.cut(batch, replaced, ruling);
        let (passed, quarantined) = cut.map_err(|source| GateError::Cut { batch_id: ruling.batch_id.clone(), source })?;
        Ok(Decision {
            batch_id: ruling.batch_id.clone(),
            outcome: ruling.outcome,
            passed,
            quarantined,
            counts: ruling.counts,
            violations: ruling.violations.clone(),
            reasons: ruling.reasons.clone(),
            first_row: ruling.first_row,
            repeated,
            rules: Arc::clone(rules),
            ruling: Arc::clone(ruling),
            batch: batch.clone(),
            names: Arc::clone(&self.names),
            trace_id: self.options.trace_id.clone(),
        })
    }

    /// Replaces the rules between two batches: the session so far is ended and its report given back, a new one begins. Batches that are
    /// being judged by the old rules are judged again by the new ones. What was decided stays decided: a batch that comes again gets
    /// the decision of then. Rows go on being numbered. What the session so far would have refused the end for, dataset checks left out,
    /// still refuses it.
    ///
    /// # Errors
    /// [`GateError::Swap`] if the rules are bound to another schema, or what passes would have other columns; otherwise as
    /// [`Gate::with_options`]. The old rules stay in force then.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    /// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    /// use rulegate::{RuleSet, Validator};
    /// use rulegate::gate::{Gate, Policy};
    ///
    /// let batch = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![5, 50])) as ArrayRef)])?;
    /// let rules = |text: &str| -> Result<Validator, Box<dyn std::error::Error>> {
    ///     Ok(RuleSet::compile("t.rules", text, &Default::default()).rule_set.ok_or("sound rules")?.bind(&batch.schema())?)
    /// };
    /// let gate = Gate::new(&rules("rulegate 1\nfeatures t { a : int64 <= 9 @shadow }")?, Policy::Split)?;
    /// assert_eq!(gate.judge(&batch)?.counts.quarantined, 0, "a rule in shadow is only told");
    ///
    /// let report = gate.swap(&rules("rulegate 1\nfeatures t { a : int64 <= 9 }")?)?;
    /// assert_eq!(report.rule("t.a.range").map(|rule| rule.failed), Some(1));
    /// assert_eq!(gate.judge(&batch)?.counts.quarantined, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn swap(&self, validator: &Validator) -> Result<Report, GateError> {
        let mut state = self.lock();
        let rules = Arc::new(Rules::new(validator, state.rules.policy, &self.options)?);
        if rules.plan().input_schema() != state.rules.plan().input_schema() {
            return Err(GateError::Swap("they are bound to another schema".to_owned()));
        }
        if rules.passes != state.rules.passes {
            return Err(GateError::Swap(OTHER_COLUMNS.to_owned()));
        }
        let session = rules.validator.session();
        let old = std::mem::replace(&mut state.session, session).finish();
        // A check asks about all rows, and these are not all: what it came to is in the report.
        let reasons = end::reasons(&state.rules, &old, self.options.at_end, |rule| !end::is_check(rule));
        state.before.add(reasons);
        state.rules = rules;
        state.begin_session();
        drop(state);
        Ok(self.traced(old))
    }

    fn traced(&self, report: Report) -> Report {
        Report { trace_id: self.options.trace_id.clone(), ..report }
    }

    /// Ends the session: decides bounds and dataset checks, and with them whether what was written may be committed (see [`AtEnd`]).
    /// Nothing is judged any more.
    #[must_use]
    pub fn finish(&self) -> Finished {
        let mut state = self.lock();
        state.closed.get_or_insert(Closed::Finished);
        let (rules, report) = (Arc::clone(&state.rules), self.traced(state.session.finish()));
        let (totals, batches, set_aside, before) = (state.totals, state.refused_batches(), state.set_aside, state.before.told());
        drop(state);
        let mut reasons = end::reasons(&rules, &report, self.options.at_end, |_| true);
        reasons.extend(before);
        if self.options.after_refusal != AfterRefusal::GoOn {
            reasons.extend(batches);
        }
        let refusal = (!reasons.is_empty()).then(|| end::refusal(&rules, &report, reasons));
        let outcome = match (&refusal, set_aside) {
            (Some(_), _) => Outcome::Refused,
            (None, 0) => Outcome::Accepted,
            (None, _) => Outcome::Escalated,
        };
        Finished { outcome, refusal, report, totals }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of rows, under the names that monitoring knows.
fn fates(counts: &Counts) -> [(&'static str, u64); 4] {
    let as_they_are = counts.passed.saturating_sub(counts.replaced).saturating_sub(counts.fallback);
    [("passed", as_they_are), ("replaced", counts.replaced), ("fallback", counts.fallback), ("quarantined", counts.quarantined)]
}

impl State {
    fn check_open(&self) -> Result<(), GateError> {
        match &self.closed {
            None => Ok(()),
            Some(Closed::Finished) => Err(GateError::Finished),
            Some(Closed::Refused(batch_id)) => Err(GateError::Stopped { batch_id: batch_id.clone() }),
        }
    }

    /// Decides a batch now that it is known what came before it, and counts it.
    fn settle(
        &mut self,
        mut ruling: Ruling,
        id: Option<&str>,
        batch: &RecordBatch,
        options: &GateOptions,
    ) -> Result<(Arc<Ruling>, Option<RecordBatch>), GateError> {
        ruling.batch_id = id.map_or_else(|| (self.totals.batches + 1).to_string(), str::to_owned);
        // Others may have been counted since the limit was asked about.
        if let Some(reason) = ruling::too_much(batch, options, self.judged).filter(|_| ruling.closely.is_some()) {
            ruling = Ruling { batch_id: ruling.batch_id, ..Ruling::unjudged(batch, reason) };
        }
        let so_far = SoFar { first_row: self.totals.rows, failing: self.failing };
        ruling.decide(&self.rules, options, batch, so_far, &mut self.landed);
        let samples = ruling.violations.iter_mut().flat_map(|violation| &mut violation.samples);
        samples.for_each(|sample| sample.input.clone_from(&ruling.batch_id));
        if let Some(closely) = ruling.closely.take() {
            self.session.fold_closely(closely, ruling.first_row)?;
            self.judged += ruling.counts.rows;
        }
        self.count(&ruling, options);
        let replaced = ruling.replaced.take();
        let ruling = Arc::new(ruling);
        if id.is_some() {
            self.memory.add(Known { rules: Arc::clone(&self.rules), ruling: Arc::clone(&ruling) });
        }
        Ok((ruling, replaced))
    }

    fn count(&mut self, ruling: &Ruling, options: &GateOptions) {
        let (totals, counts) = (&mut self.totals, &ruling.counts);
        totals.batches += 1;
        match ruling.outcome {
            Outcome::Accepted => totals.accepted += 1,
            Outcome::Escalated => totals.escalated += 1,
            Outcome::Refused => totals.refused += 1,
        }
        totals.rows += counts.rows;
        totals.passed += counts.passed;
        totals.quarantined += counts.quarantined;
        totals.replaced += counts.replaced;
        totals.fallback += counts.fallback;
        self.failing += counts.acted_on;
        self.set_aside += counts.quarantined;
        if ruling.outcome == Outcome::Refused {
            if self.refused.len() < NAMED {
                self.refused.push(ruling.batch_id.clone());
            } else {
                self.refused_more += 1;
            }
            if options.after_refusal == AfterRefusal::Stop {
                self.closed = Some(Closed::Refused(ruling.batch_id.clone()));
            }
        }
    }

    fn begin_session(&mut self) {
        // What was refused or set aside before stays so: the end depends on it.
        (self.failing, self.judged) = (0, 0);
        self.landed = Landed::default();
    }

    /// Which batches were refused, as a reason.
    fn refused_batches(&self) -> Option<String> {
        let more = if self.refused_more > 0 { format!(" and {} more", self.refused_more) } else { String::new() };
        let named = || self.refused.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        (!self.refused.is_empty()).then(|| format!("refused batches: {}{more}", named()))
    }
}
