//! Rules at work on data: bind, validate, fold batches into a session, give a report.
//!
//! At the door: [`Validator`], [`BatchVerdict`], [`Session`]. A validator is a plan bound to one schema, cheap to clone and safe to share; a
//! session folds batches and inputs and can be merged with another. Batches are cut and judged on the rayon pool of the caller.

mod closely;
mod finish;
#[cfg(feature = "parquet")]
mod prove;
mod row;
mod typed;
mod verdict;
mod waive;

use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::Schema;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::compile::{RuleSet, ir};
use crate::eval::tally::{Counts, Enough, Partial, Position};
use crate::eval::{Keep, Terms, ask, evaluate, evaluate_open, opening, seed};
use crate::functions::Context;
use crate::host::HostFunctions;
use crate::plan::{BindContext, BindFault, ConditionId, Plan, Settled};
use crate::report::{InputInfo, Integrity, REPORT_VERSION};
use crate::spans::span;
use crate::telemetry;

pub(crate) use closely::{Closely, Found};
#[cfg(feature = "parquet")]
pub(crate) use prove::Proof;
pub use row::{FailedRule, ResponseFailure, ResponseVerdict, RowFailure, RowOutcome, RowValidator, RowValue, RowVerdict};
pub use typed::Typed;
pub use verdict::{BatchVerdict, RuleCounts};

/// Samples a rule keeps unless told otherwise.
pub const DEFAULT_SAMPLES: usize = 5;

/// Rows of a batch that one thread takes at a time.
const CHUNK_ROWS: usize = 32_768;

/// The rows of a batch in the parts that threads take, in order.
fn chunks(rows: usize) -> Vec<Range<usize>> {
    (0..rows).step_by(CHUNK_ROWS).map(|start| start..rows.min(start.saturating_add(CHUNK_ROWS))).collect()
}

/// What can go wrong between rules and data, other than the data being bad.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The rules have several blocks and none was named.
    #[error("the rules have several blocks: name one of {}", known.join(", "))]
    BlockNeeded {
        /// The blocks there are.
        known: Vec<String>,
    },
    /// There is no block of this name.
    #[error("the rules have no block `{name}`; they have {}", known.join(", "))]
    UnknownBlock {
        /// The name asked for.
        name: String,
        /// The blocks there are.
        known: Vec<String>,
    },
    /// The rules have no block at all.
    #[error("the rules have no block: nothing could be judged")]
    NoBlock,
    /// The schema cannot be bound.
    #[error("{0}")]
    Bind(String),
    /// A batch is not of the schema the validator was bound to.
    #[error("the batch has other columns than the validator was bound to: {0}")]
    SchemaChanged(String),
    /// A row has another number of values than the validator has columns.
    #[error("the row has {found} values, and the validator was bound to {expected} columns")]
    RowLength {
        /// Columns of the bound schema.
        expected: usize,
        /// Values of the row.
        found: usize,
    },
    /// A value is not one that its column could hold.
    #[error("column `{column}` holds {expected}, and {found} of the row does not fit it")]
    RowValue {
        /// The column.
        column: String,
        /// Its type.
        expected: String,
        /// What the row has in its place; never the value itself.
        found: &'static str,
    },
    /// A row has a key that the rules declare and the bound schema lacks.
    #[error("the row has `{0}`, which the rules declare and the bound schema has not: bind a schema that has it")]
    RowKey(String),
    /// Two sessions cannot be merged.
    #[error("these sessions cannot be merged: {0}")]
    Merge(&'static str),
}

/// What binding may be told.
#[derive(Debug, Clone, Default)]
pub struct BindOptions {
    /// The block that judges; may be left out where there is one.
    pub block: Option<String>,
    /// Functions of the host program.
    pub functions: HostFunctions,
    /// What `now()` is, and which day it is for waivers. Without it rules that ask for the time are in error, and rules with waivers that
    /// end on a date are not bound.
    pub now: Option<SystemTime>,
    /// Samples each rule keeps; [`DEFAULT_SAMPLES`] where left out.
    pub samples: Option<usize>,
}

