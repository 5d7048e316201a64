//! The typed result of an `output` block: what its responses hold, and what stands in for those that fail.
//!
//! It is made of the same reading that the rules were asked of ([`Validator::validate_typed`], [`Input::judge_typed`]), and can be laid out
//! as the rows of a file ([`Typed::rows`]), whose schema follows from the rules alone ([`RuleSet::typed_schema`]).

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, Scalar, StringArray, StructArray, UInt64Array, new_null_array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::{concat, concat_batches, kernels::zip::zip};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use rayon::prelude::*;

use crate::compile::RuleSet;
use crate::compile::ir::{self, OnFail};
use crate::eval::tally::Position;
use crate::eval::{Evaluated, Keep, Read, evaluate};
use crate::kernels::{bits, recast::recast};
use crate::plan::{Asked, Body, Plan, Responses, constant_of};
use crate::types::arrow::data_type;

use super::{BatchVerdict, Error, Input, Judged, Session, Validator, chunks};

/// Responses as typed values, a row for each.
///
/// A row *fails* here if a rule that is not in shadow sends it away: one whose `@on_fail` is `reject_row` (the default of error rules) or
/// `reject_batch`; what a waiver covers stays. One whose `@on_fail` is `replace(…)` puts its constant in the place of the field's value.
/// Bounds do not matter: they belong to a data set. Where the schema of the data does not fit
/// the rules, every row fails.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The `key` columns of the block, in the types that their declarations tell; none where the block has no key.
    pub keys: Option<StructArray>,
    /// The fields of the block in declared order, with `@normalize` applied; the fallback where a row fails, null if there is none. Their
    /// types follow from the declarations, whether responses are texts or structs.
    pub values: StructArray,
    /// `strict`: read as it stands; `recovered`: taken out of what stood around it (`@json(lenient)`); `fallback`: failed, and replaced;
    /// `failed`: failed, and there is no fallback.
    pub status: StringArray,
    /// Why a row failed: the reason of `parse`, else the id of the first rule it fails. Why a recovered row was not read strictly. Else, where
    /// a value was replaced, the id of the first rule that replaced one. Never anything from the response.
    pub reason: StringArray,
}

impl RuleSet {
    /// The schema of [`Typed::rows`]: `input`, `row`, `key` (a struct of the key columns, where the block has some), `values`, `status` and
    /// `reason`. It follows from the rules alone. `block` may be left out where there is one.
    ///
    /// # Errors
    /// [`Error::Bind`] if the block is no `output` block or declares no field; else as [`RuleSet::bind_with`].
    pub fn typed_schema(&self, block: Option<&str>) -> Result<SchemaRef, Error> {
        let block = self.chosen(block)?;
        let Some(response) = &block.response else { return Err(Error::Bind(no_output(&block.name))) };
        if response.shape.members.is_empty() {
            return Err(Error::Bind(format!("`{}` declares no field, so that its responses have no typed values", block.name)));
        }
        let mut fields = vec![Field::new("input", DataType::Utf8, false), Field::new("row", DataType::UInt64, false)];
        fields.extend(key_fields(block).map(|keys| Field::new("key", DataType::Struct(keys), false)));
        fields.push(Field::new("values", DataType::Struct(response.shape.fields()), true));
        fields.push(Field::new("status", DataType::Utf8, false));
        fields.push(Field::new("reason", DataType::Utf8, true));
        Ok(Arc::new(Schema::new(fields)))
    }
}

impl Typed {
    /// As rows of the file that [`RuleSet::typed_schema`] describes: they are those of `input` from row `first` on.
    ///
    /// # Errors
    /// [`Error::SchemaChanged`] if the schema is that of other rules.
    pub fn rows(&self, schema: &SchemaRef, input: &str, first: u64) -> Result<RecordBatch, Error> {
        let inputs = StringArray::from_iter_values(std::iter::repeat_n(input, self.status.len()));
        let rows = UInt64Array::from_iter_values((first..).take(self.status.len()));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(inputs), Arc::new(rows)];
        columns.extend(self.keys.clone().map(|keys| Arc::new(keys) as ArrayRef));
        columns.extend([Arc::new(self.values.clone()) as ArrayRef, Arc::new(self.status.clone()), Arc::new(self.reason.clone())]);
        RecordBatch::try_new(Arc::clone(schema), columns).map_err(|error| Error::SchemaChanged(error.to_string()))
    }
}

