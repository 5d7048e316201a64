//! The typed result of an `output` block: what its responses hold, and what stands in for those that fail.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, Scalar, StringArray, StructArray, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::compute::{concat, kernels::zip::zip};
use arrow::datatypes::{Field, Fields};
use rayon::prelude::*;

use crate::compile::ir::OnFail;
use crate::eval::evaluate;
use crate::eval::tally::Position;
use crate::eval::{Evaluated, Keep};
use crate::kernels::bits;
use crate::plan::{Asked, Body, Responses};

use super::{CHUNK_ROWS, Error, Validator};

/// Responses as typed values, a row for each.
///
/// A row *fails* here if a rule that is not in shadow sends it away: one whose `@on_fail` is `reject_row` (the default of error rules) or
/// `reject_batch`; what a waiver covers stays. Bounds do not matter: they belong to a data set.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The fields of the block, with `@normalize` applied; the fallback where a row fails, null if there is none.
    pub values: StructArray,
    /// `strict`: read as it stands; `recovered`: taken out of what stood around it (`@json(lenient)`); `fallback`: failed, and replaced;
    /// `failed`: failed, and there is no fallback.
    pub status: StringArray,
    /// Why a row failed: the reason of `parse`, else the id of the first rule it fails. Why a recovered row was not read strictly.
    pub reason: StringArray,
}

impl Validator {
    /// Reads the responses of a batch as typed values.
    ///
    /// # Errors
    /// [`Error::Bind`] if the block is no `output` block or the data has no responses; [`Error::SchemaChanged`] if the batch is of another
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
        let Some(responses) = &self.plan.responses else {
            let block = &self.plan.block.name;
            return Err(Error::Bind(self.plan.refusal().map_or_else(
                || format!("`{block}` is a features block: only the responses of an output block are read as typed values"),
                str::to_owned,
            )));
        };
        let range = |start: usize| start..(start + CHUNK_ROWS).min(batch.num_rows());
        let one =
            |start: usize| self.typed_rows(responses, batch.columns(), range(start), &self.judged_away(batch.columns(), range(start)));
        let starts: Vec<usize> = (0..batch.num_rows()).step_by(CHUNK_ROWS).collect();
        let parts: Vec<Typed> = starts.into_par_iter().map(one).collect();
        self.joined(responses, &parts)
    }

    /// As [`Validator::typed`], where it is known which rule sends each row away.
    pub(crate) fn typed_with(&self, batch: &RecordBatch, failed_by: &[Option<usize>]) -> Result<Typed, Error> {
        let Some(responses) = &self.plan.responses else { return self.typed(batch) };
        let one = |start: usize| {
            let range = start..(start + CHUNK_ROWS).min(batch.num_rows());
            self.typed_rows(responses, batch.columns(), range.clone(), failed_by.get(range).unwrap_or_default())
        };
        let starts: Vec<usize> = (0..batch.num_rows()).step_by(CHUNK_ROWS).collect();
        let parts: Vec<Typed> = starts.into_par_iter().map(one).collect();
        self.joined(responses, &parts)
    }

    /// Judges rows, and tells which rule sends each of them away.
    fn judged_away(&self, columns: &[ArrayRef], range: Range<usize>) -> Vec<Option<usize>> {
        let keep = Keep { masks: true, samples: 0, ..self.keep };
        let evaluated = evaluate(&self.plan, columns, range.start, range.len(), Position { input: 0, row: 0 }, &keep);
        self.failed_by(&evaluated, range.len())
    }

    fn typed_rows(&self, responses: &Responses, columns: &[ArrayRef], range: Range<usize>, failed_by: &[Option<usize>]) -> Typed {
        let (values, facts) = responses.read(columns, range.clone());
        let failing = BooleanArray::from(failed_by.iter().map(Option::is_some).collect::<Vec<_>>());
        let fields = self.typed_fields(responses);
        let values = values.iter().take(responses.fields()).enumerate().map(|(at, column)| {
            let other = responses.fallback().and_then(|fallback| fallback.get(at).cloned());
            let other = Scalar::new(other.unwrap_or_else(|| new_null_array(column.data_type(), 1)));
            zip(&failing, &other, column).unwrap_or_else(|_| new_null_array(column.data_type(), range.len()))
        });
        let nulls = responses.fallback().is_none().then(|| NullBuffer::new(!failing.values()));
        let values =
            StructArray::try_new(fields.clone(), values.collect(), nulls).unwrap_or_else(|_| StructArray::new_null(fields, range.len()));
        let failed = if responses.fallback().is_some() { "fallback" } else { "failed" };
        let mut status: Vec<&str> = failed_by.iter().map(|by| if by.is_some() { failed } else { "strict" }).collect();
        let mut reason: Vec<Option<&str>> = failed_by
            .iter()
            .enumerate()
            .map(|(row, rule)| rule.map(|rule| if self.is_parse(rule) { facts.reason(row).name() } else { self.id(rule) }))
            .collect();
        for (row, why) in facts.reading.iter().flat_map(|reading| &reading.recovered) {
            if let (Some(status @ &mut "strict"), Some(reason)) = (status.get_mut(*row as usize), reason.get_mut(*row as usize)) {
                (*status, *reason) = ("recovered", Some(why.name()));
            }
        }
        Typed { values, status: StringArray::from(status), reason: StringArray::from(reason) }
    }

    /// For each row the first rule that sends it away.
    fn failed_by(&self, evaluated: &Evaluated, rows: usize) -> Vec<Option<usize>> {
        let mut failed_by = vec![None; rows];
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

    fn is_parse(&self, rule: usize) -> bool {
        self.plan.rules.get(rule).is_some_and(|rule| matches!(rule.body, Body::Response(Asked::Parse)))
    }

    fn id(&self, rule: usize) -> &str {
        let rule = self.plan.rules.get(rule).and_then(|rule| self.plan.block.rules.get(rule.index));
        rule.map_or("", |rule| rule.id.as_str())
    }

    /// The members of typed responses.
    pub(crate) fn typed_fields(&self, responses: &Responses) -> Fields {
        let fields = self.plan.schema.fields().iter().take(responses.fields());
        fields.map(|field| Arc::new(Field::new(field.name(), field.data_type().clone(), true))).collect()
    }

    fn joined(&self, responses: &Responses, parts: &[Typed]) -> Result<Typed, Error> {
        let unjoined = |error: arrow::error::ArrowError| Error::Bind(error.to_string());
        let texts = |part: fn(&Typed) -> &StringArray| -> Result<StringArray, Error> {
            let parts: Vec<&dyn Array> = parts.iter().map(|typed| part(typed) as &dyn Array).collect();
            let joined =
                if parts.is_empty() { Arc::new(StringArray::new_null(0)) as ArrayRef } else { concat(&parts).map_err(unjoined)? };
            Ok(StringArray::from(joined.to_data()))
        };
        let values: Vec<&dyn Array> = parts.iter().map(|typed| &typed.values as &dyn Array).collect();
        let values = match values.as_slice() {
            [] => StructArray::new_null(self.typed_fields(responses), 0),
            values => StructArray::from(concat(values).map_err(unjoined)?.to_data()),
        };
        Ok(Typed { values, status: texts(|typed| &typed.status)?, reason: texts(|typed| &typed.reason)? })
    }
}