impl RuleSet {
    /// Binds the only block to a schema.
    ///
    /// # Errors
    /// [`Error`] if there is no block or more than one, two columns share a name that a rule uses, or a waiver ends on a date (which needs
    /// [`BindOptions::now`]). A schema that does not fit the
    /// declarations is no error: its rules fail.
    pub fn bind(&self, schema: &Schema) -> Result<Validator, Error> {
        self.bind_with(schema, &BindOptions::default())
    }

    /// Binds a block to a schema.
    ///
    /// # Errors
    /// As [`RuleSet::bind`].
    pub fn bind_with(&self, schema: &Schema, options: &BindOptions) -> Result<Validator, Error> {
        let block = self.chosen(options.block.as_deref())?;
        let _span = span!("bind", block = block.name.as_str(), columns = schema.fields().len());
        let now = options.now.map(nanos_of);
        let context = BindContext { sets: &self.sets, externs: &self.externs, host: &options.functions, now };
        let plan = Plan::bind(block, &Arc::new(schema.clone()), context).map_err(|fault: BindFault| Error::Bind(fault.to_string()))?;
        let keep = Keep {
            samples: options.samples.unwrap_or(DEFAULT_SAMPLES),
            masks: false,
            read: false,
            context: Context { now },
            seed: seed(&self.hash),
        };
        Ok(Validator { rules: self.clone(), plan: Arc::new(plan), keep, functions: options.functions.clone() })
    }

    pub(crate) fn chosen(&self, name: Option<&str>) -> Result<&Arc<ir::Block>, Error> {
        let known = || self.blocks.iter().map(|block| block.name.clone()).collect::<Vec<_>>();
        match (name, self.blocks.as_slice()) {
            (Some(name), _) => self.block(name).ok_or_else(|| Error::UnknownBlock { name: name.to_owned(), known: known() }),
            (None, [one]) => Ok(one),
            (None, []) => Err(Error::NoBlock),
            (None, _) => Err(Error::BlockNeeded { known: known() }),
        }
    }
}

/// Nanoseconds since 1970.
pub(crate) fn nanos_of(time: SystemTime) -> i128 {
    let nanos = |duration: std::time::Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => nanos(after),
        Err(before) => -nanos(before.duration()),
    }
}

/// Rules bound to a schema: judges batches of it.
///
/// `Send + Sync`, and cheap to clone.
#[derive(Debug, Clone)]
pub struct Validator {
    rules: RuleSet,
    plan: Arc<Plan>,
    keep: Keep,
    functions: HostFunctions,
}

impl Validator {
    /// Judges the rows of a batch. Dataset checks need a [`Session`].
    ///
    /// # Errors
    /// [`Error::SchemaChanged`] if the batch is not of the bound schema.
    pub fn validate(&self, batch: &RecordBatch) -> Result<BatchVerdict, Error> {
        self.check_schema(batch)?;
        // A verdict shows no samples.
        let keep = Keep { masks: true, samples: 0, ..self.keep };
        Ok(BatchVerdict::new(&self.plan, evaluate(&self.plan, batch.columns(), 0, batch.num_rows(), Position { input: 0, row: 0 }, &keep)))
    }

    /// Prepares for rows that come one at a time.
    #[must_use]
    pub fn row_validator(&self) -> RowValidator {
        RowValidator::new(self)
    }

    /// Begins a session.
    #[must_use]
    pub fn session(&self) -> Session {
        Session {
            validator: self.clone(),
            plans: vec![Arc::clone(&self.plan)],
            keep: self.keep,
            current: None,
            is_counted: true,
            state: SessionState {
                report_version: REPORT_VERSION,
                hash: self.rules.hash.clone(),
                block: self.plan.block.name.clone(),
                now: self.keep.context.now,
                inputs: Vec::new(),
                notes: Vec::new(),
                partial: Partial::new(&self.plan),
            },
        }
    }