impl Validator {
    /// Reads the responses of a batch as typed values.
    ///
    /// # Errors
    /// [`Error::Bind`] if the block is no `output` block, the data has no responses, or structs of it hold a value that its declared
    /// type has no exact place for (nanoseconds, where microseconds are); [`Error::SchemaChanged`] if the batch is of another
    /// schema than the one bound.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    /// use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
    /// use arrow::datatypes::Float64Type;
    /// use rulegate::RuleSet;
    ///
    /// let text = r#"
    /// rulegate 1
    /// output mood from response {
    ///   score : float between -1 and 1
    ///   fallback { score: 0.0 }
    /// }"#;
    /// let rules = RuleSet::compile("mood.rules", text, &Default::default()).rule_set.expect("sound rules");
    /// let responses = StringArray::from(vec![r#"{"score": 0.5}"#, r#"{"score": 7}"#, r#"{"score": 0."#]);
    /// let batch = RecordBatch::try_from_iter([("response", Arc::new(responses) as ArrayRef)])?;
    ///
    /// let typed = rules.bind(&batch.schema())?.typed(&batch)?;
    /// assert_eq!(typed.values.column(0).as_primitive::<Float64Type>().values(), &[0.5, 0.0, 0.0]);
    /// assert_eq!(typed.status, StringArray::from(vec!["strict", "fallback", "fallback"]));
    /// assert_eq!(typed.reason, StringArray::from(vec![None, Some("mood.score.range"), Some("truncated")]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn typed(&self, batch: &RecordBatch) -> Result<Typed, Error> {
        self.check_schema(batch)?;
        let maker = Maker::replacing(&self.plan)?;
        let keep = Keep { samples: 0, ..self.keep };
        let part = |rows: Range<usize>| maker.evaluate(batch.columns(), rows.start, rows.len(), Position { input: 0, row: 0 }, &keep).1;
        let parts = chunks(batch.num_rows()).into_par_iter().map(part).collect::<Result<Vec<_>, _>>()?;
        maker.joined(&parts)
    }

    /// As [`Validator::typed`], where it is known which rule sends each row away.
    pub(crate) fn typed_with(&self, batch: &RecordBatch, failed_by: &[Option<usize>]) -> Result<Typed, Error> {
        let maker = Maker::new(&self.plan)?;
        let part = |range: Range<usize>| {
            let (columns, facts) = maker.responses.read(batch.columns(), range.clone());
            let read = Read { columns, facts, rows: range.len() };
            // What is replaced here is the caller's to replace.
            maker.part(&read, failed_by.get(range).unwrap_or_default(), &[])
        };
        let parts = chunks(batch.num_rows()).into_par_iter().map(part).collect::<Result<Vec<_>, _>>()?;
        maker.joined(&parts)
    }

    /// What [`Validator::validate`] and [`Validator::typed`] give, of one reading.
    ///
    /// # Errors
    /// Those of both.
    pub fn validate_typed(&self, batch: &RecordBatch) -> Result<(BatchVerdict, Typed), Error> {
        self.check_schema(batch)?;
        let keep = Keep { samples: 0, ..self.keep };
        let at = Position { input: 0, row: 0 };
        let (evaluated, typed) = Maker::replacing(&self.plan)?.evaluate(batch.columns(), 0, batch.num_rows(), at, &keep);
        Ok((BatchVerdict::new(&self.plan, evaluated), typed?))
    }
}

impl Input {
    /// As [`Input::judge`], and reads the responses as typed values on the way.
    ///
    /// # Errors
    /// As [`Validator::typed`].
    pub fn judge_typed(&self, batch: &RecordBatch, row: u64) -> Result<(Judged, Typed), Error> {
        self.judge_typed_range(batch.columns(), 0, batch.num_rows(), row)
    }

    /// As [`Input::judge_typed`], of rows `start .. start + rows` of columns whose first row is row `row` of the input.
    pub(crate) fn judge_typed_range(&self, columns: &[ArrayRef], start: usize, rows: usize, row: u64) -> Result<(Judged, Typed), Error> {
        let at = Position { input: self.index, row };
        let (evaluated, typed) = Maker::replacing(&self.plan)?.evaluate(columns, start, rows, at, &self.keep);
        Ok((Judged { index: self.index, partial: evaluated.partial }, typed?))
    }
}

