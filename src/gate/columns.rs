//! What passes and what is set aside, as batches: rows chosen, values replaced, columns added.

use std::sync::Arc;

use arrow::array::builder::ListBuilder;
use arrow::array::{
    ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array, ListArray, RecordBatch, Scalar, StringArray, StringBuilder, StructArray,
    UInt64Array,
};
use arrow::buffer::{BooleanBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{CastOptions, cast, cast_with_options, filter, filter_record_batch};
use arrow::datatypes::{DataType, Field, FieldRef, Int32Type, Schema, SchemaRef};
use arrow::error::ArrowError;

use crate::compile::Severity;
use crate::kernels::bits;
use crate::plan::Plan;

use super::decision::{Decision, Outcome};
use super::error::GateError;
use super::options::{ColumnNames, GateOptions, Policy};
use super::rules::{Place, Replacement, Rules};
use super::ruling::{Held, Ruling};
use super::violation::Consequence;

/// The schema of what passes.
pub(super) fn passes(
    plan: &Plan,
    typed: Option<&arrow::datatypes::Fields>,
    policy: Policy,
    options: &GateOptions,
) -> Result<SchemaRef, GateError> {
    let input = plan.input_schema();
    let names = &options.columns;
    let mut fields: Vec<FieldRef> = input.fields().iter().cloned().collect();
    if let Some(members) = typed {
        let source = plan.block.response.as_ref().map(|response| response.source.as_str());
        if let Some(slot) = fields.iter_mut().find(|field| Some(field.name().as_str()) == source) {
            *slot = Arc::new(Field::new(slot.name(), DataType::Struct(members.clone()), true));
        }
        fields.push(Arc::new(Field::new(&names.status, DataType::Utf8, true)));
        fields.push(Arc::new(Field::new(&names.reason, DataType::Utf8, true)));
    }
    if policy == Policy::Flag {
        fields.push(Arc::new(rules_field(&names.rules)));
        fields.push(Arc::new(Field::new(&names.severity, DataType::Utf8, true)));
    }
    if fields.len() == input.fields().len() && typed.is_none() {
        return Ok(Arc::clone(input));
    }
    without_clash(fields, input)
}

/// The schema of rows that are set aside, with the columns that say why.
pub(super) fn set_aside(input: &SchemaRef, names: &ColumnNames) -> Result<SchemaRef, GateError> {
    let mut fields: Vec<FieldRef> = input.fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(&names.row, DataType::UInt64, false)));
    fields.push(Arc::new(rules_field(&names.rules)));
    fields.push(Arc::new(Field::new(&names.severity, DataType::Utf8, true)));
    fields.push(Arc::new(Field::new(&names.messages, DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))), false)));
    without_clash(fields, input)
}

fn without_clash(fields: Vec<FieldRef>, input: &SchemaRef) -> Result<SchemaRef, GateError> {
    let (own, added) = fields.split_at_checked(input.fields().len()).unwrap_or((&fields, &[]));
    for (at, field) in added.iter().enumerate() {
        let others = own.iter().chain(added.iter().take(at));
        if others.into_iter().any(|other| other.name() == field.name()) {
            return Err(GateError::ColumnClash(field.name().clone()));
        }
    }
    Ok(Arc::new(Schema::new_with_metadata(fields, input.metadata().clone())))
}

fn rules_field(name: &str) -> Field {
    let item = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    Field::new(name, DataType::List(Arc::new(Field::new("item", item, true))), false)
}

impl Rules {
    /// Cuts a batch as was ruled: what passes, and what is set aside. `replaced` is what [`Rules::replaced_in`] has made of it, where known.
    pub(super) fn cut(
        &self,
        batch: &RecordBatch,
        replaced: Option<RecordBatch>,
        ruling: &Ruling,
    ) -> Result<(RecordBatch, RecordBatch), ArrowError> {
        if ruling.outcome == Outcome::Refused {
            return Ok((self.nothing_passed.clone(), batch.clone()));
        }
        let mut passed = match replaced {
            Some(replaced) => replaced,
            None if ruling.counts.replaced > 0 => self.replaced_in(batch, ruling)?,
            None => batch.clone(),
        };
        if self.typed.is_some() {
            passed = self.typed_batch(batch, &passed, ruling)?;
        }
        if self.policy == Policy::Flag {
            passed = self.flagged(&passed, ruling)?;
        }
        match &ruling.set_aside {
            None => Ok((passed, self.nothing_set_aside.clone())),
            Some(aside) => Ok((
                filter_record_batch(&passed, &BooleanArray::new(!aside, None))?,
                filter_record_batch(batch, &BooleanArray::new(aside.clone(), None))?,
            )),
        }
    }

    /// A batch with constants in the place of failing values of its columns. It fails where a column promises to hold no nulls and gets one,
    /// and where a dictionary has no room.
    pub(super) fn replaced_in(&self, batch: &RecordBatch, ruling: &Ruling) -> Result<RecordBatch, ArrowError> {
        with_columns(batch, |column, array| self.replaced(Place::Column(column), array, ruling))
    }