    /// The plan it judges by.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What the rules on rows say of one row: a rule and its counts, over several columns as many times.
    pub(crate) fn ask(&self, batch: &RecordBatch, row: usize) -> Vec<(usize, Counts)> {
        let conditions: Vec<ConditionId> = self.plan.conditions().map(|(id, _)| id).collect();
        let counts = ask(&self.plan, batch.slice(row, 1).columns(), 1, &conditions, &self.keep);
        conditions.iter().map(|id| id.rule).zip(counts).collect()
    }

    /// Columns of the schema that the rules read, by index.
    #[must_use]
    pub fn projection(&self) -> &[usize] {
        self.plan.input_projection()
    }

    pub(crate) fn check_schema(&self, batch: &RecordBatch) -> Result<(), Error> {
        let (bound, found) = (self.plan.input_schema(), batch.schema_ref());
        if Arc::ptr_eq(bound, found) {
            return Ok(());
        }
        if bound.fields().len() != found.fields().len() {
            return Err(Error::SchemaChanged(format!("{} instead of {}", found.fields().len(), bound.fields().len())));
        }
        for (old, new) in bound.fields().iter().zip(found.fields()) {
            if old.name() != new.name() || !old.data_type().equals_datatype(new.data_type()) {
                return Err(Error::SchemaChanged(format!(
                    "`{}` {} instead of `{}` {}",
                    new.name(),
                    new.data_type(),
                    old.name(),
                    old.data_type()
                )));
            }
        }
        Ok(())
    }
}

/// What a session has come to so far, in a form that can be stored and sent.
///
/// Of redacted columns it holds no samples and no counts by value, and keys (of `unique`, `by`, `distinct_count`) only as hashes that
/// differ from rule set to rule set. What cannot be folded without the value is there as it is: the extreme of `min` and `max`, sums,
/// and the ends of the runs of `increasing`. Where rules ask for these of redacted columns, a state is to be kept as the data are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionState {
    report_version: u32,
    hash: String,
    block: String,
    now: Option<i128>,
    inputs: Vec<InputInfo>,
    notes: Vec<(u32, crate::report::Warning)>,
    partial: Partial,
}

/// Folds batches of one or more inputs, and gives one report.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use rulegate::{RuleSet, report::Outcome};
///
/// let rules = RuleSet::compile("t.rules", "rulegate 1\nfeatures t { a : int64 >= 0  check some: row_count() >= 2 }", &Default::default()).rule_set.unwrap();
/// let batch = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1, -2, 3])) as ArrayRef)]).unwrap();
/// let mut session = rules.bind(&batch.schema()).unwrap().session();
/// session.add(&batch).unwrap();
/// let report = session.finish();
/// assert_eq!((report.outcome, report.rows_failed), (Outcome::Fail, 1));
/// ```
#[derive(Debug, Clone)]
pub struct Session {
    validator: Validator,
    /// Every plan an input was judged with.
    plans: Vec<Arc<Plan>>,
    keep: Keep,
    /// The input that [`Session::add`] goes on with.
    current: Option<Input>,
    /// Whether monitoring is told of its rows.
    pub(crate) is_counted: bool,
    state: SessionState,
}

/// An input of a session: rows are numbered within it.
#[derive(Debug, Clone)]
pub struct Input {
    index: u32,
    plan: Arc<Plan>,
    keep: Keep,
    enough: Arc<Enough>,
}

/// What some rows of an input have come to; made on any thread, added to its session in any order.
#[derive(Debug, Clone)]
pub struct Judged {
    index: u32,
    partial: Partial,
}

impl Input {
    /// Judges a batch whose first row is row `row` of the input.
    #[must_use]
    pub fn judge(&self, batch: &RecordBatch, row: u64) -> Judged {
        // The caller may not add what it judges, so that nothing is left out here because something else has it.
        let at = Position { input: self.index, row };
        Judged { index: self.index, partial: evaluate(&self.plan, batch.columns(), 0, batch.num_rows(), at, &self.keep).partial }
    }

