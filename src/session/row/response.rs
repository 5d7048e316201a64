//! One response at a time, judged as a batch of this one response would be.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::eval::tally::Position;
use crate::eval::{Evaluated, Keep, evaluate};
use crate::plan::Plan;
use crate::session::{Error, Validator};

use super::verdict::RowFailure;

/// What the rules of an `output` block say of one response.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ResponseVerdict {
    /// Whether it fails no enforced rule of severity error that is not waived, and is not refused.
    pub passes: bool,
    /// Why it was not read: the reason of `parse` (`truncated`, `fenced`, …); `None` where it was read. Of a struct: `null_cell`.
    pub reason: Option<&'static str>,
    /// Why it was not read strictly, where it was taken out of what stood around it (`@json(lenient)`).
    pub recovered: Option<&'static str>,
    /// Why it fails whatever it says, if the columns of the data do not fit the rules.
    pub refusal: Option<String>,
    /// The rules it fails, in file order, warnings, shadow rules and waived ones among them.
    pub failures: Vec<ResponseFailure>,
}

/// A rule that a response fails.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ResponseFailure {
    /// The rule, with what a report's sample would show.
    #[serde(flatten)]
    pub rule: RowFailure,
    /// The reasons that a report would count: of `parse`, `required`, `type`, `extra_fields`, and the kinds that detectors found.
    pub reasons: Vec<String>,
}

/// Judges the response in `text`; other columns that the rules read are taken from `beside`, and null where it lacks them.
pub(super) fn judge(validator: &Validator, text: Option<&str>, beside: &[(&str, ArrayRef)]) -> Result<ResponseVerdict, Error> {
    let plan = &validator.plan;
    let columns = columns(plan, text, beside)?;
    let keep = Keep { masks: true, read: true, samples: 1, ..validator.keep };
    Ok(verdict(plan, &evaluate(plan, &columns, 0, 1, Position { input: 0, row: 0 }, &keep)))
}

/// The row as columns of the bound schema.
fn columns(plan: &Plan, text: Option<&str>, beside: &[(&str, ArrayRef)]) -> Result<Vec<ArrayRef>, Error> {
    let schema = plan.input_schema();
    let source = plan.block.response.as_ref().map_or("", |response| response.source.as_str());
    if let Some((name, _)) = beside.iter().find(|(name, _)| schema.index_of(name).is_err() || *name == source) {
        return Err(Error::RowKey((*name).to_owned()));
    }
    let column = |field: &Arc<arrow::datatypes::Field>| {
        let unfit = |found: &'static str| Error::RowValue {
            column: field.name().clone(),
            expected: crate::types::describe(field.data_type()),
            found,
        };
        if field.name() == source {
            let texts: ArrayRef = Arc::new(StringArray::from(vec![text]));
            return match field.data_type() {
                DataType::Struct(_) => Err(unfit("a text")),
                data => cast(&texts, data).map_err(|_| unfit("a text")),
            };
        }
        match beside.iter().find(|(name, _)| name == field.name()) {
            None => Ok(new_null_array(field.data_type(), 1)),
            Some((_, value)) if value.len() == 1 && value.data_type() == field.data_type() => Ok(Arc::clone(value)),
            Some(_) => Err(unfit("an array of another type or length")),
        }
    };
    schema.fields().iter().map(column).collect()
}

fn verdict(plan: &Plan, evaluated: &Evaluated) -> ResponseVerdict {
    let read = evaluated.read.first();
    let reason = read.map(|read| read.facts.reason(0).name()).filter(|name| *name != "read");
    let recovered = read.and_then(|read| read.facts.reading.as_ref()?.recovered.first()).map(|(_, reason)| reason.name());
    ResponseVerdict {
        passes: plan.refusal().is_none() && evaluated.failing.count_set_bits() == 0,
        reason,
        recovered,
        refusal: plan.refusal().map(str::to_owned),
        failures: (0..plan.rules.len()).filter_map(|index| failure(plan, evaluated, index)).collect(),
    }
}

fn failure(plan: &Plan, evaluated: &Evaluated, index: usize) -> Option<ResponseFailure> {
    let set = |masks: &[Option<arrow::buffer::BooleanBuffer>]| {
        masks.get(index).and_then(Option::as_ref).is_some_and(|mask| mask.count_set_bits() > 0)
    };
    if !set(&evaluated.masks) {
        return None;
    }
    let bound = plan.rules.get(index)?;
    let declared = plan.block.rules.get(bound.index)?;
    let tally = evaluated.partial.tallies.get(index)?;
    let sample = tally.samples.first();
    let taken = |values: Option<&Map<String, Json>>| values.cloned().unwrap_or_default();
    let rule = RowFailure {
        rule: declared.id.clone(),
        field: declared.field.clone(),
        check: declared.check.clone(),
        severity: declared.severity,
        shadow: declared.shadow,
        faulted: tally.counts.faulted > 0,
        waived: set(&evaluated.waived),
        key: taken(sample.map(|sample| &sample.key)),
        values: taken(sample.map(|sample| &sample.values)),
        message: sample.and_then(|sample| sample.message.clone()),
    };
    Some(ResponseFailure { rule, reasons: tally.why.keys().cloned().collect() })
}