impl Session {
    /// As [`Session::add`], and gives the typed values of the batch's responses, of one reading.
    ///
    /// # Errors
    /// As [`Session::add`] and [`Validator::typed`]; the batch is then not added.
    pub fn add_typed(&mut self, batch: &RecordBatch) -> Result<Typed, Error> {
        let (input, first) = self.going_on(batch)?;
        let part = |rows: Range<usize>| input.judge_typed_range(batch.columns(), rows.start, rows.len(), first);
        let parts = chunks(batch.num_rows()).into_par_iter().map(part).collect::<Result<Vec<_>, _>>()?;
        let (judged, typed): (Vec<Judged>, Vec<Typed>) = parts.into_iter().unzip();
        let joined = Maker::new(&input.plan)?.joined(&typed)?;
        judged.into_iter().for_each(|part| self.fold(part));
        Ok(joined)
    }
}

fn no_output(block: &str) -> String {
    format!("`{block}` is a features block: only the responses of an output block are read as typed values")
}

/// The key columns of a block, in the types that their declarations tell.
fn key_fields(block: &ir::Block) -> Option<Fields> {
    let keys = block.keys.iter().filter_map(|key| block.columns.get(key.0 as usize));
    let fields: Fields = keys.map(|column| Field::new(&column.name, data_type(&column.ty), true)).collect();
    (!fields.is_empty()).then_some(fields)
}

/// Makes typed values of what a plan has read.
struct Maker<'a> {
    plan: &'a Plan,
    responses: &'a Responses,
    fields: Fields,
    keys: Option<Fields>,
    replacements: Vec<Replacement>,
}

/// What a rule puts in the place of a field's value.
struct Replacement {
    rule: usize,
    member: usize,
    /// One row.
    value: ArrayRef,
}

/// A replacement, and the rows of a part that it is made in.
type Replaced<'a> = (&'a Replacement, BooleanArray);

impl<'a> Maker<'a> {
    fn new(plan: &'a Plan) -> Result<Self, Error> {
        let Some(responses) = &plan.responses else {
            return Err(Error::Bind(plan.refusal().map_or_else(|| no_output(&plan.block.name), str::to_owned)));
        };
        Ok(Self { plan, responses, fields: responses.declared(), keys: key_fields(&plan.block), replacements: Vec::new() })
    }

    /// One that replaces values as the rules say.
    fn replacing(plan: &'a Plan) -> Result<Self, Error> {
        let plain = Self::new(plan)?;
        Ok(Self { replacements: replacements(plan, &plain.fields)?, ..plain })
    }

    /// Judges rows and makes typed values of what was read for it.
    fn evaluate(&self, columns: &[ArrayRef], start: usize, rows: usize, at: Position, keep: &Keep) -> (Evaluated, Result<Typed, Error>) {
        let mut evaluated = evaluate(self.plan, columns, start, rows, at, &Keep { masks: true, read: true, ..*keep });
        let typed = self.typed(&std::mem::take(&mut evaluated.read), &evaluated, rows);
        (evaluated, typed)
    }

    fn typed(&self, read: &[Read], evaluated: &Evaluated, rows: usize) -> Result<Typed, Error> {
        let failed_by = self.failed_by(evaluated, rows);
        let (mut parts, mut rest, mut first) = (Vec::with_capacity(read.len()), failed_by.as_slice(), 0);
        for read in read {
            let (these, others) = rest.split_at_checked(read.rows).unwrap_or((rest, &[]));
            let rows = |replacement: &Replacement| Some(self.replaced_by(replacement, evaluated)?.slice(first, these.len()));
            let replacements = self.replacements.iter();
            let replaced: Vec<Replaced<'_>> =
                replacements.filter_map(|replacement| Some((replacement, BooleanArray::new(rows(replacement)?, None)))).collect();
            parts.push(self.part(read, these, &replaced)?);
            rest = others;
            first += read.rows;
        }
        self.joined(&parts)
    }