    /// Judges rows `start .. start + rows` of the columns of the bound schema, whose first row is row `row` of the input; columns that the
    /// rules do not read may hold anything.
    pub(crate) fn judge_range(&self, columns: &[ArrayRef], start: usize, rows: usize, row: u64) -> Judged {
        self.judge_open(columns, start, rows, row, &Settled::default())
    }

    /// As [`Input::judge_range`], without the conditions that are settled; columns that nothing else reads may hold anything.
    pub(crate) fn judge_open(&self, columns: &[ArrayRef], start: usize, rows: usize, row: u64, settled: &Settled) -> Judged {
        let terms = Terms { keep: &self.keep, settled, enough: Some(&self.enough) };
        let at = Position { input: self.index, row };
        Judged { index: self.index, partial: evaluate_open(&self.plan, columns, start, rows, at, &terms).partial }
    }
}

impl Judged {
    /// Rows that were judged.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.partial.rows
    }
}

/// The code of remarks on inputs of a shape that the rules do not fit.
pub(super) const INPUT_UNFIT: &str = "input_unfit";

impl Session {
    /// Begins an input. `validator` must be of the same rules and block; its schema may differ from that of other inputs.
    ///
    /// # Errors
    /// [`Error::Merge`] if the rules, the block or the clock differ.
    pub fn begin(&mut self, validator: &Validator, name: impl Into<String>) -> Result<Input, Error> {
        self.same(&validator.rules.hash, &validator.plan.block.name, validator.keep.context.now)?;
        let index = u32::try_from(self.state.inputs.len()).unwrap_or(u32::MAX);
        let plan = Arc::clone(&validator.plan);
        self.state.inputs.push(InputInfo {
            block: plan.block.name.clone(),
            name: name.into(),
            rows: 0,
            row_groups: None,
            rows_proved: 0,
            integrity: Integrity::None,
            absent_columns: plan.absent_columns.clone(),
        });
        for column in &plan.local_as_utc {
            let text = format!("column `{column}` has no time zone and is read as UTC");
            self.state.notes.push((index, crate::report::Warning { code: "local_as_utc".to_owned(), rule: None, text }));
        }
        if let Some(reason) = plan.unfit() {
            let name = self.state.inputs.last().map_or_else(String::new, |input| input.name.clone());
            let text = format!("`{name}`: {reason}");
            self.state.notes.push((index, crate::report::Warning { code: INPUT_UNFIT.to_owned(), rule: None, text }));
        }
        for column in &plan.absent_columns {
            self.tell_near(index, column, plan.near(column));
        }
        self.state.notes.extend(waive::remarks(&plan).into_iter().map(|remark| (index, remark)));
        self.state.partial.merge(opening(&plan), self.keep.samples);
        if !self.plans.iter().any(|known| Arc::ptr_eq(known, &plan)) {
            self.plans.push(Arc::clone(&plan));
        }
        let enough = Arc::new(Enough::new(plan.rules.len()));
        Ok(Input { index, plan, keep: self.keep, enough })
    }

    /// Says of a column that is not there which one the data has that is called nearly so.
    fn tell_near(&mut self, index: u32, column: &str, near: Option<&str>) {
        let Some(near) = near else { return };
        let text = format!("the data has no column `{column}`; it has `{near}`");
        self.state.notes.push((index, crate::report::Warning { code: "near_name".to_owned(), rule: None, text }));
    }

    /// Says that no row of an input has brought a value of a column, not even a null, where only the rows could tell; `near` is the most
    /// alike of the names that they do bring. Columns that may be absent are listed as such; of others their rule tells, and this says why.
    pub(crate) fn never_there(&mut self, input: &Input, column: &str, may_be_absent: bool, near: Option<&str>) {
        if let Some(info) = self.state.inputs.get_mut(input.index as usize).filter(|_| may_be_absent) {
            info.absent_columns.push(column.to_owned());
            return self.tell_near(input.index, column, near);
        }
        let near = near.map_or_else(String::new, |near| format!("; it has `{near}`"));
        self.remark(input, "absent_column", format!("the data has no column `{column}`{near}"));
    }