    /// A column with constants in the place of failing values; where several rules fail, that of the first.
    fn replaced(&self, place: Place, column: &ArrayRef, ruling: &Ruling) -> Result<ArrayRef, ArrowError> {
        let mut column = Arc::clone(column);
        for held in ruling.held.iter().rev() {
            let Some(Some(Replacement { value, .. })) =
                self.replacements.get(held.rule).filter(|of| of.as_ref().is_some_and(|of| of.place == place))
            else {
                continue;
            };
            let sent = bits::union(ruling.set_aside.as_ref(), ruling.fallback.as_ref());
            let rows = BooleanArray::new(bits::minus(&held.rows, sent.as_ref()), None);
            column = put(value, &rows, &column)?;
        }
        Ok(column)
    }

    /// Responses as typed values, beside columns in which values were replaced.
    fn typed_batch(&self, batch: &RecordBatch, replaced: &RecordBatch, ruling: &Ruling) -> Result<RecordBatch, ArrowError> {
        let typed = self.validator.typed_with(batch, &self.failed_by(batch.num_rows(), ruling));
        let typed = typed.map_err(|error| ArrowError::ComputeError(error.to_string()))?;
        let (fields, members, nulls) = typed.values.into_parts();
        let members = members.iter().enumerate().map(|(at, member)| self.replaced(Place::Member(at), member, ruling));
        let values: ArrayRef = Arc::new(StructArray::try_new(fields, members.collect::<Result<_, _>>()?, nulls)?);
        let source = self.plan().block.response.as_ref().map(|response| response.source.clone()).unwrap_or_default();
        let mut columns = Vec::with_capacity(batch.num_columns() + 2);
        for (field, column) in replaced.schema_ref().fields().iter().zip(replaced.columns()) {
            columns.push(Arc::clone(if *field.name() == source { &values } else { column }));
        }
        columns.push(Arc::new(typed.status));
        columns.push(Arc::new(typed.reason));
        self.grown(batch, columns)
    }

    /// For each row the first rule that sends it away.
    fn failed_by(&self, rows: usize, ruling: &Ruling) -> Vec<Option<usize>> {
        let mut out = vec![None; rows];
        let sends_away = |rule: usize| {
            let of = self.terms.get(rule).map(|term| term.on_fail);
            matches!(of, Some(Consequence::RejectRow | Consequence::RejectBatch))
        };
        for held in ruling.held.iter().filter(|held| sends_away(held.rule)) {
            for row in held.rows.set_indices() {
                if let Some(slot @ None) = out.get_mut(row) {
                    *slot = Some(held.rule);
                }
            }
        }
        out
    }

    fn flagged(&self, batch: &RecordBatch, ruling: &Ruling) -> Result<RecordBatch, ArrowError> {
        let mut columns = batch.columns().to_vec();
        columns.push(self.failed_rules(&ruling.held, batch.num_rows())?);
        columns.push(self.worst_severity(&ruling.held, batch.num_rows()));
        self.grown(batch, columns)
    }

    /// A batch with columns changed and added. What its own schema says of nulls holds, whatever that of the rules says.
    fn grown(&self, batch: &RecordBatch, columns: Vec<ArrayRef>) -> Result<RecordBatch, ArrowError> {
        let own = batch.schema_ref().fields();
        let fields = self.passes.fields().iter().take(columns.len()).enumerate();
        let fields = fields.map(|(at, field)| match own.get(at) {
            Some(own) if own.data_type() == field.data_type() => Arc::clone(own),
            _ => Arc::clone(field),
        });
        let schema = Schema::new_with_metadata(fields.collect::<Vec<_>>(), batch.schema_ref().metadata().clone());
        RecordBatch::try_new(Arc::new(schema), columns)
    }

    /// For each row the ids of the rules it fails, in file order.
    fn failed_rules(&self, held: &[Held], rows: usize) -> Result<ArrayRef, ArrowError> {
        let mut lengths = vec![0_usize; rows];
        for row in held.iter().flat_map(|held| held.rows.set_indices()) {
            if let Some(length) = lengths.get_mut(row) {
                *length += 1;
            }
        }
        let offsets = OffsetBuffer::<i32>::from_lengths(lengths.iter().copied());
        let mut next: Vec<usize> = offsets.iter().map(|offset| usize::try_from(*offset).unwrap_or(0)).collect();
        let mut keys = vec![0_i32; next.last().copied().unwrap_or(0)];
        for (key, held) in (0_i32..).zip(held) {
            for row in held.rows.set_indices() {
                if let Some(slot) = next.get_mut(row) {
                    if let Some(place) = keys.get_mut(*slot) {
                        *place = key;
                    }
                    *slot += 1;
                }
            }
        }
        let ids: StringArray = held.iter().map(|held| Some(self.id(held.rule))).collect();
        let items = DictionaryArray::<Int32Type>::try_new(Int32Array::new(ScalarBuffer::from(keys), None), Arc::new(ids))?;
        let DataType::List(item) = rules_field("").data_type().clone() else { return Err(ArrowError::SchemaError("a list".to_owned())) };
        Ok(Arc::new(ListArray::try_new(item, offsets, Arc::new(items), None)?))
    }