    /// The typed values of what was read at a time; `failed_by` are the rules that send its rows away.
    fn part(&self, read: &Read, failed_by: &[Option<usize>], replaced: &[Replaced<'_>]) -> Result<Typed, Error> {
        let fallback = self.responses.fallback();
        let failing = BooleanArray::from(failed_by.iter().map(Option::is_some).collect::<Vec<_>>());
        let columns = self.fields.iter().enumerate().map(|(at, field)| {
            let other = fallback.and_then(|fallback| fallback.get(at).cloned());
            let other = other.unwrap_or_else(|| new_null_array(field.data_type(), 1));
            let mut column = self.column(read, field, self.plan.refused)?;
            // Of several rules that replace a value the first does it.
            for (replacement, rows) in replaced.iter().rev().filter(|(replacement, _)| replacement.member == at) {
                column = zip(rows, &Scalar::new(Arc::clone(&replacement.value)), &column).map_err(|error| unmade(&error))?;
            }
            if failing.true_count() == 0 { Ok(column) } else { zip(&failing, &Scalar::new(other), &column).map_err(|error| unmade(&error)) }
        });
        let nulls = fallback.is_none().then(|| NullBuffer::new(!failing.values()));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let values = StructArray::try_new_with_length(self.fields.clone(), columns, nulls, read.rows).map_err(|error| unmade(&error))?;
        let (status, reason) = self.told(read, failed_by, replaced);
        Ok(Typed { keys: self.keys(read)?, values, status, reason })
    }

    /// A column of what was read, in its declared type. Where the schema does not fit the rules no row is taken from it, and its values do
    /// not matter.
    fn column(&self, read: &Read, field: &Field, refused: bool) -> Result<ArrayRef, Error> {
        let place = self.plan.schema.fields().iter().position(|known| known.name() == field.name());
        match place.and_then(|place| read.columns.get(place)) {
            Some(column) => match recast(column, field.data_type()) {
                Ok(column) => Ok(column),
                Err(_) if refused => Ok(new_null_array(field.data_type(), read.rows)),
                Err(reason) => Err(Error::Bind(format!("`{}` has no typed values: {reason}", field.name()))),
            },
            None => Ok(new_null_array(field.data_type(), read.rows)),
        }
    }

    fn keys(&self, read: &Read) -> Result<Option<StructArray>, Error> {
        let Some(fields) = &self.keys else { return Ok(None) };
        let columns = fields.iter().map(|field| self.column(read, field, self.plan.refused)).collect::<Result<Vec<_>, _>>()?;
        StructArray::try_new(fields.clone(), columns, None).map(Some).map_err(|error| unmade(&error))
    }

    /// What became of each row, and why.
    fn told(&self, read: &Read, failed_by: &[Option<usize>], replaced: &[Replaced<'_>]) -> (StringArray, StringArray) {
        let failed = if self.responses.fallback().is_some() { "fallback" } else { "failed" };
        let mut status: Vec<&str> = failed_by.iter().map(|by| if by.is_some() { failed } else { "strict" }).collect();
        let why = |(row, rule): (usize, &Option<usize>)| rule.map(|rule| self.why(rule, read.facts.reason(row).name()));
        let mut reason: Vec<Option<&str>> = failed_by.iter().enumerate().map(why).collect();
        for (row, why) in read.facts.reading.iter().flat_map(|reading| &reading.recovered) {
            if let (Some(status @ &mut "strict"), Some(reason)) = (status.get_mut(*row as usize), reason.get_mut(*row as usize)) {
                (*status, *reason) = ("recovered", Some(why.name()));
            }
        }
        for (replacement, rows) in replaced {
            for row in rows.values().set_indices() {
                if let Some(reason @ None) = reason.get_mut(row) {
                    *reason = Some(self.why(replacement.rule, ""));
                }
            }
        }
        (StringArray::from(status), StringArray::from(reason))
    }

    /// For each row the first rule that sends it away.
    fn failed_by(&self, evaluated: &Evaluated, rows: usize) -> Vec<Option<usize>> {
        let mut failed_by = vec![self.plan.refusing(); rows];
        for (index, mask) in evaluated.masks.iter().enumerate() {
            let rule = self.plan.rules.get(index).and_then(|rule| self.plan.block.rules.get(rule.index));
            let sends_away = rule.is_some_and(|rule| !rule.shadow && matches!(rule.on_fail, OnFail::RejectRow | OnFail::RejectBatch));
            let waived = evaluated.waived.get(index).and_then(Option::as_ref);
            let held = mask.as_ref().filter(|_| sends_away).map(|mask| bits::minus(mask, waived));
            for row in held.iter().flat_map(|mask| mask.set_indices()) {
                if let Some(slot @ None) = failed_by.get_mut(row) {
                    *slot = Some(index);
                }
            }
        }
        failed_by
    }

    /// The rows in which a rule replaces a value, if there are some.
    fn replaced_by(&self, replacement: &Replacement, evaluated: &Evaluated) -> Option<BooleanBuffer> {
        let mask = evaluated.masks.get(replacement.rule)?.as_ref()?;
        Some(bits::minus(mask, evaluated.waived.get(replacement.rule).and_then(Option::as_ref)))
    }

    /// The reason of `parse`, or the id of another rule.
    fn why(&self, rule: usize, reason: &'static str) -> &str {
        let Some(bound) = self.plan.rules.get(rule) else { return "" };
        match bound.body {
            Body::Response(Asked::Parse) => reason,
            _ => self.plan.block.rules.get(bound.index).map_or("", |rule| rule.id.as_str()),
        }
    }

    /// Parts, one after the other; of none, no rows.
    fn joined(&self, parts: &[Typed]) -> Result<Typed, Error> {
        if let [one] = parts {
            return Ok(one.clone());
        }
        let structs = |fields: &Fields, parts: Vec<&StructArray>| {
            let schema = Arc::new(Schema::new(vec![Field::new("", DataType::Struct(fields.clone()), true)]));
            let batches = parts.into_iter().map(|part| RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(part.clone())]));
            let batches = batches.collect::<Result<Vec<_>, _>>()?;
            let joined = concat_batches(&schema, &batches)?;
            Ok(StructArray::from(joined.column(0).to_data()))
        };
        let unjoined = |error: arrow::error::ArrowError| unmade(&error);
        let values = structs(&self.fields, parts.iter().map(|part| &part.values).collect()).map_err(unjoined)?;
        let keys = self.keys.as_ref().map(|keys| structs(keys, parts.iter().filter_map(|part| part.keys.as_ref()).collect()));
        let texts = |part: fn(&Typed) -> &StringArray| -> Result<StringArray, Error> {
            let parts: Vec<&dyn Array> = parts.iter().map(|typed| part(typed) as &dyn Array).collect();
            let joined = if parts.is_empty() { Ok(new_null_array(&DataType::Utf8, 0)) } else { concat(&parts) };
            Ok(StringArray::from(joined.map_err(unjoined)?.to_data()))
        };
        let keys = keys.transpose().map_err(unjoined)?;
        Ok(Typed { keys, values, status: texts(|typed| &typed.status)?, reason: texts(|typed| &typed.reason)? })
    }
}