    /// Adds what some rows of an input have come to.
    pub fn fold(&mut self, judged: Judged) {
        if self.is_counted {
            telemetry::judged(&self.validator.plan, &judged.partial);
        }
        if let Some(input) = self.state.inputs.get_mut(judged.index as usize) {
            input.rows += judged.partial.rows;
        }
        self.state.partial.merge(judged.partial, self.keep.samples);
    }

    /// Says what is known of an input besides its rows.
    pub fn describe(&mut self, input: &Input, row_groups: Option<u64>, integrity: Integrity) {
        if let Some(info) = self.state.inputs.get_mut(input.index as usize) {
            info.row_groups = row_groups;
            info.integrity = integrity;
        }
    }

    /// Adds a remark on an input, which the report lists among its warnings.
    pub(crate) fn remark(&mut self, input: &Input, code: &str, text: String) {
        self.state.notes.push((input.index, crate::report::Warning { code: code.to_owned(), rule: None, text }));
    }

    /// Judges a batch, in parallel, as the next rows of the only input (begun on the first call).
    ///
    /// # Errors
    /// [`Error::SchemaChanged`] if the batch is of another schema than the batches before.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let (input, first) = self.going_on(batch)?;
        let _span = span!("judge", block = self.validator.plan.block.name.as_str(), rows = batch.num_rows());
        let judged = |rows: Range<usize>| input.judge_range(batch.columns(), rows.start, rows.len(), first);
        let parts: Vec<Judged> = chunks(batch.num_rows()).into_par_iter().map(judged).collect();
        parts.into_iter().for_each(|part| self.fold(part));
        Ok(())
    }

    /// The input that a batch goes on with, begun where it is the first, and the number of its next row.
    fn going_on(&mut self, batch: &RecordBatch) -> Result<(Input, u64), Error> {
        self.validator.check_schema(batch)?;
        let input = self.only_input()?;
        let first = self.state.inputs.get(input.index as usize).map_or(0, |info| info.rows);
        Ok((input, first))
    }

    /// The only input, begun where there is none yet.
    fn only_input(&mut self) -> Result<Input, Error> {
        if let Some(input) = &self.current {
            return Ok(input.clone());
        }
        let input = self.begin(&self.validator.clone(), "batches")?;
        self.current = Some(input.clone());
        Ok(input)
    }

    fn same(&self, hash: &str, block: &str, now: Option<i128>) -> Result<(), Error> {
        if self.state.hash != hash {
            return Err(Error::Merge("their rules differ"));
        }
        if self.state.block != block {
            return Err(Error::Merge("their blocks differ"));
        }
        if self.state.now != now {
            return Err(Error::Merge("their `now` differs"));
        }
        Ok(())
    }

    /// Adds another session of the same rules: the report is that of one session over all inputs, this one's first.
    ///
    /// # Errors
    /// [`Error::Merge`] if the rules, the block, the clock or the version of the state differ.
    pub fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.same(&other.state.hash, &other.state.block, other.state.now)?;
        if other.state.report_version != self.state.report_version {
            return Err(Error::Merge("their versions differ"));
        }
        let offset = u32::try_from(self.state.inputs.len()).unwrap_or(u32::MAX);
        let mut partial = other.state.partial;
        partial.shift(offset);
        self.state.inputs.extend(other.state.inputs);
        self.state.notes.extend(other.state.notes.into_iter().map(|(input, note)| (input.saturating_add(offset), note)));
        self.state.partial.merge(partial, self.keep.samples);
        self.plans.extend(other.plans);
        Ok(())
    }

    /// The state, to be stored or sent.
    #[must_use]
    pub fn state(&self) -> &SessionState {
        &self.state
    }

    /// Takes up a stored state again, as if its inputs had been judged here.
    ///
    /// # Errors
    /// [`Error::Merge`] if it is of other rules, another block or clock.
    pub fn restore(&mut self, validator: &Validator, state: SessionState) -> Result<(), Error> {
        let mut other = validator.session();
        other.state = state;
        self.merge(other)
    }
}
