//! Rows as JSON objects, judged as a reader of JSON lines would have it: a cell of another type is null, and marked.

use std::sync::Arc;

use ahash::HashMap;
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use serde_json::{Map, Value as Json};

use crate::compile::ir::{Block, Severity};
use crate::eval::row::{Bits, Value};
use crate::kernels::cell::Cell;
use crate::plan::{BindContext, Body, Plan, RAW_MARK, ill_typed_name, undeclared};
use crate::session::{Error, Validator};

use super::admit::Given;
use super::verdict::RowVerdict;
use super::{Rows, is_mark};

/// Rows whose columns are bound with a mark beside each.
#[derive(Debug)]
pub(super) struct JsonRows {
    rows: Rows,
    keys: HashMap<String, Key>,
    /// Marks that are read, and the column each marks, by their places among the columns that are read.
    marks: Vec<(usize, Option<usize>)>,
    /// Whether a key that is not declared refuses the row.
    closed: bool,
}

/// Where the value of a key goes.
#[derive(Debug, Clone, Copy)]
enum Key {
    /// To a column that is read, by its place among those.
    Read(usize),
    /// Nowhere: no rule reads the column.
    Unread,
}

impl JsonRows {
    /// Binds the validator's rules again, to its schema with marks.
    pub(super) fn bind(validator: &Validator) -> Result<Self, Error> {
        let schema = Arc::new(with_marks(&validator.plan.schema));
        let rules = &validator.rules;
        let now = validator.keep.context.now;
        let context = BindContext { sets: &rules.sets, externs: &rules.externs, host: &validator.functions, now };
        let plan = Plan::bind(&validator.plan.block, &schema, context).map_err(|fault| Error::Bind(fault.to_string()))?;
        let plan = Arc::new(plan);
        let place = |name: &str| plan.projection.iter().position(|index| schema.field(*index).name() == name);
        let names = || schema.fields().iter().map(|field| field.name().as_str());
        let keys =
            names().filter(|name| !is_mark(name)).map(|name| (name.to_owned(), place(name).map_or(Key::Unread, Key::Read))).collect();
        let marks = names()
            .filter(|name| is_mark(name) && !name.ends_with(RAW_MARK))
            .filter_map(|name| Some((place(name)?, place(marked(name)))))
            .collect();
        Ok(Self { keys, marks, closed: is_closed(&plan), rows: Rows::new(&plan, validator.keep) })
    }

    pub(super) fn judge<'a>(&'a self, row: &'a Map<String, Json>) -> Result<RowVerdict<'a>, Error> {
        let mut values = vec![Value::Null; self.rows.columns.len()];
        let mut ill_typed = Bits::default();
        let mut extra = Vec::new();
        for (key, json) in row {
            match self.keys.get(key) {
                Some(Key::Read(place)) => {
                    let taken = self.rows.columns.get(*place).and_then(|column| column.family.take(Given::Cell(Cell::Json(json))));
                    match (taken, values.get_mut(*place)) {
                        (Some(value), Some(slot)) => *slot = value,
                        _ => ill_typed.set(*place),
                    }
                }
                Some(Key::Unread) => {}
                None if self.block().declares(key) => return Err(Error::RowKey(key.clone())),
                None => extra.push(key.as_str()),
            }
        }
        for (mark, column) in &self.marks {
            if let Some(slot) = values.get_mut(*mark) {
                *slot = Value::Bool(column.is_some_and(|column| ill_typed.get(column)));
            }
        }
        let reason = if self.closed { undeclared(self.block(), &extra) } else { None };
        Ok(RowVerdict::new(&self.rows.plan, values, self.rows.refusal.as_deref()).refused(reason))
    }

    fn block(&self) -> &Block {
        &self.rows.plan.plan().block
    }
}

/// The schema with a mark for each column that has none.
fn with_marks(schema: &Schema) -> Schema {
    let has = |name: &str| schema.fields().iter().any(|field| field.name() == name);
    let marks = schema.fields().iter().filter(|field| !is_mark(field.name())).map(|field| ill_typed_name(field.name()));
    let marks: Vec<FieldRef> =
        marks.filter(|name| !has(name)).map(|name| Arc::new(Field::new(name, DataType::Boolean, false)) as FieldRef).collect();
    Schema::new(schema.fields().iter().cloned().chain(marks).collect::<Vec<_>>())
}

/// The column that a mark column marks.
fn marked(mark: &str) -> &str {
    mark.strip_suffix(crate::plan::ILL_TYPED_MARK).unwrap_or(mark)
}

/// Whether the block is closed by a rule that is acted on.
fn is_closed(plan: &Plan) -> bool {
    plan.rules.iter().any(|bound| {
        let rule = plan.block.rules.get(bound.index);
        matches!(bound.body, Body::Schema(_))
            && !bound.is_waived()
            && rule.is_some_and(|rule| rule.check == "extra_columns" && rule.severity == Severity::Error && !rule.shadow)
    })
}
