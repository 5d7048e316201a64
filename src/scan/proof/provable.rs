//! Which conditions can be settled without their rows at all: those over one flat column of the file, and nothing but its values.

use std::collections::BTreeMap;

use arrow::datatypes::DataType;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::basic::Type as Physical;

use crate::plan::{ConditionId, Op, Plan, RowRule, Test};

use super::super::explain::Why;

/// A top-level column of one leaf without repetition.
#[derive(Debug, Clone)]
pub(super) struct Flat {
    /// Index into the schema.
    pub root: usize,
    /// Index into the chunks of a row group.
    pub leaf: usize,
    pub optional: bool,
    pub ty: DataType,
    pub physical: Physical,
}

impl Flat {
    /// Whether statistics cannot bound its values: NaN is outside every order.
    pub(super) fn is_float(&self) -> bool {
        self.ty.is_floating()
    }
}

/// The flat columns of a file, by index into the schema.
pub(super) fn flat_columns(metadata: &ArrowReaderMetadata) -> BTreeMap<usize, Flat> {
    let descriptor = metadata.parquet_schema();
    let mut flat = BTreeMap::new();
    for leaf in 0..descriptor.num_columns() {
        let (column, root) = (descriptor.column(leaf), descriptor.get_column_root_idx(leaf));
        let simple = column.max_rep_level() == 0 && column.max_def_level() <= 1 && column.path().parts().len() == 1;
        if let (true, Some(field)) = (simple, metadata.schema().fields().get(root)) {
            let optional = column.max_def_level() > 0;
            flat.insert(root, Flat { root, leaf, optional, ty: field.data_type().clone(), physical: column.physical_type() });
        }
    }
    flat
}

/// The column that decides a condition, if there is just one.
pub(super) fn column(plan: &Plan, rule: &RowRule, flat: &BTreeMap<usize, Flat>, in_file: usize) -> Result<usize, Why> {
    if plan.responses.is_some() {
        return Err(Why::Response);
    }
    if rule.when.is_some() {
        return Err(Why::When);
    }
    for node in &rule.order {
        match plan.node(*node).op {
            Op::Missing(_) => return Err(Why::Sentinels),
            Op::Host(_) => return Err(Why::HostFunction),
            _ => {}
        }
    }
    let columns = plan.columns_of([rule.test]);
    match columns.iter().copied().collect::<Vec<_>>().as_slice() {
        [] => Err(Why::NoColumn),
        [column] if *column >= in_file => Err(Why::Partition),
        [column] if flat.contains_key(column) => Ok(*column),
        [_] => Err(Why::Type),
        several => Err(Why::Columns(several.len())),
    }
}

/// Whether a condition asks for a value and nothing else.
pub(super) fn asks_presence(plan: &Plan, id: ConditionId) -> bool {
    plan.condition(id).and_then(|rule| rule.shape.as_ref()).is_some_and(|shape| matches!(shape.test, Test::Present))
}