/// What rules put in the place of values of a response.
fn replacements(plan: &Plan, fields: &Fields) -> Result<Vec<Replacement>, Error> {
    let mut out = Vec::new();
    for (index, rule) in plan.rules.iter().enumerate() {
        let Some(declared) = plan.block.rules.get(rule.index).filter(|rule| !rule.shadow) else { continue };
        let is_asked = matches!(rule.body, Body::Row(_) | Body::Response(_));
        let Some(literal) = declared.replacement.as_ref().filter(|_| is_asked && matches!(declared.on_fail, OnFail::Replace(_))) else {
            continue;
        };
        let of_response = |name: &str| plan.block.columns.iter().any(|column| column.response && column.name == name);
        let field = declared.field.as_deref().unwrap_or_default();
        let name = field.split('.').next().unwrap_or_default();
        if !of_response(field) && !of_response(name) {
            // A column beside the responses has no typed value here.
            continue;
        }
        let fault = |reason: String| Error::Bind(format!("`{}` cannot replace a value: {reason}", declared.id));
        let member = fields.iter().position(|known| known.name() == field).filter(|_| !declared.check.contains('.'));
        let member = member.ok_or_else(|| fault("only the whole value of one field can be replaced".to_owned()))?;
        let data = fields.get(member).map_or(&DataType::Null, |field| field.data_type());
        out.push(Replacement { rule: index, member, value: constant_of(literal, data).map_err(fault)? });
    }
    Ok(out)
}

fn unmade(error: &arrow::error::ArrowError) -> Error {
    Error::Bind(format!("typed values cannot be made: {error}; read fewer rows at a time"))
}
