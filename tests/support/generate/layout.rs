//! The same rows in another shape: other string layouts, other batch sizes, arrays that do not start at zero.

use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, LargeStringArray, RecordBatch, StringArray, StringViewArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{ArrowDictionaryKeyType, DataType, Field, Int8Type, Int32Type, Schema, UInt16Type};
use std::sync::Arc;

/// How top-level string columns are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Utf8,
    LargeUtf8,
    Utf8View,
    /// Falls back to `DictionaryInt32` past 128 distinct values.
    DictionaryInt8,
    DictionaryInt32,
    DictionaryUInt16,
}

pub const LAYOUTS: [Layout; 6] =
    [Layout::Utf8, Layout::LargeUtf8, Layout::Utf8View, Layout::DictionaryInt8, Layout::DictionaryInt32, Layout::DictionaryUInt16];

/// The batch with every top-level string column in one layout; the rows are the same.
pub fn relayout(batch: &RecordBatch, layout: Layout) -> RecordBatch {
    relayout_each(batch, |_| layout)
}

/// As [`relayout`], with a layout for each column.
pub fn relayout_each(batch: &RecordBatch, layout: impl Fn(usize) -> Layout) -> RecordBatch {
    let columns: Vec<ArrayRef> = batch
        .columns()
        .iter()
        .enumerate()
        .map(|(at, column)| match texts(column) {
            Some(texts) => laid_out(&texts, layout(at)),
            None => Arc::clone(column),
        })
        .collect();
    let old = batch.schema();
    let fields = old.fields().iter().zip(&columns).map(|(field, column)| {
        Field::new(field.name(), column.data_type().clone(), field.is_nullable()).with_metadata(field.metadata().clone())
    });
    let schema = Schema::new_with_metadata(fields.collect::<Vec<_>>(), old.metadata().clone());
    RecordBatch::try_new(Arc::new(schema), columns).expect("the same rows in another layout")
}

/// The cells of a string column of any layout; `None` of any other column.
fn texts(column: &ArrayRef) -> Option<Vec<Option<String>>> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string::<i32>().iter().map(owned).collect()),
        DataType::LargeUtf8 => Some(column.as_string::<i64>().iter().map(owned).collect()),
        DataType::Utf8View => Some(column.as_string_view().iter().map(owned).collect()),
        DataType::Dictionary(_, _) => {
            let dictionary = column.as_any_dictionary();
            let values = texts(dictionary.values())?;
            if values.is_empty() {
                return Some(vec![None; column.len()]);
            }
            let keys = dictionary.normalized_keys();
            let cell = |row: usize| if column.is_null(row) { None } else { values[keys[row]].clone() };
            Some((0..column.len()).map(cell).collect())
        }
        _ => None,
    }
}

fn laid_out(texts: &[Option<String>], layout: Layout) -> ArrayRef {
    let cells = || texts.iter().map(Option::as_deref);
    match layout {
        Layout::Utf8 => Arc::new(cells().collect::<StringArray>()),
        Layout::LargeUtf8 => Arc::new(cells().collect::<LargeStringArray>()),
        Layout::Utf8View => Arc::new(cells().collect::<StringViewArray>()),
        Layout::DictionaryInt8 if distinct(texts) <= 128 => dictionary::<Int8Type>(texts),
        Layout::DictionaryUInt16 => dictionary::<UInt16Type>(texts),
        Layout::DictionaryInt8 | Layout::DictionaryInt32 => dictionary::<Int32Type>(texts),
    }
}

fn distinct(texts: &[Option<String>]) -> usize {
    texts.iter().flatten().collect::<std::collections::BTreeSet<_>>().len()
}

fn dictionary<K: ArrowDictionaryKeyType>(texts: &[Option<String>]) -> ArrayRef {
    Arc::new(texts.iter().map(Option::as_deref).collect::<DictionaryArray<K>>())
}

/// The same rows in batches of `size`, the last one shorter. No rows are one empty batch.
pub fn rebatch(batches: &[RecordBatch], size: usize) -> Vec<RecordBatch> {
    let Some(first) = batches.first() else { return Vec::new() };
    let whole = concat_batches(&first.schema(), batches).expect("batches of one schema");
    if whole.num_rows() == 0 {
        return vec![whole];
    }
    let starts = (0..whole.num_rows()).step_by(size.max(1));
    starts.map(|start| whole.slice(start, size.max(1).min(whole.num_rows() - start))).collect()
}

/// The same rows, but every array starts at a slot that is no multiple of eight, after rows of its own.
pub fn slice_at_offset(batch: &RecordBatch) -> RecordBatch {
    let before = batch.slice(0, batch.num_rows().min(3));
    let joined = concat_batches(&batch.schema(), [&before, batch]).expect("batches of one schema");
    joined.slice(before.num_rows(), batch.num_rows())
}