    /// For each row the weight of the heaviest rule it fails.
    fn worst_severity(&self, held: &[Held], rows: usize) -> ArrayRef {
        let mut worst: Vec<Option<Severity>> = vec![None; rows];
        for held in held {
            let severity = self.terms.get(held.rule).map(|term| term.severity);
            for row in held.rows.set_indices() {
                if let Some(slot) = worst.get_mut(row) {
                    *slot = (*slot).max(severity);
                }
            }
        }
        let word = |severity: Severity| match severity {
            Severity::Error => "error",
            Severity::Warn => "warn",
            Severity::Info => "info",
        };
        Arc::new(worst.into_iter().map(|severity| severity.map(word)).collect::<StringArray>())
    }
}

/// A column with a value in some rows.
fn put(value: &ArrayRef, rows: &BooleanArray, column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let DataType::Dictionary(_, values) = column.data_type() else { return zip(rows, &Scalar::new(Arc::clone(value)), column) };
    // Dictionaries laid end to end may have more entries than their keys can name; this one holds what is used.
    let plain = zip(rows, &Scalar::new(cast(value, values)?), &cast(column, values)?)?;
    cast_with_options(&plain, column.data_type(), &CastOptions { safe: false, ..CastOptions::default() })
}

fn with_columns(batch: &RecordBatch, of: impl Fn(usize, &ArrayRef) -> Result<ArrayRef, ArrowError>) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().enumerate().map(|(at, column)| of(at, column)).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(batch.schema(), columns)
}

/// The rows of a decision that are set aside, with the columns that say why.
pub(super) fn quarantine(decision: &Decision) -> Result<RecordBatch, ArrowError> {
    let all = || BooleanBuffer::new_set(decision.batch.num_rows());
    let rows = if decision.is_refused() { Some(all()) } else { decision.ruling.set_aside.clone() };
    explained(decision, rows)
}

/// The rows of a decision that land changed, as they came.
pub(super) fn changed(decision: &Decision) -> Result<RecordBatch, ArrowError> {
    let ruling = &decision.ruling;
    let replaces = |held: &&Held| decision.rules.replacements.get(held.rule).is_some_and(Option::is_some);
    let replaced = ruling.held.iter().filter(replaces).fold(None, |all, held| bits::union(all.as_ref(), Some(&held.rows)));
    let landing = replaced.map(|rows| bits::minus(&rows, ruling.set_aside.as_ref()));
    let rows = bits::union(landing.as_ref(), ruling.fallback.as_ref());
    explained(decision, rows.filter(|_| !decision.is_refused()))
}

fn explained(decision: &Decision, rows: Option<BooleanBuffer>) -> Result<RecordBatch, ArrowError> {
    let rules = &decision.rules;
    let rows = rows.unwrap_or_else(|| BooleanBuffer::new_unset(decision.batch.num_rows()));
    let mask = BooleanArray::new(rows.clone(), None);
    let part = filter_record_batch(&decision.batch, &mask)?;
    let held = held_of(&decision.ruling.held, &mask)?;
    let numbers: UInt64Array = rows.set_indices().map(|row| decision.first_row.saturating_add(row as u64)).collect();
    let mut columns = part.columns().to_vec();
    columns.push(Arc::new(numbers));
    columns.push(rules.failed_rules(&held, part.num_rows())?);
    columns.push(rules.worst_severity(&held, part.num_rows()));
    columns.push(messages(rules, &held, &part)?);
    let schema = set_aside(part.schema_ref(), &decision.names).map_err(|error| ArrowError::SchemaError(error.to_string()))?;
    RecordBatch::try_new(schema, columns)
}

/// Of some rows, those that fail each rule.
fn held_of(held: &[Held], mask: &BooleanArray) -> Result<Vec<Held>, ArrowError> {
    let mut out = Vec::new();
    for one in held {
        let part = filter(&BooleanArray::new(one.rows.clone(), None), mask)?;
        if let Some(rows) = part.as_boolean_opt().and_then(|rows| bits::some_if_any(rows.values().clone())) {
            out.push(Held { rule: one.rule, rows });
        }
    }
    Ok(out)
}

/// What the rules that each row fails have to say of it, in file order.
fn messages(rules: &Rules, held: &[Held], rows: &RecordBatch) -> Result<ArrayRef, ArrowError> {
    let told = rules.validator.told(rows).map_err(|error| ArrowError::ComputeError(error.to_string()))?;
    let mut out = ListBuilder::new(StringBuilder::new());
    for row in 0..rows.num_rows() {
        for held in held.iter().filter(|held| bits::get(Some(&held.rows), row)) {
            let message = told.get(&(held.rule, row)).map(String::as_str);
            let expects = || rules.info(held.rule).map(|info| info.expects.as_str());
            out.values().append_value(message.or_else(expects).unwrap_or_default());
        }
        out.append(true);
    }
    Ok(Arc::new(out.finish()))
}
