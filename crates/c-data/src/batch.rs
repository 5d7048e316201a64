//! A struct array as a record batch.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch, RecordBatchOptions, StructArray};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::ffi::FFI_ArrowArray;

use crate::array::{self, Trust};
use crate::error::{Error, Place};

/// Takes a batch of that schema in.
///
/// # Safety
/// As [`array::import`].
pub(crate) unsafe fn import(array: FFI_ArrowArray, schema: &SchemaRef, trust: Trust) -> Result<RecordBatch, Error> {
    // Released when the last buffer of it is dropped, or here, if this fails.
    let owner = Arc::new(array);
    let data_type = DataType::Struct(schema.fields().clone());
    // SAFETY: the caller's promise is handed on.
    let data = unsafe { array::import(&owner, &data_type, trust) }?;
    if data.null_count() > 0 {
        return Err(Place::ROOT.data_error("it has rows that are null: a record batch has nulls in its columns alone"));
    }
    let rows = StructArray::from(data);
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::clone(schema), rows.into_parts().1, &options);
    batch.map_err(|error| Place::ROOT.data_error(error.to_string()))
}
